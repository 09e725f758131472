//! The measured programs, and the server that they use.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::available_parallelism;

use anyhow::{Context, Result, bail};

use super::rounds::{Rounds, Took};
use crate::description;

pub struct Programs {
    target: PathBuf,
}

impl Programs {
    pub fn build() -> Result<Self> {
        let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let target = target.unwrap_or_else(|| description::top().join("target"));
        let status = Command::new(env!("CARGO"))
            .args([
                "build",
                "--locked",
                "--release",
                "--quiet",
                "-p",
                "cf-bench",
                "--bins",
            ])
            .current_dir(description::top())
            .status()?;
        if !status.success() {
            bail!("cf-bench does not build");
        }
        Ok(Programs { target })
    }

    pub fn worker(&self) -> PathBuf {
        self.target.join("release/cf-bench")
    }

    /// The worker that counts allocations.
    pub fn counting_worker(&self) -> PathBuf {
        self.target.join("release/cf-bench-allocations")
    }

    /// Starts the server, which ends when this is dropped.
    pub fn serve(&self) -> Result<Server> {
        let roots = self.target.join("release/cf-bench-roots.pem");
        let mut process = Command::new(self.worker())
            .arg("serve")
            .arg(&roots)
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the server")?;
        let mut line = String::new();
        let output = process.stdout.take().context("the server has no output")?;
        BufReader::new(output).read_line(&mut line)?;
        let [http, https, far] = serde_json::from_str(&line).context("the server did not start")?;
        Ok(Server {
            process,
            http,
            https,
            far,
            roots,
        })
    }

    /// One run, by the worker.
    pub fn run(&self, run: &Run<'_>) -> Result<Took> {
        run.by(&self.worker())
    }

    /// Does the runs for this many rounds, in turns, with the order reversed in every other round.
    pub fn compare(&self, runs: &[Run<'_>], rounds: u32) -> Result<Rounds> {
        let mut all = Vec::new();
        for number in 0..rounds {
            let mut order: Vec<_> = runs.iter().enumerate().collect();
            if number % 2 == 1 {
                order.reverse();
            }
            let took = order
                .into_iter()
                .map(|(index, run)| Ok((index, self.run(run)?)));
            let mut round = took.collect::<Result<Vec<_>>>()?;
            round.sort_by_key(|(index, _)| *index);
            all.push(round.into_iter().map(|(_, took)| took).collect());
        }
        Ok(Rounds(all))
    }
}

/// The server, and its addresses.
pub struct Server {
    process: Child,
    /// HTTP/1.1 in the clear.
    pub http: String,
    /// HTTP/2 over TLS.
    pub https: String,
    /// The same from 50 ms away.
    pub far: String,
    /// The system's root certificates and the server's own.
    roots: PathBuf,
}

impl Server {
    /// With this in its environment, a program trusts the server.
    pub fn trusted(&self) -> (&'static str, &Path) {
        ("SSL_CERT_FILE", &self.roots)
    }

    /// A run against one of its addresses.
    pub fn run<'a>(
        &'a self,
        peer: &'a str,
        workload: &'a str,
        times: u32,
        address: &'a str,
    ) -> Run<'a> {
        Run {
            peer,
            workload,
            times,
            address,
            server: Some(self),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // If it has ended by itself, so much the better.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One peer that does one workload, so often.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    pub peer: &'a str,
    pub workload: &'a str,
    pub times: u32,
    /// Of the server; empty if there is none.
    pub address: &'a str,
    pub server: Option<&'a Server>,
}

impl Run<'_> {
    /// The arguments after the worker's name.
    pub fn arguments(&self, command: &mut Command) {
        let times = self.times.to_string();
        command.args([self.peer, self.workload, &times, self.address]);
        if let Some(server) = self.server {
            let (name, roots) = server.trusted();
            command.env(name, roots).env_remove("SSL_CERT_DIR");
        }
    }

    pub fn by(&self, program: &Path) -> Result<Took> {
        let mut command = Command::new(program);
        self.arguments(&mut command);
        let output = command.stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            bail!("`{} {}` failed", self.peer, self.workload);
        }
        Took::read(&output.stdout)
    }
}

/// When and on what machine it was measured.
pub fn machine() -> Result<String> {
    let date = Command::new("date").arg("+%Y-%m-%d").output()?.stdout;
    let date = String::from_utf8(date)?;
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("an unknown processor", |name| {
        name.trim_start_matches([' ', '\t', ':'])
    });
    let cores = available_parallelism()?;
    Ok(format!(
        "By `cargo xtask bench` on {}, {cores} cores of {model}.\n",
        date.trim()
    ))
}
