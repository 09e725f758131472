//! What was read can be written: conversions from reply to body, tested on every pair of models.

use cf_tests::pairs::pairs;
use cf_tests::random::{Random, damage, fill};
use cf_types::codec::field::View;
use cf_types::codec::{self, Field};
use serde_json::{Map, Value};

const CASES: u64 = 16;

/// What was received and the param converted from it, or a part of them.
#[derive(Clone, Copy)]
struct Turn<'t> {
    received: Option<&'t dyn Field>,
    sent: Option<&'t dyn Field>,
    /// Not within a union without a tag: such a union takes the shape that matches best what is left.
    certain: bool,
}

/// Compares both with their JSON: what is missing is what only replies have, and the rest is unchanged.
fn check(turn: Turn<'_>, before: &Value, after: &Value, at: &str) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => check_members(turn, before, after, at),
        (Value::Array(before), Value::Array(after)) => {
            assert_eq!(before.len(), after.len(), "{at}");
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                let (received, sent) = (element(turn.received, index), element(turn.sent, index));
                let turn = Turn {
                    received,
                    sent,
                    ..turn
                };
                check(turn, before, after, &format!("{at}/{index}"));
            }
        }
        _ => assert_eq!(before, after, "{at}"),
    }
}

fn check_members(
    turn: Turn<'_>,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    at: &str,
) {
    for name in after.keys() {
        assert!(before.contains_key(name), "{at}/{name} came from nowhere");
    }
    let certain = turn.certain && is_named(turn.sent);
    for (name, before) in before {
        let at = format!("{at}/{name}");
        match (after.get(name), stays_behind(turn, name)) {
            (Some(_), Some(true)) if certain => panic!("{at} is only in replies, but is sent"),
            (None, Some(false)) => panic!("{at} is lost: {before}"),
            (None, _) => {}
            (Some(after), _) => {
                each_entry(turn.received, name, &mut |received| {
                    each_entry(turn.sent, name, &mut |sent| {
                        check(
                            Turn {
                                received,
                                sent,
                                certain,
                            },
                            before,
                            after,
                            &at,
                        );
                    });
                });
            }
        }
    }
}

/// Whether a member is a field of what was received, but not of what is sent. Unknown if that is not a model, or
/// if only one of the two marks it.
fn stays_behind(turn: Turn<'_>, name: &str) -> Option<bool> {
    let Some(View::Object(received)) = turn.received.map(Field::view) else {
        return Some(false);
    };
    let Some(place) = received.names().position(name) else {
        return Some(false);
    };
    let marked = received.read_only().contains(&place);
    match turn.sent.map(Field::view) {
        Some(View::Object(sent)) => {
            let place = sent.names().position(name);
            let goes = place.is_some_and(|place| !sent.read_only().contains(&place));
            (!goes || !marked).then_some(!goes)
        }
        _ => marked.then_some(true),
    }
}

/// Whether it is not a union, or one whose tag says which shape it has.
fn is_named(sent: Option<&dyn Field>) -> bool {
    let Some(union) = sent.and_then(Field::as_union) else {
        return true;
    };
    match (union.tag(), union.chosen().map(|(_, shape)| shape.view())) {
        (Some(tag), Some(View::Object(shape))) => {
            let place = shape.names().position(tag.name);
            let value = place.map(|place| shape.get(place).view());
            matches!(value, Some(View::Str(value)) if tag.values.iter().any(|(known, _)| *known == value))
        }
        _ => false,
    }
}

fn element(list: Option<&dyn Field>, index: usize) -> Option<&dyn Field> {
    match list?.view() {
        View::Seq(seq) if index < seq.len() => Some(seq.at(index)),
        _ => None,
    }
}

/// Shows a member of a model or a map; `None` if it is in no field.
fn each_entry(whole: Option<&dyn Field>, name: &str, each: &mut dyn FnMut(Option<&dyn Field>)) {
    match whole.map(Field::view) {
        Some(View::Object(object)) => {
            let place = object.names().position(name);
            each(place.map(|place| object.get(place)));
        }
        Some(View::Dict(dict)) => dict.visit(&mut |key, value| {
            if key == name {
                each(Some(value));
            }
        }),
        _ => each(None),
    }
}

fn each_pair(mut json_of: impl FnMut(&dyn Field, &mut Random) -> Value) {
    let pairs = pairs();
    assert!(pairs.len() > 40, "only {} pairs", pairs.len());
    for pair in pairs {
        for seed in 0..CASES {
            let mut random = Random::new(seed);
            let mut value = (pair.empty)();
            fill(&mut *value, &mut random, 6);
            let json = json_of(&*value, &mut random).to_string();
            let Some((received, sent)) = (pair.turn)(&json) else {
                continue;
            };
            let (before, after) = (codec::to_value(&*received), codec::to_value(&*sent));
            let name = format!("{} as {} ", pair.entity, pair.param);
            let turn = Turn {
                received: Some(&*received),
                sent: Some(&*sent),
                certain: true,
            };
            check(turn, &before, &after, &name);
        }
    }
}

#[test]
fn what_the_description_foresees_is_sent_but_for_what_only_replies_have() {
    each_pair(|value, _| codec::to_value(value));
}

#[test]
fn what_nobody_described_goes_along() {
    each_pair(|value, random| {
        let mut json = codec::to_value(value);
        damage(&mut json, random);
        if let Value::Object(members) = &mut json {
            members.insert(
                "brand_new".to_owned(),
                serde_json::json!({"a": [null, 1.5]}),
            );
        }
        json
    });
}
