//! Accounts, members, roles, memberships, the user, and IP ranges.

use cf_emulator::Emulator;
use serde_json::{Value, json};

use crate::client::Client;

#[tokio::test]
async fn an_account_from_creation_to_deletion() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let created = client
        .post(
            "/accounts",
            json!({ "name": "Labs", "unit": { "id": "u" } }),
        )
        .await;
    let created = created.result();
    assert_eq!(created["type"], "standard");
    assert_eq!(created["settings"]["enforce_twofactor"], false);
    assert_eq!(created["unit"], json!({ "id": "u" }));
    let id = created["id"].as_str().unwrap();
    let path = format!("/accounts/{id}");
    assert_eq!(client.get(&path).await.result(), created);
    let body = json!({
        "id": id, "name": "Lab", "type": "enterprise", "settings": { "enforce_twofactor": true },
    });
    let updated = client.put(&path, body).await.result();
    assert_eq!(
        (&updated["name"], &updated["type"]),
        (&json!("Lab"), &json!("enterprise"))
    );
    assert_eq!(updated["settings"]["enforce_twofactor"], true);
    assert_eq!(
        updated["settings"]["default_nameservers"],
        "cloudflare.standard"
    );
    assert_eq!(
        client.put(&path, json!({ "name": "" })).await.failure(),
        (400, 1003)
    );
    let wrong = json!({ "name": "x", "type": "free" });
    assert_eq!(client.post("/accounts", wrong).await.failure(), (400, 1003));

    let page = client.get("/accounts?name=lab").await.json();
    assert_eq!(
        (
            &page["result"][0]["id"],
            &page["result_info"]["total_count"]
        ),
        (&json!(id), &json!(1))
    );
    assert_eq!(
        client
            .get("/accounts")
            .await
            .result()
            .as_array()
            .unwrap()
            .len(),
        2
    );

    let zone = emulator.add_zone(id, "lab.example").unwrap();
    assert_eq!(client.delete(&path).await.result(), json!({ "id": id }));
    assert_eq!(client.get(&path).await.failure(), (404, 7003));
    assert_eq!(
        client.get(&format!("/zones/{zone}")).await.failure(),
        (404, 1001)
    );
    assert_eq!(
        client
            .get("/memberships")
            .await
            .result()
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn members_and_roles() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let account = format!("/accounts/{}", emulator.account_id());
    let roles = client.get(&format!("{account}/roles")).await.result();
    let role = &roles[0];
    let one = format!("{account}/roles/{}", role["id"].as_str().unwrap());
    assert_eq!(&client.get(&one).await.result(), role);
    let none = format!("{account}/roles/{}", "0".repeat(32));
    assert_eq!(client.get(&none).await.failure(), (404, 1003));

    let members = format!("{account}/members");
    let body = json!({ "email": "Bob@example.com", "roles": [role["id"]] });
    let bob = client.post(&members, body.clone()).await.result();
    assert_eq!(bob["status"], "pending");
    assert_eq!(bob["user"]["email"], "bob@example.com");
    assert_eq!(bob["roles"], json!([role]));
    assert_eq!(bob["policies"][0]["access"], "allow");
    assert_eq!(client.post(&members, body).await.failure(), (400, 1004));
    for bad in [
        json!({ "email": "nobody", "roles": [role["id"]] }),
        json!({ "email": "c@example.com" }),
        json!({ "email": "c@example.com", "roles": ["x"] }),
        json!({ "email": "c@example.com", "policies": [1] }),
    ] {
        assert_eq!(client.post(&members, bad).await.failure(), (400, 1003));
    }
    let policies = json!({ "email": "c@example.com", "status": "accepted", "policies": [
        { "access": "allow", "permission_groups": [{ "id": "g" }], "resource_groups": [{ "id": "r" }] },
    ] });
    let carol = client.post(&members, policies).await.result();
    assert!(carol["policies"][0]["id"].is_string());
    assert_eq!(carol["status"], "accepted");

    let path = format!("{members}/{}", bob["id"].as_str().unwrap());
    let body = json!({ "roles": [{ "id": roles[1]["id"] }] });
    let updated = client.put(&path, body).await.result();
    assert_eq!(updated["roles"], json!([roles[1]]));
    assert_eq!(client.get(&path).await.result(), updated);
    let list = client
        .get(&format!("{members}?status=pending"))
        .await
        .json();
    assert_eq!(
        (&list["result"][0]["id"], &list["result_info"]["count"]),
        (&bob["id"], &json!(1))
    );
    let list = client
        .get(&format!("{members}?order=user.email&direction=desc"))
        .await
        .result();
    assert_eq!(list[0]["email"], "user@example.com");
    assert_eq!(
        client.delete(&path).await.result(),
        json!({ "id": bob["id"] })
    );
    assert_eq!(client.get(&path).await.failure(), (404, 1003));
    assert_eq!(client.delete(&path).await.failure(), (404, 1003));
}

