//! The measured programs, and the server that they use.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::available_parallelism;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::description;

/// The figures of one run, as the worker prints them.
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
}

/// Which figure of a run counts.
pub type Measure = fn(&Took) -> f64;

/// The peers' figures by round, in order.
pub struct Rounds(Vec<Vec<Took>>);

impl Rounds {
    /// Each peer's figure: the median of its rounds.
    pub fn figures(&self, measure: Measure) -> Vec<f64> {
        let peers = self.0.first().map_or(0, Vec::len);
        (0..peers)
            .map(|peer| median(self.0.iter().map(|round| measure(&round[peer]))))
            .collect()
    }

    /// The last peer's figure relative to one of the first: the median over the rounds, since what disturbs one peer in
    /// a round often disturbs the other.
    pub fn ratio(&self, measure: Measure) -> f64 {
        let both = self
            .0
            .iter()
            .filter_map(|round| round.first().zip(round.last()));
        median(both.map(|(first, last)| measure(last) / measure(first)))
    }
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() {
        0 => f64::NAN,
        len if len % 2 == 1 => figures[middle],
        _ => f64::midpoint(figures[middle - 1], figures[middle]),
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

    /// Starts the server, which ends when this is dropped.
    pub fn serve(&self) -> Result<Server> {
        let mut process = Command::new(self.worker())
            .arg("serve")
            .arg(self.certificate())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the server")?;
        let mut line = String::new();
        let output = process.stdout.take().context("the server has no output")?;
        BufReader::new(output).read_line(&mut line)?;
        let [http, https] = serde_json::from_str(&line).context("the server did not start")?;
        Ok(Server {
            process,
            http,
            https,
            certificate: self.certificate(),
        })
    }

    /// Runs the peers for this many rounds, in turns, with the order reversed in every other round.
    pub fn compare(&self, peers: &[&str], work: &Work<'_>, rounds: u32) -> Result<Rounds> {
        let worker = self.worker();
        let mut all = Vec::new();
        for number in 0..rounds {
            let mut round = Vec::new();
            for index in 0..peers.len() {
                let index = if number % 2 == 0 {
                    index
                } else {
                    peers.len() - 1 - index
                };
                round.push((index, work.run(&worker, peers[index])?));
            }
            round.sort_by_key(|(index, _)| *index);
            all.push(round.into_iter().map(|(_, took)| took).collect());
        }
        Ok(Rounds(all))
    }
}

pub struct Server {
    process: Child,
    pub http: String,
    pub https: String,
    /// The server's CA certificate.
    pub certificate: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        // If it has ended by itself, so much the better.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A workload and its number of repetitions.
pub struct Work<'a> {
    pub workload: &'a str,
    pub times: u32,
    /// The server's address; empty if not needed.
    pub server: &'a str,
    /// Root certificates to trust instead of the system's.
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
        "By `cargo xtask bench` on {}, {cores} cores of {model}:\n",
        date.trim()
    ))
}
