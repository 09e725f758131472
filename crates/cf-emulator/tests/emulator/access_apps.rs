//! Access: applications and their policies.

use serde_json::{Value, json};

use crate::access::{UNKNOWN, everyone, made, start};

fn app(name: &str) -> Value {
    json!({ "name": name, "domain": format!("{name}.example.com"), "type": "self_hosted" })
}

fn policy(name: &str) -> Value {
    json!({ "name": name, "decision": "allow", "include": everyone() })
}

#[tokio::test]
async fn an_application_is_made_read_changed_and_deleted() {
    let (_emulator, client, account, zone) = start().await;
    for access in [&account, &zone] {
        let (path, made) = made(&client, &format!("{access}/apps"), app("wiki")).await;
        assert_eq!(
            (made["aud"].as_str().unwrap().len(), &made["uid"]),
            (64, &made["id"])
        );
        assert_eq!(
            (
                &made["session_duration"],
                &made["self_hosted_domains"],
                &made["destinations"][0]["uri"],
                &made["policies"]
            ),
            (
                &json!("24h"),
                &json!(["wiki.example.com"]),
                &json!("wiki.example.com"),
                &json!([])
            )
        );
        assert_eq!(client.get(&path).await.result(), made);
        let mut change = app("docs");
        change["session_duration"] = json!("30m");
        let changed = client.put(&path, change).await.result();
        assert_eq!(
            (
                &changed["domain"],
                &changed["session_duration"],
                &changed["aud"],
                &changed["created_at"]
            ),
            (
                &json!("docs.example.com"),
                &json!("30m"),
                &made["aud"],
                &made["created_at"]
            )
        );
        let settings = client
            .patch(&format!("{path}/settings"), json!({ "allow_iframe": true }))
            .await
            .result();
        assert_eq!(
            settings,
            json!({ "allow_iframe": true, "skip_interstitial": false })
        );
        assert_eq!(client.get(&path).await.result()["allow_iframe"], true);
        client
            .post(&format!("{path}/revoke_tokens"), json!({}))
            .await
            .result();
        assert_eq!(client.delete(&path).await.result()["id"], made["id"]);
        for gone in [
            client.get(&path).await,
            client.delete(&path).await,
            client.put(&path, app("x")).await,
        ] {
            assert_eq!(gone.failure(), (404, 11021));
        }
    }
}

#[tokio::test]
async fn types_ask_for_what_they_need() {
    let (_emulator, client, account, _) = start().await;
    let apps = format!("{account}/apps");
    for body in [
        json!({ "name": "a", "type": "self_hosted" }),
        json!({ "name": "a" }),
        json!({ "name": "a", "type": "drawbridge", "domain": "a.example.com" }),
        json!({ "name": "a", "type": "self_hosted", "domain": "a.example.org" }),
        json!({ "name": "a", "type": "self_hosted", "domain": "a.example.com", "destinations": [{ "type": "public", "uri": "b.example.org" }] }),
        json!({ "type": "self_hosted", "domain": "a.example.com" }),
        json!({ "name": "a", "type": "self_hosted", "domain": "a.example.com", "session_duration": "a day" }),
        json!({ "name": "a", "type": "self_hosted", "domain": "a.example.com", "allowed_idps": [UNKNOWN] }),
        json!({ "name": "a", "type": "self_hosted", "domain": "a.example.com", "policies": [UNKNOWN] }),
        json!({ "name": "a", "type": "bookmark" }),
        json!({ "name": "a", "type": "saas" }),
        json!({ "name": "a", "type": "saas", "saas_app": { "auth_type": "oidc" } }),
        json!({ "name": "a", "type": "saas", "saas_app": { "sp_entity_id": "x" } }),
        json!({ "name": "a", "type": "infrastructure" }),
    ] {
        assert_eq!(
            client.post(&apps, body.clone()).await.failure(),
            (400, 12130),
            "{body}"
        );
    }
    made(
        &client,
        &apps,
        json!({ "name": "b", "type": "bookmark", "domain": "https://example.org" }),
    )
    .await;
    made(&client, &apps, json!({ "type": "app_launcher" })).await;
    assert_eq!(
        client
            .post(&apps, json!({ "type": "app_launcher" }))
            .await
            .failure(),
        (409, 11010)
    );
    let saml =
        json!({ "sp_entity_id": "sp", "consumer_service_url": "https://sp.example.org/acs" });
    let (_, saml) = made(
        &client,
        &apps,
        json!({ "name": "s", "type": "saas", "saas_app": saml }),
    )
    .await;
    assert!(
        saml["saas_app"]["sso_endpoint"]
            .as_str()
            .unwrap()
            .ends_with(saml["aud"].as_str().unwrap())
    );
    let oidc = json!({ "auth_type": "oidc", "redirect_uris": ["https://rp.example.org"] });
    let (path, oidc) = made(
        &client,
        &apps,
        json!({ "name": "o", "type": "saas", "saas_app": oidc }),
    )
    .await;
    assert!(oidc["saas_app"]["client_secret"].is_string());
    let read = client.get(&path).await.result();
    assert_eq!(
        (
            &read["saas_app"]["client_secret"],
            &read["saas_app"]["client_id"]
        ),
        (&Value::Null, &oidc["saas_app"]["client_id"])
    );
}

