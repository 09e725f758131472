//! Bodies of every form.

use cf_redact::{Message, Scrubber};
use serde_json::json;

const SECRET: &str = "hunter2-correct-horse";

/// A body after scrubbing.
fn scrubbed(message: Message, address: &str, media_type: &str, body: &str) -> String {
    let scrubber = Scrubber::new();
    let once = scrubber
        .body(message, address, media_type, body)
        .to_string();
    let twice = scrubber
        .body(message, address, media_type, &once)
        .to_string();
    assert_eq!(once, twice, "{media_type}: {body}");
    once
}

#[test]
fn json_of_every_shape() {
    for value in [
        json!({ "password": SECRET }),
        json!({ "Authorization": format!("Bearer {SECRET}") }),
        json!({ "headers": { "authorization": SECRET, "X-Api-Key": SECRET } }),
        json!({ "headers": [{ "name": "Authorization", "value": SECRET }] }),
        json!({ "headers": [["Authorization", SECRET], ["Accept", "x"]] }),
        json!({ "credentials": { "cursor": SECRET } }),
        json!({ "headers": [format!("Authorization: Bearer {SECRET}")] }),
        json!({ "secret": { "value": SECRET, "deep": { "er": [SECRET] } } }),
        json!({ "credentials": { "user": SECRET, "list": [[SECRET]] } }),
        json!({ "tokens": [SECRET, { "value": SECRET }] }),
        json!({ "passwords": [SECRET] }),
        json!({ "cookies": [{ "name": "a", "value": SECRET }] }),
        json!({ "a": { "name": "sid", "value": SECRET, "domain": "x", "httpOnly": true } }),
        json!({ "type": "secret_text", "name": "KEY", "text": SECRET }),
        json!({ "env_vars": { "DB": { "type": "secret_text", "value": SECRET } } }),
        json!({ "env_vars": { "API_TOKEN": { "type": "plain_text", "value": SECRET } } }),
        json!({ "variables": { "v": { "name": "n", "type": "secret", "value": SECRET } } }),
        json!({ "value": SECRET, "is_secret": true }),
        json!({ "environment_variables": [{ "name": "DB_PASSWORD", "value": SECRET }] }),
        json!({ "key": { "kty": "EC", "crv": "P-256", "x": "1", "y": "2", "d": SECRET } }),
        json!({ "destination_conf": format!("s3://b/l?access-key-id=x&secret-access-key={SECRET}") }),
        json!({ "url": format!("postgres://user:{SECRET}@host/db") }),
        json!({ "body": json!({ "token": SECRET }).to_string() }),
        json!({ "body": json!({ "body": json!({ "token": SECRET }).to_string() }).to_string() }),
        json!({ "log": format!("{{\"token\":\"{SECRET}") }),
        json!([[[{ "api_key": SECRET }]]]),
        json!({ "smtp": { "user": "u", "pass": SECRET } }),
        json!({ "psk": SECRET, "pem": SECRET, "jwk": SECRET, "tunnel_secret": SECRET }),
    ] {
        let text = value.to_string();
        for (what, body) in [
            ("as it is", text.clone()),
            ("with a byte order mark", format!("\u{feff}{text}")),
            ("pretty", format!("{value:#}")),
            ("line by line", format!("{{\"a\":1}}\n{text}\n{text}\n")),
            ("breaking off", format!("{{\"result\":[{text},{{")),
            ("as an event", format!("event: a\ndata: {text}\n\n")),
        ] {
            let scrubbed = scrubbed(Message::Reply, "/", "application/json", &body);
            assert!(!scrubbed.contains("hunter2"), "{what}: {scrubbed}");
            assert!(scrubbed.contains("redacted"), "{what}: {scrubbed}");
        }
    }
}

#[test]
fn numbers_can_be_secret() {
    let value =
        json!({ "pin": 4711, "password": 12345678, "otp": 123456, "tokens": 12, "page": 3 });
    let expected = json!({ "pin": 0, "password": 0, "otp": 0, "tokens": 12, "page": 3 });
    assert_eq!(Scrubber::new().json(value), expected);
}

