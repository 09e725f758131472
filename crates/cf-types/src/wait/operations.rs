//! The operations that tell how far something is.

use super::progress::{Progress, Waiting};
use crate::codec;
use crate::operation::Operation;

/// An operation whose reply says how far something is, so that it can be [waited for](crate::Call::wait).
///
/// | operation | done | failed | deadline |
/// |---|---|---|---|
/// | `rules.lists.bulk_operations.get` | `completed` | `failed` | 10 minutes |
/// | `d1.database.export`, `d1.database.import` | `complete` | `error` | 1 hour |
/// | `custom_hostnames.get` | hostname and certificate are `active` | blocked, moved, deleted, timed out | 1 hour |
/// | `ssl.certificate_packs.get` | `active` | deleted, expired, timed out | 1 hour |
/// | `zones.get` | `active` | `moved`, `deleted`, `deactivated` | 24 hours |
/// | `pages.projects.deployments.get` | the stage `deploy` is a `success` | `failure`, `canceled` | 30 minutes |
/// | `workers.builds.get` | its outcome is `success` or `skipped` | `fail`, `cancelled`, `terminated` | 30 minutes |
/// | `registrar.transfer_in_status.get` | `succeeded` | `failed`, `action_required` | 10 days |
/// | `registrar.registration_status.get`, `registrar.update_status.get` | `succeeded` | `failed`, `action_required` | 1 hour |
/// | `browser_rendering.crawl.get` | `completed` | `errored`, `cancelled_…` | 24 hours |
/// | `stream.get` | `ready` | `error` | 1 hour |
///
/// Any other state means that it is under way. Pauses grow from one second to 10 seconds, a minute where it usually
/// takes hours.
///
/// D1 has no operation that only asks: an export is begun and followed with the same operation, which is taken care of,
/// and an import is followed from the step [`ingest`](https://developers.cloudflare.com/api/resources/d1/subresources/database/methods/import/)
/// on.
///
/// ```
/// use cf_types::zones::Zone;
/// use cf_types::{Stage, codec};
///
/// let mut poller = cf_types::api()
///     .zones()
///     .get("023e105f4ecef8ad9ca31a8372d0c353")
///     .wait()
///     .into_poller();
/// // … send `poller.call()`, then:
/// let zone: Zone = codec::from_str(r#"{"status": "pending"}"#)?;
/// let progress = poller.on_reply(&zone);
/// assert_eq!((progress.stage(), progress.state()), (Stage::Pending, "pending"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Awaited: Operation {
    /// How to judge its replies, and how long to ask.
    #[doc(hidden)]
    const WAITING: &'static Waiting;

    /// How far it is, by a reply.
    fn judge(reply: &Self::Output) -> Progress {
        Self::WAITING.judge(&codec::to_value(reply))
    }

    /// Prepares the next poll, if it depends on the last reply.
    fn follow(&mut self, reply: &Self::Output) {
        let _ = reply;
    }

    /// Why its replies will never say that it is done, if so.
    fn refusal(&self) -> Option<&'static str> {
        None
    }
}

#[allow(unused)]
const MINUTE: u64 = 60;
#[allow(unused)]
const HOUR: u64 = 60 * MINUTE;
#[allow(unused)]
const DAY: u64 = 24 * HOUR;

/// Writes a row of the table for each operation, and what the operation does besides.
macro_rules! awaited {
    ($(
        $feature:literal $operation:path: $what:literal $(longest_pause $pause:expr,)? deadline $deadline:expr, {
            $($(?$optional:ident)? $at:literal: $done:expr, $failed:expr;)+
        } reason $reasons:expr $(, { $($more:item)+ })?;
    )*) => {
        $(
            #[cfg(feature = $feature)]
            impl Awaited for $operation {
                const WAITING: &'static Waiting = &Waiting {
                    what: $what,
                    states: &[$(super::progress::State {
                        at: $at,
                        done: &$done,
                        failed: &$failed,
                        optional: awaited!(@optional $($optional)?),
                    },)+],
                    reasons: &$reasons,
                    longest_pause: awaited!(@pause $($pause)?),
                    deadline: $deadline,
                };
                $($($more)+)?
            }
        )*
    };
    (@optional) => { false };
    (@optional $optional:ident) => { true };
    (@pause) => { 10 };
    (@pause $pause:expr) => { $pause };
}

