//! Lists, whatever the server does: they end, and a correct server's items come exactly once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cf_client::transport::{TransportFn, transport_fn};
use cf_client::types::codec::Field;
use cf_client::types::{
    Arguments, Call, Envelope, Meta, Operation, Page, PageStyle, Paged, Param, ParamLocation, Reply,
};
use cf_client::{Body, Client, ErrorKind, Method, Transport};
use http::{Request, Response};
use proptest::prelude::*;
use serde_json::{Value, json};

macro_rules! list {
    ($name:ident, $style:expr, $query:literal) => {
        struct $name;

        impl Arguments for $name {
            fn param(&self, _: usize) -> &dyn Field {
                &()
            }
        }

        impl Operation for $name {
            const META: &'static Meta = &Meta::new("things.list", Method::GET, "/things")
                .with_params(&[Param {
                    name: $query,
                    location: ParamLocation::Query,
                }])
                .with_pagination($style);
            type Output = Page<i64>;

            fn finish(envelope: &mut Envelope<Page<i64>>) {
                envelope.result.info = envelope.result_info.clone().unwrap_or_default();
            }
        }

        impl Paged for $name {
            type Item = i64;
            fn into_page(reply: Reply<Page<i64>>) -> Page<i64> {
                reply.into_value()
            }
        }
    };
}

list!(Single, PageStyle::Single, "page");
list!(Numbered, PageStyle::Number, "page");
list!(Linked, PageStyle::Cursor, "cursor");
list!(LinkedAfter, PageStyle::CursorAfter, "cursor");
list!(Tokens, PageStyle::PageToken, "page_token");
list!(NumberedIn, PageStyle::NumberIn("page_no"), "page_no");
list!(
    LinkedIn,
    PageStyle::Token("continuation_token"),
    "continuation_token"
);
list!(Skipping, PageStyle::Offset("offset"), "offset");

const MOST: u64 = 30;

/// Answers with `reply`, called with the number of the request and the requested page.
fn server(
    asked: Arc<AtomicUsize>,
    reply: impl Fn(usize, Option<&str>) -> (Value, Value) + Send + Sync + 'static,
) -> impl Transport {
    let answer = move |request: Request<Body>| {
        let query = request
            .uri()
            .query()
            .and_then(|query| query.split_once('='));
        let number = asked.fetch_add(1, Ordering::Relaxed);
        let (result, info) = reply(number, query.map(|(_, page)| page));
        let body = json!({"success": true, "result": result, "result_info": info}).to_string();
        // Replies arrive out of order.
        let time = Duration::from_millis(number as u64 * 7 % 5);
        async move {
            tokio::time::sleep(time).await;
            Ok(Response::new(Body::from(body)))
        }
    };
    named(answer)
}

/// Helps the compiler infer the kind of closure.
fn named<F, R>(function: F) -> TransportFn<F>
where
    F: Fn(Request<Body>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Response<Body>, cf_client::transport::TransportError>>
        + Send
        + 'static,
{
    transport_fn(function)
}

/// Walks through a list of this style: its items, and how the walk ended.
async fn walk<O: Paged<Item = i64>>(
    list: O,
    server: impl Transport,
    concurrency: usize,
) -> (Vec<i64>, Option<ErrorKind>) {
    let client = Client::builder()
        .api_token("cfut_test")
        .transport(server)
        .build()
        .unwrap();
    let mut items = Call::new(&client, list)
        .items()
        .max_pages(MOST)
        .concurrency(concurrency);
    let mut got = Vec::new();
    while let Some(item) = items.next().await {
        match item {
            Ok(item) => got.push(item),
            Err(error) => {
                assert!(items.next().await.is_none(), "fused");
                return (got, Some(error.kind()));
            }
        }
    }
    (got, None)
}

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(future)
}

