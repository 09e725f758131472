//! Workflows: instances, their status, and events.

use cf_emulator::Emulator;
use http::Method;
use serde_json::{Value, json};

use crate::client::Client;

/// A workflow, a client, one of the controls, and the path of its instances.
async fn workflow() -> (Emulator, Client, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let path = format!("/accounts/{}/workflows/orders", emulator.account_id());
    let body = json!({ "class_name": "Orders", "script_name": "shop" });
    let made = client.put(&path, body).await.result();
    assert_eq!(
        (&made["name"], &made["script_name"]),
        (&json!("orders"), &json!("shop"))
    );
    let control = Client {
        base_url: emulator.base_url().replace("/client/v4", "/_emulator"),
        headers: Vec::new(),
    };
    (emulator, client, control, format!("{path}/instances"))
}

#[tokio::test]
async fn instances_have_the_names_and_parameters_that_they_were_given() {
    let (_emulator, client, _, instances) = workflow().await;
    for (id, params) in [
        ("order-1", json!({ "items": [1, 2], "note": null })),
        ("order_2", json!("text")),
        ("3", json!([true, 4.5])),
        ("four", json!(0)),
    ] {
        let body = json!({ "instance_id": id, "params": params });
        let made = client.post(&instances, body.clone()).await.result();
        assert_eq!(
            (&made["id"], &made["status"]),
            (&json!(id), &json!("queued"))
        );
        let read = client.get(&format!("{instances}/{id}")).await.result();
        assert_eq!(
            (&read["params"], &read["versionId"]),
            (&params, &made["version_id"])
        );
        assert_eq!(client.post(&instances, body).await.failure(), (409, 10405));
    }
    let unnamed = client.call(Method::POST, &instances, None).await.result();
    assert_eq!(unnamed["id"].as_str().unwrap().len(), 36);
    for id in ["", "-a", "a b", "a/b", &"x".repeat(101)] {
        let refused = client.post(&instances, json!({ "instance_id": id })).await;
        assert_eq!(refused.failure(), (400, 10002), "{id}");
    }
    let all = client.get(&format!("{instances}?per_page=2")).await.json();
    assert_eq!(all["result_info"]["total_count"], 5);
    assert_eq!(
        all["result"][0]["id"], unnamed["id"],
        "the latest comes first"
    );
}

#[tokio::test]
async fn several_are_made_at_once_or_none() {
    let (_emulator, client, _, instances) = workflow().await;
    let batch = format!("{instances}/batch");
    let twice = json!([{ "instance_id": "a" }, { "instance_id": "a" }]);
    assert_eq!(client.post(&batch, twice).await.failure(), (409, 10405));
    assert_eq!(client.post(&batch, json!([])).await.failure(), (400, 10002));
    assert_eq!(client.get(&instances).await.result(), json!([]));
    let two = json!([{ "instance_id": "a" }, { "instance_id": "b", "params": "{}" }]);
    let made = client.post(&batch, two).await.result();
    assert_eq!((&made[0]["id"], &made[1]["id"]), (&json!("a"), &json!("b")));
    let ended = client
        .post(&format!("{batch}/terminate"), json!(["a", "c"]))
        .await
        .result();
    assert_eq!(ended["instancesTerminated"], 1);
    let left = client
        .get(&format!("{instances}?status=queued"))
        .await
        .result();
    assert_eq!(
        (left.as_array().unwrap().len(), &left[0]["id"]),
        (1, &json!("b"))
    );
}

#[tokio::test]
async fn a_status_changes_as_far_as_it_can() {
    let (_emulator, client, control, instances) = workflow().await;
    client
        .post(&instances, json!({ "instance_id": "one" }))
        .await
        .result();
    let one = format!("{instances}/one");
    let set = async |action: &str| {
        let body = json!({ "status": action });
        client.patch(&format!("{one}/status"), body).await
    };
    for (action, status) in [
        ("pause", "paused"),
        ("resume", "queued"),
        ("terminate", "terminated"),
    ] {
        assert_eq!(set(action).await.result()["status"], status);
        assert_eq!(client.get(&one).await.result()["status"], status);
    }
    assert_eq!(set("pause").await.failure(), (400, 10401));
    assert_eq!(set("restart").await.result()["status"], "queued");
    assert_eq!(set("explode").await.failure(), (400, 10002));

    let done =
        json!({ "workflow": "orders", "instance": "one", "status": "complete", "output": "sent" });
    assert_eq!(
        control.post("/workflows", done).await.json()["status"],
        "complete"
    );
    let read = client.get(&one).await.result();
    assert_eq!(
        (&read["output"], &read["success"]),
        (&json!("sent"), &json!(true))
    );
    assert!(
        read["start"].is_string() && read["end"].is_string(),
        "{read}"
    );
    for bad in [
        json!({}),
        json!({ "workflow": "orders", "instance": "one", "status": "done" }),
        json!({ "workflow": "orders", "instance": "two", "status": "running" }),
        json!({ "workflow": "orders", "instance": "one", "status": "running", "steps": [1] }),
    ] {
        assert_eq!(control.post("/workflows", bad).await.status, 400);
    }
    client.delete(&one).await.result();
    assert_eq!(client.get(&one).await.failure(), (404, 10201));
}

