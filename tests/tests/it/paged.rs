//! Long lists end to end: client, sockets, emulator.

use std::collections::BTreeSet;

use cf_client::{Client, Method};
use cf_emulator::Emulator;
use cf_types::Api;
use serde_json::{Value, json};

async fn world() -> (Emulator, Client) {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::builder()
        .base_url(emulator.base_url())
        .api_token(emulator.token())
        .rate_limit(1_000_000, std::time::Duration::from_secs(1))
        .build()
        .unwrap();
    (emulator, client)
}

/// Creates this many objects, each by a POST of `body` applied to its number.
async fn create(client: &Client, path: &str, count: usize, body: impl Fn(usize) -> Value) {
    for number in 0..count {
        let request = client.request(Method::POST, path).json(&body(number));
        let reply = request.send_raw().await.unwrap();
        assert!(reply.status().is_success(), "{path}: {}", reply.status());
    }
}

#[cfg(feature = "r2")]
#[tokio::test]
async fn all_buckets_are_listed() {
    let (emulator, client) = world().await;
    let account = emulator.account_id();
    let path = format!("/accounts/{account}/r2/buckets");
    create(
        &client,
        &path,
        25,
        |number| json!({ "name": format!("bucket-{number:02}") }),
    )
    .await;
    let buckets = Api::new(&client).r2().buckets().list(account).items();
    let names: Vec<_> = buckets.collect_all().await.unwrap();
    let names: Vec<_> = names.into_iter().filter_map(|bucket| bucket.name).collect();
    assert_eq!(names.len(), 25);
    assert!(names.is_sorted());
    // The call itself returns the reply as it comes: one page.
    let reply = Api::new(&client)
        .r2()
        .buckets()
        .list(account)
        .await
        .unwrap();
    assert_eq!(reply.buckets.unwrap().len(), 20);
}

#[cfg(feature = "stream")]
#[tokio::test]
async fn all_videos_are_listed() {
    let (emulator, client) = world().await;
    let account = emulator.account_id();
    let path = format!("/accounts/{account}/stream/copy");
    let video = |number| json!({ "url": format!("https://www.example.com/{number}.mp4") });
    create(&client, &path, 1_500, video).await;
    let list = || Api::new(&client).stream().list(account);
    let distinct = |videos: Vec<cf_types::stream::Video>| {
        let all = videos.len();
        let ids: BTreeSet<_> = videos.into_iter().map(|video| video.uid).collect();
        assert_eq!(ids.len(), all, "nothing comes twice");
        all
    };
    assert_eq!(distinct(list().items().collect_all().await.unwrap()), 1_500);
    assert_eq!(
        distinct(list().asc(true).items().collect_all().await.unwrap()),
        1_500
    );
    assert_eq!(
        distinct(
            list()
                .limit(7)
                .items()
                .max_items(30)
                .collect_all()
                .await
                .unwrap()
        ),
        30
    );

    // A caller's bound is kept, whichever name it was given by.
    emulator.clear_requests();
    let far = "2999-01-01T00:00:00Z";
    let videos = list().before(far).items().collect_all().await.unwrap();
    assert_eq!(distinct(videos), 1_500);
    for request in &emulator.requests()[1..] {
        let bounds: Vec<&str> = request
            .query
            .split('&')
            .filter(|pair| !pair.contains("2999"))
            .collect();
        assert_eq!(bounds.len(), 2, "{bounds:?}");
        let values: BTreeSet<_> = bounds
            .iter()
            .filter_map(|pair| pair.split('=').nth(1))
            .collect();
        assert_eq!(values.len(), 1, "{bounds:?}");
    }
}

#[cfg(feature = "realtime_kit")]
#[tokio::test]
async fn all_meetings_are_listed() {
    let (emulator, client) = world().await;
    let account = emulator.account_id();
    let path = format!("/accounts/{account}/realtime/kit/app/meetings");
    create(
        &client,
        &path,
        45,
        |number| json!({ "title": format!("{number}") }),
    )
    .await;
    let meetings = Api::new(&client)
        .realtime_kit()
        .meetings()
        .list(account, "app")
        .items();
    assert_eq!(meetings.collect_all().await.unwrap().len(), 45);
}
