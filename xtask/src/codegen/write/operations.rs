//! Writes the module of a resource: its accessor, and its operations with their arguments.

use crate::description::{Operation, Place, ReplyKind};

use crate::codegen::items::types::Type;
use crate::codegen::plan::paged::Paged;
use crate::codegen::plan::{Plan, PlannedOperation, PlannedParameter};
use crate::codegen::write::resources::Resource;
use crate::codegen::write::template::{escaped, template};
use crate::codegen::write::{accessors, explanations, facts, nested, pages, render::Renderer};

template! {
    Module { children, accessor, operations } = r#"
$children

#[allow(unused_imports)]
use crate::generated::prelude::*;

$accessor
$operations
"#
}

template! {
    Parameters { accessor, method, note, name, fields } = r#"
/// The parameters of [`$accessor::$method`]$note.
#[derive(Clone)]
#[non_exhaustive]
pub struct $name {
    $fields
}

"#
}

template! {
    Declared { doc, name, ty } = r#"
$doc
pub $name: $ty,
"#
}

template! {
    Declaration {
        name, output, id, method, path, body, result, result_alias, nullable, list, pagination, idempotent, accept,
        parameters, clauses,
    } = r#"
operation!($name -> $output {
    id: "$id",
    method: Method::$?method,
    path: "$path",
    body: BodyKind::$?body,
    result: ResultKind::$?result,
    result_alias: Some("$?result_alias"),
    nullable: $?nullable,
    list: Some("$?list"),
    pagination: Some(PageStyle::$?pagination),
    idempotent: Some($?idempotent),
    accept: "$?accept",
}$parameters$clauses);

"#
}

template! {
    DeclaredParameters { rows } = r#" params {
    $rows
}"#
}

template! {
    DeclaredParameter { number, place, json, name } = r#"
$number $place "$json" $name,
"#
}

// Hidden, or the page of `Call` would list the setters of all operations; each is a field on its operation's page.
template! {
    Setters { name, setters } = r#"
#[doc(hidden)]
impl<C> Call<C, $name> {
    $setters
}

"#
}

template! {
    Setter { doc, method, name, accepted, value } = r#"
$doc
pub fn $method(mut self, $name: $accepted) -> Self {
    self.operation.$name = $value;
    self
}

"#
}

/// The module of a resource: its accessor, its operations, and the modules below.
pub fn module(plan: &Plan, resource: &Resource) -> String {
    let render = Renderer {
        plan,
        home: &resource.path,
    };
    let children = resource.children.iter();
    let children = children.map(|child| format!("pub mod {};\n", child.module()));
    let planned: Vec<&PlannedOperation> = plan.of_resource(&resource.path).collect();
    let operations = planned.iter().map(|planned| {
        let parameters = parameters(&render, resource, planned);
        parameters + &declaration(&render, planned) + &setters(&render, planned)
    });
    let module = Module {
        children: &children.collect::<String>(),
        accessor: &accessors::write(&render, resource, &planned),
        operations: &operations.collect::<String>(),
    };
    module.fill()
}

/// The struct of an operation.
fn parameters(render: &Renderer<'_>, resource: &Resource, planned: &PlannedOperation) -> String {
    let declared = |doc: &str, name: &str, ty: &str| Declared { doc, name, ty }.fill();
    let mut fields = String::new();
    if planned.operation.scoped {
        fields += &declared("/// The account or zone, in the path.", "scope", "Scope");
    }
    for param in &planned.params {
        let doc = param_doc(render, planned, param);
        fields += &declared(&doc, &param.name, &render.ty(&param.ty));
    }
    if let Some(body) = &planned.body {
        fields += &declared("/// The body.", "body", &render.ty(body));
    }
    let parameters = Parameters {
        accessor: &resource.accessor,
        method: &planned.method,
        note: optional_note(planned),
        name: &planned.struct_name,
        fields: &fields,
    };
    parameters.fill()
}

/// How to set optional parameters, if any.
fn optional_note(planned: &PlannedOperation) -> &'static str {
    if planned.params.iter().all(PlannedParameter::is_argument) {
        ""
    } else {
        "; the optional ones are set by methods of the same name on the call"
    }
}

/// What a parameter is for, and its facts.
fn param_doc(
    render: &Renderer<'_>,
    planned: &PlannedOperation,
    param: &PlannedParameter,
) -> String {
    let said = render.plan.docs.param(planned, param);
    explanations::comment(&facts::below(said, Some(facts::of_param(param))))
}

