//! A child process whose output is read within limits, and that leaves nothing running.

use std::io::{self, Read as _};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use zeroize::Zeroizing;

use super::read::Bounds;

/// Killed, with its process group, if it is dropped before it has finished.
pub(super) struct Running {
    child: Child,
    own_group: bool,
    finished: bool,
}

impl Running {
    /// Starts the command without input. With `own_group`, what it starts in turn ends with it.
    pub(super) fn start(command: &mut Command, own_group: bool) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        #[cfg(unix)]
        if own_group {
            std::os::unix::process::CommandExt::process_group(command, 0);
        }
        Ok(Self {
            child: command.spawn()?,
            own_group,
            finished: false,
        })
    }

    /// What it printed, or as much as the limits allow; waits for its end.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] if it did not end in time; others if its output cannot be read.
    pub(super) fn output(
        &mut self,
        bounds: &Bounds<'_>,
    ) -> io::Result<(Zeroizing<Vec<u8>>, Option<ExitStatus>)> {
        let stdout = self.child.stdout.take();
        let mut pipe = Pipe::new(stdout.ok_or(io::ErrorKind::BrokenPipe)?, bounds.size)?;
        loop {
            // Asked first, so that what it printed before its end is read after.
            let status = self.child.try_wait()?;
            pipe.read_available()?;
            if pipe.is_full() {
                return Ok((pipe.bytes(), None));
            }
            // A process it left behind may keep the pipe open for a long time: a whole line is enough.
            if status.is_some() && (pipe.ended || pipe.ends_with_a_line()) {
                self.finished = true;
                return Ok((pipe.bytes(), status));
            }
            bounds.pause()?;
        }
    }

    #[cfg(unix)]
    fn kill_group(&self) {
        use nix::sys::signal::{Signal, killpg};
        if let Ok(id) = i32::try_from(self.child.id()) {
            // It may already be gone.
            let _ = killpg(nix::unistd::Pid::from_raw(id), Signal::SIGKILL);
        }
    }

    #[cfg(not(unix))]
    fn kill_group(&self) {}
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.finished {
            if self.own_group {
                self.kill_group();
            }
            // It may already have ended by itself, which is fine.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The read end of the child's output.
struct Pipe {
    source: Source,
    bytes: Zeroizing<Vec<u8>>,
    len: usize,
    ended: bool,
}

impl Pipe {
    fn new(stdout: ChildStdout, size: usize) -> io::Result<Self> {
        Ok(Self {
            source: source(stdout, size)?,
            bytes: Zeroizing::new(vec![0; size]),
            len: 0,
            ended: false,
        })
    }

    fn read_available(&mut self) -> io::Result<()> {
        while !self.ended && !self.is_full() {
            match self.source.read(&mut self.bytes[self.len..]) {
                Ok(0) => self.ended = true,
                Ok(n) => self.len += n,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.len == self.bytes.len()
    }

    fn ends_with_a_line(&self) -> bool {
        self.bytes[..self.len].ends_with(b"\n")
    }

    fn bytes(&mut self) -> Zeroizing<Vec<u8>> {
        self.bytes.truncate(self.len);
        std::mem::take(&mut self.bytes)
    }
}

#[cfg(unix)]
type Source = ChildStdout;

#[cfg(unix)]
fn source(stdout: ChildStdout, _: usize) -> io::Result<Source> {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    fcntl(&stdout, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok(stdout)
}

/// If pipes cannot be read without blocking, a thread waits.
#[cfg(not(unix))]
struct Source {
    pieces: std::sync::mpsc::Receiver<io::Result<Zeroizing<Vec<u8>>>>,
}

#[cfg(not(unix))]
fn source(mut stdout: ChildStdout, size: usize) -> io::Result<Source> {
    let (send, pieces) = std::sync::mpsc::channel();
    std::thread::Builder::new().spawn(move || {
        loop {
            let mut piece = Zeroizing::new(vec![0; size.min(4096)]);
            let read = stdout.read(&mut piece).map(|n| {
                piece.truncate(n);
                piece
            });
            let last = !matches!(&read, Ok(piece) if !piece.is_empty());
            if send.send(read).is_err() || last {
                break;
            }
        }
    })?;
    Ok(Source { pieces })
}

#[cfg(not(unix))]
impl io::Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        use std::sync::mpsc::TryRecvError;
        match self.pieces.try_recv() {
            Ok(piece) => {
                let piece = piece?;
                // Anything more is beyond the limit, and not used.
                let n = piece.len().min(into.len());
                into[..n].copy_from_slice(&piece[..n]);
                Ok(n)
            }
            Err(TryRecvError::Empty) => Err(io::ErrorKind::WouldBlock.into()),
            Err(TryRecvError::Disconnected) => Ok(0),
        }
    }
}
