//! Vectorize: indexes, vectors as NDJSON and in forms, queries with their
//! metrics and filters.

use cf_emulator::{Emulator, TokenSpec};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Answer, Client, form};

/// An emulator with a two-dimensional index.
async fn world(metric: &str) -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let all = format!("/accounts/{}/vectorize/v2/indexes", emulator.account_id());
    let config = json!({ "dimensions": 2, "metric": metric });
    let body = json!({ "name": "points", "description": "a plane", "config": config });
    client.post(&all, body).await.result();
    (emulator, client, format!("{all}/points"))
}

async fn send(client: &Client, index: &str, verb: &str, vectors: &[Value]) -> Answer {
    let lines: Vec<_> = vectors.iter().map(ToString::to_string).collect();
    let (path, kind) = (format!("{index}/{verb}"), Some("application/x-ndjson"));
    let sent = client.try_send(Method::POST, &path, kind, lines.join("\n"));
    sent.await.unwrap()
}

/// The identifiers and scores of the matches of a query.
async fn query(client: &Client, index: &str, body: Value) -> Vec<(String, f64)> {
    let found = client.post(&format!("{index}/query"), body).await.result();
    let matches = found["matches"].as_array().unwrap();
    assert_eq!(found["count"], matches.len());
    let matches = matches.iter();
    matches
        .map(|found| {
            (
                found["id"].as_str().unwrap().to_owned(),
                found["score"].as_f64().unwrap(),
            )
        })
        .collect()
}

fn names(found: &[(String, f64)]) -> Vec<&str> {
    found.iter().map(|(id, _)| id.as_str()).collect()
}

#[tokio::test]
async fn an_index_lives_and_dies() {
    let (emulator, client, index) = world("cosine").await;
    let shown = client.get(&index).await.result();
    assert_eq!(shown["name"], "points");
    assert_eq!(shown["description"], "a plane");
    assert_eq!(
        shown["config"],
        json!({ "dimensions": 2, "metric": "cosine" })
    );
    assert!(shown.get("mutation").is_none());
    let all = format!("/accounts/{}/vectorize/v2/indexes", emulator.account_id());
    assert_eq!(client.get(&all).await.result(), json!([shown]));

    send(
        &client,
        &index,
        "insert",
        &[json!({ "id": "a", "values": [1, 0] })],
    )
    .await
    .result();
    assert_eq!(client.delete(&index).await.result(), Value::Null);
    for path in ["", "/info", "/list", "/metadata_index/list"] {
        assert_eq!(
            client.get(&format!("{index}{path}")).await.failure(),
            (404, 3000)
        );
    }
    // A new one of that name has none of its vectors.
    let config = json!({ "dimensions": 2, "metric": "cosine" });
    client
        .post(&all, json!({ "name": "points", "config": config }))
        .await
        .result();
    assert_eq!(
        client.get(&format!("{index}/info")).await.result()["vectorCount"],
        0
    );
}

#[tokio::test]
async fn indexes_that_cannot_be_are_refused() {
    let (emulator, client, _) = world("cosine").await;
    let all = format!("/accounts/{}/vectorize/v2/indexes", emulator.account_id());
    let config = json!({ "dimensions": 3, "metric": "cosine" });
    let again = json!({ "name": "points", "config": config });
    assert_eq!(client.post(&all, again).await.failure(), (409, 3002));
    let long = "a".repeat(65);
    for name in ["", "Points", "1st", "ends-", "a b", long.as_str()] {
        let body = json!({ "name": name, "config": config });
        assert_eq!(
            client.post(&all, body).await.failure(),
            (400, 40026),
            "{name}"
        );
    }
    for config in [
        json!({ "dimensions": 0, "metric": "cosine" }),
        json!({ "dimensions": 1537, "metric": "cosine" }),
        json!({ "dimensions": 3, "metric": "manhattan" }),
        json!({ "preset": "none/such" }),
        json!({}),
    ] {
        let body = json!({ "name": "other", "config": config });
        assert_eq!(
            client.post(&all, body).await.failure(),
            (400, 40026),
            "{config}"
        );
    }
    let preset = json!({ "name": "texts", "config": { "preset": "@cf/baai/bge-base-en-v1.5" } });
    assert_eq!(
        client.post(&all, preset).await.result()["config"]["dimensions"],
        768
    );
}

