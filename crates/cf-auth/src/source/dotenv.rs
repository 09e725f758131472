use std::path::Path;

use super::env::{variable, variables};
use crate::settings::Settings;
use crate::{Credential, CredentialError, Field, Origin, Secret};

pub(super) fn parse(path: &Path, text: &str) -> Result<Credential, CredentialError> {
    let malformed = |problem| CredentialError::Malformed {
        path: path.to_owned(),
        line: None,
        problem,
    };
    let mut values: [Option<Secret>; Field::ALL.len()] = [const { None }; Field::ALL.len()];
    for entry in dotenvy::from_read_iter(text.as_bytes()) {
        // The parser's error quotes the line, which may hold a secret: it is not passed on.
        let (name, value) = entry
            .map_err(|_| malformed("has a line that is not NAME=value; correct or remove it"))?;
        let value = Secret::new(value);
        let Some(i) = Field::ALL.iter().position(|&field| variable(field) == name) else {
            continue;
        };
        if values[i].as_ref().is_some_and(|earlier| *earlier != value) {
            return Err(malformed(
                "sets the same variable twice, to different values; keep one",
            ));
        }
        values[i] = Some(value);
    }
    let mut values = Field::ALL.into_iter().zip(values);
    Settings::read(|field| {
        let (_, value) = values.find(|(of, _)| *of == field)?;
        let place = format!("{} in {}", variable(field), path.display());
        value.map(|value| (Origin::at(field, place), value))
    })
    .resolve(|| format!("{} ({})", path.display(), variables()))
}
