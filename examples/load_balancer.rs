//! Puts a host name behind a load balancer: two pools, a monitor, and visitors of a region go to their pool.
//!
//! ```text
//! cargo run -p cf-examples --example load_balancer -- www.example.com 192.0.2.1 198.51.100.1
//! ```
//!
//! The token needs the permissions "Zone Read", "Load Balancers Write" and "Load Balancing: Monitors and Pools Write".
//!
//! Without a credential in the environment, this talks to an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use cf_client::types::load_balancers::LoadBalancerParam;
use cf_client::types::load_balancers::monitors::MonitorParam;
use cf_client::types::load_balancers::pools::{Origin, PoolParam};
use clap::Parser;

#[derive(Parser)]
#[command(about = "Puts a host name behind a load balancer")]
struct Options {
    /// The host name.
    #[arg(default_value = "www.example.com")]
    host: String,
    /// The address of the server in Europe.
    #[arg(default_value = "192.0.2.1")]
    europe: String,
    /// The address of the server in America.
    #[arg(default_value = "198.51.100.1")]
    america: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect(r#"{"accounts":[{"zones":[{"name":"example.com"}]}]}"#).await?;
    let client = &api.client;
    let account = client.only_account_id().await?;
    let zone = client.zone_of(&options.host).await?;
    let balancers = || client.load_balancers();

    let monitor = MonitorParam::new()
        .kind("https")
        .path("/health")
        .expected_codes("2xx")
        .timeout(5)
        .retries(2);
    let monitor = balancers().monitors().create(&account, monitor).await?;

    let pool = |name: &str, address: &str| {
        PoolParam::new(name, [Origin::new(format!("{name}-1"), address)])
            .monitor(&monitor.id)
            .minimum_origins(1)
    };
    let create = |pool| balancers().pools().create(&account, pool);
    let europe = create(pool("europe", &options.europe)).await?.id;
    let america = create(pool("america", &options.america)).await?.id;

    let balancer = LoadBalancerParam::new(&options.host, [&europe, &america], &america)
        .proxied(true)
        .steering_policy("geo")
        .region_pools([("WEU", vec![europe.clone()]), ("EEU", vec![europe.clone()])]);
    let balancer = balancers().create(&zone, balancer).await?;
    println!(
        "{} goes to {} pools, regions apart: {}",
        options.host,
        balancer.default_pools.unwrap_or_default().len(),
        balancer.region_pools.is_some()
    );

    // Out of the first pool, and in again when it is mended.
    let mut pool = balancers().pools().get(&account, &europe).await?;
    for origin in pool.origins.iter_mut().flatten() {
        origin.enabled = Some(false);
    }
    let pool = balancers().pools().update(&account, &europe, pool).await?;
    let enabled = pool.origins.iter().flatten();
    let enabled = enabled.filter(|origin| origin.enabled == Some(true));
    println!("europe has {} origins left", enabled.count());
    Ok(())
}
