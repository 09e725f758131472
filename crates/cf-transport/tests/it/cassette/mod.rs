//! Recording and replaying.

mod replay;
mod scrub;
mod secrets;

use std::path::PathBuf;

use cf_transport::cassette::Recorder;
use cf_transport::{Body, Transport, TransportError, transport_fn};
use http::{Request, Response, header};
use tempfile::TempDir;

const API: &str = "https://api.cloudflare.com/client/v4";
const ACCOUNT: &str = "5a1de4bb3f1d44d7a7c7ecf0e7b2cdd1";
const ZONE: &str = "9f3c8e7d6b5a49382716f5e4d3c2b1a0";

fn get(path: &str) -> Request<Body> {
    Request::get(format!("{API}{path}"))
        .body(Body::empty())
        .unwrap()
}

fn post(path: &str, json: &str) -> Request<Body> {
    Request::post(format!("{API}{path}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(json.to_owned().into())
        .unwrap()
}

fn json(status: u16, body: &str) -> Response<Body> {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.to_owned().into())
        .unwrap()
}

async fn text(transport: &dyn Transport, request: Request<Body>) -> Result<String, TransportError> {
    let reply = transport.send(request).await?;
    let bytes = reply.into_body().bytes(1 << 20).await?;
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

/// The path of a cassette.
fn file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cassettes/zones.json");
    (folder, path)
}

/// The file from one recorded exchange.
async fn recorded(request: Request<Body>, reply: Response<Body>) -> String {
    let reply = std::sync::Mutex::new(Some(reply));
    let recorder = Recorder::new(transport_fn(move |_| {
        let reply = reply.lock().unwrap().take().unwrap();
        async move { Ok(reply) }
    }));
    recorder.send(request).await.unwrap();
    let (_folder, path) = file();
    recorder.save(&path).unwrap();
    std::fs::read_to_string(path).unwrap()
}

#[cfg(unix)]
#[tokio::test]
async fn a_cassette_is_its_owners_alone_and_written_whole_or_not_at_all() {
    use std::os::unix::fs::PermissionsExt as _;
    let recorder = Recorder::new(transport_fn(|_| async { Ok(json(200, "{}")) }));
    recorder.send(get("/zones")).await.unwrap();
    let (folder, path) = file();
    let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    recorder.save(&path).unwrap();
    assert_eq!(mode(), 0o600);
    // Also one that others could read, even through a link. Whoever has it open sees what was there before.
    std::fs::write(&path, "old").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    let mut open = std::fs::File::open(&path).unwrap();
    let link = folder.path().join("link.json");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    recorder.save(&link).unwrap();
    assert_eq!(mode(), 0o600);
    assert!(link.is_symlink());
    let mut old = String::new();
    std::io::Read::read_to_string(&mut open, &mut old).unwrap();
    assert_eq!(old, "old");
    let all = std::fs::read_dir(path.parent().unwrap()).unwrap();
    assert_eq!(all.count(), 1, "nothing is left beside it");
    // What is in the way is reported, and nothing is left either.
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    let error = recorder.save(&path).unwrap_err().to_string();
    assert!(error.contains("zones.json"), "{error}");
    let all = std::fs::read_dir(path.parent().unwrap()).unwrap();
    assert_eq!(all.count(), 1);
}
