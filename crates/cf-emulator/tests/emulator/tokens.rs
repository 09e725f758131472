//! Tokens of the user and of accounts.

use std::collections::BTreeSet;

use cf_emulator::Emulator;
use serde_json::{Value, json};

use crate::client::Client;

const DNS_READ: &str = "82e64a83756745bbbb1c9c2701bf816b";

fn token(name: &str) -> Value {
    json!({
        "name": name,
        "policies": [{
            "effect": "allow",
            "resources": { "com.cloudflare.api.account.zone.*": "*" },
            "permission_groups": [{ "id": DNS_READ }],
        }],
    })
}

#[tokio::test]
async fn a_token_from_creation_to_deletion() {
    let emulator = Emulator::start().await.unwrap();
    let owner = Client::new(&emulator);
    let account = format!("/accounts/{}/tokens", emulator.account_id());
    for (tokens, prefix) in [("/user/tokens", "cfut_"), (account.as_str(), "cfat_")] {
        let mut body = token("reader");
        body["expires_on"] = json!("2999-01-01T00:00:00Z");
        let created = owner.post(tokens, body).await.result();
        let value = created["value"].as_str().unwrap().to_owned();
        assert!(value.starts_with(prefix));
        assert_eq!(created["status"], "active");
        assert_eq!(
            created["policies"][0]["permission_groups"][0]["name"],
            "DNS Read"
        );
        assert!(created["policies"][0]["id"].is_string());
        let path = format!("{tokens}/{}", created["id"].as_str().unwrap());
        let shown = owner.get(&path).await.result();
        assert_eq!(shown.get("value"), None, "the value is shown once");
        let page = owner.get(tokens).await.json();
        assert!(page["result"].as_array().unwrap().contains(&shown));
        assert!(!page.to_string().contains(&value));

        let holder = Client::with_token(&emulator, &value);
        let verified = holder.get(&format!("{tokens}/verify")).await;
        let expected = json!({
            "id": created["id"], "status": "active", "expires_on": "2999-01-01T00:00:00Z",
        });
        assert_eq!(verified.result(), expected);
        assert_eq!(verified.json()["messages"][0]["code"], 10000);

        let rolled = owner
            .put(&format!("{path}/value"), json!({}))
            .await
            .result();
        let rolled = rolled.as_str().unwrap();
        assert_ne!(rolled, value);
        assert_eq!(
            holder.get(&format!("{tokens}/verify")).await.failure(),
            (401, 1000)
        );
        let holder = Client::with_token(&emulator, rolled);
        holder.get(&format!("{tokens}/verify")).await.result();

        let mut body = token("renamed");
        body["status"] = json!("disabled");
        let updated = owner.put(&path, body).await.result();
        assert_eq!(
            (&updated["name"], &updated["status"]),
            (&json!("renamed"), &json!("disabled"))
        );
        assert_eq!(
            updated.get("expires_on"),
            None,
            "what an update leaves out is gone"
        );
        assert_eq!(updated["id"], created["id"]);
        assert_eq!(
            holder.get(&format!("{tokens}/verify")).await.failure(),
            (401, 1000)
        );

        assert_eq!(
            owner.delete(&path).await.result(),
            json!({ "id": created["id"] })
        );
        assert_eq!(owner.get(&path).await.failure(), (404, 1003));
        assert_eq!(
            owner
                .put(&format!("{path}/value"), json!({}))
                .await
                .failure(),
            (404, 1003)
        );
        assert_eq!(holder.get("/user").await.failure(), (403, 9109));
    }
}

#[tokio::test]
async fn a_token_is_verified_where_it_belongs() {
    let emulator = Emulator::builder()
        .user("a@example.com", "key-of-ada")
        .start()
        .await
        .unwrap();
    let owner = Client::new(&emulator);
    owner.get("/user/tokens/verify").await.result();
    let tokens = format!("/accounts/{}/tokens", emulator.account_id());
    assert_eq!(
        owner.get(&format!("{tokens}/verify")).await.failure(),
        (401, 1000)
    );
    let created = owner.post(&tokens, token("t")).await.result();
    let holder = Client::with_token(&emulator, created["value"].as_str().unwrap());
    assert_eq!(
        holder.get("/user/tokens/verify").await.failure(),
        (401, 1000)
    );
    let key = [
        ("x-auth-email", "a@example.com"),
        ("x-auth-key", "key-of-ada"),
    ];
    let key = Client::with_headers(&emulator, &key);
    assert_eq!(key.get("/user/tokens/verify").await.failure(), (401, 1000));
}

