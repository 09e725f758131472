//! Runs the code blocks of those chapters of the guide (`crates/cf-client/guide`) that need products, each against an
//! emulator of its own. They are tests of this crate because it has these products on.

use cf_client::Client;
use cf_client::types::{AccountId, ZoneId};
use cf_emulator::Emulator;

/// An emulator, a client that may do everything in it, its account, and the zone example.com.
///
/// The emulator stops when it is dropped.
///
/// # Errors
///
/// If the emulator cannot start.
pub async fn start() -> Result<(Emulator, Client, AccountId, ZoneId), Box<dyn std::error::Error>> {
    let emulator = Emulator::start().await?;
    let account = AccountId::from(emulator.account_id());
    let zone = ZoneId::from(emulator.add_zone(emulator.account_id(), "example.com")?);
    let client = Client::builder()
        .base_url(emulator.base_url())
        .api_token(emulator.token())
        .build()?;
    Ok((emulator, client, account, zone))
}

macro_rules! chapters {
    ($($chapter:ident)*) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!(concat!("../../crates/cf-client/guide/", stringify!($chapter), ".md"))]
            pub mod $chapter {}
        )*
    };
}

chapters! {
    dns
    waf
    workers
    kv
    r2
    d1
    access_and_tunnels
    pages
    cache
    certificates
    analytics
    sql_rows
}
