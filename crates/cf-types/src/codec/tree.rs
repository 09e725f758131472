//! JSON text as a tree.
//!
//! By the codec's own scanner: serde_json's reader would be a second one in every program, with tables of its own for
//! numbers.

use serde_json::{Map, Value};

use super::number::{Literal, Number};
use super::scan::{Kind, Scanner, Stop};
use super::strings::Text;

/// How many lists and objects may be within each other, as in serde_json.
const LEVELS: usize = 127;

/// The tree; `None` if the text is not JSON, or no tree holds it: numbers beyond `f64`, more levels, half a surrogate
/// pair.
pub(super) fn of(text: &str) -> Option<Value> {
    let mut scan = Scanner::new(text);
    let tree = value(&mut scan, LEVELS).ok()?;
    scan.end().ok()?;
    Some(tree)
}

fn value(scan: &mut Scanner<'_>, levels: usize) -> Result<Value, Stop> {
    match scan.kind()? {
        Kind::Null => {
            scan.pos += "null".len();
            Ok(Value::Null)
        }
        Kind::Bool(value) => {
            scan.pos += if value { "true".len() } else { "false".len() };
            Ok(Value::Bool(value))
        }
        Kind::Number => match scan.number()? {
            Literal::Canonical(number) | Literal::Spelled(number) => Ok(match number {
                Number::Int(value) => value.into(),
                Number::Uint(value) => value.into(),
                Number::Float(value) => value.into(),
            }),
            Literal::Beyond => Err(Stop),
        },
        Kind::Str => {
            let text = scan.string()?;
            owned(scan, text).map(Value::String)
        }
        Kind::Array => {
            let mut elements = Vec::new();
            each(scan, b']', levels, |scan, levels| {
                elements.push(value(scan, levels)?);
                Ok(())
            })?;
            Ok(Value::Array(elements))
        }
        Kind::Object => {
            let mut members = Map::new();
            each(scan, b'}', levels, |scan, levels| {
                let name = scan.key()?;
                let name = owned(scan, name)?;
                members.insert(name, value(scan, levels)?);
                Ok(())
            })?;
            Ok(Value::Object(members))
        }
    }
}

/// Reads what is between the brackets of a list or an object; the scanner is at the first.
fn each<'a>(
    scan: &mut Scanner<'a>,
    close: u8,
    levels: usize,
    mut read: impl FnMut(&mut Scanner<'a>, usize) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let levels = levels.checked_sub(1).ok_or(Stop)?;
    scan.pos += 1;
    if scan.eat(close) {
        return Ok(());
    }
    loop {
        read(scan, levels)?;
        if !scan.eat(b',') {
            return scan.expect(close, "expected a comma or the end of a list or object");
        }
    }
}

fn owned(scan: &Scanner<'_>, text: Text<'_>) -> Result<String, Stop> {
    match text {
        Text::Plain(text) => Ok(text.to_owned()),
        Text::Escaped => Ok(scan.unescaped.clone()),
        Text::Broken => Err(Stop),
    }
}

/// Whether two trees are equal when numbers count by their value, not by their spelling.
pub(super) fn same_numbers(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_numbers(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| same_numbers(a, b)))
        }
        (a, b) => a == b,
    }
}
