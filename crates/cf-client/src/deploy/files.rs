//! The files of a deployment: from a folder, from memory, or both.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use ignore::WalkBuilder;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use tokio::runtime::Handle;

use super::hash::{encode, hash};
use crate::error::Error;

/// The largest file that Workers and Pages take.
const LARGEST: u64 = 25 << 20;

/// Static files to deploy, from a folder, from memory, or both.
///
/// ```
/// use cf_client::deploy::Files;
///
/// let files = Files::folder("public").file("/version.json", r#"{"version":3}"#);
/// ```
///
/// Links to files and folders are followed. A name that is not UTF-8 is an error, since URLs could not name the file.
#[derive(Debug, Clone, Default)]
pub struct Files {
    folder: Option<PathBuf>,
    /// By their paths, without a slash at the start.
    memory: BTreeMap<String, Bytes>,
}

impl Files {
    /// No files yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything in a folder and the folders below, hidden files included.
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Files {
            folder: Some(path.into()),
            memory: BTreeMap::new(),
        }
    }

    /// Adds a file with a path like `/blog/index.html`, in place of one that the folder has there.
    #[must_use]
    pub fn file(mut self, path: impl Into<String>, content: impl Into<Bytes>) -> Self {
        let path = path.into();
        let path = path.strip_prefix('/').map(str::to_owned).unwrap_or(path);
        self.memory.insert(path, content.into());
        self
    }

    /// A small text file that is not served but says how others are, such as `_headers`.
    fn text(&self, name: &str) -> Result<Option<String>, Error> {
        let content = match (self.memory.get(name), &self.folder) {
            (Some(content), _) => content.to_vec(),
            (None, None) => return Ok(None),
            (None, Some(folder)) => {
                let path = folder.join(name);
                match fs::read(&path) {
                    Ok(content) => content,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                    Err(error) => return Err(unreadable(&path, &error)),
                }
            }
        };
        let text = String::from_utf8(content);
        let text = text.map_err(|_| Error::input(format!("the file {name} is not UTF-8 text")))?;
        Ok(Some(text))
    }

    /// Whether there is a folder with this name.
    fn has_folder(&self, name: &str) -> bool {
        let folder = self.folder.as_ref();
        folder.is_some_and(|folder| folder.join(name).is_dir())
    }

    /// Finds and hashes all files to be served.
    pub(super) async fn collect(self, rules: &'static Rules) -> Result<Collected, Error> {
        blocking(move || rules.apply(&self)).await
    }
}

/// What is special about files, by product.
pub(super) struct Rules {
    /// Files that say how others are served, with their contents being read.
    pub(super) texts: &'static [&'static str],
    /// Patterns of what is not uploaded, as in `.gitignore`.
    pub(super) ignored: &'static [&'static str],
    /// A file with more of them.
    pub(super) ignore_file: Option<&'static str>,
    /// The name of server-side code. As a static file, everybody could read it.
    pub(super) code: &'static str,
}

/// Files found and hashed.
#[derive(Debug)]
pub(super) struct Collected {
    /// By their paths, with a slash at the start.
    pub(super) files: BTreeMap<String, File>,
    pub(super) texts: BTreeMap<&'static str, String>,
}

/// A file, and what it had as its content.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) hash: String,
    pub(super) size: u64,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Disk(PathBuf),
    Memory(Bytes),
}

impl Rules {
    fn apply(&self, files: &Files) -> Result<Collected, Error> {
        if self.takes_code() && files.has_folder(self.code) {
            return Err(Error::input(format!(
                "{} is a folder; bundle it into one file before it is deployed",
                self.code
            )));
        }
        let mut texts = BTreeMap::new();
        for name in self.texts {
            if let Some(text) = files.text(name)? {
                texts.insert(*name, text);
            }
        }
        let own = match self.ignore_file {
            Some(name) => files.text(name)?,
            None => None,
        };
        let ignored = self.patterns(own.as_deref())?;
        let mut found = BTreeMap::new();
        if let Some(folder) = &files.folder {
            walk(folder, &ignored, &mut found)?;
        }
        for (path, content) in &files.memory {
            check(path)?;
            if !ignored.matched_path_or_any_parents(path, false).is_ignore() {
                found.insert(path.clone(), Content::Memory(content.clone()));
            }
        }
        let is_code = |path: &String| path.split('/').next() == Some(self.code);
        // Who has patterns of their own has thought about what is public.
        if own.is_none() && found.keys().any(is_code) {
            return Err(Error::input(format!(
                "{} would be public as a static file; give it as a module, and list it in .assetsignore if it \
                 stays in the folder",
                self.code
            )));
        }
        if found.is_empty() {
            let place = files.folder.as_deref().unwrap_or(Path::new("memory"));
            let message = format!("there are no files to deploy in {}", place.display());
            return Err(Error::input(message));
        }
        let files = found.into_iter().map(|(path, content)| {
            let file = File::new(format!("/{path}"), content)?;
            Ok((file.path.clone(), file))
        });
        Ok(Collected {
            files: files.collect::<Result<_, Error>>()?,
            texts,
        })
    }

