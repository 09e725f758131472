//! The products that hold something, and what they hold.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{PRODUCTS, escape};
use crate::log::Redactor;
use crate::store::Store;

/// Part of a path in the API, the product's name in links, and its title.
const NAMES: &[(&str, &str, &str)] = &[
    ("zones/{}/dns_records", "dns", "DNS"),
    ("zones/{}/dnssec", "dns", "DNS"),
    ("zones/{}/dns_settings", "dns", "DNS"),
    ("zones/{}/settings", "zones", "Zones"),
    ("accounts/{}/storage/kv", "kv", "Workers KV"),
    ("accounts/{}/r2", "r2", "R2"),
    ("accounts/{}/d1", "d1", "D1"),
    ("accounts/{}/workers", "workers", "Workers"),
    ("accounts/{}/queues", "queues", "Queues"),
    ("accounts/{}/pages", "pages", "Pages"),
    ("accounts/{}/rules/lists", "lists", "Lists"),
    (
        "accounts/{}/load_balancers",
        "load-balancers",
        "Load balancers",
    ),
    (
        "zones/{}/load_balancers",
        "load-balancers",
        "Load balancers",
    ),
    ("accounts/{}/cfd_tunnel", "tunnels", "Tunnels"),
    ("accounts/{}/challenges", "turnstile", "Turnstile"),
    ("accounts/{}/members", "accounts", "Accounts"),
    ("accounts/{}/roles", "accounts", "Accounts"),
    ("accounts/{}/tokens", "tokens", "API tokens"),
    ("user/tokens", "tokens", "API tokens"),
    ("memberships", "accounts", "Accounts"),
];

#[derive(Debug, Default)]
struct Product {
    title: String,
    /// Kinds of resources and how many of each.
    kinds: BTreeMap<String, usize>,
}

/// A path without identifiers of accounts and zones.
fn place(path: &str) -> String {
    let segments = path.split('/').enumerate();
    let segments = segments.map(|(at, segment)| match (at, segment.len()) {
        (1, 32) => "{}",
        _ => segment,
    });
    segments.collect::<Vec<_>>().join("/")
}

/// The product that a path belongs to: its name in links, and its title.
fn product(path: &str) -> (String, String) {
    let place = place(path);
    let known = NAMES.iter().find(|(start, ..)| {
        place
            .strip_prefix(start)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    if let Some((_, name, title)) = known {
        return ((*name).to_owned(), (*title).to_owned());
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

/// Every path with something at it, and how many.
fn paths(store: &Store) -> impl Iterator<Item = (&str, usize)> {
    let tables = store.tables().map(|(path, table)| (path, table.len()));
    let documents = store.documents().map(|(path, _)| (path, 1));
    tables.filter(|(_, count)| *count > 0).chain(documents)
}

pub(super) fn table(store: &Store) -> String {
    let mut products: BTreeMap<String, Product> = BTreeMap::new();
    for (path, count) in paths(store) {
        let (name, title) = product(path);
        let product = products.entry(name).or_default();
        product.title = title;
        let kind = path.rsplit('/').next().unwrap_or(path);
        *product.kinds.entry(kind.replace('_', " ")).or_default() += count;
    }
    let mut out = String::from(
        "<section aria-labelledby=\"products\"><h2 id=\"products\">Products</h2>\
         <table><thead><tr><th scope=\"col\">Product</th><th scope=\"col\">Holds</th></tr></thead><tbody>",
    );
    for (name, product) in products {
        let kinds = product.kinds.iter();
        let kinds: Vec<_> = kinds
            .map(|(kind, count)| format!("{}:&nbsp;{count}", escape(kind)))
            .collect();
        let _ = write!(
            out,
            "<tr><th scope=\"row\"><a href=\"{PRODUCTS}{}\">{}</a></th><td>{}</td></tr>",
            escape(&name),
            escape(&product.title),
            kinds.join(", ")
        );
    }
    out.push_str("</tbody></table></section>");
    out
}

/// All that a product holds, under the paths of the API, without secrets.
pub(super) fn resources(store: &Store, name: &str) -> Option<Value> {
    let belongs = |path: &str| product(path).0 == name;
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
