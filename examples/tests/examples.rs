//! Every example runs without arguments; and what each does to an account, and does again.
//!
//! `cargo test -p cf-examples` builds them before it runs this.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use cf_client::Client;
use cf_client::types::ZoneId;
use cf_client::types::codec::Blob;
use cf_client::types::dns::records::{Record, TxtRecordParam};
use cf_client::types::r2::buckets::BucketParam;
use cf_client::types::rulesets::RulesetParam;
use cf_client::types::rulesets::rules::RuleParam;
use cf_emulator::{Emulator, TokenSpec};
use serde_json::{Value, json};

/// What a run of an example printed.
struct Run {
    succeeded: bool,
    stdout: String,
    stderr: String,
}

fn example(name: &str) -> Command {
    let tests = std::env::current_exe().unwrap();
    let folder = tests.parent().unwrap().parent().unwrap();
    let program = folder.join("examples").join(name);
    let program = program.with_extension(std::env::consts::EXE_EXTENSION);
    assert!(program.exists(), "{} is not built", program.display());
    let mut command = Command::new(program);
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        if name.starts_with("CLOUDFLARE_") || name == "RUST_BACKTRACE" {
            command.env_remove(&variable);
        }
    }
    command
}

fn run(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run {
        succeeded: output.status.success(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

#[test]
fn all_run_without_arguments() {
    let say = [
        ("access_application", "admin.example.com is behind Access"),
        ("acme_dns01", "The name servers show 2 values"),
        ("add_waf_rule", "block: http.request.uri.path contains"),
        ("ai_text", "Air scatters blue light"),
        ("audit_log", "\"action\""),
        (
            "axum_handler",
            "POST /zones/example.com/addresses -> 201 Created",
        ),
        ("custom_transport", "GET /client/v4/zones -> 200 OK"),
        ("d1_rows", "pen: 90 cents"),
        ("deploy_worker", "Its secrets: API_KEY"),
        ("dynamic_dns", "home.example.com: unchanged, A 198.51.100.7"),
        ("export_zones", "3 zones exported"),
        (
            "import_zone",
            "example.com: 0 records imported, 1003 were there already",
        ),
        ("kv_bulk_load", "redirects has 25000 keys now"),
        ("migrate", "published release-2.example.com"),
        ("opentelemetry", "zones.list"),
        (
            "operations_over_reqwest",
            "CNAME www.example.com example.com",
        ),
        ("purge_after_deploy", "250 tags purged with 3 requests"),
        ("r2_transfer", "The copy is like the file"),
        ("reqwest_client", "safe to send again: true"),
        ("rotate_token", "The old secret is void"),
        (
            "sync_firewall_list",
            "office_addresses: 0 to write, 0 to delete",
        ),
        (
            "tunnel_ingress",
            "wiki.example.com -> http://localhost:8080",
        ),
        ("worker_with_bindings", "API_KEY is a secret_text"),
        ("zone_inventory", "3 zones"),
    ];
    for (name, line) in say {
        let Run {
            succeeded,
            stdout,
            stderr,
        } = run(&mut example(name));
        assert!(succeeded, "{name} failed: {stdout}{stderr}");
        assert!(
            stdout.contains(line),
            "{name} does not say {line:?}: {stdout}"
        );
    }
    // Whoever adds an example adds it here.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_example = path.extension() == Some(OsStr::new("rs"));
        let known = say.iter().any(|(known, _)| *known == name);
        assert!(!is_example || known, "{name} is not run");
    }
}

/// An emulator with the zone `example.com`, and a folder for files.
struct Account {
    emulator: Emulator,
    client: Client,
    zone: String,
    folder: tempfile::TempDir,
}

impl Account {
    fn new() -> Self {
        let emulator = Emulator::builder().start_blocking().unwrap();
        let client = Client::builder()
            .api_token(emulator.token())
            .base_url(emulator.base_url())
            .build()
            .unwrap();
        Account {
            zone: emulator
                .add_zone(emulator.account_id(), "example.com")
                .unwrap(),
            folder: tempfile::tempdir().unwrap(),
            emulator,
            client,
        }
    }

    fn id(&self) -> &str {
        self.emulator.account_id()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        std::fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    /// Runs an example with this account; `variables` are added to its environment.
    fn run_with<A: AsRef<OsStr>>(
        &self,
        name: &str,
        arguments: impl IntoIterator<Item = A>,
        variables: &[(&str, &str)],
    ) -> Run {
        let mut command = example(name);
        command
            .args(arguments)
            .env("CLOUDFLARE_API_TOKEN", self.emulator.token())
            .env("CLOUDFLARE_BASE_URL", self.emulator.base_url())
            .envs(variables.iter().copied());
        run(&mut command)
    }

    /// As [`run_with`](Self::run_with), and expects success.
    fn run<A: AsRef<OsStr>>(&self, name: &str, arguments: impl IntoIterator<Item = A>) -> String {
        let run = self.run_with(name, arguments, &[]);
        assert!(run.succeeded, "{name}: {}{}", run.stdout, run.stderr);
        run.stdout
    }

    /// The requests since the last time that changed something.
    fn writes(&self) -> Vec<String> {
        let requests = self.emulator.requests();
        self.emulator.clear_requests();
        let writes = requests.iter().filter(|request| request.method != "GET");
        writes
            .map(|request| {
                format!(
                    "{} {}",
                    request.method,
                    String::from_utf8_lossy(&request.body)
                )
            })
            .collect()
    }

    async fn records(&self) -> Vec<Record> {
        let records = self.client.dns().records().list(&self.zone);
        records.items().collect_all().await.unwrap()
    }
}

fn strs<const N: usize>(arguments: [&str; N]) -> [String; N] {
    arguments.map(str::to_owned)
}

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
    assert!(hook("cleanup").contains("is rid of the value"));
    hook("cleanup");
    let left = account.records().await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].content(), Some("\"other\""));
}

