//! Lists end, whatever the server does.
#![allow(clippy::unwrap_used)]

use cf_types::zones::Zone;
use cf_types::{
    Cursor, Keyset, Meta, Operation, Page, PageError, PageStyle, Pager, Param, ParamLocation, Step,
    codec, zones,
};
use http::Method;
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
        .advance(&mut page(&[1, 2], json!({"page": 1, "total_pages": 2})))
        .unwrap();
    assert_eq!(pager.query(), Some(("page", "2".to_owned())));
    pager
        .advance(&mut page(&[3], json!({"page": 2, "total_pages": 2})))
        .unwrap();
    assert_eq!(pager.cursor(), None);
}

#[test]
fn without_any_word_an_empty_page_ends_the_list() {
    let mut pager = pager();
    pager.advance(&mut page(&[1], json!({}))).unwrap();
    assert_eq!(pager.cursor(), Some(&Cursor::Number(2)));
    pager.advance(&mut page(&[], json!({}))).unwrap();
    assert_eq!(pager.cursor(), None);
}

#[test]
fn a_server_that_ignores_page_numbers_ends_the_list_without_duplicates() {
    let mut pager = pager();
    assert_eq!(
        pager.advance(&mut page(&[1, 2], json!({}))).unwrap(),
        Step::Yield
    );
    assert_eq!(
        pager.advance(&mut page(&[1, 2], json!({}))).unwrap(),
        Step::Repeated
    );
    assert_eq!(pager.cursor(), None);
}

#[test]
fn a_server_that_repeats_a_page_though_there_is_more_is_an_error() {
    let mut pager = pager();
    let info = json!({"page": 1, "per_page": 2, "total_count": 5});
    pager.advance(&mut page(&[1, 2], info.clone())).unwrap();
    let error = pager.advance(&mut page(&[1, 2], info)).unwrap_err();
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
        .advance(&mut page(&[1], json!({"total_count": 9})))
        .unwrap();
    pager
        .advance(&mut page(&[], json!({"total_count": 9})))
        .unwrap();
    assert_eq!(pager.cursor(), None);
}

#[test]
fn a_list_can_be_taken_up_again() {
    let mut pager = Pager::new(zones::List::META, Some(Cursor::Number(3)));
    assert_eq!(pager.query(), Some(("page", "3".to_owned())));
    pager
        .advance(&mut page(&[7], json!({"page": 3, "total_pages": 4})))
        .unwrap();
    assert_eq!(pager.cursor(), Some(&Cursor::Number(4)));
}

