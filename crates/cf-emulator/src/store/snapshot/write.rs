//! Writes a state as a snapshot.

use std::io::{self, Write};

use bytes::Bytes;
use serde::Serialize;

use super::FORMAT;
use crate::http::content::Stored;
use crate::http::file::Folder;
use crate::http::text::{Form, Text, TextWriter};
use crate::store::Store;

/// The snapshot, or which file of the state cannot be read. Files are read as
/// the snapshot is.
pub(crate) fn write(store: &Store, folder: Option<&Folder>) -> Result<Text, String> {
    for (path, file) in store.files() {
        let read = file.check();
        read.map_err(|error| format!("{path} cannot be read: {error}"))?;
    }
    let write = || {
        let mut out = TextWriter::new(folder);
        state(store, &mut out)?;
        out.finish()
    };
    write().map_err(|error: io::Error| format!("it cannot be written: {error}"))
}

fn state(store: &Store, out: &mut TextWriter<'_>) -> io::Result<()> {
    write!(out, "{{\"format\":{FORMAT},\"tables\":")?;
    object(out, store.tables(), |out, table| {
        out.write_all(b"[")?;
        for (index, row) in table.positions().enumerate() {
            if index > 0 {
                out.write_all(b",")?;
            }
            json(out, &row)?;
        }
        out.write_all(b"]")
    })?;
    out.write_all(b",\"documents\":")?;
    object(out, store.documents(), json)?;
    out.write_all(b",\"blobs\":")?;
    object(out, store.blobs(), |out, bytes| {
        out.insert(Stored::Small(Bytes::clone(bytes)), Form::JsonHex)
    })?;
    out.write_all(b",\"files\":")?;
    object(out, store.files(), |out, file| {
        out.insert(Stored::Large(file.clone()), Form::JsonHex)
    })?;
    write!(out, ",\"credentials\":{}}}", store.credentials().to_json())
}

fn object<'a, T>(
    out: &mut TextWriter<'_>,
    members: impl Iterator<Item = (&'a str, T)>,
    mut write: impl FnMut(&mut TextWriter<'_>, T) -> io::Result<()>,
) -> io::Result<()> {
    out.write_all(b"{")?;
    for (index, (path, value)) in members.enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        json(out, path)?;
        out.write_all(b":")?;
        write(out, value)?;
    }
    out.write_all(b"}")
}

fn json<T: Serialize + ?Sized>(out: &mut TextWriter<'_>, value: &T) -> io::Result<()> {
    Ok(serde_json::to_writer(out, value)?)
}