fn declaration(render: &Renderer<'_>, planned: &PlannedOperation) -> String {
    let operation = &planned.operation;
    let output = match &planned.paged {
        Some(paged) if paged.is_whole() => format!("Page<{}>", render.ty(&paged.item)),
        _ => render.ty(&planned.output),
    };
    let method = match operation.verb.as_str() {
        "GET" => "",
        verb => verb,
    };
    let result = match operation.result {
        ReplyKind::Envelope(_) => "",
        ReplyKind::Json(_) => "Json",
        ReplyKind::Text => "Text",
        ReplyKind::Binary => "Binary",
        ReplyKind::Empty => "Empty",
    };
    let paged = planned.paged.as_ref();
    let style = match (paged, &operation.pagination) {
        (Some(_), Some(pagination)) => pages::style(&pagination.style),
        _ => String::new(),
    };
    let declaration = Declaration {
        name: &planned.struct_name,
        output: &output,
        id: &operation.id,
        method,
        path: &operation.path,
        body: &body_kind(operation).unwrap_or_default(),
        result,
        result_alias: operation.result_alias.as_deref().unwrap_or_default(),
        nullable: if planned.nullable { "true" } else { "" },
        list: &paged.map(Paged::path).unwrap_or_default(),
        pagination: &style,
        idempotent: &operation
            .idempotent
            .map(|idempotent| idempotent.to_string())
            .unwrap_or_default(),
        accept: operation.accept.as_deref().unwrap_or_default(),
        parameters: &declared_parameters(planned),
        clauses: &clauses(render, planned),
    };
    declaration.fill()
}

fn declared_parameters(planned: &PlannedOperation) -> String {
    let rows = planned.params.iter().enumerate().map(|(number, param)| {
        let row = DeclaredParameter {
            number: &number.to_string(),
            place: match param.parameter.place {
                Place::Path => "path",
                Place::Query => "query",
                Place::Header => "header",
            },
            json: &escaped(&param.parameter.name),
            name: &param.name,
        };
        row.fill()
    });
    match rows.collect::<String>().as_str() {
        "" => String::new(),
        rows => DeclaredParameters { rows }.fill(),
    }
}

/// What follows the parameters: body, scope, and where in the output the items of a list are.
fn clauses(render: &Renderer<'_>, planned: &PlannedOperation) -> String {
    let body = planned.body.as_ref().map_or("", |_| " body(body)");
    let scope = if planned.operation.scoped {
        " scope(scope)"
    } else {
        ""
    };
    let pages = match (&planned.paged, &planned.operation.pagination) {
        (Some(paged), _) if paged.is_whole() => format!(" paged({})", render.ty(&paged.item)),
        (Some(paged), Some(pagination)) => {
            let item = render.ty(&paged.item);
            let shapes = |item: usize| &render.plan.definitions[item].shape;
            let list = paged.expression(&shapes, &planned.output);
            let told = pages::told(pagination);
            format!(" paged_in({item}, output => {list}, {told})")
        }
        _ => String::new(),
    };
    [body, scope, &pages].concat()
}

fn body_kind(operation: &Operation) -> Option<String> {
    let body = operation.body.as_ref()?;
    Some(match body.media_type.as_str() {
        "application/json" => "Json".to_owned(),
        "multipart/form-data" if body.json_parts => format!("JsonForm({:?})", body.files),
        "multipart/form-data" => "Form".to_owned(),
        media_type => format!("Raw({media_type:?})"),
    })
}

/// Methods of the call that set optional parameters.
fn setters(render: &Renderer<'_>, planned: &PlannedOperation) -> String {
    let optional = planned.params.iter().filter(|param| !param.is_argument());
    let setters = optional.map(|param| {
        let (accepted, into) = render.argument(&param.ty, &param.name);
        let setter = Setter {
            doc: &param_doc(render, planned, param),
            method: &param.setter(),
            name: &param.name,
            accepted: &accepted,
            value: &match param.ty {
                Type::Optional(_) => format!("Some({into})"),
                _ => into,
            },
        };
        setter.fill() + &nested::setters(render, planned, param)
    });
    match setters.collect::<String>().as_str() {
        "" => String::new(),
        setters => Setters {
            name: &planned.struct_name,
            setters,
        }
        .fill(),
    }
}
