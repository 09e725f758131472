//! The records of a zone as a set: upsert, plan and apply, zone files.

use cf_client::dns::{ChangeKind, Outcome, Owned, Plan, ZoneRecords};
use cf_client::types::codec;
use cf_client::types::dns::records::{
    ARecordParam, AaaaRecordParam, CnameRecordParam, MxRecordParam, RecordParam, TxtRecordParam,
};
use cf_client::{Client, ErrorKind};
use cf_emulator::{Emulator, Fault, TokenSpec};
use http::{Method, StatusCode};
use serde_json::{Value, json};

struct Bench {
    emulator: Emulator,
    client: Client,
    zone: String,
}

impl Bench {
    async fn new() -> Self {
        let emulator = Emulator::start().await.unwrap();
        let zone = emulator
            .add_zone(emulator.account_id(), "example.com")
            .unwrap();
        let client = Client::builder()
            .api_token(emulator.token())
            .base_url(emulator.base_url())
            .no_rate_limit()
            .build()
            .unwrap();
        Bench {
            emulator,
            client,
            zone,
        }
    }

    fn add(&self, record: Value) -> String {
        self.emulator.add_record(&self.zone, record).unwrap()
    }

    fn records(&self) -> ZoneRecords {
        self.client.zone_records(&*self.zone)
    }

    /// Type, name and content of each record.
    async fn there(&self) -> Vec<String> {
        let list = self.client.dns().records().list(&*self.zone).items();
        let all = list.collect_all().await.unwrap();
        let mut all: Vec<_> = all
            .iter()
            .map(|record| {
                let part = |text: Option<&str>| text.unwrap_or_default().to_owned();
                [
                    part(record.kind()),
                    part(record.name()),
                    part(record.content()),
                ]
                .join(" ")
            })
            .collect();
        all.sort();
        all
    }

    fn writes(&self) -> usize {
        let requests = self.emulator.requests();
        requests
            .iter()
            .filter(|request| request.method != Method::GET)
            .count()
    }
}

/// A record of any type, as JSON.
fn record(record: Value) -> RecordParam {
    codec::from_str(&record.to_string()).unwrap()
}

fn counts(plan: &Plan) -> [usize; 3] {
    [ChangeKind::Create, ChangeKind::Update, ChangeKind::Delete].map(|kind| plan.count(kind))
}

#[tokio::test]
async fn an_upsert_creates_changes_or_leaves() {
    let bench = Bench::new().await;
    let records = bench.records();
    let home = |content: &str| ARecordParam::new("home", content).ttl(300);
    let first = records.upsert(home("192.0.2.1")).await.unwrap();
    assert_eq!(first.outcome, Outcome::Created);
    assert_eq!(first.record.name(), Some("home.example.com"));
    let second = records.upsert(home("192.0.2.2")).await.unwrap();
    assert_eq!(second.outcome, Outcome::Changed);
    assert_eq!(second.record.id(), first.record.id());
    assert_eq!(second.record.content(), Some("192.0.2.2"));
    bench.emulator.clear_requests();
    let same = ARecordParam::new("HOME.example.com.", "192.0.2.2");
    assert_eq!(
        records.upsert(same).await.unwrap().outcome,
        Outcome::Unchanged
    );
    assert_eq!(bench.writes(), 0);
    // Only what is set is changed.
    let proxied = ARecordParam::new("home", "192.0.2.2").proxied(true);
    let proxied = records.upsert(proxied).await.unwrap();
    assert_eq!(proxied.record.proxied(), Some(true));
    // Another type of that name is another record.
    let aaaa = AaaaRecordParam::new("home", "2001:db8::1");
    assert_eq!(
        records.upsert(aaaa).await.unwrap().outcome,
        Outcome::Created
    );

    bench.add(json!({ "type": "A", "name": "home", "content": "192.0.2.7" }));
    let error = records.upsert(home("192.0.2.9")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Lookup);
    assert!(
        error.to_string().contains("2 records A home.example.com"),
        "{error}"
    );
    let one = records.upsert(home("192.0.2.7")).await.unwrap();
    assert_eq!(one.outcome, Outcome::Changed);
    assert_eq!(one.record.ttl(), Some(300));
}

