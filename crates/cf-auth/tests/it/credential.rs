//! What the constructors accept and refuse, and what reaches the headers.
#![allow(clippy::unwrap_used, clippy::panic)]

use cf_auth::{Credential, CredentialError, CredentialKind, Field, Secret, SecretForm};
use http::{HeaderMap, HeaderValue};

const USER_TOKEN: &str = "cfut_abcdefghijABCDEFGHIJ0123456789abcdefghij01234567";
const ACCOUNT_TOKEN: &str = "cfat_abcdefghijABCDEFGHIJ0123456789abcdefghij01234567";
const OLDER_TOKEN: &str = "abcdefghijABCDEFGHIJ_-23456789abcdefghij";
const NEW_KEY: &str = "cfk_abcdefghijABCDEFGHIJ0123456789abcdefghij01234567";
const OLDER_KEY: &str = "0123456789abcdef0123456789abcdef01234";
const SERVICE_KEY: &str = "v1.0-0123456789abcdef01234567-0123456789abcdef";

fn headers(credential: &Credential) -> HeaderMap {
    let mut headers = HeaderMap::new();
    credential.apply(&mut headers);
    headers
}

#[test]
fn forms_are_recognised() {
    let cases = [
        (USER_TOKEN, SecretForm::UserToken),
        (ACCOUNT_TOKEN, SecretForm::AccountToken),
        (OLDER_TOKEN, SecretForm::OlderToken),
        (NEW_KEY, SecretForm::GlobalKey),
        (OLDER_KEY, SecretForm::GlobalKey),
        (SERVICE_KEY, SecretForm::UserServiceKey),
        ("", SecretForm::Unknown),
        ("short", SecretForm::Unknown),
        ("ABCDEF0123456789abcdef0123456789abcde", SecretForm::Unknown),
    ];
    for (secret, form) in cases {
        assert_eq!(SecretForm::of(secret), form, "{secret}");
    }
    for length in 30..50 {
        let expected = match length {
            37..=39 | 41..=45 => SecretForm::GlobalKey,
            _ => SecretForm::Unknown,
        };
        assert_eq!(SecretForm::of(&"a".repeat(length)), expected, "{length}");
    }
}

#[test]
fn a_token_goes_into_the_authorization_header() {
    for token in [USER_TOKEN, ACCOUNT_TOKEN, OLDER_TOKEN, "of-an-unknown-form"] {
        let credential = Credential::api_token(token).unwrap();
        assert_eq!(credential.kind(), CredentialKind::ApiToken);
        let headers = headers(&credential);
        assert_eq!(headers.len(), 1);
        assert_eq!(headers["authorization"], format!("Bearer {token}"));
        assert!(headers["authorization"].is_sensitive());
    }
}

#[test]
fn a_key_goes_into_two_headers() {
    for key in [NEW_KEY, OLDER_KEY, "of-an-unknown-form"] {
        let credential = Credential::api_key("ada@example.com", key).unwrap();
        assert_eq!(credential.kind(), CredentialKind::ApiKey);
        let headers = headers(&credential);
        assert_eq!(headers.len(), 2);
        assert_eq!(headers["x-auth-email"], "ada@example.com");
        assert_eq!(headers["x-auth-key"], key);
        assert!(headers.values().all(HeaderValue::is_sensitive));
    }
}

#[test]
fn a_user_service_key_has_its_own_header() {
    let credential = Credential::user_service_key(SERVICE_KEY).unwrap();
    assert_eq!(credential.kind(), CredentialKind::UserServiceKey);
    assert_eq!(credential.form(), SecretForm::UserServiceKey);
    let headers = headers(&credential);
    assert_eq!(headers.len(), 1);
    assert_eq!(headers["x-auth-user-service-key"], SERVICE_KEY);
    assert!(headers["x-auth-user-service-key"].is_sensitive());
}

#[test]
fn applying_replaces_the_credential_that_was_there_and_nothing_else() {
    let mut headers = HeaderMap::new();
    headers.insert("accept", HeaderValue::from_static("application/json"));
    let key = Credential::api_key("ada@example.com", OLDER_KEY).unwrap();
    let service = Credential::user_service_key(SERVICE_KEY).unwrap();
    let token = Credential::api_token(USER_TOKEN).unwrap();
    for credential in [&key, &service, &token, &key, &token] {
        credential.apply(&mut headers);
    }
    assert_eq!(headers.len(), 2);
    assert_eq!(headers["accept"], "application/json");
    assert_eq!(headers["authorization"], format!("Bearer {USER_TOKEN}"));
}

#[test]
fn secrets_of_another_kind_are_refused() {
    use CredentialError as E;
    for key in [NEW_KEY, OLDER_KEY] {
        assert!(matches!(
            Credential::api_token(key),
            Err(E::KeyWhereTokenBelongs { at, .. }) if at.field == Field::ApiToken
        ));
        assert!(matches!(
            Credential::user_service_key(key),
            Err(E::NotAUserServiceKey {
                found: SecretForm::GlobalKey,
                ..
            })
        ));
    }
    for token in [USER_TOKEN, ACCOUNT_TOKEN, OLDER_TOKEN] {
        assert!(matches!(
            Credential::api_key("ada@example.com", token),
            Err(E::TokenWhereKeyBelongs { at, .. }) if at.field == Field::ApiKey
        ));
        assert!(matches!(
            Credential::user_service_key(token),
            Err(E::NotAUserServiceKey { .. })
        ));
    }
    assert!(matches!(
        Credential::api_token(SERVICE_KEY),
        Err(E::UserServiceKeyMisplaced { .. })
    ));
    assert!(matches!(
        Credential::api_key("ada@example.com", SERVICE_KEY),
        Err(E::UserServiceKeyMisplaced { .. })
    ));
}

