//! Unions pick the right variant.
#![allow(clippy::unwrap_used, clippy::panic)]

use cf_types::codec;
use cf_types::dns::records::Record;
use cf_types::ips::CloudflareIps;
use cf_types::zones::settings::{Setting, SettingParam};
use serde_json::json;

fn record(json: serde_json::Value) -> Record {
    let record = codec::from_str(&json.to_string()).unwrap();
    assert_eq!(codec::to_value(&record), json);
    record
}

#[test]
fn a_tag_decides() {
    // All fields of an A record except the tag.
    let fields = |kind: &str| {
        json!({"id": "1", "name": "www.example.com", "type": kind, "content": "2001:db8::1", "ttl": 1,
               "proxied": true, "created_on": "x", "modified_on": "y", "meta": {}, "proxiable": true})
    };
    assert!(matches!(record(fields("A")), Record::A(_)));
    assert!(matches!(record(fields("AAAA")), Record::Aaaa(_)));
    assert!(matches!(record(fields("CNAME")), Record::Cname(_)));
    assert_eq!(record(fields("AAAA")).content(), Some("2001:db8::1"));
}

#[test]
fn the_tag_may_come_last() {
    let text = r#"{"id":"1","name":"x","content":"v=spf1","ttl":300,"type":"TXT"}"#;
    assert!(matches!(codec::from_str(text).unwrap(), Record::Txt(_)));
}

#[test]
fn the_last_of_two_tags_counts() {
    let text = r#"{"type":"A","content":"mail.example.com","type":"MX","priority":10}"#;
    let record: Record = codec::from_str(text).unwrap();
    let Record::Mx(mx) = &record else {
        panic!("{record:?}");
    };
    assert_eq!((mx.kind.as_str(), mx.priority), ("MX", Some(10)));
    let (_, drift) = codec::from_str_watched::<Record>(text).unwrap();
    let unknown = drift.iter().filter(|spot| spot.pointer() == "/priority");
    assert_eq!(unknown.count(), 0, "an MX record has a priority");
}

#[test]
fn an_unknown_tag_falls_back_on_the_fields() {
    // A record type newer than the description: nothing of it may be lost.
    let new =
        record(json!({"id": "1", "type": "EUI48", "name": "x", "content": "00-00", "ttl": 1}));
    assert_eq!(new.name(), Some("x"));
}

#[test]
fn without_a_tag_the_most_fitting_fields_decide() {
    let plain = json!({"etag": "a", "ipv4_cidrs": ["192.0.2.0/24"], "ipv6_cidrs": []});
    let mut jd = plain.clone();
    jd["jdcloud_cidrs"] = json!(["198.51.100.0/24"]);
    let plain: CloudflareIps = codec::from_str(&plain.to_string()).unwrap();
    let jd: CloudflareIps = codec::from_str(&jd.to_string()).unwrap();
    assert!(matches!(plain, CloudflareIps::Ips(_)));
    assert!(matches!(jd, CloudflareIps::JdCloudIps(_)));
}

#[test]
fn settings_are_told_apart_by_their_id() {
    let text = r#"{"id":"development_mode","value":"on","editable":true,"time_remaining":3600}"#;
    let setting: Setting = codec::from_str(text).unwrap();
    assert!(matches!(setting, Setting::DevelopmentMode(_)));
    let text = r#"{"id":"always_online","value":"on","editable":true,"modified_on":null}"#;
    let setting: Setting = codec::from_str(text).unwrap();
    assert!(matches!(setting, Setting::AlwaysOnline(_)));
}

#[test]
fn what_fits_no_variant_is_kept() {
    for text in [
        "null",
        "5",
        "\"x\"",
        "[{\"type\":\"A\"}]",
        "{\"nothing\":\"known\"}",
    ] {
        let record: Record = codec::from_str(text).unwrap();
        assert!(matches!(record, Record::Other(_)), "{text}");
        assert_eq!(codec::to_string(&record), text);
    }
}

#[test]
fn a_plain_value_is_enough_for_a_setting_and_is_read_from_any() {
    let zone = "023e105f4ecef8ad9ca31a8372d0c353";
    let body = |change: SettingParam| {
        let call = cf_types::api()
            .zones()
            .settings()
            .edit(zone, "name", change);
        let request = call.to_request(cf_types::BASE_URL).unwrap();
        String::from_utf8(request.body().as_bytes().to_vec()).unwrap()
    };
    assert_eq!(body("strict".into()), r#"{"value":"strict"}"#);
    assert_eq!(body(String::from("on").into()), r#"{"value":"on"}"#);
    assert_eq!(body(14_400.into()), r#"{"value":14400}"#);
    assert_eq!(body(SettingParam::enabled(true)), r#"{"enabled":true}"#);

    for (text, value) in [
        (r#"{"id":"ssl","value":"strict"}"#, Some("strict".into())),
        (
            r#"{"id":"browser_cache_ttl","value":14400}"#,
            Some(14_400.into()),
        ),
        (
            r#"{"id":"ciphers","value":["A"]}"#,
            Some(serde_json::json!(["A"])),
        ),
        (r#"{"id":"ssl_recommender","enabled":true}"#, None),
    ] {
        let setting: Setting = codec::from_str(text).unwrap();
        assert_eq!(setting.value(), value, "{text}");
    }
}