#[tokio::test]
async fn a_plan_is_looked_at_applied_and_empty_the_second_time() {
    let bench = Bench::new().await;
    bench.add(json!({ "type": "A", "name": "www", "content": "192.0.2.1" }));
    bench.add(json!({ "type": "A", "name": "www", "content": "192.0.2.2" }));
    bench.add(json!({ "type": "A", "name": "www", "content": "192.0.2.3" }));
    bench.add(json!({ "type": "A", "name": "other", "content": "192.0.2.9" }));
    let wanted = || -> Vec<RecordParam> {
        vec![
            ARecordParam::new("www", "192.0.2.2").into(),
            ARecordParam::new("www", "192.0.2.4").ttl(300).into(),
            MxRecordParam::new("@", "Mail.Example.com.", 10).into(),
        ]
    };
    bench.emulator.clear_requests();
    let plan = bench.records().plan(wanted()).await.unwrap();
    assert_eq!(bench.writes(), 0);
    assert_eq!((counts(&plan), plan.kept()), ([1, 1, 1], 1));
    assert_eq!(
        plan.to_string(),
        "+ MX    example.com Mail.Example.com. priority 10\n\
         ~ A     www.example.com 192.0.2.1, content 192.0.2.1 -> 192.0.2.4, ttl 1 -> 300\n\
         - A     www.example.com 192.0.2.3\n\
         example.com: 1 to create, 1 to change, 1 to delete; 1 stay as they are\n"
    );
    let applied = bench.records().apply(plan).await.unwrap();
    assert_eq!((applied.changes, applied.batches), (3, 1));
    assert_eq!(
        bench.there().await,
        [
            "A other.example.com 192.0.2.9",
            "A www.example.com 192.0.2.2",
            "A www.example.com 192.0.2.4",
            "MX example.com mail.example.com",
        ]
    );
    let plan = bench.records().plan(wanted()).await.unwrap();
    assert!(plan.is_empty(), "{plan}");
    assert_eq!(
        plan.to_string(),
        "example.com: no changes; 3 stay as they are\n"
    );
    bench.emulator.clear_requests();
    let applied = bench.records().apply(plan).await.unwrap();
    assert_eq!((applied.changes, bench.emulator.requests().len()), (0, 0));
    // Nothing wanted is nothing changed.
    let none: [RecordParam; 0] = [];
    assert!(bench.records().plan(none).await.unwrap().is_empty());
}

#[tokio::test]
async fn spellings_that_the_dns_does_not_tell_apart_are_the_same() {
    let bench = Bench::new().await;
    for (there, wanted) in [
        (
            json!({ "type": "A", "name": "a", "content": "192.0.2.1" }),
            json!({ "type": "a", "name": "A.EXAMPLE.com.", "content": " 192.0.2.1 " }),
        ),
        (
            json!({ "type": "AAAA", "name": "b", "content": "2001:db8::1" }),
            json!({ "type": "AAAA", "name": "b", "content": "2001:0DB8:0:0:0:0:0:1" }),
        ),
        (
            json!({ "type": "CNAME", "name": "c", "content": "target.example.net" }),
            json!({ "type": "CNAME", "name": "c.example.com", "content": "Target.Example.NET." }),
        ),
        (
            json!({ "type": "TXT", "name": "d", "content": "\"v=spf1 \" \"-all\"" }),
            json!({ "type": "TXT", "name": "d", "content": "v=spf1 -all" }),
        ),
        (
            json!({ "type": "TXT", "name": "e", "content": "\"say \\\"hi\\\"\"" }),
            json!({ "type": "TXT", "name": "e", "content": "say \"hi\"" }),
        ),
        (
            json!({ "type": "CNAME", "name": "xn--bcher-kva", "content": "xn--mnchen-3ya.de" }),
            json!({ "type": "CNAME", "name": "Bücher", "content": "MÜNCHEN.de" }),
        ),
        (
            json!({ "type": "CAA", "name": "@", "data": { "flags": 0, "tag": "issue", "value": "letsencrypt.org" } }),
            json!({ "type": "CAA", "name": "example.com", "data": { "flags": 0.0, "tag": "issue", "value": "letsencrypt.org" } }),
        ),
        (
            json!({ "type": "SRV", "name": "_sip._tcp", "data": { "priority": 1, "weight": 2, "port": 5060, "target": "sip.example.com" } }),
            json!({ "type": "SRV", "name": "_SIP._tcp", "data": { "priority": 1, "weight": 2, "port": 5060, "target": "SIP.example.com." } }),
        ),
        (
            json!({ "type": "MX", "name": "@", "content": "mail.example.com", "priority": 10 }),
            json!({ "type": "MX", "name": "", "content": "MAIL.example.com.", "priority": 10 }),
        ),
        (
            json!({ "type": "A", "name": "f", "content": "192.0.2.1", "proxied": true }),
            json!({ "type": "A", "name": "f", "content": "192.0.2.1", "ttl": 300, "comment": "" }),
        ),
    ] {
        bench.add(there);
        let shown = wanted.to_string();
        let plan = bench.records().plan([record(wanted)]).await.unwrap();
        assert_eq!((plan.is_empty(), plan.kept()), (true, 1), "{shown}\n{plan}");
    }
    // What differs does differ: texts have a case.
    let loud = TxtRecordParam::new("d", "V=SPF1 -ALL");
    assert_eq!(
        counts(&bench.records().plan([loud]).await.unwrap()),
        [0, 1, 0]
    );
}

