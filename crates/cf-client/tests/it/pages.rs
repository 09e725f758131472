//! Lists, as they are used: by page, by item, concurrently, and resumed.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::lists::{Single, page, zones};
use crate::support::{Answer, Server, ZONE, failure};
use cf_client::transport::transport_fn;
use cf_client::types::codec::{Field, RawJson};
use cf_client::types::{
    Arguments, Call, Cursor, Meta, Operation, Page, PageStyle, Paged, Param, ParamLocation, Reply,
};
use cf_client::{Client, ErrorKind, Method};
use futures_util::StreamExt;

async fn names(client: &Client) -> Result<Vec<String>, cf_client::Error> {
    let zones = client.zones().list().items().collect_all().await?;
    Ok(zones.into_iter().map(|zone| zone.name).collect())
}

#[tokio::test]
async fn every_item_of_an_honest_server_comes_once() {
    let server = Server::start(|_, request| zones(request)).await;
    let client = server.client();
    let all = [
        "a.example",
        "b.example",
        "c.example",
        "d.example",
        "e.example",
    ];
    assert_eq!(names(&client).await.unwrap(), all);
    assert_eq!(server.count(), 3);

    let pages = client.zones().list().pages().collect_all().await.unwrap();
    assert_eq!(
        pages.iter().map(|page| page.len()).collect::<Vec<_>>(),
        [2, 2, 1]
    );
    assert_eq!(pages[0].info.total_count, Some(5));

    let mut stream = client.zones().list().items().map(|zone| zone.unwrap().name);
    for name in all {
        assert_eq!(StreamExt::next(&mut stream).await.as_deref(), Some(name));
    }
    assert_eq!(StreamExt::next(&mut stream).await, None);
}

#[tokio::test]
async fn lists_move_between_tasks() {
    let server = Server::start(|_, request| zones(request)).await;
    let items = server.client().zones().list().items();
    let all = tokio::spawn(items.collect_all()).await.unwrap().unwrap();
    assert_eq!(all.len(), 5);
}

#[tokio::test]
async fn pages_are_fetched_as_needed() {
    let server = Server::start(|_, request| zones(request)).await;
    let client = server.client();
    let first = client.zones().list().first().await.unwrap().unwrap();
    assert_eq!((first.name.as_str(), server.count()), ("a.example", 1));

    let two = client
        .zones()
        .list()
        .items()
        .max_items(2)
        .collect_all()
        .await
        .unwrap();
    assert_eq!((two.len(), server.count()), (2, 2));
    let three = client
        .zones()
        .list()
        .items()
        .max_items(3)
        .collect_all()
        .await
        .unwrap();
    assert_eq!((three.len(), server.count()), (3, 4));
    let none = client
        .zones()
        .list()
        .items()
        .max_items(0)
        .collect_all()
        .await
        .unwrap();
    assert_eq!((none.len(), server.count()), (0, 4));
}

#[tokio::test]
async fn a_walk_goes_on_where_another_stopped() {
    let server = Server::start(|_, request| zones(request)).await;
    let client = server.client();
    let mut pages = client.zones().list().pages();
    assert_eq!(pages.cursor(), None);
    pages.next().await.unwrap().unwrap();
    let cursor = pages.cursor().unwrap().clone();
    assert_eq!(cursor, Cursor::Number(2));
    let rest = client
        .zones()
        .list()
        .items()
        .resume_from(cursor)
        .collect_all()
        .await
        .unwrap();
    assert_eq!(
        rest.iter()
            .map(|zone| zone.name.as_str())
            .collect::<Vec<_>>(),
        ["c.example", "d.example", "e.example"]
    );

    // The caller's own `page` is a starting point, too.
    for call in [
        client.zones().list().page(3),
        client.zones().list().query("page", "3"),
    ] {
        let last = call.items().collect_all().await.unwrap();
        assert_eq!(last.len(), 1);
        assert_eq!(last[0].name, "e.example");
    }
}

