//! No `Debug` and no `Display` of a public type, and no error, shows a secret.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::fs;
use std::path::Path;

use cf_auth::{
    Cached, Chain, Credential, CredentialCommand, CredentialError, CredentialFile,
    CredentialProvider as _, Environment, Field, MaybeReady, Origin, Secret, SecretForm,
    StaticCredential,
};

/// Part of every secret in these tests.
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

/// What was checked, by name.
#[derive(Default)]
struct Walk(BTreeSet<String>);

impl Walk {
    fn see<T: Debug>(&mut self, value: &T) {
        debug(value);
        let name = std::any::type_name::<T>();
        let name = name.split('<').next().unwrap_or_default();
        let name = name.rsplit("::").next().unwrap_or_default();
        self.0.insert(name.to_owned());
    }
}

/// The types that the crate exports, except the trait and the alias, from its list of exports.
fn exported() -> BTreeSet<String> {
    let list = include_str!("../../src/lib.rs");
    let uses = list.lines().filter(|line| line.starts_with("pub use"));
    let names = uses.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    let types = names.filter(|name| {
        name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.contains(|c: char| c.is_ascii_lowercase())
    });
    let types = types.filter(|name| !["BoxFuture", "CredentialProvider"].contains(name));
    types.map(str::to_owned).collect()
}

#[tokio::test]
async fn every_public_type() {
    let mut walk = Walk::default();
    walk.see(&Secret::new(MARK));
    for credential in [token(), key(), service_key()] {
        walk.see(&credential);
        walk.see(&credential.kind());
        display(&credential.kind());
        match &credential {
            Credential::ApiToken(token) => {
                walk.see(token);
                walk.see(token.secret());
                walk.see(&token.form());
            }
            Credential::ApiKey(key) => {
                walk.see(key);
                walk.see(key.key());
            }
            Credential::UserServiceKey(key) => {
                walk.see(key);
                walk.see(key.secret());
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
    for text in [
        format!("cfut_{MARK}"),
        format!("cfk_{MARK}"),
        MARK.to_owned(),
    ] {
        walk.see(&SecretForm::of(&text));
        display(&SecretForm::of(&text));
    }
    walk.see(&Field::ApiToken);
    display(&Field::ApiToken);
    let error = Credential::api_token(format!("{MARK} {MARK}")).unwrap_err();
    walk.see(&error);
    walk.see(origins(&error)[0]);

    walk.see(&StaticCredential::new(token()));
    walk.see(&Environment);
    walk.see(&CredentialFile::token("/run/secrets/cloudflare"));
    walk.see(&CredentialCommand::new("echo").args([format!("cfut_{MARK}")]));
    let chain = Chain::new().then(StaticCredential::new(key()));
    chain.credential().await.unwrap();
    walk.see(&chain);
    let cached = Cached::new(StaticCredential::new(token()));
    cached.credential().await.unwrap();
    walk.see(&cached);
    walk.see(&MaybeReady::ready(token()));

    assert_eq!(walk.0, exported());
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

#[test]
fn errors_of_writing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials");
    let write = |file: CredentialFile| file.readable_by_others(true).write(&token());
    for text in [
        "",
        "[default",
        "default.api_token = \"Swordfish\"",
        "default = \"Swordfish\"",
    ] {
        fs::write(&path, text).unwrap();
        for file in [
            CredentialFile::dotenv(&path),
            CredentialFile::token(path.join("below")),
            CredentialFile::profile(path.join("below"), "default"),
        ] {
            check(write(file).map(|()| token()));
        }
        if !text.is_empty() {
            check(write(CredentialFile::profile(&path, "default")).map(|()| token()));
        }
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
