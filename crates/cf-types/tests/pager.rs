//! Lists end, whatever the server does.
#![allow(clippy::unwrap_used)]

use cf_types::{Cursor, Operation, Page, PageError, Pager, Step, codec, zones};
use proptest::prelude::*;
use serde_json::json;

fn page(items: &[u32], info: serde_json::Value) -> Page<i64> {
    let mut page: Page<i64> = Page::default();
    page.items = items.iter().copied().map(i64::from).collect();
    page.info = codec::from_str(&info.to_string()).unwrap();
    page
}

fn pager() -> Pager {
    Pager::new(zones::List::META, None)
}

#[test]
fn the_total_of_pages_ends_the_list() {
    let mut pager = pager();
    assert_eq!(pager.query(), None);
    pager
        .advance(&page(&[1, 2], json!({"page": 1, "total_pages": 2})))
        .unwrap();
    assert_eq!(pager.query(), Some(("page", "2".to_owned())));
    pager
        .advance(&page(&[3], json!({"page": 2, "total_pages": 2})))
        .unwrap();
    assert_eq!(pager.cursor(), None);
}

#[test]
fn without_any_word_an_empty_page_ends_the_list() {
    let mut pager = pager();
    pager.advance(&page(&[1], json!({}))).unwrap();
    assert_eq!(pager.cursor(), Some(&Cursor::Number(2)));
    pager.advance(&page(&[], json!({}))).unwrap();
    assert_eq!(pager.cursor(), None);
}

#[test]
fn a_server_that_ignores_page_numbers_ends_the_list_without_duplicates() {
    let mut pager = pager();
    assert_eq!(
        pager.advance(&page(&[1, 2], json!({}))).unwrap(),
        Step::Yield
    );
    assert_eq!(
        pager.advance(&page(&[1, 2], json!({}))).unwrap(),
        Step::Repeated
    );
    assert_eq!(pager.cursor(), None);
}

#[test]
fn a_server_that_repeats_a_page_though_there_is_more_is_an_error() {
    let mut pager = pager();
    let info = json!({"page": 1, "per_page": 2, "total_count": 5});
    pager.advance(&page(&[1, 2], info.clone())).unwrap();
    let error = pager.advance(&page(&[1, 2], info)).unwrap_err();
    assert!(matches!(
        error,
        PageError::PageRepeats {
            page: 2,
            seen: 2,
            total: 5,
            ..
        }
    ));
    assert_eq!(pager.cursor(), None);
}

#[test]
fn a_total_that_is_too_high_ends_with_the_empty_page() {
    let mut pager = pager();
    pager
        .advance(&page(&[1], json!({"total_count": 9})))
        .unwrap();
    pager
        .advance(&page(&[], json!({"total_count": 9})))
        .unwrap();
    assert_eq!(pager.cursor(), None);
}

#[test]
fn a_list_can_be_taken_up_again() {
    let mut pager = Pager::new(zones::List::META, Some(Cursor::Number(3)));
    assert_eq!(pager.query(), Some(("page", "3".to_owned())));
    pager
        .advance(&page(&[7], json!({"page": 3, "total_pages": 4})))
        .unwrap();
    assert_eq!(pager.cursor(), Some(&Cursor::Number(4)));
}

#[test]
fn there_is_a_limit() {
    let mut pager = pager();
    pager.limit(2);
    pager.advance(&page(&[1], json!({}))).unwrap();
    let error = pager.advance(&page(&[2], json!({}))).unwrap_err();
    assert!(matches!(error, PageError::TooManyPages { limit: 2, .. }));
}

mod cursors {
    use super::*;
    use cf_types::accounts::logs::audit;

    fn pager() -> Pager {
        Pager::new(audit::List::META, None)
    }

    #[test]
    fn an_empty_page_with_a_cursor_goes_on() {
        let mut pager = pager();
        pager
            .advance(&page(&[], json!({"cursors": {"after": "b"}})))
            .unwrap();
        assert_eq!(pager.query(), Some(("cursor", "b".to_owned())));
        pager
            .advance(&page(&[1], json!({"cursors": {"after": ""}})))
            .unwrap();
        assert_eq!(pager.cursor(), None);
    }

    #[test]
    fn a_cursor_that_comes_again_is_an_error() {
        let mut pager = pager();
        pager
            .advance(&page(&[1], json!({"cursors": {"after": "b"}})))
            .unwrap();
        let error = pager
            .advance(&page(&[2], json!({"cursors": {"after": "b"}})))
            .unwrap_err();
        assert!(matches!(error, PageError::CursorRepeats { .. }));
        assert_eq!(pager.cursor(), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_honest_server_gives_every_item_once(
        total in 0_u32..60, per_page in 1_u32..20,
        says_page in any::<bool>(), says_pages in any::<bool>(), says_count in any::<bool>(), says_size in any::<bool>(),
    ) {
        let mut pager = pager();
        let mut seen = Vec::new();
        loop {
            let number = pager.query().map_or(1, |(_, number)| number.parse().unwrap());
            let start = (number - 1) * per_page;
            let items: Vec<u32> = (start..total.min(start + per_page)).collect();
            let mut info = json!({});
            if says_page { info["page"] = json!(number); }
            if says_pages { info["total_pages"] = json!(total.div_ceil(per_page)); }
            if says_count { info["total_count"] = json!(total); }
            if says_size { info["per_page"] = json!(per_page); }
            if pager.advance(&page(&items, info)).unwrap() == Step::Yield {
                seen.extend(items);
            }
            if pager.cursor().is_none() { break; }
        }
        prop_assert_eq!(seen, (0..total).collect::<Vec<_>>());
    }

    #[test]
    fn whatever_the_server_does_the_list_ends(
        pages in prop::collection::vec((prop::collection::vec(0_u32..5, 0..4), 0_i64..5, 0_i64..5, 0_i64..9), 1..20),
    ) {
        let mut pager = pager();
        pager.limit(1_000);
        let mut asked = 0;
        for (items, number, total_pages, total_count) in pages.iter().cycle() {
            asked += 1;
            let info = json!({"page": number, "total_pages": total_pages, "total_count": total_count});
            if pager.advance(&page(items, info)).is_err() || pager.cursor().is_none() { break; }
            prop_assert!(asked <= 1_000);
        }
    }
}
