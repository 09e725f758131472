//! What new values need, where no constructor asks for it.

use super::field::View;
use super::{Field, Object};

/// The JSON pointer of the first field that a new value needs and that was not set.
pub(crate) fn missing(value: &dyn Field) -> Option<String> {
    let mut pointer = String::new();
    look_into(value, &mut pointer).then_some(pointer)
}

/// Leaves the pointer at what is missing.
fn look_into(value: &dyn Field, pointer: &mut String) -> bool {
    match value.view() {
        View::Object(object) => look_into_fields(object, pointer),
        View::Seq(seq) => (0..seq.len()).any(|index| {
            under(pointer, &index.to_string(), |pointer| {
                look_into(seq.at(index), pointer)
            })
        }),
        View::Dict(dict) => {
            let mut found = false;
            dict.visit(&mut |name, value| {
                found = found || under(pointer, name, |pointer| look_into(value, pointer));
            });
            found
        }
        _ => false,
    }
}

fn look_into_fields(object: &dyn Object, pointer: &mut String) -> bool {
    let needs = object.needs();
    (0..object.names().len()).any(|index| {
        let field = object.get(index);
        match field.view() {
            View::None if needs.contains(&index) => {
                let name = object.names().get(index).unwrap_or_default();
                // What a caller gave besides the model's fields counts, too.
                object.extra().get(name).is_none() && under(pointer, name, |_| true)
            }
            View::Object(_) | View::Seq(_) | View::Dict(_) => {
                let name = object.names().get(index).unwrap_or_default();
                under(pointer, name, |pointer| look_into(field, pointer))
            }
            _ => false,
        }
    })
}

/// Looks below `name`; the pointer stays there if something is missing.
fn under(pointer: &mut String, name: &str, look: impl FnOnce(&mut String) -> bool) -> bool {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(name);
    let found = look(pointer);
    if !found {
        pointer.truncate(length);
    }
    found
}
