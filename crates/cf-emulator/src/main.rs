//! The emulator as a program.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use cf_emulator::{Emulator, LoggedRequest};
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
    /// API token that may do everything, instead of a random one
    #[arg(long, env = "CF_EMULATOR_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Active zone to start with (can be repeated)
    #[arg(long = "zone", value_name = "NAME")]
    zones: Vec<String>,
    /// JSON file with accounts, zones and records to start with
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Directory that keeps the state over restarts
    #[cfg(feature = "sqlite")]
    #[arg(long, value_name = "DIRECTORY")]
    state: Option<PathBuf>,
    /// Answer for identifiers that nothing has with samples, not with 404
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
        let mut builder = Emulator::builder()
            .host(options.host)
            .port(options.port)
            .on_request(log);
        if let Some(token) = options.token {
            builder = builder.token(token);
        }
        #[cfg(feature = "sqlite")]
        if let Some(directory) = options.state {
            builder = builder.state(directory);
        }
        if options.any_id {
            builder = builder.any_id();
        }
        if let Some(path) = options.seed {
            let text = std::fs::read_to_string(&path)
                .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            builder = builder.seed(text);
        }
        for zone in &options.zones {
            let zones = serde_json::json!({ "accounts": [{ "zones": [{ "name": zone }] }] });
            builder = builder.seed(zones.to_string());
        }
        let address = (options.host, options.port);
        let emulator = builder.start().await.map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse
            | std::io::ErrorKind::AddrNotAvailable
            | std::io::ErrorKind::PermissionDenied => {
                format!("cannot listen on {}:{}: {error}", address.0, address.1)
            }
            _ => error.to_string(),
        })?;
        greet(&emulator);
        tokio::signal::ctrl_c().await?;
        println!("stopping");
        emulator.stop().await;
        Ok(())
    })
}

fn greet(emulator: &Emulator) {
    let (url, token) = (emulator.base_url(), emulator.token());
    println!("Cloudflare API emulator listening on {url}");
    println!("account {}", emulator.account_id());
    println!();
    println!("export CLOUDFLARE_BASE_URL={url}");
    println!("export CLOUDFLARE_API_TOKEN={token}");
    println!();
    println!("curl -H \"Authorization: Bearer {token}\" {url}/user/tokens/verify");
    println!();
}

/// A line a request. Queries can hold names of people's zones, but no secrets:
/// those travel in headers and bodies.
fn log(request: &LoggedRequest) {
    let status = request
        .status
        .map_or("cut".to_owned(), |status| status.as_u16().to_string());
    let question = if request.query.is_empty() { "" } else { "?" };
    println!(
        "{status} {} {}{question}{} {:.1} ms",
        request.method,
        request.path,
        request.query,
        request.elapsed.as_secs_f64() * 1000.0,
    );
}
