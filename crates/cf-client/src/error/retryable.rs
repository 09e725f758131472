//! What an error says about sending the request again.

use super::{CallContext, Cause, Error};
use crate::rate_limit::is_throttled;
use crate::retry::{self, Reason};

impl Cause {
    /// Why the client itself may send the request again although no reply came.
    pub(crate) fn retry_reason(&self, idempotent: bool) -> Option<Reason> {
        match self {
            Cause::Transport(error) => retry::after_transport(error, idempotent),
            Cause::Timeout { never_sent, .. } => retry::after_timeout(*never_sent, idempotent),
            _ => None,
        }
    }

    /// Whether the caller may send the request once more.
    pub(super) fn is_retryable(&self, context: &CallContext) -> bool {
        match (self, context.status) {
            (Cause::NoPermit { .. }, _) => true,
            (Cause::Reply(reply), _) if is_throttled(reply) => true,
            (Cause::Reply(_), Some(status)) => {
                retry::after_status(status, context.idempotent).is_some()
            }
            _ => self.retry_reason(context.idempotent).is_some(),
        }
    }
}

impl Error {
    /// Whether the request may have been carried out, and was not sent again for that.
    pub(super) fn is_in_doubt(&self) -> bool {
        let Some(context) = &self.0.context else {
            return false;
        };
        let mut harmless = context.clone();
        harmless.idempotent = true;
        !self.0.retryable && self.0.cause.is_retryable(&harmless)
    }
}
