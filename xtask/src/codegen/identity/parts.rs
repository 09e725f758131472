//! Resources that are parts of others: rulesets have rules.

use std::collections::BTreeMap;

use crate::codegen::identity::roots::{ALIKE, Roots, likeness, root};
use crate::codegen::items::merge::Merger;
use crate::codegen::items::types::{Shape, Side, Type};

/// The least likeness of a part and its param.
const RELATED: f64 = 0.25;

/// Merges a resource with the items of its parent's list of that name.
pub fn unite(merger: &mut Merger, roots: &mut BTreeMap<&[String], Roots>) {
    let resources: Vec<&[String]> = roots.keys().copied().collect();
    for resource in resources {
        let Some((name, parent)) = resource.split_last() else {
            continue;
        };
        let (Some(whole), Some(part)) = (roots.get(parent), roots.get(resource)) else {
            continue;
        };
        let (entity, param) = (part.entity, part.param);
        let sent = listed(merger, whole.param, name);
        let received = listed(merger, whole.entity, name);
        if let (Some(param), Some(item)) = (param, sent)
            && likeness(merger, param, item) >= ALIKE
        {
            merger.adopt(param, item);
        }
        match (entity, received) {
            (Some(entity), Some(item)) if likeness(merger, entity, item) >= ALIKE => {
                merger.adopt(entity, item);
            }
            (None, Some(item))
                if param.is_some_and(|param| likeness(merger, item, param) >= RELATED) =>
            {
                let entity = root(merger, resource, Side::Received, &[(item, false)]);
                roots.insert(resource, Roots { entity, param });
            }
            _ => {}
        }
    }
}

/// The item of `whole`'s list of that name, if it has no role yet.
fn listed(merger: &Merger, whole: Option<usize>, name: &str) -> Option<usize> {
    let Shape::Model(fields) = merger.shape(whole?) else {
        return None;
    };
    let field = fields.iter().find(|field| field.json == name)?;
    let Type::List(_) = field.ty.bare() else {
        return None;
    };
    let item = field.ty.core()?;
    merger.role(item).is_none().then_some(item)
}
