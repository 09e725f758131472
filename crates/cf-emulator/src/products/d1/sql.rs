//! SQL on a database that lies in memory as the bytes of its file.

use std::time::{Duration, Instant};

use bytes::Bytes;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::limits::Limit;
use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Batch, Connection, MAIN_DB, params_from_iter};
use serde_json::Value;

use crate::error::ApiError;

/// How long a request may take.
const LONGEST: Duration = Duration::from_secs(30);
/// Steps of SQLite's machine between two looks at the clock.
const STEPS: i32 = 10_000;

/// One or more statements and what stands for their question marks.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) sql: String,
    pub(super) params: Vec<Sql>,
}

/// What a statement gave.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) columns: Vec<String>,
    pub(super) values: Vec<Vec<Value>>,
    pub(super) changes: u64,
    pub(super) last_row_id: i64,
    pub(super) wrote: bool,
}

pub(super) struct Database {
    pub(super) connection: Connection,
    /// Writes before the first statement.
    writes: u64,
    schema: i64,
}

/// A parameter as SQLite takes it: lists of numbers are bytes.
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

pub(super) fn refusal(error: &rusqlite::Error) -> ApiError {
    let code = match error.sqlite_error() {
        Some(error) => format!("{:?}", error.code),
        None => "SQLITE_ERROR".to_owned(),
    };
    ApiError::bad_request(7500, format!("{error}: {code}"))
}

impl Database {
    pub(super) fn open(file: Option<&Bytes>) -> Result<Self, ApiError> {
        let open = || -> rusqlite::Result<Self> {
            let mut connection = Connection::open_in_memory()?;
            if let Some(file) = file {
                connection.deserialize_read_exact(MAIN_DB, file.as_ref(), file.len(), false)?;
            }
            // No other file can be reached, by ATTACH or VACUUM INTO.
            connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
            connection.pragma_update(None, "foreign_keys", true)?;
            let end = Instant::now() + LONGEST;
            connection.progress_handler(STEPS, Some(move || Instant::now() > end))?;
            let schema = schema_version(&connection)?;
            let writes = connection.total_changes();
            Ok(Self {
                connection,
                writes,
                schema,
            })
        };
        open().map_err(|error| refusal(&error))
    }

    /// Runs the statements of a query, each with its result.
    pub(super) fn run(&self, query: &Query) -> Result<Vec<Rows>, ApiError> {
        let mut results = Vec::new();
        let mut batch = Batch::new(&self.connection, &query.sql);
        loop {
            let statement = batch.next().map_err(|error| refusal(&error))?;
            let Some(mut statement) = statement else {
                return Ok(results);
            };
            if statement.parameter_count() != query.params.len() {
                return Err(ApiError::bad_request(
                    7400,
                    "Wrong number of parameter bindings for SQL query.",
                ));
            }
            results.push(
                self.step(&mut statement, &query.params)
                    .map_err(|error| refusal(&error))?,
            );
            if !self.connection.is_autocommit() {
                let message = "To execute a transaction, send its statements as one request: they take effect together or not at all.";
                return Err(ApiError::bad_request(7500, message));
            }
        }
    }

    fn step(
        &self,
        statement: &mut rusqlite::Statement<'_>,
        params: &[Sql],
    ) -> rusqlite::Result<Rows> {
        let (before, schema) = (
            self.connection.total_changes(),
            schema_version(&self.connection)?,
        );
        let columns: Vec<String> = statement
            .column_names()
            .into_iter()
            .map(str::to_owned)
            .collect();
        let mut values = Vec::new();
        let mut rows = statement.query(params_from_iter(params))?;
        while let Some(row) = rows.next()? {
            let cells = (0..columns.len()).map(|index| Ok(json(row.get_ref(index)?)));
            values.push(cells.collect::<rusqlite::Result<_>>()?);
        }
        drop(rows);
        let changes = self.connection.total_changes() - before;
        let wrote = changes > 0 || schema_version(&self.connection)? != schema;
        let last_row_id = self.connection.last_insert_rowid();
        Ok(Rows {
            columns,
            values,
            changes,
            last_row_id,
            wrote,
        })
    }

    /// The bytes of the file, if a statement has changed it.
    pub(super) fn changed(&self) -> Result<Option<Bytes>, ApiError> {
        let changed = || -> rusqlite::Result<Option<Bytes>> {
            let same = self.connection.total_changes() == self.writes
                && schema_version(&self.connection)? == self.schema;
            match same {
                true => Ok(None),
                false => Ok(Some(Bytes::copy_from_slice(
                    &self.connection.serialize(MAIN_DB)?,
                ))),
            }
        };
        changed().map_err(|error| refusal(&error))
    }

    /// How many bytes the file has.
    pub(super) fn size(&self) -> Result<i64, ApiError> {
        self.number("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
    }

    /// How many tables there are.
    pub(super) fn tables(&self) -> Result<i64, ApiError> {
        self.number(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        )
    }

    fn number(&self, sql: &str) -> Result<i64, ApiError> {
        self.connection
            .query_row(sql, [], |row| row.get(0))
            .map_err(|error| refusal(&error))
    }
}

/// Counts the changes of tables and indices.
fn schema_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA schema_version", [], |row| row.get(0))
}

fn json(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        ValueRef::Blob(bytes) => bytes.into(),
    }
}
