//! The migration from an API key to a token, against an emulator of the API.

mod failures;
mod secrets;
mod table;
mod usage;
mod way;

use std::time::Duration;

use cf_client::migrate::{Migration, Recorder, Usage};
use cf_client::types::dns::records::TxtRecordParam;
use cf_client::{Client, Credential};
use cf_emulator::Emulator;

const EMAIL: &str = "ada@example.com";
const KEY: &str = "0123456789abcdef0123456789abcdef01234";

struct World {
    emulator: Emulator,
    key: Client,
    recorder: Recorder,
    zone: String,
}

impl World {
    async fn new() -> Self {
        let builder = Emulator::builder().user(EMAIL, KEY);
        let emulator = builder.start().await.unwrap();
        let zone = emulator
            .add_zone(emulator.account_id(), "example.com")
            .unwrap();
        let recorder = Recorder::over_sockets().unwrap();
        let key = Client::builder()
            .credential(Credential::api_key(EMAIL, KEY).unwrap())
            .base_url(emulator.base_url())
            .transport(recorder.clone())
            .build()
            .unwrap();
        World {
            emulator,
            key,
            recorder,
            zone,
        }
    }

    fn with(&self, credential: Credential) -> Client {
        let builder = Client::builder().credential(credential);
        builder.base_url(self.emulator.base_url()).build().unwrap()
    }

    /// A migration of this usage that does not wait for a token to become known.
    fn plan(&self, usage: Usage) -> Migration {
        Migration::new(&self.key, usage)
            .name("the program")
            .settle(Duration::ZERO)
    }

    async fn names_of_tokens(&self) -> Vec<String> {
        let tokens = self.key.user_tokens().list().collect_all().await.unwrap();
        tokens.into_iter().filter_map(|token| token.name).collect()
    }

    async fn is_as_before(&self) {
        assert_eq!(self.names_of_tokens().await, ["all permissions"]);
    }
}

/// The calls of a program that keeps a record up to date.
async fn program(client: &Client) -> Result<(), cf_client::Error> {
    let zone = client.zones().list().name("example.com").first().await?;
    let zone = zone.expect("the zone is there").id;
    let records = || client.dns().records();
    let record = TxtRecordParam::new("_acme.example.com", "\"1\"");
    let made = records().create(&zone, record).await?;
    records().list(&zone).await?;
    records().delete(&zone, made.id().unwrap()).await?;
    Ok(())
}
