//! Where the statements of a text end.

/// The statements of `sql` one after the other, each with its semicolon: those
/// that are in a trigger belong to it.
pub(super) fn split(sql: &str) -> impl Iterator<Item = &str> {
    let mut rest = sql;
    std::iter::from_fn(move || {
        let (statement, after) = rest.split_at(end(rest));
        rest = after;
        (!statement.is_empty()).then_some(statement)
    })
}

/// How far a statement is read. Only what begins with `CREATE TRIGGER` has
/// semicolons inside, and ends with `END;`.
#[derive(Clone, Copy, PartialEq)]
enum At {
    Start,
    /// After `EXPLAIN`, or `QUERY PLAN` behind it.
    Explain,
    /// After `CREATE`, or `TEMP` behind it.
    Create,
    Plain,
    Trigger,
    /// In a trigger, after a semicolon.
    Between,
    /// In a trigger, after a semicolon and `END`.
    Ended,
}

/// The length of the first statement.
fn end(sql: &str) -> usize {
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
            // An empty statement goes with the next one.
            (At::Start, ";") => At::Start,
            (_, ";") => return position,
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
    position
}

fn is(word: &str, keyword: &str) -> bool {
    word.eq_ignore_ascii_case(keyword)
}

fn is_space(token: &str) -> bool {
    token.starts_with("--")
        || token.starts_with("/*")
        || token.bytes().all(|byte| byte.is_ascii_whitespace())
}

/// The length of the token that `text` begins with: a word, something in
/// quotes, a comment, or one other character.
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

/// A doubled quote is none; to take it for the end and the next beginning
/// comes to the same.
fn quoted(text: &str, quote: u8) -> usize {
    let end = text.bytes().skip(1).position(|byte| byte == quote);
    end.map_or(text.len(), |at| at + 2)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || !byte.is_ascii()
}
