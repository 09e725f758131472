//! The plan of what is written: operations with their types, and the types' homes.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use crate::description::{Description, Operation, Parameter, Place as ParameterPlace, ReplyKind};

use super::classes::{self, Classes};
use super::collect::{Collector, Place};
use super::names;
use super::paged::{self, Paged};
use super::types::{Item, Type};

/// The module for what several products use.
pub const SHARED: &str = "shared";

pub struct Plan {
    pub operations: Vec<PlannedOperation>,
    pub items: Vec<Item>,
    pub classes: Classes,
    /// Items that requests carry: they get constructors and setters.
    pub inputs: BTreeSet<usize>,
    /// Pairs of items of which the first holds the second by value, though the second leads back.
    pub loops: BTreeSet<(usize, usize)>,
    /// Fields, by item and JSON name, that hold secrets though their names do not say so.
    pub secret: BTreeSet<(usize, String)>,
}

pub struct PlannedOperation {
    pub operation: Operation,
    /// The name of the struct that holds the arguments.
    pub struct_name: String,
    pub method: String,
    pub params: Vec<PlannedParameter>,
    pub body: Option<Type>,
    pub output: Type,
    /// Whether the description allows null in place of the output.
    pub nullable: bool,
    pub paged: Option<Paged>,
}

pub struct PlannedParameter {
    pub parameter: Parameter,
    pub name: String,
    pub ty: Type,
}

impl PlannedParameter {
    /// Whether it is an argument rather than a setter.
    pub fn is_argument(&self) -> bool {
        self.parameter.place == ParameterPlace::Path || self.parameter.required
    }
}

impl Plan {
    pub fn new(description: &Description, products: &[&str]) -> Result<Plan> {
        let mut collector = Collector::new(description);
        let mut operations: Vec<PlannedOperation> = Vec::new();
        for operation in &description.operations {
            if products.contains(&operation.product()) {
                operations.push(plan_operation(&mut collector, operation)?);
            }
        }
        operations.sort_by(|a, b| a.operation.id.cmp(&b.operation.id));
        let mut items = collector.items;
        settle(&mut items, &operations, products);
        let classes = classes::of(&items);
        let inputs = inputs(&items, &operations, &classes);
        let loops = loops(&items, &classes);
        let mut plan = Plan {
            operations,
            items,
            classes,
            inputs,
            loops,
            secret: BTreeSet::new(),
        };
        plan.part_operations_from_models();
        Ok(plan)
    }

    /// Whether the module of `home` holds a type of this name.
    pub fn has_model(&self, home: &str, name: &str) -> bool {
        let mut items = self.items.iter().zip(&self.classes.names);
        items.any(|(item, known)| (item.home == home || item.product == home) && known == name)
    }

    /// Operations share a module with their resource's accessor, and those of a product's outermost
    /// resource with its models, too.
    fn part_operations_from_models(&mut self) {
        let clashes: Vec<bool> = self
            .operations
            .iter()
            .map(|planned| {
                let operation = &planned.operation;
                let accessor = operation.resource.last().map(|last| names::pascal(last));
                accessor.as_ref() == Some(&planned.struct_name)
                    || (operation.resource.len() == 1
                        && self.has_model(operation.product(), &planned.struct_name))
            })
            .collect();
        for (planned, clashes) in self.operations.iter_mut().zip(clashes) {
            if clashes {
                planned.struct_name.push_str("Operation");
            }
        }
    }

    /// The operations of one resource.
    pub fn of_resource<'p>(
        &'p self,
        resource: &'p [String],
    ) -> impl Iterator<Item = &'p PlannedOperation> {
        self.operations
            .iter()
            .filter(move |planned| planned.operation.resource == resource)
    }
}

