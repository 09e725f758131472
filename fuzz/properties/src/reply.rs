//! Replies: whatever the API sends, it becomes a value or an error.

use cf_types::codec::{Blob, RawJson};
use cf_types::zones::{self, Zone};
use cf_types::{Arguments, Meta, Operation, ReplyError, ResultKind};
use http::{Method, StatusCode, response};
use serde_json::Value;

use crate::input::{Message, json};

/// The input is a reply: a status, headers, a body. Operations of every kind read it.
pub fn reply(input: &[u8]) {
    let Some(message) = Message::parse(input) else {
        return;
    };
    let Ok(status) = StatusCode::from_bytes(message.line.trim().as_bytes()) else {
        return;
    };
    let mut parts = http::Response::new(()).into_parts().0;
    parts.status = status;
    parts.headers = message.headers.clone();
    for read in [
        check::<zones::Get>,
        check::<zones::List>,
        check::<Bare>,
        check::<Text>,
        check::<Binary>,
        check::<Nothing>,
        check::<Deletion>,
        check::<Whatever>,
    ] {
        read(&parts, message.body);
    }
}

/// Declares an operation whose reply is not an envelope.
macro_rules! operation {
    ($name:ident -> $output:ty: $method:ident $kind:ident) => {
        struct $name;
        impl Arguments for $name {}
        impl Operation for $name {
            const META: &'static Meta =
                &Meta::new("test", Method::$method, "/test").with_result(ResultKind::$kind);
            type Output = $output;
        }
    };
}
operation!(Bare -> Zone: GET Json);
operation!(Text -> String: GET Text);
operation!(Binary -> Blob: GET Binary);
operation!(Nothing -> RawJson: GET Empty);
operation!(Deletion -> Zone: DELETE Envelope);
operation!(Whatever -> RawJson: GET Any);

fn check<O: Operation>(parts: &response::Parts, body: &[u8])
where
    O::Output: PartialEq,
{
    let kind = O::META.result;
    let decoded = cf_types::decode::<O>(parts, body);
    let watched = cf_types::decode_watched::<O>(parts, body);
    let value = std::str::from_utf8(body).ok().and_then(json);
    match (decoded, watched) {
        (Ok(reply), Ok(watched)) => {
            assert!(parts.status.is_success());
            assert!(reply.value() == watched.value());
            assert!(watched.drift().len() <= watched.drift_count());
            let written = reply.to_json();
            let is_json = !matches!(kind, ResultKind::Text | ResultKind::Binary);
            if let Some(value) = value.as_ref().filter(|_| is_json) {
                assert!(value["success"] != false, "a failure is not a value");
                let errors = value["errors"].as_array();
                let has_errors = errors.is_some_and(|errors| !errors.is_empty());
                assert!(
                    !has_errors || value["success"] == true,
                    "errors are not a value"
                );
            }
            if let Some(value) = value.filter(|_| is_json) {
                assert!(json(&written) == Some(value), "wrote {written}");
            }
            if kind == ResultKind::Binary {
                let bytes: Vec<Value> = body.iter().map(|byte| Value::from(*byte)).collect();
                assert!(
                    json(&written) == Some(Value::Array(bytes)),
                    "wrote {written}"
                );
            }
        }
        (Err(error), Err(watched)) => {
            assert_eq!(error.to_string(), watched.to_string());
            let _ = format!("{error:?}");
            assert!(
                !error.to_string().contains('\u{1b}'),
                "what is shown is tame"
            );
            check_error(&error, parts, body);
        }
        _ => panic!("watching changes what a reply is"),
    }
}

fn check_error(error: &ReplyError, parts: &response::Parts, body: &[u8]) {
    match error {
        ReplyError::Api(failure) => {
            assert_eq!(failure.status, parts.status);
            assert!(body.starts_with(failure.excerpt.as_bytes()));
        }
        ReplyError::Redirect { location, .. } => {
            assert!(parts.status.is_redirection());
            assert!(!location.contains(['?', '#']));
        }
        ReplyError::Html { excerpt, .. }
        | ReplyError::NotJson { excerpt, .. }
        | ReplyError::Mismatch { excerpt, .. } => {
            assert!(body.starts_with(excerpt.as_bytes()));
        }
        ReplyError::Empty { .. } => assert!(body.trim_ascii().is_empty()),
        other => panic!("nobody asked for {other}"),
    }
}
