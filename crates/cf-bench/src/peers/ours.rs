//! This library, as its users call it.

use std::time::Duration;

use cf_client::{Body, Client, LocalBudget, Method};

use super::{Held, Peer, Pieces, TOKEN};
use crate::{Failure, fixtures};

/// This library with everything on: retries, time limits, the rate limit (with room for all), and the
/// feature `tracing` without a subscriber.
#[derive(Clone)]
pub struct Ours(Client);

impl Peer for Ours {
    fn new(base: &str) -> Result<Self, Failure> {
        let client = Client::builder()
            .api_token(TOKEN)
            .base_url(base)
            .rate_limiter(LocalBudget::new(u32::MAX, Duration::from_secs(300)).per_second(None));
        Ok(Ours(client.build()?))
    }

    async fn get_zone(&self) -> Result<(), Failure> {
        let zone = self.0.zones().get(fixtures::ZONE_ID).await?;
        std::hint::black_box(&zone);
        Ok(())
    }

    async fn create_record(&self, n: usize) -> Result<(), Failure> {
        let record = fixtures::record_param(n);
        let records = self.0.dns().records();
        let record = records.create(fixtures::ZONE_ID, record).await?;
        std::hint::black_box(&record);
        Ok(())
    }

    async fn list(&self, concurrency: usize) -> Result<usize, Failure> {
        let list = self.0.dns().records().list(fixtures::ZONE_ID);
        let mut records = list.per_page(100).items().concurrency(concurrency);
        let mut count = 0;
        while let Some(record) = records.next().await {
            let record = record?;
            count += usize::from(
                !std::hint::black_box(&record)
                    .id()
                    .unwrap_or_default()
                    .is_empty(),
            );
        }
        Ok(count)
    }

    async fn hold(&self) -> Result<Held, Failure> {
        let request = self.0.request(Method::GET, "/held");
        Ok(Box::new(request.send_stream().await?))
    }

    async fn upload(&self, bytes: usize) -> Result<(), Failure> {
        let body = Body::stream(Some(bytes as u64), Pieces::new(bytes));
        let request = self.0.request(Method::PUT, "/up").body(body);
        request.send::<()>().await?;
        Ok(())
    }

    async fn download(&self, bytes: usize) -> Result<usize, Failure> {
        let request = self.0.request(Method::GET, format!("/down/{bytes}"));
        let mut download = request.send_stream().await?;
        let mut count = 0;
        while let Some(piece) = download.chunk().await {
            count += piece?.len();
        }
        Ok(count)
    }
}
