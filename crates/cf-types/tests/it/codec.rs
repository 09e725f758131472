//! How the codec handles replies that differ from their description.
#![allow(clippy::unwrap_used, clippy::panic)]

use cf_types::codec::{self, DriftKind, Extra, Field, Names, Object};
use cf_types::dns::records::{ARecordParam, Record};
use cf_types::zones::{Zone, ZoneStatus};
use serde_json::{Value, json};

fn zone(value: &Value) -> Zone {
    codec::from_str(&value.to_string()).unwrap()
}

fn full_zone() -> Value {
    json!({
        "id": "023e105f4ecef8ad9ca31a8372d0c353",
        "account": {"id": "01a7362d577a6c3019a474fd6f485823", "name": "Example"},
        "created_on": "2014-01-01T05:20:00.12345Z",
        "development_mode": 7200,
        "meta": {"cdn_only": true, "page_rule_quota": 100},
        "modified_on": "2014-01-01T05:20:00.12345Z",
        "name": "example.com",
        "name_servers": ["bob.ns.cloudflare.com", "lola.ns.cloudflare.com"],
        "owner": {"id": "01a7", "name": "Example", "type": "organization"},
        "plan": {"id": "84cb", "name": "Free", "price": 0},
        "status": "active",
        "paused": false,
    })
}

#[test]
fn described_values_are_in_their_fields() {
    let zone = zone(&full_zone());
    assert_eq!(zone.id, "023e105f4ecef8ad9ca31a8372d0c353");
    assert_eq!(zone.account.name.as_deref(), Some("Example"));
    assert_eq!(zone.development_mode, 7200);
    assert_eq!(
        zone.name_servers,
        ["bob.ns.cloudflare.com", "lola.ns.cloudflare.com"]
    );
    assert_eq!(zone.status, Some(ZoneStatus::Active));
    assert_eq!(zone.paused, Some(false));
    assert_eq!(zone.owner.kind.as_deref(), Some("organization"));
    assert!(zone.extra.is_empty());
    assert_eq!(codec::to_value(&zone), full_zone());
}

#[test]
fn an_unknown_field_is_kept_and_written_back() {
    let mut json = full_zone();
    json["brand_new"] = json!({"a": [1, 2.50, null]});
    json["account"]["brand_new"] = json!("x");
    let zone = zone(&json);
    assert_eq!(zone.extra.get("brand_new").unwrap().to_value()["a"][1], 2.5);
    assert_eq!(
        zone.account.extra.get("brand_new").unwrap().as_str(),
        "\"x\""
    );
    assert_eq!(codec::to_value(&zone), json);
}

#[test]
fn a_value_of_the_wrong_kind_leaves_the_field_empty_and_is_kept() {
    let mut json = full_zone();
    json["name"] = json!(42);
    json["name_servers"] = json!("bob.ns.cloudflare.com");
    json["account"] = json!([1]);
    json["paused"] = json!("no");
    let zone = zone(&json);
    assert_eq!(zone.name, "");
    assert!(zone.name_servers.is_empty());
    assert_eq!(zone.paused, None);
    assert_eq!(zone.extra.get("name").unwrap().to_value(), 42);
    assert_eq!(zone.account.extra.whole().unwrap().as_str(), "[1]");
    assert_eq!(codec::to_value(&zone), json);
}

#[test]
fn a_value_put_in_later_wins_over_the_one_that_came() {
    let mut json = full_zone();
    json["name"] = json!(42);
    json["status"] = json!(null);
    json.as_object_mut().unwrap().remove("modified_on");
    let mut zone = zone(&json);
    zone.name = "example.org".to_owned();
    zone.status = Some("pending".into());
    zone.modified_on = "2026-01-01T00:00:00Z".into();
    let out = codec::to_value(&zone);
    assert_eq!(out["name"], "example.org");
    assert_eq!(out["status"], "pending");
    assert_eq!(out["modified_on"], "2026-01-01T00:00:00Z");
}

#[test]
fn a_required_field_that_is_absent_stays_absent() {
    let json = json!({"id": "1"});
    let zone = zone(&json);
    assert_eq!(zone.name, "");
    assert_eq!(zone.development_mode, 0);
    assert_eq!(codec::to_value(&zone), json);
}

#[test]
fn null_is_not_the_same_as_absent() {
    let mut json = full_zone();
    json["status"] = Value::Null;
    json["name"] = Value::Null;
    json["account"] = Value::Null;
    json["name_servers"] = Value::Null;
    let zone = zone(&json);
    assert_eq!(zone.status, None);
    assert_eq!(codec::to_value(&zone), json);
}