#[tokio::test]
async fn memberships_are_the_users_side() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let other = emulator.add_account("Other");
    let all = client.get("/memberships").await.result();
    assert_eq!(all.as_array().unwrap().len(), 2);
    let named = client.get("/memberships?account.name=other").await.result();
    assert_eq!(named[0]["account"]["id"], json!(other));
    assert_eq!(
        named[0]["roles"],
        json!(["Super Administrator - All Privileges"])
    );
    assert_eq!(
        named[0]["permissions"]["dns_records"],
        json!({ "read": true, "edit": true })
    );
    let path = format!("/memberships/{}", named[0]["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.result(), named[0]);
    let rejected = client
        .put(&path, json!({ "status": "rejected" }))
        .await
        .result();
    assert_eq!(rejected["status"], "rejected");
    assert_eq!(
        client.put(&path, json!({ "status": "x" })).await.failure(),
        (400, 1003)
    );
    let left = client
        .get("/memberships?status=accepted&order=account.name")
        .await
        .result();
    assert_eq!(left.as_array().unwrap().len(), 1);
    assert_eq!(
        client.delete(&path).await.result(),
        json!({ "id": named[0]["id"] })
    );
    assert_eq!(client.get(&path).await.failure(), (404, 1003));
    let members = client
        .get(&format!("/accounts/{other}/members"))
        .await
        .result();
    assert_eq!(members, json!([]));
}

#[tokio::test]
async fn the_user_can_be_edited() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let user = client.get("/user").await.result();
    assert_eq!(user["email"], "user@example.com");
    let changes = json!({ "first_name": "Ada", "country": "GB", "email": "x@example.com" });
    let edited = client.patch("/user", changes).await.result();
    assert_eq!(
        (&edited["first_name"], &edited["country"]),
        (&json!("Ada"), &json!("GB"))
    );
    assert_eq!(edited["email"], "user@example.com", "not that way");
    assert_eq!(client.get("/user").await.result(), edited);
    assert_eq!(
        client
            .patch("/user", json!({ "zipcode": 1 }))
            .await
            .failure(),
        (400, 1003)
    );
    let cleared = client
        .patch("/user", json!({ "country": null }))
        .await
        .result();
    assert_eq!(cleared["country"], Value::Null);
}

#[tokio::test]
async fn ip_ranges_need_no_credential() {
    let emulator = Emulator::start().await.unwrap();
    let anybody = Client::with_headers(&emulator, &[]);
    let ips = anybody.get("/ips").await.result();
    assert!(ips["ipv4_cidrs"].as_array().unwrap().len() > 10);
    assert!(ips["ipv6_cidrs"][0].is_string() && ips["etag"].is_string());
    assert_eq!(ips.get("jdcloud_cidrs"), None);
    let ips = anybody.get("/ips?networks=jdcloud").await.result();
    assert!(ips["jdcloud_cidrs"].is_array());
    let other = anybody.get("/ips?networks=mars").await.result();
    assert_eq!(other.get("jdcloud_cidrs"), None);
}
