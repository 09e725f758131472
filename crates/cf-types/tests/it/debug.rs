//! What `Debug` of models shows: everything but secrets.

use cf_types::codec::{self, RawJson};
use cf_types::dns::zone_transfers::tsigs::Tsig;
use cf_types::shared::Token;
use serde_json::json;

#[test]
fn secrets_are_hidden_and_the_rest_is_shown() {
    // `value` is secret in this model, and in others not.
    let text = r#"{"id":"1","value":"hush","name":"shown"}"#;
    let token: Token = codec::from_str(text).unwrap();
    let shown = format!("{token:?}");
    assert!(!shown.contains("hush"), "{shown}");
    assert!(
        shown.contains("[redacted]") && shown.contains("shown"),
        "{shown}"
    );

    let setting = r#"{"id":"tls_1_3","value":"zrt"}"#;
    let setting: cf_types::zones::settings::Setting = codec::from_str(setting).unwrap();
    assert!(format!("{setting:?}").contains("zrt"), "{setting:?}");

    let tsig: Tsig =
        codec::from_str(r#"{"id":"1","name":"shown","algo":"hmac","secret":"hush"}"#).unwrap();
    let shown = format!("{tsig:?} {:?}", vec![tsig.clone()]);
    assert!(
        !shown.contains("hush") && shown.contains("shown"),
        "{shown}"
    );
}

#[test]
fn what_the_description_lacks_is_looked_through() {
    for member in [
        json!({ "client_secret": "hush" }),
        json!({ "client_secret": 4711, "pin": 4711 }),
        json!({ "credentials": { "user": "hush", "more": ["hush"] } }),
        json!({ "nested": [{ "apiKey": "hush" }, [{ "password": "hush" }]] }),
        json!({ "tokens": ["hush", { "value": "hush" }] }),
        json!({ "url": "https://user:hush@host/path?X-Amz-Signature=hush" }),
        json!({ "destination_conf": "s3://bucket?secret-access-key=hush" }),
        // Does not fit its field, whose name is secret only in this model.
        json!({ "value": { "text": "hush" } }),
    ] {
        let mut value = json!({ "id": "1", "name": "shown" });
        value
            .as_object_mut()
            .unwrap()
            .extend(member.as_object().unwrap().clone());
        let token: Token = serde_json::from_value(value.clone()).unwrap();
        for shown in [format!("{token:?}"), format!("{token:#?}")] {
            assert!(
                !shown.contains("hush") && !shown.contains("4711"),
                "{shown}"
            );
        }
        assert!(format!("{token:?}").contains("shown"));
        // It is hidden, not lost.
        assert_eq!(serde_json::to_value(&token).unwrap(), value);
    }
}

#[test]
fn what_is_not_secret_is_shown() {
    let value = json!({
        "id": "1", "token_id": "shown-1", "next_page_token": "shown-2", "key": "shown-3", "public_key": "shown-4",
        "url": "https://host/path?page=shown-5", "secret_name": "shown-6", "secret": true, "nothing": null, "token": "",
    });
    let token: Token = serde_json::from_value(value).unwrap();
    let shown = format!("{token:?}");
    for number in 1..=6 {
        assert!(shown.contains(&format!("shown-{number}")), "{shown}");
    }
    assert!(!shown.contains("redacted"), "{shown}");

    for (value, shown) in [
        (json!({ "a": [1, "two", null] }), r#"{"a":[1,"two",null]}"#),
        (json!({ "tokens": 17 }), r#"{"tokens":17}"#),
        (
            json!({ "a": 1, "secret": [1] }),
            r#"{"a":1,"secret":"[redacted]"}"#,
        ),
    ] {
        assert_eq!(format!("{:?}", RawJson::from(value)), shown);
    }
    let deep = format!("{}\"hush\"{}", "[".repeat(200), "]".repeat(200));
    let deep: RawJson = codec::from_str(&deep).unwrap();
    assert_eq!(format!("{deep:?}"), "JSON(406 bytes)");
}
