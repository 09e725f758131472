//! Writes accessors: the types whose methods are the operations of a resource, and lead to the resources below.

use crate::codegen::plan::{PlannedOperation, PlannedParameter};
use crate::codegen::search;
use crate::codegen::write::explanations;
use crate::codegen::write::render::Renderer;
use crate::codegen::write::resources::{self, Resource};
use crate::codegen::write::template::template;
use crate::description::Place;

// The examples are compiled by a test of their own, so not by that of the documentation.
template! {
    Accessor { path, call, name, methods } = r#"
/// The operations of `$path`: `$call`.
#[derive(Debug, Clone, Copy)]
pub struct $name<C>(pub(crate) C);

#[cfg(not(doctest))]
impl<C> $name<C> {
    $methods
}

"#
}

template! {
    /// Leads to a resource below.
    Step { summary, aliases, method, module, accessor } = r#"
/// $summary
$aliases
pub fn $method(self) -> $module::$accessor<C> {
    $module::$accessor(self.0)
}

"#
}

template! {
    Method { doc, aliases, deprecated, allow, name, parameters, operation, fields } = r#"
$doc
$aliases
#[deprecated = "$?deprecated"]
$allow
pub fn $name($parameters) -> Call<C, $operation> {
    Call::new(self.0, $operation { $fields })
}

"#
}

/// The accessor of a resource.
pub fn write(
    render: &Renderer<'_>,
    resource: &Resource,
    operations: &[&PlannedOperation],
) -> String {
    let steps = resource.children.iter().map(|child| step(render, child));
    let methods = operations.iter().map(|planned| method(render, planned));
    let accessor = Accessor {
        path: &resource.path.join("."),
        call: &resources::accessor_path(render.plan, &resource.path),
        name: &resource.accessor,
        methods: &steps.chain(methods).collect::<String>(),
    };
    accessor.fill()
}

fn step(render: &Renderer<'_>, child: &Resource) -> String {
    let method = resources::child_accessor(render.plan, &child.path);
    let aliases = render.plan.search.of_resource(&child.path, &method);
    let step = Step {
        summary: &resources::summary(render.plan, child),
        aliases: &search::attributes(&aliases),
        method: &method,
        module: &child.module(),
        accessor: &child.accessor,
    };
    step.fill()
}

fn method(render: &Renderer<'_>, planned: &PlannedOperation) -> String {
    let arguments = arguments(render, planned);
    let taken = arguments
        .iter()
        .map(|Argument { name, accepted, .. }| format!("{name}: {accepted}"));
    let parameters: Vec<String> = ["self".to_owned()].into_iter().chain(taken).collect();
    let set = arguments
        .iter()
        .map(|Argument { name, into, .. }| match into {
            into if into == name => name.clone(),
            into => format!("{name}: {into}"),
        });
    let optional = planned.params.iter().filter(|param| !param.is_argument());
    let unset = optional.map(|param| format!("{}: None", param.name));
    let fields: Vec<String> = set.chain(unset).collect();
    let aliases = explanations::aliases(&render.plan.search, planned);
    let deprecated = if planned.operation.deprecated {
        "Cloudflare marks this operation as deprecated."
    } else {
        ""
    };
    let allow = if arguments.len() > 6 {
        "#[allow(clippy::too_many_arguments)]"
    } else {
        ""
    };
    let method = Method {
        doc: &explanations::comment(&explanations::of(render, planned)),
        aliases: &search::attributes(&aliases),
        deprecated,
        allow,
        name: &planned.method,
        parameters: &parameters.join(", "),
        operation: &planned.struct_name,
        fields: &fields.join(", "),
    };
    method.fill()
}

struct Argument {
    name: String,
    accepted: String,
    into: String,
}

/// The required arguments: IDs in the order of the path, then the body, then the rest.
fn arguments(render: &Renderer<'_>, planned: &PlannedOperation) -> Vec<Argument> {
    let mut arguments = Vec::new();
    if planned.operation.scoped {
        arguments.push(Argument {
            name: "scope".to_owned(),
            accepted: "impl Into<Scope>".to_owned(),
            into: "scope.into()".to_owned(),
        });
    }
    let argument = |param: &PlannedParameter| {
        let (accepted, into) = render.argument(&param.ty, &param.name);
        Argument {
            name: param.name.clone(),
            accepted,
            into,
        }
    };
    let required = || planned.params.iter().filter(|param| param.is_argument());
    arguments.extend(
        required()
            .filter(|p| p.parameter.place == Place::Path)
            .map(argument),
    );
    if let Some(body) = &planned.body {
        let (accepted, into) = render.body_argument(body);
        arguments.push(Argument {
            name: "body".to_owned(),
            accepted,
            into,
        });
    }
    arguments.extend(
        required()
            .filter(|p| p.parameter.place != Place::Path)
            .map(argument),
    );
    arguments
}
