//! Workers: settings, schedules, subdomains.

use cf_emulator::{Emulator, TokenSpec};
use http::Method;
use serde_json::json;

use crate::client::{Client, form};
use crate::workers::{start, upload};

async fn script() -> (Emulator, Client, String) {
    let (emulator, client, scripts) = start().await;
    let path = format!("{scripts}/small");
    let bindings = json!([{ "name": "MODE", "type": "plain_text", "text": "fast" }, { "name": "KEY", "type": "secret_text", "text": "hush" }]);
    let metadata = json!({ "main_module": "index.js", "compatibility_date": "2026-01-01", "bindings": bindings });
    upload(&client, Method::PUT, &path, &metadata)
        .await
        .result();
    (emulator, client, path)
}

#[tokio::test]
async fn settings_change_as_a_version() {
    let (_emulator, client, path) = script().await;
    let settings = format!("{path}/settings");
    let versions = async || {
        client.get(&format!("{path}/versions")).await.result()["items"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(versions().await, 1);
    let change = json!({ "compatibility_date": "2026-02-01", "bindings": [{ "name": "MODE", "type": "inherit" }, { "name": "KEY", "type": "inherit" }, { "name": "SIZE", "type": "json", "json": 3 }] });
    let form_of = |name: &str, text: &str| form(&[(name, text.as_bytes())]);
    let sent = form_of("name=\"settings\"", &change.to_string());
    let changed = client
        .send_form(Method::PATCH, &settings, sent)
        .await
        .result();
    assert_eq!(changed["compatibility_date"], "2026-02-01");
    let mut names: Vec<_> = changed["bindings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["KEY", "MODE", "SIZE"]);
    assert_eq!(client.get(&settings).await.result(), changed);
    assert_eq!(versions().await, 2);
    // Plain JSON works, too.
    client
        .patch(&settings, json!({ "tags": ["a"] }))
        .await
        .result();
    assert_eq!(client.get(&settings).await.result()["tags"], json!(["a"]));
    for bad in [
        json!({ "bindings": [{ "name": "NEW", "type": "inherit" }] }),
        json!({ "bindings": [{ "type": "json", "json": 1 }] }),
        json!({ "bindings": "none" }),
    ] {
        assert_eq!(client.patch(&settings, bad).await.failure(), (400, 10021));
    }
    let other = form_of("name=\"other\"", "{}");
    let broken = client.send_form(Method::PATCH, &settings, other).await;
    assert_eq!(broken.failure(), (400, 10021));
    let unknown = path.replace("small", "none");
    assert_eq!(
        client
            .patch(&format!("{unknown}/settings"), json!({}))
            .await
            .failure(),
        (404, 10007)
    );
}

/// Like `wrangler secret bulk`: existing ones are sent with name and type only.
#[tokio::test]
async fn bindings_stay_that_are_only_named() {
    let (_emulator, client, path) = script().await;
    let settings = format!("{path}/settings");
    let before = client.get(&settings).await.result()["bindings"].clone();
    let mut asked: Vec<_> = before
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!({ "type": one["type"], "name": one["name"] }))
        .collect();
    asked.push(json!({ "type": "secret_text", "name": "ADDED", "text": "hush" }));
    let change = json!({ "bindings": asked });
    let form = form(&[("name=\"settings\"", change.to_string().as_bytes())]);
    let sent = client.send_form(Method::PATCH, &settings, form).await;
    let after = sent.result()["bindings"].clone();
    let named = |name: &str| {
        let mut all = after.as_array().unwrap().iter();
        all.find(|one| one["name"] == name).cloned().unwrap()
    };
    assert_eq!(named("MODE")["text"], "fast");
    for secret in ["KEY", "ADDED"] {
        assert_eq!(
            named(secret),
            json!({ "name": secret, "type": "secret_text" })
        );
    }
    assert_eq!(after.as_array().unwrap().len(), 3);
    // A new one needs more, and so does one that changes its type.
    for bad in ["NEW", "MODE"] {
        let change = json!({ "bindings": [{ "type": "secret_text", "name": bad }] });
        assert_eq!(client.patch(&settings, change).await.status, 400);
    }
}

#[tokio::test]
async fn what_versions_share_needs_none() {
    let (_emulator, client, path) = script().await;
    let shared = format!("{path}/script-settings");
    assert_eq!(client.get(&shared).await.result(), json!({}));
    let change =
        json!({ "logpush": true, "tags": ["team"], "tail_consumers": [{ "service": "watcher" }] });
    assert_eq!(client.patch(&shared, change.clone()).await.result(), change);
    assert_eq!(client.get(&shared).await.result(), change);
    assert_eq!(
        client.get(&format!("{path}/versions")).await.result()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        client
            .patch(&shared, json!({ "logpush": "yes" }))
            .await
            .failure(),
        (400, 10021)
    );
}

#[tokio::test]
async fn schedules_are_set_all_at_once() {
    let (_emulator, client, path) = script().await;
    let schedules = format!("{path}/schedules");
    assert_eq!(
        client.get(&schedules).await.result(),
        json!({ "schedules": [] })
    );
    let first = client
        .put(&schedules, json!([{ "cron": "*/5 * * * *" }]))
        .await
        .result();
    let both = json!([{ "cron": "*/5 * * * *" }, { "cron": "0 9 * * MON-FRI" }, { "cron": "0 9 * * MON-FRI" }]);
    let both = client.put(&schedules, both).await.result();
    assert_eq!(both["schedules"].as_array().unwrap().len(), 2);
    assert_eq!(
        both["schedules"][0]["created_on"],
        first["schedules"][0]["created_on"]
    );
    for bad in [
        json!({}),
        json!([{}]),
        json!([{ "cron": "now" }]),
        json!([{ "cron": "* * * * ?" }]),
        json!([{ "cron": "* * * * * *" }]),
    ] {
        assert_eq!(
            client.put(&schedules, bad.clone()).await.failure(),
            (400, 10100),
            "{bad}"
        );
    }
    assert_eq!(
        client.get(&schedules).await.result(),
        both,
        "nothing changed"
    );
    client.put(&schedules, json!([])).await.result();
    client.delete(&path).await.result();
    assert_eq!(client.get(&schedules).await.failure(), (404, 10007));
}

#[tokio::test]
async fn a_script_is_below_workers_dev_when_switched_on() {
    let (_emulator, client, path) = script().await;
    let subdomain = format!("{path}/subdomain");
    let off = json!({ "enabled": false, "previews_enabled": false });
    assert_eq!(client.get(&subdomain).await.result(), off);
    let on = client
        .post(&subdomain, json!({ "enabled": true }))
        .await
        .result();
    assert_eq!(on, json!({ "enabled": true, "previews_enabled": true }));
    let only = json!({ "enabled": true, "previews_enabled": false });
    assert_eq!(client.post(&subdomain, only.clone()).await.result(), only);
    assert_eq!(client.get(&subdomain).await.result(), only);
    assert_eq!(client.delete(&subdomain).await.result(), off);
    assert_eq!(
        client.post(&subdomain, json!({})).await.failure(),
        (400, 10021)
    );
}

#[tokio::test]
async fn accounts_have_different_subdomains() {
    let (emulator, client, path) = script().await;
    let own = path.replace("/scripts/small", "/subdomain");
    let other = format!(
        "/accounts/{}/workers/subdomain",
        emulator.add_account("second")
    );
    let first = client.get(&own).await.result();
    assert_ne!(client.get(&other).await.result(), first);
    assert_eq!(
        client
            .put(&own, json!({ "subdomain": "Ada" }))
            .await
            .result()["subdomain"],
        "ada"
    );
    assert_eq!(
        client
            .put(&other, json!({ "subdomain": "ada" }))
            .await
            .failure(),
        (409, 10031)
    );
    for (name, failure) in [("ada", (409, 10031)), ("free", (404, 10032))] {
        assert_eq!(
            client.get(&format!("{own}s/{name}")).await.failure(),
            failure
        );
    }
    for bad in ["", "-a", "a.b"] {
        assert_eq!(
            client
                .put(&own, json!({ "subdomain": bad }))
                .await
                .failure(),
            (400, 10021)
        );
    }
    assert_eq!(client.delete(&own).await.status, 204);
    assert_eq!(client.get(&own).await.failure(), (404, 10007));
    client
        .put(&other, json!({ "subdomain": "ada" }))
        .await
        .result();
}

#[tokio::test]
async fn who_may_read_changes_no_settings() {
    let (emulator, _, path) = script().await;
    for (group, read) in [
        ("Workers Scripts Read", 200),
        ("Workers KV Storage Write", 403),
    ] {
        let token = emulator.add_token(TokenSpec::new([group])).unwrap();
        let client = Client::with_token(&emulator, &token.value);
        for part in ["settings", "script-settings", "schedules", "subdomain"] {
            assert_eq!(
                client.get(&format!("{path}/{part}")).await.status,
                read,
                "{part}"
            );
        }
        assert_eq!(
            client
                .patch(&format!("{path}/settings"), json!({}))
                .await
                .failure(),
            (403, 10000)
        );
        assert_eq!(
            client
                .put(&format!("{path}/schedules"), json!([]))
                .await
                .failure(),
            (403, 10000)
        );
    }
}
