//! The tree of resources, and how each is called and summed up.

use std::collections::BTreeSet;

use crate::codegen::plan::Plan;
use crate::codegen::words::names;
use crate::codegen::write::explanations;

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

/// What a product is, and what is in it.
pub fn of_product(plan: &Plan, tree: &Resource) -> Vec<String> {
    let name = plan.search.name(&tree.path[0]);
    let name = name
        .into_iter()
        .flat_map(|name| [name.to_owned(), String::new()]);
    name.chain([summary(plan, tree)]).collect()
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
