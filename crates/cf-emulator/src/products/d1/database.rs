//! SQL on a database that is held in memory as the bytes of its file.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::types::Value as Sql;
use rusqlite::{Batch, Connection, MAIN_DB, OpenFlags, Row, Statement, params_from_iter};
use serde_json::Value;

use super::refusal;
use super::rules::Rules;
use super::statements::Statements;
use crate::http::error::ApiError;

/// Steps of SQLite's virtual machine between two checks of the clock. A step can
/// take milliseconds if it works on large values.
const STEPS: i32 = 200;
/// The largest schema, in bytes of SQL. SQLite follows views, triggers and
/// foreign keys recursively, and the stack is limited.
const LARGEST_SCHEMA: i64 = 1_000_000;

/// One or more statements, and the parameters for their question marks.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) sql: String,
    pub(super) params: Vec<Sql>,
}

/// What a statement did.
#[derive(Debug)]
pub(super) struct Effect {
    pub(super) changes: u64,
    pub(super) last_row_id: i64,
    pub(super) wrote: bool,
    pub(super) rows: u64,
}

/// When statements must end.
#[derive(Debug, Clone)]
pub(super) struct Until {
    pub(super) end: Instant,
    /// Nobody is waiting for them any more.
    pub(super) cancelled: Arc<AtomicBool>,
}

impl Until {
    pub(super) fn is_over(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed) || Instant::now() > self.end
    }
}

/// A database whose statements take effect when it is
/// [finished](Self::finish), or not at all if one of them fails.
pub(super) struct Database {
    connection: Connection,
    rules: Arc<Rules>,
    until: Until,
    /// Before the first statement.
    writes: u64,
    schema: i64,
}

/// A parameter for SQLite: a list of numbers is a blob.
pub(super) fn parameter(value: &Value) -> Option<Sql> {
    Some(match value {
        Value::Null => Sql::Null,
        Value::Bool(value) => Sql::Integer(i64::from(*value)),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Sql::Integer(number),
            None => Sql::Real(number.as_f64()?),
        },
        Value::String(text) => Sql::Text(text.clone()),
        Value::Array(bytes) => {
            let byte = |byte: &Value| byte.as_u64().and_then(|byte| u8::try_from(byte).ok());
            Sql::Blob(bytes.iter().map(byte).collect::<Option<_>>()?)
        }
        Value::Object(_) => return None,
    })
}

impl Database {
    pub(super) fn open(file: Option<&Bytes>, until: Until) -> Result<Self, ApiError> {
        let open = || -> rusqlite::Result<Self> {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
            // A file in memory, private to this connection, since its name is not a path.
            let mut connection = Connection::open_with_flags_and_vfs("d1", flags, c"memdb")?;
            if let Some(file) = file {
                connection.deserialize_read_exact(MAIN_DB, file.as_ref(), file.len(), false)?;
            }
            let rules = Rules::of(&connection)?;
            let clock = until.clone();
            connection.progress_handler(STEPS, Some(move || clock.is_over()))?;
            let schema = rules.lifted(|| {
                connection.execute_batch("BEGIN")?;
                schema_version(&connection)
            })?;
            Ok(Self {
                writes: connection.total_changes(),
                connection,
                rules,
                until,
                schema,
            })
        };
        open().map_err(|error| refusal::of(&error))
    }

    /// Runs statements, each with these parameters; their results go to `output`.
    pub(super) fn run<O: Output>(
        &self,
        sql: impl Read,
        params: &[Sql],
        output: &mut O,
    ) -> Result<(), ApiError> {
        let mut any = false;
        let mut statements = Statements::new(sql);
        while let Some(sql) = statements.next().map_err(|error| unreadable(&error))? {
            let mut batch = Batch::new(&self.connection, sql);
            while let Some(mut statement) = batch.next().map_err(|error| self.refusal(&error))? {
                any = true;
                if statement.parameter_count() != params.len() {
                    return Err(refusal::parameters());
                }
                self.step(&mut statement, params, output)?;
            }
        }
        match any {
            true => Ok(()),
            false => Err(refusal::failed("No SQL statements detected.")),
        }
    }

