//! The codec's guarantee, tested on every model: any JSON decodes, and is encoded to
//! the same JSON value.

use cf_tests::random::{Random, damage, fill, odd_value};
use cf_types::codec::{self, Field};
use serde::Deserialize;
use serde_json::Value;

/// How many replies each model is tested with; the environment variable `CODEC_CASES` sets more.
fn cases() -> u64 {
    std::env::var("CODEC_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(24)
}

fn each_model(mut check: impl FnMut(&str, &dyn Fn() -> Box<dyn Field>, Random)) {
    let models = cf_tests::models();
    assert!(
        models.len() > 300,
        "only {} models are compiled in",
        models.len()
    );
    for model in models {
        for seed in 0..cases() {
            check(model.name, &model.empty, Random::new(seed));
        }
    }
}

/// Decodes through a list: what a model alone cannot take (a union of texts, a boolean) must not
/// be lost as part of something, which is where it always is.
fn again(empty: &dyn Fn() -> Box<dyn Field>, text: &str) -> Result<String, codec::SyntaxError> {
    let mut holder = Holder {
        value: empty(),
        extra: codec::Extra::default(),
    };
    codec::read_from_str(&format!("{{\"value\":{text}}}"), &mut holder)?;
    Ok(codec::to_string(&holder))
}

/// A model with one required field of any type.
struct Holder {
    value: Box<dyn Field>,
    extra: codec::Extra,
}

impl codec::Object for Holder {
    fn names(&self) -> &'static codec::Names {
        const TEXT: &str = ",\"value\":";
        const NAMES: &codec::Names = &codec::Names::new(TEXT, &codec::Names::ends::<2>(TEXT), 0);
        NAMES
    }
    fn get(&self, _: usize) -> &dyn Field {
        &*self.value
    }
    fn get_mut(&mut self, _: usize) -> &mut dyn Field {
        &mut *self.value
    }
    fn extra(&self) -> &codec::Extra {
        &self.extra
    }
    fn extra_mut(&mut self) -> &mut codec::Extra {
        &mut self.extra
    }
}

/// Damage upon damage can nest deeper than serde_json allows by default.
fn parse(text: &str) -> Value {
    let mut parser = serde_json::Deserializer::from_str(text);
    parser.disable_recursion_limit();
    Value::deserialize(&mut parser).unwrap()
}

fn assert_same(model: &str, before: &Value, empty: &dyn Fn() -> Box<dyn Field>) {
    let text = before.to_string();
    let out = again(empty, &text).unwrap_or_else(|e| panic!("{model}: {e} in {text}"));
    let after = parse(&out);
    // Not by index, which returns null for missing members.
    assert_eq!(after.get("value"), Some(before), "{model} changed {text}");
}

#[test]
fn what_the_description_foresees_comes_through() {
    each_model(|model, empty, mut random| {
        let mut value = empty();
        fill(&mut *value, &mut random, 6);
        assert_same(model, &codec::to_value(&*value), empty);
    });
}

#[test]
fn drift_comes_through() {
    each_model(|model, empty, mut random| {
        let mut value = empty();
        fill(&mut *value, &mut random, 6);
        let mut json = codec::to_value(&*value);
        damage(&mut json, &mut random);
        damage(&mut json, &mut random);
        assert_same(model, &json, empty);
    });
}

#[test]
fn json_of_any_kind_comes_through() {
    each_model(|model, empty, mut random| assert_same(model, &odd_value(&mut random), empty));
}

#[test]
fn a_clone_is_equal_and_writes_the_same() {
    each_model(|model, empty, mut random| {
        let mut value = empty();
        fill(&mut *value, &mut random, 6);
        let mut copy = empty();
        codec::clone(&*value, &mut *copy);
        assert!(codec::eq(&*value, &*copy), "{model}: the copy differs");
        assert_eq!(
            codec::to_string(&*value),
            codec::to_string(&*copy),
            "{model}"
        );
    });
}

/// What random values rarely are: each model in turn with each empty value.
#[test]
fn empty_values_come_through() {
    for model in cf_tests::models() {
        for text in ["null", "false", "0", "\"\"", "[]", "{}", "[null]"] {
            assert_same(model.name, &parse(text), &model.empty);
        }
    }
}
