//! What a tracing subscriber gets from a call.

use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use crate::support::{SECRET, Server, ZONE, failure, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{DefaultGuard, NoSubscriber};
use tracing::{Dispatch, Event, Metadata, Subscriber};

/// Records everything.
#[derive(Clone, Default)]
struct Notes {
    text: Arc<Mutex<String>>,
    spans: Arc<AtomicU64>,
}

impl Visit for &Notes {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        writeln!(self.text.lock().unwrap(), "{}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Notes {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("cf_client")
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut &*self);
        Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed) + 1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut &*self);
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut &*self);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl Notes {
    /// Records what this thread does, until the guard is dropped.
    ///
    /// A second subscriber always lives: with only one, tracing asks just the thread that first reaches a callsite
    /// whether anyone is interested, and that may be the thread of another test.
    fn listen(&self) -> DefaultGuard {
        static ANOTHER: OnceLock<Dispatch> = OnceLock::new();
        ANOTHER.get_or_init(|| Dispatch::new(NoSubscriber::new()));
        tracing::subscriber::set_default(self.clone())
    }

    fn take(&self) -> String {
        std::mem::take(&mut self.text.lock().unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_a_span_with_its_outcome() {
    let notes = Notes::default();
    let _guard = notes.listen();
    let drifting = format!(r#"{{"success":true,"result":{{"id":"1","name":["{SECRET}"]}}}}"#);
    let server = Server::scripted([
        failure(503, 1, "later"),
        json(200, &drifting),
        failure(404, 1001, SECRET),
    ])
    .await;
    let client = server.client();

    client.zones().get(ZONE).query("q", SECRET).await.unwrap();
    let text = notes.take();
    for line in [
        "otel.name=GET /zones/{zone_id}",
        "http.request.method=\"GET\"",
        "url.template=\"/zones/{zone_id}\"",
        "server.address=\"127.0.0.1\"",
        "cloudflare.operation=\"zones.get\"",
        "http.response.status_code=503",
        "message=refused for now; the request is sent again",
        "http.request.resend_count=1",
        "http.response.status_code=200",
        "cloudflare.ray_id=\"8f00ba7-FRA\"",
        "message=the reply differs from its description",
    ] {
        assert!(text.lines().any(|noted| noted == line), "{line} in\n{text}");
    }
    assert!(text.contains("/result/name"), "{text}");
    assert!(!text.contains(SECRET) && !text.contains(ZONE), "{text}");

    client.zones().get(ZONE).await.unwrap_err();
    let text = notes.take();
    assert!(
        text.contains("error.type=\"404\"") && text.contains("otel.status_code=\"ERROR\""),
        "{text}"
    );
    assert!(!text.contains(SECRET) && !text.contains(ZONE), "{text}");

    let refusing = Server::always(failure(200, 7, SECRET)).await;
    refusing.client().zones().get(ZONE).await.unwrap_err();
    let text = notes.take();
    assert!(text.contains("error.type=\"Api\""), "{text}");
    assert!(!text.contains(SECRET), "{text}");

    drop(server);
    client.zones().get(ZONE).await.unwrap_err();
    let text = notes.take();
    assert!(
        text.contains("error.type=\"Connect\"") || text.contains("error.type=\"Interrupted\""),
        "{text}"
    );
    assert!(text.contains("http.request.resend_count=2"), "{text}");
    assert_eq!(notes.spans.load(Ordering::Relaxed), 4, "one span a call");
}

#[tokio::test(start_paused = true)]
async fn waits_are_told_with_their_length() {
    let notes = Notes::default();
    let _guard = notes.listen();
    let turned_away = crate::support::reply(429, &[("retry-after", "7")], "{}");
    let zone = json(200, r#"{"success":true,"result":{"id":"1"}}"#);
    let server = Server::scripted([turned_away, zone]).await;
    let limit = std::time::Duration::from_secs(60);
    let client = server.builder().rate_limit(1, limit).build().unwrap();
    client.zones().get(ZONE).await.unwrap();
    let text = notes.take();
    for line in [
        "message=refused for now; the request is sent again",
        "pause=7s",
        "message=waits for the rate limit",
        "http.request.resend_count=1",
        "cloudflare.retry.wait=7.0",
    ] {
        assert!(text.lines().any(|noted| noted == line), "{line} in\n{text}");
    }
    // What the limit still required once the server's wait was over.
    let waited = text
        .lines()
        .find_map(|line| line.strip_prefix("cloudflare.rate_limit.wait="));
    assert_eq!(waited.unwrap().parse::<f64>().unwrap().round(), 53.0);
    let port = server
        .base_url
        .rsplit(':')
        .next()
        .unwrap()
        .split('/')
        .next()
        .unwrap();
    assert!(text.contains(&format!("server.port={port}")), "{text}");
}

#[tokio::test]
async fn a_service_key_is_warned_of() {
    let server = Server::always(json(200, r#"{"success":true,"result":{"id":"1"}}"#)).await;
    let notes = Notes::default();
    let _guard = notes.listen();
    let builder = cf_client::Client::builder().base_url(&server.base_url);
    let key = cf_client::Credential::user_service_key(format!("v1.0-{SECRET}")).unwrap();
    builder
        .credential(key)
        .build()
        .unwrap()
        .zones()
        .get(ZONE)
        .await
        .unwrap();
    let text = notes.take();
    assert!(text.contains("stopped accepting on 2026-09-30"), "{text}");
    assert!(!text.contains(SECRET), "{text}");
    server.client().zones().get(ZONE).await.unwrap();
    assert!(!notes.take().contains("2026-09-30"));
}
