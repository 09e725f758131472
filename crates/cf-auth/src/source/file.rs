use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::read::{self, Bounds};
use super::thread;
use crate::{Credential, CredentialError, CredentialProvider, Field, MaybeReady, Origin, Secret};

/// No file of credentials is longer; a device or a wrong path might be.
const LIMIT: usize = 1024 * 1024;

/// A file that holds the credential.
///
/// It is read each time it is asked, so a rotated secret is picked up; put a [`Cached`](crate::Cached) around it to
/// read it less often. A file that does not exist counts as [`CredentialError::Missing`], which lets a
/// [`Chain`](crate::Chain) go on.
///
/// It may be a named pipe, or a shell's `<(command)`. It never blocks an executor's thread: as a provider it is read on
/// a thread of its own, one read at a time.
///
/// On Unix a file that users other than its owner may read or write is rejected, unless
/// [`readable_by_others`](Self::readable_by_others) allows it.
///
/// ```
/// use cf_auth::{Cached, CredentialFile};
/// use std::time::Duration;
///
/// // A mounted secret, which holds the bare token. Mounts are often readable by all.
/// let file = CredentialFile::token("/run/secrets/cloudflare").readable_by_others(true);
/// let provider = Cached::new(file).max_age(Duration::from_secs(60));
/// ```
#[derive(Clone, Debug)]
pub struct CredentialFile {
    path: PathBuf,
    format: Format,
    readable_by_others: bool,
    timeout: Duration,
    /// Held by the thread that reads, so that a hanging disk blocks only one thread.
    reading: Arc<futures_util::lock::Mutex<()>>,
}

#[derive(Clone, Debug)]
enum Format {
    Token,
    #[cfg(feature = "dotenv")]
    Dotenv,
    #[cfg(feature = "profile")]
    Profile(String),
}

impl CredentialFile {
    /// A file that holds an API token and nothing else, except perhaps a line end.
    pub fn token(path: impl Into<PathBuf>) -> Self {
        Self::new(path.into(), Format::Token)
    }

    /// A file of `NAME=value` lines, with the names of the environment variables. Other names in it are ignored, and
    /// the process environment is not changed.
    #[cfg(feature = "dotenv")]
    pub fn dotenv(path: impl Into<PathBuf>) -> Self {
        Self::new(path.into(), Format::Dotenv)
    }

    /// A named profile in a TOML file. A profile is a table that holds `api_token`; or `api_key` and
    /// `email`; or `user_service_key`:
    ///
    /// ```toml
    /// [default]
    /// api_token = "cfut_…"
    ///
    /// [billing]
    /// api_token = "cfat_…"
    /// ```
    #[cfg(feature = "profile")]
    pub fn profile(path: impl Into<PathBuf>, profile: impl Into<String>) -> Self {
        Self::new(path.into(), Format::Profile(profile.into()))
    }

    /// The default place of profiles: `cloudflare/credentials.toml` in `$XDG_CONFIG_HOME`, in `~/.config`, or, on
    /// Windows, in `%APPDATA%`. `None` if none of these is known.
    #[cfg(feature = "profile")]
    pub fn default_profiles() -> Option<PathBuf> {
        let dir = |name| {
            std::env::var_os(name)
                .map(PathBuf::from)
                .filter(|d| d.is_absolute())
        };
        let config = if cfg!(windows) {
            dir("APPDATA")
        } else {
            dir("XDG_CONFIG_HOME").or_else(|| Some(dir("HOME")?.join(".config")))
        };
        Some(config?.join("cloudflare").join("credentials.toml"))
    }

    /// Whether the file may be readable, or writable, by other users of the machine. Off by default. It has no effect
    /// where files have no Unix permissions.
    #[must_use]
    pub fn readable_by_others(mut self, allowed: bool) -> Self {
        self.readable_by_others = allowed;
        self
    }

