//! From an API key to an API token that may do what a program does, and no more.
//!
//! `cargo run -p cf-examples --example migrate`
//!
//! Without a credential in the environment, this starts an emulator with a key, runs a small program
//! with it and a recorder, and performs the whole migration: plan, token, verification, profile.
//!
//! With one (`CLOUDFLARE_API_KEY` and `CLOUDFLARE_EMAIL`, or a token that may create tokens) it plans a
//! token for the given operations, and creates it only with `--create`:
//!
//! ```text
//! cargo run -p cf-examples --example migrate -- --name my-program --zone ZONE_ID \
//!     dns.records.list dns.records.create dns.records.delete
//! ```
//!
//! `--usage FILE` takes a recorder's notes; further options are `--account ID`, `--all-zones`,
//! `--owner ACCOUNT_ID`, `--days N`, `--from CIDR`, `--permit OPERATION=GROUP`, `--leave-out OPERATION`
//! and `--profile NAME` (by default the token's name).
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use cf_client::auth::{CredentialError, CredentialFile};
use cf_client::migrate::{Migration, Recorder, Usage};
use cf_client::types::dns::records::TxtRecordParam;
use cf_client::{Client, Credential};
use cf_emulator::Emulator;

type Failure = Box<dyn Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failure> {
    match Credential::from_env() {
        Ok(credential) => {
            println!(
                "Talking to the Cloudflare API with the {} of the environment.",
                credential.kind()
            );
            let options = Options::read(std::env::args().skip(1))?;
            migrate(&Client::from_env()?, options).await
        }
        Err(CredentialError::Missing { .. }) => demonstrate().await,
        Err(error) => Err(error.into()),
    }
}

/// The command line.
#[derive(Default)]
struct Options {
    usage: Usage,
    name: Option<String>,
    profile: Option<String>,
    owner: Option<String>,
    days: Option<u64>,
    from: Vec<String>,
    permit: Vec<(String, String)>,
    leave_out: Vec<String>,
    all_zones: bool,
    create: bool,
    folder: Option<std::path::PathBuf>,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut options = Options::default();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            let usage = std::mem::take(&mut options.usage);
            options.usage = match argument.as_str() {
                "--zone" => usage.zone(value()?),
                "--account" => usage.account(value()?),
                "--usage" => usage.and(std::fs::read_to_string(value()?)?.parse()?),
                operation if !operation.starts_with('-') => usage.named(operation),
                _ => usage,
            };
            match argument.as_str() {
                "--name" => options.name = Some(value()?),
                "--profile" => options.profile = Some(value()?),
                "--owner" => options.owner = Some(value()?),
                "--days" => options.days = Some(value()?.parse()?),
                "--from" => options.from.push(value()?),
                "--permit" => {
                    let both = value()?;
                    let (operation, group) = both
                        .split_once('=')
                        .ok_or("--permit takes OPERATION=GROUP")?;
                    options
                        .permit
                        .push((operation.to_owned(), group.to_owned()));
                }
                "--leave-out" => options.leave_out.push(value()?),
                "--all-zones" => options.all_zones = true,
                "--create" => options.create = true,
                "--zone" | "--account" | "--usage" => {}
                other if other.starts_with('-') => return Err(format!("no option {other}").into()),
                _ => {}
            }
        }
        Ok(options)
    }

    fn profiles(&self) -> Result<std::path::PathBuf, Failure> {
        match &self.folder {
            Some(folder) => Ok(folder.join("credentials.toml")),
            None => {
                Ok(CredentialFile::default_profiles().ok_or("the home directory is not known")?)
            }
        }
    }
}

async fn migrate(client: &Client, options: Options) -> Result<(), Failure> {
    let profiles = options.profiles()?;
    let name = options
        .name
        .unwrap_or_else(|| "made by the example".to_owned());
    let profile = options.profile.unwrap_or_else(|| name.clone());
    let mut migration = Migration::new(client, options.usage)
        .name(name)
        .only_from(options.from)
        .profile(CredentialFile::profile(profiles, profile));
    if let Some(account) = options.owner {
        migration = migration.owned_by_account(account);
    }
    if let Some(days) = options.days {
        migration = migration.expires_in(Duration::from_secs(days * 24 * 60 * 60));
    }
    for (operation, group) in options.permit {
        migration = migration.permit(operation, group);
    }
    for operation in options.leave_out {
        migration = migration.leave_out(operation);
    }
    if options.all_zones {
        migration = migration.all_zones();
    }
    let plan = migration.plan().await?;
    println!("\n{plan}");
    if options.create {
        println!("\n{}", plan.create().await?);
    } else if plan.questions().is_empty() {
        println!("With --create it is created, verified and written to the profile.");
    }
    Ok(())
}

/// The whole migration, against an emulator.
async fn demonstrate() -> Result<(), Failure> {
    let (email, key) = ("ada@example.com", "0123456789abcdef0123456789abcdef01234");
    let emulator = Emulator::builder().user(email, key).start().await?;
    emulator.add_zone(emulator.account_id(), "example.com")?;
    println!("No credential in the environment: talking to an emulator, with a Global API Key.");

    let recorder = Recorder::over_sockets()?;
    let client = Client::builder()
        .base_url(emulator.base_url())
        .credential(Credential::api_key(email, key)?)
        .transport(recorder.clone())
        .build()?;
    println!("\nA program runs with the key:");
    publish(&client).await?;
    println!("\nWhat the recorder noted:\n{}", recorder.usage());

    let folder = tempfile::tempdir()?;
    let options = Options {
        usage: recorder.usage(),
        name: Some("publisher".to_owned()),
        create: true,
        folder: Some(folder.path().to_owned()),
        ..Options::default()
    };
    let profiles = options.profiles()?;
    migrate(&client, options).await?;

    println!("\nThe program runs with the token of the profile:");
    let token = CredentialFile::profile(profiles, "publisher").read()?;
    let client = Client::builder()
        .base_url(emulator.base_url())
        .credential(token)
        .build()?;
    publish(&client).await?;
    println!("\nThe token may do no more than that:");
    if let Err(error) = client.user().get().await {
        println!("  {error}");
    }
    Ok(())
}

/// The program: puts a record into the zone.
async fn publish(client: &Client) -> Result<(), Failure> {
    let zone = client.zones().list().name("example.com").first().await?;
    let zone = zone.ok_or("there is no zone example.com")?;
    let records = client.dns().records().list(&zone.id).await?;
    let name = format!("release-{}.{}", records.len() + 1, zone.name);
    let record = TxtRecordParam::new(&name, "\"published\"");
    client.dns().records().create(&zone.id, record).await?;
    println!("  published {name}");
    Ok(())
}
