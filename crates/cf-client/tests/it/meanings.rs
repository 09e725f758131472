//! What exists already and what is missing, whatever the status: by the codes of the operation's product.

use crate::support::{Server, ZONE, failure};
use cf_client::types::dns::records::ARecordParam;
use cf_client::{Client, Error, ErrorKind, Method, codes};

async fn client(answer: Vec<u8>) -> (Server, Client) {
    let server = Server::always(answer).await;
    let client = server.builder().retries(0).build().unwrap();
    (server, client)
}

/// The error of creating a record.
async fn of_record(answer: Vec<u8>) -> Error {
    let (_server, client) = client(answer).await;
    let record = ARecordParam::new("www", "192.0.2.1");
    client
        .dns()
        .records()
        .create(ZONE, record)
        .await
        .unwrap_err()
}

/// The error of reading a token.
async fn of_token(answer: Vec<u8>) -> Error {
    let (_server, client) = client(answer).await;
    client.user().tokens().get("1").await.unwrap_err()
}

/// The error of reading a zone.
async fn of_zone(answer: Vec<u8>) -> Error {
    let (_server, client) = client(answer).await;
    client.zones().get(ZONE).await.unwrap_err()
}

#[tokio::test]
async fn a_status_that_does_not_say_so_is_no_obstacle() {
    for code in [
        codes::dns::RECORD_ALREADY_EXISTS,
        codes::dns::IDENTICAL_RECORD_ALREADY_EXISTS,
    ] {
        for status in [200, 400, 409] {
            let error = of_record(failure(status, code, "exists")).await;
            assert!(error.is_conflict() && !error.is_not_found(), "{error}");
            assert!(error.has_code(code));
        }
    }
    let missing = codes::user::TOKEN_NOT_FOUND;
    for status in [400, 404] {
        let error = of_token(failure(status, missing, "no such token")).await;
        assert!(error.is_not_found() && !error.is_conflict(), "{error}");
    }
}

#[tokio::test]
async fn a_number_means_what_it_means_in_its_product() {
    // A token is not found with 1003. In other products it is a zone hold, or anything that is invalid.
    assert_eq!(
        codes::user::TOKEN_NOT_FOUND,
        codes::dns::SETTING_NOT_AVAILABLE
    );
    let error = of_record(failure(400, 1003, "Invalid or missing type")).await;
    assert!(!error.is_not_found() && !error.is_conflict(), "{error}");
    let error = of_zone(failure(400, 1003, "Invalid or missing zone id.")).await;
    assert!(!error.is_not_found() && !error.is_conflict(), "{error}");
    // 7003 may be a mistake in the path.
    let error = of_zone(failure(400, codes::general::NO_ROUTE, "Could not route")).await;
    assert!(!error.is_not_found(), "{error}");
    // A code of DNS says nothing about zones, nor about an untyped request.
    let exists = failure(400, codes::dns::RECORD_ALREADY_EXISTS, "exists");
    assert!(!of_zone(exists.clone()).await.is_conflict());
    let (_server, client) = client(exists).await;
    let untyped = client.request(Method::GET, "/zones/1/dns_records");
    let error = untyped.send::<serde_json::Value>().await.unwrap_err();
    assert!(!error.is_conflict(), "{error}");
}

#[tokio::test]
async fn without_a_known_code_the_status_decides() {
    assert!(of_zone(failure(404, 1, "?")).await.is_not_found());
    assert!(of_zone(failure(410, 1, "?")).await.is_not_found());
    assert!(of_zone(failure(409, 1, "?")).await.is_conflict());
    for status in [400, 403, 412, 500] {
        let error = of_zone(failure(status, 1, "?")).await;
        assert!(!error.is_not_found() && !error.is_conflict(), "{error}");
    }
    // Throttled, with the code of something that exists.
    let error = of_record(failure(429, codes::dns::RECORD_ALREADY_EXISTS, "wait")).await;
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(!error.is_conflict(), "{error}");
}