#[tokio::test]
async fn purge_after_deploy_names_tags_once() {
    let account = Account::new();
    account.run("purge_after_deploy", ["example.com", "a", "A", "b"]);
    assert_eq!(account.writes(), [r#"POST {"tags":["a","b"]}"#]);
    let refused = account.run_with("purge_after_deploy", ["example.com", "a,b"], &[]);
    assert!(!refused.succeeded && refused.stderr.contains("is no cache tag"));
    let refused = account.run_with("purge_after_deploy", ["example.net", "a"], &[]);
    assert!(!refused.succeeded && refused.stderr.contains("sees no zone \"example.net\""));
    assert_eq!(account.writes(), [""; 0]);
}

#[tokio::test]
async fn kv_bulk_load_writes_pairs() {
    let account = Account::new();
    let file = account.file("pairs.csv", "key,value\n/a,\"1, 2\"\n/b/c,ü\n");
    let load = || account.run("kv_bulk_load", [OsStr::new("redirects"), file.as_os_str()]);
    assert!(load().contains("is new"));
    assert!(load().contains("redirects has 2 keys now"));
    let namespaces = account
        .client
        .kv()
        .namespaces()
        .list(account.id())
        .await
        .unwrap();
    assert_eq!(namespaces.len(), 1);
    let values = || account.client.kv().namespaces().values();
    for (key, value) in [("/a", "1, 2"), ("/b/c", "ü")] {
        let got = values()
            .get(account.id(), &namespaces[0].id, key)
            .await
            .unwrap();
        assert_eq!(got.as_ref(), value.as_bytes());
    }
}

#[tokio::test]
async fn r2_transfer_goes_both_ways() {
    let account = Account::new();
    let bucket = BucketParam::new("my-bucket");
    account
        .client
        .r2()
        .buckets()
        .create(account.id(), bucket)
        .await
        .unwrap();
    let file = account.file("a.txt", &"0123456789".repeat(100_000));
    let object = OsStr::new("my-bucket/some/a b.txt");
    account.run(
        "r2_transfer",
        [OsStr::new("upload"), file.as_os_str(), object],
    );
    let objects = || account.client.r2().buckets().objects();
    let stored = objects()
        .get(account.id(), "my-bucket", "some/a b.txt")
        .await
        .unwrap();
    assert!(stored.as_ref() == std::fs::read(&file).unwrap());

    let copy = account.path("copy.txt");
    account.run(
        "r2_transfer",
        [OsStr::new("download"), object, copy.as_os_str()],
    );
    assert!(std::fs::read(&copy).unwrap() == std::fs::read(&file).unwrap());
    let missing = [
        "download",
        "my-bucket/none",
        account.path("none").to_str().unwrap(),
    ]
    .map(str::to_owned);
    let refused = account.run_with("r2_transfer", missing, &[]);
    assert!(
        !refused.succeeded && refused.stderr.contains("10007"),
        "{}",
        refused.stderr
    );
    assert_eq!(
        account.folder.path().read_dir().unwrap().count(),
        2,
        "no other file is left"
    );
    let empty = objects().upload(account.id(), "my-bucket", "empty", Blob::default());
    empty.await.unwrap();
}

#[tokio::test]
async fn deploy_worker_keeps_secrets_it_is_not_told_of() {
    let account = Account::new();
    let module = account.file("w.js", "export default {}");
    let deploy = |secret: &[&str], variables: &[(&str, &str)]| {
        let mut arguments = vec![OsStr::new("api"), module.as_os_str()];
        for name in secret {
            arguments.extend([OsStr::new("--secret"), OsStr::new(name)]);
        }
        account.run_with("deploy_worker", arguments, variables)
    };
    let first = deploy(
        &["A_KEY", "B_KEY"],
        &[("A_KEY", "hush-hush"), ("B_KEY", "hush-hush")],
    );
    assert!(first.succeeded, "{}", first.stderr);
    assert!(!first.stdout.contains("hush") && !first.stderr.contains("hush"));
    assert!(
        deploy(&[], &[])
            .stdout
            .contains("Its secrets: A_KEY, B_KEY")
    );
    let code = account
        .client
        .workers()
        .scripts()
        .get(account.id(), "api")
        .await
        .unwrap();
    assert_eq!(code, "export default {}");
    account.writes();
    let refused = deploy(&["C_KEY"], &[]);
    assert!(!refused.succeeded && refused.stderr.contains("cannot read the secret C_KEY"));
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
