//! The products that hold anything, and what they hold.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{PRODUCTS, escape};
use crate::engine::log::Redactor;
use crate::engine::product::Product;
use crate::engine::{Engine, lock};
use crate::store::Store;

#[derive(Debug, Default)]
struct Row {
    title: String,
    /// Kinds of resources, and how many of each.
    kinds: BTreeMap<String, usize>,
}

/// A path without account and zone identifiers.
fn place(path: &str) -> String {
    let segments = path.split('/').enumerate();
    let segments = segments.map(|(at, segment)| match (at, segment.len()) {
        (1, 32) => "{}",
        _ => segment,
    });
    segments.collect::<Vec<_>>().join("/")
}

/// The product that a path belongs to: its name in links, and its title.
fn product(engine: &Engine, path: &str) -> (String, String) {
    let place = place(path);
    let holds = |start: &&str| {
        let rest = place.strip_prefix(*start);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let longest = |product: &&dyn Product| {
        let places = product.places().iter().filter(|start| holds(start));
        places.map(|start| start.len()).max()
    };
    let known = engine.products.iter().copied();
    let known = known.filter_map(|product| Some((longest(&product)?, product)));
    if let Some((_, product)) = known.max_by_key(|(length, _)| *length) {
        return (product.name().to_owned(), product.title().to_owned());
    }
    let mut segments = place.split('/');
    let first = segments.next().unwrap_or_default();
    let name = match segments.next() {
        Some("{}") => segments.next().unwrap_or(first),
        _ => first,
    };
    let mut title = name.replace('_', " ");
    if let Some(initial) = title.get_mut(..1) {
        initial.make_ascii_uppercase();
    }
    (name.replace('_', "-"), title)
}

/// Every path with resources, and how many.
fn paths(store: &Store) -> impl Iterator<Item = (&str, usize)> {
    let tables = store.tables().map(|(path, table)| (path, table.len()));
    let documents = store.documents().map(|(path, _)| (path, 1));
    tables.filter(|(_, count)| *count > 0).chain(documents)
}

pub(super) fn table(engine: &Engine) -> String {
    let store = lock(&engine.store);
    let mut products: BTreeMap<String, Row> = BTreeMap::new();
    for (path, count) in paths(&store) {
        let (name, title) = product(engine, path);
        let row = products.entry(name).or_default();
        row.title = title;
        let kind = path.rsplit('/').next().unwrap_or(path);
        *row.kinds.entry(kind.replace('_', " ")).or_default() += count;
    }
    let mut out = String::from(
        "<section aria-labelledby=\"products\"><h2 id=\"products\">Products</h2>\
         <table><thead><tr><th scope=\"col\">Product</th><th scope=\"col\">Holds</th></tr></thead><tbody>",
    );
    for (name, row) in products {
        let kinds = row.kinds.iter();
        let kinds: Vec<_> = kinds
            .map(|(kind, count)| format!("{}:&nbsp;{count}", escape(kind)))
            .collect();
        let _ = write!(
            out,
            "<tr><th scope=\"row\"><a href=\"{PRODUCTS}{}\">{}</a></th><td>{}</td></tr>",
            escape(&name),
            escape(&row.title),
            kinds.join(", ")
        );
    }
    out.push_str("</tbody></table></section>");
    out
}

/// All that a product holds, by API path, without secrets.
pub(super) fn resources(engine: &Engine, name: &str) -> Option<Value> {
    let store = lock(&engine.store);
    let belongs = |path: &str| product(engine, path).0 == name;
    let redactor = Redactor::new(store.credentials());
    let mut found = BTreeMap::new();
    for (path, table) in store.tables().filter(|(path, _)| belongs(path)) {
        let rows: Vec<_> = table.rows().cloned().map(Value::Object).collect();
        if !rows.is_empty() {
            found.insert(path, redactor.stored(path, Value::Array(rows)));
        }
    }
    for (path, value) in store.documents().filter(|(path, _)| belongs(path)) {
        found.insert(path, redactor.stored(path, value.clone()));
    }
    if found.is_empty() {
        return None;
    }
    Some(json!(found))
}
