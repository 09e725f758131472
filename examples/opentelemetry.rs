//! Traces for OpenTelemetry: every call is a span with the names of its HTTP conventions.
//!
//! `cargo run -p cf-examples --example opentelemetry`
//!
//! The exporter here writes to standard output; with that of `opentelemetry-otlp` instead
//! the spans go to a collector. A span has the operation, its path with the variables in
//! braces, the status, how often it was retried, how long it waited, and the ray ID; no argument,
//! header or body.
//!
//! With CLOUDFLARE_API_TOKEN in the environment this lists zones of the real API, without it those
//! of an emulator that it starts itself.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use cf_emulator::Fault;
use http::StatusCode;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Instrument as _;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(opentelemetry_stdout::SpanExporter::default())
        .build();
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("my-app"));
    // The client's spans are at the level debug, and the program's own at info.
    let wanted = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target("cf_client", LevelFilter::DEBUG);
    tracing_subscriber::registry()
        .with(spans.with_filter(wanted))
        .init();

    // Spans of the program become the parents of those of its calls.
    list_zones()
        .instrument(tracing::info_span!("list_zones"))
        .await?;
    provider.shutdown()?;
    Ok(())
}

async fn list_zones() -> anyhow::Result<()> {
    let api = support::connect(r#"{"accounts":[{"zones":[{"name":"example.com"}]}]}"#).await?;
    if let Some(emulator) = &api.emulator {
        // Something to see: the first request fails, and is sent again.
        emulator.inject(Fault::html(StatusCode::BAD_GATEWAY).times(1));
    }
    let mut zones = api.client.zones().list().items();
    while let Some(zone) = zones.next().await {
        println!("{}", zone?.name);
    }
    Ok(())
}
