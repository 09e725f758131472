//! A DELETE whose reply was lost is sent again, and then there is nothing left to delete.

use crate::support::{Answer, Received, Server, ZONE, failure, json, reply};
use cf_client::{Client, Error, ErrorKind, Method};
use serde::Deserialize;
use serde_json::Value;

const GONE: &str =
    r#"{"success":false,"errors":[{"code":81044,"message":"Record does not exist."}]}"#;

/// Gives this answer to the first request, and another to all others.
async fn first_then(first: Option<Vec<u8>>, then: Vec<u8>) -> Server {
    Server::start(move |number, _: &Received| match (number, &first) {
        (0, Some(first)) => Answer::Bytes(first.clone()),
        (0, None) => Answer::Cut(Vec::new()),
        _ => Answer::Bytes(then.clone()),
    })
    .await
}

async fn delete(client: &Client) -> Result<(), Error> {
    client.dns().records().delete(ZONE, "1").await.map(|_| ())
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_after_an_attempt_that_may_have_arrived_is_deleted() {
    for first in [
        None,
        Some(failure(502, 1, "later")),
        Some(reply(524, &[], "<html>")),
    ] {
        for status in [404, 410] {
            let server = first_then(first.clone(), json(status, GONE)).await;
            let client = server.client();
            delete(&client).await.unwrap();
            assert_eq!(server.count(), 2);

            let server = first_then(first.clone(), json(status, GONE)).await;
            let client = server.client();
            let call = client.dns().records().delete(ZONE, "1").with_meta();
            let (_, meta) = call.await.unwrap();
            // It is reported as it was.
            assert_eq!((meta.status().as_u16(), meta.retries()), (status, 1));
        }
    }
    let server = first_then(None, json(404, GONE)).await;
    let client = server.client();
    let call = client.request(Method::DELETE, "/zones/1/x/2");
    assert_eq!(call.send::<Value>().await.unwrap(), Value::Null);
}

#[tokio::test(start_paused = true)]
async fn who_wants_a_value_is_told_why_there_is_none() {
    #[derive(Debug, Deserialize)]
    struct Deleted {
        #[allow(dead_code)]
        id: String,
    }
    let server = first_then(None, json(404, GONE)).await;
    let client = server.client();
    let call = client.request(Method::DELETE, "/zones/1/x/2");
    let error = call.send::<Deleted>().await.unwrap_err();
    assert!(error.is_not_found() && error.has_code(81044), "{error}");
    assert!(
        error
            .to_string()
            .contains("an earlier attempt, whose reply was lost, may have deleted it"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_never_there_is_not_found() {
    let found_nothing = |error: Error| {
        assert!(error.is_not_found(), "{error}");
        assert!(!error.to_string().contains("earlier attempt"), "{error}");
    };
    // The first attempt was answered that way, or refused.
    let server = Server::always(json(404, GONE)).await;
    found_nothing(delete(&server.client()).await.unwrap_err());
    let server = first_then(
        Some(reply(429, &[("retry-after", "1")], "{}")),
        json(404, GONE),
    )
    .await;
    found_nothing(delete(&server.client()).await.unwrap_err());
    assert_eq!(server.count(), 2);

    // The path does not exist, or it was not the API that answered.
    let server = first_then(None, failure(404, 7003, "Could not route to /zones/x")).await;
    let error = delete(&server.client()).await.unwrap_err();
    assert!(error.is_not_found() && error.has_code(7003), "{error}");
    let page = reply(
        404,
        &[("content-type", "text/html")],
        "<html>not found</html>",
    );
    let server = first_then(None, page).await;
    let error = delete(&server.client()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Html);

    // Other methods, and raw replies.
    let server = first_then(None, json(404, GONE)).await;
    let error = server.client().zones().get(ZONE).await.unwrap_err();
    assert!(error.is_not_found());
    let server = first_then(None, json(404, GONE)).await;
    let client = server.client();
    let response = client.dns().records().delete(ZONE, "1").send_raw().await;
    assert_eq!(response.unwrap().status(), 404);
}