#[tokio::test]
async fn vectors_are_written_read_and_deleted() {
    let (_emulator, client, index) = world("euclidean").await;
    let vectors = [
        json!({ "id": "a", "values": [0.1, 32.4], "namespace": "north", "metadata": { "n": 1 } }),
        json!({ "id": "b/c", "values": [3, 4] }),
    ];
    let first = send(&client, &index, "insert", &vectors).await.result();
    assert_eq!(first["mutationId"].as_str().unwrap().len(), 36);
    // An insertion leaves existing vectors alone.
    let other = json!({ "id": "a", "values": [9, 9] });
    send(
        &client,
        &index,
        "insert",
        &[other.clone(), json!({ "id": "d", "values": [5, 5] })],
    )
    .await
    .result();
    let get = format!("{index}/get_by_ids");
    let got = client
        .post(&get, json!({ "ids": ["a", "b/c", "none"] }))
        .await
        .result();
    assert_eq!(
        got,
        json!(vectors.clone().map(|mut vector| {
            vector["values"] = if vector["id"] == "a" {
                json!([0.1, 32.4])
            } else {
                json!([3.0, 4.0])
            };
            vector
        }))
    );

    let last = send(&client, &index, "upsert", std::slice::from_ref(&other))
        .await
        .result();
    let got = client.post(&get, json!({ "ids": ["a"] })).await.result();
    assert_eq!(got, json!([{ "id": "a", "values": [9.0, 9.0] }]));
    let info = client.get(&format!("{index}/info")).await.result();
    assert_eq!(
        (&info["vectorCount"], &info["dimensions"]),
        (&json!(3), &json!(2))
    );
    assert_eq!(info["processedUpToMutation"], last["mutationId"]);

    let delete = format!("{index}/delete_by_ids");
    let gone = client
        .post(&delete, json!({ "ids": ["a", "none"] }))
        .await
        .result();
    let info = client.get(&format!("{index}/info")).await.result();
    assert_eq!(info["processedUpToMutation"], gone["mutationId"]);
    assert_eq!(info["vectorCount"], 2);

    let many: Vec<_> = (0..21).map(|n| n.to_string()).collect();
    assert_eq!(
        client.post(&get, json!({ "ids": many })).await.failure(),
        (400, 40007)
    );
    let many: Vec<_> = (0..101).map(|n| n.to_string()).collect();
    assert_eq!(
        client.post(&delete, json!({ "ids": many })).await.failure(),
        (400, 40007)
    );
}

#[tokio::test]
async fn wrangler_sends_vectors_in_a_form() {
    let (_emulator, client, index) = world("cosine").await;
    let lines = b"{\"id\":\"1\",\"values\":[1,0]}\n\n{\"id\":\"2\",\"values\":[0,1]}\n";
    let body = form(&[("name=\"vectors\"; filename=\"vectors.ndjson\"", lines)]);
    let upsert = format!("{index}/upsert");
    let sent = client.send_form(Method::POST, &upsert, body).await;
    assert!(sent.result()["mutationId"].is_string());
    assert_eq!(
        client.get(&format!("{index}/info")).await.result()["vectorCount"],
        2
    );
    let other = form(&[("name=\"lines\"", lines)]);
    assert_eq!(
        client
            .send_form(Method::POST, &upsert, other)
            .await
            .failure(),
        (400, 40026)
    );
}

#[tokio::test]
async fn batches_have_5000_vectors_at_most() {
    let (_emulator, client, index) = world("cosine").await;
    let padding = "x".repeat(100);
    let vectors: Vec<_> = (0..5000)
        .map(|n| json!({ "id": n.to_string(), "values": [n, 1], "metadata": { "text": padding } }))
        .collect();
    send(&client, &index, "upsert", &vectors).await.result();
    assert_eq!(
        client.get(&format!("{index}/info")).await.result()["vectorCount"],
        5000
    );
    let more = [vectors, vec![json!({ "id": "more", "values": [1, 1] })]].concat();
    assert_eq!(
        send(&client, &index, "upsert", &more).await.failure(),
        (400, 40026)
    );
}

#[tokio::test]
async fn lines_that_cannot_be_read_are_refused_or_passed_over() {
    let (_emulator, client, index) = world("cosine").await;
    let good = r#"{"id":"good","values":[1,1]}"#;
    for bad in [
        "no JSON",
        "[1]",
        r#"{"values":[1,1]}"#,
        r#"{"id":"b","values":["1","1"]}"#,
        r#"{"id":"b","values":[1,1],"metadata":3}"#,
    ] {
        let lines = format!("{good}\n{bad}\n");
        let kind = Some("application/x-ndjson");
        let insert = format!("{index}/insert");
        let refused = client
            .try_send(Method::POST, &insert, kind, lines.clone())
            .await
            .unwrap();
        assert_eq!(refused.failure(), (400, 40026), "{bad}");
        let message = refused.json()["errors"][0]["message"].to_string();
        assert!(message.contains("line 2"), "{message}");
        let discard = format!("{insert}?unparsable-behavior=discard");
        client
            .try_send(Method::POST, &discard, kind, lines)
            .await
            .unwrap()
            .result();
    }
    assert_eq!(
        client.get(&format!("{index}/info")).await.result()["vectorCount"],
        1
    );

    let long = "i".repeat(65);
    let large = "m".repeat(11 << 10);
    let cases = [
        (json!({ "id": "v", "values": [1, 2, 3] }), 40012),
        (json!({ "id": long, "values": [1, 2] }), 40026),
        (
            json!({ "id": "v", "values": [1, 2], "namespace": long }),
            40026,
        ),
        (
            json!({ "id": "v", "values": [1, 2], "metadata": { "text": large } }),
            40026,
        ),
        (
            json!({ "id": "v", "values": [1, 2], "metadata": { "a.b": 1 } }),
            40026,
        ),
    ];
    for (vector, code) in cases {
        assert_eq!(
            send(&client, &index, "upsert", &[vector]).await.failure(),
            (400, code)
        );
    }
    assert_eq!(
        send(&client, &index, "upsert", &[]).await.failure(),
        (400, 40026)
    );
}

