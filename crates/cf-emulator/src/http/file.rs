//! Bytes of any length: in memory in pieces, or in a file of the directory
//! with the state.

use std::collections::VecDeque;
use std::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::{Buf as _, Bytes, BytesMut};

use crate::http::{ids, private};

/// The largest piece in memory.
const PIECE: usize = 256 << 10;

/// Reads something piece by piece, on whatever thread.
pub(crate) type AnyReader = Box<dyn Read + Send>;

/// Bytes that were stored. Clones share them.
#[derive(Debug, Clone)]
pub(crate) enum File {
    Memory(Arc<[Bytes]>),
    Disk(Arc<DiskFile>),
}

/// A file on disk. It is deleted once nobody uses it and no written state
/// refers to it.
#[derive(Debug)]
pub(crate) struct DiskFile {
    path: PathBuf,
    name: String,
    size: u64,
    doomed: AtomicBool,
}

impl Drop for DiskFile {
    fn drop(&mut self) {
        if self.doomed.load(Ordering::Relaxed) {
            // What cannot be deleted now is deleted when the state is next opened.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl DiskFile {
    /// Opens it for reading.
    fn open(&self) -> io::Result<fs::File> {
        let said = |what: String| {
            let message = format!("{}: {what}", self.path.display());
            io::Error::new(io::ErrorKind::InvalidData, message)
        };
        let file = fs::File::open(&self.path).map_err(|error| said(error.to_string()))?;
        let found = file.metadata()?.len();
        match found == self.size {
            true => Ok(file),
            false => Err(said(format!("has {found} bytes instead of {}", self.size))),
        }
    }
}

impl File {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Memory(pieces) => pieces.iter().map(|piece| piece.len() as u64).sum(),
            Self::Disk(file) => file.size,
        }
    }

    /// The name on disk, if it is there.
    #[cfg_attr(not(feature = "sqlite"), allow(dead_code))]
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Memory(_) => None,
            Self::Disk(file) => Some(&file.name),
        }
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Memory(a), Self::Memory(b)) => Arc::ptr_eq(a, b),
            (Self::Disk(a), Self::Disk(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// Whether the file is deleted with its last user.
    pub(crate) fn doom(&self, doomed: bool) {
        if let Self::Disk(file) = self {
            file.doomed.store(doomed, Ordering::Relaxed);
        }
    }

    /// Whether it can be read, as far as that can be told beforehand.
    pub(crate) fn check(&self) -> io::Result<()> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::Disk(file) => file.open().map(drop),
        }
    }

    /// All bytes at once, where it has few.
    pub(crate) fn read(&self) -> io::Result<Vec<u8>> {
        match self {
            Self::Memory(pieces) => Ok(pieces.concat()),
            Self::Disk(file) => {
                let mut bytes = Vec::new();
                file.open()?.read_to_end(&mut bytes)?;
                Ok(bytes)
            }
        }
    }

    /// Reads it from its start.
    pub(crate) fn reader(&self) -> io::Result<AnyReader> {
        Ok(match self {
            Self::Memory(pieces) => Box::new(Pieces(pieces.to_vec().into())),
            Self::Disk(file) => Box::new(file.open()?),
        })
    }

    /// The pieces of `range`, of what is in memory.
    pub(crate) fn pieces(pieces: &[Bytes], range: Range<u64>) -> Vec<Bytes> {
        let mut at = 0;
        let mut found = Vec::new();
        for piece in pieces {
            let end = at + piece.len() as u64;
            let (from, to) = (range.start.max(at), range.end.min(end));
            if from < to {
                // Within a piece, whose length is a `usize`.
                found.push(piece.slice((from - at) as usize..(to - at) as usize));
            }
            at = end;
        }
        found
    }
}

/// The rest of a file in memory.
struct Pieces(VecDeque<Bytes>);

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(piece) = self.0.front_mut() else {
            return Ok(0);
        };
        let count = piece.as_ref().read(into)?;
        piece.advance(count);
        if piece.is_empty() {
            self.0.pop_front();
        }
        Ok(count)
    }
}

/// The folder of the files of a state.
#[derive(Clone)]
pub(crate) struct Folder(PathBuf);

impl fmt::Debug for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Folder").field(&self.0).finish()
    }
}

#[cfg_attr(not(feature = "sqlite"), allow(dead_code))]
impl Folder {
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        let opened = private::create_folder(&path).and_then(|()| private::restrict(&path));
        match opened {
            Ok(()) => Ok(Self(path)),
            Err(error) => Err(at(&path, &error)),
        }
    }

    /// A file that was written before. Readers get an error if it has changed
    /// since.
    pub(crate) fn find(&self, name: &str, size: u64) -> File {
        File::Disk(Arc::new(DiskFile {
            path: self.0.join(name),
            name: name.to_owned(),
            size,
            doomed: AtomicBool::new(false),
        }))
    }

    /// Deletes all files but those with these names: uploads that were aborted,
    /// and what was replaced shortly before the program was killed.
    pub(crate) fn keep_only(&self, names: &dyn Fn(&str) -> bool) -> io::Result<()> {
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            let name = entry.file_name();
            let ours = name.to_str().filter(|name| ids::is_id(name));
            if ours.is_some_and(|name| !names(name)) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

/// An error with the path that it is about.
fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Bytes on their way into a [`File`].
pub(crate) enum Writer {
    Memory { pieces: Vec<Bytes>, last: BytesMut },
    Disk { file: fs::File, entry: DiskFile },
}

impl Writer {
    pub(crate) fn new(folder: Option<&Folder>) -> io::Result<Self> {
        let Some(Folder(folder)) = folder else {
            let (pieces, last) = (Vec::new(), BytesMut::new());
            return Ok(Self::Memory { pieces, last });
        };
        let name = ids::hex32();
        let path = folder.join(&name);
        Ok(Self::Disk {
            file: private::create_new(&path).map_err(|error| at(&path, &error))?,
            entry: DiskFile {
                path,
                name,
                size: 0,
                doomed: AtomicBool::new(true),
            },
        })
    }

    pub(crate) fn push(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Memory { pieces, last } => {
                while !bytes.is_empty() {
                    let (now, later) = bytes.split_at(bytes.len().min(PIECE - last.len()));
                    last.extend_from_slice(now);
                    bytes = later;
                    if last.len() == PIECE {
                        pieces.push(std::mem::take(last).freeze());
                    }
                }
                Ok(())
            }
            Self::Disk { file, entry } => {
                file.write_all(bytes)
                    .map_err(|error| at(&entry.path, &error))?;
                entry.size += bytes.len() as u64;
                Ok(())
            }
        }
    }

    /// The file, which is deleted again unless a store takes it.
    pub(crate) fn finish(self) -> File {
        match self {
            Self::Memory { mut pieces, last } => {
                if !last.is_empty() {
                    pieces.push(Bytes::copy_from_slice(&last));
                }
                File::Memory(pieces.into())
            }
            Self::Disk { entry, .. } => File::Disk(Arc::new(entry)),
        }
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a part of a file on disk, all of it.
pub(crate) struct Reader {
    file: fs::File,
    left: u64,
}

impl Reader {
    pub(crate) fn open(file: &DiskFile, range: &Range<u64>) -> io::Result<Self> {
        use io::Seek as _;
        let mut opened = file.open()?;
        opened.seek(io::SeekFrom::Start(range.start))?;
        let left = range.end - range.start;
        Ok(Self { file: opened, left })
    }
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let length = into.len().min(most);
        let count = self.file.read(&mut into[..length])?;
        if count == 0 && length > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= count as u64;
        Ok(count)
    }
}
