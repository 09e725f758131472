//! Random values of any model, and random damage to JSON.

use cf_types::codec::Field;
use cf_types::codec::field::{Next, Number, Token};
use serde_json::{Map, Value, json};

/// A small random number generator (SplitMix64): the same seed gives the same values.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Starts from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// The next number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        usize::try_from(z % end as u64).unwrap_or(0)
    }

    fn one_in(&mut self, odds: usize) -> bool {
        self.below(odds) == 0
    }
}

/// Fills a field with suitable values, as a reply would.
pub fn fill(field: &mut dyn Field, random: &mut Random, depth: usize) {
    if depth == 0 {
        return;
    }
    const TEXTS: &[&str] = &["", "a", "example.com", "2014-01-01T05:20:00Z", "ü\n\"\\"];
    let tokens = [
        Token::Str(TEXTS[random.below(TEXTS.len())]),
        Token::Number(Number::Int(7)),
        Token::Number(Number::Float(0.25)),
        Token::Bool(true),
        Token::Array,
        Token::Object,
    ];
    let start = random.below(tokens.len());
    for index in 0..tokens.len() {
        match field.take(tokens[(start + index) % tokens.len()]) {
            Next::Reject(_) => continue,
            Next::Done | Next::Undeclared => {}
            Next::Seq(seq) => {
                for _ in 0..random.below(3) {
                    fill(seq.grow(), random, depth - 1);
                }
            }
            Next::Object(object) => {
                for index in 0..object.names().len() {
                    if !random.one_in(4) {
                        fill(object.get_mut(index), random, depth - 1);
                    }
                }
            }
            Next::Dict(dict) => fill(dict.slot("key"), random, depth - 1),
            Next::Union(union) => {
                let variants = union.variants().max(1);
                fill(union.select(random.below(variants)), random, depth - 1);
            }
            Next::Any(value) => *value = odd_value(random),
            Next::Raw(raw) => *raw = odd_value(random).into(),
        }
        return;
    }
}

/// JSON of a type that no description expects.
pub fn odd_value(random: &mut Random) -> Value {
    match random.below(14) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(1.0),
        3 => json!(-0.0),
        4 => json!(1e300),
        5 => json!(9_007_199_254_740_993_i64),
        6 => json!(u64::MAX),
        7 => json!(-1),
        8 => json!("a value that nobody knows"),
        9 => json!([]),
        10 => json!({}),
        11 => json!([1, "two", null, {"three": [4.5]}]),
        12 => json!({"type": "A", "id": 5, "name": null, "\u{1F600} \"": {"deep": [[[[]]]]}}),
        _ => (0..60).fold(json!("deep"), |inner, _| json!([inner])),
    }
}

/// Damages JSON as drift does: members are removed, set to null, change their type, or are added.
pub fn damage(value: &mut Value, random: &mut Random) {
    match value {
        Value::Object(members) => damage_object(members, random),
        Value::Array(elements) => {
            for element in elements.iter_mut() {
                damage(element, random);
            }
            if random.one_in(8) {
                elements.push(odd_value(random));
            }
        }
        scalar if random.one_in(12) => *scalar = odd_value(random),
        _ => {}
    }
}

fn damage_object(members: &mut Map<String, Value>, random: &mut Random) {
    let names: Vec<String> = members.keys().cloned().collect();
    for name in names {
        match random.below(16) {
            0 => {
                members.remove(&name);
            }
            1 => {
                members.insert(name, Value::Null);
            }
            2 => {
                let odd = odd_value(random);
                members.insert(name, odd);
            }
            _ => {
                if let Some(member) = members.get_mut(&name) {
                    damage(member, random);
                }
            }
        }
    }
    if random.one_in(3) {
        let odd = odd_value(random);
        members.insert("a_member_that_nobody_described".to_owned(), odd);
    }
}
