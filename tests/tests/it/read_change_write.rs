//! Read, change one thing, write, and read again: everything else stays, undescribed fields included.
#![allow(clippy::unwrap_used)]

use cf_client::Client;
use cf_emulator::Emulator;
use cf_types::codec::{self, Blob, Field};
use cf_types::custom_hostnames::CustomHostnameParam;
use cf_types::dns::records::{ARecordParam, Record, RecordParam};
use cf_types::kv::namespaces::NamespaceParam;
use cf_types::load_balancers::LoadBalancerParam;
use cf_types::load_balancers::pools::PoolParam;
use cf_types::page_rules::PageRuleParam;
use cf_types::pages::projects::ProjectParam;
use cf_types::queues::QueueParam;
use cf_types::r2::buckets::BucketParam;
use cf_types::rules::lists::ListParam;
use cf_types::rulesets::RulesetParam;
use cf_types::rulesets::rules::{Rule, RuleParam};
use cf_types::shared::{ScriptMetadata, ScriptParam};
use cf_types::waiting_rooms::WaitingRoomParam;
use cf_types::workers::scripts::script_and_version_settings::ScriptAndVersionSettingParam;
use cf_types::zero_trust::access::applications::{Application, ApplicationParam};
use cf_types::zero_trust::access::policies::PolicyParam;
use cf_types::zero_trust::tunnels::cloudflared::configurations::ConfigurationParam;
use cf_types::zones::settings::Setting;
use serde_json::{Value, json};

struct World {
    emulator: Emulator,
    client: Client,
    account: String,
    zone: String,
}

impl World {
    async fn new() -> World {
        let emulator = Emulator::start().await.unwrap();
        let account = emulator.account_id().to_owned();
        let zone = emulator.add_zone(&account, "example.com").unwrap();
        let client = Client::builder()
            .base_url(emulator.base_url())
            .api_token(emulator.token())
            .build()
            .unwrap();
        World {
            emulator,
            client,
            account,
            zone,
        }
    }

    fn api(&self) -> cf_types::Api<&Client> {
        cf_types::Api::new(&self.client)
    }

    /// The body of the last request.
    fn sent(&self) -> Value {
        let requests = self.emulator.requests();
        serde_json::from_slice(&requests.last().unwrap().body).unwrap()
    }
}

/// A model from JSON.
fn of<T: Field + Default>(json: Value) -> T {
    codec::from_str(&json.to_string()).unwrap()
}

/// Nothing differs but `changed`, and what each write sets.
fn assert_same_but(
    before: &dyn Field,
    after: &dyn Field,
    pointer: &str,
    changed: impl Into<Value>,
) {
    let (mut before, mut after) = (codec::to_value(before), codec::to_value(after));
    *before.pointer_mut(pointer).unwrap() = changed.into();
    without_times(&mut before);
    without_times(&mut after);
    assert_eq!(before, after);
}

fn without_times(json: &mut Value) {
    match json {
        Value::Object(members) => {
            members.retain(|name, _| {
                !matches!(
                    &**name,
                    "created_at" | "last_updated" | "modified_on" | "updated_at" | "version"
                )
            });
            members.values_mut().for_each(without_times);
        }
        Value::Array(elements) => elements.iter_mut().for_each(without_times),
        _ => {}
    }
}

#[tokio::test]
async fn records() {
    let world = World::new().await;
    // The Free plan has no tags.
    let plan = json!({ "plan": { "id": "pro" } });
    let zone = format!("/zones/{}", world.zone);
    let paid = world.client.request(http::Method::PATCH, zone).json(&plan);
    paid.send::<Value>().await.unwrap();
    let records = || world.api().dns().records();
    let made: RecordParam = of(json!({
        "type": "A", "name": "www", "content": "192.0.2.1", "ttl": 300, "comment": "of old",
        "tags": ["a:b"], "brand_new": {"deep": [1, null]},
    }));
    let id = records()
        .create(&world.zone, made)
        .await
        .unwrap()
        .id()
        .unwrap()
        .to_owned();

    let read = records().get(&world.zone, &id).await.unwrap();
    let Record::A(mut record) = read.clone() else {
        panic!("{read:?}")
    };
    record.content = Some("192.0.2.2".into());
    let written = records().update(&world.zone, &id, record).await.unwrap();
    assert_same_but(&read, &written, "/content", "192.0.2.2");
    let sent = world.sent();
    assert_eq!(sent["brand_new"], json!({"deep": [1, null]}));
    for only_in_replies in ["created_on", "modified_on", "proxiable", "meta"] {
        assert!(sent.get(only_in_replies).is_none(), "{sent}");
    }

    // Whatever its type: as it came.
    let read = records().get(&world.zone, &id).await.unwrap();
    records()
        .update(&world.zone, &id, read.clone())
        .await
        .unwrap();
    let again = records().get(&world.zone, &id).await.unwrap();
    assert_same_but(&read, &again, "/content", "192.0.2.2");
}

