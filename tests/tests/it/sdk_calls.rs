//! The guide's counterparts of the calls of the official SDKs: each compiles, is in the guide, and
//! has the name that follows from theirs by the guide's rules.
#![allow(clippy::unwrap_used)]

use cf_types::cache::PurgeEverything;
use cf_types::custom_hostnames::CustomHostnameParam;
use cf_types::dns::records::ARecordParam;
use cf_types::kv::namespaces::keys::KeyValuePair;
use cf_types::kv::namespaces::values::ValueParam;
use cf_types::r2::buckets::BucketParam;
use cf_types::{AccountId, Api, BASE_URL, ZoneId, api};

const GUIDE: &str = include_str!("../../../crates/cf-client/guide/from_typescript_and_python.md");

/// The three calls of each row of the guide.
fn rows() -> Vec<[&'static str; 3]> {
    let rows = GUIDE.lines().filter(|line| line.starts_with("| `client."));
    let cells = rows.map(|row| {
        let calls: Vec<_> = row.trim_matches(['|', ' ']).split("<br>").collect();
        <[&str; 3]>::try_from(calls)
            .unwrap()
            .map(|call| call.trim_matches('`'))
    });
    cells.collect()
}

/// The start of one of their calls in Rust: `client.zoneHolds.get(…)` becomes `client.zone_holds().get(`.
fn in_rust(theirs: &str) -> String {
    let (name, _) = theirs.split_once('(').unwrap();
    let snake = name.chars().flat_map(|letter| {
        let before = letter.is_uppercase().then_some('_');
        before.into_iter().chain(letter.to_lowercase())
    });
    let name = snake.collect::<String>().replace('.', "().");
    format!("{}(", name.replacen("client().", "client.", 1))
}

#[test]
fn names_follow_the_rules() {
    let rows = rows();
    assert!(rows.len() >= 15);
    for [typescript, python, rust] in rows {
        assert!(
            rust.starts_with(&in_rust(typescript)),
            "{typescript}: {rust}"
        );
        assert!(rust.starts_with(&in_rust(python)), "{python}: {rust}");
    }
}

#[test]
fn each_call_compiles_and_is_in_the_guide() {
    let shown: Vec<String> = rows().iter().map(|row| without_spaces(row[2])).collect();
    let mut checked = 0;
    macro_rules! calls {
        ($($call:expr;)*) => {
            $(
                $call.to_request(BASE_URL).unwrap();
                let call = without_spaces(stringify!($call));
                assert!(shown.contains(&call), "the guide does not have {call}");
                checked += 1;
            )*
        };
    }
    let client: Api<()> = api();
    let account = &AccountId::from("01a7362d577a6c3019a474fd6f485823");
    let zone = &ZoneId::from("023e105f4ecef8ad9ca31a8372d0c353");
    let id = "372e67954025e0ba6aaa6d586b9e0b59";
    let (name, content, key, hostname) = ("www", "192.0.2.1", "key", "www.example.com");
    let everything = PurgeEverything::new(true);
    let value = "value";
    let pairs = [KeyValuePair::new("key", "value")];
    calls! {
        client.zones().list().name(name);
        client.zones().get(zone);
        client.user().tokens().verify();
        client.dns().records().list(zone).per_page(100);
        client.dns().records().create(zone, ARecordParam::new(name, content).ttl(300));
        client.dns().records().update(zone, id, ARecordParam::new(name, content).ttl(300));
        client.dns().records().delete(zone, id);
        client.cache().purge(zone, everything);
        client.rulesets().list(zone);
        client.rulesets().list(account);
        client.kv().namespaces().values().get(account, id, key);
        client.kv().namespaces().values().update(account, id, key, ValueParam::new(value));
        client.kv().namespaces().bulk_update(account, id, pairs);
        client.r2().buckets().create(account, BucketParam::new(name));
        client.load_balancers().pools().list(account);
        client.custom_hostnames().create(zone, CustomHostnameParam::new(hostname));
        client.zero_trust().access().applications().list(account);
    }
    assert_eq!(checked, shown.len(), "the guide has calls beyond these");
}

fn without_spaces(text: &str) -> String {
    text.split_whitespace().collect()
}