#[tokio::test]
async fn events_reach_the_step_that_waits_for_them() {
    let (_emulator, client, control, instances) = workflow().await;
    client
        .post(&instances, json!({ "instance_id": "one" }))
        .await
        .result();
    let one = format!("{instances}/one");
    let step = |event: &str| json!({ "name": event, "type": "waitForEvent", "event_type": event, "status": "waiting" });
    let wait = |events: &[&str]| {
        let steps: Vec<Value> = events.iter().map(|event| step(event)).collect();
        json!({ "workflow": "orders", "instance": "one", "status": "waiting", "steps": steps })
    };
    control.post("/workflows", wait(&["paid"])).await;
    let other = client
        .post(&format!("{one}/events/sent"), json!({ "by": "post" }))
        .await
        .result();
    assert_eq!(other["instanceId"], "one");
    assert_eq!(client.get(&one).await.result()["status"], "waiting");
    client
        .post(&format!("{one}/events/paid"), json!([1, "two"]))
        .await
        .result();
    assert_eq!(client.get(&one).await.result()["status"], "running");
    let read = async |name: &str| {
        client
            .get(&format!("{one}/step?name={name}&type=waitForEvent"))
            .await
    };
    let paid = read("paid").await.result();
    assert_eq!(
        (&paid["status"], &paid["output"]["payload"]),
        (&json!("complete"), &json!([1, "two"]))
    );
    // An event that came first is there when a step begins to wait.
    control.post("/workflows", wait(&["sent"])).await;
    assert_eq!(
        read("sent").await.result()["output"]["payload"],
        json!({ "by": "post" })
    );
    assert_eq!(read("paid").await.failure(), (404, 10400));
    client
        .patch(&format!("{one}/status"), json!({ "status": "terminate" }))
        .await
        .result();
    let late = client.post(&format!("{one}/events/paid"), json!(1)).await;
    assert_eq!(late.failure(), (400, 10002));
}

#[tokio::test]
async fn a_workflow_has_versions_and_takes_everything_along() {
    let (emulator, client, _, instances) = workflow().await;
    let path = instances.strip_suffix("/instances").unwrap();
    client.post(&instances, json!({})).await.result();
    let body = json!({ "class_name": "Better", "script_name": "shop", "limits": { "steps": 9 } });
    let updated = client.put(path, body).await.result();
    let versions = client.get(&format!("{path}/versions")).await.result();
    assert_eq!(
        (versions.as_array().unwrap().len(), &versions[0]["id"]),
        (2, &updated["version_id"])
    );
    let first = format!("{path}/versions/{}", versions[1]["id"].as_str().unwrap());
    assert_eq!(client.get(&first).await.result()["class_name"], "Orders");
    assert_eq!(
        client.get(&format!("{path}/versions/none")).await.failure(),
        (404, 10300)
    );
    let shown = client.get(path).await.result();
    assert_eq!(
        (&shown["instances"]["queued"], &shown["class_name"]),
        (&json!(1), &json!("Better"))
    );
    let all = format!("/accounts/{}/workflows", emulator.account_id());
    assert_eq!(
        client.get(&format!("{all}?search=ORD")).await.result(),
        json!([shown])
    );
    client.delete(path).await.result();
    assert_eq!(client.get(&instances).await.failure(), (404, 10200));
    client
        .put(path, json!({ "class_name": "A", "script_name": "b" }))
        .await
        .result();
    assert_eq!(client.get(&instances).await.result(), json!([]));
    let nameless = client
        .put(
            &format!("{all}/a%20b"),
            json!({ "class_name": "A", "script_name": "b" }),
        )
        .await;
    assert_eq!(nameless.failure(), (400, 10002));
}
