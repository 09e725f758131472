//! Puts an application behind Access: people from a domain can log in, and machines can use a service token.
//!
//! ```text
//! cargo run -p cf-examples --example access_application -- admin.example.com example.com
//! ```
//!
//! The token needs the permissions "Access: Apps and Policies Write" and "Access: Service Tokens Write".
//!
//! Without a credential in the environment, this talks to an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use cf_client::types::zero_trust::access::AccessRule;
use cf_client::types::zero_trust::access::applications::SelfHostedApplicationParam;
use cf_client::types::zero_trust::access::policies::PolicyParam;
use cf_client::types::zero_trust::access::service_tokens::ServiceTokenParam;
use clap::Parser;

#[derive(Parser)]
#[command(about = "Puts an application behind Access")]
struct Options {
    /// The application's host name.
    #[arg(default_value = "admin.example.com")]
    host: String,
    /// The domain of the people who can log in.
    #[arg(default_value = "example.com")]
    people: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect(r#"{"accounts":[{"zones":[{"name":"example.com"}]}]}"#).await?;
    let client = &api.client;
    let account = client.only_account_id().await?;
    let access = || client.zero_trust().access();

    let token = access()
        .service_tokens()
        .create(&account, ServiceTokenParam::new("deploy").duration("8760h"))
        .await?;
    println!("CF-Access-Client-Id: {}", token.client_id);
    // The secret is shown only once.
    println!(
        "CF-Access-Client-Secret: {} characters",
        token.client_secret.unwrap_or_default().len()
    );

    let people = PolicyParam::new(
        "People",
        "allow",
        [AccessRule::email_domain(options.people.as_str())],
    );
    let people = access().policies().create(&account, people).await?;
    let machines = PolicyParam::new(
        "Machines",
        "non_identity",
        [AccessRule::service_token(token.id)],
    );
    let machines = access().policies().create(&account, machines).await?;

    let application = SelfHostedApplicationParam::new(&options.host)
        .name("Admin")
        .policies([people.id.into(), machines.id.into()]);
    let application = access()
        .applications()
        .create(&account, application)
        .await?;
    println!(
        "{} is behind Access, its audience is {}",
        options.host,
        application.aud().unwrap_or("not known")
    );
    Ok(())
}
