//! Writes the features of the manifests, between two marker lines.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::marks;
use super::output::Output;
use crate::codegen::items::types::Type;
use crate::codegen::plan::Plan;
use crate::codegen::plan::definition::SHARED;

/// The manifests, and the crate whose features those of each turn on.
const MANIFESTS: [(&str, Option<&str>); 3] = [
    ("crates/cf-types/Cargo.toml", None),
    ("crates/cf-client/Cargo.toml", Some("cf-types")),
    ("tests/Cargo.toml", Some("cf-types")),
];

const MARKS: (&str, &str) = (
    "# @generated features: start\n",
    "# @generated features: end\n",
);

pub fn write(plan: &Plan, top: &Path, products: &[&str], output: &mut Output) -> Result<()> {
    let needs = needs(plan);
    for (path, to) in MANIFESTS {
        let text =
            fs::read_to_string(top.join(path)).with_context(|| format!("cannot read {path}"))?;
        let mut features = String::new();
        for product in products {
            let also = match to {
                None => quoted(needs.get(product).into_iter().flatten()),
                Some(to) => format!("\"{to}/{product}\""),
            };
            features += &format!("{product} = [{also}]\n");
        }
        features += &format!("full = [{}]\n", quoted(products));
        let text = marks::between(&text, MARKS, &features).with_context(|| {
            format!(
                "in {path}: the lines `{}` and `{}` are missing",
                MARKS.0.trim(),
                MARKS.1.trim()
            )
        })?;
        output.plain(path, text);
    }
    Ok(())
}

fn quoted<'p>(products: impl IntoIterator<Item = &'p &'p str>) -> String {
    let products = products.into_iter();
    let quoted: Vec<String> = products.map(|product| format!("{product:?}")).collect();
    quoted.join(", ")
}

/// The products whose types each product mentions.
pub fn needs<'p>(plan: &'p Plan) -> BTreeMap<&'p str, BTreeSet<&'p str>> {
    let mut needs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut note = |from: &'p str, ty: &Type| {
        let home = ty
            .core()
            .map(|item| plan.definitions[item].home[0].as_str());
        if let Some(home) = home.filter(|home| *home != from && *home != SHARED && from != SHARED) {
            needs.entry(from).or_default().insert(home);
        }
    };
    for definition in &plan.definitions {
        for ty in definition.shape.types() {
            note(&definition.home[0], ty);
        }
    }
    for planned in &plan.operations {
        for ty in planned.types() {
            note(planned.operation.product(), ty);
        }
    }
    needs
}