/// The states in which a certificate will not become active by itself.
#[cfg(any(feature = "custom_hostnames", feature = "ssl"))]
const CERTIFICATE_FAILED: [&str; 9] = [
    "deleted",
    "expired",
    "inactive",
    "deactivating",
    "initializing_timed_out",
    "validation_timed_out",
    "issuance_timed_out",
    "deployment_timed_out",
    "deletion_timed_out",
];

awaited! {
    "rules" crate::rules::lists::bulk_operations::Get: "the bulk operation" deadline 10 * MINUTE, {
        "/status": ["completed"], ["failed"];
    } reason ["/error"];

    "d1" crate::d1::database::Export: "the export" deadline HOUR, {
        "/status": ["complete"], ["error"];
        ?optional "/success": ["true"], ["false"];
    } reason ["/error", "/messages"], {
        fn follow(&mut self, reply: &Self::Output) {
            if let Some(at) = &reply.at_bookmark {
                self.body.current_bookmark = Some(at.clone());
            }
        }
    };

    "d1" crate::d1::database::Import: "the import" deadline HOUR, {
        "/status": ["complete"], ["error"];
        ?optional "/success": ["true"], ["false"];
    } reason ["/error", "/messages"], {
        fn follow(&mut self, reply: &Self::Output) {
            if let Some(at) = &reply.at_bookmark {
                self.body = crate::d1::database::DatabaseImport::poll(at.clone());
            }
        }

        fn judge(reply: &Self::Output) -> Progress {
            // What the API says if the import ended before it was asked.
            if reply.error.as_deref() == Some("Not currently importing anything.") {
                return Progress::done("complete");
            }
            Self::WAITING.judge(&codec::to_value(reply))
        }

        fn refusal(&self) -> Option<&'static str> {
            matches!(self.body, crate::d1::database::DatabaseImport::Init(_)).then_some(
                "the step `init` only gives an address to upload to; upload the file there, and wait for the step \
                 `ingest`",
            )
        }
    };

    "custom_hostnames" crate::custom_hostnames::Get: "the custom hostname" deadline HOUR, {
        "/status": ["active", "active_redeploying", "test_active", "test_active_apex"],
            ["moved", "pending_deletion", "deleted", "blocked", "test_blocked", "test_failed"];
        ?optional "/ssl/status": ["active", "staging_active"], CERTIFICATE_FAILED;
    } reason ["/ssl/validation_errors", "/verification_errors"];

    "ssl" crate::ssl::certificate_packs::Get: "the certificate pack" deadline HOUR, {
        "/status": ["active", "staging_active"], CERTIFICATE_FAILED;
    } reason ["/validation_errors"];

    "zones" crate::zones::Get: "the zone" longest_pause MINUTE, deadline DAY, {
        "/status": ["active"], ["moved", "deleted", "deactivated"];
    } reason [];

    "pages" crate::pages::projects::deployments::Get: "the deployment" deadline 30 * MINUTE, {
        "/latest_stage/name": ["deploy"], [];
        "/latest_stage/status": ["success"], ["failure", "canceled"];
    } reason ["/latest_stage/name"];

    "workers" crate::workers::builds::Get: "the build" deadline 30 * MINUTE, {
        "/status": ["stopped"], [];
        "/build_outcome": ["success", "skipped"], ["fail", "cancelled", "terminated"];
    } reason [];

    "registrar" crate::registrar::transfer_in_status::Get: "the transfer" longest_pause 5 * MINUTE,
        deadline 10 * DAY, {
        "/state": ["succeeded"], ["failed", "action_required"];
    } reason ["/error/message", "/error", "/context"];

    "registrar" crate::registrar::registration_status::Get: "the registration" deadline HOUR, {
        "/state": ["succeeded"], ["failed", "action_required"];
    } reason ["/error/message", "/error", "/context"];

    "registrar" crate::registrar::update_status::Get: "the change of the registration" deadline HOUR, {
        "/state": ["succeeded"], ["failed", "action_required"];
    } reason ["/error/message", "/error", "/context"];

    "browser_rendering" crate::browser_rendering::crawl::Get: "the crawl" longest_pause MINUTE, deadline DAY, {
        "/status": ["completed"],
            ["errored", "cancelled", "cancelled_due_to_timeout", "cancelled_due_to_limits", "cancelled_by_user"];
    } reason [];

    "stream" crate::stream::Get: "the video" deadline HOUR, {
        "/status/state": ["ready"], ["error"];
    } reason ["/status/errorReasonText", "/status/errReasonText"];
}
