use std::path::Path;

use toml::de::{DeTable, DeValue};

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
            // Tables alone: a secret set outside of any profile must not be listed as one.
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
