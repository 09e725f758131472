//! Writes setters for what is inside query parameters.

use std::fmt::Write as _;

use crate::codegen::plan::{PlannedOperation, PlannedParameter, nested};

use super::render::Renderer;
use super::{explanations, facts};

/// The setters of one parameter.
pub fn setters(
    render: &Renderer<'_>,
    planned: &PlannedOperation,
    param: &PlannedParameter,
    out: &mut String,
) {
    let Some(item) = param.ty.core() else { return };
    for (method, field) in nested::setters(render.plan, planned, param) {
        let (accepted, into) = render.argument(&field.ty, &method);
        let said = render.plan.docs.field(render.plan, item, &field.json);
        let (json, name) = (&field.json, &param.parameter.name);
        let place = format!("`{json}` of the query parameter `{name}`.");
        let doc = explanations::comment(&facts::below(said, Some(place)), "    ");
        let _ = writeln!(
            out,
            "{doc}    pub fn {method}(mut self, {method}: {accepted}) -> Self {{\n        \
             self.operation.{}.get_or_insert_default().{} = Some({into});\n        self\n    }}\n",
            param.name, field.name,
        );
    }
}
