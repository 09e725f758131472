//! A tiny HTTP/1.1 client, so that tests see the bytes on the wire.

use bytes::Bytes;
use cf_emulator::Emulator;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e} in {:?}", String::from_utf8_lossy(&self.body)))
    }

    /// The result of a success.
    #[track_caller]
    pub(crate) fn result(&self) -> Value {
        let json = self.json();
        assert_eq!(json["success"], true, "{json}");
        assert!(self.status.is_success(), "{}", self.status);
        json["result"].clone()
    }

    /// Status and first code of a failure.
    #[track_caller]
    pub(crate) fn failure(&self) -> (u16, u64) {
        let json = self.json();
        assert_eq!(json["success"], false, "{json}");
        assert_eq!(json["result"], Value::Null);
        assert!(json["messages"].is_array());
        (
            self.status.as_u16(),
            json["errors"][0]["code"].as_u64().unwrap(),
        )
    }
}

/// Sends one request on a connection of its own.
pub(crate) async fn send(url: &str, request: Request<Full<Bytes>>) -> Result<Answer, hyper::Error> {
    let uri: http::Uri = url.parse().unwrap();
    let stream = TcpStream::connect(uri.authority().unwrap().as_str())
        .await
        .unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let (parts, body) = sender.send_request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(Answer {
        status: parts.status,
        headers: parts.headers,
        body,
    })
}

/// The content type of a [`form`].
pub(crate) const KIND: Option<&str> = Some("multipart/form-data; boundary=B");

/// A form of parts with these headers and contents.
pub(crate) fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut form = Vec::new();
    for (head, content) in parts {
        form.extend_from_slice(part_head(head).as_bytes());
        form.extend_from_slice(content);
        form.extend_from_slice(b"\r\n");
    }
    form.extend_from_slice(b"--B--\r\n");
    form
}

/// Everything before the content of a part.
pub(crate) fn part_head(parameters: &str) -> String {
    format!("--B\r\nContent-Disposition: form-data; {parameters}\r\n\r\n")
}

/// A client of an emulator with some credential.
pub(crate) struct Client {
    pub(crate) base_url: String,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Client {
    pub(crate) fn new(emulator: &Emulator) -> Self {
        Self::with_token(emulator, emulator.token())
    }

    pub(crate) fn with_token(emulator: &Emulator, token: &str) -> Self {
        Self::with_headers(emulator, &[("authorization", &format!("Bearer {token}"))])
    }

    pub(crate) fn with_headers(emulator: &Emulator, headers: &[(&'static str, &str)]) -> Self {
        let headers = headers.iter().map(|(n, v)| (*n, (*v).to_owned())).collect();
        Self {
            base_url: emulator.base_url(),
            headers,
        }
    }

    pub(crate) async fn try_send(
        &self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: impl Into<Bytes>,
    ) -> Result<Answer, hyper::Error> {
        let url = format!("{}{path}", self.base_url);
        let uri: http::Uri = url.parse().unwrap();
        let mut request = Request::builder()
            .method(method)
            .uri(uri.path_and_query().unwrap().as_str())
            .header("host", uri.authority().unwrap().as_str());
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        send(&url, request.body(Full::new(body.into())).unwrap()).await
    }

    /// Sends a [`form`].
    pub(crate) async fn send_form(&self, method: Method, path: &str, form: Vec<u8>) -> Answer {
        self.try_send(method, path, KIND, form).await.unwrap()
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let kind = body.as_ref().map(|_| "application/json");
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        self.try_send(method, path, kind, body).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }
}

/// The same, with the zone on a plan that has tags.
pub(crate) async fn with_paid_zone() -> (Emulator, Client, String) {
    let (emulator, client, zone) = with_zone().await;
    let plan = serde_json::json!({ "plan": { "id": "pro" } });
    client.patch(&zone, plan).await.result();
    (emulator, client, zone)
}

/// An emulator with the zone `example.com`, a client, and the zone's path.
pub(crate) async fn with_zone() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let client = Client::new(&emulator);
    (emulator, client, format!("/zones/{zone}"))
}
