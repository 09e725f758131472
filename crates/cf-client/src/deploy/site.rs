//! A site for Pages to deploy.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cf_types::AccountId;
use cf_types::codec::Blob;
use cf_types::pages::projects::deployments::{Deployment, DeploymentParam};

use super::files::{Files, Rules};
use super::{Uploaded, pages_assets};
use crate::client::Client;
use crate::error::Error;

const WORKER: &str = "_worker.js";
const ROUTES: &str = "_routes.json";

const RULES: Rules = Rules {
    texts: &["_headers", "_redirects", ROUTES, WORKER],
    ignored: &[
        "/_headers",
        "/_redirects",
        "/_routes.json",
        "/_worker.js",
        "/functions",
        "/.wrangler",
        ".DS_Store",
        ".git",
        "node_modules",
    ],
    ignore_file: None,
    code: WORKER,
};

/// A site to deploy with [`Client::deploy_site`](crate::Client::deploy_site).
///
/// `_headers` and `_redirects` in the folder say how the other files are served. A `_worker.js` is the site's code, with
/// a `_routes.json` that says for which paths it runs; it must be a single file, already bundled. A folder `functions`
/// is left out: it has to be compiled into a `_worker.js` first, as `wrangler pages functions build` does. So are
/// `.git`, `node_modules`, `.wrangler` and `.DS_Store`.
///
/// ```
/// use cf_client::deploy::Site;
///
/// let site = Site::folder("dist").branch("feature/login").commit_message("Adds the login");
/// ```
#[derive(Debug, Clone)]
pub struct Site {
    files: Files,
    branch: Option<String>,
    commit_hash: Option<String>,
    commit_message: Option<String>,
}

/// What [`Client::deploy_site`](crate::Client::deploy_site) deployed.
#[derive(Debug)]
#[non_exhaustive]
pub struct DeployedSite {
    /// The deployment, with its address.
    pub deployment: Deployment,
    /// Its files.
    pub files: Uploaded,
}

impl Site {
    /// The files of a folder, such as the output of a static site generator.
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self::new(Files::folder(path))
    }

    /// These files.
    pub fn new(files: Files) -> Self {
        Site {
            files,
            branch: None,
            commit_hash: None,
            commit_message: None,
        }
    }

    /// The branch, which decides between production and a preview. Without one it is the production branch.
    #[must_use]
    pub fn branch(mut self, branch: impl Into<String>) -> Self {
        self.branch = Some(branch.into());
        self
    }

    /// The hash of the commit that the files come from, for the dashboard to show.
    #[must_use]
    pub fn commit_hash(mut self, hash: impl Into<String>) -> Self {
        self.commit_hash = Some(hash.into());
        self
    }

    /// The message of the commit that the files come from, for the dashboard to show.
    #[must_use]
    pub fn commit_message(mut self, message: impl Into<String>) -> Self {
        self.commit_message = Some(message.into());
        self
    }

    pub(super) async fn deploy(
        self,
        client: &Client,
        account: AccountId,
        project: &str,
    ) -> Result<DeployedSite, Error> {
        let mut files = self.files.collect(&RULES).await?;
        let uploaded = pages_assets::upload(client, &account, project, &files).await?;
        let manifest = files.files.iter();
        let manifest: BTreeMap<_, _> = manifest.map(|(path, file)| (path, &file.hash)).collect();
        let manifest = serde_json::to_string(&manifest);
        let manifest = manifest.map_err(|error| Error::input(format!("the manifest: {error}")))?;
        let mut text = |name: &str, media_type: &str| {
            let text = files.texts.remove(name)?;
            Some(Blob::from(text).named(name).typed(media_type))
        };
        let mut deployment = DeploymentParam::new().manifest(manifest);
        deployment.headers = text("_headers", "text/plain");
        deployment.redirects = text("_redirects", "text/plain");
        deployment.worker_js = text(WORKER, "application/javascript");
        if deployment.worker_js.is_some() {
            deployment.routes_json = text(ROUTES, "application/json");
        }
        deployment.branch = self.branch;
        deployment.commit_hash = self.commit_hash;
        deployment.commit_message = self.commit_message;
        let deployments = client.pages().projects().deployments();
        Ok(DeployedSite {
            deployment: deployments.create(&account, project, deployment).await?,
            files: uploaded,
        })
    }
}
