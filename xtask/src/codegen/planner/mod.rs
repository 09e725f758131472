//! Makes the plan from the description.

mod define;
mod exports;
mod getters;
mod pairs;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use crate::description::{Description, Operation, Parameter, Place as ParameterPlace, ReplyKind};

use crate::codegen::codes::Codes;
use crate::codegen::docs::texts::Docs;
use crate::codegen::identity;
use crate::codegen::items::collect::{Collector, Place};
use crate::codegen::items::config;
use crate::codegen::items::merge::Merger;
use crate::codegen::items::types::{Side, Type};
use crate::codegen::lock::Lock;
use crate::codegen::naming::methods;
use crate::codegen::plan::index::Index;
use crate::codegen::plan::paged;
use crate::codegen::plan::{Plan, PlannedOperation, PlannedParameter};
use crate::codegen::policy::Policy;
use crate::codegen::search::Search;
use crate::codegen::words::names;

pub fn plan(
    description: &Description,
    products: &[&str],
    policy: &Policy,
    lock: &Lock,
) -> Result<Plan> {
    let mut collector = Collector::new(description, &policy.whole);
    let mut operations: Vec<PlannedOperation> = Vec::new();
    let planned = description
        .operations
        .iter()
        .filter(|operation| products.contains(&operation.product()));
    let methods = methods::names(planned.clone(), &policy.methods, lock);
    for operation in planned {
        let method = &methods[&operation.id];
        operations.push(plan_operation(&mut collector, operation, method, lock)?);
    }
    operations.sort_by(|a, b| a.operation.id.cmp(&b.operation.id));
    let mut merger = Merger::new(collector.items);
    lock.seed(&mut merger);
    identity::unite(&mut merger, &operations, policy);
    let (definitions, held) = define::types(&merger, &mut operations, policy, lock)?;
    let pairs = pairs::find(&definitions, &operations);
    let exports = exports::find(&definitions, &operations, lock);
    Ok(Plan {
        index: Index::of(&operations, &definitions),
        operations,
        definitions,
        pairs,
        exports,
        held,
        docs: Docs::default(),
        search: Search::default(),
        codes: Codes::default(),
        permissions: BTreeMap::new(),
        examples: BTreeMap::new(),
        secret: BTreeSet::new(),
    })
}

fn plan_operation(
    collector: &mut Collector<'_>,
    operation: &Operation,
    method: &str,
    lock: &Lock,
) -> Result<PlannedOperation> {
    let owner = operation.id.as_str();
    let mut params: Vec<PlannedParameter> = Vec::new();
    // Path parameters in the order of the path, outermost first; of others, the end of a time after its start.
    let mut parameters: Vec<&Parameter> = operation.parameters.iter().collect();
    parameters.sort_by_key(|parameter| match parameter.place {
        ParameterPlace::Path => operation.path.find(&["{", &parameter.name, "}"].concat()),
        _ if parameter.required && names::is_end(&parameter.name) => Some(usize::MAX),
        _ => Some(usize::MAX - 1),
    });
    for parameter in parameters {
        let place = Place {
            side: Side::Sent,
            owner,
            name: &parameter.name,
        };
        let id = match parameter.place {
            ParameterPlace::Path => config::id_type(None, &parameter.name),
            _ => None,
        };
        let ty = match (id, collector.type_of(&parameter.schema, place)) {
            (Some(id), _) => Type::Id(id),
            // Whatever it is, it is written as text there.
            (None, Type::Any) => Type::Text,
            (None, ty) => ty,
        };
        let name = names::of_field(&parameter.name, parameter.code_name.as_deref());
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
            side: Side::Sent,
            owner,
            name: "body",
        };
        match collector.type_of(&body.schema, place) {
            Type::Optional(inner) => *inner,
            ty => ty,
        }
    });
    let place = Place {
        side: Side::Received,
        owner,
        name: "result",
    };
    let (output, nullable) = match &operation.result {
        ReplyKind::Envelope(schema) | ReplyKind::Json(schema) => {
            match collector.type_of(schema, place) {
                // Nearly every result may be null by the description, so that is not a case of its own for
                // every caller.
                Type::Optional(inner) => (*inner, true),
                ty => (ty, false),
            }
        }
        ReplyKind::Text => (Type::Text, false),
        ReplyKind::Binary => (Type::Blob, false),
        ReplyKind::Empty => (Type::Optional(Box::new(Type::Any)), false),
    };
    let (output, paged) = paged::find(&|item| &collector.items[item].shape, operation, output)?;
    Ok(PlannedOperation {
        struct_name: struct_name(operation, method, lock),
        method: method.to_owned(),
        operation: operation.clone(),
        params,
        body,
        output,
        nullable,
        paged,
    })
}

/// The name of an operation's struct: the published one, otherwise that of its method, unless a type of the
/// resource has it.
fn struct_name(operation: &Operation, method: &str, lock: &Lock) -> String {
    if let Some(name) = lock.struct_name(&operation.id, method) {
        return name.to_owned();
    }
    let name = names::pascal(match method {
        // Only the method's name replaces the keyword.
        "kind" | "moves" => &operation.method,
        method => method,
    });
    let module = names::module(&operation.resource);
    if lock.has_name(&module, &name) {
        format!("{name}Operation")
    } else {
        name
    }
}
