//! What was not set is not sent; what was set to null is.

use cf_types::codec::field::{Next, Token, View};
use cf_types::codec::{self, Field};
use cf_types::{Arguments, BASE_URL, BaseUrl, BodyKind, Meta, Options, PreparedRequest};
use http::Method;
use serde_json::Value;

/// Fields that must be present, and so are null if nothing was set.
const NULL_IF_UNSET: &[(&str, &str)] = &[("kv::namespaces::values::ValueParam", "metadata")];

fn sent_models() -> impl Iterator<Item = cf_tests::Model> {
    cf_tests::models().into_iter().filter(|model| model.is_sent)
}

fn is_excepted(model: &str, field: &str) -> bool {
    NULL_IF_UNSET.contains(&(model, field))
}

/// The members of `json`, at any depth, that are null.
fn nulls<'j>(json: &'j Value, name: &'j str, found: &mut Vec<&'j str>) {
    match json {
        Value::Null => found.push(name),
        Value::Array(elements) => elements.iter().for_each(|value| nulls(value, name, found)),
        Value::Object(members) => members
            .iter()
            .for_each(|(name, value)| nulls(value, name, found)),
        _ => {}
    }
}

#[test]
fn an_empty_request_holds_no_null() {
    let mut tried = 0;
    for model in sent_models() {
        let json = codec::to_value(&*(model.empty)());
        let mut found = Vec::new();
        nulls(&json, model.name, &mut found);
        found.retain(|field| *field == model.name || !is_excepted(model.name, field));
        // A union without a variant is no value yet; a model is an object.
        if json.is_object() {
            assert_eq!(found, [""; 0], "{}: {json}", model.name);
            tried += 1;
        }
    }
    assert!(tried > 50, "{tried}");
}

struct Form(Box<dyn Field>);

impl Arguments for Form {
    fn body(&self) -> Option<&dyn Field> {
        Some(&*self.0)
    }
}

fn form(meta: &'static Meta, value: Box<dyn Field>) -> String {
    let base = BaseUrl::new(BASE_URL).unwrap();
    let prepared = PreparedRequest::new(meta, &Form(value), &Options::default(), &base).unwrap();
    String::from_utf8_lossy(prepared.body.as_bytes()).into_owned()
}

// Not a POST: new values are checked for what they require.
const FORM: &Meta = &Meta::new("form", Method::PUT, "/form").with_body(BodyKind::Form);
const JSON_FORM: &Meta =
    &Meta::new("form", Method::PUT, "/form").with_body(BodyKind::JsonForm("files"));

#[test]
fn an_empty_form_has_no_part_that_is_null() {
    for meta in [FORM, JSON_FORM] {
        for model in sent_models() {
            let empty = (model.empty)();
            if !matches!(empty.view(), View::Object(_)) {
                continue;
            }
            let form = form(meta, empty);
            for part in form
                .split("--cf-part-")
                .filter(|part| part.contains("\r\n\r\nnull"))
            {
                let mut names = NULL_IF_UNSET.iter().filter(|(of, _)| *of == model.name);
                let is_excepted = names.any(|(_, name)| part.contains(&format!("name=\"{name}\"")));
                assert!(is_excepted, "{}: {part}", model.name);
            }
        }
    }
}

/// Sets every field that takes any type to null; returns the names.
fn set_to_null(value: &mut dyn Field) -> Vec<&'static str> {
    let Next::Object(object) = value.take(Token::Object) else {
        return Vec::new();
    };
    let names = object.names();
    let mut set = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let field = object.get_mut(index);
        if let Next::Any(json) = field.take(Token::Bool(true)) {
            *json = Value::Null;
            set.push(name);
        } else {
            field.take(Token::Reset);
        }
    }
    set
}

#[test]
fn a_null_that_was_set_is_sent() {
    let mut tried = 0;
    for model in sent_models() {
        let mut value = (model.empty)();
        let names = set_to_null(&mut *value);
        if names.is_empty() {
            continue;
        }
        tried += names.len();
        let json = codec::to_value(&*value);
        let serde = codec::serialize(&*value, serde_json::value::Serializer).unwrap();
        for name in &names {
            let null = Some(&Value::Null);
            assert_eq!(
                (json.get(name), serde.get(name)),
                (null, null),
                "{}",
                model.name
            );
        }
        for meta in [FORM, JSON_FORM] {
            let form = form(meta, (model.empty)());
            assert!(!form.contains("\r\n\r\nnull") || model.name.starts_with("kv::"));
        }
        let form = form(JSON_FORM, value);
        for name in names {
            let part = format!("name=\"{name}\"\r\nContent-Type: application/json\r\n\r\nnull\r\n");
            assert!(form.contains(&part), "{}: {form}", model.name);
        }
    }
    #[cfg(feature = "full")]
    assert!(tried > 40, "{tried}");
    let _ = tried;
}

/// What was received as null, or not received, is sent the same way.
#[test]
fn null_and_absent_come_through() {
    for model in sent_models() {
        let mut value = (model.empty)();
        for name in set_to_null(&mut *value) {
            let mut read = (model.empty)();
            let text = format!("{{\"{name}\":null}}");
            codec::read_from_str(&text, &mut *read).unwrap();
            assert_eq!(codec::to_string(&*read), text, "{}", model.name);
            let mut read = (model.empty)();
            codec::read_from_str("{}", &mut *read).unwrap();
            assert_eq!(codec::to_string(&*read), "{}", "{}", model.name);
        }
    }
}

#[cfg(feature = "stream")]
#[test]
fn a_video_keeps_its_meta() {
    use cf_types::stream::VideoParam;
    let params = VideoParam::new().require_signed_urls(true);
    assert_eq!(codec::to_string(&params), r#"{"requireSignedURLs":true}"#);
    let params = params.meta(Value::Null);
    assert_eq!(
        codec::to_string(&params),
        r#"{"meta":null,"requireSignedURLs":true}"#
    );
}

#[cfg(feature = "kv")]
#[test]
fn a_value_of_kv_always_has_its_metadata() {
    use cf_types::kv::namespaces::values::ValueParam;
    let body = ValueParam::new("value");
    let call = cf_types::api().kv().namespaces().values();
    let request = call.update("1", "2", "key", body).to_request(BASE_URL);
    let body = String::from_utf8(request.unwrap().into_body().into_vec()).unwrap();
    let part = "name=\"metadata\"\r\nContent-Type: application/json\r\n\r\nnull\r\n";
    assert!(body.contains(part), "{body}");
}

#[cfg(feature = "cloudforce_one")]
#[test]
fn a_post_to_what_has_an_id_may_leave_anything_out() {
    use cf_types::BuildError;
    use cf_types::cloudforce_one::threat_events::ThreatEventParam;

    let account = "023e105f4ecef8ad9ca31a8372d0c353";
    let events = || cf_types::api().cloudforce_one().threat_events();
    let change = || ThreatEventParam::default().category("phishing");
    let create = events().create(account, change()).to_request(BASE_URL);
    assert!(matches!(create, Err(BuildError::MissingField { .. })));
    let update = events().update(account, "1", change()).to_request(BASE_URL);
    assert!(update.is_ok(), "{update:?}");
}
