//! The three kinds of credentials, and how invalid ones are rejected.

use cf_emulator::{Emulator, TokenSpec};
use serde_json::json;

use crate::client::Client;

const KEY: &str = "0123456789abcdef0123456789abcdef01234";

#[tokio::test]
async fn all_three_forms_open_the_door() {
    let builder = Emulator::builder().user("ada@example.com", KEY);
    let emulator = builder.start().await.unwrap();
    emulator.add_user_service_key("v1.0-service");
    emulator.add_api_key("bob@example.com", "bobs-own-key");
    for headers in [
        &[("authorization", format!("bearer {}", emulator.token()))][..],
        &[
            ("x-auth-email", "Ada@Example.com".to_owned()),
            ("x-auth-key", KEY.to_owned()),
        ],
        &[
            ("x-auth-email", "bob@example.com".into()),
            ("x-auth-key", "bobs-own-key".into()),
        ],
        &[("x-auth-user-service-key", "v1.0-service".to_owned())],
    ] {
        let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let client = Client::with_headers(&emulator, &headers);
        assert_eq!(
            client.get("/user").await.result()["email"],
            "ada@example.com"
        );
    }
}

#[tokio::test]
async fn bad_credentials_are_told_apart() {
    let emulator = Emulator::builder()
        .user("ada@example.com", KEY)
        .start()
        .await
        .unwrap();
    let account = format!("/accounts/{}/members", emulator.account_id());
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let records = format!("/zones/{zone}/dns_records");
    let unknown = (
        "authorization",
        "Bearer 0123456789012345678901234567890123456789",
    );
    for (headers, path, expected, chain) in [
        (&[][..], "/zones", (401, 9106), &[][..]),
        (
            &[("authorization", "Bearer")],
            "/zones",
            (400, 6003),
            &[6111],
        ),
        (
            &[("authorization", "Bearer ")],
            "/zones",
            (400, 6003),
            &[6111],
        ),
        (
            &[("authorization", "Bearer two words")],
            "/zones",
            (400, 6003),
            &[6111],
        ),
        (
            &[("authorization", "Basic YTpi")],
            "/zones",
            (400, 6003),
            &[6111],
        ),
        (&[unknown], "/zones", (403, 9109), &[]),
        (&[unknown], "/user", (403, 9109), &[]),
        (&[unknown], "/user/tokens/verify", (401, 1000), &[]),
        (&[unknown], &account, (401, 10000), &[]),
        (&[unknown], &records, (401, 10000), &[]),
        (&[("x-auth-key", KEY)], "/zones", (400, 6003), &[6102]),
        (
            &[("x-auth-email", "ada@example.com")],
            "/zones",
            (400, 6003),
            &[6103],
        ),
        (
            &[("x-auth-email", "ada"), ("x-auth-key", "!")],
            "/zones",
            (400, 6003),
            &[6102, 6103],
        ),
        (
            &[("x-auth-email", "bob@example.com"), ("x-auth-key", KEY)],
            "/zones",
            (403, 9103),
            &[],
        ),
        (
            &[("x-auth-user-service-key", "v1.0-x")],
            "/zones",
            (401, 10000),
            &[],
        ),
    ] {
        let answer = Client::with_headers(&emulator, headers).get(path).await;
        assert_eq!(answer.failure(), expected, "{headers:?} {path}");
        let error = &answer.json()["errors"][0];
        let codes: Vec<_> = error["error_chain"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|cause| cause["code"].as_u64().unwrap())
            .collect();
        assert_eq!(codes, chain, "{headers:?}");
    }
}

#[tokio::test]
async fn a_bad_token_beside_a_good_key_stays_bad() {
    let emulator = Emulator::builder()
        .user("ada@example.com", KEY)
        .start()
        .await
        .unwrap();
    let headers = [
        ("authorization", "Bearer nobody"),
        ("x-auth-email", "ada@example.com"),
        ("x-auth-key", KEY),
    ];
    let client = Client::with_headers(&emulator, &headers);
    assert_eq!(client.get("/zones").await.failure(), (403, 9109));
}

#[tokio::test]
async fn tokens_run_out_and_are_switched_off() {
    let emulator = Emulator::start().await.unwrap();
    let all = || TokenSpec::new(["Zone Read", "User Details Read"]);
    for (spec, good) in [
        (all(), true),
        (all().expires_on("2999-01-01T00:00:00Z"), true),
        (all().expires_on("2020-01-01T00:00:00Z"), false),
        (all().expires_on("2020-01-01T00:00:00+02:00"), false),
        (all().disabled(), false),
    ] {
        let token = emulator.add_token(spec).unwrap();
        let client = Client::with_token(&emulator, &token.value);
        let answer = client.get("/user/tokens/verify").await;
        if good {
            assert_eq!(answer.result()["id"], json!(token.id));
            client.get("/zones").await.result();
        } else {
            assert_eq!(answer.failure(), (401, 1000));
            assert_eq!(client.get("/zones").await.failure(), (403, 9109));
        }
    }
    for (spec, why) in [
        (all().expires_on("tomorrow"), "tomorrow"),
        (TokenSpec::new(["Coffee Write"]), "Coffee Write"),
        (all().zones(["0".repeat(32)]), "no zone"),
    ] {
        let error = emulator.add_token(spec.name("t")).unwrap_err().to_string();
        assert!(
            error.starts_with("cannot add token t: ") && error.contains(why),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_token_can_be_bound_to_addresses() {
    let emulator = Emulator::start().await.unwrap();
    let owner = Client::new(&emulator);
    let groups = json!([{ "id": "c8fed203ed3043cba015a93ad1616f1f" }]);
    for (ip, good) in [
        (json!({ "in": ["127.0.0.0/8"] }), true),
        (
            json!({ "in": ["127.0.0.1"], "not_in": ["127.0.0.2/32"] }),
            true,
        ),
        (json!({ "in": [], "not_in": [] }), true),
        (json!({ "in": ["192.0.2.0/24", "::/0"] }), false),
        (json!({ "not_in": ["0.0.0.0/0"] }), false),
        (json!({ "in": ["nonsense", "127.0.0.1/99"] }), false),
    ] {
        let body = json!({
            "name": "bound",
            "policies": [{
                "effect": "allow",
                "resources": { "com.cloudflare.api.account.zone.*": "*" },
                "permission_groups": groups,
            }],
            "condition": { "request.ip": ip },
        });
        let created = owner.post("/user/tokens", body).await.result();
        assert_eq!(created["condition"]["request.ip"], ip);
        let client = Client::with_token(&emulator, created["value"].as_str().unwrap());
        let answer = client.get("/zones").await;
        if good {
            answer.result();
        } else {
            assert_eq!(answer.failure(), (403, 9109));
            let message = answer.json()["errors"][0]["message"].to_string();
            assert!(message.contains("127.0.0.1"), "{message}");
        }
    }
}
