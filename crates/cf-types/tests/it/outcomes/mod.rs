//! When a reply is a value, and what happens to those that are not.

mod bare;
mod envelopes;
mod results;

use cf_types::codec::RawJson;
use cf_types::{Arguments, Meta, Operation, ReplyError, ResultKind};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode, response};

fn parts(status: u16, media_type: &str) -> response::Parts {
    let mut parts = http::Response::new(()).into_parts().0;
    parts.status = StatusCode::from_u16(status).unwrap();
    let media_type = HeaderValue::from_str(media_type).unwrap();
    parts.headers.insert(CONTENT_TYPE, media_type);
    parts
}

/// The outcome of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// A value with content.
    Value,
    /// A success without a value.
    Nothing,
    /// An API error with a message.
    Refused,
    /// An API error without a message.
    Silent,
    Mismatch,
    Empty,
    NotJson,
    Html,
}
use Outcome::{Empty, Html, Mismatch, NotJson, Nothing, Refused, Silent, Value};

fn outcome<O: Operation>(parts: &response::Parts, body: &[u8]) -> Outcome {
    let decoded = cf_types::decode::<O>(parts, body);
    let watched = cf_types::decode_watched::<O>(parts, body);
    assert_eq!(decoded.is_ok(), watched.is_ok());
    let error = match decoded {
        Ok(reply) => {
            let whole = String::from_utf8_lossy(body);
            let is_json = !matches!(O::META.result, ResultKind::Text | ResultKind::Binary);
            if let Some(sent) = serde_json::from_str::<serde_json::Value>(&whole)
                .ok()
                .filter(|_| is_json)
            {
                let written: serde_json::Value = serde_json::from_str(&reply.to_json()).unwrap();
                assert_eq!(written, sent, "what came comes out again");
            }
            let blank = cf_types::codec::to_string(&O::Output::default());
            let value = cf_types::codec::to_string(reply.value());
            let nothing = ["null", "[]", "{}", "\"\"", blank.as_str()];
            return if nothing.contains(&value.as_str()) {
                Nothing
            } else {
                Value
            };
        }
        Err(error) => error,
    };
    let shown = error.to_string();
    assert!(!shown.contains(char::is_control), "{shown:?}");
    match error {
        ReplyError::Api(failure) => {
            assert!(body.starts_with(failure.excerpt.as_bytes()));
            if shown.contains("without saying why") {
                Silent
            } else {
                Refused
            }
        }
        ReplyError::Mismatch { excerpt, .. } => {
            assert_eq!(excerpt.as_bytes(), body, "the body is kept");
            assert!(shown.contains(" instead of "), "{shown}");
            Mismatch
        }
        ReplyError::Empty { .. } => Empty,
        ReplyError::NotJson { .. } => NotJson,
        ReplyError::Html { .. } => Html,
        other => panic!("{other}"),
    }
}

/// A call by path: the result may be anything.
struct Whatever;
impl Arguments for Whatever {}
impl Operation for Whatever {
    const META: &'static Meta =
        &Meta::new("whatever", Method::GET, "/x").with_result(ResultKind::Any);
    type Output = RawJson;
}
