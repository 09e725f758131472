//! The DNS records of a zone as a set: upsert, plan and apply, zone files.
//!
//! ```no_run
//! use cf_client::dns::Owned;
//! use cf_client::types::dns::records::{ARecordParam, RecordParam, TxtRecordParam};
//!
//! # async fn run(client: cf_client::Client) -> Result<(), Box<dyn std::error::Error>> {
//! let zone = client.zone_id("example.com").await?;
//! let records = client.zone_records(zone).owning(Owned::comment("set by deploy"));
//!
//! let wanted: Vec<RecordParam> = vec![
//!     ARecordParam::new("www", "192.0.2.1").proxied(true).into(),
//!     TxtRecordParam::new("@", "v=spf1 -all").into(),
//! ];
//! let plan = records.plan(wanted).await?;
//! print!("{plan}");
//! records.apply(plan).await?;
//! # Ok(()) }
//! ```

mod apply;
mod compare;
mod owned;
mod plan;
mod planner;
mod record_set;
mod show;
mod upsert;

use std::fmt;

use cf_types::ZoneId;
use cf_types::dns::records::{Record, RecordImport, RecordImportResult};
use http::Method;
use serde_json::Value;

use crate::client::Client;
use crate::domain_name::DomainName;
use crate::error::Error;

pub use apply::{Applied, PartlyApplied};
pub use owned::Owned;
pub use plan::{Change, ChangeKind, Plan};
pub use upsert::{Outcome, Upserted};

/// The most changes of one [batch](https://developers.cloudflare.com/dns/manage-dns-records/how-to/batch-record-changes/)
/// in a zone on the Free plan.
pub const BATCH_FREE: usize = 200;
/// The most changes of one batch in a zone on any other plan.
pub const BATCH_PAID: usize = 3_500;

impl Client {
    /// The DNS records of a zone as a set: see [`dns`](crate::dns).
    pub fn zone_records(&self, zone: impl Into<ZoneId>) -> ZoneRecords {
        ZoneRecords {
            client: self.clone(),
            zone: zone.into(),
            name: None,
            owned: Owned::default(),
            batch_size: None,
        }
    }
}

/// The DNS records of a zone: what [`Client::zone_records`] returns. Its calls need the permission "DNS Write" (plans
/// and exports "DNS Read").
#[derive(Clone)]
#[must_use]
pub struct ZoneRecords {
    client: Client,
    zone: ZoneId,
    name: Option<String>,
    owned: Owned,
    batch_size: Option<usize>,
}

/// What the API says of the zone.
struct ZoneInfo {
    name: String,
    is_free: bool,
}

impl ZoneRecords {
    /// The zone's name, so that it need not be looked up, which takes the permission "Zone Read".
    pub fn zone_name(mut self, name: &str) -> Self {
        self.name = Some(DomainName::new(name).ascii());
        self
    }

    /// Which records a plan may change and delete. By default those of the names and types that are wanted.
    pub fn owning(mut self, owned: Owned) -> Self {
        self.owned = owned;
        self
    }

    /// The most changes of one batch, 1 or more. By default that is what the zone's plan allows: [`BATCH_FREE`] or
    /// [`BATCH_PAID`].
    pub fn batch_size(mut self, changes: usize) -> Self {
        self.batch_size = Some(changes.max(1));
        self
    }

    /// The zone's records in the form of BIND's zone files.
    ///
    /// # Errors
    /// As any call.
    pub async fn export(&self) -> Result<String, Error> {
        self.client.dns().records().export(&self.zone).await
    }

    /// Adds the records of a zone file in BIND's form. What is there stays; records that are there already are not
    /// added again.
    ///
    /// # Errors
    /// As any call. If the API refuses a record, it names the line.
    pub async fn import(&self, file: &str, proxied: bool) -> Result<RecordImportResult, Error> {
        let body = RecordImport::new(file).proxied(proxied);
        self.client.dns().records().import(&self.zone, body).await
    }

    /// All records of the zone.
    async fn all(&self) -> Result<Vec<Record>, Error> {
        let list = self.client.dns().records().list(&self.zone).per_page(1000);
        list.items().concurrency(4).collect_all().await
    }

    /// The zone's name in ASCII.
    async fn name(&self) -> Result<String, Error> {
        match &self.name {
            Some(name) => Ok(name.clone()),
            None => Ok(self.info().await?.name),
        }
    }

    async fn info(&self) -> Result<ZoneInfo, Error> {
        let id = self.zone.as_str();
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Error::input("the ID of the zone is not one"));
        }
        // Any path, so that it works without the product `zones`.
        let call = self.client.request(Method::GET, format!("/zones/{id}"));
        let zone: Value = call.send().await?;
        let plan = zone.pointer("/plan/legacy_id").and_then(Value::as_str);
        match zone["name"].as_str() {
            Some(name) => Ok(ZoneInfo {
                name: DomainName::new(name).ascii(),
                is_free: plan.is_none_or(|plan| plan == "free"),
            }),
            None => Err(Error::input(
                "the API does not say how the zone is called; say so with `zone_name`",
            )),
        }
    }
}

impl fmt::Debug for ZoneRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZoneRecords")
            .field("zone", &self.zone)
            .field("owned", &self.owned)
            .finish_non_exhaustive()
    }
}