#[tokio::test]
async fn a_hostname_is_protected_once() {
    let (_emulator, client, account, zone) = start().await;
    let apps = format!("{account}/apps");
    made(&client, &apps, app("wiki")).await;
    assert_eq!(
        client.post(&apps, app("wiki")).await.failure(),
        (409, 11010)
    );
    // Another path is another application.
    let (path, _) = made(
        &client,
        &apps,
        json!({ "name": "w", "type": "self_hosted", "domain": "wiki.example.com/admin" }),
    )
    .await;
    assert_eq!(client.put(&path, app("wiki")).await.failure(), (409, 11010));
    let found = client
        .get(&format!("{apps}?domain=wiki.example.com"))
        .await
        .result();
    assert_eq!(found.as_array().unwrap().len(), 1);
    let aud = found[0]["aud"].as_str().unwrap();
    assert_eq!(
        client.get(&format!("{apps}?aud={aud}")).await.result(),
        found
    );
    assert_eq!(
        client
            .get(&format!("{apps}?name=w&per_page=1"))
            .await
            .json()["result_info"]["total_count"],
        1
    );
    let elsewhere = json!({ "name": "x", "type": "self_hosted", "domain": "x.example.net" });
    assert_eq!(
        client
            .post(&format!("{zone}/apps"), elsewhere)
            .await
            .failure(),
        (400, 12130)
    );
}

#[tokio::test]
async fn policies_of_an_account_are_used_by_many() {
    let (_emulator, client, account, zone) = start().await;
    let policies = format!("{account}/policies");
    let (path, shared) = made(&client, &policies, policy("staff")).await;
    assert_eq!(
        (&shared["reusable"], &shared["app_count"]),
        (&json!(true), &json!(0))
    );
    let mut first = app("one");
    first["policies"] = json!([shared["id"]]);
    let (first_path, first) = made(&client, &format!("{account}/apps"), first).await;
    assert_eq!(
        (
            &first["policies"][0]["name"],
            &first["policies"][0]["precedence"]
        ),
        (&json!("staff"), &json!(1))
    );
    let mut second = app("two");
    second["policies"] = json!([{ "id": shared["id"], "precedence": 3 }]);
    let (second_path, _) = made(&client, &format!("{zone}/apps"), second).await;
    assert_eq!(client.get(&path).await.result()["app_count"], 2);
    assert_eq!(client.delete(&path).await.failure(), (400, 12130));
    let mut change = policy("people");
    change["decision"] = json!("deny");
    client.put(&path, change).await.result();
    assert_eq!(
        client.get(&first_path).await.result()["policies"][0]["decision"],
        "deny"
    );
    // In an application it can be detached, not changed.
    let id = shared["id"].as_str().unwrap();
    assert_eq!(
        client
            .put(&format!("{first_path}/policies/{id}"), policy("x"))
            .await
            .failure(),
        (400, 12130)
    );
    client
        .delete(&format!("{first_path}/policies/{id}"))
        .await
        .result();
    client.delete(&second_path).await.result();
    assert_eq!(client.get(&path).await.result()["app_count"], 0);
    client.delete(&path).await.result();
    assert_eq!(client.get(&path).await.failure(), (404, 11021));
    for body in [
        json!({ "name": "p", "decision": "allow" }),
        json!({ "name": "p", "decision": "allow", "include": [] }),
        json!({ "name": "p", "decision": "perhaps", "include": everyone() }),
        json!({ "decision": "allow", "include": everyone() }),
        json!({ "name": "p", "decision": "allow", "include": everyone(), "session_duration": "x" }),
    ] {
        assert_eq!(
            client.post(&policies, body.clone()).await.failure(),
            (400, 12130),
            "{body}"
        );
    }
}

