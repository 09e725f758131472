//! The emulator as a program.
#![allow(clippy::print_stderr)]

use std::error::Error;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use cf_emulator::{Builder, Emulator, LoggedRequest};
use clap::Parser;

/// Emulates the Cloudflare API on this machine.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Options {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// Further host that requests may name, such as the one other containers use (can be repeated)
    #[arg(long = "allow-host", value_name = "HOST")]
    allowed_hosts: Vec<String>,
    /// API token that may do everything, instead of a random one
    #[arg(long, env = "CF_EMULATOR_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Active zone to start with (can be repeated)
    #[arg(long = "zone", value_name = "NAME")]
    zones: Vec<String>,
    /// YAML or JSON file with accounts, zones and records to start with (can be repeated)
    #[arg(long = "seed", value_name = "FILE")]
    seeds: Vec<PathBuf>,
    /// Directory that keeps the state across restarts
    #[cfg(feature = "sqlite")]
    #[arg(long, value_name = "DIRECTORY")]
    state: Option<PathBuf>,
    /// Serve HTTPS with the certificates in this PEM file
    #[cfg(feature = "tls")]
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert, as PEM
    #[cfg(feature = "tls")]
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Serve HTTPS with a certificate made on the spot; the CA to trust is written to this file
    #[cfg(feature = "tls")]
    #[arg(long, value_name = "FILE", conflicts_with = "tls_cert")]
    tls_ca: Option<PathBuf>,
    /// How many of the latest requests to keep
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000)]
    log_requests: usize,
    /// How much memory the latest requests may take, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 16)]
    log_mib: usize,
    /// Do not print requests
    #[arg(long)]
    quiet: bool,
    /// Answer for identifiers that do not exist with samples instead of 404
    #[arg(long)]
    any_id: bool,
}

fn main() -> ExitCode {
    match run(Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cf-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        #[cfg(unix)]
        survive_size_limits();
        let address = (options.host, options.port);
        let emulator = builder(options)?.start().await;
        let emulator = emulator.map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse
            | io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::PermissionDenied => {
                format!("cannot listen on {}:{}: {error}", address.0, address.1)
            }
            _ => error.to_string(),
        })?;
        let stop = stop_signal()?;
        greet(&emulator);
        stop.await?;
        say(format_args!("stopping"));
        emulator.stop().await?;
        match STDOUT_FAILED.load(Ordering::Relaxed) {
            true => Err("not all lines could be printed".into()),
            false => Ok(()),
        }
    })
}

/// A file that must not grow further is an error, and does not end the program.
#[cfg(unix)]
fn survive_size_limits() {
    use tokio::signal::unix::{SignalKind, signal};
    /// On Linux (except MIPS), macOS and the BSDs.
    const SIGXFSZ: i32 = 25;
    // The signal itself does not matter: once it is handled, writing fails.
    let _ = signal(SignalKind::from_raw(SIGXFSZ));
}

fn builder(options: Options) -> Result<Builder, Box<dyn Error>> {
    let mut builder = Emulator::builder()
        .host(options.host)
        .port(options.port)
        .log_limit(options.log_requests, options.log_mib << 20);
    for host in options.allowed_hosts {
        builder = builder.allow_host(host);
    }
    if !options.quiet {
        builder = builder.on_request(log);
    }
    if let Some(token) = options.token {
        builder = builder.token(token);
    }
    #[cfg(feature = "sqlite")]
    if let Some(directory) = options.state {
        builder = builder
            .state(directory)
            .on_state_error(|why| eprintln!("cf-emulator: cannot write the state: {why}"));
    }
    #[cfg(feature = "tls")]
    if let (Some(certificate), Some(key)) = (&options.tls_cert, &options.tls_key) {
        let (certificate, key) = (read(certificate)?, read(key)?);
        builder = builder.tls(cf_emulator::Tls::from_pem(
            certificate.as_bytes(),
            key.as_bytes(),
        )?);
    }
    #[cfg(feature = "tls")]
    if let Some(path) = &options.tls_ca {
        let host = options.host.to_string();
        let names = ["localhost", "127.0.0.1", "::1", host.as_str()];
        let tls = cf_emulator::Tls::self_signed(names)?;
        std::fs::write(path, tls.ca_pem().unwrap_or_default())
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        builder = builder.tls(tls);
    }
    if options.any_id {
        builder = builder.any_id();
    }
    for path in &options.seeds {
        builder = builder.seed(read(path)?);
    }
    for zone in &options.zones {
        let zones = serde_json::json!({ "accounts": [{ "zones": [{ "name": zone }] }] });
        builder = builder.seed(zones.to_string());
    }
    Ok(builder)
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Waits for the signals that ask to stop. They are handled from now on, not only once this is polled: whoever reads
/// that the emulator listens may stop it at once.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = io::Result<()>>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(())
    })
}

#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = io::Result<()>>> {
    Ok(tokio::signal::ctrl_c())
}

/// Lines could not be printed, and not because nobody reads them.
static STDOUT_FAILED: AtomicBool = AtomicBool::new(false);

/// Prints a line. If nobody reads it any more, that is no reason to stop.
fn say(line: std::fmt::Arguments<'_>) {
    let Err(error) = writeln!(io::stdout(), "{line}") else {
        return;
    };
    let unread = error.kind() == io::ErrorKind::BrokenPipe;
    if !unread && !STDOUT_FAILED.swap(true, Ordering::Relaxed) {
        eprintln!("cf-emulator: cannot print: {error}");
    }
}

fn greet(emulator: &Emulator) {
    let (url, token) = (emulator.base_url(), emulator.token());
    say(format_args!("Cloudflare API emulator listening on {url}"));
    say(format_args!("account {}", emulator.account_id()));
    say(format_args!(""));
    say(format_args!("export CLOUDFLARE_BASE_URL={url}"));
    say(format_args!("export CLOUDFLARE_API_TOKEN={token}"));
    say(format_args!(""));
    let curl = "curl -H \"Authorization: Bearer";
    say(format_args!("{curl} {token}\" {url}/user/tokens/verify"));
    say(format_args!(""));
}

/// One line per request, without secrets.
fn log(request: &LoggedRequest) {
    let status = request
        .status
        .map_or("cut".to_owned(), |status| status.as_u16().to_string());
    say(format_args!(
        "{status} {} {} {:.1} ms",
        request.method,
        request.target(),
        request.elapsed.as_secs_f64() * 1000.0,
    ));
}
