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

/// A place for a cassette.
fn file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cassettes/zones.json");
    (folder, path)
}

/// The file that one recorded exchange gives.
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
