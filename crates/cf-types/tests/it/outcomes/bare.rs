//! Bodies without an envelope: values, data that looks like an error, nothing at all.

use cf_types::codec::{Extra, Field, Names, Object};
use cf_types::{Arguments, Meta, Operation, ResultKind, accounts, dns, zones};
use http::Method;

use super::Outcome::{Empty, Html, Mismatch, NotJson, Nothing, Refused, Silent, Value};
use super::{Whatever, outcome, parts};

/// Bodies without an envelope, and their outcome for a caller that asks for a zone, for zones, to delete something, for
/// anything.
#[test]
fn what_is_no_envelope_is_the_whole_body_or_an_error() {
    for (body, [zone, list, delete, any]) in [
        (r#"{"id":"1","name":"x"}"#, [Value, Mismatch, Value, Value]),
        (r#"[{"id":"1"}]"#, [Mismatch, Value, Mismatch, Value]),
        ("[]", [Mismatch, Nothing, Nothing, Nothing]),
        ("{}", [Mismatch, Mismatch, Nothing, Nothing]),
        ("null", [Mismatch, Mismatch, Nothing, Nothing]),
        (r#""done""#, [Mismatch, Mismatch, Mismatch, Value]),
        ("7", [Mismatch, Mismatch, Mismatch, Value]),
        ("true", [Mismatch, Mismatch, Mismatch, Value]),
        // GraphQL.
        (r#"{"data":null}"#, [Mismatch, Mismatch, Mismatch, Value]),
        (
            r#"{"data":null,"errors":null}"#,
            [Mismatch, Mismatch, Mismatch, Value],
        ),
        (
            r#"{"data":{"zone":{"id":"1"}},"errors":[]}"#,
            [Mismatch, Mismatch, Mismatch, Value],
        ),
        (r#"{"data":null,"errors":[{"message":"no"}]}"#, [Refused; 4]),
        // Other forms.
        (
            r#"{"message":"Hello"}"#,
            [Mismatch, Mismatch, Mismatch, Value],
        ),
        (r#"{"error":"no"}"#, [Refused; 4]),
        (r#"{"error":{"message":"no"}}"#, [Refused; 4]),
        (
            r#"{"error":null,"items":[]}"#,
            [Mismatch, Mismatch, Mismatch, Value],
        ),
        (
            r#"{"jsonrpc":"2.0","id":7,"error":{"code":-1,"message":"no"}}"#,
            [Refused; 4],
        ),
        (
            r#"{"items":[{"id":"1"}]}"#,
            [Mismatch, Mismatch, Mismatch, Value],
        ),
        // There is an envelope, without a result.
        (
            r#"{"success":true,"id":"1","name":"x"}"#,
            [Value, Mismatch, Value, Value],
        ),
        (
            r#"{"success":true,"zones":[]}"#,
            [Mismatch, Mismatch, Nothing, Value],
        ),
        (
            r#"{"success":true,"errors":[],"messages":[]}"#,
            [Mismatch, Mismatch, Nothing, Nothing],
        ),
        // Not JSON.
        ("OK", [NotJson; 4]),
        (r#"{"success":true,"result":"#, [NotJson; 4]),
        ("<!DOCTYPE html><title>Log in</title>", [Html; 4]),
        ("", [Empty, Empty, Nothing, Empty]),
        (" \r\n", [Empty, Empty, Nothing, Empty]),
    ] {
        for (name, outcome, due) in [
            ("a zone", outcome::<zones::Get> as fn(&_, &_) -> _, zone),
            ("zones", outcome::<zones::List>, list),
            ("a deletion", outcome::<dns::records::Delete>, delete),
            ("whatever", outcome::<Whatever>, any),
        ] {
            for media_type in ["application/json", "text/plain"] {
                let found = outcome(&parts(200, media_type), body.as_bytes());
                assert_eq!(found, due, "{name}: {media_type} {body}");
            }
        }
    }
}

/// No body, where that is allowed and where it is not.
#[test]
fn nothing_may_come_where_nothing_is_due() {
    let outcomes = |status| {
        let parts = parts(status, "text/html");
        [
            outcome::<zones::Get>(&parts, b""),
            outcome::<zones::List>(&parts, b""),
            outcome::<zones::Create>(&parts, b""),
            outcome::<zones::activation_check::Trigger>(&parts, b""),
            outcome::<dns::records::Delete>(&parts, b""),
            outcome::<Whatever>(&parts, b""),
        ]
    };
    for status in [200, 201, 202] {
        assert_eq!(
            outcomes(status),
            [Empty, Empty, Empty, Empty, Nothing, Empty],
            "{status}"
        );
    }
    for status in [204, 205] {
        assert_eq!(
            outcomes(status),
            [Empty, Empty, Empty, Nothing, Nothing, Nothing],
            "{status}"
        );
    }
}

/// Bytes and text may look like anything. Nothing but the API's own envelope is an error.
#[test]
fn data_that_looks_like_a_refusal_is_data() {
    for (body, refused) in [
        (
            r#"{"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}"#,
            true,
        ),
        (
            r#"{"errors":[{"code":10000,"message":"Authentication error"}],"result":null}"#,
            true,
        ),
        (r#"{"success":false,"error":"no"}"#, true),
        (r#"{"success":false,"tests":12,"failures":["a"]}"#, false),
        (r#"{"errors":[1,2]}"#, false),
        (r#"{"errors":[]}"#, false),
        (r#"{"errors":[{"message":"x"}],"mine":1}"#, false),
        (r#"{"success":true,"errors":[{"message":"x"}]}"#, false),
        ("[]", false),
        ("null", false),
        ("no JSON", false),
    ] {
        let json = parts(200, "application/json");
        let found = outcome::<accounts::receipts::Pdf>(&json, body.as_bytes()) == Refused;
        assert_eq!(found, refused, "{body}");
        let found = cf_types::check(dns::records::Export::META, &json, body.as_bytes()).is_err();
        assert_eq!(found, refused, "{body}");
        let text = parts(200, "text/plain");
        let found = outcome::<dns::records::Export>(&text, body.as_bytes());
        assert_eq!(found, Value, "{body}");
    }
}

/// A GraphQL reply, which has its own errors and nothing that reports success.
#[derive(Default)]
struct Answer {
    data: Option<serde_json::Value>,
    errors: Option<Vec<serde_json::Value>>,
    extra: Extra,
}

impl Object for Answer {
    fn names(&self) -> &'static Names {
        const TEXT: &str = ",\"data\":,\"errors\":";
        const NAMES: &Names = &Names::new(TEXT, &Names::ends::<3>(TEXT), 0b11);
        NAMES
    }
    fn get(&self, index: usize) -> &dyn Field {
        match index {
            0 => &self.data,
            _ => &self.errors,
        }
    }
    fn get_mut(&mut self, index: usize) -> &mut dyn Field {
        match index {
            0 => &mut self.data,
            _ => &mut self.errors,
        }
    }
    fn extra(&self) -> &Extra {
        &self.extra
    }
    fn extra_mut(&mut self) -> &mut Extra {
        &mut self.extra
    }
}

struct GraphQl;
impl Arguments for GraphQl {}
impl Operation for GraphQl {
    const META: &'static Meta =
        &Meta::new("graphql", Method::POST, "/graphql").with_result(ResultKind::Json);
    type Output = Answer;
}

/// If no envelope is described: errors that are part of the value, and those that are not.
#[test]
fn bare_values_may_have_errors_of_their_own() {
    use cf_types::zones::custom_nameservers::Get;
    let parts = parts(200, "application/json");
    for (body, due) in [
        (r#"{"data":{"a":1},"errors":[]}"#, Value),
        (r#"{"data":{"a":1},"errors":null}"#, Value),
        (r#"{"data":null,"errors":[{"message":"no"}]}"#, Value),
        (r#"{"success":false,"errors":[{"message":"no"}]}"#, Refused),
        (r#"{"success":true,"result":{"data":{"a":1}}}"#, Value),
        (r#"{"other":1}"#, Mismatch),
        (r#"{"error":"no"}"#, Refused),
        ("{}", Nothing),
        ("[]", Mismatch),
        ("null", Mismatch),
        (r#""x""#, Mismatch),
    ] {
        let found = outcome::<GraphQl>(&parts, body.as_bytes());
        assert_eq!(found, due, "{body}");
    }
    for (body, due) in [
        (r#"{"success":true,"enabled":true}"#, Value),
        (r#"{"enabled":true}"#, Value),
        (r#"{"enabled":false}"#, Value),
        (r#"{"success":false,"enabled":true}"#, Silent),
        (r#"{"errors":[{"message":"no"}],"enabled":true}"#, Refused),
        (
            r#"{"success":true,"errors":[{"message":"no"}],"enabled":true}"#,
            Value,
        ),
        (r#"{"data":{}}"#, Mismatch),
        (r#"{"error":"no"}"#, Refused),
        (r#""x""#, Mismatch),
    ] {
        let found = outcome::<Get>(&parts, body.as_bytes());
        assert_eq!(found, due, "{body}");
    }
}
