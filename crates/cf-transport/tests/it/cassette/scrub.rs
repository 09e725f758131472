//! What does not get into a cassette.

use cf_transport::cassette::{Recorder, Replay, Scrub};
use cf_transport::multipart::{Form, Part};
use cf_transport::{Transport, transport_fn};
use http::{HeaderName, Request};

use super::{ACCOUNT, API, ZONE, file, get, json, recorded};

const TOKEN: &str = "8M7wS6hCpXVc-DoRnPPY_UCWPgy8aea4Wy6kCe5T";

/// Answers every request with this.
fn always(status: u16, body: &'static str) -> impl Transport {
    transport_fn(move |_| async move { Ok(json(status, body)) })
}

#[tokio::test]
async fn no_secret_gets_into_a_cassette() {
    let secrets = [
        "hunter2",
        TOKEN,
        "someone@corp.example",
        "corp.example",
        "v1.0-144c9defac04969c7bfad8ef-631a41d003a32d25fe878081ef365c49",
        "MIIEvQIBADANBg",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "cfut_0a1B2c3D4e5F6g7H8i9J",
        ACCOUNT,
        "0e9f4a6b-8c7d-4b5e-9f3a-2d1c0b9a8f7e",
        &ACCOUNT[..16],
    ];
    // 37 hexadecimal digits.
    let global_key = "c2547eb745079dac9320b638f5e225cf483cc";
    let body = format!(
        r#"{{"tunnel_secret":"hunter2","nested":[{{"apiKey":"hunter2","access_tokens":1}}],"password":["hunter2"],
        "result":"{TOKEN}","note":"my key is {global_key}, honest","pem":"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----\n",
        "bindings":[{{"type":"secret_text","name":"KEY","text":"hunter2"}}],"jwt":"x","by":"someone@corp.example",
        "ca":"{}","inner":"{{\"value\":\"a\\ncfut_0a1B2c3D4e5F6g7H8i9J\"}}","web":"{}","t":"cfut_0a1B2c3D4e5F6g7H8i9J","{ACCOUNT}":"0e9f4a6b-8c7d-4b5e-9f3a-2d1c0b9a8f7e"}}"#,
        secrets[4], secrets[6],
    );
    assert!(serde_json::from_str::<serde_json::Value>(&body).is_ok());
    let mut hidden = http::HeaderValue::from_static("hunter2");
    hidden.set_sensitive(true);
    let request = Request::post(format!(
        "{API}/accounts/{ACCOUNT}/x?token=hunter2&mail=someone@corp.example&to=other%40corp.example&X-Amz-Signature=hunter2&id=%3A{ACCOUNT}"
    ))
    .header("authorization", "Bearer hunter2")
    .header("x-auth-key", "hunter2")
    .header("x-auth-email", "someone@corp.example")
    .header("x-auth-user-service-key", "hunter2")
    .header("cf-access-client-secret", "hunter2")
    .header("cookie", "a=hunter2")
    .header("x-anything", hidden)
    .body(body.clone().into())
    .unwrap();
    let mut reply = json(200, &body);
    reply
        .headers_mut()
        .insert("set-cookie", "session=hunter2".parse().unwrap());
    reply
        .headers_mut()
        .insert("location", format!("/accounts/{ACCOUNT}").parse().unwrap());

    let text = recorded(request, reply).await;
    for secret in secrets.into_iter().chain([global_key]) {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    for kept in [
        "my key is [scrubbed], honest",
        "\"access_tokens\": 1",
        "\"name\": \"KEY\"",
        "user",
    ] {
        assert!(text.contains(kept), "{kept} not in {text}");
    }

    let form = Form::new()
        .text(
            "metadata",
            r#"{"bindings":[{"type":"secret_text","name":"KEY","text":"hunter2"}]}"#,
        )
        .text("note", format!("token {TOKEN}"));
    let request = form.attach(Request::put(format!("{API}/workers"))).unwrap();
    let text = recorded(request, json(200, "{}")).await;
    assert!(!text.contains("hunter2") && !text.contains(TOKEN), "{text}");

    let request = Request::post(format!("{API}/form"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("client_secret=hunter2&a=b".into())
        .unwrap();
    let text = recorded(request, json(200, "{}")).await;
    assert!(text.contains("client_secret=[scrubbed]&a=b"), "{text}");

    let request = Request::post(format!("{API}/broken"))
        .header("content-type", "multipart/form-data; boundary=XX")
        .body(format!("before {TOKEN}\r\n--XX\r\na head: {TOKEN}\r\n--XX--").into())
        .unwrap();
    let text = recorded(request, json(200, "{}")).await;
    assert!(!text.contains(TOKEN), "{text}");
}

#[tokio::test]
async fn a_request_that_is_not_text_is_known_by_its_checksum_only() {
    let wasm = |byte: u8| {
        let content = [b"\0asm hunter2 ", &[0xff, byte][..]].concat();
        let form = Form::new()
            .text("metadata", r#"{"text":"hunter2"}"#)
            .part(Part::new("a.wasm", content).file_name("a.wasm"));
        form.attach(Request::put(format!("{API}/workers"))).unwrap()
    };
    let text = recorded(wasm(1), json(200, "{}")).await;
    assert!(!text.contains("hunter2"), "{text}");
    let (_folder, path) = file();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    let error = Replay::from_file(&path)
        .unwrap()
        .send(wasm(2))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("checksum"), "{error}");
    // The same form with another boundary.
    Replay::from_file(&path)
        .unwrap()
        .send(wasm(1))
        .await
        .unwrap();
}

#[tokio::test]
async fn more_can_be_scrubbed_and_less() {
    let recorder = Recorder::new(always(200, r#"{"invoice":"A-7","at":"corp.example"}"#)).scrub(
        Scrub::default()
            .header(HeaderName::from_static("x-mine"))
            .key("Invoice")
            .replace("corp.example", "example.com")
            .keep_identifiers(),
    );
    let mut request = get(&format!("/zones/{ZONE}"));
    request
        .headers_mut()
        .insert("x-mine", "private".parse().unwrap());
    recorder.send(request).await.unwrap();
    let (_folder, path) = file();
    recorder.save(&path).unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    for gone in ["A-7", "corp.example", "private"] {
        assert!(!text.contains(gone), "{text}");
    }
    assert!(
        text.contains("example.com") && text.contains(ZONE),
        "{text}"
    );
}