/// A list split into pages, some of them empty if `gaps` says so.
fn cut(items: &[i64], per_page: usize, gaps: &[bool]) -> Vec<Vec<i64>> {
    let mut pages = Vec::new();
    for (index, page) in items.chunks(per_page).enumerate() {
        if gaps.get(index) == Some(&true) {
            pages.push(Vec::new());
        }
        pages.push(page.to_vec());
    }
    if pages.is_empty() {
        pages.push(Vec::new());
    }
    pages
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn an_honest_server_with_numbered_pages(count in 0_i64..40, per_page in 2_usize..9, said in 0..4_u8, side_by_side in 1_usize..5, single: bool, named: bool) {
        let items: Vec<i64> = (0..count).collect();
        let pages = cut(&items, per_page, &[]);
        let reply = move |_: usize, asked: Option<&str>| {
            let number = asked.map_or(1, |page| page.parse::<usize>().unwrap());
            let page = pages.get(number - 1).cloned().unwrap_or_default();
            let info = match said {
                0 => json!({"page": number, "per_page": per_page, "total_count": count, "total_pages": pages.len()}),
                1 => json!({"page": number, "per_page": per_page, "total_count": count, "count": page.len()}),
                2 => json!({"page": number, "per_page": per_page}),
                _ => Value::Null,
            };
            (json!(page), info)
        };
        let server = server(Arc::default(), reply);
        // With a total, lists of one page by their description are walked the same way.
        let walked = match (said < 2 && single, named) {
            (true, _) => run(walk(Single, server, side_by_side)),
            (false, true) => run(walk(NumberedIn, server, side_by_side)),
            (false, false) => run(walk(Numbered, server, side_by_side)),
        };
        prop_assert_eq!(walked, (items, None));
    }

    #[test]
    fn an_honest_server_with_cursors(
        count in 0_i64..40,
        per_page in 2_usize..9,
        gaps in prop::collection::vec(any::<bool>(), 0..8),
        style in 0..4_u8,
        side_by_side in 1_usize..5,
    ) {
        let items: Vec<i64> = (0..count).collect();
        let pages = cut(&items, per_page, &gaps);
        let reply = move |_: usize, asked: Option<&str>| {
            let index = asked.map_or(0, |cursor| cursor.trim_start_matches('c').parse::<usize>().unwrap());
            let next = (index + 1 < pages.len()).then(|| format!("c{}", index + 1));
            let info = match style {
                0 => json!({"count": pages[index].len(), "cursor": next}),
                1 => json!({"cursors": {"after": next, "before": null}}),
                _ => json!({"next_page_token": next}),
            };
            (json!(pages[index]), info)
        };
        let server = server(Arc::default(), reply);
        let walked = match style {
            0 => run(walk(Linked, server, side_by_side)),
            1 => run(walk(LinkedAfter, server, side_by_side)),
            2 => run(walk(Tokens, server, side_by_side)),
            _ => run(walk(LinkedIn, server, side_by_side)),
        };
        prop_assert_eq!(walked, (items, None));
    }

    #[test]
    fn an_honest_server_that_skips(count in 0_i64..40, per_page in 2_usize..9, tells_total: bool, side_by_side in 1_usize..5) {
        let items: Vec<i64> = (0..count).collect();
        let all = items.clone();
        let reply = move |number: usize, asked: Option<&str>| {
            let start = asked.map_or(0, |offset| offset.parse::<usize>().unwrap());
            // It sometimes returns fewer.
            let len = per_page - number % 2;
            let page: Vec<i64> = all.iter().skip(start).take(len).copied().collect();
            let info = if tells_total { json!({"total_count": count}) } else { Value::Null };
            (json!(page), info)
        };
        let server = server(Arc::default(), reply);
        let walked = run(walk(Skipping, server, side_by_side));
        prop_assert_eq!(walked, (items, None));
    }

    #[test]
    fn any_server_at_all(
        replies in prop::collection::vec((prop::collection::vec(0_i64..5, 0..4), info()), 1..12),
        style in 0..8_u8,
        side_by_side in 1_usize..5,
    ) {
        let asked = Arc::new(AtomicUsize::new(0));
        let server = server(Arc::clone(&asked), move |number, _| {
            let (items, info) = &replies[number % replies.len()];
            (json!(items), info.clone())
        });
        let (_, ended) = match style {
            0 => run(walk(Single, server, side_by_side)),
            1 => run(walk(Numbered, server, side_by_side)),
            2 => run(walk(Linked, server, side_by_side)),
            3 => run(walk(LinkedAfter, server, side_by_side)),
            4 => run(walk(NumberedIn, server, side_by_side)),
            5 => run(walk(LinkedIn, server, side_by_side)),
            6 => run(walk(Skipping, server, side_by_side)),
            _ => run(walk(Tokens, server, side_by_side)),
        };
        prop_assert!(matches!(ended, None | Some(ErrorKind::Pagination)));
        prop_assert!(asked.load(Ordering::Relaxed) <= MOST as usize);
    }
}

/// Anything a server might say about a page.
fn info() -> impl Strategy<Value = Value> {
    let number = || {
        prop_oneof![
            Just(Value::Null),
            (-2_i64..8).prop_map(Value::from),
            Just(json!("3"))
        ]
    };
    let cursor = || {
        prop_oneof![
            Just(Value::Null),
            Just(json!("")),
            (0..6_u8).prop_map(|c| json!(format!("c{c}"))),
            Just(json!(1))
        ]
    };
    let known = (number(), number(), number(), number(), cursor(), cursor()).prop_map(
        |(page, per_page, total_count, total_pages, cursor, after)| {
            json!({"page": page, "per_page": per_page, "total_count": total_count, "total_pages": total_pages,
                "cursor": cursor, "cursors": {"after": after}, "next_page_token": cursor})
        },
    );
    prop_oneof![4 => known, 1 => Just(Value::Null), 1 => Just(json!([])), 1 => Just(json!("x"))]
}
