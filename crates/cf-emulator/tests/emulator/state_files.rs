//! The files of a state: who may read them, and what happens if they change under a running emulator.

use std::fs;
use std::path::Path;

use cf_emulator::Emulator;
use http::Method;
use serde_json::json;

use crate::client::{Answer, Client};

async fn start(directory: &Path) -> std::io::Result<Emulator> {
    Emulator::builder().state(directory).start().await
}

/// A bucket in a new state, with an object in it.
async fn with_object(directory: &Path) -> (Emulator, Client, String) {
    let emulator = start(directory).await.unwrap();
    let client = Client::new(&emulator);
    let buckets = format!("/accounts/{}/r2/buckets", emulator.account_id());
    let bucket = json!({ "name": "bucket" });
    client.post(&buckets, bucket).await.result();
    let object = format!("{buckets}/bucket/objects/o");
    put(&client, &object).await.result();
    (emulator, client, object)
}

async fn put(client: &Client, object: &str) -> Answer {
    let put = client.try_send(Method::PUT, object, None, "content");
    put.await.unwrap()
}

fn only_object(directory: &Path) -> std::path::PathBuf {
    let mut all = fs::read_dir(directory.join("objects")).unwrap();
    all.next().unwrap().unwrap().path()
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_written_is_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let set = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let above = tempfile::tempdir().unwrap();
    let directory = above.path().join("deep/state");
    let (emulator, ..) = with_object(&directory).await;
    let [state, log] = ["state.sqlite3", "state.sqlite3-wal"].map(|name| directory.join(name));
    let objects = directory.join("objects");
    let check = || {
        for file in [&state, &log, &only_object(&directory)] {
            assert_eq!(mode(file), 0o600, "{file:?}");
        }
        assert_eq!(mode(&objects), 0o700);
    };
    check();
    assert_eq!(mode(&directory), 0o700);
    // Even if an earlier program left them open to others, and was killed.
    let copy = tempfile::tempdir().unwrap();
    let copied = copy.path().join("state.sqlite3-wal");
    fs::copy(&log, &copied).unwrap();
    emulator.stop().await.unwrap();
    fs::copy(&copied, &log).unwrap();
    for file in [&state, &log] {
        set(file, 0o664);
    }
    set(&objects, 0o755);
    let emulator = start(&directory).await.unwrap();
    check();
    emulator.stop().await.unwrap();
}

/// Replaces a file of the state under a running emulator.
type Damage = fn(&Path);

#[cfg(unix)]
#[tokio::test]
async fn changes_to_files_that_nobody_finds_any_more_are_refused() {
    let damages: [(&str, Damage); 6] = [
        ("removed", |directory| {
            fs::remove_file(directory.join("state.sqlite3")).unwrap();
        }),
        ("a folder", |directory| {
            fs::remove_file(directory.join("state.sqlite3")).unwrap();
            fs::create_dir(directory.join("state.sqlite3")).unwrap();
        }),
        ("another file", |directory| {
            let file = directory.join("state.sqlite3");
            fs::copy(&file, directory.join("copy")).unwrap();
            fs::rename(directory.join("copy"), file).unwrap();
        }),
        ("without its log", |directory| {
            fs::remove_file(directory.join("state.sqlite3-wal")).unwrap();
        }),
        ("all removed", |directory| {
            fs::remove_dir_all(directory).unwrap();
        }),
        ("moved", |directory| {
            fs::rename(directory, directory.with_extension("moved")).unwrap();
        }),
    ];
    for (what, damage) in damages {
        let above = tempfile::tempdir().unwrap();
        let directory = above.path().join("state");
        let (emulator, client, object) = with_object(&directory).await;
        damage(&directory);
        let zone = json!({ "name": "example.com" });
        let refused = client.post("/zones", zone).await;
        assert_eq!(refused.failure(), (500, 10500), "{what}");
        assert_eq!(
            put(&client, &object).await.failure(),
            (500, 10500),
            "{what}"
        );
        let error = emulator.stop().await.unwrap_err().to_string();
        assert!(error.contains("state.sqlite3"), "{what}: {error}");
    }
}

#[tokio::test]
async fn what_cannot_be_opened_is_an_error_at_the_start() {
    let damages: [(&str, Damage); 4] = [
        ("state.sqlite3", |directory| {
            fs::create_dir_all(directory.join("state.sqlite3")).unwrap();
        }),
        ("state", |directory| fs::write(directory, "a file").unwrap()),
        ("objects", |directory| {
            fs::create_dir_all(directory).unwrap();
            fs::write(directory.join("objects"), "a file").unwrap();
        }),
        ("state.sqlite3", |directory| {
            fs::create_dir_all(directory.join("state.sqlite3-wal")).unwrap();
        }),
    ];
    for (named, damage) in damages {
        let above = tempfile::tempdir().unwrap();
        let directory = above.path().join("state");
        damage(&directory);
        let error = start(&directory).await.unwrap_err().to_string();
        assert!(error.contains(named), "{named}: {error}");
    }
}

/// Stored files that cannot be read are an error, and not skipped.
#[tokio::test]
async fn damaged_rows_are_an_error_at_the_start() {
    for damage in [
        "UPDATE rows SET json = '{'",
        "UPDATE rows SET json = '[]'",
        "UPDATE secrets SET json = '{}'",
        "UPDATE secrets SET json = 'x'",
        "INSERT INTO documents VALUES ('x', 'x')",
    ] {
        let directory = tempfile::tempdir().unwrap();
        let (emulator, ..) = with_object(directory.path()).await;
        emulator.stop().await.unwrap();
        let file = directory.path().join("state.sqlite3");
        let connection = rusqlite::Connection::open(&file).unwrap();
        assert!(connection.execute(damage, []).unwrap() > 0);
        drop(connection);
        let error = start(directory.path()).await.unwrap_err().to_string();
        assert!(error.contains("state.sqlite3"), "{damage}: {error}");
    }
}

#[tokio::test]
async fn an_object_that_is_not_as_it_was_is_an_error_to_its_readers() {
    let damages: [(&str, Damage); 4] = [
        ("removed", |file| fs::remove_file(file).unwrap()),
        ("shorter", |file| fs::write(file, "cont").unwrap()),
        ("longer", |file| {
            fs::write(file, "content and more").unwrap()
        }),
        ("a folder", |file| {
            fs::remove_file(file).unwrap();
            fs::create_dir(file).unwrap();
        }),
    ];
    for (what, damage) in damages {
        let directory = tempfile::tempdir().unwrap();
        let (emulator, client, object) = with_object(directory.path()).await;
        damage(&only_object(directory.path()));
        let read = client.get(&object).await;
        assert_eq!(read.failure(), (500, 10500), "{what}");
        emulator.stop().await.unwrap();
        // The same after a restart; a new object can replace it.
        let emulator = start(directory.path()).await.unwrap();
        let client = Client::new(&emulator);
        let read = client.get(&object).await;
        assert_eq!(read.failure(), (500, 10500), "{what}");
        put(&client, &object).await.result();
        assert_eq!(&client.get(&object).await.body[..], b"content", "{what}");
        emulator.stop().await.unwrap();
    }
}
