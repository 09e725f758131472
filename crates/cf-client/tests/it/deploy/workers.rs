use cf_client::deploy::{Files, Worker};
use cf_client::types::shared::{Assets, AssetsConfig, Binding, MigrationStep, ScriptMetadata};
use cf_client::{Client, Error, ErrorKind};
use cf_emulator::Fault;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{bodies, folder, start, write};

const CODE: &str = "export default { fetch: (request, env) => env.ASSETS.fetch(request) }";

fn worker() -> Worker {
    Worker::new(ScriptMetadata::new().compatibility_date("2026-11-01")).module("worker.js", CODE)
}

/// The metadata in the form of the latest upload of a script.
fn metadata(emulator: &cf_emulator::Emulator, script: &str) -> Value {
    let forms = bodies(emulator, &Method::PUT, &format!("/scripts/{script}"));
    let form = forms.last().unwrap();
    let line = form.lines().find(|line| line.starts_with('{')).unwrap();
    serde_json::from_str(line).unwrap()
}

#[tokio::test]
async fn files_are_uploaded_once() {
    let (emulator, client, account) = start().await;
    let folder = folder(&[
        ("index.html", b"<h1>Hello</h1>"),
        ("copy.html", b"<h1>Hello</h1>"),
        ("css/site.css", b"h1 { color: red }"),
        ("raw.unheard-of", &[0, 159, 146, 150]),
        ("empty.txt", b""),
        ("site.js.map", b"{}"),
        ("_headers", b"/*\n  X-Robots-Tag: noindex"),
        ("_redirects", b"/old /new 301"),
        (".assetsignore", b"*.map\n_worker.js\n"),
        ("_worker.js/index.js", b"secret"),
        (".well-known/security.txt", b"Contact: mailto:a@example.com"),
    ]);
    let deploy = || worker().assets(Files::folder(folder.path()));
    let deployed = client.deploy_worker(&account, "site", deploy()).await;
    let deployed = deployed.unwrap();
    assert_eq!(deployed.script.has_assets, Some(true));
    assert_eq!(deployed.script.id, "site");
    let counts = |uploaded: cf_client::deploy::Uploaded| (uploaded.files, uploaded.uploaded);
    // The two pages are one content.
    assert_eq!(counts(deployed.assets), (6, 5));
    let sent = metadata(&emulator, "site");
    assert_eq!(sent["main_module"], "worker.js");
    assert_eq!(sent["keep_bindings"], json!(["secret_text", "secret_key"]));
    let config = &sent["assets"]["config"];
    assert_eq!(config["_headers"], "/*\n  X-Robots-Tag: noindex");
    assert_eq!(config["_redirects"], "/old /new 301");
    let form = bodies(&emulator, &Method::POST, "/assets/upload").concat();
    for media_type in [
        "text/html; charset=utf-8",
        "text/css; charset=utf-8",
        "application/null",
    ] {
        assert!(form.contains(media_type), "{media_type} is not in {form}");
    }

    let deployed = client.deploy_worker(&account, "site", deploy()).await;
    assert_eq!(counts(deployed.unwrap().assets), (6, 0));
    write(folder.path(), "index.html", b"<h1>Hello again</h1>");
    let deployed = client.deploy_worker(&account, "site", deploy()).await;
    assert_eq!(counts(deployed.unwrap().assets), (6, 1));
    // Another Worker of the account finds them, too.
    let deployed = client.deploy_worker(&account, "other", deploy()).await;
    assert_eq!(counts(deployed.unwrap().assets), (6, 0));
}

#[tokio::test]
async fn hashes_are_those_of_wrangler() {
    let (emulator, client, account) = start().await;
    let files = Files::new()
        .file("/logo.png", "foobar")
        .file("logo.txt", "foobar");
    let only_files = Worker::new(ScriptMetadata::new()).assets(files);
    client
        .deploy_worker(&account, "logo", only_files)
        .await
        .unwrap();
    let manifest = bodies(&emulator, &Method::POST, "/assets-upload-session");
    let manifest: Value = serde_json::from_str(&manifest[0]).unwrap();
    let expected = json!({ "manifest": {
        "/logo.png": { "hash": "2082190357cfd3617ccfe04f340c6247", "size": 6 },
        "/logo.txt": { "hash": "1a98fb08af91aca4a7df1764a2c4ddb0", "size": 6 },
    } });
    assert_eq!(manifest, expected);
    // There is no code whose bindings could be kept.
    let sent = metadata(&emulator, "logo");
    assert!(
        sent.get("main_module").is_none() && sent.get("keep_bindings").is_none(),
        "{sent}"
    );
}

