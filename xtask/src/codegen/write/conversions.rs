//! Writes conversions of received types into the types to send.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::codegen::plan::Plan;
use crate::codegen::plan::definition::SHARED;
use crate::codegen::words::names;
use crate::codegen::write::render::Renderer;

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
            lines.push(format!(
                "    {} => {},\n",
                render.item(*entity),
                render.item(*param)
            ));
        }
    }
    lines.sort_unstable();
    if lines.is_empty() {
        return String::new();
    }
    format!("param_of!(\n{});\n", lines.concat())
}

/// The same pairs, for tests.
pub fn list(plan: &Plan) -> String {
    let path = |index: usize| format!("cf_types::{}", plan.definitions[index].path());
    let mut by_feature: BTreeMap<&str, BTreeSet<(String, String)>> = BTreeMap::new();
    for (param, entity) in &plan.pairs {
        let homes = [entity, param].map(|index| plan.definitions[*index].home[0].as_str());
        let feature = homes
            .into_iter()
            .find(|home| *home != SHARED)
            .unwrap_or(SHARED);
        by_feature
            .entry(feature)
            .or_default()
            .insert((path(*entity), path(*param)));
    }
    let mut out = String::from(
        "//! What is sent in place of what was received.\n\nuse crate::pairs::{Pair, pair};\n\n\
         /// Every pair of the products that are compiled in.\n\
         pub fn pairs() -> Vec<Pair> {\n    let mut pairs: Vec<Pair> = Vec::new();\n",
    );
    let of = |feature: &str| match feature {
        SHARED => String::new(),
        feature => format!("#[cfg(feature = {feature:?})]\n"),
    };
    for feature in by_feature.keys() {
        let _ = writeln!(
            out,
            "{}pairs.extend({}_pairs());",
            of(feature),
            names::snake(feature)
        );
    }
    out.push_str("    pairs\n}\n");
    for (feature, pairs) in &by_feature {
        let _ = writeln!(
            out,
            "\n{}fn {}_pairs() -> Vec<Pair> {{\n    vec![",
            of(feature),
            names::snake(feature)
        );
        for (entity, param) in pairs {
            let _ = writeln!(
                out,
                "        pair::<{entity}, {param}>({entity:?}, {param:?}),"
            );
        }
        out.push_str("    ]\n}\n");
    }
    out
}
