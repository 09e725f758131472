//! State in a directory, which survives restarts: an SQLite file.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use rusqlite::blob::ZeroBlob;
use rusqlite::types::Type;
use rusqlite::{Connection, MAIN_DB, OptionalExtension, params};
use serde_json::Value;

use crate::http::file::Folder;
use crate::http::private::{self, Identity};
use crate::store::credentials::Credentials;
use crate::store::{Change, Store};

/// Incremented when older files can no longer be read.
const FORMAT: i64 = 1;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS rows (path TEXT, key TEXT, position INTEGER, json TEXT, PRIMARY KEY (path, key)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS documents (path TEXT PRIMARY KEY, json TEXT) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS blobs (path TEXT PRIMARY KEY, bytes BLOB);
    CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, name TEXT, size INTEGER) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, json TEXT) WITHOUT ROWID;
";

const PUT_ROW: &str =
    "INSERT OR REPLACE INTO rows (path, key, position, json) VALUES (?1, ?2, ?3, ?4)";
const PUT_BLOB: &str = "INSERT OR REPLACE INTO blobs (path, bytes) VALUES (?1, ?2)";
const PUT_SECRETS: &str = "INSERT OR REPLACE INTO secrets (name, json) VALUES ('credentials', ?1)";
const PUT_FILE: &str = "INSERT OR REPLACE INTO files (path, name, size) VALUES (?1, ?2, ?3)";

/// Blobs are written in pieces of this size.
const PIECE: usize = 1 << 20;

/// The file, open.
pub(crate) struct StateFile {
    connection: Connection,
    path: PathBuf,
    /// The files that SQLite writes: the main one, and the one with the latest changes.
    files: Vec<(Identity, PathBuf)>,
}

impl fmt::Debug for StateFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl StateFile {
    /// Opens the file in `directory`, which is created if needed.
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        let path = directory.join("state.sqlite3");
        let failed =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        private::create_folder(directory).map_err(failed)?;
        match private::create_new(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(failed(error));
            }
            _ => {}
        }
        let open = || -> rusqlite::Result<Connection> {
            let connection = Connection::open(&path)?;
            // One emulator per directory: the lock is held until the end.
            connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            // A killed program loses nothing; a power failure loses the last moments.
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            connection.execute_batch("BEGIN IMMEDIATE; COMMIT;")?;
            Ok(connection)
        };
        let connection = open().map_err(|error| failure(&path, &error))?;
        let log = path.with_extension("sqlite3-wal");
        let mut file = Self {
            connection,
            path: path.clone(),
            files: Vec::new(),
        };
        match file.format().map_err(|error| failure(&file.path, &error))? {
            0 | FORMAT => file.create().map_err(|error| failure(&file.path, &error))?,
            other => {
                let message = format!(
                    "{}: is of format {other}, this emulator reads {FORMAT}",
                    file.path.display()
                );
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
        }
        // It is ours, so nobody else has to read it.
        for path in [path, log] {
            if path.exists() {
                private::restrict(&path).map_err(|error| {
                    let message = format!("{}: cannot be made private: {error}", path.display());
                    io::Error::new(error.kind(), message)
                })?;
                file.files.push((Identity::of(&path), path));
            }
        }
        Ok(file)
    }

    fn format(&self) -> rusqlite::Result<i64> {
        self.connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
    }

    fn create(&self) -> rusqlite::Result<()> {
        self.connection.execute_batch(TABLES)?;
        self.connection.pragma_update(None, "user_version", FORMAT)
    }

    /// What was written; `None` if nothing was.
    pub(crate) fn load(&self, folder: &Folder) -> io::Result<Option<Store>> {
        let load = || -> rusqlite::Result<Option<Store>> {
            let secrets = self
                .connection
                .query_row("SELECT json FROM secrets", [], |row| {
                    row.get::<_, String>(0)
                });
            let Some(secrets) = secrets.optional()? else {
                return Ok(None);
            };
            let mut store = Store::default();
            *store.credentials_mut() = Credentials::from_json(&parse(&secrets)?)
                .ok_or_else(|| unreadable("the credentials cannot be read"))?;
            let mut rows = self
                .connection
                .prepare("SELECT path, position, key, json FROM rows ORDER BY path, position")?;
            let mut rows = rows.query([])?;
            while let Some(row) = rows.next()? {
                let (path, position, key): (String, i64, String) =
                    (row.get(0)?, row.get(1)?, row.get(2)?);
                let Value::Object(object) = parse(&row.get::<_, String>(3)?)? else {
                    return Err(unreadable("a row is not an object"));
                };
                let table = store.table_mut(&path);
                table.put_at(position.unsigned_abs(), &key, object);
            }
            let mut documents = self
                .connection
                .prepare("SELECT path, json FROM documents")?;
            let mut documents = documents.query([])?;
            while let Some(row) = documents.next()? {
                store.set_document(row.get::<_, String>(0)?, parse(&row.get::<_, String>(1)?)?);
            }
            let mut blobs = self.connection.prepare("SELECT path, rowid FROM blobs")?;
            let mut blobs = blobs.query([])?;
            while let Some(row) = blobs.next()? {
                let bytes = get_blob(&self.connection, row.get(1)?)?;
                store.set_own_blob(row.get::<_, String>(0)?, bytes);
            }
            let mut files = self
                .connection
                .prepare("SELECT path, name, size FROM files")?;
            let mut files = files.query([])?;
            while let Some(row) = files.next()? {
                let (name, size): (String, i64) = (row.get(1)?, row.get(2)?);
                let file = folder.find(&name, size.unsigned_abs());
                store.set_file(row.get::<_, String>(0)?, file);
            }
            Ok(Some(store))
        };
        load().map_err(|error| failure(&self.path, &error))
    }

    /// What is written to a file that was moved away is lost.
    fn check_places(&self) -> io::Result<()> {
        match self
            .files
            .iter()
            .find(|(file, path)| Identity::of(path) != *file)
        {
            None => Ok(()),
            Some((_, path)) => Err(io::Error::other(format!(
                "{}: was moved, removed or replaced while the emulator used it",
                path.display()
            ))),
        }
    }

    /// Writes changes, all or none.
    pub(crate) fn write(&mut self, changes: &[Change]) -> io::Result<()> {
        self.check_places()?;
        let mut write = || -> rusqlite::Result<()> {
            let transaction = self.connection.transaction()?;
            for change in changes {
                write_one(&transaction, change)?;
            }
            transaction.commit()
        };
        write().map_err(|error| failure(&self.path, &error))
    }
}

