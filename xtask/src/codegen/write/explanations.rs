//! Writes the documentation of an operation.

use std::collections::BTreeSet;

use crate::description::Operation;

use crate::codegen::items::types::Type;
use crate::codegen::plan::{Plan, PlannedOperation, nested};
use crate::codegen::search::Search;
use crate::codegen::words::names;
use crate::codegen::words::vocabulary::{SYNONYMS, meaning};

use super::pages;
use super::render::Renderer;

/// An operation's documentation: what it does, verb and path, official page, result, parameters, permission, notes.
pub fn of(render: &Renderer<'_>, planned: &PlannedOperation) -> Vec<String> {
    let operation = &planned.operation;
    let mut lines = vec![said(render.plan, operation), String::new()];
    lines.push(format!(
        "`{} {}` · [official page]({})",
        operation.verb,
        operation.path,
        page(operation)
    ));
    lines.push(String::new());
    lines.extend(given(render, planned));
    let setters: Vec<String> = planned
        .params
        .iter()
        .filter(|param| !param.is_argument())
        .map(|param| {
            let inside = nested::setters(render.plan, planned, param).into_iter();
            let inside: Vec<String> = inside.map(|(name, _)| format!("`{name}`")).collect();
            format!(
                "[`{}`]({}::{}){}",
                param.setter(),
                planned.struct_name,
                param.name,
                if inside.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", inside.join(", "))
                }
            )
        })
        .collect();
    if !setters.is_empty() {
        lines.push(String::new());
        lines.push(format!("Optional: {}.", setters.join(", ")));
    }
    if let Some(permission) = render.plan.permissions.get(&operation.id) {
        lines.push(String::new());
        lines.push(permission.clone());
    }
    if operation.idempotent == Some(false) {
        lines.push(String::new());
        lines.push(
            "Not idempotent: it is not retried once it may have been carried out.".to_owned(),
        );
    }
    if let Some(pagination) = &operation.pagination {
        lines.push(String::new());
        lines.push(match planned.paged {
            None => "The description calls the reply a list, but not one of items.".to_owned(),
            Some(_) => pages::sentence(&pagination.style).to_owned(),
        });
    }
    if let Some(example) = render.plan.examples.get(&operation.id) {
        lines.extend([String::new(), "```".to_owned()]);
        lines.extend(example.lines.iter().cloned());
        lines.push("```".to_owned());
    }
    lines
}

/// What an operation does.
pub fn said(plan: &Plan, operation: &Operation) -> String {
    let said = plan.docs.operation(&operation.id);
    said.map_or_else(|| format!("{}.", sentence(operation)), str::to_owned)
}

/// What an operation returns, with a link.
fn given(render: &Renderer<'_>, planned: &PlannedOperation) -> Option<String> {
    let link = |item: usize| {
        let name = render.item(item);
        let last = name.rsplit("::").next().unwrap_or_default().to_owned();
        if last == name {
            format!("[`{last}`]")
        } else {
            format!("[`{last}`]({name})")
        }
    };
    if let Some(paged) = &planned.paged {
        return paged.item.core().map(|item| {
            format!(
                "Each item is {} {}.",
                article(&render.item(item)),
                link(item)
            )
        });
    }
    match planned.output.bare() {
        Type::Item(item) => Some(format!(
            "Returns {} {}.",
            article(&render.item(*item)),
            link(*item)
        )),
        Type::List(inner) => inner
            .core()
            .map(|item| format!("Returns a list of {}.", link(item))),
        Type::Map(inner) => inner
            .core()
            .map(|item| format!("Returns a map of {}.", link(item))),
        Type::Blob => Some("Returns bytes, which can be streamed.".to_owned()),
        Type::Any if planned.output == Type::Any => {
            Some("The description has no type for the result: it is returned as JSON.".to_owned())
        }
        _ => None,
    }
}

/// “a” or “an”, as the last part of a path requires.
fn article(path: &str) -> &'static str {
    let name = path.rsplit("::").next().unwrap_or_default();
    if name.starts_with(['A', 'E', 'I', 'O']) {
        "an"
    } else {
        "a"
    }
}

/// Further search terms for an operation: its ID, what it does in other words, and what people type who look for it.
pub fn aliases(search: &Search, planned: &PlannedOperation) -> BTreeSet<String> {
    let operation = &planned.operation;
    let resource = &operation.resource;
    let mut all = BTreeSet::from([operation.id.clone()]);
    let verbs = meaning(&SYNONYMS, &operation.method).unwrap_or_default();
    // "create access application", too: nobody types all of a long path.
    let whole = &resource[..];
    let short = &resource[resource.len().saturating_sub(2)..];
    for many in [whole, short].map(|path| names::phrase(path).to_lowercase()) {
        let one = names::singular(&many);
        let what = if operation.method == "list" {
            &many
        } else {
            &one
        };
        let verbs = verbs.split_whitespace();
        all.extend(verbs.map(|verb| format!("{verb} {what}")));
    }
    all.extend(search.phrases(&operation.id).iter().cloned());
    all.remove(&planned.method);
    all
}

fn sentence(operation: &Operation) -> String {
    let many = names::phrase(&operation.resource);
    let one = format!("one {}", names::singular(&many));
    // A path that ends with a variable stands for one of several.
    let what = if operation.path.ends_with('}') {
        &one
    } else {
        &many
    };
    match operation.method.as_str() {
        "list" => format!("Lists {many}"),
        "get" => format!("Gets {what}"),
        "create" => format!("Creates a new {}", names::singular(&many)),
        "update" => format!("Replaces {what}"),
        "edit" => format!("Changes {what}"),
        "delete" => format!("Deletes {what}"),
        "bulk_create" => format!("Creates many {many} at once"),
        "bulk_update" => format!("Replaces many {many} at once"),
        "bulk_edit" => format!("Changes many {many} at once"),
        "bulk_delete" => format!("Deletes many {many} at once"),
        other => format!("Runs “{}” on {what}", names::prose(other)),
    }
}

/// The operation's page in Cloudflare's reference.
fn page(operation: &Operation) -> String {
    let resource = operation.resource.join("/subresources/");
    let method = &operation.method;
    format!("https://developers.cloudflare.com/api/resources/{resource}/methods/{method}/")
}

/// Lines of documentation.
pub fn comment(lines: &[String]) -> String {
    let comments = lines.iter().map(|line| match line.as_str() {
        "" => "///\n".to_owned(),
        line => format!("/// {line}\n"),
    });
    comments.collect()
}
