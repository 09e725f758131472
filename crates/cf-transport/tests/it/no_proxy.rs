//! Without the feature `proxy`, nobody bypasses a proxy by accident.
//! `cargo test -p cf-transport --no-default-features --features hyper,ring --test it no_proxy`
#![allow(clippy::print_stdout)]

use crate::support::{is_child, run_with_environment};
use cf_transport::{HyperTransport, TransportErrorKind as Kind};

#[test]
fn an_environment_that_asks_for_a_proxy_is_an_error() {
    const TEST: &str = "no_proxy::an_environment_that_asks_for_a_proxy_is_an_error";
    if is_child() {
        let outcome = HyperTransport::new().map_err(|error| {
            assert_eq!(error.kind(), Kind::Proxy);
            error.to_string()
        });
        println!("outcome: {outcome:?}");
        let told = HyperTransport::builder().no_proxy().build();
        told.expect("the environment is not looked at");
        return;
    }
    let none = run_with_environment(TEST, &[("NO_PROXY", "localhost".to_owned())]);
    assert!(none.0 && none.1.contains("outcome: Ok"), "{}", none.1);
    for name in ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"] {
        let address = "http://user:hunter2@127.0.0.1:1".to_owned();
        let (success, output) = run_with_environment(TEST, &[(name, address)]);
        assert!(success, "{output}");
        let named = format!("the environment variable {}", name.to_uppercase());
        assert!(output.contains(&named), "{output}");
        assert!(output.contains("no_proxy()"), "{output}");
        assert!(!output.contains("hunter2"), "{output}");
    }
}