#[test]
fn numbers_keep_their_spelling() {
    for number in [
        "1.0",
        "1",
        "-0",
        "1e2",
        "2.50",
        "12345678901234567890123",
        "0.1",
        "1E400",
    ] {
        let text =
            format!(r#"{{"id":"1","development_mode":{number},"plan":{{"price":{number}}}}}"#);
        let zone: Zone = codec::from_str(&text).unwrap();
        let out = codec::to_string(&zone);
        assert!(
            out.contains(&format!(r#""development_mode":{number}"#)),
            "{out}"
        );
        assert!(out.contains(&format!(r#""price":{number}"#)), "{out}");
    }
    assert_eq!(zone(&json!({"development_mode": 3.0})).development_mode, 3);
}

#[test]
fn enums_take_values_that_are_not_described() {
    let zone = zone(&json!({"status": "hibernating"}));
    assert_eq!(
        zone.status,
        Some(ZoneStatus::Other("hibernating".to_owned()))
    );
    assert_eq!(codec::to_value(&zone), json!({"status": "hibernating"}));
}

#[test]
fn the_last_of_two_members_of_one_name_counts() {
    let zone: Zone =
        codec::from_str(r#"{"name_servers":["a"],"name":5,"name":"x","name_servers":["b"]}"#)
            .unwrap();
    assert_eq!(zone.name_servers, ["b"]);
    assert_eq!(zone.name, "x");
    assert_eq!(
        codec::to_value(&zone),
        json!({"name_servers": ["b"], "name": "x"})
    );
}

#[test]
fn members_may_come_in_any_order_and_change_it_from_one_object_to_the_next() {
    let fields = [
        r#""id":"1""#,
        r#""odd":[1,{"a":"}"}]"#,
        r#""name":"a.com""#,
        r#""status":"active""#,
        r#""\u0074ype":"full""#,
        r#""paused" : true"#,
    ];
    let orders: Vec<String> = (0..fields.len())
        .map(|first| {
            let mut fields = fields;
            fields.rotate_left(first);
            format!("{{{}}}", fields.join(","))
        })
        .collect();
    let zones: Vec<Zone> = codec::from_str(&format!("[{}]", orders.join(" , "))).unwrap();
    for (zone, text) in zones.iter().zip(&orders) {
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(codec::to_value(zone), value);
        assert_eq!((zone.id.as_str(), zone.name.as_str()), ("1", "a.com"));
        assert_eq!(&zone.clone(), zone);
    }
}

#[test]
fn text_of_any_length_and_with_escapes_anywhere_comes_back() {
    for length in 0..70 {
        for odd in ["", "\"", "\\", "\n", "\u{1}", "é", "\u{1f600}"] {
            let text = format!("{}{odd}{}", "x".repeat(length), "y".repeat(length % 9));
            let value = json!({"created_on": text, "name": text, "odd": text, &text: 1});
            let zone: Zone = codec::from_str(&value.to_string()).unwrap();
            assert_eq!(zone.name, text);
            assert_eq!(codec::to_value(&zone), value);
            let written: Value = serde_json::from_str(&codec::to_string(&zone)).unwrap();
            assert_eq!(written, value);
        }
    }
}

#[test]
fn one_odd_element_does_not_cost_the_others() {
    let zones: Vec<Zone> = codec::from_str(r#"[{"name":"a"},null,"b",{"name":"c"}]"#).unwrap();
    assert_eq!(zones[0].name, "a");
    assert_eq!(zones[3].name, "c");
    assert_eq!(
        codec::to_string(&zones),
        r#"[{"name":"a"},null,"b",{"name":"c"}]"#
    );
}

#[test]
fn depth_is_no_way_to_break_it() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let text = format!(r#"{{"name":{deep},"brand_new":{deep}}}"#);
    let zone: Zone = codec::from_str(&text).unwrap();
    assert_eq!(zone.extra.get("brand_new").unwrap().as_str(), deep);
    assert_eq!(codec::to_string(&zone), text);
}

#[test]
fn half_a_surrogate_pair_is_kept_as_it_came() {
    let text = r#"{"name":"\ud83d","brand_new":"\ude00x","id":"\ud83d\ude00"}"#;
    let zone: Zone = codec::from_str(text).unwrap();
    assert_eq!(zone.id, "\u{1F600}");
    let out = codec::to_string(&zone);
    assert!(
        out.contains(r#""name":"\ud83d""#) && out.contains(r#""brand_new":"\ude00x""#),
        "{out}"
    );
}

#[test]
fn drift_is_listed_with_pointer_and_kind() {
    let text = r#"{"id":"1","name":7,"account":{"odd/key":1},"status":"new","name_servers":[]}"#;
    let (_, drift) = codec::from_str_watched::<Zone>(text).unwrap();
    let at = |pointer: &str| {
        drift
            .iter()
            .find(|d| d.pointer() == pointer)
            .unwrap_or_else(|| panic!("{drift:?}"))
            .kind()
    };
    assert!(matches!(
        at("/name"),
        DriftKind::Mismatch {
            expected: "a string"
        }
    ));
    assert_eq!(at("/account/odd~1key"), DriftKind::UnknownField);
    assert_eq!(at("/status"), DriftKind::UnknownValue);
    assert_eq!(at("/owner"), DriftKind::Absent);
    assert!(
        codec::from_str_watched::<ARecordParam>(r#"{"name":"a","ttl":1,"type":"A"}"#)
            .unwrap()
            .1
            .is_empty()
    );
}

/// A model whose second field is said to be null at times.
#[derive(Default)]
struct Step {
    name: String,
    end: String,
    extra: Extra,
}

impl Object for Step {
    fn names(&self) -> &'static Names {
        const TEXT: &str = ",\"name\":,\"end\":";
        const NAMES: &Names = &Names::new(TEXT, &Names::ends::<3>(TEXT), 0).with_nullable(0b10);
        NAMES
    }
    fn get(&self, index: usize) -> &dyn Field {
        [&self.name, &self.end][index]
    }
    fn get_mut(&mut self, index: usize) -> &mut dyn Field {
        match index {
            0 => &mut self.name,
            _ => &mut self.end,
        }
    }
    fn extra(&self) -> &Extra {
        &self.extra
    }
    fn extra_mut(&mut self) -> &mut Extra {
        &mut self.extra
    }
}

#[test]
fn null_is_no_drift_where_the_description_has_it() {
    for (text, pointers) in [
        (r#"{"name":"a","end":null}"#, [].as_slice()),
        (r#"{"name":null,"end":null}"#, &["/name"]),
        (r#"{"name":"a","end":7}"#, &["/end"]),
        (r#"{"name":"a"}"#, &["/end"]),
    ] {
        let (step, drift) = codec::from_str_watched::<Step>(text).unwrap();
        let found: Vec<&str> = drift.iter().map(codec::Drift::pointer).collect();
        assert_eq!(found, pointers, "{text}");
        assert_eq!(codec::to_string(&step), text);
    }
}

#[test]
fn serde_formats_give_the_same() {
    let mut json = full_zone();
    json["brand_new"] = json!([null]);
    json["name"] = json!(5);
    let zone: Zone = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(&zone).unwrap(), json);
    // A float that changes slightly unless it is parsed exactly.
    let json = json!({"id": "1", "brand_new": 1.234_567_492_038_156_7e27});
    let zone: Zone = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(&zone).unwrap(), json);
    let record: Record = serde_json::from_value(json!({"type": "TXT", "name": "x"})).unwrap();
    assert!(matches!(record, Record::Txt(_)));
}

#[test]
fn text_that_is_no_json_is_refused_with_its_place() {
    for (text, offset) in [
        ("{", 1),
        ("{\"a\":1,}", 7),
        ("[1 2]", 3),
        ("nul", 0),
        ("{} x", 3),
        ("\"\u{1}\"", 1),
    ] {
        let error = codec::from_str::<Zone>(text).unwrap_err();
        assert_eq!(error.offset(), offset, "{text}: {error}");
    }
    assert!(codec::from_slice::<Zone>(b"{\"name\":\"\xff\"}").is_err());
    assert!(codec::from_str::<Vec<Zone>>("{}").is_err());
}

#[test]
fn a_request_leaves_out_what_its_constructor_does_not_take() {
    use cf_types::dns::records::ARecordParam;
    let json = |record: &ARecordParam| codec::to_string(record);
    // A change to a record must not turn its TTL to automatic on the way.
    let mut record = ARecordParam::new("www", "192.0.2.1");
    assert_eq!(
        json(&record),
        r#"{"name":"www","type":"A","content":"192.0.2.1"}"#
    );
    assert_eq!(
        json(&record.clone().ttl(300)),
        r#"{"name":"www","ttl":300,"type":"A","content":"192.0.2.1"}"#
    );
    record.ttl = Some(1);
    assert_eq!(
        json(&record),
        r#"{"name":"www","ttl":1,"type":"A","content":"192.0.2.1"}"#
    );
}
