//! What most people write: reqwest, and structs for serde.

use reqwest::{Body, Client};
use serde::Deserialize;

use super::{Held, Peer, Pieces, TOKEN};
use crate::models::{Envelope, Record, Zone};
use crate::{Failure, fixtures};

/// reqwest with its defaults, and serde structs that have every field.
#[derive(Clone)]
pub struct Reqwest {
    base: String,
    client: Client,
}

#[derive(Deserialize)]
struct Stored {
    success: bool,
}

impl Peer for Reqwest {
    fn new(base: &str) -> Result<Self, Failure> {
        // Another peer's may be installed already; it is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Reqwest {
            base: base.to_owned(),
            client: Client::builder().build()?,
        })
    }

    async fn get_zone(&self) -> Result<(), Failure> {
        let url = format!("{}/zones/{}", self.base, fixtures::ZONE_ID);
        let request = self.client.get(url).bearer_auth(TOKEN);
        let reply = request.send().await?.error_for_status()?;
        let zone: Envelope<Zone> = reply.json().await?;
        std::hint::black_box(&zone.result);
        Ok(())
    }

    async fn create_record(&self, n: usize) -> Result<(), Failure> {
        let url = format!("{}/zones/{}/dns_records", self.base, fixtures::ZONE_ID);
        let request = self.client.post(url).bearer_auth(TOKEN);
        let request = request.json(&fixtures::new_record(n));
        let reply = request.send().await?.error_for_status()?;
        let record: Envelope<Record> = reply.json().await?;
        std::hint::black_box(&record.result);
        Ok(())
    }

    async fn list(&self, _: usize) -> Result<usize, Failure> {
        let url = format!("{}/zones/{}/dns_records", self.base, fixtures::ZONE_ID);
        let mut count = 0;
        let mut pages = 1;
        let mut page = 1;
        while page <= pages {
            let request = self.client.get(&url).bearer_auth(TOKEN);
            let request = request.query(&[("page", page), ("per_page", 100)]);
            let reply = request.send().await?.error_for_status()?;
            let list: Envelope<Vec<Record>> = reply.json().await?;
            for record in list.result {
                count += usize::from(!std::hint::black_box(&record).id.is_empty());
            }
            pages = list.result_info.map_or(1, |info| info.total_pages);
            page += 1;
        }
        Ok(count)
    }

    async fn hold(&self) -> Result<Held, Failure> {
        let request = self.client.get(format!("{}/held", self.base));
        let reply = request.bearer_auth(TOKEN).send().await?;
        Ok(Box::new(reply.error_for_status()?))
    }

    async fn upload(&self, bytes: usize) -> Result<(), Failure> {
        let request = self.client.put(format!("{}/up", self.base));
        let request = request
            .bearer_auth(TOKEN)
            .body(Body::wrap(Pieces::new(bytes)));
        let stored: Stored = request.send().await?.error_for_status()?.json().await?;
        std::hint::black_box(stored.success);
        Ok(())
    }

    async fn download(&self, bytes: usize) -> Result<usize, Failure> {
        let request = self.client.get(format!("{}/down/{bytes}", self.base));
        let reply = request.bearer_auth(TOKEN).send().await?;
        let mut reply = reply.error_for_status()?;
        let mut count = 0;
        while let Some(piece) = reply.chunk().await? {
            count += piece.len();
        }
        Ok(count)
    }
}
