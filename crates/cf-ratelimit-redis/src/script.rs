//! The script that Redis runs: one round trip, nothing in between.

use std::time::Duration;

use cf_client::{Acquire, RateLimitReply, ThrottleScope};
use redis::aio::MultiplexedConnection;
use redis::{RedisError, Script, ScriptInvocation};

/// Longest time passed to the script, in milliseconds.
const LONGEST: u128 = 366 * 24 * 60 * 60 * 1000;
/// How long to hold off if nobody says.
const BACKOFF: Duration = Duration::from_secs(5);

/// The script with its constants.
#[derive(Debug)]
pub(crate) struct Budget {
    script: Script,
    keys: [String; 5],
    process: String,
    requests: u32,
    window: Duration,
    per_second: Option<u32>,
}

/// The script's answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    /// How long to wait; zero means go.
    pub(crate) wait: Duration,
    /// How many processes share the budget.
    pub(crate) members: u32,
}

impl Budget {
    pub(crate) fn new(
        key: &str,
        process: String,
        requests: u32,
        window: Duration,
        per_second: Option<u32>,
    ) -> Self {
        // The braces keep the keys on one node of a cluster.
        let name = |part: &str| format!("{{cf-ratelimit:{key}}}:{part}");
        Budget {
            script: Script::new(include_str!("budget.lua")),
            keys: ["sent", "places", "underway", "gates", "members"].map(name),
            process,
            requests,
            window,
            per_second,
        }
    }

    fn call(&self, action: &str, ticket: u64, operation: Option<&str>) -> ScriptInvocation<'_> {
        let mut call = self.script.prepare_invoke();
        for key in &self.keys {
            call.key(key);
        }
        call.arg(action)
            .arg(format!("{}:{ticket}", self.process))
            .arg(&self.process)
            .arg(operation.unwrap_or("by path"))
            .arg(self.requests)
            .arg(milliseconds(self.window))
            .arg(self.per_second.unwrap_or(0));
        call
    }

    pub(crate) async fn acquire(
        &self,
        connection: &mut MultiplexedConnection,
        request: &Acquire,
    ) -> Result<Answer, RedisError> {
        let mut call = self.call("acquire", request.ticket, request.operation);
        call.arg(milliseconds(request.max_wait));
        let (wait, members) = call.invoke_async::<(u64, u32)>(connection).await?;
        Ok(Answer {
            wait: Duration::from_millis(wait),
            members,
        })
    }

    /// The call that reports a reply.
    pub(crate) fn record(&self, reply: &RateLimitReply<'_>) -> ScriptInvocation<'_> {
        let mut call = self.call("record", reply.ticket, reply.operation);
        let asked = reply.limits.retry_after.filter(|wait| !wait.is_zero());
        let wait = asked.or(reply.backoff).unwrap_or(BACKOFF);
        call.arg(match reply.throttled {
            None => "no",
            Some(ThrottleScope::Operation) => "operation",
            Some(_) => "all",
        });
        call.arg(milliseconds(wait)).arg(u8::from(asked.is_some()));
        for limit in &reply.limits.limits {
            let Some(remaining) = limit.remaining else {
                continue;
            };
            call.arg(&limit.name)
                .arg(remaining.min(LONGEST as u64))
                .arg(said(limit.reset_after.map(milliseconds)))
                .arg(said(limit.window.map(milliseconds)))
                .arg(said(limit.quota.map(|quota| quota.min(LONGEST as u64))));
        }
        call
    }

    /// The call that releases a permit, or a place in the queue.
    pub(crate) fn release(&self, ticket: u64) -> ScriptInvocation<'_> {
        self.call("release", ticket, None)
    }

    /// The call that forgets what the API has said.
    pub(crate) fn reset(&self) -> ScriptInvocation<'_> {
        self.call("reset", 0, None)
    }
}

/// -1 stands for an absent value.
fn said(number: Option<u64>) -> i64 {
    number.map_or(-1, |number| i64::try_from(number).unwrap_or(i64::MAX))
}

fn milliseconds(time: Duration) -> u64 {
    // Rounded up: a millisecond early is too early.
    time.as_nanos().div_ceil(1_000_000).min(LONGEST) as u64
}
