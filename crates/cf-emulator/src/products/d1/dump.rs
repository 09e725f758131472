//! Dumps a database as the SQL that recreates it.

use std::fmt::Write as _;
use std::io::{self, Write};

use rusqlite::Connection;
use rusqlite::types::ValueRef;

/// What an export includes.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) no_schema: bool,
    pub(super) no_data: bool,
    /// Only these tables; all if empty.
    pub(super) tables: Vec<String>,
}

/// Why a dump failed.
#[derive(Debug)]
pub(super) enum Failure {
    Sql(rusqlite::Error),
    Write(io::Error),
    /// The content of virtual tables cannot be expressed in SQL.
    VirtualTables,
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

pub(super) fn write(
    connection: &Connection,
    options: &Options,
    out: &mut impl Write,
) -> Result<(), Failure> {
    out.write_all(b"PRAGMA defer_foreign_keys=TRUE;\n")?;
    let mut statement = connection.prepare(
        "SELECT type, name, tbl_name, sql, rootpage = 0 FROM sqlite_schema \
         WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' \
         ORDER BY type = 'table' DESC, rowid",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, name): (String, String) = (row.get(0)?, row.get(1)?);
        let (table, sql): (String, String) = (row.get(2)?, row.get(3)?);
        if !options.tables.is_empty() && !options.tables.contains(&table) {
            continue;
        }
        if kind == "table" && row.get(4)? {
            return Err(Failure::VirtualTables);
        }
        if !options.no_schema {
            writeln!(out, "{sql};")?;
        }
        if kind == "table" && !options.no_data {
            data(connection, &name, out)?;
        }
    }
    Ok(())
}

fn data(connection: &Connection, table: &str, out: &mut impl Write) -> Result<(), Failure> {
    let table = name(table);
    // Generated columns cannot be inserted.
    let mut columns = Vec::new();
    let mut info =
        connection.prepare("SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0")?;
    let mut named = info.query([unquoted(&table)])?;
    while let Some(column) = named.next()? {
        columns.push(name(&column.get::<_, String>(0)?));
    }
    let columns = columns.join(",");
    let mut statement = connection.prepare(&format!("SELECT {columns} FROM {table}"))?;
    let count = statement.column_count();
    let mut rows = statement.query([])?;
    let mut line = String::new();
    while let Some(row) = rows.next()? {
        line.clear();
        for index in 0..count {
            if index > 0 {
                line.push(',');
            }
            literal(row.get_ref(index)?, &mut line);
        }
        writeln!(out, "INSERT INTO {table} ({columns}) VALUES({line});")?;
    }
    Ok(())
}

fn name(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn unquoted(name: &str) -> String {
    let inner = name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'));
    inner.unwrap_or(name).replace("\"\"", "\"")
}

fn literal(value: ValueRef<'_>, out: &mut String) {
    match value {
        ValueRef::Null => out.push_str("NULL"),
        ValueRef::Integer(number) => {
            let _ = write!(out, "{number}");
        }
        // Infinity is written as a number that overflows.
        ValueRef::Real(number) if number.is_infinite() => {
            out.push_str(if number > 0.0 { "9e999" } else { "-9e999" });
        }
        ValueRef::Real(number) => {
            let _ = write!(out, "{number:?}");
        }
        ValueRef::Text(text) => {
            out.push('\'');
            out.push_str(&String::from_utf8_lossy(text).replace('\'', "''"));
            out.push('\'');
        }
        ValueRef::Blob(bytes) => {
            let _ = write!(out, "X'{}'", hex::encode(bytes));
        }
    }
}
