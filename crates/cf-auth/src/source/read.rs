//! Reading a file within limits of size and time, whatever kind of file it is.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

/// How often a pipe or a device without data is polled.
const POLL: Duration = Duration::from_millis(5);

/// How much to read, how long to try, and whether to give up early.
pub(super) struct Bounds<'a> {
    /// Most bytes read.
    pub size: usize,
    pub deadline: Instant,
    pub cancelled: &'a dyn Fn() -> bool,
}

impl Bounds<'_> {
    /// Waits for a moment.
    ///
    /// # Errors
    /// When the time is up, or nobody waits for the result any more.
    pub(super) fn pause(&self) -> io::Result<()> {
        if (self.cancelled)() {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "cancelled"));
        }
        if Instant::now() >= self.deadline {
            return Err(io::ErrorKind::TimedOut.into());
        }
        thread::sleep(POLL);
        Ok(())
    }
}

/// Opens the file without waiting for the writer of a named pipe.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(nix::fcntl::OFlag::O_NONBLOCK.bits());
    }
    options.open(path)
}

/// Reads the file to its end; a named pipe to the end of what its first writer writes.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`] if the end did not come in time.
pub(super) fn to_end(
    file: &mut File,
    metadata: &Metadata,
    bounds: &Bounds<'_>,
) -> io::Result<Zeroizing<Vec<u8>>> {
    // Full capacity from the start: growing would leave copies behind that nothing wipes.
    let mut bytes = Zeroizing::new(vec![0; capacity(metadata, bounds.size)]);
    let mut len = 0;
    loop {
        if len == bytes.len() {
            if len >= bounds.size {
                break;
            }
            // It has grown since its size was read.
            let mut larger = Zeroizing::new(vec![0; bounds.size]);
            larger[..len].copy_from_slice(&bytes);
            bytes = larger;
        }
        match file.read(&mut bytes[len..]) {
            // A pipe that nobody has opened for writing yet looks as if it had ended.
            Ok(0) if len == 0 && is_pipe(metadata) => bounds.pause()?,
            Ok(0) => break,
            Ok(n) => len += n,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => bounds.pause()?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(len);
    Ok(bytes)
}

/// Pipes and devices have no size of their own.
fn capacity(metadata: &Metadata, limit: usize) -> usize {
    match usize::try_from(metadata.len()) {
        Ok(size) if metadata.is_file() && size > 0 => limit.min(size.saturating_add(1)),
        _ => limit,
    }
}

#[cfg(unix)]
fn is_pipe(metadata: &Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_: &Metadata) -> bool {
    false
}
