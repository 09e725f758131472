//! The client runs operations.

use cf_transport::Body;
use cf_types::{
    Arguments, Call, Execute, ExecuteBody, Meta, Operation, Options, Page, Paged, Paginate,
};
use http::Response;

use crate::client::Client;
use crate::download::Download;
use crate::items::{First, Items};
use crate::meta::ResponseMeta;
use crate::pages::Pages;
use crate::pipeline::{self, BodyMode, ResponseFuture};
use crate::prepared_call::PreparedCall;
use crate::raw_response;
use crate::send_future::SendFuture;

fn response<O: Operation>(client: &Client, call: &Call<(), O>, mode: BodyMode) -> ResponseFuture {
    start(client, O::META, call.operation(), call.options(), mode)
}

/// Not generic, and not to become part of those who are: each operation has its own.
#[inline(never)]
fn start(
    client: &Client,
    meta: &'static Meta,
    arguments: &dyn Arguments,
    options: &Options,
    mode: BodyMode,
) -> ResponseFuture {
    let call = PreparedCall::of(&client.0, meta, arguments, options, None);
    pipeline::send(client, call, mode)
}

impl Execute for &Client {
    type SendFuture<O: Operation> = SendFuture<O::Output>;
    type MetaFuture<O: Operation> = SendFuture<(O::Output, ResponseMeta)>;
    type RawFuture<O: Operation> = SendFuture<Response<Body>>;
    type StreamFuture<O: Operation> = SendFuture<Download>;

    fn send<O: Operation>(self, call: Call<(), O>) -> Self::SendFuture<O> {
        SendFuture::new(
            self,
            response(self, &call, BodyMode::Buffer),
            raw_response::value::<O>,
        )
    }

    fn send_with_meta<O: Operation>(self, call: Call<(), O>) -> Self::MetaFuture<O> {
        SendFuture::new(
            self,
            response(self, &call, BodyMode::Buffer),
            raw_response::value_and_meta::<O>,
        )
    }

    /// A status of 400 or more is not an error here.
    fn send_raw<O: Operation>(self, call: Call<(), O>) -> Self::RawFuture<O> {
        SendFuture::new(
            self,
            response(self, &call, BodyMode::Stream),
            raw_response::raw,
        )
    }

    fn send_stream<O: Operation>(self, call: Call<(), O>) -> Self::StreamFuture<O> {
        SendFuture::new(
            self,
            response(self, &call, BodyMode::StreamSuccess),
            raw_response::stream::<O>,
        )
    }
}

impl ExecuteBody<Body> for &Client {
    fn send_body<O: Operation>(self, call: Call<(), O>, body: Body) -> Self::SendFuture<O> {
        let (operation, options) = (call.operation(), call.options());
        let call = PreparedCall::of(&self.0, O::META, operation, options, Some(body));
        let response = pipeline::send(self, call, BodyMode::Buffer);
        SendFuture::new(self, response, raw_response::value::<O>)
    }
}

/// Asks for one page of a list; the call may be sent again, for another page.
pub(crate) fn page<O: Paged>(client: &Client, call: &Call<(), O>) -> SendFuture<Page<O::Item>> {
    SendFuture::new(
        client,
        response(client, call, BodyMode::Buffer),
        raw_response::page::<O>,
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
