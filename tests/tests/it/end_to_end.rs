//! From the client through transport and sockets to the emulator, and back.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cf_client::transport::{Body, BoxFuture, HyperTransport, Transport, TransportError};
use cf_client::types::codec;
use cf_client::types::dns::records::{ARecordParam, Record, RecordBatch, RecordParam};
use cf_client::types::zones::{Account, ZoneParam};
use cf_client::{Client, ErrorKind, Method};
use cf_emulator::{Emulator, Fault};
use http::{Request, Response};

async fn world() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let client = Client::builder()
        .base_url(emulator.base_url())
        .api_token(emulator.token())
        .build()
        .unwrap();
    (emulator, client, zone)
}

#[tokio::test]
async fn a_record_lives_and_dies() {
    let (_emulator, client, zone) = world().await;
    let records = || client.dns().records();
    let created = records()
        .create(&zone, ARecordParam::new("www", "192.0.2.1"))
        .await
        .unwrap();
    let Record::A(record) = &created else {
        unreachable!("{created:?}")
    };
    assert_eq!(record.name, "www.example.com");
    assert_eq!(record.content.as_deref(), Some("192.0.2.1"));
    assert_eq!(record.ttl, 1);

    let id = &record.id;
    let changed = records()
        .edit(&zone, id, ARecordParam::new("www", "192.0.2.2").ttl(300))
        .await
        .unwrap();
    assert_eq!(
        (changed.content(), changed.ttl()),
        (Some("192.0.2.2"), Some(300))
    );
    assert_eq!(
        records().get(&zone, id).await.unwrap().content(),
        Some("192.0.2.2")
    );

    let gone = records().delete(&zone, id).await.unwrap();
    assert_eq!(gone.id.as_ref(), Some(id));
    let error = records().get(&zone, id).await.unwrap_err();
    assert!(error.is_not_found() && error.has_code(81044), "{error}");
    assert_eq!(error.request().unwrap().operation, Some("dns.records.get"));
}

#[tokio::test]
async fn every_record_of_many_pages_comes_once() {
    let (_emulator, client, zone) = world().await;
    let posts = (0..57).map(|n| RecordParam::txt(format!("t{n:02}"), format!("\"{n}\"")));
    let batch = RecordBatch::new().posts(posts);
    let done = client.dns().records().batch(&zone, batch).await.unwrap();
    assert_eq!(done.posts.unwrap().len(), 57);

    let list = client
        .dns()
        .records()
        .list(&zone)
        .per_page(10)
        .order("name");
    let items = list.clone().items().collect_all().await.unwrap();
    let names: Vec<&str> = items.iter().filter_map(Record::name).collect();
    let expected: Vec<String> = (0..57).map(|n| format!("t{n:02}.example.com")).collect();
    assert_eq!(names, expected);
    assert_eq!(list.pages().collect_all().await.unwrap().len(), 6);
}

#[tokio::test]
async fn zones_accounts_and_the_token_are_found() {
    let (emulator, client, zone) = world().await;
    assert_eq!(
        client.user().tokens().verify().await.unwrap().status,
        "active"
    );
    let account = client.accounts().list().first().await.unwrap().unwrap();
    assert_eq!(account.id, emulator.account_id());

    let owner = Account::new().id(account.id.as_str());
    let new = client
        .zones()
        .create(ZoneParam::new("example.net", owner))
        .await
        .unwrap();
    assert_eq!(new.name, "example.net");
    let found = client
        .zones()
        .list()
        .name("example.com")
        .first()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.id, zone);
    assert!(
        client
            .zones()
            .list()
            .name("nowhere.example")
            .first()
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn drift_neither_fails_nor_loses_anything() {
    let (emulator, client, zone) = world().await;
    emulator.inject(Fault::drop_field("/result/name_servers").always());
    emulator.inject(Fault::null_field("/result/account").always());
    emulator.inject(Fault::set_field("/result/status", serde_json::json!("hibernating")).always());
    emulator.inject(Fault::set_field("/result/brand_new", serde_json::json!([1])).always());
    let (value, meta) = client.zones().get(&zone).with_meta().await.unwrap();
    assert_eq!(value.name, "example.com");
    assert!(value.name_servers.is_empty());
    assert_eq!(value.status.as_ref().unwrap(), &"hibernating");
    let json = codec::to_value(&value);
    assert_eq!(json["brand_new"][0], 1);
    assert!(json["account"].is_null() && json.get("name_servers").is_none());
    for pointer in [
        "/result/name_servers",
        "/result/account",
        "/result/status",
        "/result/brand_new",
    ] {
        assert!(
            meta.drift().iter().any(|d| d.pointer() == pointer),
            "{pointer}: {:?}",
            meta.drift()
        );
    }

    let strict = Client::builder()
        .base_url(emulator.base_url())
        .api_token(emulator.token())
        .strict(true)
        .build()
        .unwrap();
    assert_eq!(
        strict.zones().get(&zone).await.unwrap_err().kind(),
        ErrorKind::Drift
    );
}

#[tokio::test]
async fn what_is_not_described_is_reached_by_its_path() {
    let (_emulator, client, zone) = world().await;
    let path = format!("/zones/{zone}");
    let json: serde_json::Value = client.request(Method::GET, path).send().await.unwrap();
    assert_eq!(json["name"], "example.com");
    let raw = client.zones().get(&zone).send_raw().await.unwrap();
    assert_eq!(raw.status(), 200);
    let bytes = raw.into_body().bytes(1 << 20).await.unwrap();
    assert!(bytes.starts_with(b"{"));
}

/// A transport that wraps another one.
#[derive(Debug)]
struct Counting(HyperTransport, Arc<AtomicUsize>);

impl Transport for Counting {
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<Body>, TransportError>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.send(request)
    }
}

#[tokio::test]
async fn a_transport_of_ones_own_is_plugged_in() {
    let (emulator, _, zone) = world().await;
    let count = Arc::new(AtomicUsize::new(0));
    let client = Client::builder()
        .base_url(emulator.base_url())
        .api_token(emulator.token())
        .transport(Counting(HyperTransport::new().unwrap(), count.clone()))
        .build()
        .unwrap();
    client.zones().get(&zone).await.unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn an_operation_needs_no_client() {
    let (emulator, _, zone) = world().await;
    let call = cf_types::api().zones().get(&zone);
    let mut request = call
        .to_request(&emulator.base_url())
        .unwrap()
        .map(|b| Body::from(b.into_vec()));
    cf_auth::Credential::api_token(emulator.token())
        .unwrap()
        .apply(request.headers_mut());
    let reply = HyperTransport::new().unwrap().send(request).await.unwrap();
    let (parts, body) = reply.into_parts();
    let zone = call
        .decode(&parts, &body.bytes(1 << 20).await.unwrap())
        .unwrap();
    assert_eq!(zone.name, "example.com");
}

#[tokio::test]
async fn a_bad_token_is_told_with_what_to_do() {
    let (emulator, _, zone) = world().await;
    let client = Client::builder()
        .base_url(emulator.base_url())
        .api_token("cfut_0123456789abcdef0123456789abcdef01234567")
        .build()
        .unwrap();
    let error = client.zones().get(&zone).await.unwrap_err();
    assert!(error.is_auth(), "{error}");
    assert_eq!(emulator.requests().len(), 1);
    let told = format!("{error} {error:?}");
    assert!(
        told.contains("zones.get") && !told.contains("cfut_0123"),
        "{told}"
    );
}
