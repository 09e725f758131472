//! The body of a request: small ones at once, large ones only from those who
//! may send them, and objects piece by piece into the place where they stay.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use http::StatusCode;
use http::header::EXPECT;
use http_body_util::BodyExt;
use hyper::body::Body;
use md5::{Digest, Md5};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::{Cut, Shared, lock, unsaved};
use crate::admin;
use crate::auth;
use crate::error::ApiError;
use crate::request::Request;
use crate::router::Stream;
use crate::snapshot::hex;
use crate::store::file::{File, Writer};

/// Bodies up to this size are read before anything else is looked at, so that
/// a connection goes on after a refusal.
const SMALL: u64 = 64 << 10;
/// What all larger bodies that are kept in memory may take at a time, unless a
/// single one may be larger.
const LARGE_BODIES: usize = 256 << 20;
/// Bytes that a permit of [`LargeBodies`] stands for.
const UNIT: usize = 1 << 10;
/// How long a body may rest, and how far it may fall behind [`SLOWEST`].
const LONGEST_REST: Duration = Duration::from_secs(30);
/// Bytes a second that a body has to bring on average.
const SLOWEST: u64 = 32 << 10;
/// What is read and thrown away of a body that was refused, for a client that
/// looks for the reply only when it has sent everything.
const DRAINED: u64 = 1 << 30;
const LONGEST_DRAIN: Duration = Duration::from_secs(10);

/// A file that a request brought.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) file: File,
    pub(crate) md5: String,
}

/// The room for larger bodies in memory.
#[derive(Debug)]
pub(crate) struct LargeBodies {
    free: Arc<Semaphore>,
    units: u32,
}

impl LargeBodies {
    /// Each body may have up to `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        let units = limit.max(LARGE_BODIES).div_ceil(UNIT);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        let free = Semaphore::new((units as usize).min(Semaphore::MAX_PERMITS));
        Self {
            free: Arc::new(free),
            units,
        }
    }

    fn room(&self) -> Room<'_> {
        Room {
            bodies: self,
            permit: None,
            bytes: 0,
        }
    }
}

/// What one body takes of it.
struct Room<'a> {
    bodies: &'a LargeBodies,
    permit: Option<OwnedSemaphorePermit>,
    bytes: u64,
}

impl Room<'_> {
    /// Waits until there is room for so many bytes of the body. None takes
    /// more than all there is.
    async fn grow_to(&mut self, bytes: u64) -> Result<(), ApiError> {
        if bytes <= self.bytes.max(SMALL) {
            return Ok(());
        }
        // Where the length is unknown: buffers grow to twice their size.
        self.bytes += self.bytes.max(bytes - self.bytes);
        let units = usize::try_from(self.bytes.div_ceil(UNIT as u64)).unwrap_or(usize::MAX);
        let taken = self.permit.as_ref();
        let taken = taken.map_or(0, OwnedSemaphorePermit::num_permits);
        let more = units.min(self.bodies.units as usize) - taken;
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        let free = Arc::clone(&self.bodies.free).acquire_many_owned(more);
        match (
            tokio::time::timeout(LONGEST_REST, free).await,
            &mut self.permit,
        ) {
            (Ok(Ok(more)), Some(permit)) => permit.merge(more),
            (Ok(Ok(more)), permit) => *permit = Some(more),
            _ => {
                return Err(ApiError::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    10503,
                    "Too many large request bodies at a time",
                ));
            }
        }
        Ok(())
    }
}

/// Why a body is not read to its end.
enum Stop {
    /// The rest is on the wire.
    Refused(ApiError),
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
        Self::Refused(unsaved(&error.to_string()))
    }
}

/// Reads the body into `request`. What comes back is why it was not taken.
pub(super) async fn body<B>(
    shared: &Shared,
    request: &mut Request,
    body: B,
) -> Result<Option<ApiError>, Cut>
where
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let mut incoming = Incoming::new(body);
    // Who asks first sends nothing if told so.
    let asks = request.headers.contains_key(EXPECT);
    match read(shared, request, &mut incoming, asks).await {
        Ok(()) => Ok(None),
        Err(Stop::Cut(cut)) => Err(cut),
        Err(Stop::Refused(error)) => {
            if !asks {
                tokio::spawn(incoming.drain());
            }
            Ok(Some(error))
        }
    }
}

async fn read<B: Body>(
    shared: &Shared,
    request: &mut Request,
    incoming: &mut Incoming<B>,
    asks: bool,
) -> Result<(), Stop> {
    let stream = stream(shared, request);
    let small = SMALL.min(shared.body_limit as u64);
    let begins = incoming.body.size_hint().lower() <= small && !asks;
    // Objects go where they stay, however small they are.
    let mut start = BytesMut::new();
    if begins && stream.is_none_or(|stream| stream.large_only) {
        while (start.len() as u64) <= small {
            match incoming.next().await? {
                Some(data) => start.extend_from_slice(&data),
                None => {
                    request.body = start.freeze();
                    return Ok(());
                }
            }
        }
    }
    // Nobody fills memory or the disk without a right to.
    permitted(shared, request)?;
    match stream {
        Some(stream) => {
            let upload = upload(shared, stream, &start, incoming).await?;
            request.upload = Some(upload);
        }
        None => {
            let (body, room) = collect(shared, start, incoming).await?;
            request.body = body;
            request.room = room;
        }
    }
    Ok(())
}

