//! A redis-server for the tests.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cf_client::{Acquire, Decision, RateLimiter as _, RateLimits};
use cf_ratelimit_redis::RedisBudget;
use http::{HeaderMap, HeaderName, HeaderValue};
use tempfile::TempDir;

pub const SECOND: Duration = Duration::from_secs(1);

/// A budget in its own process.
pub fn budget(redis: &Redis, requests: u32, window: Duration) -> RedisBudget {
    let builder = RedisBudget::builder(&redis.url).timeout(5 * SECOND);
    builder.limit(requests, window).build().unwrap()
}

pub async fn acquire(budget: &RedisBudget, ticket: u64) -> Decision {
    budget.acquire(Acquire::new(ticket, Instant::now())).await
}

pub fn seconds(decision: Decision) -> f64 {
    match decision {
        Decision::Proceed => 0.0,
        Decision::Wait(wait) => wait.as_secs_f64(),
    }
}

/// Asserts a wait until `expected` seconds after `start`, however long the test took to get here.
#[track_caller]
pub fn assert_wait(waits: f64, expected: f64, start: Instant) {
    // Redis counts in milliseconds, and by its own clock.
    let passed = start.elapsed().as_secs_f64() + 0.01;
    assert!(
        (expected - passed..=expected).contains(&waits),
        "{waits} s, {passed:.3} s after {expected} s were due"
    );
}

/// What a reply with these headers says.
pub fn said(headers: &[(&'static str, &str)]) -> RateLimits {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let value = HeaderValue::from_str(value).unwrap();
        map.append(HeaderName::from_static(name), value);
    }
    RateLimits::from_headers(&map)
}

pub struct Redis {
    pub url: String,
    port: u16,
    folder: TempDir,
    server: Child,
}

impl Redis {
    /// Starts one. `None`, with a note, if there is no redis-server.
    pub fn start() -> Option<Self> {
        if Command::new("redis-server")
            .arg("--version")
            .output()
            .is_err()
        {
            println!("SKIPPED: no redis-server is installed (apt-get install redis-server)");
            return None;
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let folder = TempDir::new().unwrap();
        let server = launch(port, &folder);
        Some(Redis {
            url: format!("redis://127.0.0.1:{port}/"),
            port,
            folder,
            server,
        })
    }

    /// Kills it, as a crash would.
    pub fn stop(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }

    /// Starts it again, empty.
    pub fn start_again(&mut self) {
        self.server = launch(self.port, &self.folder);
    }

    /// Suspends it without closing its connections, like a machine that hangs.
    pub fn freeze(&self) {
        let kill = format!("kill -STOP {}", self.server.id());
        let stopped = Command::new("sh").args(["-c", &kill]).status();
        assert!(stopped.unwrap().success());
    }

    /// Makes it require this password, which other processes may not know.
    pub fn require_password(&self, password: &str) {
        assert_eq!(
            self.cli(&["config", "set", "requirepass", password]).trim(),
            "OK"
        );
    }

    /// Lets time pass for what it stores: everything becomes that much older. With a negative number, as
    /// if its clock were set back.
    pub fn pass(&self, seconds: i64) {
        const SCRIPT: &str = r"
            local by = tonumber(ARGV[1])
            for _, key in ipairs(redis.call('KEYS', '*')) do
                if redis.call('TYPE', key).ok == 'zset' then
                    local all = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
                    for index = 1, #all, 2 do
                        redis.call('ZADD', key, tonumber(all[index + 1]) - by, all[index])
                    end
                else
                    local all = redis.call('HGETALL', key)
                    for index = 1, #all, 2 do
                        local gate = cjson.decode(all[index + 1])
                        for _, field in ipairs({ 'till', 'noted', 'probed' }) do
                            gate[field] = gate[field] - by
                        end
                        redis.call('HSET', key, all[index], cjson.encode(gate))
                    end
                end
            end
            return 'passed'";
        let by = (seconds * 1000).to_string();
        assert_eq!(self.cli(&["eval", SCRIPT, "0", &by]).trim(), "passed");
    }

    /// How many members a part of the budget `default` has.
    pub fn count(&self, part: &str) -> usize {
        let key = format!("{{cf-ratelimit:default}}:{part}");
        let command = if part == "gates" { "hlen" } else { "zcard" };
        self.cli(&[command, &key]).trim().parse().unwrap()
    }

    /// Ready when a part has this many members: what a process tells Redis arrives without it waiting
    /// for that.
    pub async fn until(&self, part: &str, count: usize) {
        let started = Instant::now();
        while self.count(part) != count {
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "{part}: {}",
                self.count(part)
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The output of `redis-cli`.
    pub fn cli(&self, arguments: &[&str]) -> String {
        let port = self.port.to_string();
        let output = Command::new("redis-cli")
            .args(["-p", &port])
            .args(arguments)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

fn launch(port: u16, folder: &TempDir) -> Child {
    let server = Command::new("redis-server")
        .args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
        ])
        .arg(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "redis-server does not start"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    server
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
