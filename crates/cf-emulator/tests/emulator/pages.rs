//! Pages: projects and their custom domains.

use cf_emulator::{Emulator, TokenSpec};
use serde_json::{Value, json};

use crate::client::Client;

pub(crate) async fn start() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let projects = format!("/accounts/{}/pages/projects", emulator.account_id());
    (emulator, client, projects)
}

pub(crate) async fn project(client: &Client, projects: &str, name: &str) -> String {
    let body = json!({ "name": name, "production_branch": "main" });
    client.post(projects, body).await.result();
    format!("{projects}/{name}")
}

#[tokio::test]
async fn a_project_is_made_read_renamed_and_deleted() {
    let (_emulator, client, projects) = start().await;
    let path = project(&client, &projects, "site").await;
    let made = client.get(&path).await.result();
    assert_eq!(
        (
            &made["subdomain"],
            &made["domains"],
            &made["latest_deployment"]
        ),
        (
            &json!("site.pages.dev"),
            &json!(["site.pages.dev"]),
            &Value::Null
        )
    );
    let production = &made["deployment_configs"]["production"];
    assert_eq!(
        (&production["fail_open"], &production["compatibility_flags"]),
        (&json!(true), &json!([]))
    );
    let edit = json!({ "production_branch": "live", "build_config": { "build_command": "make", "destination_dir": "out" } });
    let edited = client.patch(&path, edit).await.result();
    assert_eq!(
        (
            &edited["production_branch"],
            &edited["build_config"]["build_command"],
            &edited["build_config"]["root_dir"]
        ),
        (&json!("live"), &json!("make"), &json!(""))
    );
    let renamed = client
        .patch(&path, json!({ "name": "other" }))
        .await
        .result();
    assert_eq!(
        (&renamed["id"], &renamed["subdomain"]),
        (&made["id"], &json!("site.pages.dev"))
    );
    assert_eq!(client.get(&path).await.failure(), (404, 8_000_007));
    let path = format!("{projects}/other");
    assert_eq!(
        client
            .post(&format!("{path}/purge_build_cache"), json!({}))
            .await
            .result(),
        Value::Null
    );
    assert_eq!(client.delete(&path).await.result(), Value::Null);
    for gone in [
        client.get(&path).await,
        client.delete(&path).await,
        client.patch(&path, json!({})).await,
    ] {
        assert_eq!(gone.failure(), (404, 8_000_007));
    }
}

#[tokio::test]
async fn names_have_a_form_and_are_taken_once() {
    let (emulator, client, projects) = start().await;
    for name in [
        "",
        "-a",
        "a-",
        "With-Capitals",
        "under_score",
        "dot.ted",
        &"a".repeat(59),
    ] {
        let body = json!({ "name": name, "production_branch": "main" });
        assert_eq!(
            client.post(&projects, body).await.failure(),
            (400, 8_000_001),
            "{name}"
        );
    }
    for body in [
        json!({ "name": "a" }),
        json!({ "name": "a", "production_branch": "" }),
    ] {
        assert_eq!(
            client.post(&projects, body).await.failure(),
            (400, 8_000_001)
        );
    }
    project(&client, &projects, "site").await;
    let again = json!({ "name": "site", "production_branch": "main" });
    assert_eq!(
        client.post(&projects, again).await.failure(),
        (409, 8_000_002)
    );
    let other = project(&client, &projects, "other").await;
    assert_eq!(
        client
            .patch(&other, json!({ "name": "site" }))
            .await
            .failure(),
        (409, 8_000_002)
    );
    // Subdomains of pages.dev are global, project names are per account.
    let account = emulator.add_account("second");
    let projects = format!("/accounts/{account}/pages/projects");
    let path = project(&client, &projects, "site").await;
    let subdomain = client.get(&path).await.result()["subdomain"].clone();
    let subdomain = subdomain.as_str().unwrap();
    assert!(
        subdomain.starts_with("site-") && subdomain.ends_with(".pages.dev"),
        "{subdomain}"
    );
}

