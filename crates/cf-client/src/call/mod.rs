//! A call's way: it is prepared, sent as often as need be, and its reply is decoded.

mod attempt;
mod bounded;
pub(crate) mod decode;
mod future;
pub(crate) mod headers;
mod meta;
pub(crate) mod pipeline;
mod prepare;
mod response;

use cf_transport::Body;
use cf_types::{Arguments, Call, Execute, ExecuteBody, Meta, Operation, Options};
use http::Response;

use crate::client::Client;
use crate::download::Download;

pub(crate) use future::Decode;
pub use future::SendFuture;
pub use meta::ResponseMeta;
pub(crate) use pipeline::{BodyMode, ResponseFuture};
pub(crate) use prepare::PreparedCall;

pub(crate) fn response<O: Operation>(
    client: &Client,
    call: &Call<(), O>,
    mode: BodyMode,
) -> ResponseFuture {
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
    pipeline::send(&client.0, call, mode)
}

impl Execute for &Client {
    type SendFuture<O: Operation> = SendFuture<O::Output>;
    type MetaFuture<O: Operation> = SendFuture<(O::Output, ResponseMeta)>;
    type RawFuture<O: Operation> = SendFuture<Response<Body>>;
    type StreamFuture<O: Operation> = SendFuture<Download>;

    fn send<O: Operation>(self, call: Call<(), O>) -> Self::SendFuture<O> {
        SendFuture::new(
            &self.0,
            response(self, &call, BodyMode::Buffer),
            decode::value::<O>,
        )
    }

    fn send_with_meta<O: Operation>(self, call: Call<(), O>) -> Self::MetaFuture<O> {
        SendFuture::new(
            &self.0,
            response(self, &call, BodyMode::Buffer),
            decode::value_and_meta::<O>,
        )
    }

    /// A status of 400 or more is not an error here.
    fn send_raw<O: Operation>(self, call: Call<(), O>) -> Self::RawFuture<O> {
        SendFuture::new(
            &self.0,
            response(self, &call, BodyMode::Stream),
            decode::raw,
        )
    }

    fn send_stream<O: Operation>(self, call: Call<(), O>) -> Self::StreamFuture<O> {
        SendFuture::new(
            &self.0,
            response(self, &call, BodyMode::StreamSuccess),
            decode::stream::<O>,
        )
    }
}

impl ExecuteBody<Body> for &Client {
    fn send_body<O: Operation>(self, call: Call<(), O>, body: Body) -> Self::SendFuture<O> {
        let (operation, options) = (call.operation(), call.options());
        let call = PreparedCall::of(&self.0, O::META, operation, options, Some(body));
        let response = pipeline::send(&self.0, call, BodyMode::Buffer);
        SendFuture::new(&self.0, response, decode::value::<O>)
    }
}
