//! From names to IDs.

use crate::support::{Answer, Server, failure, json, success};
use cf_client::types::{AccountId, ZoneId};
use cf_client::{Client, ErrorKind};
use cf_emulator::Emulator;

/// A list with these members and this total.
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

/// The server may match the name as a substring, or ignore it, and have many pages.
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

/// How a server names a zone, and which name finds it.
struct Calls {
    /// The `name` of the zone in replies.
    name: &'static str,
    /// What the parameter `name` must be to find it; `None` finds everything.
    filter: Option<&'static str>,
}

async fn zone_server(calls: Calls) -> Server {
    Server::start(move |_, request| {
        let asked = request.query("name").unwrap_or_default();
        let asked = percent_encoding::percent_decode_str(asked)
            .decode_utf8()
            .unwrap();
        let zone = format!(r#"{{"id":"it","name":"{}"}}"#, calls.name);
        let other = r#"{"id":"other","name":"with-mlaut.de"}"#;
        Answer::Bytes(match calls.filter {
            None => list(&format!("{other},{zone}"), 2),
            Some(filter) if filter == asked => list(&zone, 1),
            Some(_) => list("", 0),
        })
    })
    .await
}

const UNICODE: &str = "with-ümlaut.de";
const ASCII: &str = "xn--with-mlaut-eeb.de";

#[tokio::test]
async fn internationalized_names_are_one_in_both_spellings() {
    let spellings = [
        UNICODE,
        ASCII,
        "With-Ümlaut.DE",
        "XN--WITH-MLAUT-EEB.de.",
        // A letter and a combining mark, as some systems write file names.
        "with-u\u{308}mlaut.de",
        "with-U\u{308}mlaut.de.",
        // As East Asian input methods write dots and letters.
        "ｗith-ümlaut。de",
    ];
    for calls in [
        (UNICODE, Some(UNICODE)),
        (UNICODE, Some(ASCII)),
        (UNICODE, None),
        (ASCII, Some(ASCII)),
        (ASCII, Some(UNICODE)),
        (ASCII, None),
        ("WITH-ÜMLAUT.DE", None),
        ("with-u\u{308}mlaut.de", None),
    ] {
        let (name, filter) = calls;
        let server = zone_server(Calls { name, filter }).await;
        for spelling in spellings {
            let client = server.client();
            assert_eq!(
                client.zone_id(spelling).await.unwrap(),
                "it",
                "{spelling} {calls:?}"
            );
            let host = format!("_acme-challenge.www.{spelling}");
            assert_eq!(
                client.zone_of(&host).await.unwrap(),
                "it",
                "{spelling} {calls:?}"
            );
        }
        // Found once, cached in every spelling.
        let client = server.client();
        client.zone_id(ASCII).await.unwrap();
        client.zone_of(&format!("www.{ASCII}")).await.unwrap();
        let before = server.count();
        for spelling in spellings {
            client.zone_id(spelling).await.unwrap();
            client.zone_of(&format!("WWW.{spelling}")).await.unwrap();
        }
        assert_eq!(server.count(), before);
    }
}

#[tokio::test]
async fn the_name_that_the_api_uses_is_asked_for_first() {
    let (name, filter) = (UNICODE, Some(UNICODE));
    let server = zone_server(Calls { name, filter }).await;
    server.client().zone_id(ASCII).await.unwrap();
    assert_eq!(server.count(), 1);
    let received = server.received();
    assert_eq!(received[0].query("name"), Some("with-%C3%BCmlaut.de"));

    // Names in plain ASCII cost no second request.
    let server = Server::always(list("", 0)).await;
    server.client().zone_id("example.com").await.unwrap_err();
    assert_eq!(server.count(), 1);
    let error = server.client().zone_id(ASCII).await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (ErrorKind::Lookup, 3));
    assert!(error.to_string().contains(UNICODE), "{error}");
}

/// A name that merely looks alike is another zone.
#[tokio::test]
async fn other_names_stay_other_names() {
    let long = format!("xn--{}-eeb.de", "a".repeat(70));
    let pairs = [
        ("faß.de", "fass.de"),
        ("ümlaut.de", "umlaut.de"),
        ("münchen.de", "muenchen.de"),
        // Cyrillic.
        ("рaypal.com", "paypal.com"),
        // Invalid Punycode, and Punycode of something spelled differently.
        ("xn--\u{fc}.de", "ü.de"),
        ("xn--99999999.de", "de"),
        ("xn--.de", "de"),
        ("xn--abc-.de", "abc.de"),
        ("xn--with-mlaut-c3a.de", UNICODE),
        (&long, "a.de"),
        ("axn--with-mlaut-eeb.de", UNICODE),
    ];
    for (one, other) in pairs {
        for (wanted, given) in [(one, other), (other, one)] {
            let reply = list(&format!(r#"{{"id":"1","name":"{given}"}}"#), 1);
            let server = Server::always(reply).await;
            let error = server.client().zone_id(wanted).await;
            let error = error.expect_err(&format!("{wanted} is not {given}"));
            assert_eq!(error.kind(), ErrorKind::Lookup);
        }
        let reply = list(&format!(r#"{{"id":"1","name":"{one}"}}"#), 1);
        let server = Server::always(reply).await;
        assert_eq!(
            server.client().zone_id(one).await.unwrap(),
            "1",
            "{one} is itself"
        );
    }
}

/// The examples of RFC 3492, 7.1, that are names, and some that are zones.
#[tokio::test]
async fn the_spellings_are_those_of_the_standards() {
    for (unicode, ascii) in [
        ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
        ("למההםפשוטלאמדבריםעברית", "xn--4dbcagdahymbxekheh6e0a7fei0b"),
        (
            "почемужеонинеговорятпорусски",
            "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l",
        ),
        (
            "pročprostěnemluvíčesky",
            "xn--proprostnemluvesky-uyb24dma41a",
        ),
        ("3年b組金八先生", "xn--3b-ww4c5e180e575a65lsy2b"),
        ("안녕하세요", "xn--o70b841ad5c9qb763b"),
        ("bücher", "xn--bcher-kva"),
        ("faß", "xn--fa-hia"),
        ("βόλος", "xn--nxasmm1c"),
        ("مثال", "xn--mgbh0fb"),
        ("😺", "xn--138h"),
    ] {
        for (asked, name) in [(ascii, unicode), (unicode, ascii)] {
            let zone = format!(r#"{{"id":"1","name":"{name}.example"}}"#);
            let server = Server::always(list(&zone, 1)).await;
            let id = server.client().zone_id(&format!("{asked}.example")).await;
            assert_eq!(id.unwrap(), "1", "{asked} is {name}");
        }
    }
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