    /// Whether the code is deployed with the files.
    fn takes_code(&self) -> bool {
        self.texts.contains(&self.code)
    }

    fn patterns(&self, own: Option<&str>) -> Result<Gitignore, Error> {
        let mut builder = GitignoreBuilder::new("");
        let own = own.into_iter().flat_map(str::lines);
        for line in self.ignored.iter().copied().chain(own) {
            let added = builder.add_line(None, line);
            added.map_err(|error| {
                let file = self.ignore_file.unwrap_or_default();
                Error::input(format!("{file} has an invalid pattern {line:?}: {error}"))
            })?;
        }
        let built = builder.build();
        built.map_err(|error| Error::input(format!("the patterns of ignored files: {error}")))
    }
}

/// Finds the files of a folder, by their paths relative to it.
fn walk(
    folder: &Path,
    ignored: &Gitignore,
    found: &mut BTreeMap<String, Content>,
) -> Result<(), Error> {
    if !folder.is_dir() {
        let message = format!("{} is not a folder", folder.display());
        return Err(Error::input(message));
    }
    let (root, patterns) = (folder.to_owned(), ignored.clone());
    let is_wanted = move |entry: &ignore::DirEntry| {
        let path = entry.path().strip_prefix(&root).unwrap_or(entry.path());
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        path.as_os_str().is_empty() || !patterns.matched(path, is_folder).is_ignore()
    };
    let entries = WalkBuilder::new(folder)
        .standard_filters(false)
        .follow_links(true)
        .filter_entry(is_wanted)
        .build();
    for entry in entries {
        let entry =
            entry.map_err(|error| Error::input(format!("a file can't be read: {error}")))?;
        if !entry.file_type().is_some_and(|kind| kind.is_file()) {
            continue;
        }
        let path = entry.path();
        let parts = path.strip_prefix(folder).unwrap_or(path).iter();
        let parts: Option<Vec<&str>> = parts.map(|part| part.to_str()).collect();
        let parts = parts.ok_or_else(|| {
            Error::input(format!("the file name {} is not UTF-8", path.display()))
        })?;
        found.insert(parts.join("/"), Content::Disk(path.to_owned()));
    }
    Ok(())
}

/// Whether a path can be part of a URL as it is.
fn check(path: &str) -> Result<(), Error> {
    let is_odd = |part: &str| part.is_empty() || part == "." || part == "..";
    match path.split('/').any(is_odd) {
        true => Err(Error::input(format!(
            "{path:?} is not the path of a file; it must be like /blog/index.html"
        ))),
        false => Ok(()),
    }
}

impl File {
    fn new(path: String, content: Content) -> Result<Self, Error> {
        let mut file = File {
            hash: String::new(),
            size: 0,
            path,
            content,
        };
        let content = file.read()?;
        file.size = content.len() as u64;
        file.hash = hash(&file.path, &encode(&content));
        Ok(file)
    }

    fn read(&self) -> Result<Bytes, Error> {
        let too_large = |size: u64| {
            let path = &self.path;
            Error::input(format!(
                "the file {path} has {size} bytes; at most {LARGEST} (25 MiB) can be deployed"
            ))
        };
        let content = match &self.content {
            Content::Memory(content) => content.clone(),
            Content::Disk(path) => {
                let failed = |error| unreadable(path, &error);
                // Asked before it is read: the whole of it might not fit into memory.
                let size = fs::metadata(path).map_err(failed)?.len();
                if size > LARGEST {
                    return Err(too_large(size));
                }
                fs::read(path).map_err(failed)?.into()
            }
        };
        match content.len() as u64 {
            size if size > LARGEST => Err(too_large(size)),
            _ => Ok(content),
        }
    }

    /// The content in Base64, which is still the one that was hashed.
    pub(super) fn encoded(&self) -> Result<String, Error> {
        let encoded = encode(&self.read()?);
        match hash(&self.path, &encoded) == self.hash {
            true => Ok(encoded),
            false => Err(Error::input(format!(
                "the file {} changed while it was being deployed; deploy again",
                self.path
            ))),
        }
    }
}

impl Collected {
    /// One file for each content.
    pub(super) fn contents(&self) -> BTreeMap<&str, &File> {
        let files = self.files.values();
        files.map(|file| (&*file.hash, file)).collect()
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::input(format!(
        "the file {} can't be read: {error}",
        path.display()
    ))
}

/// Runs work that waits for the disk where it holds up nobody.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let runtime = Handle::try_current();
    let runtime = runtime.map_err(|_| Error::input("deploying files needs a tokio runtime"))?;
    let done = runtime.spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Error::input(format!("reading the files failed: {error}"))))
}
