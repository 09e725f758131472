//! What makes a reply a value: every combination of what a server may say, against a rule that is written down once
//! more here.

use cf_types::codec::field::{Next, Token, View};
use cf_types::codec::{Extra, Field, Names, Object, RawJson};
use cf_types::{Arguments, Meta, Operation, ReplyError, ResultKind, accounts, dns, zones};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode, response};

fn parts(status: u16, media_type: &str) -> response::Parts {
    let mut parts = http::Response::new(()).into_parts().0;
    parts.status = StatusCode::from_u16(status).unwrap();
    let media_type = HeaderValue::from_str(media_type).unwrap();
    parts.headers.insert(CONTENT_TYPE, media_type);
    parts
}

/// What becomes of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// A value, with something in it.
    Value,
    /// A success without a value.
    Nothing,
    /// The API refuses, with words.
    Refused,
    /// The API refuses without a word.
    Silent,
    Misfit,
    Empty,
    NotJson,
    Html,
}
use Outcome::{Empty, Html, Misfit, NotJson, Nothing, Refused, Silent, Value};

/// An operation to decode for.
struct Kind {
    name: &'static str,
    decode: fn(&response::Parts, &[u8]) -> Outcome,
    /// Results that fit.
    fitting: &'static [&'static str],
    /// Whether no result, or an empty one of another kind, is fine.
    may_be_nothing: bool,
}

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
            if shown.contains("no further word") {
                Silent
            } else {
                Refused
            }
        }
        ReplyError::Misfit { excerpt, .. } => {
            assert_eq!(excerpt.as_bytes(), body, "the body is kept");
            assert!(shown.contains(" is due"), "{shown}");
            Misfit
        }
        ReplyError::Empty { .. } => Empty,
        ReplyError::NotJson { .. } => NotJson,
        ReplyError::Html { .. } => Html,
        other => panic!("{other}"),
    }
}

/// What a program asks for by path: whatever comes.
struct Whatever;
impl Arguments for Whatever {}
impl Operation for Whatever {
    const META: &'static Meta =
        &Meta::new("whatever", Method::GET, "/x").with_result(ResultKind::Any);
    type Output = RawJson;
}

