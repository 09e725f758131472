//! The writer: any view as JSON text.

use super::extra::{Name, Piece};
use super::few::Few;
use super::field::View;
use super::strings::is_plain;
use super::whole::whole;
use super::{Extra, Object, RawJson};

pub(super) fn view(view: View<'_>, out: &mut Vec<u8>) {
    match view {
        View::Str(text) => string(text, out),
        View::Bool(true) => out.extend_from_slice(b"true"),
        View::Bool(false) => out.extend_from_slice(b"false"),
        View::Number(number) => number.write(out),
        View::None => out.extend_from_slice(b"null"),
        View::Any(value) => json(value, out),
        View::Raw(raw) => out.extend_from_slice(raw.as_bytes()),
        View::Bytes(blob) => json(blob.as_ref(), out),
        View::Seq(seq) => {
            out.push(b'[');
            for index in 0..seq.len() {
                if index > 0 {
                    out.push(b',');
                }
                self::view(seq.at(index).view(), out);
            }
            out.push(b']');
        }
        View::Dict(dict) => {
            let start = open(out);
            dict.visit(&mut |key, value| {
                name(key, start, out);
                self::view(value.view(), out);
            });
            out.push(b'}');
        }
        View::Object(object) => match whole(object) {
            Some(raw) => out.extend_from_slice(raw.as_bytes()),
            None => self::object(object, out),
        },
    }
}

fn object(object: &dyn Object, out: &mut Vec<u8>) {
    let (names, extra) = (object.names(), object.extra());
    let start = open(out);
    for index in 0..names.len() {
        let piece = piece(object, extra, index);
        if let Piece::Nothing = piece {
            continue;
        }
        let member = names.member(index, out.len() == start);
        out.extend_from_slice(member.unwrap_or_default());
        piece_value(piece, out);
    }
    unknown_members(object, start, out);
    out.push(b'}');
}

#[inline]
pub(super) fn piece_value(piece: Piece<'_>, out: &mut Vec<u8>) {
    match piece {
        Piece::View(view) => self::view(view, out),
        Piece::Pointed(number) => {
            number.write(out);
            out.extend_from_slice(b".0");
        }
        Piece::Raw(raw) => out.extend_from_slice(raw.as_bytes()),
        Piece::Null | Piece::Nothing => out.extend_from_slice(b"null"),
    }
}

/// Writes what is in no field.
#[inline]
pub(super) fn unknown_members(object: &dyn Object, start: usize, out: &mut Vec<u8>) {
    if let Some(found) = object.extra().unknown() {
        for (key, raw) in unknown(object, found) {
            name(key, start, out);
            out.extend_from_slice(raw.as_bytes());
        }
    }
}

/// Everything to be written of an object: its fields, then what is in no field.
pub(super) fn members(object: &dyn Object, mut each: impl FnMut(&str, Piece<'_>)) {
    let (names, extra) = (object.names(), object.extra());
    for (index, name) in names.iter().enumerate() {
        each(name, piece(object, extra, index));
    }
    for (key, raw) in extra
        .unknown()
        .into_iter()
        .flat_map(|found| unknown(object, found))
    {
        each(key, Piece::Raw(raw));
    }
}

/// What to write for a field.
#[inline]
pub(super) fn piece<'o>(object: &'o dyn Object, extra: &'o Extra, index: usize) -> Piece<'o> {
    let view = object.get(index).view();
    match extra.mark(index) {
        Some(mark) => mark.piece(view),
        None if matches!(view, View::None) => Piece::Nothing,
        None => Piece::View(view),
    }
}

/// What is in no field. A value in the field takes precedence over one that the caller added.
fn unknown<'o>(
    object: &'o dyn Object,
    found: &'o Few<(Name, RawJson)>,
) -> impl Iterator<Item = (&'o str, &'o RawJson)> {
    let names = object.names();
    let is_in_field = move |key| match names.position(key) {
        Some(index) => !matches!(object.get(index).view(), View::None),
        None => false,
    };
    let all = found.iter().map(|(key, raw)| (&**key, raw));
    all.filter(move |(key, _)| !is_in_field(key))
}

/// Opens an object; returns where its members start.
pub(super) fn open(out: &mut Vec<u8>) -> usize {
    out.push(b'{');
    out.len()
}

pub(super) fn name(key: &str, start: usize, out: &mut Vec<u8>) {
    if out.len() > start {
        out.push(b',');
    }
    string(key, out);
    out.push(b':');
}

fn string(text: &str, out: &mut Vec<u8>) {
    if is_plain(text) {
        out.reserve(text.len() + 4);
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        json(text, out);
    }
}

/// Writing text, trees and bytes to memory cannot fail.
fn json<T: serde::Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(out, value);
}
