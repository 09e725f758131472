use std::path::Path;

use zeroize::Zeroizing;

use super::env::{variable, variables};
use crate::settings::Settings;
use crate::{Credential, CredentialError, Field, Origin, Secret};

const ODD_LINE: &str = "has a line for a credential that is not NAME=value; correct or remove it";

pub(super) fn parse(path: &Path, text: &str) -> Result<Credential, CredentialError> {
    let malformed = |problem| CredentialError::Malformed {
        path: path.to_owned(),
        line: None,
        problem,
    };
    let mut values: [Option<Secret>; Field::ALL.len()] = [const { None }; Field::ALL.len()];
    let text = assignments(text).ok_or_else(|| malformed(ODD_LINE))?;
    for entry in dotenvy::from_read_iter(text.as_bytes()) {
        // The parser's error quotes the line, which may hold a secret: it is not passed on.
        let (name, value) = entry.map_err(|_| malformed(ODD_LINE))?;
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

/// The file without lines that are not assignments, which other programs may understand. `None` if one of them seems to
/// be about a credential.
fn assignments(text: &str) -> Option<Zeroizing<String>> {
    let whole = |text: &str| dotenvy::from_read_iter(text.as_bytes()).all(|entry| entry.is_ok());
    if whole(text) {
        return Some(Zeroizing::new(text.to_owned()));
    }
    let mut kept = Zeroizing::new(String::with_capacity(text.len()));
    for line in text.split_inclusive('\n') {
        if whole(line) {
            kept.push_str(line);
        } else if names_a_credential(line) {
            return None;
        }
    }
    Some(kept)
}

fn names_a_credential(line: &str) -> bool {
    let line = line.trim_start();
    let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
    Field::ALL
        .iter()
        .any(|&field| line.starts_with(variable(field)))
}
