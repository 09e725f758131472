//! Pages: uploading files, and deployments.

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use cf_emulator::{Emulator, TokenSpec};
use http::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client, form};
use crate::pages::{project, start};

/// Sends a form of fields.
async fn deploy(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let heads = fields.iter().map(|(name, _)| format!("name=\"{name}\""));
    let heads: Vec<_> = heads.collect();
    let parts = heads.iter().zip(fields);
    let parts: Vec<_> = parts
        .map(|(head, (_, value))| (&**head, value.as_bytes()))
        .collect();
    let path = format!("{path}/deployments");
    client.send_form(Method::POST, &path, form(&parts)).await
}

async fn with_token(emulator: &Emulator, owner: &Client, path: &str) -> (Client, Value) {
    let jwt = owner.get(&format!("{path}/upload-token")).await.result()["jwt"].clone();
    let jwt = jwt.as_str().unwrap();
    let claims = BASE64_URL_SAFE_NO_PAD
        .decode(jwt.split('.').nth(1).unwrap())
        .unwrap();
    (
        Client::with_token(emulator, jwt),
        serde_json::from_slice(&claims).unwrap(),
    )
}

#[tokio::test]
async fn files_are_sent_once() {
    let (emulator, owner, projects) = start().await;
    let path = project(&owner, &projects, "site").await;
    let (uploader, claims) = with_token(&emulator, &owner, &path).await;
    assert!(claims["exp"].as_i64() > claims["iat"].as_i64());
    assert_eq!(claims["max_file_count_allowed"], 20_000);
    let hashes = json!({ "hashes": ["aaa", "bbb"] });
    assert_eq!(
        uploader
            .post("/pages/assets/check-missing", hashes.clone())
            .await
            .result(),
        json!(["aaa", "bbb"])
    );
    assert_eq!(
        uploader
            .post("/pages/assets/upsert-hashes", hashes.clone())
            .await
            .failure(),
        (400, 8_000_001)
    );
    let file = |key: &str| json!({ "key": key, "value": BASE64_STANDARD.encode("<html>"), "metadata": { "contentType": "text/html" }, "base64": true });
    let sent = uploader
        .post("/pages/assets/upload", json!([file("aaa")]))
        .await
        .result();
    assert_eq!(sent["successful_key_count"], 1);
    assert_eq!(
        uploader
            .post("/pages/assets/check-missing", hashes.clone())
            .await
            .result(),
        json!(["bbb"])
    );
    uploader
        .post("/pages/assets/upload", json!([file("bbb")]))
        .await
        .result();
    uploader
        .post("/pages/assets/upsert-hashes", hashes.clone())
        .await
        .result();

    for bad in [
        json!({}),
        json!([{ "key": "c" }]),
        json!([{ "key": "c", "value": "?", "base64": true }]),
    ] {
        assert_eq!(
            uploader.post("/pages/assets/upload", bad).await.failure(),
            (400, 8_000_001)
        );
    }
    // An API token is not valid for uploads, and the other way round.
    for route in ["check-missing", "upload", "upsert-hashes"] {
        let answer = owner
            .post(&format!("/pages/assets/{route}"), hashes.clone())
            .await;
        assert_eq!(answer.failure(), (401, 8_000_013), "{route}");
    }
    assert!(!uploader.get(&path).await.status.is_success());
    // Another account has its own files.
    let account = emulator.add_account("second");
    let elsewhere = project(
        &owner,
        &format!("/accounts/{account}/pages/projects"),
        "site",
    )
    .await;
    let (other, _) = with_token(&emulator, &owner, &elsewhere).await;
    assert_eq!(
        other
            .post("/pages/assets/check-missing", hashes)
            .await
            .result(),
        json!(["aaa", "bbb"])
    );
}