#[tokio::test]
async fn one_attribute_is_one_line() {
    let world = World::new().await;
    let records = || world.api().dns().records();
    let made = ARecordParam::new("www", "192.0.2.1");
    let read = records().create(&world.zone, made).await.unwrap();
    let id = read.id().unwrap();
    let edited = records()
        .edit(&world.zone, id, ARecordParam::default().proxied(true))
        .await
        .unwrap();
    let requests = world.emulator.requests();
    assert_eq!(&requests.last().unwrap().body[..], br#"{"proxied":true}"#);
    assert_same_but(&read, &edited, "/proxied", true);
}

#[tokio::test]
async fn settings_of_zones() {
    let world = World::new().await;
    let settings = || world.api().zones().settings();
    let read = settings()
        .get(&world.zone, "min_tls_version")
        .await
        .unwrap();
    let Setting::MinTlsVersion(mut setting) = read.clone() else {
        panic!("{read:?}")
    };
    assert_ne!(setting.value, "1.3");
    setting.value = "1.3".into();
    settings()
        .edit(&world.zone, "min_tls_version", setting)
        .await
        .unwrap();
    let again = settings()
        .get(&world.zone, "min_tls_version")
        .await
        .unwrap();
    assert_same_but(&read, &again, "/value", "1.3");
}

#[tokio::test]
async fn rulesets_rules_and_phases() {
    let world = World::new().await;
    let rulesets = || world.api().rulesets();
    let scope = || cf_types::Scope::Zone(world.zone.clone().into());
    let made: RulesetParam = of(json!({
        "name": "ours", "kind": "zone", "phase": "http_request_firewall_custom",
        "rules": [
            {"action": "block", "expression": "ip.src eq 192.0.2.1", "description": "one", "enabled": true},
            {"action": "skip", "expression": "true", "action_parameters": {"ruleset": "current"}, "logging": {"enabled": true}},
        ],
    }));
    let phase = "http_request_firewall_custom";
    let written = rulesets()
        .phases()
        .update(scope(), phase, made)
        .await
        .unwrap();
    let read = rulesets().phases().get(scope(), phase).await.unwrap();
    assert_same_but(&written, &read, "/name", json!(read.name));

    // A whole ruleset by its phase, with one rule changed.
    let mut changed = read.clone();
    let rules = changed.rules.as_mut().unwrap();
    let Rule::Block(block) = &mut rules[0] else {
        panic!("{rules:?}")
    };
    block.expression = "ip.src eq 192.0.2.2".into();
    let written = rulesets()
        .phases()
        .update(scope(), phase, changed)
        .await
        .unwrap();
    assert_same_but(
        &read,
        &written,
        "/rules/0/expression",
        "ip.src eq 192.0.2.2",
    );

    // The same by its ID.
    let read = rulesets().get(scope(), &written.id).await.unwrap();
    let param = RulesetParam::from(read.clone()).description("changed");
    let written = rulesets().update(scope(), &read.id, param).await.unwrap();
    let mut with_description = codec::to_value(&read);
    with_description["description"] = "".into();
    assert_same_but(&with_description, &written, "/description", "changed");

    // One rule.
    let rule = written.rules.as_ref().unwrap()[1].clone();
    let id = rule.id().unwrap().to_owned();
    let Rule::Skip(mut skip) = rule else {
        panic!("{rule:?}")
    };
    skip.enabled = false;
    let edited = rulesets()
        .rules()
        .edit(scope(), &written.id, &id, skip)
        .await
        .unwrap();
    let mut before = codec::to_value(&written);
    before["rules"][1]["enabled"] = json!(null);
    assert_same_but(&before, &edited, "/rules/1/enabled", false);

    // Rules that were read make up a new list.
    let rules = edited.rules.clone().unwrap().into_iter().rev();
    let rules = rules.map(RuleParam::from);
    let param = RulesetParam::from(edited.clone()).rules(rules);
    let turned = rulesets().update(scope(), &edited.id, param).await.unwrap();
    let mut rules = codec::to_value(&edited)["rules"].clone();
    rules.as_array_mut().unwrap().reverse();
    assert_same_but(&edited, &turned, "/rules", rules);
    let _: RuleParam = turned.rules.unwrap().remove(0).into();
}

#[tokio::test]
async fn configurations_of_tunnels() {
    let world = World::new().await;
    let tunnels = || world.api().zero_trust().tunnels().cloudflared();
    let made = of(json!({"name": "ours", "config_src": "cloudflare"}));
    let made: cf_types::zero_trust::tunnels::cloudflared::CloudflaredParam = made;
    let tunnel = tunnels().create(&world.account, made).await.unwrap();
    let id = codec::to_value(&tunnel)["id"].as_str().unwrap().to_owned();
    let made: ConfigurationParam = of(json!({"config": {
        "ingress": [
            {"hostname": "a.example.com", "service": "http://localhost:1", "originRequest": {"noTLSVerify": true, "brandNew": 1}},
            {"service": "http_status:404"},
        ],
        "warp-routing": {"enabled": true},
    }}));
    let configurations = || tunnels().configurations();
    configurations()
        .update(&world.account, &id, made)
        .await
        .unwrap();
    let read = configurations().get(&world.account, &id).await.unwrap();
    let mut changed = read.clone();
    let ingress = changed.config.as_mut().unwrap().ingress.as_mut().unwrap();
    ingress[0].service = Some("http://localhost:2".into());
    configurations()
        .update(&world.account, &id, changed)
        .await
        .unwrap();
    let again = configurations().get(&world.account, &id).await.unwrap();
    assert_same_but(
        &read,
        &again,
        "/config/ingress/0/service",
        "http://localhost:2",
    );
}

#[tokio::test]
async fn access_applications_and_policies() {
    let world = World::new().await;
    let access = || world.api().zero_trust().access();
    let policy: PolicyParam = of(json!({
        "name": "staff", "decision": "allow", "include": [{"email_domain": {"domain": "example.com"}}],
        "brand_new": {"x": 1},
    }));
    let policy = access()
        .policies()
        .create(&world.account, policy)
        .await
        .unwrap();
    let id = codec::to_value(&policy)["id"].as_str().unwrap().to_owned();
    let read = access().policies().get(&world.account, &id).await.unwrap();
    let param = PolicyParam::from(read.clone()).name("all staff");
    access()
        .policies()
        .update(&world.account, &id, param)
        .await
        .unwrap();
    let again = access().policies().get(&world.account, &id).await.unwrap();
    assert_same_but(&read, &again, "/name", "all staff");

    let scope = || cf_types::Scope::Account(world.account.clone().into());
    let made: ApplicationParam = of(json!({
        "type": "self_hosted", "name": "wiki", "domain": "wiki.example.com", "session_duration": "12h", "brand_new": {"x": 1},
        "policies": [{"id": id, "precedence": 1}],
    }));
    let made = access().applications().create(scope(), made).await.unwrap();
    let id = codec::to_value(&made)["id"].as_str().unwrap().to_owned();
    let read = access().applications().get(scope(), &id).await.unwrap();
    let Application::SelfHosted(mut application) = read.clone() else {
        panic!("{read:?}")
    };
    application.session_duration = Some("24h".into());
    access()
        .applications()
        .update(scope(), &id, application)
        .await
        .unwrap();
    assert_eq!(world.sent()["brand_new"], json!({"x": 1}));
    let again = access().applications().get(scope(), &id).await.unwrap();
    assert_same_but(&read, &again, "/session_duration", "24h");
}

#[tokio::test]
async fn load_balancers_and_pools() {
    let world = World::new().await;
    let balancers = || world.api().load_balancers();
    let pool: PoolParam = of(json!({
        "name": "eu", "origins": [{"name": "one", "address": "192.0.2.1", "enabled": true, "weight": 1}],
        "brand_new": true,
    }));
    let pool = balancers()
        .pools()
        .create(&world.account, pool)
        .await
        .unwrap();
    let id = codec::to_value(&pool)["id"].as_str().unwrap().to_owned();
    let read = balancers().pools().get(&world.account, &id).await.unwrap();
    let mut changed = read.clone();
    changed.origins.as_mut().unwrap()[0].weight = Some(0.5);
    balancers()
        .pools()
        .update(&world.account, &id, changed)
        .await
        .unwrap();
    let again = balancers().pools().get(&world.account, &id).await.unwrap();
    assert_same_but(&read, &again, "/origins/0/weight", 0.5);

    let scope = || cf_types::Scope::Zone(world.zone.clone().into());
    let made: LoadBalancerParam = of(json!({
        "name": "lb.example.com", "fallback_pool": id, "default_pools": [id],
        "rules": [{"name": "r", "condition": "true", "overrides": {"ttl": 30}}],
    }));
    let made = balancers().create(scope(), made).await.unwrap();
    let id = codec::to_value(&made)["id"].as_str().unwrap().to_owned();
    let read = balancers().get(scope(), &id).await.unwrap();
    let param = LoadBalancerParam::from(read.clone()).enabled(false);
    balancers().update(scope(), &id, param).await.unwrap();
    let again = balancers().get(scope(), &id).await.unwrap();
    assert_same_but(&read, &again, "/enabled", false);
}

#[tokio::test]
async fn lists_and_namespaces_and_queues() {
    let world = World::new().await;
    let account = &world.account;
    let lists = || world.api().rules().lists();
    let made: ListParam = of(json!({"name": "ours", "kind": "ip", "description": "old"}));
    let id = codec::to_value(&lists().create(account, made).await.unwrap())["id"].clone();
    let read = lists().get(account, id.as_str().unwrap()).await.unwrap();
    let param = ListParam::from(read.clone()).description("new");
    lists()
        .update(account, id.as_str().unwrap(), param)
        .await
        .unwrap();
    let again = lists().get(account, id.as_str().unwrap()).await.unwrap();
    assert_same_but(&read, &again, "/description", "new");

    let namespaces = || world.api().kv().namespaces();
    let made = namespaces()
        .create(account, NamespaceParam::new("cache"))
        .await
        .unwrap();
    let read = namespaces().get(account, &made.id).await.unwrap();
    let param = NamespaceParam::from(read.clone()).title("sessions");
    namespaces().update(account, &made.id, param).await.unwrap();
    let again = namespaces().get(account, &made.id).await.unwrap();
    assert_same_but(&read, &again, "/title", "sessions");

    let queues = || world.api().queues();
    let made: QueueParam = of(json!({"queue_name": "jobs", "settings": {"delivery_delay": 5}}));
    let id = codec::to_value(&queues().create(account, made).await.unwrap())["queue_id"].clone();
    let id = id.as_str().unwrap();
    let read = queues().get(account, id).await.unwrap();
    let mut changed = read.clone();
    changed.settings.as_mut().unwrap().delivery_delay = Some(7);
    queues().update(account, id, changed).await.unwrap();
    let again = queues().get(account, id).await.unwrap();
    assert_same_but(&read, &again, "/settings/delivery_delay", 7);
}

#[tokio::test]
async fn rules_of_buckets() {
    let world = World::new().await;
    let account = &world.account;
    let buckets = || world.api().r2().buckets();
    let made: BucketParam = of(json!({"name": "assets"}));
    buckets().create(account, made).await.unwrap();

    let made: cf_types::r2::buckets::cors::CorsParam = of(json!({"rules": [
        {"id": "one", "allowed": {"origins": ["https://example.com"], "methods": ["GET"]}, "maxAgeSeconds": 60},
    ]}));
    buckets()
        .cors()
        .update(account, "assets", made)
        .await
        .unwrap();
    let read = buckets().cors().get(account, "assets").await.unwrap();
    let mut changed = read.clone();
    changed.rules.as_mut().unwrap()[0].max_age_seconds = Some(90);
    buckets()
        .cors()
        .update(account, "assets", changed)
        .await
        .unwrap();
    let again = buckets().cors().get(account, "assets").await.unwrap();
    assert_same_but(&read, &again, "/rules/0/maxAgeSeconds", 90);

    let made: cf_types::r2::buckets::lifecycle::LifecycleParam = of(json!({"rules": [
        {"id": "one", "enabled": true, "conditions": {"prefix": "tmp/"},
         "deleteObjectsTransition": {"condition": {"type": "Age", "maxAge": 60}}},
    ]}));
    buckets()
        .lifecycle()
        .update(account, "assets", made)
        .await
        .unwrap();
    let read = buckets().lifecycle().get(account, "assets").await.unwrap();
    let mut changed = read.clone();
    changed.rules.as_mut().unwrap()[0].enabled = Some(false);
    buckets()
        .lifecycle()
        .update(account, "assets", changed)
        .await
        .unwrap();
    let again = buckets().lifecycle().get(account, "assets").await.unwrap();
    assert_same_but(&read, &again, "/rules/0/enabled", false);
}

#[tokio::test]
async fn settings_of_workers() {
    let world = World::new().await;
    let scripts = || world.api().workers().scripts();
    let metadata: ScriptMetadata = of(json!({
        "main_module": "worker.js", "compatibility_date": "2026-01-01", "logpush": false,
        "bindings": [{"type": "plain_text", "name": "A", "text": "1"}],
    }));
    let module = Blob::from("export default {}")
        .named("worker.js")
        .typed("application/javascript+module");
    let script = ScriptParam::new(metadata).files([module]);
    scripts()
        .update(&world.account, "ours", script)
        .await
        .unwrap();

    let settings = || scripts().settings();
    let read = settings().get(&world.account, "ours").await.unwrap();
    let mut changed = read.clone();
    changed.logpush = Some(true);
    settings()
        .edit(&world.account, "ours", changed)
        .await
        .unwrap();
    let again = settings().get(&world.account, "ours").await.unwrap();
    assert_same_but(&read, &again, "/logpush", true);

    let settings = || scripts().script_and_version_settings();
    let read = settings().get(&world.account, "ours").await.unwrap();
    let mut changed = read.clone();
    changed.logpush = Some(false);
    settings()
        .edit(
            &world.account,
            "ours",
            ScriptAndVersionSettingParam::new().settings(changed),
        )
        .await
        .unwrap();
    let again = settings().get(&world.account, "ours").await.unwrap();
    assert_same_but(&read, &again, "/logpush", false);
}

#[tokio::test]
async fn projects_of_pages() {
    let world = World::new().await;
    let projects = || world.api().pages().projects();
    let made: ProjectParam = of(json!({
        "name": "site", "production_branch": "main",
        "deployment_configs": {"production": {"env_vars": {"A": {"type": "plain_text", "value": "1"}}}},
    }));
    projects().create(&world.account, made).await.unwrap();
    let read = projects().get(&world.account, "site").await.unwrap();
    let param = ProjectParam::from(read.clone()).production_branch("trunk");
    projects()
        .edit(&world.account, "site", param)
        .await
        .unwrap();
    let again = projects().get(&world.account, "site").await.unwrap();
    assert_same_but(&read, &again, "/production_branch", "trunk");
}

#[tokio::test]
async fn what_the_description_alone_knows() {
    let world = World::new().await;
    let zone = &world.zone;
    let made: PageRuleParam = of(json!({
        "targets": [{"target": "url", "constraint": {"operator": "matches", "value": "*example.com/*"}}],
        "actions": [{"id": "always_use_https"}], "status": "active", "priority": 1,
    }));
    let id =
        codec::to_value(&world.api().page_rules().create(zone, made).await.unwrap())["id"].clone();
    let id = id.as_str().unwrap();
    let read = world.api().page_rules().get(zone, id).await.unwrap();
    let param = PageRuleParam::from(read.clone()).priority(2);
    world
        .api()
        .page_rules()
        .update(zone, id, param)
        .await
        .unwrap();
    let again = world.api().page_rules().get(zone, id).await.unwrap();
    assert_same_but(&read, &again, "/priority", 2);

    let rooms = || world.api().waiting_rooms();
    let made: WaitingRoomParam = of(json!({
        "name": "sale", "host": "shop.example.com", "new_users_per_minute": 200, "total_active_users": 200,
        "additional_routes": [{"host": "b.example.com", "path": "/x"}],
    }));
    let id = codec::to_value(&rooms().create(zone, made).await.unwrap())["id"].clone();
    let id = id.as_str().unwrap();
    let read = rooms().get(zone, id).await.unwrap();
    let param = WaitingRoomParam::from(read.clone()).total_active_users(300);
    rooms().update(zone, id, param).await.unwrap();
    let again = rooms().get(zone, id).await.unwrap();
    assert_same_but(&read, &again, "/total_active_users", 300);

    let hostnames = || world.api().custom_hostnames();
    let made: CustomHostnameParam = of(json!({
        "hostname": "app.example.org", "ssl": {"method": "http", "type": "dv", "settings": {"min_tls_version": "1.2"}},
        "custom_metadata": {"tier": "silver", "since": "2026"},
    }));
    let id = codec::to_value(&hostnames().create(zone, made).await.unwrap())["id"].clone();
    let id = id.as_str().unwrap();
    let read = hostnames().get(zone, id).await.unwrap();
    let mut changed = read.clone();
    let metadata = changed.custom_metadata.get_or_insert_default();
    metadata.insert("tier".into(), "gold".into());
    hostnames().edit(zone, id, changed).await.unwrap();
    let sent = world.sent();
    assert!(sent["ssl"].get("status").is_none(), "{sent}");
    let again = hostnames().get(zone, id).await.unwrap();
    assert_same_but(&read, &again, "/custom_metadata/tier", "gold");
}