/// Whether the body goes to a file.
fn stream(shared: &Shared, request: &Request) -> Option<Stream> {
    let stream = shared.router.streams(request).or_else(|| {
        admin::is_upload(shared, request).then_some(Stream {
            most: shared.body_limit as u64,
            too_large,
            large_only: false,
        })
    });
    stream.filter(|stream| !(stream.large_only && request.is_form()))
}

/// Whether the caller may do what is asked for, by the head alone.
fn permitted(shared: &Shared, request: &Request) -> Result<(), ApiError> {
    if admin::is_for(&request.path) {
        return Ok(());
    }
    let (route, params) = shared.router.find(&request.method, &request.path)?;
    let store = lock(&shared.store);
    auth::authorize(request, &store, route.permission, &params, shared.any_id).map(drop)
}

/// The whole body in memory, and the room that it takes.
async fn collect<B: Body>(
    shared: &Shared,
    start: BytesMut,
    incoming: &mut Incoming<B>,
) -> Result<(Bytes, Option<OwnedSemaphorePermit>), Stop> {
    let limit = shared.body_limit as u64;
    let size = start.len() as u64 + incoming.body.size_hint().lower();
    if size > limit {
        return Err(too_large().into());
    }
    let mut room = shared.large_bodies.room();
    incoming.wait(room.grow_to(size)).await?;
    let mut body = start;
    body.reserve(usize::try_from(size).unwrap_or_default() - body.len());
    while let Some(data) = incoming.next().await? {
        let end = (body.len() + data.len()) as u64;
        if end > limit {
            return Err(too_large().into());
        }
        incoming.wait(room.grow_to(end)).await?;
        body.extend_from_slice(&data);
    }
    Ok((body.freeze(), room.permit))
}

async fn upload<B: Body>(
    shared: &Shared,
    stream: Stream,
    start: &[u8],
    incoming: &mut Incoming<B>,
) -> Result<Upload, Stop> {
    let mut size = start.len() as u64;
    if size + incoming.body.size_hint().lower() > stream.most {
        return Err((stream.too_large)().into());
    }
    let mut writer = Writer::new(shared.folder.as_ref())?;
    // What is not complete counts as other bodies do, if it is in memory.
    let in_memory = matches!(writer, Writer::Memory { .. });
    let mut room = shared.large_bodies.room();
    if in_memory {
        let announced = size + incoming.body.size_hint().lower();
        incoming.wait(room.grow_to(announced)).await?;
    }
    let mut md5 = Md5::new_with_prefix(start);
    writer.push(start)?;
    while let Some(data) = incoming.next().await? {
        size += data.len() as u64;
        if size > stream.most {
            return Err((stream.too_large)().into());
        }
        if in_memory {
            incoming.wait(room.grow_to(size)).await?;
        }
        md5.update(&data);
        writer = match writer {
            Writer::Memory { .. } => {
                writer.push(&data)?;
                writer
            }
            // A disk that is slow must not hold up other requests.
            Writer::Disk { .. } => tokio::task::spawn_blocking(move || {
                writer.push(&data)?;
                std::io::Result::Ok(writer)
            })
            .await
            .map_err(std::io::Error::other)??,
        };
    }
    Ok(Upload {
        file: writer.finish(),
        md5: hex(&md5.finalize()),
    })
}

/// A body on its way.
struct Incoming<B> {
    body: Pin<Box<B>>,
    since: Instant,
    received: u64,
}

impl<B: Body> Incoming<B> {
    fn new(body: B) -> Self {
        Self {
            body: Box::pin(body),
            since: Instant::now(),
            received: 0,
        }
    }

    /// Waits for something else, which is not the sender's fault.
    async fn wait<F: Future>(&mut self, other: F) -> F::Output {
        let before = Instant::now();
        let output = other.await;
        self.since += before.elapsed();
        output
    }

    /// The next data, if there is some.
    async fn next(&mut self) -> Result<Option<Bytes>, Stop> {
        let pace = Duration::from_secs(self.received / SLOWEST);
        let end = (self.since + LONGEST_REST + pace).min(Instant::now() + LONGEST_REST);
        loop {
            let frame = tokio::time::timeout_at(end, self.body.frame()).await;
            match frame.map_err(|_| too_slow())? {
                None => return Ok(None),
                Some(Err(_)) => return Err(Stop::Cut(Cut::Gone)),
                Some(Ok(frame)) => {
                    if let Ok(mut data) = frame.into_data() {
                        let data = data.copy_to_bytes(data.remaining());
                        self.received += data.len() as u64;
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// Throws the rest away, as far as it comes soon.
    async fn drain(mut self) {
        let drained = async {
            while self.received < DRAINED
                && let Ok(Some(_)) = self.next().await
            {}
        };
        let _ = tokio::time::timeout(LONGEST_DRAIN, drained).await;
    }
}

pub(crate) fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        10413,
        "Request body is too large",
    )
}

fn too_slow() -> Stop {
    Stop::Refused(ApiError::new(
        StatusCode::REQUEST_TIMEOUT,
        10408,
        "The request body did not come in time",
    ))
}