#[tokio::test]
async fn what_the_caller_configured_stays() {
    let (emulator, client, account) = start().await;
    let config = AssetsConfig::new()
        .not_found_handling("single-page-application")
        .headers("/own\n  A: b");
    let metadata_param = ScriptMetadata::new()
        .assets(Assets::new().config(config))
        .bindings([Binding::assets("ASSETS")])
        .keep_bindings(["plain_text"]);
    let files = Files::new()
        .file("index.html", "x")
        .file("_headers", "/*\n  C: d");
    let worker = Worker::new(metadata_param)
        .module("main.mjs", CODE)
        .module("lib/data.json", "{}")
        .module("add.wasm", vec![0, 97, 115, 109])
        .assets(files);
    client.deploy_worker(&account, "own", worker).await.unwrap();
    let sent = metadata(&emulator, "own");
    assert_eq!(sent["assets"]["config"]["_headers"], "/own\n  A: b");
    assert_eq!(
        sent["assets"]["config"]["not_found_handling"],
        "single-page-application"
    );
    assert_eq!(
        (&sent["main_module"], &sent["keep_bindings"]),
        (&json!("main.mjs"), &json!(["plain_text"]))
    );
    let form = bodies(&emulator, &Method::PUT, "/scripts/own").concat();
    for part in [
        "application/javascript+module",
        "application/wasm",
        "application/json",
        "lib/data.json",
    ] {
        assert!(form.contains(part), "{part} is not in {form}");
    }
}

#[tokio::test]
async fn interruptions_are_overcome() {
    let (emulator, client, account) = start().await;
    let upload = || worker().assets(Files::new().file("a.txt", "a").file("b.txt", "b"));
    // The reply with the token is lost; what is asked again has none.
    emulator.inject(Fault::lose_reply().on(Method::POST, "/accounts/*/workers/assets/upload"));
    let deployed = client
        .deploy_worker(&account, "one", upload())
        .await
        .unwrap();
    assert_eq!(deployed.script.has_assets, Some(true));

    // The session expires.
    let expired = Fault::error(StatusCode::UNAUTHORIZED, 10000, "Authentication error");
    emulator.inject(expired.on(Method::POST, "/accounts/*/workers/assets/upload"));
    let more = worker().assets(Files::new().file("c.txt", "c"));
    let deployed = client.deploy_worker(&account, "two", more).await.unwrap();
    assert_eq!((deployed.assets.files, deployed.assets.uploaded), (1, 1));

    // Nothing is deployed if the files cannot be.
    let refused = Fault::error(StatusCode::FORBIDDEN, 10000, "Authentication error");
    emulator.inject(
        refused
            .on(Method::POST, "/accounts/*/workers/assets/upload")
            .always(),
    );
    let more = worker().assets(Files::new().file("d.txt", "d"));
    let error = client
        .deploy_worker(&account, "three", more)
        .await
        .unwrap_err();
    assert!(error.is_auth(), "{error}");
    let missing = client
        .workers()
        .scripts()
        .settings()
        .get(&account, "three")
        .await;
    assert!(missing.unwrap_err().is_not_found());
}

