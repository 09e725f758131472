//! The peers do the same work, or comparing them says nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use cf_bench::{fixtures, memory};
use cf_types::codec;
use cf_types::dns::records;
use serde_json::Value;

#[test]
fn the_page_is_of_the_size_it_says_and_decoded_by_all() {
    let page = fixtures::records(1, 5_000, 5_000);
    assert!(
        (2_200_000..2_800_000).contains(&page.len()),
        "{}",
        page.len()
    );
    let head = memory::json_head();
    assert_eq!(memory::decode_ours(&head, &page).unwrap(), 5_000);
    assert_eq!(memory::decode_structs(&page).unwrap(), 5_000);
    assert_eq!(memory::decode_value(&page).unwrap(), 5_000);
}

#[test]
fn ours_loses_nothing_of_the_page() {
    let page = fixtures::records(1, 5_000, 5_000);
    let head = memory::json_head();
    let reply = cf_types::decode::<records::List>(&head, &page).unwrap();
    let again: Value = serde_json::from_str(&reply.to_json()).unwrap();
    assert_eq!(again, serde_json::from_slice::<Value>(&page).unwrap());
}

#[test]
fn both_write_the_same_creations() {
    for n in 0..1_000 {
        let ours: Value =
            serde_json::from_slice(&codec::to_vec(&fixtures::record_param(n))).unwrap();
        let theirs = serde_json::to_value(fixtures::new_record(n)).unwrap();
        assert_eq!(ours, theirs, "record {n}");
    }
}
