//! No `Debug` and no `Display` of a public type, and no error, shows a secret.
#![cfg(all(feature = "dotenv", feature = "profile"))]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fmt::{Debug, Display};
use std::fs;
use std::path::Path;

use cf_auth::{
    Cached, Chain, Credential, CredentialCommand, CredentialError, CredentialFile,
    CredentialProvider as _, Environment, Field, Origin, Secret, SecretForm, StaticCredential,
};

/// Stands in every secret of these tests.
const MARK: &str = "Swordfish";
const EMAIL: &str = "Swordfish@example.com";

fn token() -> Credential {
    Credential::api_token(format!("cfut_{MARK}")).unwrap()
}

fn key() -> Credential {
    Credential::api_key(EMAIL, format!("cfk_{MARK}")).unwrap()
}

fn service_key() -> Credential {
    Credential::user_service_key(format!("v1.0-{MARK}")).unwrap()
}

/// Also looks for the secret as a list of its bytes, as a derived `Debug` of a buffer would print it.
fn assert_clean(text: &str) {
    let bytes = format!("{:?}", MARK.as_bytes());
    let bytes = bytes.trim_matches(['[', ']']);
    assert!(!text.contains(MARK) && !text.contains(bytes), "{text}");
}

fn debug(value: &dyn Debug) {
    assert_clean(&format!("{value:?}"));
    assert_clean(&format!("{value:#?}"));
}

fn display(value: &dyn Display) {
    assert_clean(&value.to_string());
}

#[test]
fn types() {
    debug(&Secret::new(MARK));
    for credential in [token(), key(), service_key()] {
        debug(&credential);
        debug(&credential.kind());
        display(&credential.kind());
        match &credential {
            Credential::ApiToken(token) => {
                debug(token);
                debug(token.secret());
                debug(&token.form());
            }
            Credential::ApiKey(key) => {
                debug(key);
                debug(key.key());
            }
            Credential::UserServiceKey(key) => {
                debug(key);
                debug(key.secret());
            }
            other => panic!("a kind without a check: {other:?}"),
        }
        let mut headers = http::HeaderMap::new();
        credential.apply(&mut headers);
        debug(&headers);
        let request = http::Request::builder().body(()).unwrap();
        let (mut parts, ()) = request.into_parts();
        parts.headers = headers;
        debug(&parts);
    }
    let forms = [
        SecretForm::of(&format!("cfut_{MARK}")),
        SecretForm::of(&format!("cfk_{MARK}")),
        SecretForm::of(MARK),
    ];
    for form in forms {
        debug(&form);
        display(&form);
    }
    debug(&Field::ApiToken);
    display(&Field::ApiToken);
}

#[tokio::test]
async fn providers() {
    debug(&StaticCredential::new(token()));
    debug(&Environment);
    debug(&CredentialFile::token("/run/secrets/cloudflare"));
    let command = CredentialCommand::new("echo").args([format!("cfut_{MARK}")]);
    debug(&command);
    let chain = Chain::new().then(StaticCredential::new(key()));
    chain.credential().await.unwrap();
    debug(&chain);
    let cached = Cached::new(StaticCredential::new(token()));
    cached.credential().await.unwrap();
    debug(&cached);
}

fn origins(error: &CredentialError) -> Vec<&Origin> {
    use CredentialError as E;
    match error {
        E::Missing { empty, .. } => empty.iter().collect(),
        E::Conflict { found, .. } => found.iter().collect(),
        E::Empty { at, .. }
        | E::Whitespace { at, .. }
        | E::NonAscii { at, .. }
        | E::Quoted { at, .. }
        | E::BearerPrefix { at, .. }
        | E::KeyWhereTokenBelongs { at, .. }
        | E::TokenWhereKeyBelongs { at, .. }
        | E::UserServiceKeyMisplaced { at, .. }
        | E::NotAUserServiceKey { at, .. }
        | E::KeyWithoutEmail { at, .. }
        | E::EmailWithoutKey { at, .. }
        | E::NotAnEmail { at, .. } => vec![at],
        _ => Vec::new(),
    }
}

fn check(result: Result<Credential, CredentialError>) {
    let error = result.unwrap_err();
    debug(&error);
    display(&error);
    for origin in origins(&error) {
        debug(origin);
        display(origin);
    }
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        debug(&cause);
        display(&cause);
        source = cause.source();
    }
}

#[test]
fn errors_of_constructors_and_environment() {
    let slips = [
        format!("{MARK} {MARK}"),
        format!("{MARK}\n"),
        format!("{MARK}\u{2013}"),
        format!("\"{MARK}\""),
        format!("Bearer {MARK}"),
    ];
    for text in &slips {
        check(Credential::api_token(text));
        check(Credential::api_key(EMAIL, text));
        check(Credential::api_key(text, MARK));
        check(Credential::user_service_key(text));
    }
    for other in ["cfk_", "v1.0-"] {
        check(Credential::api_token(format!("{other}{MARK}")));
    }
    for other in ["cfut_", "cfat_", "v1.0-"] {
        check(Credential::api_key(EMAIL, format!("{other}{MARK}")));
    }
    for other in ["cfut_", "cfat_", "cfk_"] {
        check(Credential::user_service_key(format!("{other}{MARK}")));
    }
    check(Credential::api_key("", MARK));
    check(Credential::api_key(EMAIL, ""));
    check(Credential::api_key(MARK, MARK));

    check(Credential::from_env_vars(|_| Some(MARK.to_owned())));
    for only in ["CLOUDFLARE_API_KEY", "CLOUDFLARE_EMAIL"] {
        check(Credential::from_env_vars(|name| {
            (name == only).then(|| MARK.to_owned())
        }));
    }
    check(Credential::from_env_vars(|_| Some(String::new())));
}

#[test]
fn errors_of_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials");
    let read = |text: &str, read: fn(&Path) -> CredentialFile| {
        fs::write(&path, text).unwrap();
        read(&path).readable_by_others(true).read()
    };
    let texts = [
        format!("{MARK} {MARK}"),
        format!("CLOUDFLARE_API_TOKEN={MARK}\nCLOUDFLARE_API_KEY={MARK}"),
        format!("CLOUDFLARE_API_TOKEN=\"{MARK} "),
        format!("CLOUDFLARE_API_TOKEN='{MARK} {MARK}'"),
        format!("[default]\napi_token = \"{MARK}\"\napi_key = \"{MARK}\""),
        format!("[default]\napi_token = {MARK}"),
        format!("[default]\napi_token = \"{MARK} {MARK}\""),
        format!("[default]\n{MARK} = \"{MARK}\""),
        format!("default = \"{MARK}\""),
        format!("{MARK} = \"{MARK}\""),
    ];
    for text in &texts {
        check(read(text, |path| CredentialFile::token(path)));
        check(read(text, |path| CredentialFile::dotenv(path)));
        check(read(text, |path| CredentialFile::profile(path, "default")));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn errors_of_commands() {
    for script in [
        "echo $0; false",
        "echo $0 $0",
        "exec $0",
        "printf \"$0\\377\"",
    ] {
        let command = CredentialCommand::new("sh").args(["-c", script, MARK]);
        let error = command.credential().await.unwrap_err();
        check(Err(error));
    }
    let error = CredentialCommand::new("/nowhere")
        .args([MARK])
        .credential()
        .await
        .unwrap_err();
    check(Err(error));
}
