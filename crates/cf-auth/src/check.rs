//! What can be checked about a value without sending it.

use crate::{CredentialError, Field, Origin, SecretForm};

/// Rejects what cannot be sent in a header, and obvious copying mistakes.
pub(crate) fn check_text(text: &str, at: &Origin) -> Result<(), CredentialError> {
    let at = || at.clone();
    if text.is_empty() {
        return Err(CredentialError::Empty { at: at() });
    }
    if text
        .get(..7)
        .is_some_and(|start| start.eq_ignore_ascii_case("bearer "))
    {
        return Err(CredentialError::BearerPrefix { at: at() });
    }
    if let Some(index) = text.find(|c: char| c.is_ascii() && (c == ' ' || c.is_control())) {
        return Err(CredentialError::Whitespace { at: at(), index });
    }
    if let Some(index) = text.find(|c: char| !c.is_ascii()) {
        return Err(CredentialError::NonAscii { at: at(), index });
    }
    if text.starts_with(['"', '\'', '`']) || text.ends_with(['"', '\'', '`']) {
        return Err(CredentialError::Quoted { at: at() });
    }
    Ok(())
}

/// Rejects a secret that is recognizably of another kind than `at` asks for.
pub(crate) fn check_form(form: SecretForm, at: &Origin) -> Result<(), CredentialError> {
    let at = at.clone();
    match at.field {
        Field::ApiToken if form == SecretForm::GlobalKey => {
            Err(CredentialError::KeyWhereTokenBelongs { at })
        }
        Field::ApiKey if form.is_token() => Err(CredentialError::TokenWhereKeyBelongs { at }),
        Field::ApiToken | Field::ApiKey if form == SecretForm::UserServiceKey => {
            Err(CredentialError::UserServiceKeyMisplaced { at })
        }
        Field::UserServiceKey if form.is_token() || form == SecretForm::GlobalKey => {
            Err(CredentialError::NotAUserServiceKey { at, found: form })
        }
        _ => Ok(()),
    }
}
