//! Datasets: rows from seeds, filtered, grouped, sorted and cut.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::compare::compare;
use super::query::{Field, no_arguments_but, selected};
use super::rows::Rows;
use super::{Failure, filter, groups};
use crate::engine::seed::{SeedError, list};
use crate::engine::{Engine, lock};
use crate::store::Store;
use crate::store::identity::{ACCOUNTS, ZONES};

const MOST_ROWS: u64 = 10_000;

/// Adds what accounts and zones of a seed have in `analytics`: rows by dataset.
pub(super) fn seed(engine: &Engine, seed: &Value) -> Result<(), SeedError> {
    let add_all = |scope: String, part: &Value| {
        let datasets = match &part["analytics"] {
            Value::Null => return Ok(()),
            Value::Object(datasets) => datasets,
            _ => {
                return Err(SeedError::new(
                    "analytics",
                    "it is not an object of datasets",
                ));
            }
        };
        let mut store = lock(&engine.store);
        datasets.keys().try_for_each(|name| {
            let rows = list(&part["analytics"], name)?.to_vec();
            add(&mut store, &scope, name, rows)
        })
    };
    for account in list(seed, "accounts")? {
        let id = account["id"].as_str().unwrap_or_default();
        add_all(format!("accounts/{id}"), account)?;
        for zone in list(account, "zones")? {
            let id = zone["id"].as_str().unwrap_or_default();
            add_all(format!("zones/{id}"), zone)?;
        }
    }
    Ok(())
}

/// Adds rows to a dataset of the zone or account with this identifier.
pub(crate) fn add_to(
    store: &mut Store,
    id: &str,
    dataset: &str,
    rows: Vec<Value>,
) -> Result<(), SeedError> {
    let scope = if store.get(ZONES, id).is_some() {
        format!("zones/{id}")
    } else if store.get(ACCOUNTS, id).is_some() {
        format!("accounts/{id}")
    } else {
        let what = format!("rows of {dataset}");
        return Err(SeedError::new(what, "there is no such zone or account"));
    };
    add(store, &scope, dataset, rows)
}

/// Adds rows to a dataset of a zone or account, which is given as its path.
fn add(store: &mut Store, scope: &str, dataset: &str, rows: Vec<Value>) -> Result<(), SeedError> {
    if !rows.iter().all(Value::is_object) {
        let what = format!("rows of {dataset}");
        return Err(SeedError::new(what, "not every row is an object"));
    }
    let path = format!("{scope}/analytics/{dataset}");
    let mut all = match store.document(&path) {
        Some(Value::Array(all)) => all.clone(),
        _ => Vec::new(),
    };
    all.extend(rows);
    store.set_document(path, Value::Array(all));
    Ok(())
}

/// What a query gets of a dataset.
pub(super) fn read(store: &Store, scope: &str, field: &Field) -> Result<Value, Failure> {
    let dataset = field.name.as_str();
    let rows = Rows::of(store, scope, dataset)?;
    no_arguments_but(field, &["filter", "limit", "orderBy"])?;
    let fields = selected(field)?;
    let limit = limit(field)?;
    let invalid = |why: String| {
        Failure::new(format!(
            "error parsing args for \"{dataset}\": filter: {why}"
        ))
    };
    if let Some(filter) = field
        .arguments
        .get("filter")
        .filter(|filter| !filter.is_null())
    {
        // Also if there is no row to look at.
        filter::passes(&Value::Null, filter, &rows).map_err(invalid)?;
    }
    let mut found: Vec<&Value> = Vec::new();
    for row in rows.rows {
        let passed = match field.arguments.get("filter") {
            None | Some(Value::Null) => true,
            Some(filter) => filter::passes(row, filter, &rows).map_err(invalid)?,
        };
        if passed {
            found.push(row);
        }
    }
    let mut found: Vec<Value> = match dataset.ends_with("Groups") {
        true => groups::of(found, fields)?,
        false => found.into_iter().cloned().collect(),
    };
    let order = orders(field, &rows)?;
    found.sort_by(|a, b| {
        let orders = order.iter().map(|order| order.of(a, b));
        orders.fold(Ordering::Equal, Ordering::then)
    });
    found.truncate(limit);
    let shown = found.iter().map(|row| show(row, fields, &rows.everywhere));
    shown.collect()
}

fn limit(field: &Field) -> Result<usize, Failure> {
    let limit = match field.arguments.get("limit") {
        None | Some(Value::Null) => Some(MOST_ROWS),
        Some(limit) => limit.as_u64(),
    };
    let limit = limit.filter(|limit| (1..=MOST_ROWS).contains(limit));
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    limit.ok_or_else(|| {
        Failure::new(format!(
            "limit must be positive number and not greater than {MOST_ROWS}"
        ))
    })
}

/// One part of an order.
struct Order {
    /// A field, or an aggregate and a field of it.
    names: (String, Option<String>),
    descends: bool,
}

impl Order {
    fn of(&self, a: &Value, b: &Value) -> Ordering {
        let value = |row: &Value| match &self.names {
            (name, None) => Rows::value(row, name).clone(),
            (aggregate, Some(name)) => row[aggregate][name].clone(),
        };
        let order = compare(&value(a), &value(b)).unwrap_or(Ordering::Equal);
        match self.descends {
            true => order.reverse(),
            false => order,
        }
    }
}

fn orders(field: &Field, rows: &Rows<'_>) -> Result<Vec<Order>, Failure> {
    let given: Vec<&Value> = match field.arguments.get("orderBy") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(all)) => all.iter().collect(),
        Some(one) => vec![one],
    };
    let order = |given: &Value| {
        let text = given.as_str()?;
        let (name, descends) = match text.strip_suffix("_DESC") {
            Some(name) => (name, true),
            None => (text.strip_suffix("_ASC")?, false),
        };
        if name == "count" || rows.knows(name) {
            let names = (name.to_owned(), None);
            return Some(Order { names, descends });
        }
        let (aggregate, name) = name.split_once('_')?;
        let mut all = rows.everywhere.iter();
        let names = (aggregate.to_owned(), Some(name.to_owned()));
        all.any(|row| row[aggregate].get(name).is_some())
            .then_some(Order { names, descends })
    };
    let orders = given.into_iter().map(|given| {
        order(given).ok_or_else(|| {
            let name = &field.name;
            Failure::new(format!(
                "error parsing args for \"{name}\": orderBy: unknown value {given}"
            ))
        })
    });
    orders.collect()
}

/// The selected part of a row. A field that only other rows have is null.
fn show(row: &Value, fields: &[Field], everywhere: &[&Value]) -> Result<Value, Failure> {
    let mut shown = Map::new();
    for field in fields {
        no_arguments_but(field, &[])?;
        let name = field.name.as_str();
        let below: Vec<&Value> = everywhere.iter().filter_map(|row| row.get(name)).collect();
        let value = match row.get(name) {
            Some(value) => value,
            None if below.is_empty() => return Err(Failure::unknown_field(name)),
            None => &Value::Null,
        };
        let value = match (value, field.fields.is_empty()) {
            (Value::Object(_), true) => {
                return Err(Failure::new("object field must have selections"));
            }
            (Value::Object(_), false) => show(value, &field.fields, &below)?,
            (Value::Null, _) | (_, true) => value.clone(),
            (_, false) => return Err(Failure::new("scalar fields must have no selections")),
        };
        shown.insert(field.key.clone(), value);
    }
    Ok(Value::Object(shown))
}
