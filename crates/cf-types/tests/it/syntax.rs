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
        if let Ok(raw) = ours {
            prop_assert_eq!(raw.to_value(), theirs.unwrap_or_default());
        }
    }

    #[test]
    fn trees_have_the_numbers_that_serde_json_reads(
        text in "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?",
    ) {
        let raw: RawJson = codec::from_str(&text).unwrap();
        prop_assert_eq!(raw.to_value(), serde_json::from_str::<Value>(&text).unwrap_or_default());
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

#[test]
fn trees_are_as_deep_as_serde_json_reads_them() {
    for levels in 120..135 {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let text = format!("{}1{}", open.repeat(levels), close.repeat(levels));
            let raw: RawJson = codec::from_str(&text).unwrap();
            let theirs = serde_json::from_str::<Value>(&text).unwrap_or_default();
            assert_eq!(raw.to_value(), theirs, "{levels} levels");
        }
    }
}

#[test]
fn the_last_member_of_a_name_is_in_the_tree() {
    let text = r#"{"a": [1, ], "b": 1}"#;
    assert!(codec::from_str::<RawJson>(text).is_err());
    let text = r#" {"b" : {"\u0061":[ ] ,"a":[ 2 , { } ]} , "b": {"a": 3}, "c": "\n" } "#;
    let raw: RawJson = codec::from_str(text).unwrap();
    assert_eq!(raw.to_value(), serde_json::from_str::<Value>(text).unwrap());
}
