//! What a client reports about its work.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{SECRET, Server, ZONE, failure, success};
use cf_client::{AttemptReport, CallReport, Method, Metrics};
use serde_json::Value;

#[derive(Debug, Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Metrics for Notes {
    fn attempt(&self, attempt: &AttemptReport<'_>) {
        let AttemptReport {
            request,
            number,
            status,
            error,
            ..
        } = attempt;
        let status = status.map(|status| status.as_u16());
        self.note(format!(
            "attempt {number} {} {status:?} {error:?}",
            request.path
        ));
    }

    fn call(&self, call: &CallReport<'_>) {
        let CallReport {
            request,
            status,
            error,
            retries,
            elapsed,
            rate_limit_wait,
            ..
        } = call;
        let status = status.map(|status| status.as_u16());
        let operation = request.operation.unwrap_or("-");
        let seconds = (elapsed.as_secs(), rate_limit_wait.as_secs());
        self.note(format!(
            "call {operation} {status:?} {error:?} {retries} {seconds:?}"
        ));
    }
}

#[tokio::test(start_paused = true)]
async fn each_attempt_and_each_call_is_told_of() {
    let notes = Notes::default();
    let server = Server::scripted([
        failure(503, 1, SECRET),
        success(r#"{"id":"1"}"#),
        failure(200, 7, SECRET),
        success(r#"{"id":"1"}"#),
    ])
    .await;
    let client = server
        .builder()
        .metrics(notes.clone())
        .rate_limit(3, Duration::from_secs(60))
        .build()
        .unwrap();
    client.zones().get(ZONE).query("q", SECRET).await.unwrap();
    assert_eq!(
        notes.take(),
        [
            "attempt 1 /zones/{zone_id} Some(503) None",
            "attempt 2 /zones/{zone_id} Some(200) None",
            "call zones.get Some(200) None 1 (0, 0)",
        ]
    );

    // Status 200, and yet an error; and it had to wait for the rate limit.
    client
        .request(Method::GET, "/zones/1")
        .send::<Value>()
        .await
        .unwrap_err();
    let told = notes.take();
    assert_eq!(told[0], "attempt 1 /zones/1 Some(200) None");
    assert!(
        told[1].starts_with("call - Some(200) Some(Api) 0"),
        "{told:?}"
    );

    // Nothing was sent.
    client.zones().get("").await.unwrap_err();
    assert_eq!(notes.take(), ["call zones.get None Some(Build) 0 (0, 0)"]);

    let error = client
        .zones()
        .get(ZONE)
        .deadline(Duration::from_secs(1))
        .await
        .unwrap_err();
    assert!(error.is_rate_limited());
    assert_eq!(
        notes.take(),
        ["call zones.get None Some(RateLimited) 0 (0, 0)"]
    );
    let (_, meta) = client.zones().get(ZONE).with_meta().await.unwrap();
    assert!(
        meta.rate_limit_wait() >= Duration::from_secs(20),
        "{:?}",
        meta.rate_limit_wait()
    );
    let told = notes.take().join("\n");
    let waited = meta.rate_limit_wait().as_secs();
    assert!(
        told.ends_with(&format!("({}, {waited})", meta.elapsed().as_secs())),
        "{told}"
    );
    assert!(!told.contains(SECRET) && !told.contains(ZONE));
}

#[tokio::test(start_paused = true)]
async fn attempts_that_got_no_reply_say_why() {
    let notes = Notes::default();
    let server = Server::start(|_, _| crate::support::Answer::Cut(Vec::new())).await;
    let client = server
        .builder()
        .metrics(notes.clone())
        .retries(1)
        .build()
        .unwrap();
    let error = client.zones().get(ZONE).await.unwrap_err();
    assert_eq!(error.retries(), 1);
    let told = notes.take();
    assert_eq!(told[0], "attempt 1 /zones/{zone_id} None Some(Interrupted)");
    assert_eq!(told[1], "attempt 2 /zones/{zone_id} None Some(Interrupted)");
    assert!(
        told[2].starts_with("call zones.get None Some(Interrupted) 1"),
        "{told:?}"
    );
}
