//! Secrets in every form in which they travel: none is in the file, and the recording can still be replayed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cf_transport::cassette::{Cassette, Recorder, Replay, Scrub};
use cf_transport::multipart::{Form, Part};
use cf_transport::{Body, Transport, transport_fn};
use http::{Request, Response, header};
use serde_json::{Value, json};

use super::{API, file, get, json as json_reply, recorded, text};

const SECRET: &str = "hunter2/correct+horse";

/// The bytes that a transport returns for `/file`.
async fn file_of(transport: &impl Transport) -> Bytes {
    let reply = transport.send(get("/file")).await.unwrap();
    reply.into_body().bytes(100).await.unwrap()
}

/// A secret as it can be in a file.
fn is_in(text: &str, secret: &str) -> bool {
    let base64 = STANDARD.encode(secret);
    let percent = secret.replace('/', "%2F").replace('+', "%2B");
    [
        secret,
        &percent,
        &percent.to_lowercase(),
        base64.trim_end_matches('='),
    ]
    .iter()
    .any(|form| text.contains(*form))
}

/// A request with a body of this media type.
fn sending(path: &str, media_type: &str, body: impl Into<Body>) -> Request<Body> {
    Request::put(format!("{API}{path}"))
        .header(header::CONTENT_TYPE, media_type)
        .body(body.into())
        .unwrap()
}

/// Requests with a secret in them.
fn requests(secret: &str) -> Vec<(&'static str, Request<Body>)> {
    let binding = json!({ "bindings": [{ "type": "secret_text", "name": "K", "text": secret }] });
    let part = |name: &str, content: String| Part::new(name, content.into_bytes());
    let form = |part| {
        Form::new()
            .part(part)
            .attach(Request::put(format!("{API}/forms")))
            .unwrap()
    };
    let json = "application/json";
    vec![
        ("a tunnel's secret", sending("/accounts/1/cfd_tunnel", json, json!({ "tunnel_secret": secret }).to_string())),
        ("a variable of Pages", sending("/accounts/1/pages/projects/p", json, json!({ "env_vars": { "A": { "type": "secret_text", "value": secret } } }).to_string())),
        ("a secret of a Worker", sending("/accounts/1/workers/scripts/s/secrets", json, json!({ "name": "A", "text": secret, "type": "secret_text" }).to_string())),
        ("a secret of the Secrets Store", sending("/accounts/1/secrets_store/stores/1/secrets", json, json!([{ "name": "a", "value": secret }]).to_string())),
        ("the key of an IPsec tunnel", sending("/accounts/1/magic/ipsec_tunnels", json, json!({ "psk": secret }).to_string())),
        ("a destination of Logpush", sending("/zones/1/logpush/jobs", json, json!({ "destination_conf": format!("s3://b?access-key-id=x&secret-access-key={secret}") }).to_string())),
        ("headers as members", sending("/x", json, json!({ "headers": { "Authorization": format!("Bearer {secret}") } }).to_string())),
        ("headers as pairs", sending("/x", json, json!({ "headers": [{ "name": "X-Api-Key", "value": secret }] }).to_string())),
        ("an object under a secret's name", sending("/x", json, json!({ "credentials": { "user": "u", "deep": [{ "er": secret }] } }).to_string())),
        ("a list under a secret's name", sending("/x", json, json!({ "passwords": [secret] }).to_string())),
        ("JSON in a string", sending("/x", json, json!({ "config": json!({ "password": secret }).to_string() }).to_string())),
        ("base64 of JSON", sending("/x", json, json!({ "config": STANDARD.encode(json!({ "password": secret }).to_string()) }).to_string())),
        ("a byte order mark", sending("/x", json, format!("\u{feff}{}", json!({ "password": secret })))),
        ("lines of JSON", sending("/x", "application/x-ndjson", format!("{{\"a\":1}}\n{}\n", json!({ "password": secret })))),
        ("JSON that breaks off", sending("/x", json, format!("{{\"a\":[{{\"password\":\"{secret}"))),
        ("no media type", sending("/x", "", json!({ "password": secret }).to_string())),
        ("a form", sending("/x", "APPLICATION/x-www-form-URLENCODED", format!("a=b&client_secret={}", secret.replace('/', "%2F").replace('+', "%2B")))),
        ("a multipart form's field", form(part("client_secret", secret.to_owned()))),
        ("JSON in a multipart form", form(part("metadata", binding.to_string()))),
        ("a text in a multipart form", form(part("note", format!("token={secret}")))),
        ("a multipart form in capitals", sending("/x", "MULTIPART/FORM-DATA; BOUNDARY=XX", format!("--XX\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n{secret}\r\n--XX--\r\n"))),
        ("a stream", sending("/x", json, Body::stream(None, json!({ "password": secret }).to_string()))),
        ("a stream that is opened again", {
            let body = json!({ "password": secret }).to_string();
            sending("/x", json, Body::replayable(None, move || body.clone()))
        }),
        ("a value of KV under a secret's name", sending("/accounts/1/storage/kv/namespaces/2/values/API_KEY", "text/plain", secret.to_owned())),
        ("a parameter", get(&format!("/x?a=b&access_token={}", secret.replace('+', "%2B")))),
        ("an address in a parameter", get("/x?to=https%3A%2F%2Fuser%3Ahunter2%2Fcorrect%2Bhorse%40host%2F&a=b")),
        ("basic credentials", {
            let mut request = get("/x");
            let value = format!("Basic {}", STANDARD.encode(format!("user:{secret}")));
            request.headers_mut().insert("x-forwarded-credentials-of", value.parse().unwrap());
            request
        }),
        ("a cookie", {
            let mut request = get("/x");
            request.headers_mut().insert(header::COOKIE, format!("session={secret}").parse().unwrap());
            request
        }),
    ]
}

