//! What a plan and the internet allow records to be.

use serde_json::json;

use crate::client::{with_paid_zone, with_zone};

#[tokio::test]
async fn targets_that_cannot_be_reached_are_not_proxied() {
    let (_emulator, client, zone) = with_zone().await;
    let records = format!("{zone}/dns_records");
    for (kind, content) in [
        ("A", "10.1.2.3"),
        ("A", "172.16.0.1"),
        ("A", "192.168.1.1"),
        ("A", "127.0.0.1"),
        ("A", "169.254.1.1"),
        ("A", "100.64.0.1"),
        ("A", "0.0.0.0"),
        ("AAAA", "::1"),
        ("AAAA", "fd00::1"),
        ("AAAA", "fe80::1"),
        ("AAAA", "::ffff:10.0.0.1"),
    ] {
        let body = |proxied: bool| json!({ "type": kind, "name": "in", "content": content, "proxied": proxied });
        let refused = client.post(&records, body(true)).await;
        assert_eq!(refused.failure(), (400, 9003), "{content}");
        let made = client.post(&records, body(false)).await.result();
        assert_eq!(made["proxiable"], false, "{content}");
        let path = format!("{records}/{}", made["id"].as_str().unwrap());
        let edited = client.patch(&path, json!({ "proxied": true })).await;
        assert_eq!(edited.failure(), (400, 9003));
        client.delete(&path).await.result();
    }
    for (kind, content) in [
        ("A", "192.0.2.1"),
        ("A", "100.128.0.1"),
        ("AAAA", "100::"),
        ("CNAME", "localhost"),
    ] {
        let body = json!({ "type": kind, "name": "out", "content": content, "proxied": true });
        let made = client.post(&records, body).await.result();
        assert_eq!(made["proxiable"], true, "{content}");
        client
            .delete(&format!("{records}/{}", made["id"].as_str().unwrap()))
            .await
            .result();
    }
}

#[tokio::test]
async fn a_plan_limits_tags_comments_and_batches() {
    let (_emulator, client, free) = with_zone().await;
    let (_other, paying, paid) = with_paid_zone().await;
    let record = |name: String, more: serde_json::Value| {
        let mut record = json!({ "type": "A", "name": name, "content": "192.0.2.1" });
        for (field, value) in more.as_object().unwrap() {
            record[field] = value.clone();
        }
        record
    };
    let tags = |count: usize| (0..count).map(|n| format!("t{n}:v")).collect::<Vec<_>>();
    let long = |length: usize| "ü".repeat(length);
    for (number, (more, on_free, on_paid)) in [
        (json!({ "tags": [] }), true, true),
        (json!({ "tags": tags(1) }), false, true),
        (json!({ "tags": tags(20) }), false, true),
        (json!({ "tags": tags(21) }), false, false),
        (
            json!({ "tags": [format!("{}:v", "n".repeat(32))] }),
            false,
            true,
        ),
        (
            json!({ "tags": [format!("{}:v", "n".repeat(33))] }),
            false,
            false,
        ),
        (json!({ "tags": ["a b:v"] }), false, false),
        (json!({ "tags": [":v"] }), false, false),
        (json!({ "tags": [format!("n:{}", long(100))] }), false, true),
        (
            json!({ "tags": [format!("n:{}", long(101))] }),
            false,
            false,
        ),
        (json!({ "comment": long(100) }), true, true),
        (json!({ "comment": long(101) }), false, true),
        (json!({ "comment": long(500) }), false, true),
        (json!({ "comment": long(501) }), false, false),
    ]
    .into_iter()
    .enumerate()
    {
        let body = record(format!("h{number}"), more.clone());
        for (client, zone, allowed) in [(&client, &free, on_free), (&paying, &paid, on_paid)] {
            let answer = client
                .post(&format!("{zone}/dns_records"), body.clone())
                .await;
            match allowed {
                true => drop(answer.result()),
                false => assert_eq!(answer.failure().0, 400, "{more}"),
            }
        }
    }
    let one = client
        .post(
            &format!("{free}/dns_records"),
            record("x".to_owned(), json!({ "tags": ["a:b"] })),
        )
        .await;
    assert!(
        one.json()
            .to_string()
            .contains("DNS record has 1 tags, exceeding the quota of 0.")
    );

    let posts: Vec<_> = (0..201)
        .map(|n| record(format!("b{n}"), json!({})))
        .collect();
    let batch = format!("{free}/dns_records/batch");
    let refused = client.post(&batch, json!({ "posts": posts })).await;
    assert_eq!(refused.failure().0, 400);
    let made = client
        .post(&batch, json!({ "posts": posts[..200] }))
        .await
        .result();
    assert_eq!(made["posts"].as_array().unwrap().len(), 200);
    let batch = format!("{paid}/dns_records/batch");
    paying
        .post(&batch, json!({ "posts": posts }))
        .await
        .result();
}
