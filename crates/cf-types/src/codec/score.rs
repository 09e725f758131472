//! Which shape of a union a value has.
//!
//! A tag decides if there is one. Otherwise the shape wins whose fields fit most of the value's members, and not the
//! first that happens to accept the value.

use super::field::{Field, Next, Token, View};
use super::number::{Literal, Number};
use super::scan::{Kind, Scanner, Stop};
use super::strings::Text;
use super::{Object, Tag, Union};

/// The best shape for the value ahead; `None` if none fits. Leaves the scanner anywhere.
pub(super) fn best_variant(
    scan: &mut Scanner<'_>,
    union: &mut dyn Union,
) -> Result<Option<usize>, Stop> {
    let start = scan.pos();
    if let Some(tag) = union.tag() {
        let tagged = tagged_variant(scan, tag, Count::Last)?;
        if tagged.is_some() {
            return Ok(tagged);
        }
        scan.back_to(start);
    }
    let shape = Shape::read(scan)?;
    Ok(best(union, &shape).map(|(index, _)| index))
}

/// Which of several members of the same name counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    /// The first one: right if there is only one.
    First,
    /// The last one, as elsewhere.
    Last,
}

/// The shape that the tag of the object ahead names. Leaves the scanner anywhere.
pub(super) fn tagged_variant(
    scan: &mut Scanner<'_>,
    tag: &Tag,
    count: Count,
) -> Result<Option<usize>, Stop> {
    let mut found = None;
    scan.space();
    if scan.byte() != Some(b'{') {
        return Ok(None);
    }
    members(scan, |scan, key| {
        if key != Some(tag.name) {
            return Ok(true);
        }
        found = match scan.kind()? {
            Kind::Str => match scan.string()? {
                Text::Plain(value) => tag.variant(value),
                Text::Escaped => tag.variant(&scan.unescaped),
                Text::Broken => None,
            },
            _ => None,
        };
        Ok(count == Count::Last)
    })?;
    Ok(found)
}

/// Visits an object's members for as long as `each` says so, which is called before a member's value and may skip it or
/// not.
fn members(
    scan: &mut Scanner<'_>,
    mut each: impl FnMut(&mut Scanner<'_>, Option<&str>) -> Result<bool, Stop>,
) -> Result<(), Stop> {
    scan.expect(b'{', "expected an object")?;
    if scan.eat(b'}') {
        return Ok(());
    }
    loop {
        let spelled;
        let key = match scan.key()? {
            Text::Plain(key) => Some(key),
            Text::Escaped => {
                spelled = scan.unescaped.clone();
                Some(spelled.as_str())
            }
            Text::Broken => None,
        };
        scan.space();
        let start = scan.pos();
        if !each(scan, key)? {
            return Ok(());
        }
        scan.back_to(start);
        scan.skip()?;
        if !scan.eat(b',') {
            return scan.expect(b'}', "expected a comma or the end of an object");
        }
    }
}

/// A value as far as its outermost level shows.
enum Shape {
    Null,
    Bool(bool),
    /// `None` for a number that no machine number holds.
    Number(Option<Number>),
    /// `None` for text with broken escapes.
    Str(Option<String>),
    /// With the first element.
    Array(Option<Box<Shape>>),
    Object(Vec<(String, Shape)>),
}

impl Shape {
    fn read(scan: &mut Scanner<'_>) -> Result<Shape, Stop> {
        scan.space();
        let start = scan.pos();
        Ok(match scan.kind()? {
            Kind::Object => {
                scan.back_to(start);
                let mut found = Vec::new();
                members(scan, |scan, key| {
                    if let Some(key) = key {
                        found.push((key.to_owned(), Shape::surface(scan)?));
                    }
                    Ok(true)
                })?;
                Shape::Object(found)
            }
            Kind::Array => {
                scan.eat(b'[');
                let first = (!scan.eat(b']'))
                    .then(|| Shape::surface(scan))
                    .transpose()?;
                Shape::Array(first.map(Box::new))
            }
            _ => {
                scan.back_to(start);
                Shape::surface(scan)?
            }
        })
    }

    /// Same as [`Shape::read`], but of lists and objects only that they are such.
    fn surface(scan: &mut Scanner<'_>) -> Result<Shape, Stop> {
        Ok(match scan.kind()? {
            Kind::Null => Shape::Null,
            Kind::Bool(value) => Shape::Bool(value),
            Kind::Number => Shape::Number(match scan.number()? {
                Literal::Canonical(number) | Literal::Spelled(number) => Some(number),
                Literal::Beyond => None,
            }),
            Kind::Str => Shape::Str(match scan.string()? {
                Text::Plain(text) => Some(text.to_owned()),
                Text::Escaped => Some(scan.unescaped.clone()),
                Text::Broken => None,
            }),
            Kind::Array => Shape::Array(None),
            Kind::Object => Shape::Object(Vec::new()),
        })
    }

    fn token(&self) -> Option<Token<'_>> {
        Some(match self {
            Shape::Null => Token::Null,
            Shape::Bool(value) => Token::Bool(*value),
            Shape::Number(number) => Token::Number((*number)?),
            Shape::Str(text) => Token::Str(text.as_deref()?),
            Shape::Array(_) => Token::Array,
            Shape::Object(_) => Token::Object,
        })
    }
}

