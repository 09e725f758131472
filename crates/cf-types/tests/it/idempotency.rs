//! Which requests can be repeated.

use cf_types::is_idempotent;
use http::Method;

/// The exceptions' patterns match whole paths, and nothing longer, shorter or with another start.
#[test]
fn exceptions_are_whole_paths() {
    let rolled = "/user/tokens/1f2e/value";
    assert!(!is_idempotent(&Method::PUT, rolled));
    for other in [
        "/user/tokens/1f2e",
        "/user/tokens/1f2e/value/2",
        "/tokens/1f2e/value",
        "/user/tokens//1f2e/value",
        "",
    ] {
        assert!(is_idempotent(&Method::PUT, other), "{other}");
    }
}

/// An account or a zone: two segments that one variable stands for.
#[test]
fn a_scope_is_an_account_or_a_zone() {
    let validates = |path: &str| is_idempotent(&Method::POST, path);
    for scope in ["accounts/1", "zones/2"] {
        assert!(validates(&format!(
            "/{scope}/logpush/validate/destination/exists"
        )));
    }
    for other in ["users/1", "accounts", "zones/1/2"] {
        assert!(!validates(&format!(
            "/{other}/logpush/validate/destination/exists"
        )));
    }
}

/// Only the described method is an exception.
#[test]
fn other_methods_of_the_same_path_are_what_they_are() {
    assert!(is_idempotent(&Method::GET, "/user/tokens/1f2e/value"));
    assert!(!is_idempotent(&Method::POST, "/user/tokens/1f2e/value"));
    assert!(!is_idempotent(&Method::PATCH, "/user/tokens/1f2e/value"));
}
