//! How much of each product is documented.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::codegen::plan::Plan;

use super::{place, product_of};

/// What is counted.
const COLUMNS: [&str; 5] = ["operations", "parameters", "types", "fields", "variants"];

/// How many there are, and how many are documented.
#[derive(Default, Clone, Copy)]
struct Count {
    all: usize,
    said: usize,
}

impl Count {
    fn add(&mut self, said: Option<&str>) {
        self.all += 1;
        self.said += usize::from(said.is_some());
    }

    /// `12/40 (30 %)`
    fn text(self) -> String {
        match self.all {
            0 => "-".to_owned(),
            all => format!("{}/{all} ({} %)", self.said, 100 * self.said / all),
        }
    }
}

/// The table: one line per product, and a total.
pub fn table(plan: &Plan) -> String {
    let mut products: BTreeMap<String, [Count; COLUMNS.len()]> = BTreeMap::new();
    let docs = &plan.docs;
    for planned in &plan.operations {
        let id = &planned.operation.id;
        let [operations, params, ..] = products.entry(product_of(id)).or_default();
        operations.add(docs.operation(id));
        for param in &planned.params {
            params.add(docs.param(planned, param));
        }
    }
    for (index, definition) in plan.definitions.iter().enumerate() {
        let (product, _) = place(definition);
        let [_, _, types, fields, variants] = products.entry(product).or_default();
        types.add(docs.ty(definition));
        for field in definition.fields() {
            fields.add(docs.field(plan, index, &field.json));
        }
        for variant in definition.variants() {
            variants.add(docs.variant(plan, definition, variant));
        }
        for (name, _) in &definition.values {
            variants.add(docs.value(definition, name));
        }
    }
    let mut all = [Count::default(); COLUMNS.len()];
    for (sum, count) in products
        .values()
        .flat_map(|counts| counts.iter().enumerate())
    {
        all[sum].all += count.all;
        all[sum].said += count.said;
    }
    let mut out = line("product", &COLUMNS.map(str::to_owned));
    for (product, counts) in &products {
        out.push_str(&line(product, &counts.map(Count::text)));
    }
    out + &line("all", &all.map(Count::text))
}

fn line(first: &str, cells: &[String]) -> String {
    let mut out = format!("{first:32}");
    for cell in cells {
        let _ = write!(out, "{cell:>22}");
    }
    out + "\n"
}
