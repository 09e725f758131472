//! Zones and their records.

use crate::account::{Account, strs};
use cf_client::types::dns::records::TxtRecordParam;
use serde_json::json;
use std::ffi::OsStr;

#[tokio::test]
async fn dynamic_dns_writes_only_what_changed() {
    let account = Account::new();
    let kept = json!({ "type": "A", "name": "home", "content": "192.0.2.1", "proxied": true, "comment": "mine" });
    account.emulator.add_record(&account.zone, kept).unwrap();
    let update = |ip: &str| account.run("dynamic_dns", ["home.example.com", "--ip", ip]);
    assert!(update("192.0.2.1").contains("unchanged"));
    assert!(update("2001:db8:0::1").contains("created, AAAA"));
    assert!(update("2001:db8::1").contains("unchanged"));
    assert_eq!(account.writes().len(), 1);
    assert!(update("192.0.2.2").contains("192.0.2.1 -> 192.0.2.2"));
    let records = account.records().await;
    let one = records.iter().find(|one| one.kind() == Some("A")).unwrap();
    assert_eq!(
        (one.content(), one.proxied(), one.comment()),
        (Some("192.0.2.2"), Some(true), Some("mine"))
    );

    let two = json!({ "type": "A", "name": "home", "content": "192.0.2.3" });
    account.emulator.add_record(&account.zone, two).unwrap();
    account.writes();
    let refused = account.run_with(
        "dynamic_dns",
        ["home.example.com", "--ip", "192.0.2.9"],
        &[],
    );
    assert!(!refused.succeeded && refused.stderr.contains("has 2 A records"));
    assert_eq!(account.writes(), [""; 0]);
}

#[tokio::test]
async fn dynamic_dns_keeps_several_names() {
    let account = Account::new();
    let elsewhere = account.emulator.add_zone(account.id(), "example.org");
    elsewhere.unwrap();
    let hosts = ["home.example.com", "vpn.example.org", "www.example.net"];
    let run = account.run_with(
        "dynamic_dns",
        [&hosts[..], &["--ip", "192.0.2.1"]].concat(),
        &[],
    );
    assert!(!run.succeeded, "there is no zone for the last one");
    assert!(run.stderr.contains("www.example.net: "), "{}", run.stderr);
    for host in &hosts[..2] {
        let line = format!("{host}: created, A 192.0.2.1");
        assert!(run.stdout.contains(&line), "{}", run.stdout);
    }
}

#[tokio::test]
async fn export_zones_writes_what_can_be_imported() {
    let account = Account::new();
    let record =
        json!({ "type": "MX", "name": "@", "content": "mail.example.com", "priority": 10 });
    account.emulator.add_record(&account.zone, record).unwrap();
    let folder = account.path("zones");
    account.run("export_zones", [&folder]);
    let files: Vec<_> = folder.read_dir().unwrap().collect();
    assert_eq!(files.len(), 1);
    let file = files[0].as_ref().unwrap().path().join("example.com.zone");
    let text = std::fs::read_to_string(file).unwrap();
    let is_mx = |line: &str| {
        line.split_whitespace()
            .eq("example.com. 1 IN MX 10 mail.example.com.".split(' '))
    };
    assert!(text.lines().any(is_mx), "{text}");
}

