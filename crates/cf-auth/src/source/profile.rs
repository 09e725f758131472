use std::fmt::Write as _;
use std::path::Path;

use toml::de::{DeTable, DeValue};
use zeroize::Zeroizing;

use crate::settings::Settings;
use crate::{Credential, CredentialError, Field, Origin, Secret};

const SETTINGS: &str = "api_token, api_key with email, or user_service_key";

fn setting(field: Field) -> &'static str {
    match field {
        Field::ApiToken => "api_token",
        Field::ApiKey => "api_key",
        Field::Email => "email",
        Field::UserServiceKey => "user_service_key",
    }
}

pub(super) fn parse(path: &Path, text: &str, name: &str) -> Result<Credential, CredentialError> {
    let malformed = |offset: Option<usize>, problem| CredentialError::Malformed {
        path: path.to_owned(),
        line: offset
            .and_then(|end| text.get(..end))
            .map(|before| before.matches('\n').count() + 1),
        problem,
    };
    // The parser's own message may quote a value, so only the place of the error is passed on.
    let profiles = DeTable::parse(text)
        .map_err(|error| malformed(error.span().map(|span| span.start), "is not valid TOML"))?;
    let Some(profile) = profiles.get_ref().get(name) else {
        return Err(CredentialError::NoSuchProfile {
            path: path.to_owned(),
            profile: name.to_owned(),
            // Only tables: a secret set outside of any profile must not be listed as one.
            known: (profiles.get_ref().iter())
                .filter(|(_, value)| matches!(value.get_ref(), DeValue::Table(_)))
                .map(|(key, _)| key.get_ref().to_string())
                .collect(),
        });
    };
    let DeValue::Table(settings) = profile.get_ref() else {
        return Err(malformed(
            Some(profile.span().start),
            "sets a value where a profile belongs; put it in a table such as [default]",
        ));
    };
    for (key, value) in settings {
        if !Field::ALL.iter().any(|&f| setting(f) == key.get_ref()) {
            return Err(malformed(
                Some(key.span().start),
                "has a setting that is not known; a profile holds api_token, api_key and email, or user_service_key",
            ));
        }
        if value.get_ref().as_str().is_none() {
            return Err(malformed(
                Some(value.span().start),
                "has a value that is not a string; put it in quotation marks",
            ));
        }
    }
    let file = path.display();
    Settings::read(|field| {
        let text = settings.get(setting(field))?.get_ref().as_str()?;
        let place = format!("\"{}\" of profile \"{name}\" in {file}", setting(field));
        Some((Origin::at(field, place), Secret::new(text)))
    })
    .resolve(|| format!("profile \"{name}\" in {file} ({SETTINGS})"))
}

/// The file's `text` with profile `name` holding `credential` and nothing else; the other profiles
/// and all comments outside of it stay as they are.
pub(super) fn with(
    path: &Path,
    text: &str,
    name: &str,
    credential: &Credential,
) -> Result<Zeroizing<String>, CredentialError> {
    let malformed = |problem| CredentialError::Malformed {
        path: path.to_owned(),
        line: None,
        problem,
    };
    let profiles = DeTable::parse(text).map_err(|_| malformed("is not valid TOML"))?;
    let old = match profiles.get_ref().get_key_value(name) {
        None => None,
        Some((key, value)) => {
            let start = text.get(..key.span().start).map_or(0, line_start);
            let DeValue::Table(settings) = value.get_ref() else {
                return Err(malformed("sets a value where a profile belongs"));
            };
            // Tables in it have headers of their own, anywhere in the file.
            let nested = |value: &DeValue<'_>| matches!(value, DeValue::Table(_));
            let header = text.get(start..).unwrap_or_default().trim_start();
            if !header.starts_with('[') || settings.values().any(|value| nested(value.get_ref())) {
                return Err(malformed(
                    "holds the profile in a form that is not changed automatically; write it as a table with a header such as [default]",
                ));
            }
            let ends = settings.values().map(|value| value.span().end);
            let last = ends.max().unwrap_or(key.span().end);
            Some((start, last + text.get(last..).map_or(0, rest_of_line)))
        }
    };
    let (start, end) = old.unwrap_or((text.len(), text.len()));
    let (before, after) = (&text[..start], &text[end..]);
    let mut new = Zeroizing::new(String::with_capacity(text.len() + 4096));
    new.push_str(before);
    if old.is_none() && !before.is_empty() {
        new.push_str(if before.ends_with('\n') { "\n" } else { "\n\n" });
    }
    write_profile(&mut new, name, credential);
    if !after.is_empty() && !after.starts_with(['\n', '\r']) {
        new.push('\n');
    }
    new.push_str(after);
    Ok(new)
}

fn line_start(before: &str) -> usize {
    before.rfind('\n').map_or(0, |end| end + 1)
}

/// With the line's end, if it has one.
fn rest_of_line(after: &str) -> usize {
    after.find('\n').map_or(after.len(), |end| end + 1)
}

fn write_profile(out: &mut String, name: &str, credential: &Credential) {
    out.push('[');
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.chars().all(bare) {
        out.push_str(name);
    } else {
        write_string(out, name);
    }
    out.push_str("]\n");
    let mut set = |field, value: &str| {
        out.push_str(setting(field));
        out.push_str(" = ");
        write_string(out, value);
        out.push('\n');
    };
    match credential {
        Credential::ApiToken(token) => set(Field::ApiToken, token.secret().expose()),
        Credential::ApiKey(key) => {
            set(Field::Email, key.email());
            set(Field::ApiKey, key.key().expose());
        }
        Credential::UserServiceKey(key) => set(Field::UserServiceKey, key.secret().expose()),
    }
}

fn write_string(out: &mut String, value: &str) {
    out.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
