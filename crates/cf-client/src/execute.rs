//! The client runs operations.

use cf_transport::Body;
use cf_types::{
    Arguments, Call, Execute, ExecuteBody, Meta, Operation, Options, Page, Paged, Paginate,
};
use http::Response;

use crate::client::Client;
use crate::download::Download;
use crate::incoming;
use crate::items::{First, Items};
use crate::meta::ResponseMeta;
use crate::outgoing::Outgoing;
use crate::pages::Pages;
use crate::pipeline::{self, Arriving, Await};
use crate::sending::Sending;

fn arriving<O: Operation>(client: &Client, call: &Call<(), O>, what: Await) -> Arriving {
    start(client, O::META, call.operation(), call.options(), what)
}

/// Not generic, and not to become part of those who are: each operation has its own.
#[inline(never)]
fn start(
    client: &Client,
    meta: &'static Meta,
    arguments: &dyn Arguments,
    options: &Options,
    what: Await,
) -> Arriving {
    let outgoing = Outgoing::of(&client.0, meta, arguments, options, None);
    pipeline::send(client, outgoing, what)
}

impl Execute for &Client {
    type Sending<O: Operation> = Sending<O::Output>;
    type SendingWithMeta<O: Operation> = Sending<(O::Output, ResponseMeta)>;
    type SendingRaw<O: Operation> = Sending<Response<Body>>;
    type SendingStream<O: Operation> = Sending<Download>;

    fn send<O: Operation>(self, call: Call<(), O>) -> Self::Sending<O> {
        Sending::new(
            self,
            arriving(self, &call, Await::Whole),
            incoming::value::<O>,
        )
    }

    fn send_with_meta<O: Operation>(self, call: Call<(), O>) -> Self::SendingWithMeta<O> {
        Sending::new(
            self,
            arriving(self, &call, Await::Whole),
            incoming::value_and_meta::<O>,
        )
    }

    /// A status of 400 or more is not an error here.
    fn send_raw<O: Operation>(self, call: Call<(), O>) -> Self::SendingRaw<O> {
        Sending::new(self, arriving(self, &call, Await::Head), incoming::raw)
    }

    fn send_stream<O: Operation>(self, call: Call<(), O>) -> Self::SendingStream<O> {
        Sending::new(
            self,
            arriving(self, &call, Await::Success),
            incoming::stream::<O>,
        )
    }
}

impl ExecuteBody<Body> for &Client {
    fn send_body<O: Operation>(self, call: Call<(), O>, body: Body) -> Self::Sending<O> {
        let (operation, options) = (call.operation(), call.options());
        let outgoing = Outgoing::of(&self.0, O::META, operation, options, Some(body));
        let arriving = pipeline::send(self, outgoing, Await::Whole);
        Sending::new(self, arriving, incoming::value::<O>)
    }
}

/// Asks for one page of a list; the call may be sent again, for another page.
pub(crate) fn page<O: Paged>(client: &Client, call: &Call<(), O>) -> Sending<Page<O::Item>> {
    Sending::new(
        client,
        arriving(client, call, Await::Whole),
        incoming::page::<O>,
    )
}

impl Paginate for &Client {
    type Pages<O: Paged> = Pages<O::Item>;
    type Items<O: Paged> = Items<O::Item>;
    type First<O: Paged> = First<O::Item>;

    fn pages<O: Paged>(self, call: Call<(), O>) -> Self::Pages<O> {
        Pages::new(self.clone(), call)
    }

    fn items<O: Paged>(self, call: Call<(), O>) -> Self::Items<O> {
        Items::new(Paginate::pages(self, call))
    }

    fn first<O: Paged>(self, call: Call<(), O>) -> Self::First<O> {
        self.items(call).first()
    }
}
