//! The body of a request: small ones at once, large ones only from those who
//! may send them, and files piece by piece into the place where they stay.

mod incoming;
mod parts;
mod room;
mod spool;

use std::error::Error;

use bytes::{Bytes, BytesMut};
use http::header::EXPECT;
use hyper::body::Body;
use tokio::sync::OwnedSemaphorePermit;

use super::{Server, dispatch};
use crate::control;
use crate::engine::call::Call;
use crate::engine::lock;
use crate::engine::route::{BodyHandling, Stream};
use crate::http::body::Cut;
use crate::http::content::SMALL;
use crate::http::error::ApiError;
use crate::http::query::Query;
use crate::http::request::Request;
use incoming::Incoming;
pub(crate) use room::LargeBodies;

/// Why a body is not read to its end.
enum Stop {
    /// The rest is on the wire.
    Refused(ApiError),
    /// It cannot be stored.
    Storage(std::io::Error),
    /// Nobody is left to answer.
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

/// Reads the body into `request`. The inner error is why it was not taken.
pub(super) async fn body<B>(
    server: &Server,
    request: &mut Request,
    body: B,
) -> Result<Result<(), ApiError>, Cut>
where
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let mut incoming = Incoming::new(body);
    // A client that asks first sends nothing once it is refused.
    let asks = request.headers.contains_key(EXPECT);
    let refusal = match read(server, request, &mut incoming, asks).await {
        Ok(()) => return Ok(Ok(())),
        Err(Stop::Cut(cut)) => return Err(cut),
        Err(Stop::Refused(error)) => error,
        Err(Stop::Storage(error)) => server.engine.storage_failed(&error),
    };
    if !asks {
        tokio::spawn(incoming.drain());
    }
    Ok(Err(refusal))
}

async fn read<B: Body>(
    server: &Server,
    request: &mut Request,
    incoming: &mut Incoming<B>,
    asks: bool,
) -> Result<(), Stop> {
    let handling = body_handling(server, request);
    let small = SMALL.min(server.body_limit);
    let begins = incoming.announced() <= small as u64 && !asks;
    let mut start = BytesMut::new();
    // Objects go where they stay, however small they are.
    if begins && !matches!(handling, BodyHandling::File(stream) if !stream.large_only) {
        while start.len() <= small
            && let Some(data) = incoming.next().await?
        {
            start.extend_from_slice(&data);
        }
    }
    let start = start.freeze();
    if !incoming.has_ended() {
        // Nobody fills memory or the disk without a right to.
        permitted(server, request)?;
    }
    match handling {
        BodyHandling::Form(rules) => parts::form(server, rules, request, start, incoming).await?,
        _ if incoming.has_ended() => request.body = start,
        BodyHandling::File(stream) => {
            request.upload = Some(spool::upload(server, stream, start, incoming).await?);
        }
        BodyHandling::Buffer => {
            (request.body, request.room) = collect(server, start, incoming).await?;
        }
        BodyHandling::Discard => {
            let mut size = start.len() as u64 + incoming.announced();
            request.body = start;
            while size <= server.body_limit as u64
                && let Some(_) = incoming.next().await?
            {
                size = size.max(incoming.received());
            }
            if size > server.body_limit as u64 {
                return Err(ApiError::too_large().into());
            }
        }
    }
    Ok(())
}

/// What becomes of the body.
fn body_handling(server: &Server, request: &Request) -> BodyHandling {
    match control::takes_file(&server.engine, request) {
        true => BodyHandling::File(Stream {
            most: None,
            too_large: ApiError::too_large,
            large_only: false,
        }),
        false => server.engine.router.body_handling(request),
    }
}

/// Whether the caller may do what is asked for, by the head alone.
fn permitted(server: &Server, request: &Request) -> Result<(), ApiError> {
    if control::is_for(&request.path) {
        return Ok(());
    }
    let engine = &server.engine;
    let mut store = lock(&engine.store);
    let admitted = dispatch::admit(engine, request, &store)?;
    match admitted.route.admits {
        Some(admits) if !engine.any_id => admits(&Call {
            request,
            params: &admitted.params,
            query: Query::parse(&request.query),
            access: admitted.access,
            store: &mut store,
            operation: None,
            any_id: false,
        }),
        _ => Ok(()),
    }
}

/// The whole body in memory, and the room that it takes.
async fn collect<B: Body>(
    server: &Server,
    start: Bytes,
    incoming: &mut Incoming<B>,
) -> Result<(Bytes, Option<OwnedSemaphorePermit>), Stop> {
    let limit = server.body_limit as u64;
    let size = start.len() as u64 + incoming.announced();
    if size > limit {
        return Err(ApiError::too_large().into());
    }
    let mut room = server.large_bodies.room();
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
