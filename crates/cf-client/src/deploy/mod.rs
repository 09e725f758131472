//! Deployments in one call: a Worker with its modules, static files and migrations, or a folder to Pages.
//!
//! ```no_run
//! use cf_client::Client;
//! use cf_client::deploy::{Files, Site, Worker};
//! use cf_client::types::workers::scripts::{Binding, ScriptMetadata};
//!
//! # async fn run() -> Result<(), cf_client::Error> {
//! let client = Client::from_env()?;
//! let account = client.only_account_id().await?;
//!
//! let metadata = ScriptMetadata::new()
//!     .compatibility_date("2026-11-01")
//!     .bindings([Binding::assets("ASSETS")]);
//! let worker = Worker::new(metadata)
//!     .module("worker.js", "export default { fetch: (r, env) => env.ASSETS.fetch(r) }")
//!     .assets(Files::folder("public"));
//! let deployed = client.deploy_worker(&account, "my-worker", worker).await?;
//! println!("{} of {} files were new", deployed.assets.uploaded, deployed.assets.files);
//!
//! let site = Site::folder("dist").branch("main");
//! let deployed = client.deploy_site(&account, "my-project", site).await?;
//! println!("{}", deployed.deployment.url);
//! # Ok(()) }
//! ```
//!
//! Files are known to Cloudflare by hashes of their contents, which are computed as wrangler does: a file that was
//! deployed before, by either, is not uploaded again. Files are read twice, once for the hash and once for the upload,
//! and never more than a few of them are in memory. A deployment that is interrupted leaves what is deployed
//! untouched; the next one continues with the files that are still missing.
//!
//! Code is deployed as it is: bundle it before, for example with esbuild or worker-build.

mod files;
mod hash;
mod migrations;
mod pages_assets;
mod site;
mod worker;
mod worker_assets;

use cf_types::AccountId;

use crate::client::Client;
use crate::error::Error;

pub use files::Files;
pub use site::{DeployedSite, Site};
pub use worker::{DeployedWorker, Worker};

/// How many requests with files are under way at the same time; the same as wrangler's.
const CONCURRENCY: usize = 3;

/// What a deployment did with its files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Uploaded {
    /// How many files the deployment has.
    pub files: usize,
    /// How many contents were uploaded, because Cloudflare did not have them.
    pub uploaded: usize,
    /// How many bytes these have, before encoding.
    pub bytes: u64,
}

impl Client {
    /// Deploys a Worker, with its static files if it has any. It serves all traffic once this returns.
    ///
    /// The token needs the permission "Workers Scripts Write". See [`deploy`](self) for an example, and Cloudflare's
    /// pages on [uploading a script](https://developers.cloudflare.com/api/resources/workers/subresources/scripts/methods/update/)
    /// and [static files](https://developers.cloudflare.com/workers/static-assets/direct-upload/).
    ///
    /// # Errors
    /// Before anything is sent: when a file can't be read, is larger than 25 MiB, or the Worker has neither a module nor
    /// files. Later as any call. The code is uploaded last, so after an error the Worker is as it was before.
    #[doc(alias = "deploy worker")]
    #[doc(alias = "upload worker")]
    #[doc(alias = "publish worker")]
    pub async fn deploy_worker(
        &self,
        account: impl Into<AccountId>,
        name: &str,
        worker: Worker,
    ) -> Result<DeployedWorker, Error> {
        worker.deploy(self, account.into(), name).await
    }

    /// Deploys a folder to an existing project of Pages.
    ///
    /// The token needs the permission "Pages Write". Returns when the API has taken the deployment, whose
    /// `latest_stage` says how far it is. See [`deploy`](self) for an example, and Cloudflare's page on
    /// [creating a deployment](https://developers.cloudflare.com/api/resources/pages/subresources/projects/subresources/deployments/methods/create/).
    ///
    /// # Errors
    /// Before anything is deployed: when a file can't be read, is larger than 25 MiB, or there are none or more than the
    /// account's plan allows (20,000). Later as any call.
    #[doc(alias = "deploy pages")]
    #[doc(alias = "deploy static site")]
    pub async fn deploy_site(
        &self,
        account: impl Into<AccountId>,
        project: &str,
        site: Site,
    ) -> Result<DeployedSite, Error> {
        site.deploy(self, account.into(), project).await
    }
}