    fn step<O: Output>(
        &self,
        statement: &mut Statement<'_>,
        params: &[Sql],
        output: &mut O,
    ) -> Result<(), ApiError> {
        let failed = |error| self.refusal(&error);
        let started = Instant::now();
        let before = (self.connection.total_changes(), self.schema_version()?);
        let columns: Vec<String> = statement
            .column_names()
            .into_iter()
            .map(str::to_owned)
            .collect();
        output.begin(&columns)?;
        let mut count = 0;
        let mut rows = statement.query(params_from_iter(params)).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            count += 1;
            output.row(row)?;
            // Large rows take few steps.
            if self.until.is_over() {
                return Err(refusal::too_slow());
            }
        }
        drop(rows);
        let schema = self.schema_version()?;
        if schema != before.1 {
            self.check_schema()?;
        }
        let changes = self.connection.total_changes() - before.0;
        let effect = Effect {
            changes,
            last_row_id: self.connection.last_insert_rowid(),
            wrote: changes > 0 || schema != before.1,
            rows: count,
        };
        output.end(&effect, started.elapsed(), self.size()?)
    }

    fn refusal(&self, error: &rusqlite::Error) -> ApiError {
        match self.rules.transaction.load(Ordering::Relaxed) {
            true => refusal::transaction(),
            false => refusal::of(error),
        }
    }

    fn check_schema(&self) -> Result<(), ApiError> {
        let size = self.number("SELECT coalesce(sum(length(sql)), 0) FROM sqlite_schema")?;
        if size > LARGEST_SCHEMA {
            let message = format!("the schema has more than {LARGEST_SCHEMA} bytes of SQL");
            return Err(refusal::failed(message));
        }
        Ok(())
    }

    /// Commits the statements. Returns the file and the number of its tables, if
    /// the statements changed anything.
    pub(super) fn finish(self) -> Result<Option<(Bytes, i64)>, ApiError> {
        let committed = self.lifted(|connection| connection.execute_batch("COMMIT"));
        committed.map_err(|error| refusal::of(&error))?;
        let same =
            self.connection.total_changes() == self.writes && self.schema_version()? == self.schema;
        if same {
            return Ok(None);
        }
        let tables = self.number(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        )?;
        let file = self.lifted(|_| self.connection.serialize(MAIN_DB));
        let file = file.map_err(|error| refusal::of(&error))?;
        Ok(Some((Bytes::copy_from_slice(&file), tables)))
    }

    /// Does `work` without the rules.
    pub(super) fn lifted<T>(&self, work: impl FnOnce(&Connection) -> T) -> T {
        self.rules.lifted(|| work(&self.connection))
    }

    /// The size of the file in bytes.
    pub(super) fn size(&self) -> Result<i64, ApiError> {
        self.number("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
    }

    /// A counter of changes to tables and indices.
    fn schema_version(&self) -> Result<i64, ApiError> {
        self.lifted(schema_version)
            .map_err(|error| refusal::of(&error))
    }

    fn number(&self, sql: &str) -> Result<i64, ApiError> {
        self.lifted(|connection| connection.query_row(sql, [], |row| row.get(0)))
            .map_err(|error| refusal::of(&error))
    }
}

/// Receives the results of statements.
pub(super) trait Output {
    /// A statement with these columns follows.
    fn begin(&mut self, columns: &[String]) -> Result<(), ApiError>;

    fn row(&mut self, row: &Row<'_>) -> Result<(), ApiError>;

    /// The statement has ended: what it did, how long it took, and the size of the
    /// database in bytes.
    fn end(&mut self, effect: &Effect, duration: Duration, size: i64) -> Result<(), ApiError>;
}

fn unreadable(error: &io::Error) -> ApiError {
    match error.kind() {
        io::ErrorKind::InvalidData => refusal::failed("the file is not UTF-8"),
        _ => refusal::internal(&error.to_string()),
    }
}

fn schema_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA schema_version", [], |row| row.get(0))
}
