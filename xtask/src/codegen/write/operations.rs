//! Writes resources: accessors, and operations with their arguments.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::description::{Operation, Place, ReplyKind};

use crate::codegen::items::types::Type;
use crate::codegen::plan::paged;
use crate::codegen::plan::{Plan, PlannedOperation, PlannedParameter};
use crate::codegen::search;
use crate::codegen::words::names;
use crate::codegen::write::{explanations, facts, nested, render::Renderer};

/// A resource and its children.
pub struct Resource {
    pub path: Vec<String>,
    pub children: Vec<Resource>,
    /// The name of the struct whose methods are the operations.
    pub accessor: String,
}

impl Resource {
    /// The tree of one product.
    pub fn tree(plan: &Plan, product: &str) -> Resource {
        let mut paths: BTreeSet<Vec<String>> = BTreeSet::new();
        for planned in &plan.operations {
            let resource = &planned.operation.resource;
            if resource.first().is_some_and(|first| first == product) {
                paths.extend((1..=resource.len()).map(|end| resource[..end].to_vec()));
            }
        }
        Resource::below(vec![product.to_owned()], &paths)
    }

    fn below(path: Vec<String>, paths: &BTreeSet<Vec<String>>) -> Resource {
        let children = paths
            .iter()
            .filter(|p| p.len() == path.len() + 1 && p.starts_with(&path))
            .map(|p| Resource::below(p.clone(), paths))
            .collect();
        let accessor = accessor_name(&path);
        Resource {
            path,
            children,
            accessor,
        }
    }

    pub fn module(&self) -> String {
        names::snake(self.path.last().map_or("", String::as_str))
    }
}

/// The struct whose methods are a resource's operations.
pub fn accessor_name(resource: &[String]) -> String {
    format!(
        "{}Api",
        names::pascal(resource.last().map_or("", String::as_str))
    )
}

/// The method that leads to a resource. An operation of that name takes precedence.
pub fn child_accessor(plan: &Plan, resource: &[String]) -> String {
    let module = names::snake(resource.last().map_or("", String::as_str));
    let parent = &resource[..resource.len().saturating_sub(1)];
    let mut operations = plan.of_resource(parent);
    if operations.any(|planned| planned.method == module) {
        format!("{module}_api")
    } else {
        module
    }
}

/// The call that leads to a resource: `client.dns().records()`.
pub fn accessor_path(plan: &Plan, resource: &[String]) -> String {
    let steps = (1..=resource.len()).map(|end| child_accessor(plan, &resource[..end]));
    steps.fold("client".to_owned(), |path, step| format!("{path}.{step}()"))
}

/// What is in a resource, in a line: “The operations of `dns.dnssec`: `delete`, `edit` and `get`.”
pub fn summary(plan: &Plan, resource: &Resource) -> String {
    let own = plan.of_resource(&resource.path);
    let own = own.map(|planned| format!("`{}`", planned.method));
    let below = resource.children.iter();
    let below = below.map(|child| format!("`{}`", child.module()));
    let all: Vec<String> = own.chain(below).collect();
    let path = resource.path.join(".");
    // A long list is no summary.
    let (shown, more) = match all.len() {
        0..=8 => (&all[..], None),
        _ => (&all[..7], Some(format!("{} more", all.len() - 7))),
    };
    let shown: Vec<&str> = shown.iter().chain(&more).map(String::as_str).collect();
    match shown.as_slice() {
        [] => format!("The operations of `{path}`."),
        [one] => format!("The operations of `{path}`: {one}."),
        [front @ .., last] => format!(
            "The operations of `{path}`: {} and {last}.",
            front.join(", ")
        ),
    }
}

/// A table of a resource's operations, for the head of its module.
pub fn table(plan: &Plan, resource: &Resource) -> Vec<String> {
    let rows: Vec<String> = plan
        .of_resource(&resource.path)
        .map(|planned| {
            let method = &planned.method;
            let said = explanations::said(plan, &planned.operation);
            format!(
                "| [`{method}`]({}::{method}) | {} |",
                resource.accessor,
                first_sentence(&said).replace('|', "\\|")
            )
        })
        .collect();
    if rows.is_empty() {
        return rows;
    }
    let call = accessor_path(plan, &resource.path);
    let head = [
        String::new(),
        format!("| `{call}` | |"),
        "|---|---|".to_owned(),
    ];
    head.into_iter().chain(rows).collect()
}

/// The text to its first full stop that ends a sentence.
fn first_sentence(text: &str) -> &str {
    let ends = text.match_indices(". ").find(|(at, _)| {
        let next = text[at + 2..].chars().next();
        next.is_some_and(char::is_uppercase) && text[..*at].matches('`').count().is_multiple_of(2)
    });
    ends.map_or(text, |(at, _)| &text[..=at])
}