#[tokio::test]
async fn a_token_must_make_sense() {
    let emulator = Emulator::start().await.unwrap();
    let owner = Client::new(&emulator);
    let with = |change: fn(&mut Value)| {
        let mut body = token("t");
        change(&mut body);
        body
    };
    for body in [
        with(|t| t["name"] = json!("")),
        with(|t| t["policies"] = json!([])),
        with(|t| t["policies"] = json!("all")),
        with(|t| t["policies"][0] = json!("all")),
        with(|t| t["policies"][0]["effect"] = json!("maybe")),
        with(|t| t["policies"][0]["resources"] = json!({})),
        with(|t| t["policies"][0]["resources"] = json!({ "everything": "*" })),
        with(|t| t["policies"][0]["permission_groups"] = json!([])),
        with(|t| t["policies"][0]["permission_groups"] = json!(["DNS Read"])),
        with(|t| t["policies"][0]["permission_groups"][0]["id"] = json!("x")),
        with(|t| t["expires_on"] = json!("soon")),
        with(|t| t["not_before"] = json!(7)),
    ] {
        assert_eq!(
            owner.post("/user/tokens", body.clone()).await.failure(),
            (400, 1003),
            "{body}"
        );
    }
    let mut of_user = with(|t| {
        let group =
            json!({ "id": "8acbe5bb0d54464ab867149d7f7cf8ac", "name": "User Details Read" });
        t["policies"][0]["permission_groups"][0] = group;
    });
    of_user["policies"][0]["resources"] = json!({ "com.cloudflare.api.user.*": "*" });
    owner.post("/user/tokens", of_user.clone()).await.result();
    let of_account = format!("/accounts/{}/tokens", emulator.account_id());
    assert_eq!(
        owner.post(&of_account, of_user).await.failure(),
        (400, 1003)
    );
    let early = with(|t| t["not_before"] = json!("2999-01-01T00:00:00Z"));
    let created = owner.post("/user/tokens", early).await.result();
    let holder = Client::with_token(&emulator, created["value"].as_str().unwrap());
    assert_eq!(
        holder.get("/user/tokens/verify").await.failure(),
        (401, 1000)
    );
}

#[tokio::test]
async fn tokens_that_ran_out_can_be_left_out() {
    let emulator = Emulator::start().await.unwrap();
    let owner = Client::new(&emulator);
    let mut body = token("old");
    body["expires_on"] = json!("2020-01-01T00:00:00Z");
    let old = owner.post("/user/tokens", body).await.result();
    assert_eq!(old["status"], "expired");
    let count = async |query: &str| {
        owner.get(&format!("/user/tokens{query}")).await.json()["result_info"]["total_count"]
            .clone()
    };
    assert_eq!(count("").await, 2);
    assert_eq!(count("?include_expired=false").await, 1);
    let newest_first = owner.get("/user/tokens?direction=desc").await.result();
    assert_eq!(newest_first[0]["id"], old["id"]);
}

#[tokio::test]
async fn permission_groups_are_listed() {
    let emulator = Emulator::start().await.unwrap();
    let owner = Client::new(&emulator);
    let all = owner.get("/user/tokens/permission_groups").await.result();
    let dns = all
        .as_array()
        .unwrap()
        .iter()
        .find(|g| g["name"] == "DNS Read")
        .unwrap();
    assert_eq!(dns["id"], DNS_READ);
    assert_eq!(dns["scopes"], json!(["com.cloudflare.api.account.zone"]));
    let all = all.as_array().unwrap();
    let ids: BTreeSet<_> = all
        .iter()
        .filter_map(|group| group["id"].as_str())
        .collect();
    assert_eq!((all.len(), ids.len()), (315, 315));
    // Some names stand for two groups.
    let logs = all.iter().filter(|group| group["name"] == "Logs Read");
    let scopes: Vec<_> = logs.map(|group| group["scopes"][0].clone()).collect();
    assert_eq!(
        scopes,
        [
            "com.cloudflare.api.account",
            "com.cloudflare.api.account.zone"
        ]
    );
    let named = owner
        .get("/user/tokens/permission_groups?name=DNS%20Write")
        .await
        .result();
    assert_eq!(named.as_array().unwrap().len(), 1);
    let query = "scope=com.cloudflare.api.user";
    let of_user = owner
        .get(&format!("/user/tokens/permission_groups?{query}"))
        .await
        .result();
    assert_eq!(of_user.as_array().unwrap().len(), 6);
    let account = format!(
        "/accounts/{}/tokens/permission_groups",
        emulator.account_id()
    );
    assert_eq!(
        owner.get(&format!("{account}?{query}")).await.result(),
        json!([])
    );
}

