//! Deployments, against the emulator.

mod pages;
mod workers;

use std::fs;
use std::path::Path;

use cf_client::Client;
use cf_emulator::Emulator;
use http::Method;
use tempfile::TempDir;

async fn start() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::builder()
        .api_token(emulator.token())
        .base_url(emulator.base_url())
        .build()
        .unwrap();
    let account = emulator.account_id().to_owned();
    (emulator, client, account)
}

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        write(folder.path(), name, content);
    }
    folder
}

fn write(folder: &Path, name: &str, content: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// The bodies of requests to paths that end so.
fn bodies(emulator: &Emulator, method: &Method, end: &str) -> Vec<String> {
    let requests = emulator.requests();
    let wanted = requests.iter().filter(|request| {
        let path = request.path.split('?').next().unwrap_or_default();
        request.method == *method && path.ends_with(end)
    });
    wanted
        .map(|request| String::from_utf8_lossy(&request.body).into_owned())
        .collect()
}