#[tokio::test]
async fn a_failed_page_ends_the_walk_and_can_be_tried_again() {
    let server = Server::start(|number, request| match number {
        1 => Answer::Bytes(failure(403, 9109, "not now")),
        _ => zones(request),
    })
    .await;
    let client = server.client();
    let mut items = client.zones().list().items();
    let mut got = BTreeSet::new();
    let error = loop {
        match items.next().await.unwrap() {
            Ok(zone) => got.insert(zone.name),
            Err(error) => break error,
        };
    };
    assert!(error.is_auth());
    assert_eq!(got.len(), 2);
    assert!(items.next().await.is_none(), "fused");
    let cursor = items.cursor().unwrap().clone();
    for zone in client
        .zones()
        .list()
        .items()
        .resume_from(cursor)
        .collect_all()
        .await
        .unwrap()
    {
        assert!(got.insert(zone.name), "comes once");
    }
    assert_eq!(got.len(), 5);
}

#[tokio::test]
async fn a_dropped_wait_loses_no_page() {
    let server = Server::start(|_, request| zones(request)).await;
    let client = server.client();
    let mut items = client.zones().list().items();
    let mut got = 0;
    loop {
        // Dropped at every point where it would have to wait.
        tokio::select! {
            biased;
            item = items.next() => match item {
                Some(item) => { item.unwrap(); got += 1; }
                None => break,
            },
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!((got, server.count()), (5, 3));
}

#[tokio::test]
async fn bad_arguments_end_a_list_before_anything_is_sent() {
    let server = Server::start(|_, request| zones(request)).await;
    let client = server.client();
    let mut records = client.dns().records().list("").items();
    let error = records.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build);
    assert!(records.next().await.is_none());
    let call = client.dns().records().list(ZONE);
    assert!(!format!("{:?}", call.items()).contains(ZONE));
    assert_eq!(server.count(), 0);
}

/// Numbered pages of two items each, `total` items in all; records how many requests are in flight
/// at a time, and answers late pages sooner than early ones.
async fn numbered_server(total: usize) -> (cf_client::Client, Arc<Mutex<(usize, usize, usize)>>) {
    let counts = Arc::new(Mutex::new((0, 0, 0)));
    let noted = Arc::clone(&counts);
    let transport = transport_fn(move |request: http::Request<cf_client::Body>| {
        let noted = Arc::clone(&noted);
        async move {
            let query = request.uri().query().unwrap_or_default();
            let number: usize = query
                .rsplit_once("page=")
                .map_or(1, |(_, page)| page.parse().unwrap());
            {
                let mut counts = noted.lock().unwrap();
                counts.0 += 1;
                counts.1 += 1;
                counts.2 = counts.2.max(counts.1);
            }
            tokio::time::sleep(Duration::from_millis(1000 - 10 * number as u64)).await;
            noted.lock().unwrap().1 -= 1;
            let items: Vec<_> = (0..total).map(|item| format!("{item}")).collect();
            let of_page = items.chunks(2).nth(number - 1).unwrap_or_default();
            let body = serde_json::json!({"success": true, "result": of_page, "result_info":
                {"page": number, "per_page": 2, "total_count": total}});
            Ok(http::Response::new(cf_client::Body::from(body.to_string())))
        }
    });
    let client = Client::builder()
        .api_token("cfut_test")
        .transport(transport)
        .build()
        .unwrap();
    (client, counts)
}

#[tokio::test(start_paused = true)]
async fn pages_come_side_by_side_and_in_order() {
    let (client, counts) = numbered_server(21).await;
    let started = tokio::time::Instant::now();
    let all = Call::new(&client, Single)
        .items()
        .concurrency(4)
        .collect_all()
        .await
        .unwrap();
    let expected: Vec<_> = (0..21).map(|item| item.to_string()).collect();
    assert_eq!(all, expected);
    // The first page alone, since it says how many there are, then four at a time.
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(*counts.lock().unwrap(), (11, 0, 4));
}

#[tokio::test(start_paused = true)]
async fn no_page_is_fetched_beyond_what_is_wanted() {
    let (client, counts) = numbered_server(40).await;
    let seven = Call::new(&client, Single)
        .items()
        .concurrency(8)
        .max_items(7);
    assert_eq!(seven.collect_all().await.unwrap().len(), 7);
    assert_eq!(counts.lock().unwrap().0, 4);

    let (client, counts) = numbered_server(40).await;
    let mut pages = Call::new(&client, Single)
        .pages()
        .concurrency(8)
        .max_pages(3);
    for _ in 0..3 {
        pages.next().await.unwrap().unwrap();
    }
    assert_eq!(
        pages.next().await.unwrap().unwrap_err().kind(),
        ErrorKind::Pagination
    );
    assert_eq!(counts.lock().unwrap().0, 3);
}

#[tokio::test]
async fn a_page_that_fails_among_others_ends_the_walk_in_its_place() {
    let server = Server::start(|_, request| match request.query("page") {
        Some("2") => Answer::Bytes(failure(403, 9109, "not this one")),
        _ => zones(request),
    })
    .await;
    let client = server.client();
    let mut items = client.zones().list().items().concurrency(3);
    assert_eq!(items.next().await.unwrap().unwrap().name, "a.example");
    assert_eq!(items.next().await.unwrap().unwrap().name, "b.example");
    assert!(items.next().await.unwrap().unwrap_err().is_auth());
    assert!(items.next().await.is_none());
    assert_eq!(items.cursor(), Some(&Cursor::Number(2)));
}

#[tokio::test]
async fn a_walk_goes_on_in_another_process() {
    let server = Server::start(|_, request| zones(request)).await;
    let client = server.client();
    let mut pages = client.zones().list().pages();
    pages.next().await.unwrap().unwrap();
    let kept = serde_json::to_string(pages.cursor().unwrap()).unwrap();
    let cursor: Cursor = serde_json::from_str(&kept).unwrap();
    let rest = client
        .zones()
        .list()
        .items()
        .resume_from(cursor)
        .collect_all()
        .await
        .unwrap();
    assert_eq!(rest.len(), 3);
}

/// A list whose items lie below `result`, where its numbers are, too.
struct Instances;

impl Arguments for Instances {
    fn param(&self, _: usize) -> &dyn Field {
        &()
    }
}

impl Operation for Instances {
    const META: &'static Meta = &Meta::new("instances.list", Method::GET, "/instances")
        .with_params(&[Param {
            name: "page",
            location: ParamLocation::Query,
        }])
        .with_pagination(PageStyle::Number);
    type Output = RawJson;
}

impl Paged for Instances {
    type Item = String;
    fn into_page(reply: Reply<RawJson>) -> Page<String> {
        let result = reply.into_value().to_value();
        let mut page = Page::default();
        let items = result["items"].as_array().into_iter().flatten();
        page.items = items
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect();
        page.info.per_page = result["per_page"].as_i64();
        page.info.total_count = result["total_count"].as_i64();
        page
    }
}

#[tokio::test]
async fn items_below_the_result_are_paged_the_same_way() {
    let server = Server::start(|_, request| {
        let items = match request.query("page") {
            None => r#"["a","b"]"#,
            Some("2") => r#"["c","d"]"#,
            _ => r#"["e"]"#,
        };
        page(
            &format!(r#"{{"items":{items},"per_page":2,"total_count":5}}"#),
            "null",
        )
    })
    .await;
    let client = server.client();
    let all = Call::new(&client, Instances)
        .items()
        .concurrency(2)
        .collect_all()
        .await
        .unwrap();
    assert_eq!(all, ["a", "b", "c", "d", "e"]);
    assert_eq!(server.count(), 3);
}
