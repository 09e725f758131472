//! Every fault, by header, by route and by call.

use std::time::{Duration, Instant};

use cf_emulator::{Emulator, Fault};
use http::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client, with_zone};

#[derive(Clone, Copy, Debug)]
enum Way {
    Header,
    Route,
    Call,
}

/// The reply to `GET path` with a fault that is requested in this way.
async fn struck(
    emulator: &Emulator,
    path: &str,
    way: Way,
    fault: &str,
) -> Result<Answer, hyper::Error> {
    let mut client = Client::new(emulator);
    match way {
        Way::Header => client.headers.push(("x-emulator-fault", fault.to_owned())),
        Way::Route => {
            let mut admin = Client::with_headers(emulator, &[]);
            admin.base_url = admin.base_url.replace("/client/v4", "/_emulator");
            let fault = json!({ "fault": fault, "method": "GET", "path": "/zones/*/dns_records" });
            let answer = admin.post("/faults", fault).await;
            assert_eq!(answer.status, 200, "{:?}", answer.body);
        }
        Way::Call => {
            let fault: Fault = fault.parse().unwrap();
            emulator.inject(fault.on(Method::GET, "/zones/*/dns_records"));
        }
    }
    client.try_send(Method::GET, path, None, "").await
}

/// Whether an answer is what the fault should cause.
fn is_as_asked(fault: &str, answer: Result<Answer, hyper::Error>) -> bool {
    let Ok(answer) = answer else {
        return matches!(fault, "cut" | "lose_reply" | "cut_body=5");
    };
    let status = answer.status.as_u16();
    let header = |name: &str| {
        answer
            .headers
            .get(name)
            .map(|value| value.to_str().unwrap())
    };
    if fault == "html=502" {
        return status == 502
            && header("content-type") == Some("text/html; charset=UTF-8")
            && answer.body.starts_with(b"<!DOCTYPE html>");
    }
    let body = answer.json();
    let first = &body["result"][0];
    match fault {
        "rate_limit=7" => {
            status == 429
                && header("retry-after") == Some("7")
                && header("ratelimit") == Some("\"default\";r=0;t=7")
                && header("ratelimit-policy") == Some("\"default\";q=1200;w=300")
                && body["errors"][0]["code"] == 10100
        }
        "status=503" => status == 503 && body["success"] == false,
        "drop=/result/*/content" => status == 200 && first.get("content").is_none(),
        "null=/result/0/ttl" => first["ttl"] == Value::Null && first.get("ttl").is_some(),
        "unknown=/result/0/type" => first["type"] == "a_value_from_the_future",
        "set=/result/0/new:{\"a\":1}" => first["new"] == json!({ "a": 1 }),
        "ignore_page" => body["result_info"]["page"] == 1,
        "delay=60" => status == 200,
        _ => false,
    }
}

#[tokio::test]
async fn each_fault_can_be_had_in_each_way() {
    let (emulator, client, zone) = with_zone().await;
    let id = zone.trim_start_matches("/zones/");
    for name in ["a", "b", "c"] {
        let record = json!({ "type": "A", "name": name, "content": "192.0.2.1" });
        emulator.add_record(id, record).unwrap();
    }
    let path = format!("{zone}/dns_records?per_page=1&page=2");
    for way in [Way::Header, Way::Route, Way::Call] {
        for fault in [
            "delay=60",
            "rate_limit=7",
            "status=503",
            "html=502",
            "cut",
            "lose_reply",
            "cut_body=5",
            "ignore_page",
            "drop=/result/*/content",
            "null=/result/0/ttl",
            "unknown=/result/0/type",
            "set=/result/0/new:{\"a\":1}",
        ] {
            let started = Instant::now();
            let answer = struck(&emulator, &path, way, fault).await;
            assert!(is_as_asked(fault, answer), "{fault} by {way:?}");
            if fault == "delay=60" {
                assert!(started.elapsed() >= Duration::from_millis(60), "{way:?}");
            }
            // It applied once.
            let after = client.get(&path).await.json();
            assert_eq!(after["result_info"]["page"], 2, "{fault} by {way:?}");
            assert_eq!(after["result"][0]["type"], "A");
        }
    }
}