#[tokio::test]
async fn a_plan_touches_what_it_owns() {
    let bench = Bench::new().await;
    let mine = |name: &str| json!({ "type": "A", "name": name, "content": "192.0.2.1", "comment": "by deploy" });
    bench.add(mine("www"));
    bench.add(mine("old"));
    bench.add(json!({ "type": "A", "name": "www", "content": "192.0.2.8" }));
    bench.add(json!({ "type": "A", "name": "api", "content": "192.0.2.2" }));
    let records = bench.records().owning(Owned::comment("by deploy"));
    let wanted = || {
        [
            ("www", "192.0.2.1"),
            ("new", "192.0.2.3"),
            ("api", "192.0.2.2"),
        ]
        .map(|(name, content)| ARecordParam::new(name, content))
    };
    let plan = records.plan(wanted()).await.unwrap();
    assert_eq!(counts(&plan), [1, 0, 1]);
    // It would get the comment, but it is somebody else's.
    assert!(
        plan.to_string()
            .contains("! A     api.example.com 192.0.2.2 (not owned, left as it is)"),
        "{plan}"
    );
    records.apply(plan).await.unwrap();
    assert_eq!(
        bench.there().await,
        [
            "A api.example.com 192.0.2.2",
            "A new.example.com 192.0.2.3",
            "A www.example.com 192.0.2.1",
            "A www.example.com 192.0.2.8",
        ]
    );
    assert!(records.plan(wanted()).await.unwrap().is_empty());
    let other = ARecordParam::new("x", "192.0.2.1").comment("mine");
    assert_eq!(
        records.plan([other]).await.unwrap_err().kind(),
        ErrorKind::Build
    );

    // By a filter: all of it that is not wanted goes, and nothing else.
    let none: [RecordParam; 0] = [];
    let api = Owned::matching(|record| record.name() == Some("api.example.com"));
    let plan = bench.records().owning(api).plan(none).await.unwrap();
    assert_eq!(
        (counts(&plan), plan.changes()[0].name()),
        ([0, 0, 1], "api.example.com")
    );
    assert_eq!(plan.changes()[0].record_type(), "A");
}

#[tokio::test]
async fn many_changes_go_in_batches_that_keep_a_name_together() {
    let bench = Bench::new().await;
    let wanted: Vec<_> = (0..205)
        .flat_map(|host| {
            // Two of each name.
            [1, 2].map(|end| ARecordParam::new(format!("h{host:03}"), format!("192.0.2.{end}")))
        })
        .collect();
    let plan = bench.records().plan(wanted.clone()).await.unwrap();
    // The zone is on the Free plan.
    let applied = bench.records().apply(plan).await.unwrap();
    assert_eq!((applied.changes, applied.batches), (410, 3));
    assert!(bench.records().plan(wanted).await.unwrap().is_empty());

    // An odd size does not part a name.
    let changed: Vec<_> = (0..4)
        .flat_map(|host| {
            [3, 4].map(|end| ARecordParam::new(format!("h{host:03}"), format!("192.0.2.{end}")))
        })
        .collect();
    let records = bench.records().batch_size(3);
    let plan = records.plan(changed).await.unwrap();
    assert_eq!(counts(&plan), [0, 8, 0]);
    let applied = records.apply(plan).await.unwrap();
    assert_eq!((applied.changes, applied.batches), (8, 4));
}

#[tokio::test]
async fn a_type_gives_way_to_another_in_one_batch() {
    let bench = Bench::new().await;
    bench.add(json!({ "type": "A", "name": "www", "content": "192.0.2.1" }));
    let all = Owned::matching(|_| true);
    let records = bench.records().owning(all);
    let wanted = || [CnameRecordParam::new("www", "example.net")];
    let plan = records.plan(wanted()).await.unwrap();
    assert_eq!(counts(&plan), [1, 0, 1]);
    records.apply(plan).await.unwrap();
    assert_eq!(bench.there().await, ["CNAME www.example.com example.net"]);
}