#[tokio::test]
async fn policies_of_an_application_have_an_order() {
    let (_emulator, client, account, _) = start().await;
    let (path, _) = made(&client, &format!("{account}/apps"), app("one")).await;
    let policies = format!("{path}/policies");
    let (first, made_first) = made(&client, &policies, policy("first")).await;
    assert_eq!(
        (&made_first["precedence"], &made_first["reusable"]),
        (&json!(1), &json!(false))
    );
    let mut early = policy("early");
    early["precedence"] = json!(1);
    assert_eq!(
        client.post(&policies, early).await.failure(),
        (400, 12130),
        "the precedence is taken"
    );
    let (second, _) = made(&client, &policies, policy("second")).await;
    let mut last = policy("first");
    last["precedence"] = json!(9);
    assert_eq!(
        client.put(&first, last).await.result()["created_at"],
        made_first["created_at"]
    );
    let names = async |path: &str| {
        let all = client.get(path).await.result();
        let names = all
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(&policies).await, ["second", "first"]);
    // Without a precedence, it keeps its own.
    client.put(&second, policy("renamed")).await.result();
    assert_eq!(names(&policies).await, ["renamed", "first"]);
    // Replacing an application without policies keeps them.
    client.put(&path, app("two")).await.result();
    assert_eq!(names(&policies).await, ["renamed", "first"]);
    let mut change = app("two");
    change["policies"] = json!([{ "name": "whole", "decision": "bypass", "include": everyone() }]);
    client.put(&path, change.clone()).await.result();
    assert_eq!(names(&policies).await, ["whole"]);
    assert_eq!(client.get(&second).await.failure(), (404, 11021));
    change["policies"] = json!([{ "name": "a", "decision": "allow", "include": everyone(), "precedence": 1 }, { "name": "b", "decision": "allow", "include": everyone(), "precedence": 1 }]);
    assert_eq!(client.put(&path, change).await.failure(), (400, 12130));
    let unknown = format!("{account}/apps/{UNKNOWN}/policies");
    assert_eq!(
        client.post(&unknown, policy("p")).await.failure(),
        (404, 11021)
    );
    assert_eq!(client.get(&unknown).await.failure(), (404, 11021));
}

#[tokio::test]
async fn an_application_has_one_certificate_authority() {
    let (_emulator, client, account, _) = start().await;
    let apps = format!("{account}/apps");
    let (path, app) = made(&client, &apps, app("ssh")).await;
    let path = format!("{path}/ca");
    assert_eq!(client.get(&path).await.failure(), (404, 11021));
    let authority = client.post(&path, json!({})).await.result();
    assert_eq!(authority["aud"], app["aud"]);
    assert!(
        authority["public_key"]
            .as_str()
            .unwrap()
            .starts_with("ecdsa-sha2-nistp256 ")
    );
    assert_eq!(client.post(&path, json!({})).await.failure(), (409, 11010));
    assert_eq!(
        client.get(&format!("{apps}/ca")).await.result(),
        json!([authority])
    );
    assert_eq!(client.delete(&path).await.result()["id"], authority["id"]);
    assert_eq!(client.delete(&path).await.failure(), (404, 11021));
}
