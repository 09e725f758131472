//! Splits SQL into statements, reading only as far as the next one needs.

use std::io::{self, Read};

use super::rules::LONGEST_STATEMENT;

/// How many bytes are read at a time.
const PIECE: u64 = 64 << 10;

/// Reads statements one after another.
pub(super) struct Statements<R> {
    sql: R,
    /// Read and still needed.
    text: String,
    /// The end of the statement returned last.
    done: usize,
    /// The start of a character whose end has not been read yet.
    cut: Vec<u8>,
    ended: bool,
}

impl<R: Read> Statements<R> {
    pub(super) fn new(sql: R) -> Self {
        Self {
            sql,
            text: String::new(),
            done: 0,
            cut: Vec::new(),
            ended: false,
        }
    }

    /// The next statement with its semicolon; semicolons in a trigger are part of
    /// it. A statement that is too long is cut somewhere past the limit. If the SQL
    /// is not UTF-8, the error is [`InvalidData`](io::ErrorKind::InvalidData).
    pub(super) fn next(&mut self) -> io::Result<Option<&str>> {
        loop {
            let rest = self.text[self.done..].trim_start();
            self.done = self.text.len() - rest.len();
            let length = match end(rest) {
                Some(length) => length,
                None if self.ended || rest.len() > LONGEST_STATEMENT => rest.len(),
                None => {
                    self.read()?;
                    continue;
                }
            };
            let start = self.done;
            self.done += length;
            return Ok(Some(&self.text[start..self.done]).filter(|text| !text.is_empty()));
        }
    }

    fn read(&mut self) -> io::Result<()> {
        self.text.drain(..self.done);
        self.done = 0;
        let mut piece = self.sql.by_ref().take(PIECE);
        self.ended = piece.read_to_end(&mut self.cut)? == 0;
        let valid = match std::str::from_utf8(&self.cut) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() && !self.ended => error.valid_up_to(),
            Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
        };
        let rest = self.cut.split_off(valid);
        self.text.push_str(&String::from_utf8_lossy(&self.cut));
        self.cut = rest;
        Ok(())
    }
}

/// The position in a statement. Only a `CREATE TRIGGER` contains semicolons, and
/// ends with `END;`.
#[derive(Clone, Copy, PartialEq)]
enum At {
    Start,
    /// After `EXPLAIN` or `EXPLAIN QUERY PLAN`.
    Explain,
    /// After `CREATE` or `CREATE TEMP`.
    Create,
    Plain,
    Trigger,
    /// In a trigger, after a semicolon.
    Between,
    /// In a trigger, after a semicolon and `END`.
    Ended,
}

/// The length of the first statement, if it is complete.
fn end(sql: &str) -> Option<usize> {
    let mut at = At::Start;
    let mut position = 0;
    let mut rest = sql;
    while let Some(first) = rest.bytes().next() {
        let length = token(rest, first);
        let (text, after) = rest.split_at(length);
        rest = after;
        position += length;
        at = match (at, text) {
            (_, _) if is_space(text) => at,
            (At::Trigger | At::Between, ";") => At::Between,
            // An empty statement is part of the next one.
            (At::Start, ";") => At::Start,
            (_, ";") => return Some(position),
            (At::Between, word) if is(word, "END") => At::Ended,
            (At::Trigger | At::Between | At::Ended, _) => At::Trigger,
            (At::Start | At::Explain, word) if is(word, "CREATE") => At::Create,
            (At::Start, word) if is(word, "EXPLAIN") => At::Explain,
            (At::Explain, word) if is(word, "QUERY") || is(word, "PLAN") => At::Explain,
            (At::Create, word) if is(word, "TEMP") || is(word, "TEMPORARY") => At::Create,
            (At::Create, word) if is(word, "TRIGGER") => At::Trigger,
            _ => At::Plain,
        };
    }
    None
}

fn is(word: &str, keyword: &str) -> bool {
    word.eq_ignore_ascii_case(keyword)
}

fn is_space(token: &str) -> bool {
    token.starts_with("--")
        || token.starts_with("/*")
        || token.bytes().all(|byte| byte.is_ascii_whitespace())
}

/// The length of the first token: a word, something in quotes, a comment, or a
/// single other character.
fn token(text: &str, first: u8) -> usize {
    let until = |end: &str| {
        let found = text.get(2..).and_then(|inner| inner.find(end));
        found.map_or(text.len(), |at| 2 + at + end.len())
    };
    match first {
        b'\'' | b'"' | b'`' => quoted(text, first),
        b'[' => text.find(']').map_or(text.len(), |at| at + 1),
        b'-' if text.starts_with("--") => until("\n"),
        b'/' if text.starts_with("/*") => until("*/"),
        _ if is_word(first) => {
            let end = text.bytes().position(|byte| !is_word(byte));
            end.unwrap_or(text.len())
        }
        _ => 1,
    }
}

/// A doubled quote does not end the text, but treating it as an end and a new
/// beginning comes to the same.
fn quoted(text: &str, quote: u8) -> usize {
    let end = text.bytes().skip(1).position(|byte| byte == quote);
    end.map_or(text.len(), |at| at + 2)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || !byte.is_ascii()
}
