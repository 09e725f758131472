//! The cost of each run of rustc: this program wraps rustc for cargo.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike as _};

use crate::description;

/// The variable that makes this program a wrapper of rustc; it names the output file.
const LOG: &str = "CF_BUDGET_LOG";

/// The cost of compiling one crate.
pub struct Run {
    pub name: String,
    /// CPU time, user and system, in seconds.
    pub seconds: f64,
    /// Peak memory.
    pub gigabytes: f64,
}

/// Runs cargo, and returns rustc's cost for each crate that it compiled.
pub fn watch(target: &Path, arguments: &[&str]) -> Result<Vec<Run>> {
    let log = target.join("rustc.log");
    fs::create_dir_all(target)?;
    fs::write(&log, "")?;
    let status = cargo(target, arguments)
        .env(LOG, &log)
        .env("RUSTC_WRAPPER", std::env::current_exe()?)
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "`cargo {}` failed", arguments.join(" "));
    fs::read_to_string(&log)?.lines().map(read).collect()
}

/// A cargo command with its own target folder, and without incremental compilation.
pub fn cargo(target: &Path, arguments: &[&str]) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(arguments)
        .args(["--quiet", "--target-dir"])
        .arg(target)
        .env("CARGO_INCREMENTAL", "0")
        .current_dir(description::top());
    cargo
}

fn read(line: &str) -> Result<Run> {
    let [name, seconds, gigabytes] = line.split(' ').collect::<Vec<_>>()[..] else {
        bail!("{line:?} does not describe a run");
    };
    Ok(Run {
        name: name.to_owned(),
        seconds: seconds.parse()?,
        gigabytes: gigabytes.parse()?,
    })
}

/// Acts as rustc's wrapper if cargo runs it as one; otherwise does nothing.
pub fn wrapped() -> Option<Result<ExitCode>> {
    let log = std::env::var_os(LOG)?;
    let mut arguments = std::env::args_os().skip(1);
    Some(run(&log, arguments.next(), &arguments.collect::<Vec<_>>()))
}

#[allow(clippy::cast_precision_loss)]
fn run(log: &OsStr, rustc: Option<OsString>, arguments: &[OsString]) -> Result<ExitCode> {
    let rustc = rustc.context("cargo did not name rustc")?;
    let status = Command::new(&rustc).args(arguments).status()?;
    let mut names = arguments
        .iter()
        .skip_while(|argument| *argument != "--crate-name");
    // Without a name, cargo only asks for its capabilities.
    if let Some(name) = names.nth(1) {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
        let seconds = |time: TimeVal| time.num_microseconds() as f64 / 1e6;
        let line = format!(
            "{} {} {}\n",
            name.display(),
            seconds(usage.user_time()) + seconds(usage.system_time()),
            usage.max_rss() as f64 / 1024.0 / 1024.0
        );
        // In one write, since other processes write, too.
        let mut log = fs::OpenOptions::new().append(true).open(log)?;
        log.write_all(line.as_bytes())?;
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
