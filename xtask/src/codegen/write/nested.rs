//! Writes setters for what is inside query parameters.

use crate::codegen::plan::{PlannedOperation, PlannedParameter, nested};
use crate::codegen::write::template::template;

use super::render::Renderer;
use super::{explanations, facts};

template! {
    Inner { doc, method, accepted, name, field, value } = r#"
$doc
pub fn $method(mut self, $method: $accepted) -> Self {
    self.operation.$name.get_or_insert_default().$field = Some($value);
    self
}

"#
}

/// The setters of one parameter.
pub fn setters(
    render: &Renderer<'_>,
    planned: &PlannedOperation,
    param: &PlannedParameter,
) -> String {
    let Some(item) = param.ty.core() else {
        return String::new();
    };
    let setters = nested::setters(render.plan, planned, param).into_iter();
    let texts = setters.map(|(method, field)| {
        let (accepted, value) = render.argument(&field.ty, &method);
        let said = render.plan.docs.field(render.plan, item, &field.json);
        let (json, name) = (&field.json, &param.parameter.name);
        let place = format!("`{json}` of the query parameter `{name}`.");
        let inner = Inner {
            doc: &explanations::comment(&facts::below(said, Some(place))),
            method: &method,
            accepted: &accepted,
            name: &param.name,
            field: &field.name,
            value: &value,
        };
        inner.fill()
    });
    texts.collect()
}
