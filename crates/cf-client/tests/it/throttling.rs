//! Everything that means "too many requests", how long a client waits, and what ends the wait. Over real
//! sockets, with paused clocks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{Answer, Received, Server, ZONE, failure, json, reply};
use cf_client::types::dns::records::ARecordParam;
use cf_client::{AttemptReport, CallReport, Client, Error, ErrorKind, Method, Metrics};
use futures_util::future::join_all;
use serde_json::Value;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const OBJECT: &str = r#"{"success":true,"result":{"id":"1","name":"www","type":"A"}}"#;
const LIST: &str = r#"{"success":true,"result":[{"id":"1","name":"a"}],"result_info":{"page":1,"per_page":20,"count":1,"total_count":1,"total_pages":1}}"#;

fn object() -> Vec<u8> {
    json(200, OBJECT)
}

fn slow_down(status: u16) -> Vec<u8> {
    failure(
        status,
        971,
        "Please wait and consider throttling your request speed",
    )
}

/// When each request came, since the server's start.
type Times = Arc<Mutex<Vec<Duration>>>;

async fn noting(
    answer: impl Fn(usize, &Received) -> Vec<u8> + Send + Sync + 'static,
) -> (Server, Times) {
    let times = Times::default();
    let (noted, started) = (Arc::clone(&times), Instant::now());
    let server = Server::start(move |number, request| {
        noted.lock().unwrap().push(started.elapsed());
        Answer::Bytes(answer(number, request))
    })
    .await;
    (server, times)
}

fn seconds(times: &Times) -> Vec<u64> {
    times
        .lock()
        .unwrap()
        .iter()
        .map(Duration::as_secs)
        .collect()
}

async fn get(client: &Client) -> Result<(), Error> {
    client.zones().get(ZONE).await.map(|_| ())
}

/// Kinds of call that return a value or an error.
const CALLS: [&str; 6] = ["get", "create", "list", "by path", "stream", "delete"];

async fn call(client: &Client, way: &str, retries: u32) -> Result<(), Error> {
    let records = client.dns().records();
    match way {
        "get" => client.zones().get(ZONE).retries(retries).await.map(|_| ()),
        "create" => {
            let record = ARecordParam::new("www", "192.0.2.1");
            records
                .create(ZONE, record)
                .retries(retries)
                .await
                .map(|_| ())
        }
        "list" => client
            .zones()
            .list()
            .retries(retries)
            .items()
            .collect_all()
            .await
            .map(|_| ()),
        "by path" => {
            let call = client.request(Method::POST, "/zones").retries(retries);
            call.send::<Value>().await.map(|_| ())
        }
        "stream" => {
            let call = client.request(Method::GET, "/values/1").retries(retries);
            call.send_stream().await.map(|_| ())
        }
        _ => records.delete(ZONE, "1").retries(retries).await.map(|_| ()),
    }
}

