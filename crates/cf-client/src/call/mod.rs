//! Calls: prepared, sent as often as needed, and decoded.

mod attempt;
mod body_mode;
mod bounded;
pub(crate) mod decode;
mod future;
pub(crate) mod headers;
mod meta;
mod pipeline;
mod prepare;
mod response;

use cf_transport::Body;
use cf_types::{Call, Execute, ExecuteBody, Operation};
use http::Response;

use crate::client::Client;
use crate::download::Download;

pub(crate) use body_mode::BodyMode;
pub use future::SendFuture;
pub use meta::ResponseMeta;
pub(crate) use prepare::PreparedCall;

impl Execute for &Client {
    type SendFuture<O: Operation> = SendFuture<O::Output>;
    type MetaFuture<O: Operation> = SendFuture<(O::Output, ResponseMeta)>;
    type RawFuture<O: Operation> = SendFuture<Response<Body>>;
    type StreamFuture<O: Operation> = SendFuture<Download>;

    fn send<O: Operation>(self, call: Call<(), O>) -> Self::SendFuture<O> {
        let call = PreparedCall::of(&self.0, &call, None, BodyMode::Buffer);
        SendFuture::new(&self.0, call, BodyMode::Buffer, decode::value::<O>)
    }

    fn send_with_meta<O: Operation>(self, call: Call<(), O>) -> Self::MetaFuture<O> {
        let call = PreparedCall::of(&self.0, &call, None, BodyMode::Buffer);
        SendFuture::new(&self.0, call, BodyMode::Buffer, decode::value_and_meta::<O>)
    }

    /// A status of 400 or more is not an error here.
    fn send_raw<O: Operation>(self, call: Call<(), O>) -> Self::RawFuture<O> {
        let call = PreparedCall::of(&self.0, &call, None, BodyMode::Stream);
        SendFuture::new(&self.0, call, BodyMode::Stream, decode::raw)
    }

    fn send_stream<O: Operation>(self, call: Call<(), O>) -> Self::StreamFuture<O> {
        let call = PreparedCall::of(&self.0, &call, None, BodyMode::StreamSuccess);
        SendFuture::new(&self.0, call, BodyMode::StreamSuccess, decode::stream::<O>)
    }
}

impl ExecuteBody<Body> for &Client {
    fn send_body<O: Operation>(self, call: Call<(), O>, body: Body) -> Self::SendFuture<O> {
        let call = PreparedCall::of(&self.0, &call, Some(body), BodyMode::Buffer);
        SendFuture::new(&self.0, call, BodyMode::Buffer, decode::value::<O>)
    }
}
