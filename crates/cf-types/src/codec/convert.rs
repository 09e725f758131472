//! Read, change, write: from a reply's model to a request's.

use super::extra::Piece;
use super::field::{Field, Next, Token, View};
use super::whole::whole;
use super::{Object, Union, read_from_str, write};

/// Turns a reply's model into a request's, for any pair of models.
///
/// Fields that only replies have are left out. All else is sent as it came: unknown members, nulls, and values that do
/// not fit their field.
///
/// ```
/// # #[cfg(feature = "dns")] {
/// use cf_types::codec;
/// use cf_types::dns::records::{Record, RecordParam};
///
/// let text = r#"{"type":"A","name":"www","ttl":null,"created_on":"2014-01-01T05:20:00Z","brand_new":[1]}"#;
/// let record: Record = codec::from_str(text)?;
/// let sent = codec::to_value(&RecordParam::from(record));
/// assert_eq!(sent, serde_json::json!({"type": "A", "name": "www", "ttl": null, "brand_new": [1]}));
/// # }
/// # Ok::<(), cf_types::codec::SyntaxError>(())
/// ```
pub fn to_param<P: Field + Default>(entity: &dyn Field) -> P {
    let mut param = P::default();
    fill(entity, &mut P::default(), &mut param);
    param
}

/// `shape` is an empty value of the type of `param`.
fn fill(entity: &dyn Field, shape: &mut dyn Field, param: &mut dyn Field) {
    let mut out = Vec::with_capacity(256);
    value(entity, Some(shape), &mut out);
    // It was just written, so it is JSON, and models take JSON of any kind.
    let text = String::from_utf8(out).unwrap_or_default();
    let _ = read_from_str(&text, param);
}

/// What a value is to become.
struct Shape<'s> {
    place: Next<'s>,
    /// What all variants of a union have in common, if it is uncertain which one it is.
    others: Vec<&'static str>,
}

/// Writes what is to be sent of `source`: all of it if nothing is known about what it is to become.
fn value(source: &dyn Field, empty: Option<&mut dyn Field>, out: &mut Vec<u8>) {
    let shape = empty.and_then(|empty| shape(empty, source.view()));
    match source.view() {
        View::Object(object) if whole(object).is_none() => members(object, shape, out),
        View::Seq(seq) => {
            let mut list = match shape.map(|shape| shape.place) {
                Some(Next::Seq(list)) => Some(list),
                _ => None,
            };
            out.push(b'[');
            for index in 0..seq.len() {
                if index > 0 {
                    out.push(b',');
                }
                let empty = list.as_deref_mut().map(|list| list.grow());
                value(seq.at(index), empty, out);
            }
            out.push(b']');
        }
        View::Dict(dict) => {
            let mut map = match shape.map(|shape| shape.place) {
                Some(Next::Dict(map)) => Some(map),
                _ => None,
            };
            let start = write::open(out);
            dict.visit(&mut |key, entry| {
                write::name(key, start, out);
                let empty = map.as_deref_mut().map(|map| map.slot(key));
                value(entry, empty, out);
            });
            out.push(b'}');
        }
        plain => write::view(plain, out),
    }
}

fn members(object: &dyn Object, shape: Option<Shape<'_>>, out: &mut Vec<u8>) {
    let (mut target, others) = match shape {
        Some(Shape {
            place: Next::Object(target),
            others,
        }) => (Some(target), others),
        _ => (None, Vec::new()),
    };
    let start = write::open(out);
    for (index, name) in object.names().iter().enumerate() {
        let empty = match &mut target {
            None if object.read_only().contains(&index) => continue,
            None => None,
            Some(target) => match target.names().position(name) {
                Some(place) if target.read_only().contains(&place) => continue,
                // Another variant may want more of it.
                _ if others.contains(&name) => None,
                Some(place) => Some(target.get_mut(place)),
                None => continue,
            },
        };
        let piece = write::piece(object, object.extra(), index);
        if let Piece::Nothing = piece {
            continue;
        }
        write::name(name, start, out);
        match piece {
            Piece::View(_) => value(object.get(index), empty, out),
            piece => write::piece_value(piece, out),
        }
    }
    write::unknown_members(object, start, out);
    out.push(b'}');
}

/// What a list, a map or a model is to become: its counterpart, or the corresponding variant of a union.
fn shape<'s>(empty: &'s mut dyn Field, source: View<'_>) -> Option<Shape<'s>> {
    let token = match source {
        View::Object(_) | View::Dict(_) => Token::Object,
        View::Seq(_) => Token::Array,
        _ => return None,
    };
    let union = match empty.take(token) {
        Next::Union(union) => union,
        place => {
            let others = Vec::new();
            return Some(Shape { place, others });
        }
    };
    if let Some(index) = named_variant(union, source) {
        return shape(union.select(index), source);
    }
    let mut best: Option<(usize, i64)> = None;
    let mut candidates = 0;
    let mut known = Vec::new();
    for index in 0..union.variants() {
        let Some(variant) = shape(union.select(index), source) else {
            continue;
        };
        if let Some(points) = likeness(variant.place, source, &mut known) {
            candidates += 1;
            if best.is_none_or(|(_, most)| points > most) {
                best = Some((index, points));
            }
        }
    }
    let mut found = shape(union.select(best?.0), source)?;
    if candidates > 1 {
        found.others.append(&mut known);
    }
    Some(found)
}

/// The variant that the value of the union's tag stands for.
fn named_variant(union: &dyn Union, source: View<'_>) -> Option<usize> {
    let (View::Object(object), Some(tag)) = (source, union.tag()) else {
        return None;
    };
    let index = object.names().position(tag.name)?;
    match object.get(index).view() {
        View::Str(value) => tag.variant(value),
        _ => None,
    }
}

/// How much two shapes have in common. The members that a value may have count, not those that it has: it does not
/// become another variant for lack of some.
fn likeness(place: Next<'_>, source: View<'_>, known: &mut Vec<&'static str>) -> Option<i64> {
    match (place, source) {
        (Next::Object(target), View::Object(object)) => {
            let names = target.names();
            known.extend(names.iter());
            let all = object.names().iter();
            let common = all.filter(|name| names.position(name).is_some()).count();
            // Of two that have as much in common, the one with fewer other members is closer.
            let size = i64::try_from(names.len()).unwrap_or(0).min(1023);
            let common = i64::try_from(common).ok().filter(|common| *common > 0)?;
            Some(common * 1024 - size)
        }
        (Next::Seq(_), View::Seq(_)) | (Next::Dict(_), View::Dict(_)) => Some(0),
        _ => None,
    }
}

/// Implements `From` of each first type for the second one, by [`to_param`].
macro_rules! param_of {
    ($($entity:ty => $param:ty,)*) => {
        $(
            impl From<$entity> for $param {
                #[inline]
                fn from(entity: $entity) -> Self {
                    $crate::codec::to_param(&entity)
                }
            }
        )*
    };
}

pub(crate) use param_of;
