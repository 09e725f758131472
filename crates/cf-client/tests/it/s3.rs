//! Keys for R2's S3 API, and deleting many objects.

use cf_client::s3::{Jurisdiction, S3Keys};
use cf_client::types::codec::Blob;
use cf_client::types::r2::buckets::BucketParam;
use cf_client::types::r2::temporary_credentials::TemporaryCredentialParam;
use cf_client::{Client, Credential, ErrorKind};
use cf_emulator::{Emulator, Fault};
use http::{Method, StatusCode};

use crate::support::{Server, success};

const ACCOUNT: &str = "023e105f4ecef8ad9ca31a8372d0c353";
const ID: &str = "ed17574386854bf78a67040be0a770b0";

async fn start() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let builder = Client::builder().api_token(emulator.token());
    let client = builder.base_url(emulator.base_url()).build().unwrap();
    let account = emulator.account_id().to_owned();
    let buckets = client.r2().buckets();
    buckets
        .create(&account, BucketParam::new("photos"))
        .await
        .unwrap();
    (emulator, client, account)
}

async fn store(client: &Client, account: &str, keys: impl IntoIterator<Item = String>) {
    for key in keys {
        let objects = client.r2().buckets().objects();
        objects
            .upload(account, "photos", key, Blob::from("x"))
            .await
            .unwrap();
    }
}

async fn left(client: &Client, account: &str) -> Vec<String> {
    let objects = client.r2().buckets().objects().list(account, "photos");
    let objects = objects.items().collect_all().await.unwrap();
    objects
        .into_iter()
        .filter_map(|object| object.key)
        .collect()
}

#[test]
fn keys_follow_from_a_token() {
    let token = Credential::api_token("cfut_0123456789abcdef0123456789abcdef01234567").unwrap();
    let keys = S3Keys::of_token(ACCOUNT, ID, &token).unwrap();
    assert_eq!(keys.access_key_id(), ID);
    // By `printf %s cfut_… | sha256sum`.
    let secret = "c0e3150a658387feacceacb85bffdbf103983b8b9f13f4ff3cef5c0429321616";
    assert_eq!(keys.secret_access_key().expose(), secret);
    assert!(keys.session_token().is_none());
    for (jurisdiction, host) in [
        (Jurisdiction::Default, "r2.cloudflarestorage.com"),
        (Jurisdiction::Eu, "eu.r2.cloudflarestorage.com"),
        (Jurisdiction::Us, "us.r2.cloudflarestorage.com"),
        (Jurisdiction::FedRamp, "fedramp.r2.cloudflarestorage.com"),
    ] {
        let keys = keys.clone().jurisdiction(jurisdiction);
        assert_eq!(keys.endpoint(), format!("https://{ACCOUNT}.{host}"));
    }
    let shown = format!("{keys:?}");
    assert!(
        shown.contains(ID) && !shown.contains(keys.secret_access_key().expose()),
        "{shown}"
    );

    let legacy = Credential::api_key("ada@example.com", "0123456789abcdef0123456789abcdef01234");
    for (account, id, credential) in [
        (ACCOUNT, ID, &legacy.unwrap()),
        ("example.com/", ID, &token),
        ("", ID, &token),
        (ACCOUNT, "my token", &token),
    ] {
        let error = S3Keys::of_token(account, id, credential).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build, "{error}");
    }
}

#[tokio::test]
async fn keys_are_lent_within_limits() {
    let (emulator, client, account) = start().await;
    let lent = |seconds| {
        let lent = TemporaryCredentialParam::new("photos", ID, "object-read-only", seconds);
        client.temporary_s3_keys(&account, lent.prefixes(["2026/"]))
    };
    let keys = lent(604_800).await.unwrap();
    assert!(keys.session_token().is_some());
    let secret = keys.secret_access_key().expose().to_owned();
    assert!(!format!("{keys:?}").contains(&secret));
    emulator.clear_requests();
    for seconds in [-1, 0, 604_801] {
        let error = lent(seconds).await.unwrap_err();
        assert!(error.to_string().contains("7 days"), "{error}");
    }
    assert!(emulator.requests().is_empty());
    let elsewhere = TemporaryCredentialParam::new("other", ID, "object-read-only", 900);
    let error = client
        .temporary_s3_keys(&account, elsewhere)
        .await
        .unwrap_err();
    assert!(error.is_not_found(), "{error}");
    // A reply that lacks something gives no keys.
    let server = Server::always(success(r#"{"accessKeyId":"a","secretAccessKey":""}"#)).await;
    let lent = TemporaryCredentialParam::new("photos", ID, "object-read-only", 900);
    let error = server
        .client()
        .temporary_s3_keys(ACCOUNT, lent)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("secret access key"), "{error}");
}

#[tokio::test]
async fn objects_go_by_the_thousand() {
    let (emulator, client, account) = start().await;
    let bucket = client.r2_bucket(&account, "photos");
    store(
        &client,
        &account,
        (0..30).map(|number| format!("a/{number}")),
    )
    .await;
    store(&client, &account, ["b/ü 1?", "c"].map(str::to_owned)).await;
    emulator.clear_requests();
    let many = (0..2500).map(|number| format!("a/{number}"));
    bucket.delete_objects(many).await.unwrap();
    assert_eq!(emulator.requests().len(), 3);
    assert_eq!(left(&client, &account).await, ["b/ü 1?", "c"]);
    bucket.delete_objects(Vec::<String>::new()).await.unwrap();
    let error = bucket.delete_objects(["c", ""]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build);

    assert_eq!(bucket.delete_below("b/").await.unwrap(), 1);
    assert_eq!(left(&client, &account).await, ["c"]);
    let error = bucket.delete_below("").await.unwrap_err();
    assert!(error.to_string().contains("`empty`"), "{error}");
    // A failure in the middle is no harm: the rest goes next time.
    let failed = Fault::error(StatusCode::BAD_REQUEST, 10001, "no");
    emulator.inject(failed.on(Method::DELETE, "/accounts/*/r2/buckets/*/objects"));
    assert!(bucket.empty().await.is_err());
    assert_eq!(bucket.empty().await.unwrap(), 1);
    assert_eq!(bucket.empty().await.unwrap(), 0);
    client
        .r2()
        .buckets()
        .delete(&account, "photos")
        .await
        .unwrap();
    assert!(bucket.empty().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_server_that_misbehaves_costs_nothing_else() {
    // It ignores the prefix.
    let server = Server::always(success(r#"[{"key":"other/1"}]"#)).await;
    let bucket = server
        .client()
        .r2_bucket(ACCOUNT, "photos")
        .jurisdiction(Jurisdiction::Eu);
    assert_eq!(bucket.delete_below("mine/").await.unwrap(), 0);
    let received = server.received();
    assert!(received.iter().all(|request| request.method == "GET"));
    assert_eq!(received[0].header("cf-r2-jurisdiction"), Some("eu"));
    // It deletes nothing.
    let error = bucket.delete_below("other/").await.unwrap_err();
    assert!(error.to_string().contains("still there"), "{error}");
    assert_eq!(server.count(), 4);
}
