//! The results of statements as JSON. They are written down at once: as values
//! in memory, a blob would take thirty times its size.

use std::time::Duration;

use bytes::Bytes;
use rusqlite::Row;
use rusqlite::types::ValueRef;
use serde_json::{Value, json};

use super::database::{Effect, Output};
use super::refusal;
use crate::http::error::ApiError;

/// The most that results may have.
const LARGEST: usize = 50_000_000;

/// How rows are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As objects.
    Objects,
    /// As lists, next to the names of the columns.
    Lists,
}

/// An array of results in the usual envelope.
#[derive(Debug)]
pub(super) struct Results {
    form: Form,
    text: Vec<u8>,
    /// The columns to show: where they are in a row, and their names as JSON.
    columns: Vec<(usize, Vec<u8>)>,
    rows: u64,
    statements: u64,
}

impl Results {
    pub(super) fn new(form: Form) -> Self {
        Self {
            form,
            text: br#"{"result":["#.to_vec(),
            columns: Vec::new(),
            rows: 0,
            statements: 0,
        }
    }

    pub(super) fn finish(mut self) -> Bytes {
        self.text
            .extend_from_slice(br#"],"success":true,"errors":[],"messages":[]}"#);
        self.text.into()
    }

    fn within_bounds(&self) -> Result<(), ApiError> {
        match self.text.len() > LARGEST {
            true => Err(refusal::too_much()),
            false => Ok(()),
        }
    }
}

impl Output for Results {
    fn begin(&mut self, columns: &[String]) -> Result<(), ApiError> {
        let name = |name: &String| Value::from(name.as_str()).to_string().into_bytes();
        let all = columns.iter().map(name).enumerate();
        self.columns = match self.form {
            Form::Lists => all.collect(),
            // Of columns with one name, the last is shown, in the place of the first.
            Form::Objects => all
                .filter(|(at, _)| !columns[..*at].contains(&columns[*at]))
                .map(|(at, text)| {
                    let last = columns.iter().rposition(|other| *other == columns[at]);
                    (last.unwrap_or(at), text)
                })
                .collect(),
        };
        if self.statements > 0 {
            self.text.push(b',');
        }
        self.statements += 1;
        self.rows = 0;
        self.text.extend_from_slice(br#"{"results":"#);
        if self.form == Form::Lists {
            self.text.extend_from_slice(br#"{"columns":["#);
            for (index, (_, name)) in self.columns.iter().enumerate() {
                if index > 0 {
                    self.text.push(b',');
                }
                self.text.extend_from_slice(name);
            }
            self.text.extend_from_slice(br#"],"rows":"#);
        }
        self.text.push(b'[');
        self.within_bounds()
    }

    fn row(&mut self, row: &Row<'_>) -> Result<(), ApiError> {
        if self.rows > 0 {
            self.text.push(b',');
        }
        self.rows += 1;
        let (open, close) = match self.form {
            Form::Objects => (b'{', b'}'),
            Form::Lists => (b'[', b']'),
        };
        self.text.push(open);
        for (index, (at, name)) in self.columns.iter().enumerate() {
            if index > 0 {
                self.text.push(b',');
            }
            if self.form == Form::Objects {
                self.text.extend_from_slice(name);
                self.text.push(b':');
            }
            let cell = row.get_ref(*at).map_err(|error| refusal::of(&error))?;
            write(&mut self.text, cell);
            self.within_bounds()?;
        }
        self.text.push(close);
        self.within_bounds()
    }

    fn end(&mut self, effect: &Effect, duration: Duration, size: i64) -> Result<(), ApiError> {
        self.text.push(b']');
        if self.form == Form::Lists {
            self.text.push(b'}');
        }
        let meta = json!({
            "served_by": "cf-emulator",
            "duration": duration.as_secs_f64() * 1000.0,
            "changes": effect.changes,
            "last_row_id": effect.last_row_id,
            "changed_db": effect.wrote,
            "size_after": size,
            "rows_read": effect.rows,
            "rows_written": effect.changes,
        });
        self.text
            .extend_from_slice(format!(r#","success":true,"meta":{meta}}}"#).as_bytes());
        self.within_bounds()
    }
}

/// What an import counts.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) statements: u64,
    pub(super) changes: u64,
    pub(super) rows: u64,
    pub(super) last_row_id: i64,
    pub(super) wrote: bool,
}

impl Output for Counts {
    fn begin(&mut self, _: &[String]) -> Result<(), ApiError> {
        self.statements += 1;
        Ok(())
    }

    fn row(&mut self, _: &Row<'_>) -> Result<(), ApiError> {
        Ok(())
    }

    fn end(&mut self, effect: &Effect, _: Duration, _: i64) -> Result<(), ApiError> {
        self.changes += effect.changes;
        self.rows += effect.rows;
        self.last_row_id = effect.last_row_id;
        self.wrote |= effect.wrote;
        Ok(())
    }
}

fn write(text: &mut Vec<u8>, cell: ValueRef<'_>) {
    match cell {
        ValueRef::Null => text.extend_from_slice(b"null"),
        ValueRef::Integer(number) => text.extend_from_slice(number.to_string().as_bytes()),
        ValueRef::Real(number) => {
            text.extend_from_slice(Value::from(number).to_string().as_bytes())
        }
        ValueRef::Text(bytes) => {
            let string = String::from_utf8_lossy(bytes);
            // A string can always be written.
            let _ = serde_json::to_writer(&mut *text, &string);
        }
        ValueRef::Blob(bytes) => {
            text.push(b'[');
            for (index, byte) in bytes.iter().enumerate() {
                if index > 0 {
                    text.push(b',');
                }
                if *byte > 99 {
                    text.push(b'0' + byte / 100);
                }
                if *byte > 9 {
                    text.push(b'0' + byte / 10 % 10);
                }
                text.push(b'0' + byte % 10);
            }
            text.push(b']');
        }
    }
}
