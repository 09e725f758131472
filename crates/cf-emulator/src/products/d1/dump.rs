//! A database as the SQL that makes it.

use std::fmt::Write as _;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

/// What an export leaves out.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) no_schema: bool,
    pub(super) no_data: bool,
    /// Only these tables; all of them if none is named.
    pub(super) tables: Vec<String>,
}

pub(super) fn write(connection: &Connection, options: &Options) -> rusqlite::Result<String> {
    let mut out = String::from("PRAGMA defer_foreign_keys=TRUE;\n");
    let mut statement = connection.prepare(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL \
         AND name NOT LIKE 'sqlite_%' ORDER BY type = 'table' DESC, rowid",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, name): (String, String) = (row.get(0)?, row.get(1)?);
        let (table, sql): (String, String) = (row.get(2)?, row.get(3)?);
        if !options.tables.is_empty() && !options.tables.contains(&table) {
            continue;
        }
        if !options.no_schema {
            let _ = writeln!(out, "{sql};");
        }
        if kind == "table" && !options.no_data {
            data(connection, &name, &mut out)?;
        }
    }
    Ok(out)
}

fn data(connection: &Connection, table: &str, out: &mut String) -> rusqlite::Result<()> {
    let table = name(table);
    // Columns that are computed cannot be written.
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
    while let Some(row) = rows.next()? {
        let _ = write!(out, "INSERT INTO {table} ({columns}) VALUES(");
        for index in 0..count {
            if index > 0 {
                out.push(',');
            }
            literal(row.get_ref(index)?, out);
        }
        out.push_str(");\n");
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
        // What is beyond a finite number is written as one that overflows.
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
            let _ = write!(out, "X'{}'", crate::snapshot::hex(bytes));
        }
    }
}
