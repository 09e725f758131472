//! Products that the description answers: what shows in which reply, and what
//! is made up.

use http::StatusCode;
use serde_json::json;

use crate::whole_api::{Api, ID, SAMPLE};

/// Actions show in the object that they are about.
#[tokio::test]
async fn switches_show_where_they_are_read() {
    let api = Api::start().await;
    let zone = format!("/zones/{}", api.zone);
    for (base, read, field) in [
        (
            "content-upload-scan",
            "content-upload-scan/settings",
            "value",
        ),
        ("email/routing", "email/routing", "enabled"),
    ] {
        let mut seen = Vec::new();
        for verb in ["enable", "disable"] {
            let path = format!("{zone}/{base}/{verb}");
            assert!(
                api.client.post(&path, json!({})).await.status.is_success(),
                "{path}"
            );
            let read = api.client.get(&format!("{zone}/{read}")).await.result();
            seen.push(read[field].clone());
        }
        let expected = match field {
            "enabled" => [json!(true), json!(false)],
            _ => [json!("enabled"), json!("disabled")],
        };
        assert_eq!(seen, expected, "{base}");
    }
    let jobs = format!("/accounts/{}/stream/live_inputs", api.emulator.account_id());
    let made = api.client.post(&jobs, json!({})).await.result();
    let job = format!("{jobs}/{}", made["uid"].as_str().unwrap());
    api.client
        .post(&format!("{job}/disable"), json!({}))
        .await
        .result();
    assert_eq!(api.client.get(&job).await.result()["enabled"], false);
}

/// Identifiers in lists of objects stay, and events of a bucket are in the list
/// above them.
#[tokio::test]
async fn lists_in_replies_have_what_was_sent() {
    let api = Api::start().await;
    let (client, account) = (&api.client, api.emulator.account_id());
    let headers = format!("/zones/{}/managed_headers", api.zone);
    let one = json!({ "id": "add_visitor_location_headers", "enabled": true });
    let set = json!({ "managed_request_headers": [one] });
    let shown = client.patch(&headers, set).await.result();
    assert_eq!(shown["managed_request_headers"][0]["id"], one["id"]);
    assert_eq!(
        client.get(&headers).await.result()["managed_request_headers"][0]["enabled"],
        true
    );

    let buckets = format!("/accounts/{account}/r2/buckets");
    let bucket = client.post(&buckets, json!({ "name": "photos" })).await;
    bucket.result();
    let events = format!("/accounts/{account}/event_notifications/r2/photos/configuration");
    assert_eq!(client.get(&events).await.failure(), (404, 11015));
    let rule = json!({ "rules": [{ "actions": ["PutObject"], "prefix": "in/" }] });
    client
        .put(&format!("{events}/queues/{ID}"), rule)
        .await
        .result();
    let queues = client.get(&events).await.result()["queues"].clone();
    assert_eq!(queues[0]["queueId"], ID);
    assert_eq!(queues[0]["rules"][0]["prefix"], "in/");
    // Two ways to the same list.
    let policy = format!("/accounts/{account}/devices/policy");
    let excluded = json!([{ "address": "10.0.0.0/8" }]);
    let set = client.patch(&policy, json!({ "exclude": excluded })).await;
    assert_eq!(set.result()["exclude"], excluded);
    assert_eq!(client.get(&policy).await.result()["exclude"], excluded);
    let other = json!([{ "address": "192.0.2.0/24" }]);
    let set = client
        .put(&format!("{policy}/exclude"), other.clone())
        .await;
    assert_eq!(set.result()[0]["address"], "192.0.2.0/24");
    assert_eq!(client.get(&policy).await.result()["exclude"], other);

    client
        .delete(&format!("{events}/queues/{ID}"))
        .await
        .result();
    assert_eq!(client.get(&events).await.failure(), (404, 11015));
}

/// What was never set is off, and some collections are not empty.
#[tokio::test]
async fn what_nobody_set_is_as_the_real_one_starts() {
    let api = Api::start().await;
    let account = format!("/accounts/{}", api.emulator.account_id());
    let buckets = format!("{account}/r2/buckets");
    api.client
        .post(&buckets, json!({ "name": "photos" }))
        .await
        .result();
    let managed = api
        .client
        .get(&format!("{buckets}/photos/domains/managed"))
        .await;
    assert_eq!(managed.headers[SAMPLE], "true");
    assert_eq!(managed.result()["enabled"], false);
    let namespaces = format!("{account}/ai-search/namespaces");
    let all = api.client.get(&namespaces).await.result();
    assert_eq!(
        (all.as_array().unwrap().len(), &all[0]["name"]),
        (1, &json!("default"))
    );
    api.client
        .delete(&format!("{namespaces}/default"))
        .await
        .result();
    assert_eq!(api.client.get(&namespaces).await.result(), json!([]));
}

/// The password of a database is for the database.
#[tokio::test]
async fn the_secrets_of_others_stay_inside() {
    let api = Api::start().await;
    let account = format!("/accounts/{}", api.emulator.account_id());
    let buckets = format!("{account}/r2/buckets");
    api.client
        .post(&buckets, json!({ "name": "photos" }))
        .await
        .result();
    let sippy = format!("{buckets}/photos/sippy");
    let body = json!({
        "destination": { "provider": "r2", "accessKeyId": "key", "secretAccessKey": "hush-r2" },
        "source": { "provider": "aws", "bucket": "old", "region": "us", "accessKeyId": "key", "secretAccessKey": "hush-aws" },
    });
    let set = api.client.put(&sippy, body).await;
    let read = api.client.get(&sippy).await;
    assert_eq!(read.result()["source"]["bucket"], "old");
    for answer in [set, read] {
        assert!(!String::from_utf8_lossy(&answer.body).contains("hush"));
    }
}

/// A reply that is made up says so, one that is not does not.
#[tokio::test]
async fn samples_are_marked() {
    let api = Api::start().await;
    let client = &api.client;
    let radar = client.get("/radar/http/timeseries?name=main").await;
    assert_eq!(radar.headers[SAMPLE], "true");
    let zone = client.get(&format!("/zones/{}", api.zone)).await;
    assert!(!zone.headers.contains_key(SAMPLE));
    // Some fields of this one are known, and others are not.
    let checks = format!("/zones/{}/healthchecks", api.zone);
    let body = json!({ "name": "primary", "address": "192.0.2.1" });
    let made = client.post(&checks, body).await;
    assert_ne!(
        made.headers.get(SAMPLE).map(|value| value.as_bytes()),
        Some(&b"true"[..])
    );
    let rules = format!("/zones/{}/pagerules", api.zone);
    let rule = json!({
        "targets": [{ "target": "url", "constraint": { "operator": "matches", "value": "example.com/*" } }],
        "actions": [{ "id": "always_use_https" }],
    });
    let made = client.post(&rules, rule.clone()).await;
    assert_eq!(made.headers[SAMPLE], "priority, status");
    assert_eq!(made.result()["targets"], rule["targets"]);
    assert_eq!(made.result()["actions"], rule["actions"]);
    let empty = client.post(&rules, json!({})).await;
    assert_eq!(empty.status, StatusCode::BAD_REQUEST);
}
