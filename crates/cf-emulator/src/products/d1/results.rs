//! The results of statements as JSON. They are encoded right away: as a JSON
//! value in memory, a blob would take thirty times its size.

use std::io::Write;
use std::time::Duration;

use rusqlite::Row;
use rusqlite::types::ValueRef;
use serde_json::{Value, json};

use super::database::{Effect, Output};
use super::refusal;
use crate::http::error::ApiError;
use crate::http::file::Folder;
use crate::http::text::{Text, TextWriter};

/// The largest results, in bytes.
const LARGEST: usize = 50_000_000;

/// How rows are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As objects.
    Objects,
    /// As lists, next to the column names.
    Lists,
}

/// An array of results in the usual envelope.
pub(super) struct Results<'a> {
    form: Form,
    text: Bounded<'a>,
    /// The columns to show: their index in a row, and their names as JSON.
    columns: Vec<(usize, Vec<u8>)>,
    rows: u64,
    statements: u64,
}

impl<'a> Results<'a> {
    /// Large results go to `folder`, if there is one.
    pub(super) fn new(form: Form, folder: Option<&'a Folder>) -> Self {
        Self {
            form,
            text: Bounded {
                next: br#"{"result":["#.to_vec(),
                out: TextWriter::new(folder),
                size: 0,
            },
            columns: Vec::new(),
            rows: 0,
            statements: 0,
        }
    }

    pub(super) fn finish(self) -> Result<Text, ApiError> {
        let mut out = self.text.out;
        let end = br#"],"success":true,"errors":[],"messages":[]}"#;
        let written = out.write_all(&[&self.text.next, &end[..]].concat());
        let written = written.and_then(|()| out.finish());
        written.map_err(|error| refusal::internal(&error.to_string()))
    }
}

/// A text with a limited length.
struct Bounded<'a> {
    next: Vec<u8>,
    out: TextWriter<'a>,
    /// How many bytes were passed on.
    size: usize,
}

impl Bounded<'_> {
    /// Passes on what was written, unless it is too much.
    fn hand_on(&mut self) -> Result<(), ApiError> {
        self.size += self.next.len();
        if self.size > LARGEST {
            return Err(refusal::too_much());
        }
        let written = self.out.write_all(&self.next);
        self.next.clear();
        written.map_err(|error| refusal::internal(&error.to_string()))
    }
}

impl Output for Results<'_> {
    fn begin(&mut self, columns: &[String]) -> Result<(), ApiError> {
        let name = |name: &String| Value::from(name.as_str()).to_string().into_bytes();
        let all = columns.iter().map(name).enumerate();
        self.columns = match self.form {
            Form::Lists => all.collect(),
            // Of columns with the same name, the last is shown, at the position of the first.
            Form::Objects => all
                .filter(|(at, _)| !columns[..*at].contains(&columns[*at]))
                .map(|(at, text)| {
                    let last = columns.iter().rposition(|other| *other == columns[at]);
                    (last.unwrap_or(at), text)
                })
                .collect(),
        };
        if self.statements > 0 {
            self.text.next.push(b',');
        }
        self.statements += 1;
        self.rows = 0;
        self.text.next.extend_from_slice(br#"{"results":"#);
        if self.form == Form::Lists {
            self.text.next.extend_from_slice(br#"{"columns":["#);
            for (index, (_, name)) in self.columns.iter().enumerate() {
                if index > 0 {
                    self.text.next.push(b',');
                }
                self.text.next.extend_from_slice(name);
            }
            self.text.next.extend_from_slice(br#"],"rows":"#);
        }
        self.text.next.push(b'[');
        self.text.hand_on()
    }

    fn row(&mut self, row: &Row<'_>) -> Result<(), ApiError> {
        if self.rows > 0 {
            self.text.next.push(b',');
        }
        self.rows += 1;
        let (open, close) = match self.form {
            Form::Objects => (b'{', b'}'),
            Form::Lists => (b'[', b']'),
        };
        self.text.next.push(open);
        for (index, (at, name)) in self.columns.iter().enumerate() {
            if index > 0 {
                self.text.next.push(b',');
            }
            if self.form == Form::Objects {
                self.text.next.extend_from_slice(name);
                self.text.next.push(b':');
            }
            let cell = row.get_ref(*at).map_err(|error| refusal::of(&error))?;
            write(&mut self.text.next, cell);
            self.text.hand_on()?;
        }
        self.text.next.push(close);
        self.text.hand_on()
    }

    fn end(&mut self, effect: &Effect, duration: Duration, size: i64) -> Result<(), ApiError> {
        self.text.next.push(b']');
        if self.form == Form::Lists {
            self.text.next.push(b'}');
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
            .next
            .extend_from_slice(format!(r#","success":true,"meta":{meta}}}"#).as_bytes());
        self.text.hand_on()
    }
}

/// The counters of an import.
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
            // Writing to a string cannot fail.
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
