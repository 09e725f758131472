//! The client against an emulator of the API, as it is typically used.

use cf_client::types::dns::records::{ARecordParam, TxtRecordParam};
use cf_client::{Client, ErrorKind};
use cf_emulator::{Emulator, Fault, TokenSpec};
use http::Method;

fn client(emulator: &Emulator, token: &str) -> Client {
    Client::builder()
        .api_token(token)
        .base_url(emulator.base_url())
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_record_lives_and_goes() {
    let emulator = Emulator::start().await.unwrap();
    emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let client = client(&emulator, emulator.token());

    assert_eq!(
        client
            .user()
            .tokens()
            .verify()
            .await
            .unwrap()
            .status
            .as_str(),
        "active"
    );
    let account = client.accounts().list().first().await.unwrap().unwrap();
    assert_eq!(account.id, emulator.account_id());
    let zone = client
        .zones()
        .list()
        .name("example.com")
        .first()
        .await
        .unwrap()
        .unwrap();
    assert!(
        client
            .zones()
            .list()
            .name("example.net")
            .first()
            .await
            .unwrap()
            .is_none()
    );

    let records = || client.dns().records();
    let record = ARecordParam::new("www.example.com", "192.0.2.1").proxied(true);
    let created = records().create(&zone.id, record).await.unwrap();
    let id = created.id().unwrap().to_owned();
    let edited = records().edit(
        &zone.id,
        &id,
        ARecordParam::new("www.example.com", "192.0.2.2"),
    );
    edited.await.unwrap();

    let response = records().get(&zone.id, &id).send_raw().await.unwrap();
    let body = response.into_body().bytes(10_000).await.unwrap();
    assert!(String::from_utf8_lossy(&body).contains("192.0.2.2"));

    let twice = records().create(&zone.id, ARecordParam::new("www.example.com", "192.0.2.2"));
    let error = twice.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    assert!(error.has_code(81058), "{error}");

    records().delete(&zone.id, &id).await.unwrap();
    let error = records().get(&zone.id, &id).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(
        records()
            .list(&zone.id)
            .items()
            .collect_all()
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn lists_of_many_pages_come_whole() {
    let emulator = Emulator::start().await.unwrap();
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let client = client(&emulator, emulator.token());
    for number in 0..45 {
        let record = TxtRecordParam::new(format!("t{number}.example.com"), format!("\"{number}\""));
        client.dns().records().create(&zone, record).await.unwrap();
    }
    emulator.clear_requests();
    let all = client
        .dns()
        .records()
        .list(&zone)
        .per_page(10)
        .items()
        .collect_all()
        .await
        .unwrap();
    let names: std::collections::BTreeSet<_> =
        all.iter().map(|record| record.id().to_owned()).collect();
    assert_eq!((all.len(), names.len()), (45, 45));
    assert_eq!(emulator.requests().len(), 5);

    emulator.inject(
        Fault::ignore_page()
            .on(Method::GET, "/zones/*/dns_records")
            .always(),
    );
    let mut items = client.dns().records().list(&zone).per_page(10).items();
    let mut seen = 0;
    let error = loop {
        match items.next().await.expect("forty-five were promised") {
            Ok(_) => seen += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((seen, error.kind()), (10, ErrorKind::Pagination));
}

#[tokio::test]
async fn a_token_without_the_permission_is_told_so() {
    let emulator = Emulator::start().await.unwrap();
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let reader = emulator
        .add_token(TokenSpec::new(["DNS Read"]).zones([&zone]))
        .unwrap();
    let client = client(&emulator, &reader.value);
    client.dns().records().list(&zone).await.unwrap();
    let create = client
        .dns()
        .records()
        .create(&zone, ARecordParam::new("www", "192.0.2.1"));
    let error = create.await.unwrap_err();
    assert!(error.is_auth(), "{error}");
    assert!(error.to_string().contains("permission"), "{error}");
    let wrong = self::client(&emulator, "cfut_0123456789abcdef0123456789abcdef01234567");
    assert!(wrong.zones().list().await.unwrap_err().is_auth());
}

#[tokio::test]
async fn a_post_whose_reply_is_lost_is_carried_out_once() {
    let emulator = Emulator::start().await.unwrap();
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let client = client(&emulator, emulator.token());
    emulator.inject(Fault::lose_reply().on(Method::POST, "/zones/*/dns_records"));
    let create = client
        .dns()
        .records()
        .create(&zone, ARecordParam::new("www", "192.0.2.1"));
    let error = create.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert_eq!(client.dns().records().list(&zone).await.unwrap().len(), 1);

    emulator.inject(Fault::lose_reply().on(Method::GET, "/zones/*/dns_records"));
    let (records, meta) = client
        .dns()
        .records()
        .list(&zone)
        .with_meta()
        .await
        .unwrap();
    assert_eq!((records.len(), meta.retries()), (1, 1));
}
