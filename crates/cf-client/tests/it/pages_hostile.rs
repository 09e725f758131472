//! Lists: whatever the server does, they end, and nothing comes twice.

use crate::support::lists::{ByDate, Keys, Single, Whole, keys, page, zone};
use crate::support::{Answer, Server, failure};
use cf_client::types::{Call, Cursor};
use cf_client::{Client, ErrorKind};

async fn names(client: &Client) -> Result<Vec<String>, cf_client::Error> {
    let zones = client.zones().list().items().collect_all().await?;
    Ok(zones.into_iter().map(|zone| zone.name).collect())
}

#[tokio::test]
async fn a_server_that_ignores_page_is_no_loop() {
    let all = format!("[{},{}]", zone("a"), zone("b"));
    for info in [
        r#"{"page":1,"per_page":2,"count":2}"#,
        r#"{"page":1,"per_page":2,"count":2,"total_count":2,"total_pages":9}"#,
        r#"{"per_page":2}"#,
        "{}",
        "null",
    ] {
        let all = all.clone();
        let server = Server::start(move |_, _| page(&all, info)).await;
        assert_eq!(
            names(&server.client()).await.unwrap(),
            ["a.example", "b.example"],
            "{info}"
        );
        assert!(server.count() <= 2, "{info}");
    }
}

