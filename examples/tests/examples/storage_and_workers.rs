//! KV, R2 and Workers.

use crate::account::Account;
use cf_client::types::codec::Blob;
use cf_client::types::r2::buckets::BucketParam;
use std::ffi::OsStr;

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
