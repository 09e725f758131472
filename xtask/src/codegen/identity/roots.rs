//! Finds the entity and the param of a resource, from everything that describes it.

use crate::codegen::items::merge::{Merger, Role};
use crate::codegen::items::types::{Shape, Side};

/// The least likeness to a resource for being that resource.
pub const ALIKE: f64 = 0.8;

/// A resource's entity and param.
pub struct Roots {
    pub entity: Option<usize>,
    pub param: Option<usize>,
}

/// Gives the first candidate the role of the resource, and merges the rest into it as far as they fit.
pub fn root(
    merger: &mut Merger,
    resource: &[String],
    side: Side,
    candidates: &[(usize, bool)],
) -> Option<usize> {
    let mut candidates = candidates
        .iter()
        .filter(|(item, _)| !matches!(merger.shape(*item), Shape::Enum(_)));
    let (first, is_stub) = *candidates.next()?;
    if is_stub {
        return None;
    }
    let rest: Vec<_> = candidates.copied().collect();
    let role = |variant: Option<String>| Role {
        resource: resource.to_owned(),
        side,
        variant,
    };
    match merger.role(first) {
        Some(other) if other.side != side || other.variant.is_some() => return None,
        Some(_) => merger.also_of(first, resource),
        None => merger.set_role(first, role(None)),
    }
    for (item, is_delete) in rest {
        if merger.role(item).is_some() || merger.find(item) == merger.find(first) {
            continue;
        }
        let likeness = likeness(merger, first, item);
        if likeness >= if is_delete { 0.7 } else { 0.25 } {
            merger.adopt(first, item);
        }
    }
    // The variants of a union are the resource, too.
    if let Shape::Union(union) = merger.shape(first) {
        let members: Vec<(usize, String)> = union
            .variants
            .iter()
            .filter_map(|variant| Some((variant.ty.core()?, variant.name.clone())))
            .collect();
        for (item, name) in members {
            if merger.role(item).is_none() && matches!(merger.shape(item), Shape::Model(_)) {
                merger.set_role(item, role(Some(name)));
            }
        }
    }
    Some(first)
}

/// How much two items have in common, relative to the larger one: 0 to 1.
pub fn likeness(merger: &Merger, a: usize, b: usize) -> f64 {
    match (merger.shape(a), merger.shape(b)) {
        (Shape::Model(a), Shape::Model(b)) => {
            let common = a
                .iter()
                .filter(|field| b.iter().any(|other| other.json == field.json))
                .count();
            let of = a.len().max(b.len());
            common as f64 / of.max(1) as f64
        }
        (Shape::Union(a), Shape::Union(b)) => {
            let common = merger.pairs(a, b).iter().flatten().count();
            common as f64 / a.variants.len().max(b.variants.len()) as f64
        }
        (Shape::Enum(a), Shape::Enum(b)) => {
            let common = a.iter().filter(|value| b.contains(value)).count();
            common as f64 / a.len().max(b.len()) as f64
        }
        _ => 0.0,
    }
}
