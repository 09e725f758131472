//! The codec: any JSON decodes, and nothing of it is lost.

use std::fmt::Debug;

use cf_types::codec::{self, Field, Watch};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::input;

/// Decodes the input as JSON into models with many fields and into unions of many shapes.
pub fn codec(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        assert!(codec::from_slice::<codec::RawJson>(input).is_err());
        return;
    };
    keeps::<cf_types::zones::Zone>(text);
    keeps::<cf_types::zones::settings::Setting>(text);
    keeps::<cf_types::dns::records::Record>(text);
    keeps::<cf_types::accounts::logs::audit::AuditLog>(text);
    #[cfg(feature = "large")]
    {
        keeps::<cf_types::load_balancers::LoadBalancer>(text);
        keeps::<cf_types::rulesets::phases::Ruleset>(text);
        keeps::<cf_types::workers::beta::workers::versions::Version>(text);
        keeps::<cf_types::zero_trust::access::applications::Application>(text);
        keeps::<cf_types::zero_trust::devices::policies::custom::CustomPolicy>(text);
    }
}

trait Model: Field + Default + Clone + PartialEq + Debug + Serialize + DeserializeOwned {}

impl<T: Field + Default + Clone + PartialEq + Debug + Serialize + DeserializeOwned> Model for T {}

fn keeps<T: Model>(text: &str) {
    let name = std::any::type_name::<T>();
    let is_json = serde_json::from_str::<&RawValue>(text).is_ok();
    let (value, drift) = match codec::from_str_watched::<T>(text) {
        Ok(read) => read,
        Err(error) => {
            assert!(!is_json, "{name} refuses JSON: {error}");
            return;
        }
    };
    assert!(is_json, "{name} accepts invalid JSON");
    assert!(drift.len() <= Watch::LIMIT);

    let written = codec::to_string(&value);
    let before = input::json(text);
    match &before {
        Some(before) => {
            let after = input::json(&written);
            assert!(after.as_ref() == Some(before), "{name} wrote {written}");
        }
        None => assert!(serde_json::from_str::<&RawValue>(&written).is_ok()),
    }

    // What it wrote is read as the same value, and written the same again.
    let again: T = codec::from_str(&written).expect("what was written");
    assert_eq!(codec::to_string(&again), written, "{name}");
    let copy = value.clone();
    assert!(copy == value, "{name}: the copy differs");
    assert_eq!(codec::to_string(&copy), written, "{name}");
    let _ = format!("{value:?}");

    // serde gives the same result, within the limits of serde_json.
    if let Ok(before) = serde_json::from_str::<Value>(text) {
        let shown = serde_json::to_value(&value).expect("JSON");
        assert!(shown == before, "{name}: serde writes {shown}");
        let read: T = serde_json::from_str(text).expect("JSON");
        let shown = serde_json::to_value(&read).expect("JSON");
        assert!(shown == before, "{name}: serde read {shown}");
    }
}