/// An operation of one's own, whose result may be missing.
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
/// `success`, and what it says.
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
    // Nothing at all says nothing, and all of it is what comes.
    if is_empty {
        return match kind.may_be_nothing {
            true => Nothing,
            false => Misfit,
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
        _ => Misfit,
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

/// Bodies that are no envelope, and what they are to who asks for a zone, for zones, to delete something, for
/// whatever comes.
#[test]
fn what_is_no_envelope_is_the_whole_body_or_an_error() {
    for (body, [zone, list, delete, any]) in [
        (r#"{"id":"1","name":"x"}"#, [Value, Misfit, Value, Value]),
        (r#"[{"id":"1"}]"#, [Misfit, Value, Misfit, Value]),
        ("[]", [Misfit, Nothing, Nothing, Nothing]),
        ("{}", [Misfit, Misfit, Nothing, Nothing]),
        ("null", [Misfit, Misfit, Nothing, Nothing]),
        (r#""done""#, [Misfit, Misfit, Misfit, Value]),
        ("7", [Misfit, Misfit, Misfit, Value]),
        ("true", [Misfit, Misfit, Misfit, Value]),
        // GraphQL.
        (r#"{"data":null}"#, [Misfit, Misfit, Misfit, Value]),
        (
            r#"{"data":null,"errors":null}"#,
            [Misfit, Misfit, Misfit, Value],
        ),
        (
            r#"{"data":{"zone":{"id":"1"}},"errors":[]}"#,
            [Misfit, Misfit, Misfit, Value],
        ),
        (r#"{"data":null,"errors":[{"message":"no"}]}"#, [Refused; 4]),
        // Other forms.
        (r#"{"message":"Hello"}"#, [Misfit, Misfit, Misfit, Value]),
        (r#"{"error":"no"}"#, [Refused; 4]),
        (r#"{"error":{"message":"no"}}"#, [Refused; 4]),
        (
            r#"{"error":null,"items":[]}"#,
            [Misfit, Misfit, Misfit, Value],
        ),
        (
            r#"{"jsonrpc":"2.0","id":7,"error":{"code":-1,"message":"no"}}"#,
            [Refused; 4],
        ),
        (r#"{"items":[{"id":"1"}]}"#, [Misfit, Misfit, Misfit, Value]),
        // The envelope is there, the result is not in it.
        (
            r#"{"success":true,"id":"1","name":"x"}"#,
            [Value, Misfit, Value, Value],
        ),
        (
            r#"{"success":true,"zones":[]}"#,
            [Misfit, Misfit, Nothing, Value],
        ),
        (
            r#"{"success":true,"errors":[],"messages":[]}"#,
            [Misfit, Misfit, Nothing, Nothing],
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

#[test]
fn a_misfit_says_what_is_due_and_what_came() {
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
        let due = format!("the reply (200 OK) has {found} where an object is due at `/result`");
        assert_eq!(error.to_string(), due);
        let error = cf_types::decode::<dns::records::Get>(&parts, body.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), due);
    }
    let error = cf_types::decode::<zones::List>(&parts, br#"{"success":true,"result":{}}"#);
    assert_eq!(
        error.unwrap_err().to_string(),
        "the reply (200 OK) has an object where an array is due at `/result`"
    );
    let error = cf_types::decode::<zones::List>(&parts, br#"{"success":true}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the reply (200 OK) has nothing where an array is due at `/result`"
    );
}

/// Some servers write an empty list as `null`. Where they count its items, that is a list.
#[test]
fn a_list_that_is_null_and_counted_is_empty() {
    for (info, due) in [
        (r#"{"count":0,"total_count":0}"#, Nothing),
        (r#"{"total_count":0}"#, Nothing),
        (r#"{"page":1,"count":0}"#, Nothing),
        (r#"{"page":1,"count":0,"total_count":7}"#, Misfit),
        (r#"{"page":1,"count":2,"total_count":0}"#, Misfit),
        (r#"{"page":1,"per_page":20}"#, Misfit),
        ("{}", Misfit),
        ("null", Misfit),
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
            Misfit,
            "{info}"
        );
        let body = body.replace("null", r#"{"zones":[]}"#);
        assert_eq!(
            outcome::<zones::List>(&parts, body.as_bytes()),
            Misfit,
            "{info}"
        );
    }
}

/// No body, where that may be and where it may not.
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

/// A union has a place for shapes that are not described, for none of another kind.
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
            matches!(get(wrong), Err(ReplyError::Misfit { .. })),
            "{wrong}"
        );
    }
}

/// A list that lies in the result, and is not where it should be.
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
            "the reply (200 OK) has {found} where an array is due at `/result/{list}`"
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

/// Some operations have the result under another name than `result`, now and then.
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
        // Others know no such name.
        let known = outcome::<zones::List>(&parts, body.as_bytes()) == Value;
        assert_eq!(known, name == "result");
    }
    for (results, due) in [
        ("[]", Nothing),
        ("null", Misfit),
        ("{}", Misfit),
        ("7", Misfit),
    ] {
        let body = format!(r#"{{"success":true,"results":{results}}}"#);
        assert_eq!(outcome::<Aliased>(&parts, body.as_bytes()), due, "{body}");
    }
    let refused = br#"{"success":false,"errors":[{"message":"no"}],"results":[]}"#;
    assert_eq!(outcome::<Aliased>(&parts, refused), Refused);
}

/// Bytes and text may look like anything. Nothing but the API's own envelope is a refusal.
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

/// An answer of GraphQL's, which has errors of its own and nothing that says whether all is well.
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

impl Field for Answer {
    fn take(&mut self, token: Token<'_>) -> Next<'_> {
        match token {
            Token::Object => Next::Object(self),
            Token::Reset => {
                *self = Answer::default();
                Next::Done
            }
            _ => Next::Reject("an object"),
        }
    }
    fn view(&self) -> View<'_> {
        View::Object(self)
    }
}

struct GraphQl;
impl Arguments for GraphQl {}
impl Operation for GraphQl {
    const META: &'static Meta =
        &Meta::new("graphql", Method::POST, "/graphql").with_result(ResultKind::Json);
    type Output = Answer;
}

/// Where no envelope is described: errors that are part of the value, and those that are not.
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
        (r#"{"other":1}"#, Misfit),
        (r#"{"error":"no"}"#, Refused),
        ("{}", Nothing),
        ("[]", Misfit),
        ("null", Misfit),
        (r#""x""#, Misfit),
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
        (r#"{"data":{}}"#, Misfit),
        (r#"{"error":"no"}"#, Refused),
        (r#""x""#, Misfit),
    ] {
        let found = outcome::<Get>(&parts, body.as_bytes());
        assert_eq!(found, due, "{body}");
    }
}
