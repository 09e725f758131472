//! The reader accepts the same texts as JSON as serde_json does.
#![allow(clippy::unwrap_used)]

use cf_types::codec::{self, RawJson};
use proptest::prelude::*;
use serde_json::Value;

/// Pieces of JSON, combined correctly and incorrectly.
fn almost_json() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(","),
        Just(":"),
        Just("\"a\""),
        Just("\""),
        Just("\\"),
        Just("\\u00e9"),
        Just("\\ud83d\\ude00"),
        Just("null"),
        Just("true"),
        Just("false"),
        Just("0"),
        Just("-"),
        Just("1"),
        Just("01"),
        Just("."),
        Just("e5"),
        Just("E+1"),
        Just(" "),
        Just("\n"),
        Just("\u{b}"),
        Just("ü"),
        Just("nul"),
        Just("\t"),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn texts_are_json_or_not_as_serde_json_has_it(text in almost_json()) {
        let theirs = serde_json::from_str::<Value>(&text);
        let ours = codec::from_str::<RawJson>(&text);
        // Numbers beyond f64 and unpaired surrogates are JSON, though serde_json cannot represent
        // them.
        let no_place = theirs.as_ref().is_err_and(|e| {
            let e = e.to_string();
            e.contains("out of range") || e.contains("surrogate") || e.contains("hex escape")
        });
        prop_assert!(no_place || ours.is_ok() == theirs.is_ok(), "{text:?}: {ours:?} {theirs:?}");
    }

    #[test]
    fn any_json_comes_through_as_it_is(value in json()) {
        let text = value.to_string();
        let raw: RawJson = codec::from_str(&text).unwrap();
        prop_assert_eq!(raw.as_str(), &text);
        let tree: Value = codec::from_str(&text).unwrap();
        prop_assert_eq!(tree, serde_json::from_str::<Value>(&text).unwrap());
    }
}