#[tokio::test]
async fn each_metric_has_its_order() {
    let vectors = [
        json!({ "id": "same way", "values": [10, 0] }),
        json!({ "id": "near", "values": [1, 1] }),
        json!({ "id": "away", "values": [-2, 0] }),
    ];
    let wanted = json!({ "vector": [1, 0] });
    let cases = [
        (
            "cosine",
            ["same way", "near", "away"],
            [1.0, 0.5_f64.sqrt(), -1.0],
        ),
        ("euclidean", ["near", "away", "same way"], [1.0, 3.0, 9.0]),
        (
            "dot-product",
            ["same way", "near", "away"],
            [-10.0, -1.0, 2.0],
        ),
    ];
    for (metric, order, scores) in cases {
        let (_emulator, client, index) = world(metric).await;
        send(&client, &index, "insert", &vectors).await.result();
        let found = query(&client, &index, wanted.clone()).await;
        assert_eq!(names(&found), order, "{metric}");
        for ((_, score), expected) in found.iter().zip(scores) {
            assert!(
                (score - expected).abs() < 1e-6,
                "{metric}: {score} instead of {expected}"
            );
        }
    }
}

#[tokio::test]
async fn queries_return_what_they_ask_for() {
    let (_emulator, client, index) = world("cosine").await;
    let vectors: Vec<_> = (0..30)
        .map(|n| json!({ "id": n.to_string(), "values": [1, n], "metadata": { "n": n } }))
        .collect();
    send(&client, &index, "insert", &vectors).await.result();
    let ask = |more: Value| {
        let mut body = json!({ "vector": [1, 0] });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    assert_eq!(query(&client, &index, ask(json!({}))).await.len(), 5);
    assert_eq!(
        query(&client, &index, ask(json!({ "topK": 100 })))
            .await
            .len(),
        30
    );
    let path = format!("{index}/query");
    let whole = ask(json!({ "topK": 1, "returnValues": true, "returnMetadata": "all" }));
    let found = client.post(&path, whole).await.result();
    let first = json!({ "id": "0", "score": 1.0, "values": [1.0, 0.0], "metadata": { "n": 0 } });
    assert_eq!(found["matches"], json!([first]));
    for refused in [
        json!({ "topK": 101 }),
        json!({ "topK": 0 }),
        json!({ "topK": 21, "returnValues": true }),
        json!({ "topK": 21, "returnMetadata": "all" }),
        json!({ "returnMetadata": true }),
        json!({ "filter": { "n": { "$near": 1 } } }),
        json!({ "filter": { "n": { "$in": 1 } } }),
    ] {
        let answer = client.post(&path, ask(refused.clone())).await;
        assert_eq!(answer.failure(), (400, 40026), "{refused}");
    }
    let short = client.post(&path, json!({ "vector": [1] })).await;
    assert_eq!(short.failure(), (400, 40006));
}

#[tokio::test]
async fn filters_know_what_was_written_since_the_metadata_index() {
    let (_emulator, client, index) = world("cosine").await;
    let early = json!({ "id": "early", "values": [1, 0], "metadata": { "year": 2020 } });
    send(&client, &index, "insert", std::slice::from_ref(&early))
        .await
        .result();
    let indexes = format!("{index}/metadata_index");
    for (name, kind) in [
        ("year", "number"),
        ("place.city", "string"),
        ("open", "boolean"),
    ] {
        let body = json!({ "propertyName": name, "indexType": kind });
        let made = client
            .post(&format!("{indexes}/create"), body.clone())
            .await
            .result();
        assert!(made["mutationId"].is_string());
        let again = client.post(&format!("{indexes}/create"), body).await;
        assert_eq!(again.failure(), (400, 40026));
    }
    let vectors = [
        json!({ "id": "a", "values": [1, 0], "metadata": { "year": 2021, "place": { "city": "Ulm" }, "open": true } }),
        json!({ "id": "b", "values": [1, 1], "metadata": { "year": 2022, "place": { "city": "Rom" }, "open": false } }),
        json!({ "id": "c", "values": [1, 2], "namespace": "south", "metadata": { "year": "2023" } }),
    ];
    send(&client, &index, "insert", &vectors).await.result();
    let cases = [
        (json!({ "year": 2021 }), vec!["a"]),
        (json!({ "year": { "$gte": 2021, "$lt": 2022 } }), vec!["a"]),
        (json!({ "year": { "$ne": 2021 } }), vec!["b"]),
        (
            json!({ "place.city": { "$in": ["Ulm", "Rom"] } }),
            vec!["a", "b"],
        ),
        (
            json!({ "place.city": { "$nin": ["Ulm"] }, "open": false }),
            vec!["b"],
        ),
        (json!({ "year": { "$gt": 2000 }, "open": true }), vec!["a"]),
        (json!({ "year": 2020 }), vec![]),
        (json!({ "nothing": 1 }), vec![]),
    ];
    for (filter, expected) in cases {
        let found = query(
            &client,
            &index,
            json!({ "vector": [1, 0], "filter": filter }),
        )
        .await;
        assert_eq!(names(&found), expected, "{filter}");
    }
    let south = json!({ "vector": [1, 0], "namespace": "south" });
    assert_eq!(names(&query(&client, &index, south).await), ["c"]);
    let indexed = json!({ "vector": [1, 0], "topK": 2, "returnMetadata": "indexed", "filter": { "year": 2021 } });
    let found = client
        .post(&format!("{index}/query"), indexed)
        .await
        .result();
    let metadata = json!({ "year": 2021, "place": { "city": "Ulm" }, "open": true });
    assert_eq!(found["matches"][0]["metadata"], metadata);

    let body = json!({ "propertyName": "year" });
    client
        .post(&format!("{indexes}/delete"), body.clone())
        .await
        .result();
    assert_eq!(
        client
            .post(&format!("{indexes}/delete"), body)
            .await
            .failure(),
        (400, 40026)
    );
    let left = client.get(&format!("{indexes}/list")).await.result();
    assert_eq!(left["metadataIndexes"].as_array().unwrap().len(), 2);
    let found = query(
        &client,
        &index,
        json!({ "vector": [1, 0], "filter": { "year": 2021 } }),
    )
    .await;
    assert!(found.is_empty());
}

#[tokio::test]
async fn an_index_has_ten_metadata_indexes_at_most() {
    let (_emulator, client, index) = world("cosine").await;
    let create = format!("{index}/metadata_index/create");
    for n in 0..10 {
        let body = json!({ "propertyName": format!("p{n}"), "indexType": "string" });
        client.post(&create, body).await.result();
    }
    let body = json!({ "propertyName": "p10", "indexType": "string" });
    assert_eq!(client.post(&create, body).await.failure(), (400, 40026));
}

#[tokio::test]
async fn vectors_are_listed_page_by_page() {
    let (_emulator, client, index) = world("cosine").await;
    let vectors: Vec<_> = (0..5)
        .map(|n| json!({ "id": format!("v{n}"), "values": [1, n] }))
        .collect();
    send(&client, &index, "insert", &vectors).await.result();
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client
            .get(&format!("{index}/list?count=2&cursor={cursor}"))
            .await
            .result();
        assert_eq!(page["totalCount"], 5);
        assert_eq!(page["count"], page["vectors"].as_array().unwrap().len());
        found.extend(page["vectors"].as_array().unwrap().clone());
        assert_eq!(page["isTruncated"], page.get("nextCursor").is_some());
        match page["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    let all: Vec<_> = (0..5).map(|n| json!({ "id": format!("v{n}") })).collect();
    assert_eq!(found, all);
    for query in ["count=0", "count=1001", "cursor=%20"] {
        assert_eq!(
            client.get(&format!("{index}/list?{query}")).await.failure(),
            (400, 40026),
            "{query}"
        );
    }
}

#[tokio::test]
async fn permissions_to_read_and_to_write_differ() {
    let (emulator, _, index) = world("cosine").await;
    let reader = emulator
        .add_token(TokenSpec::new(["Vectorize Read"]))
        .unwrap();
    let reader = Client::with_token(&emulator, &reader.value);
    let asked = reader
        .post(&format!("{index}/query"), json!({ "vector": [1, 0] }))
        .await;
    assert_eq!(asked.status, StatusCode::OK);
    let sent = send(
        &reader,
        &index,
        "insert",
        &[json!({ "id": "a", "values": [1, 0] })],
    )
    .await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN);
}
