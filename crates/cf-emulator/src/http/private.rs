//! Files and folders that only their owner may read, since they hold secrets.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Creates a new file.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Creates a folder and its parents, if missing.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Removes the permissions of others from an existing file.
pub(crate) fn restrict(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mut permissions = fs::metadata(path)?.permissions();
        if permissions.mode() & 0o077 != 0 {
            permissions.set_mode(permissions.mode() & 0o700);
            fs::set_permissions(path, permissions)?;
        }
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// The file that a path leads to, if any.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Identity(#[cfg(unix)] Option<(u64, u64)>);

impl Identity {
    pub(crate) fn of(path: &Path) -> Self {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let found = fs::metadata(path).ok();
            Self(found.map(|found| (found.dev(), found.ino())))
        }
        // Elsewhere, open files cannot be moved.
        #[cfg(not(unix))]
        {
            let _ = path;
            Self()
        }
    }
}