fn plan_operation(
    collector: &mut Collector<'_>,
    operation: &Operation,
) -> Result<PlannedOperation> {
    // What has no name of its own is named after resource and method: `RecordsListOrder`.
    let resource = operation.resource.last().map_or("", String::as_str);
    let method = names::pascal(&operation.method);
    let owner = format!(
        "{}.{}{method}",
        operation.product(),
        names::pascal(resource)
    );
    let owner = owner.as_str();
    let mut params: Vec<PlannedParameter> = Vec::new();
    // Path parameters in the order of the path: outermost first.
    let mut parameters: Vec<&Parameter> = operation.parameters.iter().collect();
    parameters.sort_by_key(|parameter| match parameter.place {
        ParameterPlace::Path => operation.path.find(&format!("{{{}}}", parameter.name)),
        _ => Some(usize::MAX),
    });
    for parameter in parameters {
        let place = Place {
            owner,
            name: &parameter.name,
        };
        let ty = match (parameter.place, collector.type_of(&parameter.schema, place)) {
            (ParameterPlace::Path, _) if parameter.name == "zone_id" => Type::Id("ZoneId"),
            (ParameterPlace::Path, _) if parameter.name == "account_id" => Type::Id("AccountId"),
            (_, ty) => ty,
        };
        let name = names::snake(parameter.code_name.as_deref().unwrap_or(&parameter.name));
        let taken = |name: &str| {
            matches!(name, "body" | "scope") || params.iter().any(|known| known.name == name)
        };
        let name = names::unique(name, taken);
        let required = parameter.place == ParameterPlace::Path || parameter.required;
        params.push(PlannedParameter {
            parameter: parameter.clone(),
            name,
            ty: if required { ty } else { ty.optional() },
        });
    }
    let body = operation.body.as_ref().map(|body| {
        let place = Place {
            owner,
            name: "body",
        };
        match collector.type_of(&body.schema, place) {
            Type::Optional(inner) => *inner,
            ty => ty,
        }
    });
    let place = Place {
        owner,
        name: "result",
    };
    let (output, nullable) = match &operation.result {
        ReplyKind::Envelope(schema) | ReplyKind::Json(schema) => {
            match collector.type_of(schema, place) {
                // Nearly every result may be null by the description, and so that is not a case of its own for
                // every caller.
                Type::Optional(inner) => (*inner, true),
                ty => (ty, false),
            }
        }
        ReplyKind::Text => (Type::Text, false),
        ReplyKind::Binary => (Type::Blob, false),
        ReplyKind::Empty => (Type::Optional(Box::new(Type::Any)), false),
    };
    let (output, paged) = paged::find(&collector.items, operation, output)?;
    Ok(PlannedOperation {
        struct_name: names::pascal(&operation.method),
        method: super::method_name(operation),
        operation: operation.clone(),
        params,
        body,
        output,
        nullable,
        paged,
    })
}

/// Gives every item its home: the product that alone uses it, or the shared module.
fn settle(items: &mut [Item], operations: &[PlannedOperation], products: &[&str]) {
    let mut users: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    let mut groups: BTreeMap<usize, String> = BTreeMap::new();
    for planned in operations {
        let mut reached = BTreeSet::new();
        let params = planned.params.iter().map(|param| &param.ty);
        for ty in params.chain(&planned.body).chain([&planned.output]) {
            reach(items, ty, &mut reached);
        }
        let resource = &planned.operation.resource;
        let group = resource.get(1).unwrap_or(&resource[0]);
        for item in reached {
            users
                .entry(item)
                .or_default()
                .insert(planned.operation.product());
            groups.entry(item).or_insert_with(|| names::snake(group));
        }
    }
    for (index, item) in items.iter_mut().enumerate() {
        let users = users.remove(&index).unwrap_or_default();
        let own = products.contains(&item.product.as_str())
            && users.iter().all(|user| *user == item.product);
        item.home = if own {
            item.product.clone()
        } else {
            SHARED.to_owned()
        };
        item.group = groups
            .remove(&index)
            .unwrap_or_else(|| item.product.clone());
    }
}

/// Adds every item that `ty` leads to.
fn reach(items: &[Item], ty: &Type, reached: &mut BTreeSet<usize>) {
    let mut open = BTreeSet::new();
    ty.items(&mut open);
    while let Some(item) = open.pop_first() {
        if reached.insert(item) {
            for ty in items[item].shape.types() {
                ty.items(&mut open);
            }
        }
    }
}

fn inputs(items: &[Item], operations: &[PlannedOperation], classes: &Classes) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    for planned in operations {
        for ty in planned
            .params
            .iter()
            .map(|param| &param.ty)
            .chain(&planned.body)
        {
            reach(items, ty, &mut reached);
        }
    }
    reached
        .into_iter()
        .map(|item| classes.canonical[item])
        .collect()
}

/// Finds the embeddings that would make a type infinitely large.
fn loops(items: &[Item], classes: &Classes) -> BTreeSet<(usize, usize)> {
    let embedded = |index: usize| -> BTreeSet<usize> {
        let types = items[index].shape.types();
        types
            .iter()
            .filter_map(|ty| ty.embedded())
            .map(|to| classes.canonical[to])
            .collect()
    };
    let mut loops = BTreeSet::new();
    for (index, canonical) in classes.canonical.iter().enumerate() {
        if *canonical != index {
            continue;
        }
        for to in embedded(index) {
            let mut seen = BTreeSet::new();
            let mut open = vec![to];
            while let Some(next) = open.pop() {
                if seen.insert(next) {
                    open.extend(embedded(next));
                }
            }
            if seen.contains(&index) {
                loops.insert((index, to));
            }
        }
    }
    loops
}
