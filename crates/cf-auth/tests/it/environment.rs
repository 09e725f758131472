//! Which variables make up which credential, and which combinations are refused.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::ffi::OsStr;
use std::process::Command;

use cf_auth::{Credential, CredentialError, CredentialKind, Field};

const TOKEN: (&str, &str) = ("CLOUDFLARE_API_TOKEN", "cfut_the-token");
const KEY: (&str, &str) = ("CLOUDFLARE_API_KEY", "cfk_the-key");
const EMAIL: (&str, &str) = ("CLOUDFLARE_EMAIL", "ada@example.com");
const SERVICE: (&str, &str) = ("CLOUDFLARE_API_USER_SERVICE_KEY", "v1.0-the-service-key");

fn from(vars: &[(&str, &str)]) -> Result<Credential, CredentialError> {
    Credential::from_env_vars(|name| {
        let (_, value) = vars.iter().find(|(n, _)| *n == name)?;
        Some((*value).to_owned())
    })
}

#[test]
fn each_kind_alone() {
    assert_eq!(
        from(&[TOKEN]).unwrap(),
        Credential::api_token(TOKEN.1).unwrap()
    );
    assert_eq!(
        from(&[KEY, EMAIL]).unwrap(),
        Credential::api_key(EMAIL.1, KEY.1).unwrap()
    );
    assert_eq!(
        from(&[SERVICE]).unwrap(),
        Credential::user_service_key(SERVICE.1).unwrap()
    );
}

#[test]
fn nothing_names_every_variable() {
    let error = from(&[]).unwrap_err();
    assert!(matches!(error, CredentialError::Missing { .. }));
    for (name, _) in [TOKEN, KEY, EMAIL, SERVICE] {
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn two_credentials_are_a_conflict_that_names_both() {
    let cases: [&[(&str, &str)]; 6] = [
        &[TOKEN, KEY],
        &[TOKEN, KEY, EMAIL],
        &[TOKEN, SERVICE],
        &[KEY, SERVICE],
        &[KEY, EMAIL, SERVICE],
        &[TOKEN, KEY, EMAIL, SERVICE],
    ];
    for vars in cases {
        let error = from(vars).unwrap_err();
        let message = error.to_string();
        let CredentialError::Conflict { found, .. } = &error else {
            panic!("{vars:?}: {error:?}");
        };
        let credentials: Vec<_> = vars.iter().filter(|var| **var != EMAIL).collect();
        assert_eq!(found.len(), credentials.len(), "{message}");
        for (name, value) in credentials {
            assert!(message.contains(name), "{message}");
            assert!(!message.contains(value), "{message}");
        }
    }
}

#[test]
fn an_address_beside_a_token_is_no_conflict() {
    for vars in [[TOKEN, EMAIL], [SERVICE, EMAIL]] {
        assert!(from(&vars).is_ok());
    }
}

#[test]
fn half_a_key_is_refused() {
    let error = from(&[KEY]).unwrap_err();
    assert!(
        matches!(&error, CredentialError::KeyWithoutEmail { at, .. } if at.field == Field::ApiKey)
    );
    assert!(error.to_string().contains("CLOUDFLARE_API_KEY"), "{error}");
    let error = from(&[EMAIL]).unwrap_err();
    assert!(
        matches!(&error, CredentialError::EmailWithoutKey { at, .. } if at.field == Field::Email)
    );
    assert!(error.to_string().contains("CLOUDFLARE_EMAIL"), "{error}");
}

#[test]
fn an_empty_variable_counts_as_not_set_but_is_mentioned() {
    let empty = ("CLOUDFLARE_API_TOKEN", "");
    assert_eq!(
        from(&[empty, KEY, EMAIL]).unwrap().kind(),
        CredentialKind::ApiKey
    );
    let error = from(&[empty]).unwrap_err();
    assert!(matches!(&error, CredentialError::Missing { empty, .. } if empty.len() == 1));
    let note = "the API token in the environment variable CLOUDFLARE_API_TOKEN is set but empty";
    assert!(error.to_string().contains(note), "{error}");
    assert!(matches!(
        from(&[KEY, ("CLOUDFLARE_EMAIL", "")]),
        Err(CredentialError::KeyWithoutEmail { .. })
    ));
}

#[test]
fn a_bad_value_names_its_variable() {
    let cases = [
        ("CLOUDFLARE_API_TOKEN", "cfut_x\n"),
        ("CLOUDFLARE_API_TOKEN", " "),
        ("CLOUDFLARE_API_TOKEN", KEY.1),
        ("CLOUDFLARE_API_USER_SERVICE_KEY", TOKEN.1),
    ];
    for (name, value) in cases {
        let message = from(&[(name, value)]).unwrap_err().to_string();
        assert!(
            message.contains(&format!("the environment variable {name}")),
            "{message}"
        );
    }
    let message = from(&[("CLOUDFLARE_API_KEY", TOKEN.1), EMAIL])
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("CLOUDFLARE_API_KEY is an API token"),
        "{message}"
    );
}

/// Set in the processes that the tests below start: which test's second half to run.
const CHILD: &str = "CF_AUTH_TEST_CHILD";

/// Runs `test` again in a process with exactly these variables, since a process's own environment
/// cannot be changed safely while tests run in parallel. `true` means that this is that process.
fn in_process_with(test: &str, name: &str, value: &OsStr) -> bool {
    if std::env::var_os(CHILD).is_some() {
        return true;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env_clear()
        .env(CHILD, test)
        .env(name, value)
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && stdout.contains("1 passed"),
        "{stdout}"
    );
    false
}

#[test]
fn the_process_environment_is_read() {
    if in_process_with(
        "environment::the_process_environment_is_read",
        TOKEN.0,
        TOKEN.1.as_ref(),
    ) {
        assert_eq!(
            Credential::from_env().unwrap(),
            Credential::api_token(TOKEN.1).unwrap()
        );
    }
}

#[test]
fn an_environment_without_any_is_told() {
    if in_process_with(
        "environment::an_environment_without_any_is_told",
        "OTHER",
        "1".as_ref(),
    ) {
        assert!(matches!(
            Credential::from_env(),
            Err(CredentialError::Missing { .. })
        ));
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_unicode_is_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let value = OsStr::from_bytes(b"cfut_\xff");
    if in_process_with(
        "environment::a_variable_that_is_not_unicode_is_refused",
        TOKEN.0,
        value,
    ) {
        assert!(matches!(
            Credential::from_env(),
            Err(CredentialError::NonAscii { index: 5, .. })
        ));
    }
}