/// Bodies that mean it, with their statuses.
fn refusals() -> Vec<Vec<u8>> {
    let error = r#"{"code":971,"message":"slow down"}"#;
    let json_type = [("content-type", "application/json")];
    let text_type = [("content-type", "text/plain")];
    let mut refusals = vec![
        reply(429, &[], ""),
        reply(
            429,
            &[("content-type", "text/html")],
            "<html>Error 1015</html>",
        ),
        reply(429, &text_type, "error code: 1015"),
        reply(403, &text_type, "error code: 1015"),
        reply(429, &[("retry-after", "0")], "{}"),
        reply(
            429,
            &[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")],
            "{}",
        ),
        reply(429, &[("retry-after", "soon")], "{}"),
        reply(429, &[("ratelimit", r#""default";r=0;t=0"#)], "{}"),
        failure(200, 10429, "Rate limited"),
        failure(
            429,
            10000,
            "Rate limited. Please wait and consider throttling your request speed",
        ),
        failure(
            400,
            10100,
            "More than 1200 requests per 300 seconds reached. Please wait and consider throttling your request speed",
        ),
    ];
    refusals.extend([200, 400, 403, 404, 500, 503].map(slow_down));
    for body in [
        format!(r#"{{"success":false,"errors":[{error}]}}"#),
        format!(r#" {{ "result" : null , "errors" : [ {error} ] , "success" : false }}"#),
        format!(r#"{{"result":[],"success":false,"errors":[{error}],"messages":[]}}"#),
        r#"{"success":false,"errors":[{"code":"971"}]}"#.to_owned(),
        format!(r#"{{"success":false,"errors":[{{"code":1,"error_chain":[{error}]}}]}}"#),
    ] {
        refusals.push(reply(200, &json_type, &body));
    }
    refusals
}

/// Answers as it is configured.
#[derive(Default)]
struct Script {
    refusal: Vec<u8>,
    /// How often it refuses before it returns `body`.
    refusals: usize,
    body: &'static str,
    times: Vec<Instant>,
}

#[tokio::test(start_paused = true)]
async fn whatever_means_slow_down_is_a_429_to_every_call() {
    let script = Arc::new(Mutex::new(Script::default()));
    let told = Arc::clone(&script);
    let server = Server::start(move |_, _| {
        let mut script = told.lock().unwrap();
        script.times.push(Instant::now());
        Answer::Bytes(match script.times.len() > script.refusals {
            true => json(200, script.body),
            false => script.refusal.clone(),
        })
    })
    .await;
    let client = server.client();
    for (refusal, way) in refusals()
        .into_iter()
        .flat_map(|refusal| CALLS.map(|way| (refusal.clone(), way)))
    {
        let text = format!("{way} after {}", String::from_utf8_lossy(&refusal));
        let begin = |refusals| {
            client.reset_rate_limit();
            *script.lock().unwrap() = Script {
                refusal: refusal.clone(),
                refusals,
                body: if way == "list" { LIST } else { OBJECT },
                times: Vec::new(),
            };
        };
        let times = || script.lock().unwrap().times.clone();

        begin(1);
        let done = call(&client, way, 2).await;
        assert!(done.is_ok(), "{text}: {done:?}");
        assert_eq!(times().len(), 2, "{text}");
        assert!(times()[1] - times()[0] >= 4 * SECOND, "{text}");

        begin(1);
        let error = call(&client, way, 0).await.unwrap_err();
        assert!(error.is_rate_limited(), "{text}: {error}");
        assert!(error.is_retryable() && !error.is_auth() && !error.is_not_found());
        let wait = error.retry_after().unwrap();
        assert!(4 * SECOND <= wait && wait <= 5 * SECOND, "{text}: {wait:?}");
        let words = error.to_string();
        let advice = "the server does not say for how long; wait";
        assert!(words.contains(advice), "{words}");
        // Others wait with it, and those that cannot wait get an error at once.
        let other = client.clone();
        let error = other.zones().get(ZONE).deadline(SECOND).await.unwrap_err();
        assert!(
            error.is_rate_limited() && error.status().is_none(),
            "{text}: {error}"
        );
        assert_eq!(times().len(), 1, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_only_reads_like_it_is_not_it() {
    let success = r#"{"success":true,"errors":[],"messages":[{"code":971,"message":"throttling your request speed"}],"result":{"id":"971","errors":[{"code":971}]}}"#;
    for answer in [
        json(200, success),
        json(
            200,
            r#"{"success":true,"errors":null,"result":{"id":"throttling your request speed"}}"#,
        ),
    ] {
        let server = Server::always(answer).await;
        let client = server.client();
        get(&client).await.unwrap();
        let zone: Value = client
            .request(Method::GET, "/zones/1")
            .send()
            .await
            .unwrap();
        assert!(zone.is_object());
        assert_eq!(server.count(), 2);
    }
    // Another code is another error.
    let server = Server::always(failure(200, 9710, "no")).await;
    let error = get(&server.client()).await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (ErrorKind::Api, 1));
}

/// Data stored in the API can read like anything.
#[tokio::test(start_paused = true)]
async fn bodies_that_stream_and_the_users_own_are_not_judged() {
    let server = Server::always(slow_down(200)).await;
    let response = server.client().zones().get(ZONE).send_raw().await.unwrap();
    assert_eq!(response.status(), 200);
    let body = response.into_body().bytes(1_000).await.unwrap();
    assert!(body.starts_with(b"{\"success\":false"));

    // Not JSON by its type: it streams, and it is a value.
    let body = r#"{"success":false,"errors":[{"code":971,"message":"x"}]}"#;
    let text = [("content-type", "text/plain")];
    let server = Server::always(reply(200, &text, body)).await;
    let client = server.client();
    let download = client
        .request(Method::GET, "/values/1")
        .send_stream()
        .await
        .unwrap();
    assert_eq!(download.bytes(1_000).await.unwrap(), body);
    let exported = client.dns().records().export(ZONE).await.unwrap();
    assert_eq!(exported, body);
    assert_eq!(server.count(), 2);
    let error = client.zones().get(ZONE).retries(0).await.unwrap_err();
    assert!(error.is_rate_limited(), "{error}");
}

#[derive(Debug, Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Metrics for Notes {
    fn attempt(&self, attempt: &AttemptReport<'_>) {
        let status = attempt.status.map(|status| status.as_u16());
        let note = format!("{status:?} {} {:?}", attempt.throttled, attempt.error);
        self.0.lock().unwrap().push(note);
    }

    fn call(&self, call: &CallReport<'_>) {
        self.0
            .lock()
            .unwrap()
            .push(format!("{:?} {}", call.error, call.retries));
    }
}

#[tokio::test(start_paused = true)]
async fn metrics_hear_of_it() {
    let notes = Notes::default();
    let server = Server::scripted([slow_down(200), slow_down(429), object()]).await;
    let client = server.builder().metrics(notes.clone()).build().unwrap();
    get(&client).await.unwrap();
    let told = std::mem::take(&mut *notes.0.lock().unwrap());
    assert_eq!(
        told,
        [
            "Some(200) true None",
            "Some(429) true None",
            "Some(200) false None",
            "None 2"
        ]
    );
    let server = Server::always(slow_down(200)).await;
    let client = server.builder().metrics(notes.clone()).build().unwrap();
    call(&client, "get", 0).await.unwrap_err();
    let told = notes.0.lock().unwrap().clone();
    assert_eq!(told, ["Some(200) true None", "Some(RateLimited) 0"]);
}

#[tokio::test(start_paused = true)]
async fn without_a_word_waits_grow_up_to_five_minutes_and_hold_back_all() {
    let (server, times) = noting(|_, _| slow_down(429)).await;
    let client = server.builder().deadline(60 * MINUTE).build().unwrap();
    let error = client.zones().get(ZONE).retries(8).await.unwrap_err();
    let wait = error.retry_after().unwrap();
    assert!(4 * MINUTE <= wait && wait <= 5 * MINUTE, "{wait:?}");
    let noted = times.lock().unwrap().clone();
    let gaps: Vec<_> = noted.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (gap, most) in gaps.iter().zip([5, 10, 20, 40, 80, 160, 300, 300]) {
        let most = most * SECOND;
        assert!(most.mul_f64(0.79) <= *gap && *gap <= most, "{gaps:?}");
    }
    // A wait beyond the deadline is not started.
    let started = Instant::now();
    let error = client
        .clone()
        .zones()
        .get(ZONE)
        .deadline(MINUTE)
        .await
        .unwrap_err();
    assert_eq!((started.elapsed(), server.count()), (Duration::ZERO, 9));
    assert!(error.retry_after().unwrap() > 3 * MINUTE, "{error}");
}

#[tokio::test(start_paused = true)]
async fn many_refused_together_are_one_refusal_and_one_asks_for_all() {
    let open = 60;
    let started = Instant::now();
    let (server, times) = noting(move |_, _| match started.elapsed().as_secs() {
        time if time < open => slow_down(429),
        _ => object(),
    })
    .await;
    let client = server.client();
    let calls = (0..50).map(|_| get(&client));
    let done = join_all(calls).await;
    // The first round goes out together; then one call at a time goes as a probe, and the others wait.
    let times = seconds(&times);
    let asked = times.iter().filter(|time| (1..open).contains(time)).count();
    assert!((3..=6).contains(&asked), "{times:?}");
    let failed = done.iter().filter(|done| done.is_err()).count();
    assert!(
        failed <= 2,
        "{failed} gave up: their retries were used as probes"
    );
    assert!(*times.last().unwrap() <= open + 50, "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn a_products_own_limit_holds_back_that_operation_alone() {
    for own in [
        failure(429, 10252, "Queue disabled"),
        failure(429, 10058, "Too many requests"),
        failure(
            200,
            1134,
            "Unable to purge, rate limit reached. Please wait and consider Throttling your request speed",
        ),
        reply(
            429,
            &[],
            r#"{"data":null,"errors":[{"message":"rate limiter budget depleted, try again after 5 minutes"}]}"#,
        ),
    ] {
        let (server, times) = noting(move |_, request| match request.method.as_str() {
            "POST" => own.clone(),
            _ => object(),
        })
        .await;
        let client = server.client();
        let create = |deadline| {
            let record = ARecordParam::new("www", "192.0.2.1");
            client
                .dns()
                .records()
                .create(ZONE, record)
                .retries(0)
                .deadline(deadline)
        };
        assert!(create(MINUTE).await.unwrap_err().is_rate_limited());
        get(&client).await.unwrap();
        let error = create(SECOND).await.unwrap_err();
        assert!(
            error.is_rate_limited() && error.status().is_none(),
            "{error}"
        );
        assert_eq!(seconds(&times), [0, 0]);
    }
}

/// One odd reply must not stop a client.
#[tokio::test(start_paused = true)]
async fn no_reply_stops_a_client_for_longer_than_five_minutes() {
    type Headers = &'static [(&'static str, &'static str)];
    const POLICY: (&str, &str) = ("ratelimit-policy", r#""default";q=1200;w=30"#);
    const LONG: (&str, &str) = ("ratelimit", r#""default";r=0;t=604800"#);
    let cases: [(u16, Headers, u64); 9] = [
        (200, &[LONG], 300),
        (200, &[LONG, POLICY], 30),
        (
            200,
            &[("ratelimit", r#""default";r=0;t=99999999999999999999999"#)],
            300,
        ),
        (
            200,
            &[
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", "Fri, 31 Dec 9999 23:59:59 GMT"),
            ],
            300,
        ),
        (404, &[LONG], 300),
        (429, &[LONG], 300),
        (
            429,
            &[("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT")],
            300,
        ),
        (429, &[("retry-after", "99999999999")], 300),
        (429, &[("retry-after", "3600"), LONG, POLICY], 300),
    ];
    for (status, headers, closed) in cases {
        let first = reply(status, headers, OBJECT);
        let (server, times) = noting(move |number, _| match number {
            0 => first.clone(),
            _ => object(),
        })
        .await;
        let client = server.client();
        let _ = client.zones().get(ZONE).retries(0).await;
        let calls = (0..10).map(|_| get(&client));
        for done in join_all(calls).await {
            done.unwrap();
        }
        let times = seconds(&times);
        assert_eq!(times[..2], [0, closed], "{headers:?}");
        // One goes ahead; its reply opens the gate for the others.
        assert!(
            times[2..]
                .iter()
                .all(|time| (closed..=closed + 2).contains(time)),
            "{times:?}"
        );
        assert_eq!(times.len(), 11);
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_server_says_no_one_call_asks_every_five_minutes() {
    let never = [("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT")];
    let (server, times) = noting(move |_, _| reply(429, &never, "{}")).await;
    let client = server
        .builder()
        .deadline(24 * 60 * MINUTE)
        .retries(0)
        .build()
        .unwrap();
    let error = get(&client).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(24 * 60 * MINUTE), "a day at most");
    let calls = (0..20).map(|_| get(&client));
    let done = join_all(calls).await;
    assert!(done.iter().all(Result::is_err));
    let times = seconds(&times);
    assert_eq!(times.len(), 21, "each was sent once");
    for pair in times.windows(2) {
        assert!((300..=302).contains(&(pair[1] - pair[0])), "{times:?}");
    }
}

/// What was in flight when a gate closed knows nothing newer.
#[tokio::test(start_paused = true)]
async fn good_replies_to_earlier_requests_open_nothing() {
    let (server, times) = noting(|number, _| match number {
        3 => reply(429, &[("retry-after", "100")], "{}"),
        _ => reply(200, &[("ratelimit", r#""default";r=900;t=300"#)], OBJECT),
    })
    .await;
    let client = server.client();
    for done in join_all((0..8).map(|_| get(&client))).await {
        done.unwrap();
    }
    get(&client).await.unwrap();
    let times = seconds(&times);
    assert_eq!(times[..8], [0; 8]);
    assert!(times[8..].iter().all(|time| *time == 100), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn a_reset_lets_calls_go_that_wait() {
    let (server, times) = noting(|number, _| match number {
        0 => reply(429, &[("retry-after", "200")], "{}"),
        _ => object(),
    })
    .await;
    let client = server.client();
    call(&client, "get", 0).await.unwrap_err();
    let waiting = tokio::spawn(client.zones().get(ZONE).into_future());
    tokio::time::sleep(20 * SECOND).await;
    assert_eq!(server.count(), 1);
    client.clone().reset_rate_limit();
    get(&client).await.unwrap();
    waiting.await.unwrap().unwrap();
    let times = seconds(&times);
    assert_eq!((times[1], times.len()), (20, 3));
    assert!(times[2] <= 25, "{times:?}");
}

/// 1,200 in 5 minutes are one limit of the API; 200 a second from one IP address are another.
#[tokio::test(start_paused = true)]
async fn no_second_gets_more_than_200() {
    let (server, times) = noting(|_, _| object()).await;
    let client = server.client();
    for done in join_all((0..700).map(|_| get(&client))).await {
        done.unwrap();
    }
    let times = times.lock().unwrap().clone();
    assert_eq!(times.len(), 700);
    for window in times.windows(201) {
        assert!(
            window[200] - window[0] >= Duration::from_millis(999),
            "more than 200 in a second"
        );
    }
    assert!(times[699] <= 4 * SECOND, "and no slower: {:?}", times[699]);
}
