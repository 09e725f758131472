//! Every combination of what an envelope may say, against a rule that is written out here once more.

use cf_types::{Arguments, Meta, Operation, dns, zones};
use http::{Method, response};

use super::Outcome::{self, Mismatch, Nothing, Refused, Silent, Value};
use super::{Whatever, outcome, parts};

/// An operation to decode for.
struct Kind {
    name: &'static str,
    decode: fn(&response::Parts, &[u8]) -> Outcome,
    /// Results of the right type.
    fitting: &'static [&'static str],
    /// Whether a missing result, or an empty one of another type, is fine.
    may_be_nothing: bool,
}

/// A custom operation, whose result may be missing.
struct Own;
impl Arguments for Own {}
impl Operation for Own {
    const META: &'static Meta = &Meta::new("own", Method::GET, "/x");
    type Output = Option<String>;
}

/// Every kind of operation whose value is in an envelope.
const KINDS: &[Kind] = &[
    Kind {
        name: "a model with an ID",
        decode: outcome::<zones::Get>,
        fitting: &["{\"id\":\"1\"}"],
        may_be_nothing: false,
    },
    Kind {
        name: "a model with an ID, to be made",
        decode: outcome::<zones::Create>,
        fitting: &["{\"id\":\"1\"}"],
        may_be_nothing: false,
    },
    Kind {
        name: "a list",
        decode: outcome::<zones::List>,
        fitting: &["[{\"id\":\"1\"}]", "[]"],
        may_be_nothing: false,
    },
    Kind {
        name: "a union",
        decode: outcome::<dns::records::Get>,
        fitting: &["{\"id\":\"1\"}"],
        may_be_nothing: false,
    },
    Kind {
        name: "a deletion",
        decode: outcome::<dns::records::Delete>,
        fitting: &["{\"id\":\"1\"}"],
        may_be_nothing: true,
    },
    Kind {
        name: "a change whose result may be null, and says little",
        decode: outcome::<zones::activation_check::Trigger>,
        fitting: &["{\"id\":\"1\"}"],
        may_be_nothing: true,
    },
    Kind {
        name: "a result of one's own that may be missing",
        decode: outcome::<Own>,
        fitting: &["\"x\""],
        may_be_nothing: true,
    },
    Kind {
        name: "whatever",
        decode: outcome::<Whatever>,
        fitting: &[
            "{\"id\":\"1\"}",
            "[{\"id\":\"1\"}]",
            "[]",
            "{}",
            "\"\"",
            "\"x\"",
            "7",
            "true",
        ],
        may_be_nothing: true,
    },
];

const RESULTS: &[&str] = &[
    "",
    "null",
    "{\"id\":\"1\"}",
    "{}",
    "[{\"id\":\"1\"}]",
    "[]",
    "\"x\"",
    "\"\"",
    "7",
    "true",
];
/// `success`, and its meaning.
const SUCCESS: &[(&str, Option<bool>)] = &[
    ("", None),
    ("true", Some(true)),
    ("false", Some(false)),
    ("null", None),
    ("\"true\"", None),
    ("\"false\"", Some(false)),
    ("\"yes\"", None),
    ("{}", None),
    ("1", None),
    ("0", Some(false)),
];
/// `errors`, and the words in them.
const ERRORS: &[(&str, Option<&str>)] = &[
    ("", None),
    ("null", None),
    ("[]", None),
    ("{}", None),
    ("\"\"", None),
    ("0", None),
    (
        "[{\"code\":1000,\"message\":\"not authorized\"}]",
        Some("1000: not authorized"),
    ),
    (
        "[{\"message\":\"no\"},{\"message\":\"never\"}]",
        Some("no; never"),
    ),
    ("[\"bare words\"]", Some("bare words")),
    ("{\"detail\":\"not found\"}", Some("not found")),
    ("{\"name\":[\"is taken\"]}", Some("name: is taken")),
    ("\"words\"", Some("words")),
    ("[{}]", Some("")),
];

fn member(name: &str, value: &str) -> Option<String> {
    (!value.is_empty()).then(|| format!("\"{name}\":{value}"))
}

/// The rule.
fn expected(
    kind: &Kind,
    status: u16,
    success: Option<bool>,
    errors: Option<&str>,
    result: &str,
    is_empty: bool,
) -> Outcome {
    let refused = match errors {
        Some("") | None => Silent,
        Some(_) => Refused,
    };
    if status >= 400 || success == Some(false) || (success.is_none() && errors.is_some()) {
        return refused;
    }
    // Nothing at all says nothing, and the value is the whole body.
    if is_empty {
        return match kind.may_be_nothing {
            true => Nothing,
            false => Mismatch,
        };
    }
    let is_blank = ["", "null", "{}", "[]", "\"\""].contains(&result);
    if kind.fitting.contains(&result) {
        return if is_blank { Nothing } else { Value };
    }
    match (is_blank, kind.may_be_nothing, errors.is_some(), result) {
        // An object may lack every member.
        (true, _, _, "{}") if kind.fitting.iter().any(|fit| fit.starts_with('{')) => Nothing,
        (true, true, ..) => Nothing,
        (true, false, true, "" | "null") => refused,
        _ => Mismatch,
    }
}

#[test]
fn every_envelope_has_the_outcome_of_the_rule() {
    let mut number = 0;
    for (success, says) in SUCCESS {
        for (errors, words) in ERRORS {
            for result in RESULTS {
                let members = [
                    member("success", success),
                    member("errors", errors),
                    member("result", result),
                ];
                let members: Vec<_> = members.into_iter().flatten().collect();
                let body = format!("{{{}}}", members.join(","));
                number += 1;
                // Each with 200, and in turn with another status.
                for status in [200, [201, 202, 400, 404, 500][number % 5]] {
                    let parts = parts(status, "application/json");
                    for kind in KINDS {
                        let found = (kind.decode)(&parts, body.as_bytes());
                        let due = expected(kind, status, *says, *words, result, members.is_empty());
                        assert_eq!(found, due, "{}: {status} {body}", kind.name);
                    }
                }
            }
        }
    }
    assert_eq!(number, 10 * 13 * 10);
}

#[test]
fn errors_are_told_in_their_own_words() {
    for (errors, words) in ERRORS {
        let Some(words) = words.filter(|words| !words.is_empty()) else {
            continue;
        };
        for body in [
            format!(r#"{{"errors":{errors},"result":null}}"#),
            format!(r#"{{"errors":{errors},"data":null}}"#),
            format!(r#"{{"errors":{errors},"data":{{"viewer":{{}}}}}}"#),
            format!(r#"{{"success":false,"errors":{errors}}}"#),
            format!(r#"{{"success":true,"errors":{errors},"result":null}}"#),
        ] {
            let parts = parts(200, "application/json");
            let error = cf_types::decode::<zones::Get>(&parts, body.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), format!("{words} (200 OK)"), "{body}");
            let error = cf_types::decode::<zones::List>(&parts, body.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), format!("{words} (200 OK)"), "{body}");
        }
    }
}
