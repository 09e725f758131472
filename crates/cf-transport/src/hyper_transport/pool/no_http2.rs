//! Stands in for HTTP/2 when the feature `http2` is off: there is no such connection.

use std::convert::Infallible;
use std::sync::{Arc, Weak};

use tokio::time::Instant;

use super::super::connect_failure::Refusal;
use super::super::http2_error::Http2Error;
use super::super::stream::Stream;
use super::{Origin, Pool};

/// The settings of no connections.
pub(in super::super) struct Builder;

pub(in super::super) fn builder(_: u32) -> Builder {
    Builder
}

pub(in super::super) struct Http2(Infallible);

/// Why a connection takes no request now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code)] // The pool handles each.
pub(super) enum Unavailable {
    Closed,
    Full,
    Suspect,
}

impl Http2 {
    pub(super) async fn over(
        _: Stream,
        _: &Builder,
        _: Origin,
        _: Weak<Pool>,
    ) -> Result<Arc<Self>, Http2Error> {
        Err(Http2Error)
    }

    pub(super) fn reserve(self: &Arc<Self>, _: Instant) -> Result<Reservation, Unavailable> {
        match self.0 {}
    }

    pub(super) fn check(&self, _: Instant) -> Result<(), Unavailable> {
        match self.0 {}
    }

    pub(super) fn is_closed(&self) -> bool {
        match self.0 {}
    }

    pub(super) fn refusal(&self) -> Option<Refusal> {
        match self.0 {}
    }

    pub(super) fn max_streams(&self) -> usize {
        match self.0 {}
    }

    pub(super) fn is_unused(&self) -> bool {
        match self.0 {}
    }

    pub(super) fn set_waited_for(&self, _: bool) {
        match self.0 {}
    }

    pub(super) fn doubt(&self, _: Instant) {
        match self.0 {}
    }

    pub(super) fn close(self: Arc<Self>) {
        match self.0 {}
    }
}

pub(in super::super) struct Reservation(Infallible);

impl Reservation {
    /// There is none.
    pub(in super::super) fn never(&self) -> ! {
        match self.0 {}
    }
}
