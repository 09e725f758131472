//! Bodies that are bytes, from memory or elsewhere.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::support::{Server, ZONE, failure, success};
use cf_client::types::codec::{Blob, Field};
use cf_client::types::dns::records::ARecordParam;
use cf_client::types::{Arguments, BodyKind, Call, Meta, Operation, Param, ParamLocation};
use cf_client::{Body, ErrorKind, Method};
use serde_json::{Value, json};

/// An operation like the upload to R2.
#[derive(Default)]
struct Put {
    key: String,
    body: Blob,
}

impl Arguments for Put {
    fn param(&self, _: usize) -> &dyn Field {
        &self.key
    }
    fn body(&self) -> Option<&dyn Field> {
        Some(&self.body)
    }
}

impl Operation for Put {
    const META: &'static Meta = &Meta::new("things.put", Method::PUT, "/things/{key}")
        .with_params(&[Param {
            name: "key",
            location: ParamLocation::Path,
        }])
        .with_body(BodyKind::Raw("application/octet-stream"));
    type Output = Value;
}

#[tokio::test]
async fn a_file_goes_where_the_operation_says_and_again_if_need_be() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&[b'x'; 300_000]).unwrap();
    let replies = [failure(503, 1, "later"), success(r#"{"size":300000}"#)];
    let server = Server::scripted(replies).await;
    let client = server.client();

    let sent = Arc::new(AtomicU64::new(0));
    let body = Body::file(file.path()).await.unwrap();
    let body = body.with_progress({
        let sent = Arc::clone(&sent);
        move |progress| sent.store(progress.bytes, Ordering::Relaxed)
    });
    let put = Put {
        key: "a/b c".to_owned(),
        ..Put::default()
    };
    let stored = Call::new(&client, put).send_body(body).await.unwrap();
    assert_eq!(stored, json!({ "size": 300_000 }));
    assert_eq!(sent.load(Ordering::Relaxed), 300_000);
    let received = server.received();
    assert_eq!(received.len(), 2);
    for request in received {
        assert_eq!(
            (&*request.method, &*request.target),
            ("PUT", "/client/v4/things/a%2Fb%20c")
        );
        assert_eq!(request.header("content-length"), Some("300000"));
        assert_eq!(
            request.header("content-type"),
            Some("application/octet-stream")
        );
        assert_eq!(request.body.len(), 300_000);
    }
}

#[tokio::test]
async fn the_media_type_of_a_body_is_its_own() {
    let server = Server::always(success("{}")).await;
    let client = server.client();
    let put = |body: Blob| Put {
        key: "k".to_owned(),
        body,
    };
    let typed = || Blob::from("pixels").typed("image/png");
    Call::new(&client, put(typed())).await.unwrap();
    // With bytes from elsewhere, too.
    let stream = Call::new(&client, put(Blob::default().typed("image/png")));
    stream.send_body("pixels").await.unwrap();
    // A header takes precedence.
    let other = http::HeaderValue::from_static("image/webp");
    let call = Call::new(&client, put(typed())).header(http::header::CONTENT_TYPE, other);
    call.await.unwrap();
    Call::new(&client, put("pixels".into())).await.unwrap();
    let received = server.received();
    let types: Vec<_> = received
        .iter()
        .map(|request| request.header("content-type"))
        .collect();
    let expected = [
        "image/png",
        "image/png",
        "image/webp",
        "application/octet-stream",
    ];
    assert_eq!(types, expected.map(Some));
    assert!(received.iter().all(|request| request.body == "pixels"));

    let wrong = Call::new(&client, put(Blob::from("x").typed("image/\npng")));
    let error = wrong.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build);
    assert!(error.to_string().contains("content-type"), "{error}");
}

#[tokio::test]
async fn a_call_without_a_body_says_so() {
    let server = Server::always(success("{}")).await;
    let client = server.client();
    for method in [Method::POST, Method::PUT, Method::PATCH] {
        client.request(method, "/x").send::<Value>().await.unwrap();
    }
    client
        .request(Method::DELETE, "/x")
        .send::<Value>()
        .await
        .unwrap();
    let received = server.received();
    let length = |index: usize| received[index].header("content-length");
    assert_eq!([length(0), length(1), length(2)], [Some("0"); 3]);
    assert_eq!(length(3), None);
    assert!(
        received
            .iter()
            .all(|request| request.header("content-type").is_none())
    );
}

#[tokio::test]
async fn a_stream_that_exists_once_is_sent_once() {
    let server = Server::always(failure(503, 1, "later")).await;
    let body = Body::stream(None, http_body_util::Full::new("once".into()));
    let put = Put {
        key: "k".to_owned(),
        ..Put::default()
    };
    let error = Call::new(&server.client(), put).send_body(body).await;
    assert_eq!(error.unwrap_err().status().unwrap(), 503);
    assert_eq!(server.count(), 1);
    assert_eq!(server.received()[0].body, "once");
}

#[tokio::test]
async fn other_operations_keep_their_body() {
    let server = Server::always(success("{}")).await;
    let client = server.client();
    let record = ARecordParam::new("www", "192.0.2.1");
    let call = client.dns().records().create(ZONE, record);
    let error = call.send_body("{}").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build);
    let text = error.to_string();
    assert!(
        text.contains("dns.records.create") && text.contains("not bytes"),
        "{text}"
    );
    assert_eq!(server.count(), 0);
}