#[tokio::test]
async fn a_server_that_repeats_a_page_but_promises_more_is_an_error() {
    let same = format!("[{},{}]", zone("a"), zone("b"));
    let info = r#"{"page":1,"per_page":2,"count":2,"total_count":50,"total_pages":25}"#;
    let server = Server::start(move |_, _| page(&same, info)).await;
    let client = server.client();
    let mut items = client.zones().list().items();
    assert_eq!(items.next().await.unwrap().unwrap().name, "a.example");
    assert_eq!(items.next().await.unwrap().unwrap().name, "b.example");
    let error = items.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Pagination);
    assert_eq!(error.request().unwrap().operation, Some("zones.list"));
    assert!(error.to_string().contains("zones.list"), "{error}");
    assert!(items.next().await.is_none());
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn totals_that_lie_end_too() {
    // Says that there are three pages of nine items; the second is empty.
    let first = format!("[{},{}]", zone("a"), zone("b"));
    let server = Server::start(move |_, request| match request.query("page") {
        None => page(
            &first,
            r#"{"page":1,"per_page":2,"total_count":9,"total_pages":3}"#,
        ),
        Some(number) => page(
            "[]",
            &format!(r#"{{"page":{number},"per_page":2,"total_count":9,"total_pages":3}}"#),
        ),
    })
    .await;
    assert_eq!(names(&server.client()).await.unwrap().len(), 2);
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn cursors_are_followed_over_empty_pages() {
    let server = Server::start(|_, request| match request.query("cursor") {
        None => page(r#"["a","b"]"#, r#"{"count":2,"cursor":"one"}"#),
        Some("one") => page("[]", r#"{"count":0,"cursor":"two"}"#),
        Some("two") => page(r#"["c"]"#, r#"{"count":1,"cursor":""}"#),
        Some(_) => Answer::Bytes(failure(400, 1, "no such cursor")),
    })
    .await;
    let client = server.client();
    assert_eq!(keys(&client).collect_all().await.unwrap(), ["a", "b", "c"]);
    let rest = keys(&client)
        .resume_from(Cursor::Token("two".into()))
        .collect_all()
        .await
        .unwrap();
    assert_eq!(rest, ["c"]);
    let given = Keys {
        cursor: Some("one".to_owned()),
    };
    assert_eq!(
        Call::new(&client, given)
            .items()
            .collect_all()
            .await
            .unwrap(),
        ["c"]
    );
}

#[tokio::test]
async fn a_cursor_that_repeats_is_an_error_and_no_loop() {
    let server = Server::start(|_, request| match request.query("cursor") {
        None => page(r#"["a"]"#, r#"{"cursor":"one"}"#),
        Some("one") => page(r#"["b"]"#, r#"{"cursor":"two"}"#),
        _ => page(r#"["c"]"#, r#"{"cursor":"one"}"#),
    })
    .await;
    let client = server.client();
    let mut items = keys(&client);
    let mut got = Vec::new();
    let error = loop {
        match items.next().await.unwrap() {
            Ok(item) => got.push(item),
            Err(error) => break error,
        }
    };
    // The last page is as good as the others; only the next one is not.
    assert_eq!(got, ["a", "b", "c"]);
    assert_eq!(error.kind(), ErrorKind::Pagination);
    assert!(error.to_string().contains("`one`"), "{error}");
    assert!(items.next().await.is_none());
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn endless_lists_have_a_limit() {
    let server = Server::start(|number, _| {
        page(
            &format!(r#"["{number}"]"#),
            &format!(r#"{{"cursor":"{number}"}}"#),
        )
    })
    .await;
    let client = server.client();
    let mut items = keys(&client).max_pages(5);
    for _ in 0..5 {
        items.next().await.unwrap().unwrap();
    }
    let error = items.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Pagination);
    assert_eq!(server.count(), 5);
}

#[tokio::test]
async fn single_page_lists_whose_info_says_more_go_on() {
    let server = Server::start(|_, request| match request.query("page") {
        None | Some("1") => page(r#"["a","b"]"#, r#"{"page":1,"per_page":2,"total_count":3}"#),
        _ => page(r#"["c"]"#, r#"{"page":2,"per_page":2,"total_count":3}"#),
    })
    .await;
    let client = server.client();
    let all = Call::new(&client, Single)
        .items()
        .collect_all()
        .await
        .unwrap();
    assert_eq!(all, ["a", "b", "c"]);

    let server = Server::start(|_, _| page(r#"["a","b"]"#, "null")).await;
    let client = server.client();
    assert_eq!(
        Call::new(&client, Single)
            .items()
            .collect_all()
            .await
            .unwrap(),
        ["a", "b"]
    );
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_total_that_shrinks_loses_nothing() {
    let server = Server::start(|_, request| match request.query("page") {
        None => page(
            r#"["a","b"]"#,
            r#"{"page":1,"per_page":2,"total_count":5,"total_pages":3}"#,
        ),
        Some("2") => page(
            r#"["c","d"]"#,
            r#"{"page":2,"per_page":2,"total_count":1,"total_pages":1}"#,
        ),
        _ => page(
            r#"["e"]"#,
            r#"{"page":3,"per_page":2,"total_count":1,"total_pages":1}"#,
        ),
    })
    .await;
    let client = server.client();
    let all = Call::new(&client, Single)
        .items()
        .collect_all()
        .await
        .unwrap();
    assert_eq!(all, ["a", "b", "c", "d", "e"]);
}

#[tokio::test]
async fn a_server_that_ignores_cursors_is_no_loop() {
    let server =
        Server::start(|number, _| page(r#"["a"]"#, &format!(r#"{{"cursor":"{number}"}}"#))).await;
    let client = server.client();
    let mut items = keys(&client);
    assert_eq!(items.next().await.unwrap().unwrap(), "a");
    let error = items.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Pagination);
    assert!(items.next().await.is_none());
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_list_of_one_page_that_cannot_go_on_is_an_error() {
    let info = r#"{"page":1,"per_page":2,"total_count":3,"total_pages":2}"#;
    let server = Server::start(move |_, _| page(r#"["a","b"]"#, info)).await;
    let client = server.client();
    let mut items = Call::new(&client, Whole).items();
    assert_eq!(items.next().await.unwrap().unwrap(), "a");
    assert_eq!(items.next().await.unwrap().unwrap(), "b");
    let error = items.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Pagination);
    assert!(error.to_string().contains("after 2 of 3 items"), "{error}");
    assert!(items.next().await.is_none());
    assert_eq!(server.received()[1].query("page"), Some("2"));

    // If the server accepts it anyway, the list is complete.
    let server = Server::start(move |_, request| match request.query("page") {
        None => page(r#"["a","b"]"#, info),
        Some(_) => page(
            r#"["c"]"#,
            r#"{"page":2,"per_page":2,"total_count":3,"total_pages":2}"#,
        ),
    })
    .await;
    let client = server.client();
    let items = Call::new(&client, Whole).items().collect_all().await;
    assert_eq!(items.unwrap(), ["a", "b", "c"]);
}

#[tokio::test]
async fn items_of_one_date_are_not_lost_between_pages() {
    // Nine zones, each three of one day, the newest first.
    let zones: Vec<(String, String)> = (0..9)
        .map(|number| {
            (
                format!("{number}"),
                format!("2026-01-{:02}", 20 - number / 3),
            )
        })
        .collect();
    for is_inclusive in [false, true] {
        for size in [2, 4, 5, 8, 100] {
            let all = zones.clone();
            let server = Server::start(move |_, request| {
                let bound = request.query("end").or_else(|| request.query("before"));
                let is_before = |day: &str| match bound {
                    Some(bound) if is_inclusive => day <= bound,
                    Some(bound) => day < bound,
                    None => true,
                };
                let zones = all.iter().filter(|(_, day)| is_before(day)).take(size);
                let zones =
                    zones.map(|(id, day)| format!(r#"{{"id":"{id}","created_on":"{day}"}}"#));
                page(
                    &format!("[{}]", zones.collect::<Vec<_>>().join(",")),
                    "null",
                )
            })
            .await;
            let client = server.client();
            let list = ByDate {
                before: Some("2027-01-01".to_owned()),
            };
            let got = Call::new(&client, list)
                .items()
                .collect_all()
                .await
                .unwrap();
            let ids: Vec<&str> = got.iter().map(|zone| zone.id.as_str()).collect();
            let told = format!("{size} a page, inclusive: {is_inclusive}");
            // If a page has room for less than a day, there is no way past that day.
            if size > 3 {
                assert_eq!(ids.concat(), "012345678", "{told}");
            }
            // The caller's own bound is moved along under each of its names.
            for request in &server.received()[1..] {
                let bounds = (request.query("end"), request.query("before"));
                assert_eq!(bounds.0, bounds.1, "{told}");
            }
            assert!(server.count() < 12, "{told}: {} requests", server.count());
        }
    }
}