#[test]
fn what_is_kept_within_a_secret() {
    let value = json!({ "credential": { "id": "1", "name": "mine", "type": "basic", "user": "u", "pass": "p" } });
    let expected = json!({ "credential": { "id": "1", "name": "mine", "type": "basic", "user": "[redacted]", "pass": "[redacted]" } });
    assert_eq!(Scrubber::new().json(value), expected);
}

#[test]
fn places_of_the_api() {
    let base = "https://api.cloudflare.com/client/v4";
    for (message, address, body) in [
        (
            Message::Reply,
            "/accounts/1/cfd_tunnel/2/token",
            json!({ "result": SECRET }),
        ),
        (
            Message::Reply,
            "/accounts/1/warp_connector/2/token",
            json!({ "result": SECRET }),
        ),
        (
            Message::Reply,
            "/accounts/1/tokens",
            json!({ "result": { "id": "1", "value": SECRET } }),
        ),
        (
            Message::Reply,
            "/user/tokens",
            json!({ "result": { "id": "1", "value": SECRET } }),
        ),
        (
            Message::Reply,
            "/user/tokens/1/value",
            json!({ "result": SECRET }),
        ),
        (
            Message::Request,
            "/accounts/1/secrets_store/stores/2/secrets",
            json!([{ "name": "a", "value": SECRET }]),
        ),
        (
            Message::Request,
            "/accounts/1/secrets_store/stores/2/secrets/3",
            json!({ "value": SECRET }),
        ),
        (
            Message::Request,
            "/accounts/1/workers/scripts/a/secrets",
            json!({ "name": "a", "text": SECRET }),
        ),
        (
            Message::Reply,
            "/accounts/1/images/v1/keys",
            json!({ "result": { "keys": [{ "name": "a", "value": SECRET }] } }),
        ),
        (
            Message::Reply,
            "/accounts/1/calls/turn_keys",
            json!({ "result": { "uid": "1", "key": SECRET } }),
        ),
        (
            Message::Reply,
            "/accounts/1/stream/keys",
            json!({ "result": { "id": "1", "pem": SECRET, "jwk": SECRET } }),
        ),
        (
            Message::Reply,
            "/accounts/1/stream/live_inputs/2",
            json!({ "result": { "srt": { "url": SECRET, "passphrase": SECRET } } }),
        ),
        (
            Message::Request,
            "/accounts/1/stream/live_inputs/2/outputs",
            json!({ "url": SECRET, "streamKey": SECRET }),
        ),
    ] {
        for address in [
            format!("{base}{address}"),
            address.to_owned(),
            format!("{address}?a=/b#c"),
            format!("{address}/"),
        ] {
            let text = body.to_string();
            let once = scrubbed(message, &address, "application/json", &text);
            assert!(!once.contains("hunter2"), "{address}: {once}");
            // If it is truncated, only the name counts.
            let cut = scrubbed(
                message,
                &address,
                "application/json",
                &text[..text.len() - 2],
            );
            assert!(!cut.contains("hunter2"), "{address}: {cut}");
        }
    }
    // The same members elsewhere are not secret.
    let list = json!({ "result": [{ "name": "a", "value": "blue", "url": "x", "text": "y", "key": "z" }] }).to_string();
    assert_eq!(
        scrubbed(Message::Reply, "/accounts/1/rules/lists/2/items", "", &list).len(),
        list.len()
    );
}

