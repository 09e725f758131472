//! The body of a request: small ones are read at once, large ones only from
//! callers that may send them, and files are streamed to where they are stored.

mod incoming;
mod parts;
mod room;
mod spool;

use std::error::Error;

use bytes::{Bytes, BytesMut};
use http::header::EXPECT;
use hyper::body::Body;
use tokio::sync::OwnedSemaphorePermit;

use crate::control;
use crate::engine::Engine;
use crate::engine::route::{BodyHandling, Stream};
use crate::http::body::Cut;
use crate::http::content::SMALL;
use crate::http::error::ApiError;
use crate::http::request::Request;
use incoming::Incoming;
use room::LargeBodies;

/// How much of bodies is read.
pub(crate) struct BodyLimits {
    /// The size limit of a body, unless its operation takes more.
    longest: usize,
    large: LargeBodies,
}

impl BodyLimits {
    pub(crate) fn new(longest: usize) -> Self {
        Self {
            longest,
            large: LargeBodies::new(longest),
        }
    }
}

/// Receives bodies.
#[derive(Clone, Copy)]
pub(super) struct Receiver<'a> {
    pub(super) engine: &'a Engine,
    pub(super) limits: &'a BodyLimits,
}

/// Why a body is not read to its end.
enum Stop {
    /// The rest is on the wire.
    Refused(ApiError),
    /// It cannot be stored.
    Storage(std::io::Error),
    /// The client is gone.
    Cut(Cut),
}

impl From<ApiError> for Stop {
    fn from(error: ApiError) -> Self {
        Self::Refused(error)
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Storage(error)
    }
}

/// Reads the body into `request`; large ones only from callers that `permit`
/// accepts. The inner error says why it was not read.
pub(super) async fn body<B>(
    receiver: Receiver<'_>,
    request: &mut Request,
    body: B,
    permit: impl Fn(&Request) -> Result<(), ApiError>,
) -> Result<Result<(), ApiError>, Cut>
where
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let mut incoming = Incoming::new(body);
    // A client that asks first sends nothing once it is refused.
    let asks = request.headers.contains_key(EXPECT);
    let refusal = match read(receiver, request, &mut incoming, asks, permit).await {
        Ok(()) => return Ok(Ok(())),
        Err(Stop::Cut(cut)) => return Err(cut),
        Err(Stop::Refused(error)) => error,
        Err(Stop::Storage(error)) => receiver.engine.storage_failed(&error),
    };
    if !asks {
        tokio::spawn(incoming.drain());
    }
    Ok(Err(refusal))
}

async fn read<B: Body>(
    receiver: Receiver<'_>,
    request: &mut Request,
    incoming: &mut Incoming<B>,
    asks: bool,
    permit: impl Fn(&Request) -> Result<(), ApiError>,
) -> Result<(), Stop> {
    let handling = body_handling(receiver.engine, request);
    let small = SMALL.min(receiver.limits.longest);
    let begins = incoming.announced() <= small as u64 && !asks;
    let mut start = BytesMut::new();
    // Objects are stored directly, however small they are.
    if begins && !matches!(handling, BodyHandling::File(stream) if !stream.large_only) {
        while start.len() <= small
            && let Some(data) = incoming.next().await?
        {
            start.extend_from_slice(&data);
        }
    }
    let start = start.freeze();
    if !incoming.has_ended() {
        // Nobody fills memory or the disk without permission.
        permit(request)?;
    }
    match handling {
        BodyHandling::Form(rules) => parts::form(receiver, rules, request, start, incoming).await?,
        _ if incoming.has_ended() => request.body = start,
        BodyHandling::File(stream) => {
            let (upload, room) = spool::upload(receiver, stream, start, incoming).await?;
            (request.upload, request.room) = (Some(upload), room);
        }
        BodyHandling::Buffer => {
            (request.body, request.room) = collect(receiver, start, incoming).await?;
        }
        BodyHandling::Discard => {
            let mut size = start.len() as u64 + incoming.announced();
            request.body = start;
            while size <= receiver.limits.longest as u64
                && let Some(_) = incoming.next().await?
            {
                size = size.max(incoming.received());
            }
            if size > receiver.limits.longest as u64 {
                return Err(ApiError::too_large().into());
            }
        }
    }
    Ok(())
}

/// What happens to the body.
fn body_handling(engine: &Engine, request: &Request) -> BodyHandling {
    match control::takes_file(engine, request) {
        true => BodyHandling::File(Stream {
            most: None,
            too_large: ApiError::too_large,
            large_only: false,
        }),
        false => engine.router.body_handling(request),
    }
}

/// The whole body in memory, and its share of the memory for all.
async fn collect<B: Body>(
    receiver: Receiver<'_>,
    start: Bytes,
    incoming: &mut Incoming<B>,
) -> Result<(Bytes, Option<OwnedSemaphorePermit>), Stop> {
    let limit = receiver.limits.longest as u64;
    let size = start.len() as u64 + incoming.announced();
    if size > limit {
        return Err(ApiError::too_large().into());
    }
    let mut room = receiver.limits.large.room();
    incoming.wait(room.grow_to(size)).await?;
    let mut body = BytesMut::with_capacity(usize::try_from(size).unwrap_or_default());
    body.extend_from_slice(&start);
    while let Some(data) = incoming.next().await? {
        let end = (body.len() + data.len()) as u64;
        if end > limit {
            return Err(ApiError::too_large().into());
        }
        incoming.wait(room.grow_to(end)).await?;
        body.extend_from_slice(&data);
    }
    Ok((body.freeze(), room.permit()))
}
