//! Waits of products that are off by default.

use cf_client::types::custom_hostnames::{CustomHostnameParam, Ssl};
use cf_client::types::d1::database::{DatabaseExport, DatabaseImport, DatabaseParam, Statement};
use cf_client::types::rules::lists::ListParam;
use cf_client::types::ssl::certificate_packs::CertificatePackParam;
use cf_client::types::{browser_rendering, custom_hostnames, pages};

use super::*;

#[test]
fn several_states_and_reasons_are_told() {
    type Hostname = custom_hostnames::Get;
    let hostname = |status, ssl: Value| judged::<Hostname>(json!({ "status": status, "ssl": ssl }));
    let pending = hostname("pending", json!({ "status": "pending_validation" }));
    assert_eq!(
        pending,
        (
            Stage::Pending,
            "pending, pending_validation".to_owned(),
            None
        )
    );
    let half = hostname("active", json!({ "status": "pending_validation" }));
    assert_eq!(
        half,
        (Stage::Pending, "pending_validation".to_owned(), None)
    );
    assert_eq!(hostname("active", Value::Null).0, Stage::Done);
    let failed = hostname(
        "pending",
        json!({ "status": "validation_timed_out", "validation_errors": [{ "message": "SERVFAIL" }] }),
    );
    assert_eq!(
        (failed.0, &*failed.1),
        (Stage::Failed, "validation_timed_out")
    );
    assert!(failed.2.unwrap().contains("SERVFAIL"));

    type Deployment = pages::projects::deployments::Get;
    let stage = |name, status| {
        judged::<Deployment>(json!({ "latest_stage": { "name": name, "status": status } })).0
    };
    assert_eq!(stage("build", "success"), Stage::Pending);
    assert_eq!(stage("deploy", "active"), Stage::Pending);
    assert_eq!(stage("deploy", "success"), Stage::Done);
    assert_eq!(stage("build", "failure"), Stage::Failed);

    type Crawl = browser_rendering::crawl::Get;
    let crawl = |status| judged::<Crawl>(json!({ "status": status })).0;
    assert_eq!(crawl("running"), Stage::Pending);
    assert_eq!(crawl("completed"), Stage::Done);
    assert_eq!(crawl("cancelled_due_to_limits"), Stage::Failed);
}

#[tokio::test(start_paused = true)]
async fn bulk_operations_hostnames_and_packs_are_waited_for() {
    let (emulator, client) = start().await;
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    emulator.set_pending(Pending::polls(2));
    let account = emulator.account_id();
    let lists = client.rules().lists();
    let list = lists
        .create(account, ListParam::new("bad", "ip"))
        .await
        .unwrap();
    let items: Value = client
        .request(
            Method::POST,
            format!("/accounts/{account}/rules/lists/{}/items", list.id),
        )
        .json(&json!([{ "ip": "192.0.2.1" }]))
        .send()
        .await
        .unwrap();
    let operation = items["operation_id"].as_str().unwrap();
    let done = lists
        .bulk_operations()
        .get(account, operation)
        .wait()
        .await
        .unwrap();
    assert_eq!(done.status(), Some("completed"));

    let param = CustomHostnameParam::new("app.example.org").ssl(Ssl::new());
    let hostname = client
        .custom_hostnames()
        .create(&*zone, param)
        .await
        .unwrap();
    let hostname = client
        .custom_hostnames()
        .get(&*zone, &*hostname.id)
        .wait()
        .await
        .unwrap();
    assert_eq!(hostname.status.unwrap().as_str(), "active");

    let order = CertificatePackParam::new("google", ["example.com"], "txt", 90);
    let packs = client.ssl().certificate_packs();
    let pack = packs.create(&*zone, order).await.unwrap();
    let pack = packs.get(&*zone, &*pack.id).wait().await.unwrap();
    assert_eq!(pack.status.as_str(), "active");
}

#[tokio::test]
async fn an_export_and_an_import_of_d1_are_followed() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::builder()
        .api_token(emulator.token())
        .base_url(emulator.base_url())
        .build()
        .unwrap();
    let account = emulator.account_id();
    let d1 = client.d1().database();
    let base = d1
        .create(account, DatabaseParam::new("shop"))
        .await
        .unwrap();
    let id = base.uuid;
    d1.query(account, &*id, Statement::new("CREATE TABLE a (b)"))
        .await
        .unwrap();
    emulator.set_pending(Pending::polls(2));
    let quick = Duration::from_millis(1);
    let export = d1.export(account, &*id, DatabaseExport::new()).wait();
    let export = export.pauses(quick, quick).await.unwrap();
    assert!(
        export
            .result
            .unwrap()
            .signed_url
            .unwrap()
            .starts_with("http")
    );

    // `init` has no end that could be waited for.
    let init = d1
        .import(account, &*id, DatabaseImport::init("abc"))
        .wait()
        .await;
    let error = init.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build);
    assert!(error.to_string().contains("ingest"), "{error}");
}
