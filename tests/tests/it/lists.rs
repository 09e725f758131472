//! Every paginated list is complete, and ends.

use cf_tests::lists::{List, Server, lists};
use cf_types::{PageError, PageStyle};
use serde_json::Value;

/// Walks through a server's list: the items, what is wrong, and how many requests it took.
fn walk(mut server: Server<'_>) -> (Vec<Value>, Option<PageError>, usize) {
    let (items, error) = (server.list.walk)(&mut |query| server.reply(query));
    (items, error, server.requests)
}

/// Whether the reply has a field for the total number of items.
fn can_tell(list: &List) -> bool {
    let in_envelope = list.meta.result == cf_types::ResultKind::Envelope;
    in_envelope || !list.info.is_empty() || !list.total.is_empty()
}

fn is_single(list: &List) -> bool {
    list.meta.pagination == Some(PageStyle::Single)
}

/// Whether a caller can ask for fewer items than there are, and gets that many.
fn takes_size(list: &List) -> bool {
    let sizes = [
        "count",
        "limit",
        "page_size",
        "pageSize",
        "per_page",
        "perPage",
        "size",
    ];
    sizes.iter().any(|size| list.meta.takes_query(size))
}

#[test]
fn every_list_is_complete() {
    let all = lists();
    assert!(all.len() > 20, "{}", all.len());
    for list in all.iter().filter(|list| !is_single(list)) {
        for count in [0, 1, 9, 10, 25, 40] {
            for tells_total in [true, false] {
                for includes_bound in [true, false] {
                    let server = Server {
                        tells_total,
                        includes_bound,
                        ..Server::new(list, count)
                    };
                    let (wanted, most) = (server.items.clone(), count / 5 + 4);
                    let (items, error, requests) = walk(server);
                    let id = list.meta.id;
                    assert_eq!(error, None, "{id}: {count} items");
                    assert_eq!(items, wanted, "{id}: {count} items");
                    assert!(
                        requests <= most,
                        "{id}: {requests} requests for {count} items"
                    );
                }
            }
        }
    }
}

#[test]
fn every_list_ends_where_the_server_ignores_what_is_asked() {
    for list in lists() {
        for tells_total in [true, false] {
            let server = Server {
                tells_total,
                ignores_query: true,
                ..Server::new(&list, 25)
            };
            let first = server.items[..10].to_vec();
            let (items, error, requests) = walk(server);
            let id = list.meta.id;
            assert_eq!(items, first, "{id}");
            assert!(requests <= 3, "{id}: {requests}");
            // Promised items that are missing are reported.
            let linked = matches!(
                list.meta.pagination,
                Some(
                    PageStyle::Cursor
                        | PageStyle::CursorAfter
                        | PageStyle::PageToken
                        | PageStyle::Token(_)
                )
            );
            let is_keyset = matches!(list.meta.pagination, Some(PageStyle::Keyset(_)));
            let is_cut = is_single(&list) && takes_size(&list);
            let promised = linked || (tells_total && can_tell(&list) && !is_keyset && !is_cut);
            assert_eq!(error.is_some(), promised, "{id}: {error:?}");
        }
    }
}

#[test]
fn a_list_of_one_page_is_believed_unless_its_reply_says_otherwise() {
    for list in lists().iter().filter(|list| is_single(list)) {
        for tells_total in [true, false] {
            let server = Server {
                tells_total,
                ..Server::new(list, 25)
            };
            let wanted = server.items.clone();
            let (items, error, requests) = walk(server);
            let id = list.meta.id;
            let goes_on = tells_total && can_tell(list) && !takes_size(list);
            let wanted = if goes_on { &wanted[..] } else { &wanted[..10] };
            assert_eq!((items.as_slice(), error), (wanted, None), "{id}");
            assert_eq!(requests, if goes_on { 3 } else { 1 }, "{id}");
        }
    }
}