#[tokio::test]
async fn a_branch_decides_on_the_environment() {
    let (_emulator, client, projects) = start().await;
    let path = project(&client, &projects, "site").await;
    let manifest = ("manifest", r#"{"/index.html":"aaa"}"#);
    let preview = [
        manifest,
        ("branch", "Feature/Log_in"),
        ("commit_hash", "abc"),
        ("commit_message", "try"),
        ("commit_dirty", "true"),
    ];
    let preview = deploy(&client, &path, &preview).await.result();
    assert_eq!(
        (&preview["environment"], &preview["aliases"][0]),
        (
            &json!("preview"),
            &json!("https://feature-log-in.site.pages.dev")
        )
    );
    assert_eq!(
        preview["deployment_trigger"]["metadata"],
        json!({ "branch": "Feature/Log_in", "commit_hash": "abc", "commit_message": "try", "commit_dirty": true })
    );
    assert_eq!(
        client.get(&path).await.result()["canonical_deployment"],
        Value::Null
    );
    let production = deploy(&client, &path, &[manifest, ("_worker.bundle", "code")])
        .await
        .result();
    assert_eq!(
        (
            &production["environment"],
            &production["uses_functions"],
            &production["latest_stage"]["name"],
            &production["latest_stage"]["status"]
        ),
        (
            &json!("production"),
            &json!(true),
            &json!("deploy"),
            &json!("success")
        )
    );
    let short = production["short_id"].as_str().unwrap();
    assert_eq!(production["url"], format!("https://{short}.site.pages.dev"));
    let shown = client.get(&path).await.result();
    assert_eq!(
        (&shown["canonical_deployment"], &shown["latest_deployment"]),
        (&production, &production)
    );

    for (query, count) in [
        ("", 2),
        ("?env=preview", 1),
        ("?env=production", 1),
        ("?per_page=1&page=2", 1),
        ("?page=3", 0),
    ] {
        let found = client
            .get(&format!("{path}/deployments{query}"))
            .await
            .result();
        assert_eq!(found.as_array().unwrap().len(), count, "{query}");
    }
    let newest = client
        .get(&format!("{path}/deployments?per_page=1"))
        .await
        .json();
    assert_eq!(
        (
            &newest["result"][0]["id"],
            &newest["result_info"]["total_pages"]
        ),
        (&production["id"], &json!(2))
    );
    assert_eq!(
        client
            .get(&format!("{path}/deployments?env=staging"))
            .await
            .failure(),
        (400, 8_000_001)
    );
    assert_eq!(
        client
            .get(&format!("{path}/deployments?per_page=26"))
            .await
            .failure(),
        (400, 8_000_024)
    );
}

#[tokio::test]
async fn what_is_deployed_has_to_be_said() {
    let (_emulator, client, projects) = start().await;
    let path = project(&client, &projects, "site").await;
    assert_eq!(
        deploy(&client, &path, &[("branch", "main")])
            .await
            .failure(),
        (400, 8_000_096)
    );
    assert_eq!(
        client
            .call(Method::POST, &format!("{path}/deployments"), None)
            .await
            .failure(),
        (400, 8_000_096)
    );
    for bad in ["", "files", "[]", r#"{"/a":1}"#] {
        assert_eq!(
            deploy(&client, &path, &[("manifest", bad)]).await.failure(),
            (400, 8_000_001),
            "{bad}"
        );
    }
    assert_eq!(
        deploy(
            &client,
            &path,
            &[("manifest", "{}"), ("commit_dirty", "maybe")]
        )
        .await
        .failure(),
        (400, 8_000_001)
    );
    let unknown = format!("{projects}/none");
    assert_eq!(
        deploy(&client, &unknown, &[("manifest", "{}")])
            .await
            .failure(),
        (404, 8_000_007)
    );
    // The repository determines the rest.
    let source = json!({ "type": "gitlab", "config": { "owner": "ada", "repo_name": "site" } });
    client
        .post(
            &projects,
            json!({ "name": "git", "production_branch": "main", "source": source }),
        )
        .await
        .result();
    let built = deploy(&client, &format!("{projects}/git"), &[("branch", "main")])
        .await
        .result();
    assert_eq!(
        (&built["source"]["type"], &built["environment"]),
        (&json!("gitlab"), &json!("production"))
    );
}

#[tokio::test]
async fn production_goes_back_and_old_deployments_go() {
    let (_emulator, client, projects) = start().await;
    let path = project(&client, &projects, "site").await;
    let deployments = format!("{path}/deployments");
    let mut ids = Vec::new();
    for branch in ["main", "main", "dev", "dev"] {
        let made = deploy(&client, &path, &[("manifest", "{}"), ("branch", branch)])
            .await
            .result();
        ids.push(format!("{deployments}/{}", made["id"].as_str().unwrap()));
    }
    let canonical = async || {
        let project = client.get(&path).await.result();
        format!(
            "{deployments}/{}",
            project["canonical_deployment"]["id"].as_str().unwrap()
        )
    };
    assert_eq!(canonical().await, ids[1]);
    assert_eq!(
        client
            .post(&format!("{}/rollback", ids[1]), json!({}))
            .await
            .failure(),
        (400, 8_000_001),
        "active"
    );
    assert_eq!(
        client
            .post(&format!("{}/rollback", ids[2]), json!({}))
            .await
            .failure(),
        (400, 8_000_001),
        "a preview"
    );
    client
        .post(&format!("{}/rollback", ids[0]), json!({}))
        .await
        .result();
    assert_eq!(canonical().await, ids[0]);
    let retried = client
        .post(&format!("{}/retry", ids[1]), json!({}))
        .await
        .result();
    assert_eq!(
        canonical().await,
        format!("{deployments}/{}", retried["id"].as_str().unwrap())
    );

    assert_eq!(
        client.delete(&canonical().await).await.failure(),
        (400, 8_000_034)
    );
    client.delete(&ids[0]).await.result();
    client.delete(&ids[2]).await.result();
    assert_eq!(
        client.delete(&ids[3]).await.failure(),
        (400, 8_000_035),
        "dev.site.pages.dev leads there"
    );
    client
        .delete(&format!("{}?force=true", ids[3]))
        .await
        .result();
    for gone in [
        client.get(&ids[3]).await,
        client.delete(&ids[3]).await,
        client.post(&format!("{}/retry", ids[3]), json!({})).await,
    ] {
        assert_eq!(gone.failure(), (404, 8_000_009));
    }
}

#[tokio::test]
async fn deployments_have_logs_and_tails_and_no_secrets() {
    let (_emulator, client, projects) = start().await;
    let path = project(&client, &projects, "site").await;
    let variables = json!({ "KEY": { "type": "secret_text", "value": "hush" } });
    client
        .patch(
            &path,
            json!({ "deployment_configs": { "production": { "env_vars": variables } } }),
        )
        .await
        .result();
    let made = deploy(&client, &path, &[("manifest", "{}")]).await.result();
    assert_eq!(
        made["env_vars"]["KEY"],
        json!({ "type": "secret_text", "value": "" })
    );
    let one = format!("{path}/deployments/{}", made["id"].as_str().unwrap());
    let logs = client.get(&format!("{one}/history/logs")).await.result();
    assert_eq!(
        (&logs["total"], logs["data"].as_array().unwrap().len()),
        (&json!(5), 5)
    );
    let tail = client
        .post(&format!("{one}/tails"), json!({ "filters": [] }))
        .await
        .result();
    let tail = format!("{one}/tails/{}", tail["id"].as_str().unwrap());
    client.delete(&tail).await.result();
    assert_eq!(client.delete(&tail).await.failure(), (404, 8_000_009));
}

#[tokio::test]
async fn who_may_read_may_not_upload() {
    let (emulator, owner, projects) = start().await;
    let path = project(&owner, &projects, "site").await;
    for group in ["Pages Read", "DNS Write"] {
        let token = emulator.add_token(TokenSpec::new([group])).unwrap();
        let client = Client::with_token(&emulator, &token.value);
        assert_eq!(
            deploy(&client, &path, &[("manifest", "{}")])
                .await
                .failure(),
            (403, 10000)
        );
    }
}

#[tokio::test]
async fn where_any_identifier_will_do_any_token_does() {
    let emulator = Emulator::builder().any_id().start().await.unwrap();
    let client = Client::new(&emulator);
    let hashes = json!({ "hashes": ["aaa"] });
    let missing = client.post("/pages/assets/check-missing", hashes.clone());
    assert!(missing.await.result().is_array());
    client
        .post("/pages/assets/upsert-hashes", hashes)
        .await
        .result();
    // The request is checked anyway.
    let bad = client.post("/pages/assets/check-missing", json!({}));
    assert_eq!(bad.await.status, 400);
}
