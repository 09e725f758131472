//! The conformance run itself: what it counts, and that it can fail.
#![allow(clippy::panic)]

use cf_tests::conformance::{Tally, run};

#[test]
fn replies_that_drift_come_through() {
    let corpus = include_str!("../../fixtures/replies.jsonl");
    let tally = run(corpus, |case, why| panic!("{case}: {why}"));
    assert_eq!(tally.to_string(), "cases 9 decoded 6 lossless 6 skipped 3");
    assert!(tally.is_clean());
    // A list that is null is not a list, and is kept.
    assert_eq!(tally.mismatches.len(), 1);
    assert!(tally.mismatches[0].starts_with("null result (accounts.list): "));
}

#[test]
fn what_cannot_be_decoded_is_told_and_counts() {
    let corpus = "{\"id\":\"html\",\"operation\":\"zones.get\",\"status\":200,\"content_type\":\"text/html\",\"body_text\":\"<html>\"}\n\
                  no case at all\n";
    let mut told = Vec::new();
    let tally = run(corpus, |case, why| told.push(format!("{case}: {why}")));
    assert_eq!(
        tally,
        Tally {
            cases: 2,
            ..Tally::default()
        }
    );
    assert!(!tally.is_clean());
    assert!(
        told[0].starts_with("html (zones.get): ") && told[1].starts_with("line 2: "),
        "{told:?}"
    );
}

/// Whatever an operation does with a reply without a value: it is written back as it came.
#[test]
fn replies_without_a_value_come_through() {
    let (parts, ()) = http::Response::new(()).into_parts();
    let decoders = include_str!("../../src/generated/decoders.rs").lines();
    let ids = decoders.filter_map(|line| Some(line.trim().strip_prefix('"')?.split_once('"')?.0));
    let mut decoded = 0;
    for id in ids {
        let Some(decode) = cf_tests::decoder(id) else {
            continue;
        };
        for body in [
            r#"{"result":null,"success":true,"errors":[],"messages":[]}"#,
            r#"{"success":true,"errors":[],"messages":[]}"#,
        ] {
            // Bytes and text are written as a list of numbers and as a string.
            if let Ok(reply) = decode(&parts, body.as_bytes())
                && !reply.again.starts_with(['[', '"'])
            {
                let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
                assert_eq!(parse(&reply.again), parse(body), "{id}");
                decoded += 1;
            }
        }
    }
    assert!(decoded > 50, "only {decoded} decoded");
}
