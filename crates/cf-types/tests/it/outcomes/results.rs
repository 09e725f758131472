//! Results of an unexpected type, and those in another shape or place.

use cf_types::{Arguments, Meta, Operation, ReplyError, dns, zones};
use http::Method;

use super::Outcome::{Mismatch, Nothing, Refused, Value};
use super::{outcome, parts};

#[test]
fn a_mismatch_says_what_is_due_and_what_came() {
    let parts = parts(200, "application/json");
    for (result, found) in [
        ("[]", "an array"),
        ("\"x\"", "a string"),
        ("7", "a number"),
        ("false", "a boolean"),
        ("null", "null"),
    ] {
        let body = format!(r#"{{"success":true,"result":{result}}}"#);
        let error = cf_types::decode::<zones::Get>(&parts, body.as_bytes()).unwrap_err();
        let due = format!("the reply (200 OK) has {found} instead of an object at `/result`");
        assert_eq!(error.to_string(), due);
        let error = cf_types::decode::<dns::records::Get>(&parts, body.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), due);
    }
    let error = cf_types::decode::<zones::List>(&parts, br#"{"success":true,"result":{}}"#);
    assert_eq!(
        error.unwrap_err().to_string(),
        "the reply (200 OK) has an object instead of an array at `/result`"
    );
    let error = cf_types::decode::<zones::List>(&parts, br#"{"success":true}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the reply (200 OK) has nothing instead of an array at `/result`"
    );
}

/// Some servers write an empty list as `null`. If they count its items, that is a list.
#[test]
fn a_list_that_is_null_and_counted_is_empty() {
    for (info, due) in [
        (r#"{"count":0,"total_count":0}"#, Nothing),
        (r#"{"total_count":0}"#, Nothing),
        (r#"{"page":1,"count":0}"#, Nothing),
        (r#"{"page":1,"count":0,"total_count":7}"#, Mismatch),
        (r#"{"page":1,"count":2,"total_count":0}"#, Mismatch),
        (r#"{"page":1,"per_page":20}"#, Mismatch),
        ("{}", Mismatch),
        ("null", Mismatch),
    ] {
        let body = format!(r#"{{"success":true,"result":null,"result_info":{info}}}"#);
        let parts = parts(200, "application/json");
        assert_eq!(
            outcome::<zones::List>(&parts, body.as_bytes()),
            due,
            "{info}"
        );
        assert_eq!(
            outcome::<zones::Get>(&parts, body.as_bytes()),
            Mismatch,
            "{info}"
        );
        let body = body.replace("null", r#"{"zones":[]}"#);
        assert_eq!(
            outcome::<zones::List>(&parts, body.as_bytes()),
            Mismatch,
            "{info}"
        );
    }
}

/// A union accepts shapes that are not described, but no other types.
#[test]
fn a_union_takes_new_shapes_and_no_new_kinds() {
    let parts = parts(200, "application/json");
    let get = |result: &str| {
        let body = format!(r#"{{"success":true,"result":{result}}}"#);
        cf_types::decode::<dns::records::Get>(&parts, body.as_bytes())
    };
    for new in [r#"{"type":"NEW","x":[1]}"#, r#"{"x":1}"#, r#"{"type":7}"#] {
        let reply = get(new).unwrap();
        let written: serde_json::Value = serde_json::from_str(&reply.to_json()).unwrap();
        let sent: serde_json::Value = serde_json::from_str(new).unwrap();
        assert_eq!(written["result"], sent);
        assert_eq!(cf_types::codec::to_value(reply.value()), sent);
    }
    for wrong in ["[]", "\"x\"", "7", "true", "null", "[{\"type\":\"A\"}]"] {
        assert!(
            matches!(get(wrong), Err(ReplyError::Mismatch { .. })),
            "{wrong}"
        );
    }
}

/// A list that is inside the result, and not where it should be.
#[test]
fn a_list_within_the_result_is_due_as_well() {
    const REQUIRED: &Meta =
        &Meta::new("lists.get", Method::GET, "/lists").with_list("name_servers");
    const OPTIONAL: &Meta =
        &Meta::new("lists.get", Method::GET, "/lists").with_list("original_name_servers");
    struct Required;
    impl Arguments for Required {}
    impl Operation for Required {
        const META: &'static Meta = REQUIRED;
        type Output = zones::Zone;
    }
    struct Optional;
    impl Arguments for Optional {}
    impl Operation for Optional {
        const META: &'static Meta = OPTIONAL;
        type Output = zones::Zone;
    }
    fn told<O: Operation>(member: &str) -> Result<(), String> {
        let body = format!(r#"{{"success":true,"result":{{"id":"1"{member}}}}}"#);
        let decoded = cf_types::decode::<O>(&parts(200, "application/json"), body.as_bytes());
        decoded.map(drop).map_err(|error| error.to_string())
    }
    let wrong = |found: &str, list: &str| {
        Err(format!(
            "the reply (200 OK) has {found} instead of an array at `/result/{list}`"
        ))
    };
    for (value, found) in [
        ("{}", "an object"),
        ("\"x\"", "a string"),
        ("7", "a number"),
        ("{\"a\":[]}", "an object"),
    ] {
        let member = format!(",\"name_servers\":{value}");
        assert_eq!(told::<Required>(&member), wrong(found, "name_servers"));
        let member = format!(",\"original_name_servers\":{value}");
        assert_eq!(
            told::<Optional>(&member),
            wrong(found, "original_name_servers")
        );
    }
    assert_eq!(told::<Required>(""), wrong("nothing", "name_servers"));
    for fine in [
        "",
        ",\"original_name_servers\":null",
        ",\"original_name_servers\":[]",
    ] {
        assert_eq!(told::<Optional>(fine), Ok(()), "{fine}");
    }
    assert_eq!(told::<Required>(",\"name_servers\":[\"a\"]"), Ok(()));
}

/// Some operations sometimes have the result under another name than `result`.
#[test]
fn a_result_may_have_another_name() {
    struct Aliased;
    impl Arguments for Aliased {}
    impl Operation for Aliased {
        const META: &'static Meta =
            &Meta::new("zones.list", Method::GET, "/zones").with_result_alias("results");
        type Output = Vec<zones::Zone>;
    }
    let parts = parts(200, "application/json");
    let zones = r#"[{"id":"1","new":2},{"id":"3"}]"#;
    for (name, spots) in [("result", "/result"), ("results", "/results")] {
        let body = format!(r#"{{"success":true,"result_info":{{"page":1}},"{name}":{zones}}}"#);
        let reply = cf_types::decode_watched::<Aliased>(&parts, body.as_bytes()).unwrap();
        assert_eq!(reply.value()[1].id.as_str(), "3", "{name}");
        assert_eq!(reply.result_info().and_then(|info| info.page), Some(1));
        let drift: Vec<&str> = reply.drift().iter().map(|drift| drift.pointer()).collect();
        assert!(drift.contains(&&*format!("{spots}/0/new")), "{drift:?}");
        assert!(
            drift.iter().all(|spot| spot.starts_with(spots)),
            "{drift:?}"
        );
        assert_eq!(outcome::<Aliased>(&parts, body.as_bytes()), Value);
        // Others do not have that name.
        let known = outcome::<zones::List>(&parts, body.as_bytes()) == Value;
        assert_eq!(known, name == "result");
    }
    for (results, due) in [
        ("[]", Nothing),
        ("null", Mismatch),
        ("{}", Mismatch),
        ("7", Mismatch),
    ] {
        let body = format!(r#"{{"success":true,"results":{results}}}"#);
        assert_eq!(outcome::<Aliased>(&parts, body.as_bytes()), due, "{body}");
    }
    let refused = br#"{"success":false,"errors":[{"message":"no"}],"results":[]}"#;
    assert_eq!(outcome::<Aliased>(&parts, refused), Refused);
}
