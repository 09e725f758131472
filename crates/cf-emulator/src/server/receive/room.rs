//! The memory that the large bodies of all requests share.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::content::SMALL;
use crate::http::error::ApiError;

/// What all large bodies in memory may take at a time, unless a single one may
/// be larger.
const LARGE_BODIES: usize = 256 << 20;
/// How long a body waits for memory.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How many bytes a permit of [`LargeBodies`] stands for.
const UNIT: usize = 1 << 10;

/// The memory for large bodies.
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

    pub(super) fn room(&self) -> Room<'_> {
        Room {
            bodies: self,
            permit: None,
            bytes: 0,
        }
    }
}

/// One body's share of the memory.
pub(super) struct Room<'a> {
    bodies: &'a LargeBodies,
    permit: Option<OwnedSemaphorePermit>,
    bytes: u64,
}

impl Room<'_> {
    /// Waits until there is memory for this many bytes of the body. No body takes
    /// more than there is.
    pub(super) async fn grow_to(&mut self, bytes: u64) -> Result<(), ApiError> {
        if bytes <= self.bytes.max(SMALL as u64) {
            return Ok(());
        }
        // If the length is unknown: buffers double in size.
        self.bytes += self.bytes.max(bytes - self.bytes);
        let units = usize::try_from(self.bytes.div_ceil(UNIT as u64)).unwrap_or(usize::MAX);
        let taken = self.permit.as_ref();
        let taken = taken.map_or(0, OwnedSemaphorePermit::num_permits);
        let more = units.min(self.bodies.units as usize) - taken;
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        let free = Arc::clone(&self.bodies.free).acquire_many_owned(more);
        match (
            tokio::time::timeout(LONGEST_WAIT, free).await,
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

    /// Releases what exceeds this many bytes.
    pub(super) fn shrink_to(&mut self, bytes: u64) {
        let units = bytes.div_ceil(UNIT as u64);
        let taken = self.permit.as_mut();
        let over = taken.and_then(|taken| {
            let over = (taken.num_permits() as u64).checked_sub(units)?;
            taken.split(usize::try_from(over).ok()?)
        });
        drop(over);
        self.bytes = self.bytes.min(bytes);
    }

    /// Its share, released when the body is dropped.
    pub(super) fn permit(self) -> Option<OwnedSemaphorePermit> {
        self.permit
    }
}
