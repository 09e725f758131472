use std::ffi::OsString;
use std::fmt;
use std::io;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::child::Running;
use super::read::Bounds;
use super::thread;
use crate::{Credential, CredentialError, CredentialProvider, Field, MaybeReady, Origin, Secret};

/// Longer than any token, and a bound on what a wrong command may print.
const LIMIT: usize = 64 * 1024;

/// A command that prints an API token, such as that of a password manager.
///
/// It runs without a shell, without input, and with the program's own error output, so that it can say what it needs.
/// It runs each time the provider is asked: put a [`Cached`](crate::Cached) around it.
///
/// It never blocks an executor's thread. If it takes too long, prints too much, or nobody waits for it any more, it is
/// killed, and on Unix with it all that it has started: it runs in a process group of its own.
///
/// ```
/// use cf_auth::{Cached, CredentialCommand};
/// let command = CredentialCommand::new("op").args(["read", "op://work/cloudflare/token"]);
/// let provider = Cached::new(command);
/// ```
#[derive(Clone)]
pub struct CredentialCommand {
    program: OsString,
    args: Vec<OsString>,
    timeout: Duration,
    interactive: bool,
}

impl CredentialCommand {
    /// Runs `program`, found in `PATH` unless it is a path.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            timeout: Duration::from_secs(60),
            interactive: false,
        }
    }

    /// Adds arguments, passed on as they are.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// How long it may take before it is killed; people may have to unlock something. 60 seconds by default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Whether it may read from the terminal, for instance a passphrase. Off by default.
    ///
    /// It then runs in the process group of this program, as only that group may read from a terminal, and what it has
    /// started keeps running when it is killed.
    #[must_use]
    pub fn interactive(mut self, allowed: bool) -> Self {
        self.interactive = allowed;
        self
    }

    fn error(&self, problem: impl Into<String>) -> CredentialError {
        CredentialError::Command {
            program: self.program.to_string_lossy().into_owned(),
            problem: problem.into(),
        }
    }

    fn run(&self, cancelled: &dyn Fn() -> bool) -> Result<Credential, CredentialError> {
        let bounds = Bounds {
            size: LIMIT,
            deadline: Instant::now() + self.timeout,
            cancelled,
        };
        let mut command = Command::new(&self.program);
        let mut running =
            Running::start(command.args(&self.args), !self.interactive).map_err(|error| {
                self.error(format!(
                    "could not be started: {error}; check that it is installed"
                ))
            })?;
        let (bytes, status) = running.output(&bounds).map_err(|error| {
            if error.kind() == io::ErrorKind::TimedOut {
                return self.late();
            }
            self.error(format!("could not be read: {error}"))
        })?;
        match status {
            None => Err(self.error("printed far more than a token; check its arguments")),
            Some(status) if !status.success() => {
                Err(self.error(format!("failed ({status}); run it by hand to see why")))
            }
            Some(_) => self.token(&bytes),
        }
    }

    fn token(&self, output: &[u8]) -> Result<Credential, CredentialError> {
        let Ok(text) = std::str::from_utf8(output) else {
            return Err(self.error("printed something other than text"));
        };
        let token = text.strip_suffix('\n').unwrap_or(text);
        let token = token.strip_suffix('\r').unwrap_or(token);
        let place = format!("the output of `{}`", self.program.to_string_lossy());
        Credential::token_from(Secret::new(token), &Origin::at(Field::ApiToken, place))
    }

    fn late(&self) -> CredentialError {
        let seconds = self.timeout.as_secs_f64();
        let advice = if self.interactive {
            ""
        } else {
            " (if for the terminal, allow it with `interactive(true)`)"
        };
        self.error(format!(
            "did not finish within {seconds} s and was ended; run it by hand to see what it waits for{advice}"
        ))
    }

    async fn run_on_a_thread(&self) -> Result<Credential, CredentialError> {
        let command = self.clone();
        thread::run("cf-auth-command", move |cancelled| command.run(cancelled))
            .await
            .unwrap_or_else(|error| Err(self.error(format!("could not be run: {error}"))))
    }
}

impl fmt::Debug for CredentialCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The arguments may hold secrets.
        f.debug_struct("CredentialCommand")
            .field("program", &self.program)
            .field("args", &format_args!("[{} redacted]", self.args.len()))
            .field("timeout", &self.timeout)
            .field("interactive", &self.interactive)
            .finish()
    }
}

impl CredentialProvider for CredentialCommand {
    fn credential(&self) -> MaybeReady<'_, Result<Arc<Credential>, CredentialError>> {
        MaybeReady::future(async { self.run_on_a_thread().await.map(Arc::new) })
    }

    fn refresh<'a>(
        &'a self,
        rejected: &'a Credential,
    ) -> MaybeReady<'a, Result<Option<Arc<Credential>>, CredentialError>> {
        MaybeReady::future(async move {
            let fresh = self.run_on_a_thread().await?;
            Ok((fresh != *rejected).then(|| Arc::new(fresh)))
        })
    }
}
