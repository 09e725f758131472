//! The writer: any view as JSON text.

use super::Object;
use super::extra::Piece;
use super::field::View;
use super::object::fields_blank;
use super::strings::is_plain;

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
    let start = open(out);
    members(object, |key, piece| {
        if let Piece::Nothing = piece {
            return;
        }
        name(key, start, out);
        match piece {
            Piece::View(view) => self::view(view, out),
            Piece::Raw(raw) => out.extend_from_slice(raw.as_bytes()),
            Piece::Null | Piece::Nothing => out.extend_from_slice(b"null"),
        }
    });
    out.push(b'}');
}

/// The JSON that came in place of the object, unless the caller has put something in since.
pub(super) fn whole(object: &dyn Object) -> Option<&super::RawJson> {
    object.extra().whole().filter(|_| fields_blank(object))
}

/// Everything to be written of an object: its fields, then what is in no field.
#[inline]
pub(super) fn members(object: &dyn Object, mut each: impl FnMut(&str, Piece<'_>)) {
    let names = object.names();
    let extra = object.extra();
    for (index, name) in names.iter().enumerate() {
        let view = object.get(index).view();
        let piece = match extra.mark(index) {
            Some(mark) => mark.piece(view),
            None if matches!(view, View::None) => Piece::Nothing,
            None => Piece::View(view),
        };
        each(name, piece);
    }
    for (key, raw) in extra.unknown() {
        let field = names.iter().position(|name| **name == **key);
        // A value in the field wins over one that the caller gave beside it.
        if field.is_none_or(|index| matches!(object.get(index).view(), View::None)) {
            each(key, Piece::Raw(raw));
        }
    }
}

/// Opens an object; gives where its members start.
fn open(out: &mut Vec<u8>) -> usize {
    out.push(b'{');
    out.len()
}

fn name(key: &str, start: usize, out: &mut Vec<u8>) {
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

/// Text, trees and bytes have no way to fail when they are written to memory.
fn json<T: serde::Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    let _ = serde_json::to_writer(out, value);
}
