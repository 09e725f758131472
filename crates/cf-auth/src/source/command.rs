use std::ffi::OsString;
use std::fmt;
use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use futures_channel::oneshot;
use zeroize::Zeroizing;

use crate::{BoxFuture, Credential, CredentialError, CredentialProvider, Field, Origin, Secret};

/// Longer than any token, and a bound on what a wrong command may print.
const LIMIT: usize = 64 * 1024;
/// How often a command that has closed its output is asked whether it has ended.
const POLL: Duration = Duration::from_millis(10);

/// A command that prints an API token, as password managers have.
///
/// It runs without a shell, without input, and with the program's own error output, so that it may
/// say what it needs. It runs each time it is asked: put a [`Cached`](crate::Cached) around it.
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
}

impl CredentialCommand {
    /// Runs `program`, found in `PATH` unless it is a path.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            timeout: Duration::from_secs(60),
        }
    }

    /// Adds arguments, passed on as they are.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// How long it may take before it is ended; people may have to unlock something. 60 seconds by
    /// default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn error(&self, problem: impl Into<String>) -> CredentialError {
        CredentialError::Command {
            program: self.program.to_string_lossy().into_owned(),
            problem: problem.into(),
        }
    }

    fn run(&self) -> Result<Credential, CredentialError> {
        let deadline = Instant::now() + self.timeout;
        let mut child = Command::new(&self.program)
            .args(&self.args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| {
                self.error(format!(
                    "could not be started: {error}; check that it is installed"
                ))
            })?;
        let result = self.output(&mut child, deadline);
        if result.is_err() {
            // It may have ended by itself already, which is as good.
            let _ = child.kill();
            let _ = child.wait();
        }
        let text = result?;
        let token = text.strip_suffix('\n').unwrap_or(&text);
        let token = token.strip_suffix('\r').unwrap_or(token);
        let place = format!("the output of `{}`", self.program.to_string_lossy());
        Credential::token_from(Secret::new(token), &Origin::at(Field::ApiToken, place))
    }

    fn output(
        &self,
        child: &mut Child,
        deadline: Instant,
    ) -> Result<Zeroizing<String>, CredentialError> {
        let late = || {
            let seconds = self.timeout.as_secs_f64();
            self.error(format!("did not finish within {seconds} s and was ended; run it by hand to see what it waits for"))
        };
        let Some(mut stdout) = child.stdout.take() else {
            return Err(self.error("has no output"));
        };
        // Read on a thread of its own: a pipe has no timeout, and a grandchild may keep it open.
        let (done, output) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = Zeroizing::new(Vec::with_capacity(LIMIT));
            let read = stdout.by_ref().take(LIMIT as u64).read_to_end(&mut bytes);
            let _ = done.send(read.map(|_| bytes));
        });
        let bytes = output
            .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            .map_err(|_| late())?
            .map_err(|error| self.error(format!("could not be read: {error}")))?;
        if bytes.len() == LIMIT {
            return Err(self.error("printed far more than a token; check its arguments"));
        }
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if Instant::now() < deadline => thread::sleep(POLL),
                Ok(None) => return Err(late()),
                Err(error) => return Err(self.error(format!("was lost: {error}"))),
            }
        };
        if !status.success() {
            return Err(self.error(format!("failed ({status}); run it by hand to see why")));
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(Zeroizing::new(text.to_owned())),
            Err(_) => Err(self.error("printed something other than text")),
        }
    }

    /// Off the caller's thread, which may be an executor's.
    async fn run_aside(&self) -> Result<Credential, CredentialError> {
        let (done, result) = oneshot::channel();
        let command = self.clone();
        let spawned = thread::Builder::new()
            .name("cf-auth-command".to_owned())
            .spawn(move || {
                let _ = done.send(command.run());
            });
        if let Err(error) = spawned {
            return Err(self.error(format!("could not be started: {error}")));
        }
        result
            .await
            .unwrap_or_else(|_| Err(self.error("was lost; try again")))
    }
}

impl fmt::Debug for CredentialCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The arguments may hold secrets.
        f.debug_struct("CredentialCommand")
            .field("program", &self.program)
            .field("args", &format_args!("[{} redacted]", self.args.len()))
            .field("timeout", &self.timeout)
            .finish()
    }
}

impl CredentialProvider for CredentialCommand {
    fn credential(&self) -> BoxFuture<'_, Result<Arc<Credential>, CredentialError>> {
        Box::pin(async { self.run_aside().await.map(Arc::new) })
    }

    fn refresh<'a>(
        &'a self,
        rejected: &'a Credential,
    ) -> BoxFuture<'a, Result<Option<Arc<Credential>>, CredentialError>> {
        Box::pin(async move {
            let fresh = self.run_aside().await?;
            Ok((fresh != *rejected).then(|| Arc::new(fresh)))
        })
    }
}
