use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use http::header::HOST;
use http::{HeaderValue, Request, Response, Uri};
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1};
use hyper_util::client::legacy::connect::Connection as _;
use tokio::time::Instant;

use super::super::stream::Stream;
use super::super::tcp::Activity;
use super::super::upload::Upload;
use super::Origin;
use super::waker::ForwardingWaker;

/// What became of a request: a reply, or an error that may hold the request as it was.
pub(in super::super) type Sent = Result<Response<Incoming>, TrySendError<Request<Upload>>>;

/// An HTTP/1.1 connection.
///
/// No task drives it: whoever has a request on it, or reads the reply, must call [`drive`](Self::drive) whenever woken,
/// and check for the outcome afterwards.
pub(in super::super) struct Http1 {
    requests: http1::SendRequest<Upload>,
    /// `None` when it has ended. What was queued on it then returns to its request.
    connection: Option<http1::Connection<Stream, Upload>>,
    /// It carried a request before.
    reused: bool,
    /// When the current request got it.
    checked_out: Instant,
    fresh: bool,
    origin: Origin,
    host: Option<HeaderValue>,
    /// It leads to a proxy that reads the requests and wants absolute addresses.
    proxied: bool,
    activity: Activity,
    task: Arc<ForwardingWaker>,
    /// Wakes that task.
    waker: Waker,
}

impl Http1 {
    pub(super) async fn over(
        stream: Stream,
        builder: &http1::Builder,
        origin: Origin,
    ) -> hyper::Result<Self> {
        let proxied = stream.connected().is_proxied();
        let activity = Activity::of(&stream);
        let (requests, connection) = builder.handshake(stream).await?;
        let task = Arc::new(ForwardingWaker::default());
        Ok(Self {
            requests,
            connection: Some(connection),
            reused: false,
            checked_out: Instant::now(),
            fresh: true,
            host: origin.host(),
            origin,
            proxied,
            activity,
            waker: task.waker(),
            task,
        })
    }

    /// Puts a request on it. The outcome comes when the connection is driven.
    pub(in super::super) fn send(
        &mut self,
        mut request: Request<Upload>,
    ) -> impl Future<Output = Sent> + use<> {
        if let Some(host) = &self.host
            && !request.headers().keys().any(|name| *name == HOST)
        {
            request.headers_mut().append(HOST, host.clone());
        }
        if !self.proxied {
            let whole = std::mem::take(request.uri_mut()).into_parts();
            *request.uri_mut() = whole.path_and_query.map_or_else(Uri::default, Uri::from);
        }
        self.requests.try_send_request(request)
    }

    /// Reads and writes as far as possible, and has the task of `cx` woken when there is more.
    pub(in super::super) fn drive(&mut self, cx: &mut Context<'_>) {
        self.task.forward_to(cx.waker());
        let cx = &mut Context::from_waker(&self.waker);
        // An error reaches the request or the body of its reply.
        self.connection
            .take_if(|connection| Pin::new(connection).poll(cx).is_ready());
    }

    /// Wakes nobody until it is driven again.
    pub(in super::super) fn rest(&self) {
        self.task.clear();
    }

    /// Whether the reply has arrived completely, so that nothing is left to drive.
    pub(in super::super) fn is_over(&self) -> bool {
        self.connection.is_none() || self.is_free()
    }

    /// Whether it can take another request.
    pub(in super::super) fn is_free(&self) -> bool {
        self.connection.is_some() && self.requests.is_ready()
    }

    /// Whether it carried a request before.
    pub(in super::super) fn is_reused(&self) -> bool {
        self.reused
    }

    pub(in super::super) fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(super) fn set_reused(&mut self) {
        self.reused = true;
    }

    /// A request gets it. `fresh`: hardly anything can have happened to it since the last one.
    pub(super) fn set_checked_out(&mut self, now: Instant, fresh: bool) {
        self.checked_out = now;
        self.fresh = fresh;
    }

    pub(in super::super) fn checked_out(&self) -> Instant {
        self.checked_out
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.fresh
    }

    pub(in super::super) fn activity(&self) -> &Activity {
        &self.activity
    }

    /// Whether the server has closed it, or sent what nobody asked for. It must be free.
    pub(super) fn is_dead(&mut self) -> bool {
        self.activity.probe();
        self.drive(&mut Context::from_waker(Waker::noop()));
        !self.is_free()
    }

    /// Sends the close, also that of TLS, if that does not block.
    pub(super) fn close(self) {
        let Self {
            requests,
            connection,
            ..
        } = self;
        drop(requests);
        if let Some(mut connection) = connection {
            let _: Poll<_> =
                Pin::new(&mut connection).poll(&mut Context::from_waker(Waker::noop()));
        }
    }
}