#[tokio::test]
async fn a_batch_that_fails_leaves_the_rest_of_the_plan() {
    let bench = Bench::new().await;
    let wanted: Vec<_> = (0..6)
        .map(|host| ARecordParam::new(format!("h{host}"), "192.0.2.1"))
        .collect();
    let records = bench.records().batch_size(2);
    let plan = records.plan(wanted).await.unwrap();
    let refused = Fault::error(StatusCode::BAD_REQUEST, 1004, "DNS Validation Error");
    let path = format!("/zones/{}/dns_records/batch", bench.zone);
    // The first one passes, the second one does not.
    bench
        .emulator
        .inject(Fault::delay(std::time::Duration::ZERO).on(Method::POST, &path));
    let first = records
        .plan([ARecordParam::new("h0", "192.0.2.1")])
        .await
        .unwrap();
    records.apply(first).await.unwrap();
    let plan_without_first = records
        .plan((0..6).map(|host| ARecordParam::new(format!("h{host}"), "192.0.2.1")))
        .await
        .unwrap();
    assert_eq!(counts(&plan_without_first), [5, 0, 0]);
    bench.emulator.inject(refused.on(Method::POST, &path));
    let failed = records.apply(plan).await.unwrap_err();
    assert_eq!((failed.done, failed.rest.changes().len()), (0, 6));
    assert!(failed.error.has_code(1004));
    assert!(
        failed
            .to_string()
            .starts_with("0 changes were made, 6 are left: "),
        "{failed}"
    );
    let applied = records.apply(plan_without_first).await.unwrap();
    assert_eq!((applied.changes, applied.batches), (5, 3));
    // What is there already is refused, with the batch that has it.
    let failed = records.apply(failed.rest).await.unwrap_err();
    assert!(failed.error.has_code(81058), "{failed}");
}

#[tokio::test]
async fn bad_input_is_refused_before_anything_is_sent() {
    let bench = Bench::new().await;
    let records = bench.records().zone_name("example.com");
    for (wanted, expected) in [
        (
            json!({ "type": "A", "content": "192.0.2.1" }),
            "needs a type and a name",
        ),
        (json!({ "type": "A", "name": "www" }), "has no content"),
        (
            json!({ "type": "A", "name": "www.example.net.", "content": "192.0.2.1" }),
            "not in the zone",
        ),
    ] {
        let error = records.plan([record(wanted)]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build);
        assert!(error.to_string().contains(expected), "{error}");
    }
    let twice = ["192.0.2.1", "192.0.2.1"].map(|content| ARecordParam::new("www", content));
    let error = records.plan(twice).await.unwrap_err();
    assert!(error.to_string().contains("wanted twice"), "{error}");
    assert_eq!(bench.emulator.requests().len(), 0);
    let error = bench
        .client
        .zone_records("../user")
        .plan([ARecordParam::new("a", "192.0.2.1")])
        .await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Build);
}

#[tokio::test]
async fn a_token_for_dns_alone_needs_the_name_of_the_zone() {
    let bench = Bench::new().await;
    let spec = TokenSpec::new(["DNS Write"]).zones([&bench.zone]);
    let token = bench.emulator.add_token(spec).unwrap();
    let client = Client::builder()
        .api_token(token.value)
        .base_url(bench.emulator.base_url());
    let client = client.build().unwrap();
    let records = client.zone_records(&*bench.zone);
    let www = || ARecordParam::new("www", "192.0.2.1");
    assert!(records.plan([www()]).await.unwrap_err().is_auth());
    let records = records.zone_name("Example.COM.");
    let plan = records.plan([www()]).await.unwrap();
    assert_eq!(records.apply(plan).await.unwrap().changes, 1);
}

#[tokio::test]
async fn zone_files_go_out_and_come_in() {
    let bench = Bench::new().await;
    bench.add(json!({ "type": "A", "name": "www", "content": "192.0.2.1" }));
    bench.add(json!({ "type": "TXT", "name": "@", "content": "\"v=spf1 -all\"" }));
    let file = bench.records().export().await.unwrap();
    assert!(
        file.contains("www.example.com.") && file.contains("192.0.2.1"),
        "{file}"
    );
    let other = bench
        .emulator
        .add_zone(bench.emulator.account_id(), "example.net")
        .unwrap();
    let records = bench.client.zone_records(other);
    let file = file.replace("example.com", "example.net");
    let imported = records.import(&file, false).await.unwrap();
    assert_eq!(imported.recs_added, Some(2));
    let plan = records
        .plan([ARecordParam::new("www", "192.0.2.1")])
        .await
        .unwrap();
    assert!(plan.is_empty(), "{plan}");
}
