//! The programs that are measured, and the server that they talk to.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::available_parallelism;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::description;

/// What one run took, as the worker says it.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    pub cpu_micros: f64,
    pub wall_micros: f64,
    pub allocations: f64,
    pub resident_kilobytes: f64,
}

impl Took {
    fn read(line: &[u8]) -> Result<Self> {
        let said: Value = serde_json::from_slice(line)?;
        let number = |name: &str| said[name].as_f64().with_context(|| format!("no {name}"));
        Ok(Took {
            cpu_micros: number("cpu_micros")?,
            wall_micros: number("wall_micros")?,
            allocations: number("allocations")?,
            resident_kilobytes: number("resident_kilobytes")?,
        })
    }

    /// Of both the better.
    fn least(self, other: Self) -> Self {
        Took {
            cpu_micros: self.cpu_micros.min(other.cpu_micros),
            wall_micros: self.wall_micros.min(other.wall_micros),
            allocations: self.allocations.min(other.allocations),
            resident_kilobytes: self.resident_kilobytes.min(other.resident_kilobytes),
        }
    }
}

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

    fn certificate(&self) -> PathBuf {
        self.target.join("release/cf-bench-ca.pem")
    }

    /// Starts the server. It ends with the value.
    pub fn serve(&self) -> Result<Server> {
        let mut process = Command::new(self.worker())
            .arg("serve")
            .arg(self.certificate())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the server")?;
        let mut line = String::new();
        let output = process.stdout.take().context("the server is mute")?;
        BufReader::new(output).read_line(&mut line)?;
        let [http, https] = serde_json::from_str(&line).context("the server did not start")?;
        Ok(Server {
            process,
            http,
            https,
            certificate: self.certificate(),
        })
    }

    /// Lets the peers do it in turns, so many rounds: of each what its best round took.
    pub fn compare(&self, peers: &[&str], work: &Work<'_>, rounds: u32) -> Result<Vec<Took>> {
        let mut best: Vec<Took> = Vec::new();
        for _ in 0..rounds {
            for (index, peer) in peers.iter().enumerate() {
                let took = work.run(&self.worker(), peer)?;
                match best.get_mut(index) {
                    Some(best) => *best = best.least(took),
                    None => best.push(took),
                }
            }
        }
        Ok(best)
    }
}

pub struct Server {
    process: Child,
    pub http: String,
    pub https: String,
    /// Signs the server.
    pub certificate: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        // If it has ended by itself, all the better.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A workload and how often it is done.
pub struct Work<'a> {
    pub workload: &'a str,
    pub times: u32,
    /// The server's address; empty where none is needed.
    pub server: &'a str,
    /// Roots to trust, where they are not the system's.
    pub roots: Option<PathBuf>,
}

impl Work<'_> {
    pub fn run(&self, program: &PathBuf, peer: &str) -> Result<Took> {
        let mut command = Command::new(program);
        command.args([peer, self.workload, &self.times.to_string(), self.server]);
        if let Some(roots) = &self.roots {
            command
                .env("SSL_CERT_FILE", roots)
                .env_remove("SSL_CERT_DIR");
        }
        let output = command.stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            bail!("`{} {}` failed", peer, self.workload);
        }
        Took::read(&output.stdout)
    }
}

/// When and on what it was measured.
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
        "By `cargo xtask bench` on {}, {cores} cores of {model}:\n",
        date.trim()
    ))
}