/// The identifiers of groups are Cloudflare's: programs have them from its documentation.
#[tokio::test]
async fn permission_groups_have_the_identifiers_that_programs_know() {
    let emulator = Emulator::start().await.unwrap();
    let owner = Client::new(&emulator);
    let groups = owner.get("/user/tokens/permission_groups").await.result();
    let group = |id: &str| {
        let mut groups = groups.as_array().unwrap().iter();
        groups
            .find(|group| group["id"] == id)
            .cloned()
            .unwrap_or_default()
    };
    for (id, name) in [
        (DNS_READ, "DNS Read"),
        ("4755a26eedb94da69e1066d98aa820be", "DNS Write"),
        ("c8fed203ed3043cba015a93ad1616f1f", "Zone Read"),
        ("e6d2666161e84845a636613608cee8d5", "Zone Write"),
        ("3030687196b94b638145a3953da2b699", "Zone Settings Write"),
        ("c1fde68c7bcc44588cbb6ddbc16d6480", "Account Settings Read"),
        ("e086da7e2179491d91ee5f35b3ca210a", "Workers Scripts Write"),
        (
            "f7f0eda5697f475c90846e879bab8666",
            "Workers KV Storage Write",
        ),
        ("8acbe5bb0d54464ab867149d7f7cf8ac", "User Details Read"),
    ] {
        assert_eq!(group(id)["name"], name, "{id}");
    }

    // Each of the project's list is shown, and tokens can be made with it.
    let account = format!("/accounts/{}/tokens", emulator.account_id());
    let lines = include_str!("../../src/generated/groups.txt").lines();
    let known = lines.filter(|line| !line.starts_with(['#', '-']));
    let mut count = 0;
    for line in known {
        let parts: Vec<&str> = line.splitn(4, ' ').collect();
        let [id, scope, _, name] = parts[..] else {
            panic!("{line}");
        };
        let scope = match scope {
            "account" => "com.cloudflare.api.account",
            "zone" => "com.cloudflare.api.account.zone",
            "user" => "com.cloudflare.api.user",
            _ => "com.cloudflare.edge.r2.bucket",
        };
        let shown = group(id);
        assert_eq!(
            (&shown["name"], &shown["scopes"]),
            (&json!(name), &json!([scope]))
        );
        let mut body = token(name);
        let policy = &mut body["policies"][0];
        policy["permission_groups"] = json!([{ "id": id }]);
        policy["resources"] = json!({ format!("{scope}.*"): "*" });
        let tokens = if scope.ends_with(".user") {
            "/user/tokens"
        } else {
            &account
        };
        let made = owner.post(tokens, body).await.result();
        assert_eq!(made["policies"][0]["permission_groups"][0]["name"], name);
        count += 1;
    }
    assert!(count >= 305, "{count}");
}

/// Scanners of secrets look for a prefix, 40 characters and a checksum.
#[tokio::test]
async fn values_have_the_form_that_scanners_look_for() {
    let emulator = Emulator::start().await.unwrap();
    let owner = Client::new(&emulator);
    let account = format!("/accounts/{}/tokens", emulator.account_id());
    let mut values = vec![("cfut_", emulator.token().to_owned())];
    for (tokens, prefix) in [("/user/tokens", "cfut_"), (account.as_str(), "cfat_")] {
        let made = owner.post(tokens, token("reader")).await.result();
        values.push((prefix, made["value"].as_str().unwrap().to_owned()));
        let path = format!("{tokens}/{}/value", made["id"].as_str().unwrap());
        let rolled = owner.put(&path, json!({})).await.result();
        values.push((prefix, rolled.as_str().unwrap().to_owned()));
    }
    for (prefix, value) in values {
        let rest = value.strip_prefix(prefix).unwrap();
        let (characters, checksum) = rest.split_at(40);
        assert!(
            characters.bytes().all(|b| b.is_ascii_alphanumeric()),
            "{characters}"
        );
        assert_eq!(checksum.len(), 8);
        assert!(
            checksum
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')),
            "{checksum}"
        );
        let of = format!("{prefix}{characters}");
        assert_eq!(
            u32::from_str_radix(checksum, 16).unwrap(),
            crc32fast::hash(of.as_bytes())
        );
    }
}