#[test]
fn a_value_whose_address_is_a_secrets_name() {
    let address = "/accounts/1/storage/kv/namespaces/2/values/STRIPE_API_KEY";
    assert_eq!(
        scrubbed(Message::Request, address, "text/plain", SECRET),
        "[redacted]"
    );
    assert_eq!(
        scrubbed(Message::Reply, address, "application/octet-stream", SECRET),
        "[redacted]"
    );
    assert_eq!(scrubbed(Message::Reply, address, "", ""), "");
    let text = json!({ "success": true, "result": SECRET }).to_string();
    let expected = json!({ "success": true, "result": "[redacted]" }).to_string();
    assert_eq!(
        scrubbed(
            Message::Reply,
            "/accounts/1/things/2/rotate_secret",
            "",
            &text
        ),
        expected
    );
    // A list of cookies is not a cookie.
    let list = json!({ "result": [{ "id": "1", "name": "lang" }] }).to_string();
    assert_eq!(
        scrubbed(Message::Reply, "/zones/1/page_shield/cookies", "", &list),
        list
    );
}

#[test]
fn forms() {
    let part = |name: &str, content: &str| {
        format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
    };
    let bindings =
        json!({ "bindings": [{ "type": "secret_text", "name": "K", "text": SECRET }] }).to_string();
    let body = format!(
        "{}{}{}{}--XX--\r\n",
        part("client_secret", SECRET),
        part("metadata", &bindings),
        part("note", &format!("password={SECRET}")),
        part("kept", "hello"),
    );
    for media_type in [
        "multipart/form-data; boundary=XX",
        "Multipart/Form-Data; Boundary=\"XX\"",
        "MULTIPART/MIXED;boundary=XX",
        "multipart/form-data; boundary=another",
        "text/plain",
        "",
    ] {
        let scrubbed = scrubbed(Message::Request, "/", media_type, &body);
        assert!(!scrubbed.contains("hunter2"), "{media_type}: {scrubbed}");
        assert!(scrubbed.contains("hello"), "{media_type}: {scrubbed}");
    }
    for media_type in [
        "application/x-www-form-urlencoded",
        "APPLICATION/X-WWW-FORM-URLENCODED; charset=utf-8",
        "",
    ] {
        for body in [
            format!("grant_type=x&client_secret={SECRET}&a=b"),
            format!("a=b&user%5Bpassword%5D={SECRET}"),
            format!("a=b&next=https%3A%2F%2Fx%2F%3Ftoken%3D{SECRET}"),
        ] {
            let scrubbed = scrubbed(Message::Request, "/", media_type, &body);
            assert!(!scrubbed.contains("hunter2"), "{media_type}: {scrubbed}");
            assert!(scrubbed.contains("a=b"), "{media_type}: {scrubbed}");
        }
    }
}

#[test]
fn tables() {
    let csv = format!(
        "name,API Token,note\r\na,{SECRET},\"x, y\"\r\n\"b, c\",\"{SECRET}, {SECRET}\",\r\nd,,z\r\n"
    );
    let expected =
        "name,API Token,note\r\na,[redacted],\"x, y\"\r\n\"b, c\",[redacted],\r\nd,,z\r\n";
    assert_eq!(
        scrubbed(Message::Reply, "/", "Text/CSV; charset=utf-8", &csv),
        expected
    );
    let tsv = format!("password\tname\n{SECRET}\ta");
    assert_eq!(
        scrubbed(Message::Reply, "/", "text/tab-separated-values", &tsv),
        "password\tname\n[redacted]\ta"
    );
}

#[test]
fn nothing_is_too_much() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let nested = (0..12).fold(format!(r#"{{"token":"{SECRET}"}}"#), |inner, _| {
        json!({ "a": inner }).to_string()
    });
    for body in [
        deep,
        "{\"".repeat(20_000),
        "token=".repeat(20_000),
        "%25".repeat(20_000),
        "A".repeat(100_000),
        "://".repeat(20_000),
    ] {
        let t = std::time::Instant::now();
        scrubbed(Message::Reply, "/", "application/json", &body);
        eprintln!("{:?} {:?}", t.elapsed(), &body[..10]);
    }
    assert!(!scrubbed(Message::Reply, "/", "application/json", &nested).contains(SECRET));
}