/// The module of a resource: its accessor, its operations, and the modules below.
pub fn module(plan: &Plan, resource: &Resource) -> String {
    let render = Renderer {
        plan,
        home: &resource.path,
    };
    let mut out = String::new();
    for child in &resource.children {
        let _ = writeln!(out, "pub mod {};", child.module());
    }
    let operations: Vec<&PlannedOperation> = plan.of_resource(&resource.path).collect();
    out.push_str("\n#[allow(unused_imports)]\nuse crate::generated::prelude::*;\n");
    out.push('\n');
    accessor(&render, resource, &operations, &mut out);
    for planned in operations {
        operation(&render, resource, planned, &mut out);
    }
    out
}

fn accessor(
    render: &Renderer<'_>,
    resource: &Resource,
    operations: &[&PlannedOperation],
    out: &mut String,
) {
    let name = &resource.accessor;
    let path = resource.path.join(".");
    let call = accessor_path(render.plan, &resource.path);
    let _ = writeln!(
        out,
        "/// The operations of `{path}`: `{call}`.\n#[derive(Debug, Clone, Copy)]\npub struct {name}<C>(pub(crate) C);\n"
    );
    // The examples are compiled by a test of their own.
    let _ = writeln!(out, "#[cfg(not(doctest))]\nimpl<C> {name}<C> {{");
    for child in &resource.children {
        let (module, child_name) = (child.module(), &child.accessor);
        let accessor = child_accessor(render.plan, &child.path);
        let summary = summary(render.plan, child);
        let aliases = render.plan.search.of_resource(&child.path, &accessor);
        let aliases = search::attributes(&aliases, "    ");
        let _ = writeln!(
            out,
            "    /// {summary}\n{aliases}    pub fn {accessor}(self) -> {module}::{child_name}<C> {{\n        \
             {module}::{child_name}(self.0)\n    }}\n"
        );
    }
    for planned in operations {
        let arguments: Vec<Argument> = arguments(render, planned);
        let taken: Vec<String> = arguments
            .iter()
            .map(|a| format!("{}: {}", a.name, a.accepted))
            .collect();
        let mut sets: Vec<String> = arguments
            .iter()
            .map(|a| {
                if a.name == a.into {
                    a.name.clone()
                } else {
                    format!("{}: {}", a.name, a.into)
                }
            })
            .collect();
        let setters = planned.params.iter().filter(|param| !param.is_argument());
        sets.extend(setters.map(|param| format!("{}: None", param.name)));
        let (method, op) = (&planned.method, &planned.struct_name);
        let mut doc = explanations::comment(&explanations::of(render, planned), "    ");
        let aliases = explanations::aliases(&render.plan.search, planned);
        doc.push_str(&search::attributes(&aliases, "    "));
        let deprecated = if planned.operation.deprecated {
            "    #[deprecated = \"Cloudflare marks this operation as deprecated.\"]\n"
        } else {
            ""
        };
        let allow = if arguments.len() > 6 {
            "    #[allow(clippy::too_many_arguments)]\n"
        } else {
            ""
        };
        let mut parameters = vec!["self".to_owned()];
        parameters.extend(taken);
        let _ = writeln!(
            out,
            "{doc}{deprecated}{allow}    pub fn {method}({}) -> Call<C, {op}> {{\n        \
             Call::new(self.0, {op} {{ {} }})\n    }}\n",
            parameters.join(", "),
            sets.join(", ")
        );
    }
    out.push_str("}\n\n");
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

fn operation(
    render: &Renderer<'_>,
    resource: &Resource,
    planned: &PlannedOperation,
    out: &mut String,
) {
    let name = &planned.struct_name;
    let method = &planned.method;
    let accessor = &resource.accessor;
    let _ = writeln!(
        out,
        "/// The parameters of [`{accessor}::{method}`]{}.\n#[derive(Clone)]\n#[non_exhaustive]\npub struct {name} {{",
        optional_note(planned)
    );
    if planned.operation.scoped {
        out.push_str("    /// The account or zone, in the path.\n    pub scope: Scope,\n");
    }
    for param in &planned.params {
        let doc = param_doc(render, planned, param);
        let _ = writeln!(
            out,
            "{doc}    pub {}: {},",
            param.name,
            render.ty(&param.ty)
        );
    }
    if let Some(body) = &planned.body {
        let _ = writeln!(out, "    /// The body.\n    pub body: {},", render.ty(body));
    }
    out.push_str("}\n\n");
    declaration(render, planned, out);
    setters(render, planned, out);
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
    let lines = facts::below(said, Some(facts::of_param(param)));
    explanations::comment(&lines, "    ")
}

fn declaration(render: &Renderer<'_>, planned: &PlannedOperation, out: &mut String) {
    let operation = &planned.operation;
    let name = &planned.struct_name;
    let output = match &planned.paged {
        Some(paged) if paged.is_whole() => format!("Page<{}>", render.ty(&paged.item)),
        _ => render.ty(&planned.output),
    };
    let _ = writeln!(out, "operation!({name} -> {output} {{");
    let _ = writeln!(out, "    id: {:?},", operation.id);
    if operation.verb != "GET" {
        let _ = writeln!(out, "    method: Method::{},", operation.verb);
    }
    let _ = writeln!(out, "    path: {:?},", operation.path);
    if let Some(kind) = body_kind(operation) {
        let _ = writeln!(out, "    body: BodyKind::{kind},");
    }
    let result = match operation.result {
        ReplyKind::Envelope(_) => None,
        ReplyKind::Json(_) => Some("Json"),
        ReplyKind::Text => Some("Text"),
        ReplyKind::Binary => Some("Binary"),
        ReplyKind::Empty => Some("Empty"),
    };
    if let Some(result) = result {
        let _ = writeln!(out, "    result: ResultKind::{result},");
    }
    if let Some(member) = &operation.result_alias {
        let _ = writeln!(out, "    result_alias: Some({member:?}),");
    }
    if planned.nullable {
        out.push_str("    nullable: true,\n");
    }
    if let Some(paged) = planned.paged.as_ref().filter(|paged| !paged.is_whole()) {
        let _ = writeln!(out, "    list: Some({:?}),", paged.path());
    }
    if let (Some(_), Some(pagination)) = (&planned.paged, &operation.pagination) {
        let style = paged::style(&pagination.style);
        let _ = writeln!(out, "    pagination: Some(PageStyle::{style}),");
    }
    if let Some(idempotent) = operation.idempotent {
        let _ = writeln!(out, "    idempotent: Some({idempotent}),");
    }
    if let Some(accept) = &operation.accept {
        let _ = writeln!(out, "    accept: {accept:?},");
    }
    out.push('}');
    if !planned.params.is_empty() {
        out.push_str(" params {\n");
        for (number, param) in planned.params.iter().enumerate() {
            let place = match param.parameter.place {
                Place::Path => "path",
                Place::Query => "query",
                Place::Header => "header",
            };
            let json = &param.parameter.name;
            let _ = writeln!(out, "    {number} {place} {json:?} {},", param.name);
        }
        out.push('}');
    }
    if planned.body.is_some() {
        out.push_str(" body(body)");
    }
    if operation.scoped {
        out.push_str(" scope(scope)");
    }
    match (&planned.paged, &operation.pagination) {
        (Some(paged), _) if paged.is_whole() => {
            let _ = write!(out, " paged({})", render.ty(&paged.item));
        }
        (Some(paged), Some(pagination)) => {
            let (item, list) = (
                render.ty(&paged.item),
                paged.expression(
                    &|item| &render.plan.definitions[item].shape,
                    &planned.output,
                ),
            );
            let told = paged::told(pagination);
            let _ = write!(out, " paged_in({item}, output => {list}, {told})");
        }
        _ => {}
    }
    out.push_str(");\n\n");
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

fn setters(render: &Renderer<'_>, planned: &PlannedOperation, out: &mut String) {
    let optional: Vec<&PlannedParameter> = planned
        .params
        .iter()
        .filter(|param| !param.is_argument())
        .collect();
    if optional.is_empty() {
        return;
    }
    // Otherwise the page of `Call` would list the setters of all operations; each is a field on its operation's page.
    let _ = writeln!(
        out,
        "#[doc(hidden)]\nimpl<C> Call<C, {}> {{",
        planned.struct_name
    );
    for param in optional {
        let (accepted, into) = render.argument(&param.ty, &param.name);
        let into = if matches!(param.ty, Type::Optional(_)) {
            format!("Some({into})")
        } else {
            into
        };
        let name = &param.name;
        let method = param.setter();
        let _ = writeln!(
            out,
            "{}    pub fn {method}(mut self, {name}: {accepted}) -> Self {{\n        \
             self.operation.{name} = {into};\n        self\n    }}\n",
            param_doc(render, planned, param)
        );
        nested::setters(render, planned, param, out);
    }
    out.push_str("}\n\n");
}

#[cfg(test)]
mod tests {
    use super::first_sentence;

    #[test]
    fn a_sentence_ends_where_the_next_begins() {
        assert_eq!(first_sentence("Lists zones. All of them."), "Lists zones.");
        assert_eq!(first_sentence("Lists zones."), "Lists zones.");
        assert_eq!(
            first_sentence("Gets `a. B` and so on. More."),
            "Gets `a. B` and so on."
        );
        assert_eq!(
            first_sentence("Uses v1. or v2. Or none."),
            "Uses v1. or v2."
        );
    }
}