#[test]
fn slips_in_copying_are_refused_in_every_constructor() {
    type Make = fn(&str) -> Result<Credential, CredentialError>;
    let makes: [Make; 4] = [
        |text| Credential::api_token(text),
        |text| Credential::api_key("ada@example.com", text),
        |text| Credential::api_key(text, "key"),
        |text| Credential::user_service_key(text),
    ];
    use CredentialError as E;
    for make in makes {
        for (text, place) in [
            ("a@b c", 3),
            ("a@b\n", 3),
            ("a@b\r\n", 3),
            (" a@b", 0),
            ("a@\tb", 2),
            ("a@\0b", 2),
            ("a@\u{7f}b", 2),
        ] {
            assert!(
                matches!(make(text), Err(E::Whitespace { index, .. }) if index == place),
                "{text:?}: {:?}",
                make(text)
            );
        }
        for (text, place) in [
            ("a@b–c", 3),
            ("\u{feff}a@b", 0),
            ("a@b\u{a0}", 3),
            ("пароль@b", 0),
        ] {
            assert!(
                matches!(make(text), Err(E::NonAscii { index, .. }) if index == place),
                "{text:?}: {:?}",
                make(text)
            );
        }
        for text in ["\"a@b\"", "'a@b'", "`a@b`"] {
            assert!(matches!(make(text), Err(E::Quoted { .. })), "{text}");
        }
        for text in ["Bearer a@b", "bearer a@b"] {
            assert!(matches!(make(text), Err(E::BearerPrefix { .. })), "{text}");
        }
    }
    assert!(matches!(Credential::api_token(""), Err(E::Empty { .. })));
    assert!(matches!(
        Credential::user_service_key(""),
        Err(E::Empty { .. })
    ));
}

#[test]
fn a_key_and_its_address_belong_together() {
    use CredentialError as E;
    assert!(matches!(
        Credential::api_key("", OLDER_KEY),
        Err(E::KeyWithoutEmail { .. })
    ));
    assert!(matches!(
        Credential::api_key("ada@example.com", ""),
        Err(E::EmailWithoutKey { .. })
    ));
    assert!(matches!(Credential::api_key("", ""), Err(E::Empty { .. })));
    assert!(matches!(
        Credential::api_key(OLDER_KEY, "ada@example.com"),
        Err(E::NotAnEmail { .. })
    ));
}

#[test]
fn messages_say_what_to_do() {
    let cases = [
        (
            Credential::api_token(NEW_KEY),
            "create a token at https://dash.cloudflare.com/profile/api-tokens",
        ),
        (
            Credential::api_key("ada@example.com", USER_TOKEN),
            "Credential::api_token, or CLOUDFLARE_API_TOKEN",
        ),
        (
            Credential::api_token(SERVICE_KEY),
            "stopped accepting on 2026-09-30; create an API token",
        ),
        (
            Credential::user_service_key(OLDER_TOKEN),
            "user service keys begin with \"v1.0-\"",
        ),
        (
            Credential::api_token("abc\n"),
            "the API token contains white space, a line end or a control character (at character 4)",
        ),
        (Credential::api_token(""), "the API token is empty"),
        (
            Credential::api_key("", OLDER_KEY),
            "add the address (CLOUDFLARE_EMAIL)",
        ),
        (
            Credential::api_key("a@b", ""),
            "add the key (CLOUDFLARE_API_KEY)",
        ),
    ];
    for (result, advice) in cases {
        let message = result.unwrap_err().to_string();
        assert!(message.contains(advice), "{message}");
    }
}

#[test]
fn equality_is_by_content() {
    let token = || Credential::api_token(USER_TOKEN).unwrap();
    assert_eq!(token(), token());
    assert_ne!(token(), Credential::api_token(ACCOUNT_TOKEN).unwrap());
    assert_ne!(
        Credential::api_token("same-text").unwrap(),
        Credential::user_service_key("same-text").unwrap()
    );
    let key = |email: &str, key: &str| Credential::api_key(email, key).unwrap();
    assert_eq!(key("a@b", "k"), key("a@b", "k"));
    assert_ne!(key("a@b", "k"), key("a@c", "k"));
    assert_ne!(key("a@b", "k"), key("a@b", "j"));
    assert_ne!(Secret::new("ab"), Secret::new("abc"));
}

#[test]
fn the_parts_can_be_read_back() {
    match Credential::api_token(ACCOUNT_TOKEN).unwrap() {
        Credential::ApiToken(token) => {
            assert_eq!(token.secret().expose(), ACCOUNT_TOKEN);
            assert_eq!(token.form(), SecretForm::AccountToken);
        }
        other => panic!("{other:?}"),
    }
    match Credential::api_key("ada@example.com", OLDER_KEY).unwrap() {
        Credential::ApiKey(key) => {
            assert_eq!(key.email(), "ada@example.com");
            assert_eq!(key.key().expose(), OLDER_KEY);
        }
        other => panic!("{other:?}"),
    }
    match Credential::user_service_key(SERVICE_KEY).unwrap() {
        Credential::UserServiceKey(key) => assert_eq!(key.secret().expose(), SERVICE_KEY),
        other => panic!("{other:?}"),
    }
}
