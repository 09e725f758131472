//! Tunnels, their configurations and tokens.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use cf_emulator::{Emulator, TokenSpec};
use serde_json::{Value, json};

use crate::client::Client;

const UNKNOWN: &str = "f174e90a-fafe-4643-bbbc-4a0ed4fc8415";

pub(crate) async fn start() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let account = format!("/accounts/{}", emulator.account_id());
    (emulator, client, account)
}

pub(crate) async fn tunnel(client: &Client, account: &str, name: &str) -> String {
    let made = client
        .post(&format!("{account}/cfd_tunnel"), json!({ "name": name }))
        .await;
    made.result()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_tunnel_is_made_read_renamed_and_deleted() {
    let (emulator, client, account) = start().await;
    let tunnels = format!("{account}/cfd_tunnel");
    let secret = BASE64_STANDARD.encode([7; 32]);
    let made = client
        .post(
            &tunnels,
            json!({ "name": "blue", "config_src": "cloudflare", "tunnel_secret": secret }),
        )
        .await
        .result();
    assert_eq!(
        (
            &made["status"],
            &made["remote_config"],
            &made["tun_type"],
            &made["deleted_at"]
        ),
        (
            &json!("inactive"),
            &json!(true),
            &json!("cfd_tunnel"),
            &Value::Null
        )
    );
    assert_eq!(made["credentials_file"]["TunnelSecret"], secret);
    let id = made["id"].as_str().unwrap();
    let path = format!("{tunnels}/{id}");
    let read = client.get(&path).await.result();
    assert!(
        read.get("token").is_none()
            && read.get("credentials_file").is_none()
            && read.get("secret").is_none(),
        "{read}"
    );

    let token = client.get(&format!("{path}/token")).await.result();
    assert_eq!(token, made["token"]);
    let token = BASE64_STANDARD.decode(token.as_str().unwrap()).unwrap();
    let token: Value = serde_json::from_slice(&token).unwrap();
    assert_eq!(
        token,
        json!({ "a": emulator.account_id(), "t": id, "s": secret })
    );

    let renamed = client
        .patch(&path, json!({ "name": "green" }))
        .await
        .result();
    assert_eq!(
        (&renamed["name"], &renamed["created_at"]),
        (&json!("green"), &made["created_at"])
    );
    assert_eq!(
        client.get(&format!("{path}/connections")).await.result(),
        json!([])
    );
    client.delete(&format!("{path}/connections")).await.result();
    assert_eq!(
        client
            .get(&format!("{path}/connectors/{UNKNOWN}"))
            .await
            .failure(),
        (404, 1003)
    );

    assert!(client.delete(&path).await.result()["deleted_at"].is_string());
    // It can still be read, and nothing else.
    assert!(client.get(&path).await.result()["deleted_at"].is_string());
    assert_eq!(client.delete(&path).await.failure(), (404, 1002));
    assert_eq!(
        client.get(&format!("{path}/token")).await.failure(),
        (404, 1002)
    );
    assert_eq!(
        client.patch(&path, json!({ "name": "x" })).await.failure(),
        (404, 1002)
    );
    client
        .post(&tunnels, json!({ "name": "green" }))
        .await
        .result();
}

#[tokio::test]
async fn what_a_tunnel_cannot_be() {
    let (_emulator, client, account) = start().await;
    let tunnels = format!("{account}/cfd_tunnel");
    for body in [
        json!({}),
        json!({ "name": "" }),
        json!({ "name": "t", "config_src": "moon" }),
        json!({ "name": "t", "tunnel_secret": "not base64!" }),
        json!({ "name": "t", "tunnel_secret": BASE64_STANDARD.encode([7; 31]) }),
    ] {
        assert_eq!(
            client.post(&tunnels, body.clone()).await.failure(),
            (400, 1002),
            "{body}"
        );
    }
    tunnel(&client, &account, "taken").await;
    let other = tunnel(&client, &account, "other").await;
    assert_eq!(
        client
            .post(&tunnels, json!({ "name": "taken" }))
            .await
            .failure(),
        (409, 1013)
    );
    assert_eq!(
        client
            .patch(&format!("{tunnels}/{other}"), json!({ "name": "taken" }))
            .await
            .failure(),
        (409, 1013)
    );
    assert_eq!(
        client.get(&format!("{tunnels}/{UNKNOWN}")).await.failure(),
        (404, 1002)
    );
}

#[tokio::test]
async fn tunnels_are_found_and_paged() {
    let (_emulator, client, account) = start().await;
    let mut ids = Vec::new();
    for name in ["web-1", "web-2", "db-1"] {
        ids.push(tunnel(&client, &account, name).await);
    }
    client
        .post(
            &format!("{account}/warp_connector"),
            json!({ "name": "site" }),
        )
        .await
        .result();
    client
        .delete(&format!("{account}/cfd_tunnel/{}", ids[1]))
        .await
        .result();
    let names = async |query: &str| {
        let found = client.get(&format!("{account}/{query}")).await.result();
        let mut names: Vec<_> = found
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names.join(" ")
    };
    for (query, found) in [
        ("cfd_tunnel", "db-1 web-1 web-2"),
        ("cfd_tunnel?is_deleted=false", "db-1 web-1"),
        ("cfd_tunnel?is_deleted=true", "web-2"),
        ("cfd_tunnel?name=web-1", "web-1"),
        (&format!("cfd_tunnel?uuid={}", ids[2]), "db-1"),
        ("cfd_tunnel?include_prefix=web", "web-1 web-2"),
        ("cfd_tunnel?exclude_prefix=web", "db-1"),
        ("cfd_tunnel?status=healthy", ""),
        ("cfd_tunnel?existed_at=2020-01-01T00:00:00Z", ""),
        ("cfd_tunnel?existed_at=2999-01-01T00:00:00Z", "db-1 web-1"),
        ("cfd_tunnel?was_active_at=2999-01-01T00:00:00Z", ""),
        (
            "cfd_tunnel?was_inactive_at=2999-01-01T00:00:00Z",
            "db-1 web-1 web-2",
        ),
        ("warp_connector", "site"),
        ("tunnels?is_deleted=false", "db-1 site web-1"),
        ("tunnels?tun_types=warp_connector", "site"),
    ] {
        assert_eq!(names(query).await, found, "{query}");
    }
    let page = client
        .get(&format!("{account}/cfd_tunnel?per_page=2&page=2"))
        .await
        .json();
    assert_eq!(
        (
            &page["result_info"]["total_count"],
            &page["result_info"]["count"]
        ),
        (&json!(3), &json!(1))
    );
    for bad in ["is_deleted=perhaps", "existed_at=yesterday", "status=fine"] {
        assert_eq!(
            client
                .get(&format!("{account}/cfd_tunnel?{bad}"))
                .await
                .failure(),
            (400, 1002),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn configurations_have_versions_and_a_last_rule() {
    let (_emulator, client, account) = start().await;
    let id = tunnel(&client, &account, "t").await;
    let path = format!("{account}/cfd_tunnel/{id}");
    let configurations = format!("{path}/configurations");
    let first = client.get(&configurations).await.result();
    assert_eq!(
        (&first["version"], &first["source"]),
        (&json!(0), &json!("local"))
    );
    let web = json!({ "hostname": "www.example.com", "service": "http://localhost:8080" });
    let rest = json!({ "service": "http_status:404" });
    for ingress in [
        json!([]),
        json!([web]),
        json!([rest, web, rest]),
        json!([{ "service": "http_status:9" }]),
        json!([{ "service": "nowhere" }]),
        json!([{ "hostname": "a.*.example.com", "service": "http://localhost" }, rest]),
    ] {
        let body = json!({ "config": { "ingress": ingress } });
        assert_eq!(
            client.put(&configurations, body.clone()).await.failure(),
            (400, 1056),
            "{body}"
        );
    }
    assert_eq!(
        client.put(&configurations, json!({})).await.failure(),
        (400, 1056)
    );
    let body =
        json!({ "config": { "ingress": [web, rest], "originRequest": { "connectTimeout": 10 } } });
    for version in [1, 2] {
        let set = client.put(&configurations, body.clone()).await.result();
        assert_eq!(
            (&set["version"], &set["config"]),
            (&json!(version), &body["config"])
        );
        assert_eq!(client.get(&configurations).await.result(), set);
    }
    // From here on it is configured remotely.
    assert_eq!(client.get(&path).await.result()["config_src"], "cloudflare");
    let unknown = format!("{account}/cfd_tunnel/{UNKNOWN}/configurations");
    assert_eq!(client.put(&unknown, body).await.failure(), (404, 1002));
}

#[tokio::test]
async fn warp_connectors_are_tunnels_too() {
    let (_emulator, client, account) = start().await;
    let connectors = format!("{account}/warp_connector");
    let made = client
        .post(&connectors, json!({ "name": "site" }))
        .await
        .result();
    assert_eq!(made["tun_type"], "warp_connector");
    let path = format!("{connectors}/{}", made["id"].as_str().unwrap());
    assert_eq!(
        client.get(&format!("{path}/token")).await.result(),
        made["token"]
    );
    let configurations = format!("{path}/configurations");
    assert_eq!(
        client.get(&configurations).await.result()["ha_mode"],
        "none"
    );
    assert_eq!(
        client
            .put(&configurations, json!({ "ha_mode": "maybe" }))
            .await
            .failure(),
        (400, 1002)
    );
    let set = client
        .put(&configurations, json!({ "ha_mode": "disabled" }))
        .await
        .result();
    assert_eq!(
        (&set["ha_mode"], &set["configuration_version"]),
        (&json!("disabled"), &json!(1))
    );
    let failover = client
        .put(&format!("{path}/failover"), json!({ "client_id": UNKNOWN }))
        .await;
    assert_eq!(failover.failure(), (404, 1003));
    // A kind does not see the other's tunnels, but they share the names.
    assert_eq!(
        client
            .get(&path.replace("warp_connector", "cfd_tunnel"))
            .await
            .failure(),
        (404, 1002)
    );
    assert_eq!(
        client
            .post(&format!("{account}/cfd_tunnel"), json!({ "name": "site" }))
            .await
            .failure(),
        (409, 1013)
    );
    client.delete(&path).await.result();
}

#[tokio::test]
async fn a_management_token_says_what_it_is_for() {
    let (_emulator, client, account) = start().await;
    let id = tunnel(&client, &account, "t").await;
    let management = format!("{account}/cfd_tunnel/{id}/management");
    let token = client
        .post(&management, json!({ "resources": ["logs"] }))
        .await
        .result();
    assert_eq!(token.as_str().unwrap().split('.').count(), 3);
    for bad in [
        json!({}),
        json!({ "resources": [] }),
        json!({ "resources": ["keys"] }),
    ] {
        assert_eq!(client.post(&management, bad).await.failure(), (400, 1002));
    }
}

#[tokio::test]
async fn tunnels_ask_for_their_groups() {
    let (emulator, _, account) = start().await;
    let with = |group: &str| {
        let token = emulator.add_token(TokenSpec::new([group])).unwrap();
        Client::with_token(&emulator, &token.value)
    };
    // Narrower groups are for some of it.
    for (group, path, other) in [
        ("cloudflared", "cfd_tunnel", "warp_connector"),
        ("WARP", "warp_connector", "cfd_tunnel"),
    ] {
        let client = with(&format!("Cloudflare One Connector: {group} Read"));
        assert_eq!(client.get(&format!("{account}/{path}")).await.status, 200);
        assert_eq!(client.get(&format!("{account}/{other}")).await.status, 403);
    }
    let networks = with("Cloudflare One Networks Read");
    let path = format!("{account}/teamnet/virtual_networks");
    assert_eq!(networks.get(&path).await.status, 200);
    for (group, read) in [("Cloudflare Tunnel Read", 200), ("Zero Trust Write", 403)] {
        let client = with(group);
        for path in [
            "cfd_tunnel",
            "warp_connector",
            "tunnels",
            "teamnet/routes",
            "teamnet/virtual_networks",
        ] {
            assert_eq!(
                client.get(&format!("{account}/{path}")).await.status,
                read,
                "{path}"
            );
        }
        for path in [
            "cfd_tunnel",
            "warp_connector",
            "teamnet/routes",
            "teamnet/virtual_networks",
        ] {
            assert_eq!(
                client
                    .post(&format!("{account}/{path}"), json!({}))
                    .await
                    .failure(),
                (403, 10000),
                "{path}"
            );
        }
    }
}
