//! Builds, domains, crawls and deployments: how their waits end, well or not.

use cf_client::types::pages::projects::deployments::Deployment;

use super::*;

async fn post(client: &Client, path: String, body: Value) -> Value {
    let call = client.request(Method::POST, path).json(&body);
    call.send().await.unwrap()
}

fn id(reply: &Value, field: &str) -> String {
    reply[field].as_str().unwrap().to_owned()
}

/// The next questions are answered with this in a field.
fn say(emulator: &Emulator, path: &str, pointer: &str, value: &str) {
    let fault = Fault::set_field(pointer, value).on(Method::GET, path);
    emulator.inject(fault.always());
}

#[tokio::test(start_paused = true)]
async fn a_build_succeeds_fails_or_is_cancelled() {
    let (emulator, client) = start().await;
    emulator.set_pending(Pending::polls(2));
    let account = emulator.account_id();
    let triggers = format!("/accounts/{account}/builds/triggers");
    let trigger = json!({
        "trigger_name": "main", "external_script_id": "api", "repo_connection_uuid": "r",
        "build_token_uuid": "t", "branch_includes": ["main"], "branch_excludes": [], "path_includes": [],
        "path_excludes": [], "build_command": "", "deploy_command": "deploy", "root_directory": "/",
    });
    let trigger = id(
        &post(&client, triggers.clone(), trigger).await,
        "trigger_uuid",
    );
    let builds = format!("{triggers}/{trigger}/builds");
    let begin = || async {
        id(
            &post(&client, builds.clone(), json!({})).await,
            "build_uuid",
        )
    };
    let wait = |build: String| client.workers().builds().get(account, build).wait();

    let started = Instant::now();
    let build = wait(begin().await).await.unwrap();
    assert_eq!(build.build_outcome.unwrap().as_str(), "success");
    assert!(started.elapsed() >= 2 * SECOND);

    let build = begin().await;
    let path = format!("/accounts/{account}/builds/builds/{build}/cancel");
    let call = client.request(Method::PUT, path);
    call.send::<Value>().await.unwrap();
    let error = wait(build).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed);
    assert!(error.state().unwrap().contains("cancelled"), "{error}");

    emulator.set_pending(Pending::polls(0));
    say(
        &emulator,
        "/accounts/*/builds/builds/*",
        "/result/build_outcome",
        "fail",
    );
    let error = wait(begin().await).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed);
    assert!(error.to_string().contains("the build failed"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_domain_is_registered_transferred_and_changed() {
    let (emulator, client) = start().await;
    emulator.set_pending(Pending::polls(3));
    let account = emulator.account_id();
    let registrations = format!("/accounts/{account}/registrar/registrations");
    let registrar = || client.registrar();
    let body = json!({ "domain_name": "example.net", "auto_renew": true });
    post(&client, registrations.clone(), body).await;
    let wait = registrar()
        .registration_status()
        .get(account, "example.net")
        .wait();
    assert!(wait.await.unwrap().completed);

    let path = format!("{registrations}/example.org/transfer-in");
    post(&client, path, json!({ "auth_code": "secret" })).await;
    let started = Instant::now();
    let transfer = || {
        registrar()
            .transfer_in_status()
            .get(account, "example.org")
            .wait()
    };
    let judge = |progress: &Progress| progress.state().to_owned();
    let states = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&states);
    let wait = transfer().on_progress(move |progress| seen.lock().unwrap().push(judge(progress)));
    wait.await.unwrap();
    assert_eq!(
        *states.lock().unwrap(),
        ["in_progress", "in_progress", "in_progress", "succeeded"]
    );
    assert!(started.elapsed() >= 4 * SECOND);

    let change = client.request(Method::PATCH, format!("{registrations}/example.net"));
    change
        .json(&json!({ "auto_renew": false }))
        .send::<Value>()
        .await
        .unwrap();
    let wait = registrar()
        .update_status()
        .get(account, "example.net")
        .wait();
    wait.await.unwrap();

    say(
        &emulator,
        "/accounts/*/registrar/registrations/*/*",
        "/result/state",
        "action_required",
    );
    let error = transfer().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.state()),
        (ErrorKind::Failed, Some("action_required"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_crawl_ends() {
    let (emulator, client) = start().await;
    emulator.set_pending(Pending::polls(2));
    let account = emulator.account_id();
    let path = format!("/accounts/{account}/browser-rendering/crawl");
    let job = post(&client, path, json!({ "url": "https://example.com" })).await;
    let wait = || {
        let crawl = client.browser_rendering().crawl();
        crawl.get(account, job.as_str().unwrap()).wait()
    };
    assert_eq!(wait().await.unwrap().status, "completed");
    say(
        &emulator,
        "/accounts/*/browser-rendering/crawl/*",
        "/result/status",
        "errored",
    );
    let error = wait().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.state()),
        (ErrorKind::Failed, Some("errored"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_deployment_of_pages_is_built_or_fails() {
    let (emulator, client) = start().await;
    let account = emulator.account_id();
    let projects = format!("/accounts/{account}/pages/projects");
    let source = json!({ "type": "github", "config": { "owner": "ada", "repo_name": "site" } });
    let project = json!({ "name": "site", "production_branch": "main", "source": source });
    post(&client, projects.clone(), project).await;
    emulator.set_pending(Pending::polls(2));
    let deploy = || async {
        let call = client.request(Method::POST, format!("{projects}/site/deployments"));
        let form = http::HeaderValue::from_static("multipart/form-data; boundary=b");
        let call = call.header(http::header::CONTENT_TYPE, form);
        let deployment: Value = call.body("--b--\r\n").send().await.unwrap();
        id(&deployment, "id")
    };
    let wait = |deployment: String| {
        let deployments = client.pages().projects().deployments();
        deployments.get(account, "site", deployment)
    };
    let built = wait(deploy().await).wait().await.unwrap();
    assert_eq!(built.latest_stage.status.as_str(), "success");

    // A judge of one's own: as soon as it is being built.
    let is_building = |deployment: &Deployment| deployment.latest_stage.name.as_str() == "build";
    let deployment = deploy().await;
    wait(deployment.clone())
        .wait_until(is_building)
        .await
        .unwrap();
    let path = "/accounts/*/pages/projects/*/deployments/*";
    say(&emulator, path, "/result/latest_stage/status", "failure");
    let error = wait(deployment).wait().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed);
    assert!(error.state().unwrap().contains("failure"), "{error}");
}