#[tokio::test]
async fn plan_dns_shows_and_applies() {
    let account = Account::new();
    let mine = json!({ "type": "A", "name": "old", "content": "192.0.2.1", "comment": "managed by plan_dns" });
    let manual = json!({ "type": "A", "name": "manual", "content": "192.0.2.2" });
    for record in [mine, manual] {
        account.emulator.add_record(&account.zone, record).unwrap();
    }
    let wanted = r#"[{"type":"TXT","name":"@","content":"v=spf1 -all"}]"#;
    let file = account.file("records.json", wanted);
    let arguments = [OsStr::new("example.com"), file.as_os_str()];
    let shown = account.run("plan_dns", arguments);
    assert!(shown.contains("+ TXT   example.com v=spf1 -all"), "{shown}");
    assert!(
        shown.contains("- A     old.example.com 192.0.2.1"),
        "{shown}"
    );
    assert_eq!(account.records().await.len(), 2);
    let apply = || {
        account.run(
            "plan_dns",
            [&arguments[..], &[OsStr::new("--apply")]].concat(),
        )
    };
    assert!(apply().contains("2 changes in 1 batches"));
    account.writes();
    assert!(apply().contains("no changes; 1 stay as they are"));
    assert_eq!(account.writes(), [""; 0]);
    let records = account.records().await;
    let names: Vec<_> = records
        .iter()
        .map(|record| record.name().unwrap())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[tokio::test]
async fn import_zone_adds_what_is_not_there() {
    let account = Account::new();
    let mut csv = String::from("type,name,content,ttl,priority,proxied\n");
    csv += "MX,@,mail.example.com.,,10,\nTXT,_dmarc,v=DMARC1; p=none,300,,\nCNAME,www,example.com,,,true\n";
    for host in 0..300 {
        csv += &format!("AAAA,h{host}.example.com,2001:db8::{host},,,\n");
    }
    let file = account.file("records.csv", &csv);
    let import = || account.run("import_zone", [OsStr::new("example.com"), file.as_os_str()]);
    assert!(import().contains("303 records imported, 0 were"));
    assert_eq!(account.writes().len(), 2);
    assert!(import().contains("0 records imported, 303 were"));
    assert_eq!(account.writes(), [""; 0]);
    let records = account.records().await;
    assert_eq!(records.len(), 303);
    let of = |kind| records.iter().find(|one| one.kind() == Some(kind)).unwrap();
    assert_eq!(of("TXT").content(), Some("\"v=DMARC1; p=none\""));
    assert_eq!(
        (of("TXT").ttl(), of("CNAME").proxied()),
        (Some(300), Some(true))
    );

    let file = account.file("bad.csv", &format!("{csv}LOC,@,nowhere,,,\n"));
    let refused = account.run_with(
        "import_zone",
        [OsStr::new("example.com"), file.as_os_str()],
        &[],
    );
    assert!(
        !refused.succeeded && refused.stderr.contains("record 304"),
        "{}",
        refused.stderr
    );
    assert_eq!(
        account.writes(),
        [""; 0],
        "nothing is written of a file that is wrong"
    );
}

#[tokio::test]
async fn acme_dns01_serves_certbot() {
    let account = Account::new();
    let other = TxtRecordParam::new("_acme-challenge.www.example.com", "\"other\"");
    account
        .client
        .dns()
        .records()
        .create(&account.zone, other)
        .await
        .unwrap();
    let hook = |action: &str| {
        let variables = [
            ("CERTBOT_DOMAIN", "www.example.com"),
            ("CERTBOT_VALIDATION", "abc"),
        ];
        let run = account.run_with("acme_dns01", ["--wait", "0", action], &variables);
        assert!(run.succeeded, "{}", run.stderr);
        run.stdout
    };
    account.writes();
    assert!(hook("present").contains("has the value now"));
    assert!(hook("present").contains("has the value already"));
    assert_eq!(
        (account.writes().len(), account.records().await.len()),
        (1, 2)
    );
    assert!(hook("cleanup").contains("no longer has the value"));
    hook("cleanup");
    let left = account.records().await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].content(), Some("\"other\""));
}

#[test]
fn zone_inventory_writes_csv() {
    let account = Account::new();
    let record = json!({ "type": "A", "name": "@", "content": "192.0.2.1" });
    account.emulator.add_record(&account.zone, record).unwrap();
    let acme = account.emulator.add_account("Acme, Inc.");
    for number in 0..60 {
        account
            .emulator
            .add_zone(&acme, &format!("z{number}.example"))
            .unwrap();
    }
    let file = account.path("zones.csv");
    let csv = ["--csv", file.to_str().unwrap()].map(str::to_owned);
    assert!(account.run("zone_inventory", &csv).contains("61 zones"));
    let mut reader = csv::Reader::from_path(&file).unwrap();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 61);
    let own = rows.iter().find(|row| &row[0] == "example.com").unwrap();
    assert_eq!((&own[2], &own[4]), ("active", "1"));
    let one = strs(["--account", "Acme, Inc."]);
    assert!(account.run("zone_inventory", one).contains("60 zones"));
}
