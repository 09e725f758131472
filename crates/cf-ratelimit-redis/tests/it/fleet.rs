//! Many processes, one budget: against a real redis-server, with real processes and real time.

use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::Redis;
use cf_client::Client;
use cf_ratelimit_redis::RedisBudget;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const PROCESSES: usize = 8;
const REQUESTS: usize = 15;
const QUOTA: usize = 40;
const WINDOW: Duration = Duration::from_secs(3);
/// How much longer one request may take from a process to the server than another.
const JITTER: Duration = Duration::from_secs(1);

/// Where a process of the fleet finds the API and Redis.
const API: &str = "CF_TEST_FLEET_API";
const REDIS: &str = "CF_TEST_FLEET_REDIS";

type Arrivals = Arc<Mutex<Vec<(Instant, String)>>>;

/// An API that records when each request arrives, and who sent it.
async fn api(arrivals: Arrivals) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, Arc::clone(&arrivals)));
        }
    });
    format!("http://{address}/client/v4")
}

async fn answer(mut stream: TcpStream, arrivals: Arrivals) {
    let mut head = Vec::new();
    while let Ok(byte) = stream.read_u8().await {
        head.push(byte);
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let text = String::from_utf8_lossy(&head).into_owned();
        arrivals.lock().unwrap().push((Instant::now(), text));
        head.clear();
        let body = r#"{"success":true,"result":{"id":"1","name":"example.com"}}"#;
        let reply = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(reply.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// One process of the fleet. Does nothing unless the test below starts it.
#[tokio::test]
async fn process_of_the_fleet() {
    let (Ok(api), Ok(redis)) = (std::env::var(API), std::env::var(REDIS)) else {
        return;
    };
    let budget = RedisBudget::builder(redis)
        .limit(QUOTA as u32, WINDOW)
        .timeout(Duration::from_secs(10))
        .on_change(|sharing| panic!("{sharing}"))
        .build()
        .unwrap();
    let client = Client::builder()
        .api_token("cfut_test")
        .base_url(api)
        .rate_limiter(budget)
        .user_agent(&format!("process/{}", std::process::id()))
        .build()
        .unwrap();
    let calls: Vec<_> = (0..REQUESTS)
        .map(|_| tokio::spawn(client.zones().get("1").into_future()))
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_processes_never_exceed_the_budget() {
    let Some(redis) = Redis::start() else { return };
    let arrivals = Arrivals::default();
    let api = api(Arc::clone(&arrivals)).await;
    let processes: Vec<_> = (0..PROCESSES)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["fleet::process_of_the_fleet", "--exact"])
                .env(API, &api)
                .env(REDIS, &redis.url)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for process in processes {
        let output = tokio::task::spawn_blocking(move || process.wait_with_output().unwrap());
        let output = output.await.unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
    let arrivals = arrivals.lock().unwrap().clone();
    assert_eq!(arrivals.len(), PROCESSES * REQUESTS, "each was sent once");
    for window in arrivals.windows(QUOTA + 1) {
        let took = window[QUOTA].0 - window[0].0;
        assert!(
            took + JITTER >= WINDOW,
            "{} requests within {took:?}",
            QUOTA + 1
        );
    }
    // All of them had room from the start, not one after the other.
    let first: Vec<_> = arrivals[..QUOTA]
        .iter()
        .map(|(_, head)| head.clone())
        .collect();
    let mut agents: Vec<_> = first
        .iter()
        .filter_map(|head| head.lines().find(|line| line.starts_with("user-agent")))
        .collect();
    agents.sort_unstable();
    agents.dedup();
    assert!(agents.len() > 1, "{agents:?}");
    let keys = redis.cli(&["keys", "*"]);
    assert!(keys.contains("{cf-ratelimit:default}:sent"), "{keys}");
    for key in keys.lines() {
        let expiry: i64 = redis.cli(&["pttl", key]).trim().parse().unwrap();
        assert!(expiry > 0, "{key} stays for ever");
    }
}
