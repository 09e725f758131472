//! D1's errors for failed statements.

use http::StatusCode;
use rusqlite::{Error, ffi};

use crate::http::error::ApiError;

const FAILED: u32 = 7500;

/// An error of SQLite, as D1 passes it on.
pub(super) fn of(error: &Error) -> ApiError {
    let (code, text, offset) = match error {
        Error::SqlInputError {
            error, msg, offset, ..
        } => (error.extended_code, msg.clone(), *offset),
        Error::SqliteFailure(error, text) => {
            let text = text.clone();
            (error.extended_code, text.unwrap_or_else(generic), -1)
        }
        // A NUL ends the SQL for SQLite, and what is behind it is no statement.
        Error::NulError(_) => (ffi::SQLITE_ERROR, "unrecognized token: \"\"".to_owned(), -1),
        _ => (ffi::SQLITE_ERROR, generic(), -1),
    };
    match code & 0xff {
        ffi::SQLITE_INTERRUPT => return too_slow(),
        ffi::SQLITE_NOMEM => return too_much(),
        _ => {}
    }
    let offset = match offset {
        0.. => format!(" at offset {offset}"),
        _ => String::new(),
    };
    let extended = match extended(code) {
        Some(name) => format!(" (extended: {name})"),
        None => String::new(),
    };
    let name = name(code & 0xff);
    ApiError::bad_request(FAILED, format!("{text}{offset}: {name}{extended}"))
}

/// What SQLite says if it has nothing more precise to say.
fn generic() -> String {
    "SQL logic error".to_owned()
}

pub(super) fn failed(message: impl Into<String>) -> ApiError {
    ApiError::bad_request(FAILED, message)
}

pub(super) fn transaction() -> ApiError {
    failed(
        "To execute a transaction, please use the state.storage.transaction() or \
         state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT \
         statements. The JavaScript API is safer because it will automatically roll back on \
         exceptions, and because it interacts correctly with Durable Objects' automatic atomic \
         write coalescing.",
    )
    .hint("the statements of one request take effect together or not at all, without a BEGIN")
}

pub(super) fn parameters() -> ApiError {
    ApiError::bad_request(7400, "Wrong number of parameter bindings for SQL query.")
}

/// The statements of the request took too long.
pub(super) fn too_slow() -> ApiError {
    reset("D1 DB exceeded its CPU time limit and was reset.")
}

/// The statements or their results took too much memory.
pub(super) fn too_much() -> ApiError {
    reset("D1 DB's isolate exceeded its memory limit and was reset.")
}

/// The whole state was replaced while statements were running.
pub(super) fn replaced() -> ApiError {
    reset("D1 DB reset because its code was updated.")
}

pub(super) fn internal(why: &str) -> ApiError {
    reset("Internal error in D1 DB storage caused object to be reset.").hint(why)
}

fn reset(message: &str) -> ApiError {
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, FAILED, message)
}

pub(super) fn overloaded(why: &str) -> ApiError {
    let message = format!("D1 DB is overloaded. {why}");
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, FAILED, message)
}

fn name(code: i32) -> &'static str {
    const NAMES: [&str; 27] = [
        "SQLITE_OK",
        "SQLITE_ERROR",
        "SQLITE_INTERNAL",
        "SQLITE_PERM",
        "SQLITE_ABORT",
        "SQLITE_BUSY",
        "SQLITE_LOCKED",
        "SQLITE_NOMEM",
        "SQLITE_READONLY",
        "SQLITE_INTERRUPT",
        "SQLITE_IOERR",
        "SQLITE_CORRUPT",
        "SQLITE_NOTFOUND",
        "SQLITE_FULL",
        "SQLITE_CANTOPEN",
        "SQLITE_PROTOCOL",
        "SQLITE_EMPTY",
        "SQLITE_SCHEMA",
        "SQLITE_TOOBIG",
        "SQLITE_CONSTRAINT",
        "SQLITE_MISMATCH",
        "SQLITE_MISUSE",
        "SQLITE_NOLFS",
        "SQLITE_AUTH",
        "SQLITE_FORMAT",
        "SQLITE_RANGE",
        "SQLITE_NOTADB",
    ];
    let known = usize::try_from(code).ok().and_then(|code| NAMES.get(code));
    known.copied().unwrap_or("SQLITE_ERROR")
}

/// The kind of a constraint.
fn extended(code: i32) -> Option<&'static str> {
    Some(match code {
        ffi::SQLITE_CONSTRAINT_CHECK => "SQLITE_CONSTRAINT_CHECK",
        ffi::SQLITE_CONSTRAINT_DATATYPE => "SQLITE_CONSTRAINT_DATATYPE",
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => "SQLITE_CONSTRAINT_FOREIGNKEY",
        ffi::SQLITE_CONSTRAINT_NOTNULL => "SQLITE_CONSTRAINT_NOTNULL",
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY => "SQLITE_CONSTRAINT_PRIMARYKEY",
        ffi::SQLITE_CONSTRAINT_ROWID => "SQLITE_CONSTRAINT_ROWID",
        ffi::SQLITE_CONSTRAINT_TRIGGER => "SQLITE_CONSTRAINT_TRIGGER",
        ffi::SQLITE_CONSTRAINT_UNIQUE => "SQLITE_CONSTRAINT_UNIQUE",
        _ => return None,
    })
}