    /// How long to wait for a named pipe or a device, which may have no data. 10 seconds by default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn new(path: PathBuf, format: Format) -> Self {
        Self {
            path,
            format,
            readable_by_others: false,
            timeout: Duration::from_secs(10),
            reading: Arc::default(),
        }
    }

    /// Reads the file now, on this thread. As a [`CredentialProvider`] it is read on another.
    ///
    /// # Errors
    /// If it does not exist, cannot be read or not in time, is open to others, is malformed, or its values are rejected
    /// by the constructors of [`Credential`].
    pub fn read(&self) -> Result<Credential, CredentialError> {
        self.read_unless(&|| false)
    }

    async fn read_on_a_thread(&self) -> Result<Credential, CredentialError> {
        let reading = Arc::clone(&self.reading).lock_owned().await;
        let file = self.clone();
        thread::run("cf-auth-file", move |cancelled| {
            let _reading = reading;
            file.read_unless(cancelled)
        })
        .await
        .unwrap_or_else(|error| Err(self.unreadable(error)))
    }

    fn read_unless(&self, cancelled: &dyn Fn() -> bool) -> Result<Credential, CredentialError> {
        let text = self.text(cancelled)?;
        match &self.format {
            Format::Token => {
                // One line end is normal; anything more is a mistake worth reporting.
                let token = text.strip_suffix('\n').unwrap_or(&text);
                let token = token.strip_suffix('\r').unwrap_or(token);
                let at = Origin::at(Field::ApiToken, self.path.display().to_string());
                Credential::token_from(Secret::new(token), &at)
            }
            #[cfg(feature = "dotenv")]
            Format::Dotenv => super::dotenv::parse(&self.path, &text),
            #[cfg(feature = "profile")]
            Format::Profile(name) => super::profile::parse(&self.path, &text, name),
        }
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The profile's name, if the file is one of profiles.
    pub fn profile_name(&self) -> Option<&str> {
        match &self.format {
            #[cfg(feature = "profile")]
            Format::Profile(name) => Some(name),
            _ => None,
        }
    }

    /// Writes `credential` to the file, so that [`read`](Self::read) returns it from then on. In a file of profiles
    /// only this profile is replaced.
    ///
    /// The file is replaced atomically. Only its owner may read it, unless it already exists and is
    /// [`readable_by_others`](Self::readable_by_others): then its permissions stay. Files of `NAME=value` lines are not
    /// written: they are often read by shells, each with its own rules.
    ///
    /// ```
    /// use cf_auth::{Credential, CredentialFile};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("cloudflare/credentials.toml");
    /// let file = CredentialFile::profile(path, "staging");
    /// file.write(&Credential::api_token("cfut_an_example")?)?;
    /// assert_eq!(file.read()?, Credential::api_token("cfut_an_example")?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written, if there is one that [`read`](Self::read) would reject (others can read it, it is
    /// malformed), or if it cannot hold this kind of credential.
    pub fn write(&self, credential: &Credential) -> Result<(), CredentialError> {
        let new = self.text_with(credential)?;
        super::write::replace(&self.path, &new, self.readable_by_others).map_err(|source| {
            CredentialError::Unwritable {
                path: self.path.clone(),
                source: Arc::new(source),
            }
        })
    }

    fn text_with(&self, credential: &Credential) -> Result<Zeroizing<String>, CredentialError> {
        let unfit = |problem| CredentialError::Malformed {
            path: self.path.clone(),
            line: None,
            problem,
        };
        match (&self.format, credential) {
            (Format::Token, Credential::ApiToken(token)) => {
                self.old_text()?;
                let token = token.secret().expose();
                let mut text = Zeroizing::new(String::with_capacity(token.len() + 1));
                text.push_str(token);
                text.push('\n');
                Ok(text)
            }
            (Format::Token, _) => Err(unfit(
                "holds an API token alone; keep other credentials in a profile",
            )),
            #[cfg(feature = "dotenv")]
            (Format::Dotenv, _) => Err(unfit(
                "is of NAME=value lines, which are not written; set the variable in it by hand",
            )),
            #[cfg(feature = "profile")]
            (Format::Profile(name), _) => {
                super::profile::with(&self.path, &self.old_text()?, name, credential)
            }
        }
    }

    /// What is to be replaced; rejected if reading it would be.
    fn old_text(&self) -> Result<Zeroizing<String>, CredentialError> {
        match self.text(&|| false) {
            Err(CredentialError::Missing { .. }) => Ok(Zeroizing::default()),
            read => read,
        }
    }

    fn unreadable(&self, source: io::Error) -> CredentialError {
        let source = match source.kind() {
            io::ErrorKind::TimedOut => io::Error::new(
                io::ErrorKind::TimedOut,
                format!(
                    "nothing came out of it within {} s",
                    self.timeout.as_secs_f64()
                ),
            ),
            _ => source,
        };
        CredentialError::Unreadable {
            path: self.path.clone(),
            source: Arc::new(source),
        }
    }

    fn text(&self, cancelled: &dyn Fn() -> bool) -> Result<Zeroizing<String>, CredentialError> {
        let unreadable = |error| self.unreadable(error);
        let bounds = Bounds {
            size: LIMIT,
            deadline: Instant::now() + self.timeout,
            cancelled,
        };
        let mut file = match read::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(CredentialError::Missing {
                    looked_in: vec![format!("{} (no such file)", self.path.display())],
                    empty: Vec::new(),
                });
            }
            Err(error) => return Err(unreadable(error)),
        };
        // Asked of the open file, so that it cannot be exchanged in between.
        let metadata = file.metadata().map_err(unreadable)?;
        if !self.readable_by_others {
            refuse_open(&self.path, &metadata)?;
        }
        let bytes = read::to_end(&mut file, &metadata, &bounds).map_err(unreadable)?;
        let malformed = |problem| CredentialError::Malformed {
            path: self.path.clone(),
            line: None,
            problem,
        };
        if bytes.len() == LIMIT {
            return Err(malformed("is larger than 1 MiB; check the path"));
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(Zeroizing::new(text.to_owned())),
            Err(_) => Err(malformed("is not text in UTF-8; save it as such")),
        }
    }
}

#[cfg(unix)]
fn refuse_open(path: &Path, metadata: &std::fs::Metadata) -> Result<(), CredentialError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(CredentialError::OpenToOthers {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_open(_: &Path, _: &std::fs::Metadata) -> Result<(), CredentialError> {
    Ok(())
}

impl CredentialProvider for CredentialFile {
    fn credential(&self) -> MaybeReady<'_, Result<Arc<Credential>, CredentialError>> {
        MaybeReady::future(async { self.read_on_a_thread().await.map(Arc::new) })
    }

    fn refresh<'a>(
        &'a self,
        rejected: &'a Credential,
    ) -> MaybeReady<'a, Result<Option<Arc<Credential>>, CredentialError>> {
        MaybeReady::future(async move {
            let fresh = self.read_on_a_thread().await?;
            Ok((fresh != *rejected).then(|| Arc::new(fresh)))
        })
    }
}
