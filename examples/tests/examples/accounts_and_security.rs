//! Tokens, logs, caches, and what protects an account.

use crate::account::Account;
use cf_client::Client;
use cf_client::types::ZoneId;
use cf_client::types::rulesets::RulesetParam;
use cf_client::types::rulesets::rules::RuleParam;
use cf_emulator::TokenSpec;
use serde_json::{Value, json};
use std::ffi::OsStr;

#[tokio::test]
async fn add_waf_rule_keeps_rules_and_their_order() {
    let account = Account::new();
    let rule = |expression: &str| RuleParam::log(expression);
    let new = RulesetParam::new().rules([rule("ip.src eq 192.0.2.1"), rule("ip.src eq 192.0.2.2")]);
    let phases = || account.client.rulesets().phases();
    let (zone, phase) = (
        ZoneId::from(account.zone.as_str()),
        "http_request_firewall_custom",
    );
    let before = phases().update(zone.clone(), phase, new).await.unwrap();
    let add = || account.run("add_waf_rule", ["example.com", "ip.src eq 192.0.2.9"]);
    add();
    let after = phases().get(zone.clone(), phase).await.unwrap();
    let (before, after) = (before.rules.unwrap(), after.rules.unwrap());
    assert_eq!(after[0].expression(), Some("ip.src eq 192.0.2.9"));
    assert_eq!(after[1..], before[..]);
    account.writes();
    assert!(add().contains("is there already"));
    assert_eq!(account.writes(), [""; 0]);
}

#[tokio::test]
async fn purge_after_deploy_names_tags_once() {
    let account = Account::new();
    account.run("purge_after_deploy", ["example.com", "a", "A", "b"]);
    assert_eq!(account.writes(), [r#"POST {"tags":["a","b"]}"#]);
    let refused = account.run_with("purge_after_deploy", ["example.com", "a,b"], &[]);
    assert!(!refused.succeeded && refused.stderr.contains("is not a cache tag"));
    let refused = account.run_with("purge_after_deploy", ["example.net", "a"], &[]);
    assert!(!refused.succeeded && refused.stderr.contains("sees no zone \"example.net\""));
    assert_eq!(account.writes(), [""; 0]);
}

#[tokio::test]
async fn sync_firewall_list_sends_differences() {
    let account = Account::new();
    let sync = |content: &str| {
        let file = account.file("addresses.txt", content);
        account.run_with(
            "sync_firewall_list",
            [OsStr::new("doors"), file.as_os_str()],
            &[],
        )
    };
    let first = sync("# doors\n192.0.2.1 # front\n2001:DB8::/32\n\n");
    assert!(first.succeeded, "{}", first.stderr);
    account.writes();
    assert!(
        sync("2001:db8::/32\n192.0.2.1#front")
            .stdout
            .contains("0 to write, 0 to delete")
    );
    assert_eq!(account.writes(), [""; 0]);
    assert!(
        sync("192.0.2.1 # back\n")
            .stdout
            .contains("1 to write, 1 to delete")
    );
    let lists = account
        .client
        .rules()
        .lists()
        .list(account.id())
        .await
        .unwrap();
    let items = account
        .client
        .rules()
        .lists()
        .items()
        .list(account.id(), &lists[0].id);
    let items = items.items().collect_all().await.unwrap();
    assert_eq!(items.len(), 1);
    let item = serde_json::to_value(&items[0]).unwrap();
    assert_eq!(
        (&item["ip"], &item["comment"]),
        (&json!("192.0.2.1"), &json!("back"))
    );
    account.writes();
    for wrong in ["# nothing\n", "front door\n"] {
        assert!(!sync(wrong).succeeded);
    }
    assert_eq!(account.writes(), [""; 0]);
}

#[test]
fn audit_log_is_json_lines() {
    let account = Account::new();
    let stdout = account.run("audit_log", ["--hours", "2"]);
    let entries: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(!entries.is_empty() && entries.iter().all(|entry| entry["action"].is_object()));
}

#[tokio::test]
async fn rotate_token_leaves_a_file_that_works() {
    let account = Account::new();
    let old = TokenSpec::new(["DNS Read"])
        .name("deploy")
        .value("cfut_old");
    account.emulator.add_token(old).unwrap();
    let file = account.path("token");
    let rotate =
        |name: &str| account.run_with("rotate_token", [OsStr::new(name), file.as_os_str()], &[]);
    let run = rotate("deploy");
    assert!(run.succeeded, "{}", run.stderr);
    let secret = std::fs::read_to_string(&file).unwrap();
    let secret = secret.trim();
    assert!(secret.starts_with("cfut_") && secret != "cfut_old");
    assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret));
    let rotated = Client::builder()
        .api_token(secret)
        .base_url(account.emulator.base_url())
        .build()
        .unwrap();
    rotated.dns().records().list(&account.zone).await.unwrap();

    account.writes();
    assert!(
        rotate("nobody")
            .stderr
            .contains("there is no token \"nobody\"")
    );
    let nowhere = account.path("no/such/folder");
    let refused = account.run_with(
        "rotate_token",
        [OsStr::new("deploy"), nowhere.as_os_str()],
        &[],
    );
    assert!(
        !refused.succeeded && refused.stderr.contains("cannot write to"),
        "{}",
        refused.stderr
    );
    assert_eq!(account.writes(), [""; 0], "no secret is lost");
}

#[tokio::test]
async fn tunnel_ingress_keeps_other_rules() {
    let account = Account::new();
    account.run(
        "tunnel_ingress",
        ["home", "a.example.com", "http://localhost:1"],
    );
    account.run(
        "tunnel_ingress",
        ["home", "b.example.com", "http://localhost:2"],
    );
    let said = account.run(
        "tunnel_ingress",
        ["home", "a.example.com", "http://localhost:3"],
    );
    let said: Vec<&str> = said.lines().collect();
    let wanted = [
        "b.example.com -> http://localhost:2",
        "a.example.com -> http://localhost:3",
        "all else -> http_status:404",
    ];
    assert_eq!(said, wanted);
    let names = account.records().await;
    assert_eq!(names.len(), 2, "each name has one record");
}
