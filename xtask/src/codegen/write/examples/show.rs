//! What the documentation shows of an example: the types that it uses, and a statement.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::description::ReplyKind;

use crate::codegen::items::types::Type;
use crate::codegen::plan::{Example as Planned, Plan, PlannedOperation};
use crate::codegen::words::names;
use crate::codegen::write::rustfmt;
use crate::codegen::write::template::template;

template! {
    Example { statement } = r#"
async fn example() {
    $statement
}

"#
}

/// What the result is called.
fn result_name(plan: &Plan, planned: &PlannedOperation) -> String {
    let of = |item: usize| {
        let name = names::snake(&plan.definitions[item].name);
        if name.len() > 24 || name.ends_with("_result") {
            "result".to_owned()
        } else {
            names::method(&name)
        }
    };
    if planned.paged.is_some() {
        let last = planned
            .operation
            .resource
            .last()
            .map_or("items", String::as_str);
        return names::method(&names::snake(last));
    }
    match planned.output.bare() {
        Type::Item(item) => of(*item),
        Type::Text => "text".to_owned(),
        Type::Blob => "bytes".to_owned(),
        _ => "result".to_owned(),
    }
}

/// A statement that runs the call.
fn statement(plan: &Plan, planned: &PlannedOperation, call: &str) -> String {
    if planned.paged.is_some() {
        let name = result_name(plan, planned);
        return format!("let {name} = {call}.items().collect_all().await?;");
    }
    let is_done = matches!(planned.operation.verb.as_str(), "DELETE")
        || matches!(planned.operation.result, ReplyKind::Empty);
    if is_done {
        return format!("{call}.await?;");
    }
    format!("let {} = {call}.await?;", result_name(plan, planned))
}

/// Fills in what the documentation shows, with one run of rustfmt.
pub fn fill_in(plan: &Plan, examples: &mut BTreeMap<String, Planned>) -> Result<()> {
    let mut text = String::new();
    for planned in &plan.operations {
        let example = &examples[&planned.operation.id];
        let statement = &statement(plan, planned, &example.call);
        text += &Example { statement }.fill();
    }
    let text = rustfmt::text(&text, "use_small_heuristics=Max,max_width=96")?;
    let mut bodies = text.split("async fn example() {\n").skip(1);
    for planned in &plan.operations {
        let example = examples.get_mut(&planned.operation.id);
        let body = bodies.next().context("rustfmt lost an example")?;
        let body = body.trim_end().trim_end_matches('}').trim_end();
        let Some(example) = example else { continue };
        let dedented = body
            .lines()
            .map(|line| line.strip_prefix("    ").unwrap_or(line).to_owned());
        let uses = example.uses.iter().map(|(module, names)| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let path = [module.as_str(), &names::braced(&names)].join("::");
            let path = path.trim_start_matches("::");
            format!("use cf_client::types::{path};")
        });
        let mut lines: Vec<String> = uses.collect();
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(dedented);
        example.lines = lines;
    }
    Ok(())
}
