//! The client runs operations.

use cf_transport::Body;
use cf_types::{Call, Execute, ExecuteBody, Operation, Page, Paged, Paginate};
use http::Response;

use crate::client::Client;
use crate::download::Download;
use crate::incoming;
use crate::items::{First, Items};
use crate::meta::ResponseMeta;
use crate::outgoing::Outgoing;
use crate::pages::Pages;
use crate::pipeline::Await;
use crate::sending::Sending;

impl Execute for &Client {
    type Sending<O: Operation> = Sending<O::Output>;
    type SendingWithMeta<O: Operation> = Sending<(O::Output, ResponseMeta)>;
    type SendingRaw<O: Operation> = Sending<Response<Body>>;
    type SendingStream<O: Operation> = Sending<Download>;

    fn send<O: Operation>(self, call: Call<(), O>) -> Self::Sending<O> {
        let outgoing = Outgoing::of(&self.0, &call);
        Sending::new(self, outgoing, Await::Whole, incoming::value::<O>)
    }

    fn send_with_meta<O: Operation>(self, call: Call<(), O>) -> Self::SendingWithMeta<O> {
        let outgoing = Outgoing::of(&self.0, &call);
        Sending::new(self, outgoing, Await::Whole, incoming::value_and_meta::<O>)
    }

    /// A status of 400 or more is not an error here.
    fn send_raw<O: Operation>(self, call: Call<(), O>) -> Self::SendingRaw<O> {
        let outgoing = Outgoing::of(&self.0, &call);
        Sending::new(self, outgoing, Await::Head, incoming::raw)
    }

    fn send_stream<O: Operation>(self, call: Call<(), O>) -> Self::SendingStream<O> {
        let outgoing = Outgoing::of(&self.0, &call);
        Sending::new(self, outgoing, Await::Success, incoming::stream::<O>)
    }
}

impl ExecuteBody<Body> for &Client {
    fn send_body<O: Operation>(self, call: Call<(), O>, body: Body) -> Self::Sending<O> {
        let outgoing = Outgoing::with_body(&self.0, &call, body);
        Sending::new(self, outgoing, Await::Whole, incoming::value::<O>)
    }
}

/// Asks for one page of a list; the call may be sent again, for another page.
pub(crate) fn page<O: Paged>(client: &Client, call: &Call<(), O>) -> Sending<Page<O::Item>> {
    let outgoing = Outgoing::of(&client.0, call);
    Sending::new(client, outgoing, Await::Whole, incoming::page::<O>)
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
