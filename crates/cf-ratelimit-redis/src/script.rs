//! What is asked of Redis: one script, one round trip, nothing in between.

use std::time::Duration;

use cf_client::{RateLimitReply, Waiting};
use redis::aio::MultiplexedConnection;
use redis::{RedisError, Script, ScriptInvocation};

/// Longest time handed to the script, in milliseconds.
const LONGEST: u128 = 366 * 24 * 60 * 60 * 1000;

/// The script with what never changes.
#[derive(Debug)]
pub(crate) struct Budget {
    script: Script,
    keys: [String; 6],
    process: String,
    requests: u32,
    window: Duration,
}

/// What the script says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    /// How long to wait; zero: go.
    pub(crate) wait: Duration,
    /// How many processes share the budget.
    pub(crate) members: u32,
}

impl Budget {
    pub(crate) fn new(key: &str, process: String, requests: u32, window: Duration) -> Self {
        // The braces keep the keys on one node of a cluster.
        let name = |part: &str| format!("{{cf-ratelimit:{key}}}:{part}");
        Budget {
            script: Script::new(include_str!("budget.lua")),
            keys: [
                "sent",
                "places",
                "underway",
                "limits",
                "operations",
                "members",
            ]
            .map(name),
            process,
            requests,
            window,
        }
    }

    fn call(&self, action: &str, ticket: u64) -> ScriptInvocation<'_> {
        let mut call = self.script.prepare_invoke();
        for key in &self.keys {
            call.key(key);
        }
        call.arg(action)
            .arg(format!("{}:{ticket}", self.process))
            .arg(&self.process)
            .arg(self.requests)
            .arg(milliseconds(self.window));
        call
    }

    pub(crate) async fn turn(
        &self,
        connection: &mut MultiplexedConnection,
        waiting: &Waiting,
    ) -> Result<Answer, RedisError> {
        let mut call = self.call("turn", waiting.ticket);
        call.arg(waiting.operation.unwrap_or_default())
            .arg(milliseconds(waiting.patience));
        let (wait, members) = call.invoke_async::<(u64, u32)>(connection).await?;
        Ok(Answer {
            wait: Duration::from_millis(wait),
            members,
        })
    }

    /// The call that tells what a reply says.
    pub(crate) fn learn(&self, reply: &RateLimitReply<'_>) -> ScriptInvocation<'_> {
        let mut call = self.call("learn", reply.ticket);
        let wait = reply.limits.retry_after.filter(|_| reply.status == 429);
        call.arg(reply.operation.unwrap_or_default());
        match wait {
            Some(wait) => call.arg(milliseconds(wait)),
            None => call.arg(-1),
        };
        for limit in &reply.limits.limits {
            if let (Some(remaining), Some(reset)) = (limit.remaining, limit.reset_after) {
                call.arg(&limit.name)
                    .arg(remaining.min(LONGEST as u64))
                    .arg(milliseconds(reset))
                    .arg(limit.quota.unwrap_or(0).min(LONGEST as u64));
            }
        }
        call
    }

    /// The call that gives up a place.
    pub(crate) fn leave(&self, ticket: u64) -> ScriptInvocation<'_> {
        self.call("leave", ticket)
    }
}

fn milliseconds(time: Duration) -> u64 {
    // Rounded up: a millisecond early is too early.
    time.as_nanos().div_ceil(1_000_000).min(LONGEST) as u64
}
