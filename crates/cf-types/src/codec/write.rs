//! The writer: any view as JSON text.

use super::Object;
use super::extra::Piece;
use super::field::View;
use super::object::fields_blank;

pub(super) fn view(view: View<'_>, out: &mut Vec<u8>) {
    match view {
        View::None => out.extend_from_slice(b"null"),
        View::Bool(true) => out.extend_from_slice(b"true"),
        View::Bool(false) => out.extend_from_slice(b"false"),
        View::Number(number) => number.with_text(|text| out.extend_from_slice(text.as_bytes())),
        View::Str(text) => string(text, out),
        View::Any(value) => json(value, out),
        View::Raw(raw) => out.extend_from_slice(raw.as_str().as_bytes()),
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
            out.push(b'{');
            let mut first = true;
            dict.visit(&mut |key, value| {
                name(key, &mut first, out);
                self::view(value.view(), out);
            });
            out.push(b'}');
        }
        View::Object(object) => match whole(object) {
            Some(raw) => out.extend_from_slice(raw.as_str().as_bytes()),
            None => {
                out.push(b'{');
                let mut first = true;
                members(object, &mut |key, piece| {
                    if let Piece::Nothing = piece {
                        return;
                    }
                    name(key, &mut first, out);
                    match piece {
                        Piece::View(view) => self::view(view, out),
                        Piece::Raw(raw) => out.extend_from_slice(raw.as_str().as_bytes()),
                        Piece::Null | Piece::Nothing => out.extend_from_slice(b"null"),
                    }
                });
                out.push(b'}');
            }
        },
    }
}

/// The JSON that came in place of the object, unless the caller has put something in since.
pub(super) fn whole(object: &dyn Object) -> Option<&super::RawJson> {
    object.extra().whole().filter(|_| fields_blank(object))
}

/// Everything to be written of an object: its fields, then what is in no field.
pub(super) fn members(object: &dyn Object, each: &mut dyn FnMut(&str, Piece<'_>)) {
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

fn name(key: &str, first: &mut bool, out: &mut Vec<u8>) {
    if !std::mem::take(first) {
        out.push(b',');
    }
    string(key, out);
    out.push(b':');
}

fn string(text: &str, out: &mut Vec<u8>) {
    let plain = text.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\');
    if plain {
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