/// The item counts of pages of two, what each says, and whether another page follows the last one.
#[test]
fn totals_are_believed_until_they_contradict_what_came() {
    let says = |pages: Option<u32>, total: Option<u32>| json!({"per_page": 2, "total_pages": pages, "total_count": total});
    let cases = [
        // Consistent: the end is where they say.
        (says(Some(2), Some(4)), says(Some(2), Some(4)), false),
        (says(None, Some(4)), says(None, Some(4)), false),
        (says(Some(2), None), says(Some(2), None), false),
        // The total shrank below the number of items received.
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
        pager.advance(&mut page(&[1, 2], first)).unwrap();
        assert_eq!(pager.cursor(), Some(&Cursor::Number(2)), "{told}");
        pager.advance(&mut page(&[3, 4], second)).unwrap();
        assert_eq!(pager.cursor().is_some(), goes_on, "{told}");
        if goes_on {
            // A page that is not full is the last one, whatever they say.
            pager.advance(&mut page(&[5], says(None, Some(1)))).unwrap();
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
        pager.advance(&mut page(&[1, 2], info)).unwrap();
        assert_eq!(pager.last_page(), last);
    }
}

#[test]
fn a_place_in_a_list_can_be_kept() {
    for (cursor, text) in [
        (Cursor::Number(3), r#""page:3""#),
        (Cursor::Offset(40), r#""offset:40""#),
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
    pager.advance(&mut page(&[1], json!({}))).unwrap();
    let error = pager.advance(&mut page(&[2], json!({}))).unwrap_err();
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
            .advance(&mut page(&[], json!({"cursors": {"after": "b"}})))
            .unwrap();
        assert_eq!(pager.query(), Some(("cursor", "b".to_owned())));
        pager
            .advance(&mut page(&[1], json!({"cursors": {"after": ""}})))
            .unwrap();
        assert_eq!(pager.cursor(), None);
    }

    #[test]
    fn a_page_that_comes_again_is_an_error() {
        let mut pager = pager();
        let next = |cursor: &str| json!({"cursors": {"after": cursor}});
        pager.advance(&mut page(&[1], next("b"))).unwrap();
        pager.advance(&mut page(&[], next("c"))).unwrap();
        pager.advance(&mut page(&[], next("d"))).unwrap();
        let error = pager.advance(&mut page(&[1], next("e"))).unwrap_err();
        assert!(error.to_string().contains("`d`"), "{error}");
        assert!(matches!(error, PageError::ContentRepeats { .. }));
        assert_eq!(pager.cursor(), None);
    }

    #[test]
    fn a_link_back_to_the_start_is_an_error() {
        let mut pager = Pager::new(audit::List::META, Some(Cursor::Token("b".to_owned())));
        let info = json!({"cursors": {"after": "b"}});
        let error = pager.advance(&mut page(&[1], info)).unwrap_err();
        assert!(matches!(error, PageError::CursorRepeats { .. }));
    }

    #[test]
    fn a_cursor_that_comes_again_is_an_error() {
        let mut pager = pager();
        pager
            .advance(&mut page(&[1], json!({"cursors": {"after": "b"}})))
            .unwrap();
        let error = pager
            .advance(&mut page(&[2], json!({"cursors": {"after": "b"}})))
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
            if pager.advance(&mut page(&items, info)).unwrap() == Step::Yield {
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
            if pager.advance(&mut page(items, info)).is_err() || pager.cursor().is_none() { break; }
            prop_assert!(asked <= 1_000);
        }
    }
}

/// A list with these query parameters.
const fn meta(style: PageStyle, params: &'static [Param]) -> Meta {
    Meta::new("things.list", Method::GET, "/things")
        .with_params(params)
        .with_pagination(style)
}

const fn query(name: &'static str) -> Param {
    let location = ParamLocation::Query;
    Param { name, location }
}

const OFFSET: &Meta = &meta(
    PageStyle::Offset("offset"),
    &[query("offset"), query("limit")],
);

/// Walks through pages with these numbers of items; returns what was asked for each time.
fn offsets(lens: &[u32], total: Option<u32>) -> Vec<Option<Cursor>> {
    let mut pager = Pager::new(OFFSET, None);
    let mut asked = Vec::new();
    let mut first = 0;
    for len in lens {
        asked.push(pager.cursor().cloned());
        let items: Vec<u32> = (first..first + len).collect();
        first += len;
        let info = json!({ "total_count": total });
        assert_eq!(pager.advance(&mut page(&items, info)).unwrap(), Step::Yield);
        if pager.cursor().is_none() {
            break;
        }
    }
    assert_eq!(pager.cursor(), None, "{lens:?}, {total:?}");
    asked
}

#[test]
fn offsets_go_on_by_what_came_until_the_total_or_nothing_comes() {
    let at = |offset| Some(Cursor::Offset(offset));
    assert_eq!(offsets(&[2, 2, 1], Some(5)), [None, at(2), at(4)]);
    assert_eq!(offsets(&[2, 1, 0], None), [None, at(2), at(3)]);
    assert_eq!(offsets(&[0], None), [None]);
    assert_eq!(offsets(&[3], Some(3)), [None]);
    // The server sometimes returns fewer than were asked for.
    assert_eq!(offsets(&[2, 1, 2], Some(5)), [None, at(2), at(3)]);
    // The total is too high, or too low.
    assert_eq!(offsets(&[2, 0], Some(9)), [None, at(2)]);
    assert_eq!(offsets(&[2, 2, 0], Some(3)), [None, at(2), at(4)]);
}

#[test]
fn a_server_that_ignores_offsets_ends_the_list_and_is_told_where_it_promised_more() {
    let mut pager = Pager::new(OFFSET, None);
    pager.advance(&mut page(&[1, 2], json!({}))).unwrap();
    assert_eq!(pager.query(), Some(("offset", "2".to_owned())));
    let step = pager.advance(&mut page(&[1, 2], json!({}))).unwrap();
    assert_eq!((step, pager.cursor()), (Step::Repeated, None));

    let mut pager = Pager::new(OFFSET, None);
    let info = json!({ "total_count": 5 });
    pager.advance(&mut page(&[1, 2], info.clone())).unwrap();
    let error = pager.advance(&mut page(&[1, 2], info)).unwrap_err();
    assert!(
        matches!(
            error,
            PageError::PageRepeats {
                seen: 2,
                total: 5,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_list_with_offsets_can_be_taken_up_again() {
    let mut pager = Pager::new(OFFSET, Some(Cursor::Offset(40)));
    assert_eq!(pager.query(), Some(("offset", "40".to_owned())));
    let info = json!({ "total_count": 42 });
    pager.advance(&mut page(&[1, 2], info)).unwrap();
    assert_eq!(pager.cursor(), None);
}

#[test]
fn tokens_and_numbers_go_into_the_parameter_of_the_list() {
    const TOKEN: &Meta = &meta(
        PageStyle::Token("continuation_token"),
        &[query("continuation_token")],
    );
    for info in [
        json!({ "cursor": "b" }),
        json!({ "cursors": { "after": "b" } }),
        json!({ "next_page_token": "b" }),
    ] {
        let mut pager = Pager::new(TOKEN, None);
        pager.advance(&mut page(&[1], info)).unwrap();
        assert_eq!(pager.query(), Some(("continuation_token", "b".to_owned())));
        pager.advance(&mut page(&[2], json!({}))).unwrap();
        assert_eq!(pager.cursor(), None);
    }
    const NUMBER: &Meta = &meta(PageStyle::NumberIn("page_no"), &[query("page_no")]);
    let mut pager = Pager::new(NUMBER, None);
    pager
        .advance(&mut page(&[1], json!({ "total_count": 2 })))
        .unwrap();
    assert_eq!(pager.query(), Some(("page_no", "2".to_owned())));
}

#[test]
fn one_page_is_not_believed_against_its_reply_unless_the_caller_may_have_asked_for_less() {
    const SINGLE: &Meta = &meta(PageStyle::Single, &[]);
    const CUT: &Meta = &meta(PageStyle::Single, &[query("limit")]);
    for info in [
        json!({ "page": 1, "total_pages": 2 }),
        json!({ "page": 1, "per_page": 2, "total_count": 3 }),
        json!({ "total_count": 3 }),
    ] {
        let mut pager = Pager::new(SINGLE, None);
        pager.advance(&mut page(&[1, 2], info.clone())).unwrap();
        assert_eq!(pager.query(), Some(("page", "2".to_owned())), "{info}");
        let mut pager = Pager::new(CUT, None);
        pager.advance(&mut page(&[1, 2], info)).unwrap();
        assert_eq!(pager.cursor(), None);
    }
    let mut pager = Pager::new(SINGLE, None);
    let info = json!({ "page": 1, "per_page": 20, "total_count": 2, "total_pages": 1 });
    pager.advance(&mut page(&[1, 2], info)).unwrap();
    assert_eq!(pager.cursor(), None);
}

const BY_KEY: &Meta = &meta(
    PageStyle::Keyset(&Keyset::new(
        &["end", "before"],
        &["start"],
        "created_on",
        "id",
    )),
    &[query("end"), query("before"), query("start")],
);

/// Zones by their day of creation; the ID is the day and, if there are several, a letter.
fn days(ids: &[&str]) -> Page<Zone> {
    let zone = |id: &&str| {
        let day = id.trim_end_matches(char::is_alphabetic);
        json!({ "id": id, "created_on": format!("2026-01-{day}") })
    };
    let zones: Vec<_> = ids.iter().map(zone).collect();
    codec::from_str(&json!(zones).to_string()).unwrap()
}

fn ids(page: &Page<Zone>) -> Vec<&str> {
    page.iter().map(|zone| zone.id.as_str()).collect()
}

#[test]
fn a_list_goes_on_at_its_last_item_but_one_and_gives_nothing_twice() {
    let mut pager = Pager::new(BY_KEY, None);
    let mut walk = |given: &[&str]| {
        let mut page = days(given);
        let step = pager.advance(&mut page).unwrap();
        let ids: Vec<String> = ids(&page).iter().map(|id| (*id).to_owned()).collect();
        (step, ids.concat(), pager.query())
    };
    let end = |day: &str| Some(("end", format!("2026-01-{day}")));
    assert_eq!(
        walk(&["31", "30", "29a"]),
        (Step::Yield, "313029a".into(), end("30"))
    );
    // A second one of the same day is not lost.
    assert_eq!(
        walk(&["29a", "29b", "28"]),
        (Step::Yield, "29b28".into(), end("29"))
    );
    // This server includes the bound.
    assert_eq!(
        walk(&["29a", "29b", "28", "27"]),
        (Step::Yield, "27".into(), end("28"))
    );
    assert_eq!(walk(&["27"]), (Step::Repeated, String::new(), None));
}

#[test]
fn a_list_that_ascends_goes_on_after_its_last_item() {
    let mut pager = Pager::new(BY_KEY, None);
    pager.advance(&mut days(&["01", "02", "03"])).unwrap();
    assert_eq!(pager.query(), Some(("start", "2026-01-02".to_owned())));
    // What is remembered of it says in which direction it goes.
    let kept = pager.cursor().cloned();
    let mut pager = Pager::new(BY_KEY, kept);
    assert_eq!(pager.query(), Some(("start", "2026-01-02".to_owned())));
    pager.advance(&mut days(&[])).unwrap();
    assert_eq!(pager.cursor(), None);
}

#[test]
fn a_page_that_is_full_of_what_came_before_does_not_end_a_list() {
    let mut pager = Pager::new(BY_KEY, None);
    pager.advance(&mut days(&["31", "30"])).unwrap();
    assert_eq!(pager.query(), Some(("end", "2026-01-31".to_owned())));
    // The server includes the bound, and a page has no room for more.
    pager.advance(&mut days(&["31", "30"])).unwrap();
    assert_eq!(pager.query(), Some(("end", "2026-01-30".to_owned())));
    let mut page = days(&["30", "29"]);
    pager.advance(&mut page).unwrap();
    assert_eq!(ids(&page), ["29"]);
    // But one that ignores the bound does.
    let mut pager = Pager::new(BY_KEY, None);
    pager.advance(&mut days(&["31", "30"])).unwrap();
    pager.advance(&mut days(&["31", "30"])).unwrap();
    let step = pager.advance(&mut days(&["31", "30"])).unwrap();
    assert_eq!((step, pager.cursor()), (Step::Repeated, None));
}

#[test]
fn items_without_a_key_end_a_list() {
    let mut pager = Pager::new(BY_KEY, None);
    let mut page: Page<Zone> = codec::from_str(r#"[{"id":"a"},{"id":"b"}]"#).unwrap();
    pager.advance(&mut page).unwrap();
    assert_eq!((ids(&page), pager.cursor()), (vec!["a", "b"], None));
}

proptest! {
    /// Whatever a server does, such lists end, and yield nothing twice in a row.
    #[test]
    fn lists_that_go_on_at_their_last_item_end(
        pages in prop::collection::vec(prop::collection::vec(1_u32..6, 0..4), 1..20),
    ) {
        let mut pager = Pager::new(BY_KEY, None);
        pager.limit(30);
        let mut asked = 0;
        loop {
            let days: Vec<String> = pages[asked % pages.len()].iter().map(|day| format!("{day:02}")).collect();
            let given: Vec<&str> = days.iter().map(String::as_str).collect();
            asked += 1;
            let ended = pager.advance(&mut self::days(&given)).is_err();
            if ended || pager.cursor().is_none() {
                break;
            }
        }
        prop_assert!(asked <= 30);
    }
}
