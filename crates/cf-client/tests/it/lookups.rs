//! From names to IDs.

use crate::support::{Answer, Server, failure, json, success};
use cf_client::types::{AccountId, ZoneId};
use cf_client::{Client, ErrorKind};
use cf_emulator::Emulator;

/// A list with these members, and how many there are in all.
fn list(members: &str, total: usize) -> Vec<u8> {
    json(
        200,
        &format!(
            r#"{{"success":true,"result":[{members}],"result_info":{{"page":1,"per_page":50,"total_count":{total}}}}}"#
        ),
    )
}

#[tokio::test]
async fn a_name_is_asked_for_once() {
    let server = Server::always(list(r#"{"id":"1","name":"example.com"}"#, 1)).await;
    let client = server.client();
    let one: ZoneId = client.zone_id("example.com").await.unwrap();
    assert_eq!(one, "1");
    for spelling in ["example.com", "Example.COM", "example.com."] {
        assert_eq!(client.clone().zone_id(spelling).await.unwrap(), "1");
    }
    let received = server.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].query("name"), Some("example.com"));
    assert_eq!(received[0].query("per_page"), Some("50"));

    client.forget_ids();
    client.zone_id("example.com").await.unwrap();
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn none_and_several_are_errors_that_say_what_to_do() {
    let server = Server::always(list("", 0)).await;
    let error = server.client().zone_id("example.com").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Lookup);
    assert_eq!(error.request().unwrap().operation, Some("zones.list"));
    let text = error.to_string();
    assert!(text.contains("sees no zone \"example.com\""), "{text}");
    assert!(!error.is_retryable());

    let two = r#"{"id":"1","name":"example.com","account":{"name":"A"}},
        {"id":"2","name":"example.com","account":{"name":"B"}}"#;
    let server = Server::always(list(two, 2)).await;
    let client = server.client();
    let error = client.zone_id("example.com").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Lookup);
    let text = error.to_string();
    assert!(
        text.contains(r#"1 (account "A"), 2 (account "B")"#),
        "{text}"
    );
    client.zone_id("example.com").await.unwrap_err();
    assert_eq!(server.count(), 2, "errors are not remembered");
}

/// The server may understand the name as a part, or take no notice of it, and have many pages.
#[tokio::test]
async fn only_the_very_name_counts() {
    let server = Server::start(|_, request| {
        let page: usize = request.query("page").map_or(1, |page| page.parse().unwrap());
        let members: Vec<_> = (0..50)
            .map(|number| match (page, number) {
                (2, 7) => r#"{"id":"it","name":"Acme"}"#.to_owned(),
                _ => format!(r#"{{"id":"{page}-{number}","name":"Acme {page}-{number}"}}"#),
            })
            .collect();
        let body = format!(
            r#"{{"success":true,"result":[{}],"result_info":{{"page":{page},"per_page":50,"total_pages":2}}}}"#,
            members.join(",")
        );
        Answer::Bytes(json(200, &body))
    })
    .await;
    let client = server.client();
    let id: AccountId = client.account_id("Acme").await.unwrap();
    assert_eq!((id.as_str(), server.count()), ("it", 2));
    let error = client.account_id("acme").await.unwrap_err();
    assert!(
        error.to_string().contains("sees no account \"acme\""),
        "{error}"
    );
}

#[tokio::test]
async fn other_failures_are_those_of_any_call() {
    let server = Server::always(failure(403, 9109, "Unauthorized")).await;
    assert!(
        server
            .client()
            .zone_id("example.com")
            .await
            .unwrap_err()
            .is_auth()
    );
    let server = Server::always(success("[]")).await;
    let client = server.client();
    for empty in ["", " ", "."] {
        let error = client.zone_id(empty).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build);
    }
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn ids_lead_to_what_they_name() {
    let emulator = Emulator::start().await.unwrap();
    for name in ["example.com", "example.net"] {
        emulator.add_zone(emulator.account_id(), name).unwrap();
    }
    let client = Client::builder()
        .api_token(emulator.token())
        .base_url(emulator.base_url())
        .build()
        .unwrap();
    let id = client.zone_id("example.net").await.unwrap();
    let zone = client.zones().get(&id).await.unwrap();
    assert_eq!(zone.name, "example.net");
    let account = client.accounts().list().first().await.unwrap().unwrap();
    assert_eq!(client.account_id(&account.name).await.unwrap(), account.id);
}

#[tokio::test]
async fn the_zone_of_a_host_is_the_nearest_above_it() {
    let emulator = Emulator::start().await.unwrap();
    let account = emulator.account_id();
    let zone = emulator.add_zone(account, "example.com").unwrap();
    let shop = emulator.add_zone(account, "shop.example.com").unwrap();
    let client = Client::builder()
        .api_token(emulator.token())
        .base_url(emulator.base_url())
        .build()
        .unwrap();
    assert_eq!(client.zone_of("example.com").await.unwrap(), zone);
    assert_eq!(client.zone_of("a.b.Example.com.").await.unwrap(), zone);
    assert_eq!(
        client.zone_of("_x.www.shop.example.com").await.unwrap(),
        shop
    );

    emulator.clear_requests();
    assert_eq!(client.zone_of("a.b.example.com").await.unwrap(), zone);
    assert_eq!(emulator.requests().len(), 0, "it is remembered");
    client.zone_id("a.b.example.com").await.unwrap_err();
    client.forget_ids();
    client.zone_of("a.b.example.com").await.unwrap();
    assert_eq!(emulator.requests().len(), 1 + 3);

    let error = client.zone_of("www.example.net").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Lookup);
    let text = error.to_string();
    assert!(
        text.contains("no zone that \"www.example.net\" belongs to"),
        "{text}"
    );
    for no_host in ["", "com", "."] {
        let error = client.zone_of(no_host).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Lookup);
    }
}

#[tokio::test]
async fn the_only_account_is_found_without_a_name() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::builder()
        .api_token(emulator.token())
        .base_url(emulator.base_url())
        .build()
        .unwrap();
    for _ in 0..2 {
        let id = client.only_account_id().await.unwrap();
        assert_eq!(id, emulator.account_id());
    }
    assert_eq!(emulator.requests().len(), 1);

    let other = emulator.add_account("Acme");
    client.forget_ids();
    let error = client.only_account_id().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Lookup);
    let text = error.to_string();
    assert!(text.contains(&format!("\"Acme\" ({other})")), "{text}");
    assert!(text.contains(emulator.account_id()), "{text}");

    let server = Server::always(list("", 0)).await;
    let error = server.client().only_account_id().await.unwrap_err();
    assert!(error.to_string().contains("sees no account"), "{error}");
}
