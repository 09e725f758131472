//! Writes conversions of received types into the types to send.

use crate::codegen::plan::definition::SHARED;
use crate::codegen::write::render::Renderer;
use crate::codegen::write::template::template;

template! {
    Conversions { pairs } = r#"
param_of!(
    $pairs
);
"#
}

/// Conversions of received types into the types to send. They go to the module of the type that is not shared by
/// several products, since that one may not be compiled in.
pub fn of(render: &Renderer<'_>) -> String {
    let definitions = &render.plan.definitions;
    let mut lines: Vec<String> = Vec::new();
    for (param, entity) in &render.plan.pairs {
        let (entity_home, param_home) = (&definitions[*entity].home, &definitions[*param].home);
        let home = if param_home[0] == SHARED {
            entity_home
        } else {
            param_home
        };
        if home == render.home {
            let (entity, param) = (render.item(*entity), render.item(*param));
            lines.push(format!("{entity} => {param},\n"));
        }
    }
    lines.sort_unstable();
    match lines.concat().as_str() {
        "" => String::new(),
        pairs => Conversions { pairs }.fill(),
    }
}