/// The score of a field that takes any JSON: less than any shape that fits.
const ANY: i64 = -1_000;
/// The score of an enum for a value that it does not list: better than no shape at all.
const UNDECLARED: i64 = -500;

fn best(union: &mut dyn Union, shape: &Shape) -> Option<(usize, i64)> {
    let mut best: Option<(usize, i64)> = None;
    for index in 0..union.variants() {
        if let Some(points) = points(union.select(index), shape)
            && best.is_none_or(|(_, most)| points > most)
        {
            best = Some((index, points));
        }
    }
    best
}

/// How well `field` suits the value; `None` if it cannot hold it.
fn points(field: &mut dyn Field, shape: &Shape) -> Option<i64> {
    match field.take(shape.token()?) {
        Next::Done => Some(1),
        Next::Undeclared => Some(UNDECLARED),
        Next::Seq(seq) => match shape {
            Shape::Array(Some(first)) => points(seq.grow(), first).map(|points| points.min(1)),
            _ => Some(1),
        },
        Next::Object(object) => match shape {
            Shape::Object(members) => object_points(object, members),
            _ => None,
        },
        Next::Dict(_) => Some(0),
        Next::Union(union) => best(union, shape).map(|(_, points)| points),
        Next::Any(_) | Next::Raw(_) => Some(ANY),
        Next::Reject(_) => None,
    }
}

fn object_points(object: &mut dyn Object, members: &[(String, Shape)]) -> Option<i64> {
    let names = object.names();
    let (mut fits, mut mismatches) = (0, 0);
    let mut came = vec![false; names.len()];
    let mut next = 0;
    for (key, shape) in members {
        let Some(index) = names.find(key, next) else {
            continue;
        };
        next = index + 1;
        came[index] = true;
        // Null says nothing: any field can be null.
        let fit = matches!(shape, Shape::Null) || member_fits(object.get_mut(index), shape);
        *(if fit { &mut fits } else { &mut mismatches }) += 1;
    }
    if fits == 0 && !members.is_empty() {
        return None;
    }
    let missing = (0..names.len())
        .filter(|index| !came[*index] && !matches!(object.get(*index).view(), View::None))
        .count();
    // Of two equally good shapes, the one with fewer fields is closer.
    let points = 2 * fits - 3 * mismatches - i64::try_from(missing).unwrap_or(i64::MAX / 128);
    let size = i64::try_from(names.len()).unwrap_or(0).min(63);
    Some(points * 64 + 64 - size)
}

fn member_fits(field: &mut dyn Field, shape: &Shape) -> bool {
    match shape.token() {
        Some(token) => !matches!(field.take(token), Next::Reject(_) | Next::Undeclared),
        None => false,
    }
}
