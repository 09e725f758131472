//! Writing a file of secrets.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Replaces the file at `path` by `text`, all of it or nothing. Only the owner may read it, and enter a folder created
/// for it; with `keep_permissions`, those of an existing file stay.
pub(super) fn replace(path: &Path, text: &str, keep_permissions: bool) -> io::Result<()> {
    // If the path is a link, its target is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    make_folder(folder)?;
    let beside = beside(folder, &path);
    let old = fs::metadata(&path).ok().filter(|_| keep_permissions);
    let written = write_new(&beside, text, old.as_ref()).and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        // The first failure is the one reported.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// A name in the same folder, since only there a rename is atomic. Nobody else writes to it, and what a killed process
/// left behind is not in the way.
fn beside(folder: &Path, path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let random = RandomState::new().build_hasher().finish();
    folder.join(format!(".{name}.{random:016x}.new"))
}

fn write_new(path: &Path, text: &str, old: Option<&fs::Metadata>) -> io::Result<()> {
    let mut file = create_private(path)?;
    if let Some(old) = old {
        file.set_permissions(old.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(unix)]
fn create_private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}