fn write_one(connection: &Connection, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::Everything => connection.execute_batch(
            "DELETE FROM rows; DELETE FROM documents; DELETE FROM blobs; DELETE FROM files;",
        ),
        Change::Credentials(credentials) => {
            let json = credentials.to_string();
            connection.execute(PUT_SECRETS, [json]).map(drop)
        }
        Change::Table(path) => {
            let delete = "DELETE FROM rows WHERE path = ?1";
            connection.execute(delete, [path]).map(drop)
        }
        Change::Row {
            table,
            key,
            row: Some((position, row)),
        } => {
            let values = params![table, key, position.cast_signed(), row.to_string()];
            connection.execute(PUT_ROW, values).map(drop)
        }
        Change::Row {
            table,
            key,
            row: None,
        } => {
            let delete = "DELETE FROM rows WHERE path = ?1 AND key = ?2";
            connection.execute(delete, [table, key]).map(drop)
        }
        Change::Document(path, Some(value)) => {
            let put = "INSERT OR REPLACE INTO documents (path, json) VALUES (?1, ?2)";
            connection
                .execute(put, [path, &value.to_string()])
                .map(drop)
        }
        Change::Document(path, None) => {
            let delete = "DELETE FROM documents WHERE path = ?1";
            connection.execute(delete, [path]).map(drop)
        }
        Change::Blob(path, Some(bytes)) => put_blob(connection, path, bytes),
        Change::Blob(path, None) => {
            let delete = "DELETE FROM blobs WHERE path = ?1";
            connection.execute(delete, [path]).map(drop)
        }
        Change::File(path, file) => match file.as_ref().map(|file| (file.name(), file.size())) {
            Some((Some(name), size)) => {
                let values = params![path, name, size.cast_signed()];
                connection.execute(PUT_FILE, values).map(drop)
            }
            _ => {
                let delete = "DELETE FROM files WHERE path = ?1";
                connection.execute(delete, [path]).map(drop)
            }
        },
    }
}

/// Reads a blob; as a column, SQLite would make a copy first.
fn get_blob(connection: &Connection, row: i64) -> rusqlite::Result<Bytes> {
    let blob = connection.blob_open(MAIN_DB, "blobs", "bytes", row, true)?;
    let mut bytes = vec![0; blob.size().unsigned_abs() as usize];
    blob.read_at_exact(&mut bytes, 0)?;
    Ok(bytes.into())
}

/// Writes a blob piece by piece: as a parameter, SQLite would copy it.
fn put_blob(connection: &Connection, path: &str, bytes: &[u8]) -> rusqlite::Result<()> {
    connection.execute(PUT_BLOB, params![path, ZeroBlob(length(bytes))])?;
    let row = connection.last_insert_rowid();
    let mut blob = connection.blob_open(MAIN_DB, "blobs", "bytes", row, false)?;
    let mut at = 0;
    for piece in bytes.chunks(PIECE) {
        blob.write_at(piece, at)?;
        at += piece.len();
    }
    Ok(())
}

/// Beyond SQLite's limit, which SQLite reports itself.
fn length(bytes: &[u8]) -> i32 {
    i32::try_from(bytes.len()).unwrap_or(i32::MAX)
}

fn parse(json: &str) -> rusqlite::Result<Value> {
    serde_json::from_str(json).map_err(unreadable)
}

fn unreadable(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, why.into())
}

fn failure(path: &Path, error: &rusqlite::Error) -> io::Error {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    let locked = matches!(
        error.sqlite_error_code(),
        Some(DatabaseBusy | DatabaseLocked)
    );
    let hint = if locked {
        "; another emulator uses the directory"
    } else {
        ""
    };
    io::Error::other(format!("{}: {error}{hint}", path.display()))
}
