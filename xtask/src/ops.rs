//! `cargo xtask ops`: every operation, and how to call it.

use anyhow::Result;
use serde_json::json;

use crate::codegen::{self, words::names};
use crate::description::{self, Description, Operation, ReplyKind};

#[allow(clippy::print_stdout)]
pub fn run(as_json: bool) -> Result<()> {
    let home = description::home();
    let description = Description::load(&home)?;
    let methods = codegen::method_names(&description, &home)?;
    let mut operations: Vec<&Operation> = description.operations.iter().collect();
    operations.sort_by(|a, b| a.id.cmp(&b.id));
    for operation in operations {
        let rust = accessor_call(operation, &methods[&operation.id]);
        if as_json {
            let line = json!({
                "operation": operation.id,
                "rust": rust,
                "method": operation.verb,
                "path": operation.path.replace("{scope}", "{account_or_zone}/{account_or_zone_id}"),
                "feature": operation.product(),
                "pagination": operation.pagination.as_ref().map(|p| &p.name),
                "result": result(operation),
            });
            println!("{line}");
        } else {
            println!("{:6} {} {rust}", operation.verb, operation.path);
        }
    }
    Ok(())
}

/// `client.dns().records().list`, with the generator's names.
pub fn accessor_call(operation: &Operation, method: &str) -> String {
    let resources: String = operation
        .resource
        .iter()
        .map(|part| format!(".{}()", names::snake(part)))
        .collect();
    format!("client{resources}.{method}")
}

fn result(operation: &Operation) -> &'static str {
    match operation.result {
        ReplyKind::Envelope(_) => "envelope",
        ReplyKind::Json(_) => "raw",
        ReplyKind::Text => "text",
        ReplyKind::Binary => "binary",
        ReplyKind::Empty => "empty",
    }
}
