//! The operations of cf-types over an HTTP client of your own, here reqwest. It needs no other crate of
//! this repository: no client, no transport, no credentials.
//!
//! `cargo run -p cf-examples --example operations_over_reqwest`
//!
//! An operation is a value. It becomes an `http::Request`, and it decodes the reply. What happens in between
//! is up to you: retries, rate limits, where the token comes from.
//!
//! With `CLOUDFLARE_API_TOKEN` in the environment this lists the zones of the real API and the records
//! of the first one; without, it does so with an emulator that it starts itself.
#![allow(clippy::print_stdout)]

use std::env;
use std::time::Duration;

use anyhow::Context as _;
use cf_emulator::Emulator;
use cf_types::{BASE_URL, Call, Operation, Paged, Pager, Reply, Step};
use http::header::{AUTHORIZATION, HeaderValue};

const SEED: &str = r#"{"accounts":[{"zones":[
    {"name":"example.com","records":[
        {"type":"A","name":"@","content":"192.0.2.1"},
        {"type":"CNAME","name":"www","content":"example.com"},
        {"type":"TXT","name":"@","content":"\"v=spf1 -all\""}]},
    {"name":"example.net"}]}]}"#;

/// Everything that a client needs.
struct Api {
    http: reqwest::Client,
    base_url: String,
    authorization: HeaderValue,
}

impl Api {
    fn new(base_url: String, token: &str) -> anyhow::Result<Self> {
        let mut authorization = HeaderValue::try_from(format!("Bearer {token}"))
            .context("the token cannot be in a header")?;
        authorization.set_sensitive(true);
        Ok(Api {
            // A redirect would take the token elsewhere, and a request that hangs would hang forever.
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .timeout(Duration::from_secs(60))
                .build()?,
            base_url,
            authorization,
        })
    }

    /// Sends a call and returns its value.
    async fn send<O: Operation>(&self, call: &Call<(), O>) -> anyhow::Result<O::Output> {
        Ok(self.reply(call).await?.into_value())
    }

    /// Sends one call per page of a list and returns all of its items.
    async fn all<O: Paged + Clone>(&self, call: Call<(), O>) -> anyhow::Result<Vec<O::Item>> {
        let mut items = Vec::new();
        // The pager knows how this list is paginated, and when it ends.
        let mut pager = Pager::new(O::META, None);
        loop {
            let page = match pager.query() {
                Some((name, value)) => call.clone().query(name, value),
                None => call.clone(),
            };
            let mut page = O::into_page(self.reply(&page).await?);
            if pager.advance(&mut page)? == Step::Repeated {
                return Ok(items);
            }
            items.extend(page.items);
            if pager.cursor().is_none() {
                return Ok(items);
            }
        }
    }

    async fn reply<O: Operation>(&self, call: &Call<(), O>) -> anyhow::Result<Reply<O::Output>> {
        let request = call.to_request(&self.base_url)?.map(Vec::from);
        let mut request = reqwest::Request::try_from(request)?;
        let authorization = self.authorization.clone();
        request.headers_mut().insert(AUTHORIZATION, authorization);
        let reply = self.http.execute(request).await?;
        let (parts, body) = http::Response::<reqwest::Body>::from(reply).into_parts();
        let body = http_body_util::BodyExt::collect(body).await?.to_bytes();
        // An API error, with what the API said.
        call.decode_reply(&parts, &body)
            .with_context(|| format!("{} failed", O::META.id))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    // Here reqwest is built without cryptography, so the program chooses it.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let emulator;
    let api = match env::var("CLOUDFLARE_API_TOKEN") {
        Ok(token) => {
            let base_url = env::var("CLOUDFLARE_BASE_URL");
            Api::new(base_url.unwrap_or_else(|_| BASE_URL.to_owned()), &token)?
        }
        Err(_) => {
            emulator = Emulator::builder().seed(SEED).start().await?;
            Api::new(emulator.base_url(), emulator.token())?
        }
    };

    let token = api.send(&cf_types::api().user().tokens().verify()).await?;
    println!("the token is {}", token.status);
    let zones = api.all(cf_types::api().zones().list()).await?;
    for zone in &zones {
        println!("{} {}", zone.id, zone.name);
    }
    if let Some(zone) = zones.first() {
        // Pages of two, to see the pagination.
        let records = cf_types::api().dns().records().list(&zone.id).per_page(2);
        for record in api.all(records).await? {
            let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
            println!(
                "  {} {} {}",
                text(record.kind()),
                text(record.name()),
                text(record.content())
            );
        }
    }
    Ok(())
}