#[tokio::test]
async fn migrations_are_carried_out_once() {
    let (emulator, client, account) = start().await;
    let rooms = || MigrationStep::new().new_sqlite_classes(["Room"]);
    let deploy = async |migrations: Vec<(&str, MigrationStep)>| {
        let worker = worker().migrations(migrations);
        client.deploy_worker(&account, "chat", worker).await
    };
    let sent = || metadata(&emulator, "chat").get("migrations").cloned();
    deploy(vec![("v1", rooms())]).await.unwrap();
    let step = json!({ "new_sqlite_classes": ["Room"] });
    assert_eq!(sent(), Some(json!({ "new_tag": "v1", "steps": [step] })));
    let script = deploy(vec![("v1", rooms())]).await.unwrap().script;
    assert_eq!(
        (sent(), script.migration_tag.as_deref()),
        (None, Some("v1"))
    );

    let gone = || MigrationStep::new().deleted_classes(["Room"]);
    let (two, three) = (("v2", gone()), ("v3", rooms()));
    deploy(vec![("v1", rooms()), two, three]).await.unwrap();
    let steps = json!([{ "deleted_classes": ["Room"] }, { "new_sqlite_classes": ["Room"] }]);
    assert_eq!(
        sent(),
        Some(json!({ "old_tag": "v1", "new_tag": "v3", "steps": steps }))
    );

    let error = deploy(vec![("v4", rooms())]).await.unwrap_err();
    assert!(error.to_string().contains("\"v3\""), "{error}");
    let error = deploy(vec![("v1", rooms()), ("v1", gone())])
        .await
        .unwrap_err();
    assert!(error.to_string().contains("twice"), "{error}");
}

async fn refused(client: &Client, account: &str, worker: Worker) -> Error {
    let error = client
        .deploy_worker(account, "no", worker)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build, "{error}");
    error
}

#[tokio::test]
async fn mistakes_are_found_before_anything_is_sent() {
    let (emulator, client, account) = start().await;
    let folder = folder(&[("_worker.js/index.js", b"secret"), ("big.bin", b"")]);
    let big = std::fs::File::options()
        .write(true)
        .open(folder.path().join("big.bin"));
    big.unwrap().set_len((25 << 20) + 1).unwrap();
    let empty = tempfile::tempdir().unwrap();
    let cases = [
        (
            Worker::new(ScriptMetadata::new()),
            "neither a module nor static files",
        ),
        (worker().module("worker.js", "twice"), "used twice"),
        (worker().module("", "nameless"), "is empty"),
        (
            Worker::new(ScriptMetadata::new().main_module("x.js")).module("y.js", ""),
            "\"x.js\"",
        ),
        (
            worker().assets(Files::folder(empty.path())),
            "no files to deploy",
        ),
        (
            worker().assets(Files::folder(empty.path().join("none"))),
            "is not a folder",
        ),
        (
            worker().assets(Files::folder(folder.path())),
            "would be public",
        ),
        (
            worker().assets(Files::new().file("_worker.js", "secret")),
            "would be public",
        ),
        (worker().assets(Files::new().file("a//b", "")), "\"a//b\""),
        (worker().assets(Files::new().file("../b", "")), "\"../b\""),
        (
            worker().assets(Files::new().file("big", vec![0; (25 << 20) + 1])),
            "25 MiB",
        ),
        (
            worker().assets(Files::new().file("_headers", vec![0xff]).file("a", "")),
            "not UTF-8",
        ),
    ];
    for (worker, expected) in cases {
        let error = refused(&client, &account, worker).await.to_string();
        assert!(error.contains(expected), "{expected:?} is not in {error:?}");
    }
    std::fs::remove_dir_all(folder.path().join("_worker.js")).unwrap();
    let error = refused(
        &client,
        &account,
        worker().assets(Files::folder(folder.path())),
    )
    .await;
    assert!(error.to_string().contains("/big.bin"), "{error}");
    assert!(emulator.requests().is_empty());
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_followed_and_loops_refused() {
    use std::os::unix::fs::symlink;

    let (_emulator, client, account) = start().await;
    let folder = folder(&[("real/page.html", b"page")]);
    let at = |name: &str| folder.path().join(name);
    symlink(at("real"), at("linked")).unwrap();
    symlink(at("real/page.html"), at("index.html")).unwrap();
    let deploy = || worker().assets(Files::folder(folder.path()));
    let deployed = client.deploy_worker(&account, "links", deploy()).await;
    assert_eq!(deployed.unwrap().assets.files, 3);
    symlink(folder.path(), at("real/loop")).unwrap();
    let error = refused(&client, &account, deploy()).await;
    assert!(error.to_string().contains("loop"), "{error}");
}