/// A transport that gives everybody the same reply.
fn echo() -> impl Transport {
    transport_fn(|request: Request<Body>| async move {
        request.into_body().bytes(1 << 20).await?;
        Ok(json_reply(200, r#"{"success":true}"#))
    })
}

#[tokio::test]
async fn secrets_in_requests() {
    let recorder = Recorder::new(echo());
    for (what, request) in requests(SECRET) {
        recorder.send(request).await.unwrap();
        let (_folder, path) = file();
        recorder.save(&path).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert!(!is_in(&text, SECRET), "{what}: {text}");
    }
    // The caller of the replay has different secrets.
    let replay = Replay::new(recorder.cassette());
    for (what, request) in requests("other9/secret+value") {
        // The content of the escaped URL is written out.
        if what != "an address in a parameter" {
            let reply = text(&replay, request).await;
            assert_eq!(reply.expect(what), r#"{"success":true}"#, "{what}");
        } else {
            replay.send(request).await.unwrap();
        }
    }
    replay.finish().unwrap();
}

#[tokio::test]
async fn secrets_in_replies() {
    for (what, path, media_type, body) in [
        ("the token of a tunnel", "/accounts/1/cfd_tunnel/2/token", "application/json", json!({ "result": SECRET }).to_string()),
        ("a token that was made", "/user/tokens", "application/json", json!({ "result": { "value": SECRET } }).to_string()),
        ("a token that was rolled", "/user/tokens/1/value", "application/json", json!({ "result": SECRET }).to_string()),
        ("keys of Stream", "/accounts/1/stream/keys", "application/json", json!({ "result": { "pem": SECRET, "jwk": SECRET } }).to_string()),
        ("keys of Images", "/accounts/1/images/v1/keys", "application/json", json!({ "result": { "keys": [{ "name": "a", "value": SECRET }] } }).to_string()),
        ("a generated key", "/accounts/1/magic/ipsec_tunnels/1/psk_generate", "application/json", json!({ "result": { "psk": SECRET } }).to_string()),
        ("a presigned address", "/x", "application/json", json!({ "result": { "url": format!("https://b.s3/o?X-Amz-Credential={SECRET}&X-Amz-Signature={SECRET}&X-Amz-Date=1") } }).to_string()),
        ("user and password in an address", "/x", "application/json", json!({ "result": { "url": "postgres://user:hunter2/correct+horse@host/db".replace("hunter2/correct+horse", "hunter2") } }).to_string()),
        ("configuration", "/x", "text/plain", format!("[default]\naws_secret_access_key = {SECRET}\n")),
        ("events", "/x", "text/event-stream", format!("data: {}\n\n", json!({ "token": SECRET }))),
        ("a script", "/x", "application/javascript", format!("const apiKey = \"{SECRET}\";\n")),
        ("a value of KV", "/accounts/1/storage/kv/namespaces/2/values/API_KEY", "application/octet-stream", SECRET.to_owned()),
    ] {
        let reply = Response::builder().header(header::CONTENT_TYPE, media_type).body(body.into()).unwrap();
        let text = recorded(get(path), reply).await;
        assert!(!is_in(&text, SECRET) && !text.contains("hunter2"), "{what}: {text}");
    }
    for (name, value) in [
        ("location", "https://user:hunter2@host/?sig=hunter2&a=1"),
        ("location", "/callback#access_token=hunter2"),
        ("set-cookie", "session=hunter2"),
        ("link", "<https://host/?token=hunter2>; rel=next"),
        ("refresh", "5; url=https://host/?api_key=hunter2"),
        ("x-upload-token", "hunter2"),
        ("www-authenticate", "Bearer hunter2"),
    ] {
        let mut reply = json_reply(200, "{}");
        reply.headers_mut().append(name, value.parse().unwrap());
        let text = recorded(get("/x"), reply).await;
        assert!(!text.contains("hunter2"), "{name}: {text}");
    }
}

/// A value from a reply goes into the next request, which has to match the recorded one.
#[tokio::test]
async fn what_was_scrubbed_in_a_reply_fits_the_next_request() {
    let real = transport_fn(|request: Request<Body>| async move {
        let uri = request.uri().clone();
        Ok(match (uri.path().rsplit('/').next(), uri.query()) {
            (Some("upload"), None) => json_reply(
                200,
                r#"{"result":{"url":"https://b.example/o?part=1&X-Amz-Signature=0f1e2d"}}"#,
            ),
            (Some("list"), None) => json_reply(
                200,
                r#"{"result":[1],"result_info":{"cursor":"8M7wS6hCpXVc-DoRnPPY_UCWPgy8aea4Wy6kCe5T"}}"#,
            ),
            (Some("list"), Some("cursor=8M7wS6hCpXVc-DoRnPPY_UCWPgy8aea4Wy6kCe5T")) => json_reply(
                200,
                r#"{"result":[2],"result_info":{"cursor":"9M7wS6hCpXVc-DoRnPPY_UCWPgy8aea4Wy6kCe5T"}}"#,
            ),
            (Some("token"), None) => json_reply(200, r#"{"result":"cfut_0a1B2c3D4e5F6g7H8i9J"}"#),
            _ => json_reply(200, "{}"),
        })
    });
    /// Asks for something, and then for what the reply names.
    async fn follow(transport: &dyn Transport) -> Value {
        let value = |text: String| serde_json::from_str::<Value>(&text).unwrap();
        let upload = value(text(transport, get("/upload")).await.unwrap());
        let address = upload["result"]["url"].as_str().unwrap().to_owned();
        let put = Request::put(address).body(Body::from("content")).unwrap();
        text(transport, put).await.unwrap();
        let first = value(text(transport, get("/list")).await.unwrap());
        let cursor = first["result_info"]["cursor"].as_str().unwrap().to_owned();
        let second = value(
            text(transport, get(&format!("/list?cursor={cursor}")))
                .await
                .unwrap(),
        );
        assert_ne!(second["result_info"]["cursor"], cursor.as_str());
        let token = value(text(transport, get("/token")).await.unwrap());
        let mut verify = get("/verify");
        let bearer = format!("Bearer {}", token["result"].as_str().unwrap());
        verify
            .headers_mut()
            .insert(header::AUTHORIZATION, bearer.parse().unwrap());
        text(transport, verify).await.unwrap();
        second
    }
    let recorder = Recorder::new(real);
    let original = follow(&recorder).await;
    let (_folder, path) = file();
    recorder.save(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        !text.contains("0f1e2d") && !text.contains("cfut_"),
        "{text}"
    );
    let replay = Replay::from_file(&path).unwrap();
    assert_eq!(follow(&replay).await, original);
    replay.finish().unwrap();
}

#[tokio::test]
async fn what_cannot_be_looked_into_is_not_recorded() {
    // An archive, a compressed reply, another character set.
    for (media_type, body) in [
        ("application/zip", b"PK\x03\x04\xff\xfe hunter2".to_vec()),
        (
            "application/json",
            b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcb\x48".to_vec(),
        ),
        (
            "text/plain; charset=utf-16",
            b"\xff\xfeh\0u\0n\0t\0e\0r\0".to_vec(),
        ),
    ] {
        let real = || {
            let body = body.clone();
            transport_fn(move |_| {
                let reply = Response::builder().header(header::CONTENT_TYPE, media_type);
                let reply = reply.body(body.clone().into()).unwrap();
                async { Ok(reply) }
            })
        };
        let recorder = Recorder::new(real());
        // The caller still gets all of it.
        let sent = recorder.send(get("/file?token=hunter2")).await.unwrap();
        assert!(!sent.into_body().bytes(100).await.unwrap().is_empty());
        assert!(recorder.cassette().is_empty());
        let (folder, path) = file();
        let error = recorder.save(&path).unwrap_err().to_string();
        assert!(
            error.contains("keep_binary")
                && error.contains("GET https://")
                && error.contains(media_type),
            "{error}"
        );
        assert!(!error.contains("hunter2") && !path.exists(), "{error}");

        let recorder = Recorder::new(real()).scrub(Scrub::default().keep_binary());
        let sent = file_of(&recorder).await;
        recorder.save(&path).unwrap();
        let replay = Replay::new(Cassette::load(&path).unwrap());
        let replayed = file_of(&replay).await;
        assert_eq!(sent, replayed);
        drop(folder);
    }
}

#[test]
fn what_is_told_in_code_is_in_no_debug() {
    let scrub = Scrub::default().replace("hunter2", "x");
    let recorder = Recorder::new(echo()).scrub(scrub.clone());
    assert!(!format!("{scrub:?} {recorder:?}").contains("hunter2"));
}
