//! Uploads of videos and images, against the emulator and against servers that misbehave.

mod direct;
mod hostile;
mod videos;

use cf_client::Client;
use cf_emulator::Emulator;
use http::Method;

const PART: u64 = 5 << 20;

async fn start() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let client = client(&emulator, emulator.token());
    let account = emulator.account_id().to_owned();
    (emulator, client, account)
}

fn client(emulator: &Emulator, token: &str) -> Client {
    let builder = Client::builder().api_token(token);
    builder.base_url(emulator.base_url()).build().unwrap()
}

/// The offsets of the parts that came, with the status of each reply.
fn parts(emulator: &Emulator) -> Vec<(u64, Option<u16>)> {
    let requests = emulator.requests();
    let parts = requests
        .iter()
        .filter(|request| request.method == Method::PATCH);
    parts
        .map(|request| {
            let offset = request.headers["upload-offset"].to_str().unwrap();
            let status = request.status.map(|status| status.as_u16());
            (offset.parse().unwrap(), status)
        })
        .collect()
}
