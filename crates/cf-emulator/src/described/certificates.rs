//! Certificates in bodies: other texts are refused, and replies have what the certificates say.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::check;
use super::operation::Operation;
use super::schema::Schema;
use crate::http::certificate::{Certificate, Subject};
use crate::http::error::ApiError;
use crate::store::Object;

/// The names of fields with certificates.
const CERTIFICATES: [&str; 3] = ["certificate", "certificates", "custom_certificate"];
/// The name of a field with a request for a certificate.
const REQUEST: &str = "csr";
/// How deep bodies have certificates: some are in lists in objects.
const DEPTH: usize = 4;

/// How replies write what they read from a certificate.
#[derive(Debug, Clone, Copy, Default)]
struct Spelling {
    /// The issuer is one word, rather than a distinguished name.
    short_issuer: bool,
    /// The signature's algorithm is spelled as in Go.
    go: bool,
}

/// Where replies were seen to differ from the others, by parts of paths.
#[rustfmt::skip]
const SPELLINGS: &[(&str, Spelling)] = &[
    ("/custom_certificates", Spelling { short_issuer: true, go: false }),
    ("/custom_hostnames", Spelling { short_issuer: true, go: false }),
    ("/origin_tls_client_auth", Spelling { short_issuer: false, go: true }),
];

/// Reads the certificates in a body, and adds what they say where replies have fields for it.
pub(super) fn read(operation: &Operation, body: &mut Value) -> Result<(), ApiError> {
    if !has_any(body, DEPTH) {
        return Ok(());
    }
    let path = operation.path;
    let known = SPELLINGS.iter().find(|(part, _)| path.contains(part));
    let spelling = known.map(|(_, spelling)| *spelling).unwrap_or_default();
    let shown = match &operation.collection {
        Some(collection) => collection.item(),
        None => operation.result(),
    };
    fill(body, &shown, spelling).map_err(|error| match operation.invalid_certificate {
        Some(refusal) => refusal.error(),
        None => error,
    })
}

/// The text of a field that is not empty.
fn given<'v>(object: &'v Object, name: &str) -> Option<&'v str> {
    let text = object.get(name).and_then(Value::as_str);
    text.filter(|text| !text.is_empty())
}

/// Whether a body has certificates, which most do not.
fn has_any(value: &Value, depth: usize) -> bool {
    match value {
        Value::Object(object) if depth > 0 => {
            let mut names = CERTIFICATES.iter().chain([&REQUEST]);
            names.any(|name| given(object, name).is_some())
                || object.values().any(|value| has_any(value, depth - 1))
        }
        Value::Array(all) if depth > 0 => all.iter().any(|value| has_any(value, depth - 1)),
        _ => false,
    }
}

fn fill(value: &mut Value, shown: &Schema, spelling: Spelling) -> Result<(), ApiError> {
    match value {
        Value::Object(object) => {
            for (name, value) in object.iter_mut() {
                let field = shown.field(name).map(|field| &field.schema);
                fill(value, field.unwrap_or(&Schema::Any), spelling)?;
            }
            let known = known(object, spelling)?;
            let known = known.into_iter().filter(|(name, value)| {
                let field = shown.field(name);
                field.is_some_and(|field| check::fits(&field.schema, value))
            });
            let known: Vec<_> = known.collect();
            object.extend(
                known
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value)),
            );
            Ok(())
        }
        Value::Array(all) => {
            let items = match shown.value() {
                Schema::List(items) => items,
                _ => &Schema::Any,
            };
            all.iter_mut()
                .try_for_each(|value| fill(value, items, spelling))
        }
        _ => Ok(()),
    }
}

/// What the certificate or the request in an object says.
fn known(object: &Object, spelling: Spelling) -> Result<Vec<(&'static str, Value)>, ApiError> {
    let mut fields = CERTIFICATES.iter();
    let certificate = fields.find_map(|name| Some((*name, given(object, name)?)));
    if let Some((name, text)) = certificate {
        let certificate = Certificate::parse(text)
            .ok_or_else(|| ApiError::invalid_because(name, "is not a certificate in PEM"))?;
        return Ok(of_certificate(&certificate, spelling));
    }
    let Some(text) = given(object, REQUEST) else {
        return Ok(Vec::new());
    };
    let subject = Subject::parse(text)
        .ok_or_else(|| ApiError::invalid_because(REQUEST, "is not a certificate request in PEM"))?;
    let days = object.get("validity_days").and_then(Value::as_i64);
    Ok(of_request(subject, days))
}

fn of_certificate(certificate: &Certificate, spelling: Spelling) -> Vec<(&'static str, Value)> {
    let issuer = match spelling.short_issuer {
        // "DigiCert Inc" is known to be DigiCertInc.
        true => certificate.issuer_name.replace(' ', ""),
        false => certificate.issuer.clone(),
    };
    let signature = certificate.signature.map(|signature| match spelling.go {
        true => signature.go,
        false => signature.cfssl,
    });
    vec![
        ("expires_on", json!(format!("{:.0}", certificate.expires))),
        ("hosts", json!(certificate.hosts)),
        ("issuer", json!(issuer)),
        ("serial_number", json!(certificate.serial)),
        ("signature", json!(signature)),
    ]
}

fn of_request(subject: Subject, days: Option<i64>) -> Vec<(&'static str, Value)> {
    let now = Timestamp::now();
    let life = SignedDuration::from_secs(days.unwrap_or_default().saturating_mul(24 * 60 * 60));
    let end = days.and_then(|_| now.checked_add(life).ok());
    vec![
        ("common_name", subject.common_name.into()),
        ("country", subject.country.into()),
        ("location", subject.locality.into()),
        ("organization", subject.organization.into()),
        ("organizational_unit", subject.organizational_unit.into()),
        ("state", subject.state.into()),
        ("issued_on", json!(format!("{now:.0}"))),
        ("expires_on", json!(end.map(|end| format!("{end:.0}")))),
    ]
}
