//! Routes of private networks through tunnels, and virtual networks.

use serde_json::{Value, json};

use crate::tunnels::{start, tunnel};

const UNKNOWN: &str = "f174e90a-fafe-4643-bbbc-4a0ed4fc8415";

#[tokio::test]
async fn a_route_is_made_read_changed_and_deleted() {
    let (_emulator, client, account) = start().await;
    let id = tunnel(&client, &account, "t").await;
    let routes = format!("{account}/teamnet/routes");
    let made = client
        .post(
            &routes,
            json!({ "network": "10.0.0.0/16", "tunnel_id": id, "comment": "office" }),
        )
        .await
        .result();
    let path = format!("{routes}/{}", made["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.result(), made);
    let listed = client.get(&routes).await.result();
    assert_eq!(
        (
            &listed[0]["tunnel_name"],
            &listed[0]["virtual_network_name"],
            &listed[0]["tun_type"]
        ),
        (&json!("t"), &json!("default"), &json!("cfd_tunnel"))
    );
    let edited = client
        .patch(&path, json!({ "network": "192.0.2.7" }))
        .await
        .result();
    assert_eq!(
        (&edited["network"], &edited["comment"]),
        (&json!("192.0.2.7/32"), &json!("office"))
    );
    assert!(client.delete(&path).await.result()["deleted_at"].is_string());
    assert_eq!(client.delete(&path).await.failure(), (404, 1003));
    assert_eq!(
        client
            .get(&format!("{routes}?is_deleted=false"))
            .await
            .result(),
        json!([])
    );
    assert_eq!(
        client
            .get(&format!("{routes}?is_deleted=true"))
            .await
            .result()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    client
        .post(&routes, json!({ "network": "192.0.2.7", "tunnel_id": id }))
        .await
        .result();
}

#[tokio::test]
async fn what_a_route_cannot_be() {
    let (_emulator, client, account) = start().await;
    let id = tunnel(&client, &account, "t").await;
    let routes = format!("{account}/teamnet/routes");
    for (network, failure) in [
        ("10.0.0.1/8", (400, 1002)),
        ("10.0.0.0/33", (400, 1002)),
        ("2001:db8::/129", (400, 1002)),
        ("office", (400, 1002)),
    ] {
        let body = json!({ "network": network, "tunnel_id": id });
        assert_eq!(
            client.post(&routes, body).await.failure(),
            failure,
            "{network}"
        );
    }
    assert_eq!(
        client
            .post(&routes, json!({ "network": "10.0.0.0/8" }))
            .await
            .failure(),
        (400, 1002)
    );
    assert_eq!(
        client
            .post(
                &routes,
                json!({ "network": "10.0.0.0/8", "tunnel_id": UNKNOWN })
            )
            .await
            .failure(),
        (404, 1002)
    );
    let elsewhere =
        json!({ "network": "10.0.0.0/8", "tunnel_id": id, "virtual_network_id": UNKNOWN });
    assert_eq!(client.post(&routes, elsewhere).await.failure(), (404, 1046));
    let route = json!({ "network": "10.0.0.0/8", "tunnel_id": id });
    client.post(&routes, route.clone()).await.result();
    assert_eq!(client.post(&routes, route).await.failure(), (409, 1014));
    // Another network can have the same range.
    let network = client
        .post(
            &format!("{account}/teamnet/virtual_networks"),
            json!({ "name": "lab" }),
        )
        .await
        .result();
    let again =
        json!({ "network": "10.0.0.0/8", "tunnel_id": id, "virtual_network_id": network["id"] });
    client.post(&routes, again).await.result();
}

#[tokio::test]
async fn the_smallest_range_wins() {
    let (_emulator, client, account) = start().await;
    let id = tunnel(&client, &account, "t").await;
    let routes = format!("{account}/teamnet/routes");
    for network in ["10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32"] {
        client
            .post(&routes, json!({ "network": network, "tunnel_id": id }))
            .await
            .result();
    }
    for (ip, network) in [
        ("10.1.2.3", "10.1.0.0/16"),
        ("10.2.2.3", "10.0.0.0/8"),
        ("2001:db8::1", "2001:db8::/32"),
    ] {
        assert_eq!(
            client.get(&format!("{routes}/ip/{ip}")).await.result()["network"],
            network,
            "{ip}"
        );
    }
    assert_eq!(
        client
            .get(&format!("{routes}/ip/192.0.2.1"))
            .await
            .failure(),
        (404, 1003)
    );
    assert_eq!(
        client.get(&format!("{routes}/ip/here")).await.failure(),
        (400, 1002)
    );
    for (query, count) in [
        ("network_subset=10.0.0.0%2F8", 2),
        ("network_superset=10.1.2.0%2F24", 2),
        ("network_superset=10.2.0.0%2F16", 1),
        ("tun_types=cfd_tunnel", 3),
        ("tun_types=warp_connector", 0),
        (&format!("tunnel_id={id}&per_page=2"), 2),
        (&format!("virtual_network_id={UNKNOWN}"), 0),
    ] {
        let found = client.get(&format!("{routes}?{query}")).await.result();
        assert_eq!(found.as_array().unwrap().len(), count, "{query}");
    }
}

#[tokio::test]
async fn routes_go_by_their_range_as_well() {
    let (_emulator, client, account) = start().await;
    let id = tunnel(&client, &account, "t").await;
    let path = format!("{account}/teamnet/routes/network/10.0.0.0%2F8");
    let made = client
        .post(&path, json!({ "tunnel_id": id }))
        .await
        .result();
    assert_eq!(made["network"], "10.0.0.0/8");
    client
        .patch(&path, json!({ "comment": "all" }))
        .await
        .result();
    let read = client
        .get(&format!(
            "{account}/teamnet/routes/{}",
            made["id"].as_str().unwrap()
        ))
        .await
        .result();
    assert_eq!(read["comment"], "all");
    client.delete(&path).await.result();
    assert_eq!(client.delete(&path).await.failure(), (404, 1003));
}

#[tokio::test]
async fn a_tunnel_with_routes_goes_only_with_them() {
    let (_emulator, client, account) = start().await;
    let id = tunnel(&client, &account, "t").await;
    let routes = format!("{account}/teamnet/routes");
    client
        .post(&routes, json!({ "network": "10.0.0.0/8", "tunnel_id": id }))
        .await
        .result();
    let path = format!("{account}/cfd_tunnel/{id}");
    assert_eq!(client.delete(&path).await.failure(), (400, 1022));
    client
        .delete(&format!("{path}?cascade=true"))
        .await
        .result();
    assert_eq!(
        client
            .get(&format!("{routes}?is_deleted=false"))
            .await
            .result(),
        json!([])
    );
}

#[tokio::test]
async fn there_is_always_one_default_network() {
    let (_emulator, client, account) = start().await;
    let networks = format!("{account}/teamnet/virtual_networks");
    let first = client.get(&networks).await.result()[0].clone();
    assert_eq!(
        (&first["name"], &first["is_default_network"]),
        (&json!("default"), &json!(true))
    );
    let first_path = format!("{networks}/{}", first["id"].as_str().unwrap());
    assert_eq!(client.delete(&first_path).await.failure(), (400, 1002));
    assert_eq!(
        client
            .patch(&first_path, json!({ "is_default_network": false }))
            .await
            .failure(),
        (400, 1002)
    );
    let lab = client
        .post(
            &networks,
            json!({ "name": "lab", "comment": "x", "is_default_network": true }),
        )
        .await
        .result();
    let defaults = client
        .get(&format!("{networks}?is_default_network=true"))
        .await
        .result();
    assert_eq!(
        (&defaults[0]["id"], &defaults[1]),
        (&lab["id"], &Value::Null)
    );
    client
        .patch(&first_path, json!({ "name": "old" }))
        .await
        .result();
    assert_eq!(
        client
            .post(&networks, json!({ "name": "lab" }))
            .await
            .failure(),
        (409, 1013)
    );
    assert_eq!(
        client.post(&networks, json!({})).await.failure(),
        (400, 1002)
    );

    let id = tunnel(&client, &account, "t").await;
    let route =
        json!({ "network": "10.0.0.0/8", "tunnel_id": id, "virtual_network_id": first["id"] });
    let route = client
        .post(&format!("{account}/teamnet/routes"), route)
        .await
        .result();
    assert_eq!(
        client.delete(&first_path).await.failure(),
        (400, 1002),
        "there is a route in it"
    );
    client
        .delete(&format!(
            "{account}/teamnet/routes/{}",
            route["id"].as_str().unwrap()
        ))
        .await
        .result();
    client.delete(&first_path).await.result();
    assert_eq!(client.delete(&first_path).await.failure(), (404, 1046));
    assert_eq!(
        client
            .get(&format!("{networks}?is_deleted=false"))
            .await
            .result()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        client.get(&format!("{networks}/{UNKNOWN}")).await.failure(),
        (404, 1046)
    );
}
