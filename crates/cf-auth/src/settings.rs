use crate::{Credential, CredentialError, Field, Origin, Secret};

/// The four values a source can hold, each with where it was found, before they are checked together.
#[derive(Default)]
pub(crate) struct Settings {
    present: Vec<(Origin, Secret)>,
    empty: Vec<Origin>,
}

impl Settings {
    /// Reads all four; `read` gives a field's value and where it was found. Empty counts as not set.
    pub(crate) fn read(mut read: impl FnMut(Field) -> Option<(Origin, Secret)>) -> Self {
        let mut settings = Self::default();
        for field in Field::ALL {
            match read(field) {
                Some((at, text)) if text.expose().is_empty() => settings.empty.push(at),
                Some(found) => settings.present.push(found),
                None => {}
            }
        }
        settings
    }

    fn take(&mut self, field: Field) -> Option<(Origin, Secret)> {
        let i = self.present.iter().position(|(at, _)| at.field == field)?;
        Some(self.present.swap_remove(i))
    }

    /// The one credential these form. `looked_in` says in words where they were searched.
    pub(crate) fn resolve(
        mut self,
        looked_in: impl FnOnce() -> String,
    ) -> Result<Credential, CredentialError> {
        // The address alone is not a credential: it may be next to a token (other programs read
        // it too), and belongs to the key when there is one.
        let found: Vec<_> = (self.present.iter())
            .filter(|(at, _)| at.field != Field::Email)
            .map(|(at, _)| at.clone())
            .collect();
        if found.len() > 1 {
            return Err(CredentialError::Conflict { found });
        }
        if let Some((at, token)) = self.take(Field::ApiToken) {
            return Credential::token_from(token, &at);
        }
        if let Some((at, key)) = self.take(Field::UserServiceKey) {
            return Credential::service_key_from(key, &at);
        }
        match (self.take(Field::Email), self.take(Field::ApiKey)) {
            (Some((email_at, email)), Some((key_at, key))) => {
                Credential::key_from(email, &email_at, key, &key_at)
            }
            (Some((at, _)), None) => Err(CredentialError::EmailWithoutKey { at }),
            (None, Some((at, _))) => Err(CredentialError::KeyWithoutEmail { at }),
            (None, None) => Err(CredentialError::Missing {
                looked_in: vec![looked_in()],
                empty: self.empty,
            }),
        }
    }
}
