//! A Worker to deploy.

use std::path::Path;

use cf_types::AccountId;
use cf_types::codec::Blob;
use cf_types::shared::{MigrationStep, ScriptMetadata, ScriptParam};
use cf_types::workers::scripts::Script;

use super::files::{Files, Rules};
use super::{Uploaded, migrations, worker_assets};
use crate::client::Client;
use crate::error::Error;

const HEADERS: &str = "_headers";
const REDIRECTS: &str = "_redirects";

const RULES: Rules = Rules {
    texts: &[HEADERS, REDIRECTS],
    ignored: &["/.assetsignore", "/_headers", "/_redirects"],
    ignore_file: Some(".assetsignore"),
    code: "_worker.js",
};

/// A Worker to deploy with [`Client::deploy_worker`](crate::Client::deploy_worker).
///
/// ```
/// use cf_client::deploy::{Files, Worker};
/// use cf_client::types::workers::scripts::{Binding, MigrationStep, ScriptMetadata};
///
/// let metadata = ScriptMetadata::new()
///     .compatibility_date("2026-11-01")
///     .bindings([Binding::plain_text("VERSION", "3")]);
/// let worker = Worker::new(metadata)
///     .module("worker.js", "import { hello } from './lib/hello.js'; export default { fetch: hello };")
///     .module("lib/hello.js", "export const hello = () => new Response('Hello');")
///     .migrations([("v1", MigrationStep::new().new_sqlite_classes(["Room"]))])
///     .assets(Files::folder("public"));
/// ```
#[derive(Clone)]
pub struct Worker {
    metadata: ScriptMetadata,
    modules: Vec<Blob>,
    files: Option<Files>,
    migrations: Vec<(String, MigrationStep)>,
}

/// What [`Client::deploy_worker`](crate::Client::deploy_worker) deployed.
#[derive(Debug)]
#[non_exhaustive]
pub struct DeployedWorker {
    /// The Worker as it is now.
    pub script: Script,
    /// Its static files.
    pub assets: Uploaded,
}

impl Worker {
    /// A Worker with these settings and bindings, its code not given yet.
    ///
    /// Without `keep_bindings`, its secrets are kept. The configuration of its static files is that of
    /// `metadata.assets`, with the files' own `_headers` and `_redirects` where it has none.
    pub fn new(metadata: ScriptMetadata) -> Self {
        Worker {
            metadata,
            modules: Vec::new(),
            files: None,
            migrations: Vec::new(),
        }
    }

    /// Adds a module under the name by which others import it. The first is the main module, unless the metadata names
    /// another.
    ///
    /// Its kind follows from the name: `.js` and `.mjs` are JavaScript modules, `.cjs` CommonJS, `.wasm` WebAssembly,
    /// `.py` Python, `.json` JSON, `.txt`, `.html` and `.sql` text, `.map` a source map; all else is data. Give the
    /// [`Blob`] a [type](Blob::typed) of its own to say otherwise.
    #[must_use]
    pub fn module(mut self, name: impl Into<String>, content: impl Into<Blob>) -> Self {
        let (name, content) = (name.into(), content.into());
        let content = match content.media_type() {
            Some(_) => content,
            None => content.typed(module_type(&name)),
        };
        self.modules.push(content.named(name));
        self
    }

    /// Adds static files. `_headers` and `_redirects` among them say how the others are served, and `.assetsignore`
    /// which are left out.
    #[must_use]
    pub fn assets(mut self, files: Files) -> Self {
        self.files = Some(files);
        self
    }

    /// All migrations of the Worker's Durable Objects that there ever were, with their tags, oldest first. Those that
    /// the deployed Worker has not had yet are carried out.
    #[must_use]
    pub fn migrations<T: Into<String>>(
        mut self,
        migrations: impl IntoIterator<Item = (T, MigrationStep)>,
    ) -> Self {
        let migrations = migrations.into_iter();
        self.migrations = migrations.map(|(tag, step)| (tag.into(), step)).collect();
        self
    }

    pub(super) async fn deploy(
        mut self,
        client: &Client,
        account: AccountId,
        name: &str,
    ) -> Result<DeployedWorker, Error> {
        self.check()?;
        let mut metadata = self.metadata;
        let mut uploaded = Uploaded::default();
        let files = match self.files.take() {
            Some(files) => Some(files.collect(&RULES).await?),
            None => None,
        };
        let pending = migrations::pending(client, &account, name, self.migrations).await?;
        if let Some(pending) = pending {
            metadata = metadata.migrations(pending);
        }
        if let Some(mut files) = files {
            let (headers, redirects) = (files.texts.remove(HEADERS), files.texts.remove(REDIRECTS));
            let jwt;
            (jwt, uploaded) = worker_assets::upload(client, &account, name, files).await?;
            let mut assets = metadata.assets.take().unwrap_or_default();
            let mut config = assets.config.take().unwrap_or_default();
            config.headers = config.headers.or(headers);
            config.redirects = config.redirects.or(redirects);
            metadata.assets = Some(assets.config(config).jwt(jwt));
        }
        if let (Some(main), None) = (self.modules.first(), &metadata.body_part) {
            let main = main.file_name().unwrap_or_default().to_owned();
            metadata.main_module.get_or_insert(main);
            metadata
                .keep_bindings
                .get_or_insert_with(|| ["secret_text", "secret_key"].map(str::to_owned).to_vec());
        }
        let script = ScriptParam::new(metadata).files(self.modules);
        let script = client.workers().scripts().update(&account, name, script);
        Ok(DeployedWorker {
            script: script.await?,
            assets: uploaded,
        })
    }

    fn check(&self) -> Result<(), Error> {
        let names = || self.modules.iter().filter_map(Blob::file_name);
        if self.modules.is_empty() && self.files.is_none() {
            return Err(Error::input(
                "the Worker has neither a module nor static files; add one with `module` or `assets`",
            ));
        }
        for (index, name) in names().enumerate() {
            if name.is_empty() || names().take(index).any(|other| other == name) {
                return Err(Error::input(format!(
                    "the name {name:?} of a module is empty or used twice"
                )));
            }
        }
        let main = self.metadata.main_module.as_deref();
        let main = main.or(self.metadata.body_part.as_deref());
        if let Some(main) = main.filter(|main| !names().any(|name| name == *main)) {
            return Err(Error::input(format!(
                "the main module {main:?} is not among the Worker's modules"
            )));
        }
        if self.metadata.migrations.is_some() && !self.migrations.is_empty() {
            return Err(Error::input(
                "there are migrations in the metadata and in `migrations`; give them once",
            ));
        }
        migrations::check(&self.migrations)
    }
}

/// Shows no binding and no code: they can hold secrets.
impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker")
            .field("modules", &self.modules)
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

/// The media types by which the API tells kinds of modules apart.
fn module_type(name: &str) -> &'static str {
    let extension = Path::new(name).extension().and_then(|name| name.to_str());
    match extension.unwrap_or_default() {
        "js" | "mjs" => "application/javascript+module",
        "cjs" => "application/javascript",
        "wasm" => "application/wasm",
        "py" => "text/x-python",
        "json" => "application/json",
        "txt" | "html" | "sql" => "text/plain",
        "map" => "application/source-map",
        _ => "application/octet-stream",
    }
}
