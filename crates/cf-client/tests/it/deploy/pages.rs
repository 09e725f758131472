use cf_client::deploy::{Files, Site};
use cf_client::types::pages::projects::ProjectParam;
use cf_client::{Client, ErrorKind};
use cf_emulator::Fault;
use http::{Method, StatusCode};
use serde_json::Value;

use super::{bodies, folder, start, write};

async fn project(client: &Client, account: &str) {
    let project = ProjectParam::new("site", "main");
    client
        .pages()
        .projects()
        .create(account, project)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_folder_is_deployed_and_unchanged_files_stay() {
    let (emulator, client, account) = start().await;
    project(&client, &account).await;
    let folder = folder(&[
        ("index.html", b"<h1>Hello</h1>"),
        ("blog/index.html", b"<h1>Blog</h1>"),
        ("logo.png", b"foobar"),
        ("_headers", b"/*\n  A: b"),
        ("_redirects", b"/a /b"),
        (
            "_routes.json",
            br#"{"version":1,"include":["/api/*"],"exclude":[]}"#,
        ),
        ("_worker.js", b"export default {}"),
        ("functions/secret.js", b"secret"),
        ("blog/node_modules/x.js", b"x"),
        (".git/config", b"x"),
        ("blog/.DS_Store", b"x"),
    ]);
    let site = || {
        Site::folder(folder.path())
            .branch("main")
            .commit_message("First")
    };
    let deployed = client.deploy_site(&account, "site", site()).await.unwrap();
    assert_eq!((deployed.files.files, deployed.files.uploaded), (3, 3));
    let shown = deployed.deployment;
    assert_eq!(shown.environment.as_str(), "production");
    assert_eq!(shown.uses_functions, Some(true));
    let form = bodies(&emulator, &Method::POST, "/deployments").concat();
    for part in [
        "\"_headers\"",
        "\"_redirects\"",
        "\"_worker.js\"",
        "\"_routes.json\"",
        "First",
    ] {
        assert!(form.contains(part), "{part} is not in {form}");
    }
    let manifest = form.lines().find(|line| line.starts_with("{\"/")).unwrap();
    let manifest: Value = serde_json::from_str(manifest).unwrap();
    assert_eq!(manifest["/logo.png"], "2082190357cfd3617ccfe04f340c6247");
    assert_eq!(manifest.as_object().unwrap().len(), 3);
    let sent = bodies(&emulator, &Method::POST, "/pages/assets/upload").concat();
    assert!(
        sent.contains("image/png") && sent.contains("text/html"),
        "{sent}"
    );

    write(folder.path(), "index.html", b"<h1>Hello again</h1>");
    let deployed = client
        .deploy_site(&account, "site", site().branch("try"))
        .await;
    let deployed = deployed.unwrap();
    assert_eq!((deployed.files.files, deployed.files.uploaded), (3, 1));
    assert_eq!(deployed.deployment.environment.as_str(), "preview");
}

#[tokio::test]
async fn many_files_go_in_several_requests() {
    let (emulator, client, account) = start().await;
    project(&client, &account).await;
    let numbered = (0..2001).fold(Files::new(), |files, number| {
        files.file(format!("{number}.txt"), number.to_string())
    });
    let deployed = client
        .deploy_site(&account, "site", Site::new(numbered))
        .await;
    assert_eq!(deployed.unwrap().files.uploaded, 2001);
    assert_eq!(
        bodies(&emulator, &Method::POST, "/pages/assets/upload").len(),
        2
    );
}

#[tokio::test]
async fn what_goes_wrong_is_said() {
    let (emulator, client, account) = start().await;
    let site = || Site::new(Files::new().file("index.html", "x"));
    let error = client
        .deploy_site(&account, "site", site())
        .await
        .unwrap_err();
    assert!(error.is_not_found(), "{error}");
    project(&client, &account).await;

    // The last step only spares work later.
    let failed = Fault::error(StatusCode::INTERNAL_SERVER_ERROR, 1, "later");
    emulator.inject(
        failed
            .on(Method::POST, "/pages/assets/upsert-hashes")
            .always(),
    );
    client.deploy_site(&account, "site", site()).await.unwrap();

    let failed = Fault::error(StatusCode::BAD_REQUEST, 1, "no");
    emulator.inject(failed.on(Method::POST, "/pages/assets/upload"));
    let other = Site::new(Files::new().file("other.html", "y"));
    let error = client
        .deploy_site(&account, "site", other)
        .await
        .unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::BAD_REQUEST));
    assert_eq!(bodies(&emulator, &Method::POST, "/deployments").len(), 1);

    let folder = folder(&[("_worker.js/index.js", b""), ("a.txt", b"")]);
    let error = client
        .deploy_site(&account, "site", Site::folder(folder.path()))
        .await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build);
    assert!(error.to_string().contains("bundle it"), "{error}");
}