#[tokio::test]
async fn projects_are_paged() {
    let (_emulator, client, projects) = start().await;
    for name in ["a", "b", "c"] {
        project(&client, &projects, name).await;
    }
    let page = client
        .get(&format!("{projects}?page=2&per_page=2"))
        .await
        .json();
    assert_eq!(
        (
            &page["result"][0]["name"],
            &page["result_info"]["total_count"]
        ),
        (&json!("a"), &json!(3))
    );
    for bad in ["per_page=26", "per_page=0", "page=0", "page=last"] {
        assert_eq!(
            client.get(&format!("{projects}?{bad}")).await.failure(),
            (400, 8_000_024),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn secrets_go_in_and_do_not_come_out() {
    let (emulator, client, projects) = start().await;
    let path = project(&client, &projects, "site").await;
    let variables = json!({ "KEY": { "type": "secret_text", "value": "hush" }, "MODE": { "type": "plain_text", "value": "fast" } });
    let configs = json!({ "deployment_configs": { "production": { "env_vars": variables, "kv_namespaces": { "KV": { "namespace_id": "x" } } } } });
    let edited = client.patch(&path, configs).await.result();
    let production = &edited["deployment_configs"]["production"];
    assert_eq!(
        production["env_vars"]["KEY"],
        json!({ "type": "secret_text", "value": "" })
    );
    assert_eq!(production["env_vars"]["MODE"]["value"], "fast");
    assert_eq!(
        edited["deployment_configs"]["preview"]["env_vars"],
        json!({})
    );
    assert!(
        !client
            .get(&projects)
            .await
            .json()
            .to_string()
            .contains("hush")
    );
    assert!(
        emulator.snapshot().to_string().contains("hush"),
        "it is kept"
    );
    // What is null is removed, what is not named stays.
    let change = json!({ "deployment_configs": { "production": { "env_vars": { "MODE": null }, "compatibility_flags": ["nodejs_compat"], "kv_namespaces": { "KV": null } } } });
    let changed = client.patch(&path, change).await.result();
    let production = &changed["deployment_configs"]["production"];
    assert_eq!(
        (
            production["env_vars"].as_object().unwrap().len(),
            &production["kv_namespaces"],
            &production["compatibility_flags"]
        ),
        (1, &json!({}), &json!(["nodejs_compat"]))
    );
    for bad in [
        json!({ "A": { "type": "file", "value": "x" } }),
        json!({ "A": "x" }),
        json!({ "A": { "type": "plain_text" } }),
    ] {
        let body = json!({ "deployment_configs": { "preview": { "env_vars": bad } } });
        assert_eq!(
            client.patch(&path, body.clone()).await.failure(),
            (400, 8_000_001),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_repository_is_a_source_from_the_start_or_never() {
    let (_emulator, client, projects) = start().await;
    let source = json!({ "type": "github", "config": { "owner": "ada", "repo_name": "site" } });
    let body = json!({ "name": "git", "production_branch": "trunk", "source": source });
    let made = client.post(&projects, body).await.result();
    let config = &made["source"]["config"];
    assert_eq!(
        (
            &config["production_branch"],
            &config["pr_comments_enabled"],
            &config["preview_branch_includes"]
        ),
        (&json!("trunk"), &json!(true), &json!(["*"]))
    );
    let change =
        json!({ "source": { "type": "github", "config": { "pr_comments_enabled": false } } });
    let changed = client
        .patch(&format!("{projects}/git"), change.clone())
        .await
        .result();
    let config = &changed["source"]["config"];
    assert_eq!(
        (&config["pr_comments_enabled"], &config["owner"]),
        (&json!(false), &json!("ada"))
    );
    for bad in [
        json!({ "type": "github", "config": {} }),
        json!({ "type": "floppy", "config": { "owner": "a", "repo_name": "b" } }),
    ] {
        let body = json!({ "name": "bad", "production_branch": "main", "source": bad });
        assert_eq!(
            client.post(&projects, body).await.failure(),
            (400, 8_000_001)
        );
    }
    let direct = project(&client, &projects, "direct").await;
    assert_eq!(
        client.patch(&direct, change).await.failure(),
        (400, 8_000_001)
    );
}

#[tokio::test]
async fn domains_become_active_in_zones_of_the_account() {
    let (emulator, client, projects) = start().await;
    let zone = emulator
        .add_zone(emulator.account_id(), "example.com")
        .unwrap();
    let path = project(&client, &projects, "site").await;
    let domains = format!("{path}/domains");
    let added = client
        .post(&domains, json!({ "name": "WWW.example.com" }))
        .await
        .result();
    assert_eq!(
        (&added["name"], &added["status"], &added["zone_tag"]),
        (
            &json!("www.example.com"),
            &json!("initializing"),
            &json!(zone)
        )
    );
    client
        .post(&domains, json!({ "name": "www.example.org" }))
        .await
        .result();
    for (name, status) in [
        ("www.example.com", "active"),
        ("www.example.org", "pending"),
    ] {
        let again = client
            .patch(&format!("{domains}/{name}"), json!({}))
            .await
            .result();
        assert_eq!(
            (&again["status"], &again["validation_data"]["status"]),
            (&json!(status), &json!(status))
        );
        assert_eq!(
            client.get(&format!("{domains}/{name}")).await.result(),
            again
        );
    }
    assert_eq!(
        client.get(&path).await.result()["domains"],
        json!(["site.pages.dev", "www.example.com", "www.example.org"])
    );
    let other = project(&client, &projects, "other").await;
    for taken in [&domains, &format!("{other}/domains")] {
        assert_eq!(
            client
                .post(taken, json!({ "name": "www.example.com" }))
                .await
                .failure(),
            (409, 8_000_018)
        );
    }
    for bad in [
        json!({}),
        json!({ "name": "localhost" }),
        json!({ "name": "https://example.com" }),
        json!({ "name": "x.pages.dev" }),
    ] {
        assert_eq!(client.post(&domains, bad).await.failure(), (400, 8_000_001));
    }
    assert_eq!(
        client.delete(&path).await.failure(),
        (400, 8_000_028),
        "domains are in the way"
    );
    for name in ["www.example.com", "www.example.org"] {
        client.delete(&format!("{domains}/{name}")).await.result();
    }
    assert_eq!(
        client
            .get(&format!("{domains}/www.example.com"))
            .await
            .failure(),
        (404, 8_000_021)
    );
    assert_eq!(client.get(&domains).await.result(), json!([]));
    client.delete(&path).await.result();
    assert_eq!(client.get(&domains).await.failure(), (404, 8_000_007));
}

#[tokio::test]
async fn projects_ask_for_their_groups() {
    let (emulator, owner, projects) = start().await;
    let path = project(&owner, &projects, "site").await;
    for (group, read) in [("Pages Read", 200), ("Workers Scripts Write", 403)] {
        let token = emulator.add_token(TokenSpec::new([group])).unwrap();
        let client = Client::with_token(&emulator, &token.value);
        assert_eq!(client.get(&projects).await.status, read);
        assert_eq!(
            client.get(&format!("{path}/deployments")).await.status,
            read
        );
        assert_eq!(
            client
                .post(&format!("{path}/deployments"), json!({}))
                .await
                .failure(),
            (403, 10000)
        );
        assert_eq!(
            client.get(&format!("{path}/upload-token")).await.failure(),
            (403, 10000)
        );
    }
}
