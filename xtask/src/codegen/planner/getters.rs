//! Getters of unions: for the scalar fields that all variants have, and for those that were decided on.

use crate::codegen::items::types::{Field, Shape, Type, Union, Variant};
use crate::codegen::lock::Lock;
use crate::codegen::plan::definition::{Definition, Getter, Scalar};
use crate::codegen::policy::Policy;
use crate::codegen::words::names;

/// The getters of each type: the published ones, and those of fields that all variants have now.
pub fn find(definitions: &mut [Definition], policy: &Policy, lock: &Lock) {
    for index in 0..definitions.len() {
        let Shape::Union(union) = &definitions[index].shape else {
            continue;
        };
        let path = definitions[index].path();
        let mut getters: Vec<Getter> = lock.getters(&path).to_vec();
        let decided = policy.getters.get(&path.replace("::", "."));
        let decided = decided
            .into_iter()
            .flatten()
            .filter_map(|json| of_any(definitions, union, json));
        for getter in common(definitions, union).into_iter().chain(decided) {
            let is_known = |known: &Getter| known.json == getter.json || known.name == getter.name;
            let makes = |variant: &Variant| names::snake(&variant.name) == getter.name;
            if !getters.iter().any(is_known) && !union.variants.iter().any(makes) {
                getters.push(getter);
            }
        }
        definitions[index].getters = getters;
    }
}

/// The getter of a field that a variant has, whatever it is in the others.
fn of_any(definitions: &[Definition], union: &Union, json: &str) -> Option<Getter> {
    let items = union
        .variants
        .iter()
        .filter_map(|variant| variant.ty.embedded());
    let mut fields = items.flat_map(|item| definitions[item].fields());
    let field = fields.find(|field| field.json == json)?;
    Some(Getter {
        json: json.to_owned(),
        name: field.name.clone(),
        kind: Scalar::Any,
    })
}

fn common(definitions: &[Definition], union: &Union) -> Vec<Getter> {
    let models: Option<Vec<&Vec<Field>>> = union
        .variants
        .iter()
        .map(|variant| match &variant.ty {
            Type::Item(item) => match &definitions[*item].shape {
                Shape::Model(fields) => Some(fields),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let Some(models) = models.filter(|models| models.len() > 1) else {
        return Vec::new();
    };
    let kind_in = |fields: &&Vec<Field>, json: &str| {
        let same = fields.iter().find(|other| other.json == json)?;
        scalar(definitions, &same.ty)
    };
    let getter = |field: &Field| {
        let kinds: Option<Vec<Scalar>> = models
            .iter()
            .map(|fields| kind_in(fields, &field.json))
            .collect();
        let kinds = kinds.filter(|kinds| kinds.windows(2).all(|pair| pair[0] == pair[1]))?;
        Some(Getter {
            json: field.json.clone(),
            name: field.name.clone(),
            kind: *kinds.first()?,
        })
    };
    models[0].iter().filter_map(getter).collect()
}

fn scalar(definitions: &[Definition], ty: &Type) -> Option<Scalar> {
    match ty {
        Type::Optional(inner) => scalar(definitions, inner),
        Type::Text | Type::Date | Type::DateTime | Type::Id(_) => Some(Scalar::Text),
        Type::Bool => Some(Scalar::Bool),
        Type::Int => Some(Scalar::Int),
        Type::Item(item) => match definitions[*item].shape {
            Shape::Enum(_) => Some(Scalar::Text),
            _ => None,
        },
        _ => None,
    }
}
