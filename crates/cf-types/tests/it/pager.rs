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

/// The item counts of pages of two, what each says, and whether the last one is followed by another.
#[test]
fn totals_are_believed_until_they_contradict_what_came() {
    let says = |pages: Option<u32>, total: Option<u32>| json!({"per_page": 2, "total_pages": pages, "total_count": total});
    let cases = [
        // Consistent: the end is where they say.
        (says(Some(2), Some(4)), says(Some(2), Some(4)), false),
        (says(None, Some(4)), says(None, Some(4)), false),
        (says(Some(2), None), says(Some(2), None), false),
        // The total shrank below what came.
        (says(None, Some(9)), says(None, Some(3)), true),
        (says(Some(5), Some(9)), says(Some(1), Some(1)), true),
        (says(Some(5), None), says(Some(1), None), true),
        // The two totals contradict each other.
        (says(Some(2), Some(9)), says(Some(2), Some(9)), true),
        // It grew.
        (says(Some(2), Some(4)), says(Some(3), Some(6)), true),
    ];
    for (first, second, goes_on) in cases {
        let mut pager = pager();
        let told = format!("{first} {second}");
        pager.advance(&page(&[1, 2], first)).unwrap();
        assert_eq!(pager.cursor(), Some(&Cursor::Number(2)), "{told}");
        pager.advance(&page(&[3, 4], second)).unwrap();
        assert_eq!(pager.cursor().is_some(), goes_on, "{told}");
        if goes_on {
            // A page that is not full is the last one, whatever they say.
            pager.advance(&page(&[5], says(None, Some(1)))).unwrap();
            assert_eq!(pager.cursor(), None, "{told}");
        }
    }
}

#[test]
fn the_last_page_is_known_where_the_server_tells() {
    for (info, last) in [
        (json!({"page": 1, "per_page": 2, "total_pages": 7}), Some(7)),
        (json!({"page": 1, "per_page": 2, "total_count": 7}), Some(4)),
        (json!({"page": 1, "total_count": 7}), None),
        (json!({}), None),
    ] {
        let mut pager = pager();
        assert_eq!(pager.last_page(), None);
        pager.advance(&page(&[1, 2], info)).unwrap();
        assert_eq!(pager.last_page(), last);
    }
}

#[test]
fn a_place_in_a_list_can_be_kept() {
    for (cursor, text) in [
        (Cursor::Number(3), r#""page:3""#),
        (Cursor::Token("page:3".to_owned()), r#""cursor:page:3""#),
        (Cursor::Token(String::new()), r#""cursor:""#),
    ] {
        assert_eq!(serde_json::to_string(&cursor).unwrap(), text);
        assert_eq!(serde_json::from_str::<Cursor>(text).unwrap(), cursor);
    }
    for wrong in [r#""3""#, r#""page:-1""#, r#""page:""#, "3", "null"] {
        assert!(serde_json::from_str::<Cursor>(wrong).is_err(), "{wrong}");
    }
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
    fn a_page_that_comes_again_is_an_error() {
        let mut pager = pager();
        let next = |cursor: &str| json!({"cursors": {"after": cursor}});
        pager.advance(&page(&[1], next("b"))).unwrap();
        pager.advance(&page(&[], next("c"))).unwrap();
        pager.advance(&page(&[], next("d"))).unwrap();
        let error = pager.advance(&page(&[1], next("e"))).unwrap_err();
        assert!(error.to_string().contains("`d`"), "{error}");
        assert!(matches!(error, PageError::ContentRepeats { .. }));
        assert_eq!(pager.cursor(), None);
    }

    #[test]
    fn a_link_back_to_the_start_is_an_error() {
        let mut pager = Pager::new(audit::List::META, Some(Cursor::Token("b".to_owned())));
        let info = json!({"cursors": {"after": "b"}});
        let error = pager.advance(&page(&[1], info)).unwrap_err();
        assert!(matches!(error, PageError::CursorRepeats { .. }));
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
