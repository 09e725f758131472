//! Collections that the description has: what identifies a member, what it
//! consists of.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::check;
use super::schema::{self, Schema};
use crate::http::ids;
use crate::http::path::{Params, variable};
use crate::store::{Object, Table, clock};

/// A collection to which members can be added.
#[derive(Debug)]
pub(crate) struct Collection {
    path: &'static str,
    /// The parameter that names a member; empty if no path does.
    parameter: &'static str,
    /// What a member looks like.
    item: &'static str,
}

impl Collection {
    pub(super) fn new(path: &'static str, parameter: &'static str, item: &'static str) -> Self {
        Self {
            path,
            parameter,
            item,
        }
    }

    /// Where the members of the collection that `params` select are stored.
    /// Operations name the variables in its path differently, so only their
    /// order counts.
    pub(super) fn table(&self, params: &Params) -> String {
        let mut values = params.0.iter().map(|(_, value)| value.as_str());
        let segments = self.path.split('/').map(|segment| match variable(segment) {
            Some(_) => Cow::Owned(values.next().unwrap_or_default().replace('/', "%2F")),
            None => Cow::Borrowed(segment),
        });
        segments.collect::<Vec<_>>().join("/")
    }

    pub(super) fn is_at(&self, path: &str) -> bool {
        self.path == path
    }

    /// The name of a member in the path, if the path has one.
    pub(super) fn key<'a>(&self, params: &'a Params) -> &'a str {
        let above = self.path.split('/').filter_map(variable).count();
        let value = params.0.get(above).filter(|_| !self.parameter.is_empty());
        value.map_or("", |(_, value)| value.as_str())
    }

    pub(super) fn item(&self) -> Schema {
        let schema = schema::parse(self.item);
        match schema.value() {
            Schema::List(items) => items.value().clone(),
            object => match super::payload(object) {
                Some((_, inner)) => match inner.value() {
                    Schema::List(items) => items.value().clone(),
                    inner => inner.clone(),
                },
                None => object.clone(),
            },
        }
    }

    /// The field with the name that paths use for a member.
    pub(super) fn key_field(&self) -> String {
        let item = self.item();
        let fields = item.fields();
        let has = |name: &str| fields.iter().any(|f| f.name == name);
        let parameter = self.parameter;
        let mut candidates = vec![parameter];
        if let Some((_, short)) = parameter.rsplit_once('_') {
            candidates.push(match short {
                "identifier" => "id",
                short => short,
            });
        }
        candidates.extend(["id", "uuid", "uid", "tag", "name", "key"]);
        let found = candidates
            .into_iter()
            .find(|name| !name.is_empty() && has(name));
        found.unwrap_or("id").to_owned()
    }

    /// Completes a new member with identifier and times. Returns the key.
    pub(super) fn complete(
        &self,
        row: &mut Object,
        body: &Schema,
        params: &Params,
        table: Option<&Table>,
    ) -> String {
        let item = self.item();
        let field = self.key_field();
        let chosen = row.get(&field).filter(|_| body.field(&field).is_some());
        let key = match chosen {
            Some(Value::String(key)) if !key.is_empty() => json!(key),
            Some(Value::Number(key)) => json!(key),
            _ => new_key(&field, &item, table),
        };
        row.insert(field, key.clone());
        for field in item.fields() {
            if let Some(value) = params.find(&field.name) {
                row.entry(field.name.clone())
                    .or_insert_with(|| value.into());
            }
        }
        self.stamp(row, true);
        plain(&key)
    }

    /// Sets the times of a member that has changed.
    pub(super) fn stamp(&self, row: &mut Object, new: bool) {
        for field in self.item().fields() {
            let written = match field.name.as_str() {
                "created" | "created_at" | "created_on" | "createdAt" | "created_date" => new,
                "modified" | "modified_at" | "modified_on" | "modifiedAt" => true,
                "updated" | "updated_at" | "updated_on" | "updatedAt" | "last_updated"
                | "last_modified" => true,
                "uploaded" | "uploaded_on" | "uploaded_at" => new,
                _ => false,
            };
            let now = json!(clock::now());
            if written && check::fits(&field.schema, &now) {
                row.insert(field.name.clone(), now);
            }
        }
    }
}

/// A key as it is in paths.
pub(super) fn plain(key: &Value) -> String {
    match key {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn new_key(field: &str, item: &Schema, table: Option<&Table>) -> Value {
    let schema = item.field(field).map(|f| f.schema.value().clone());
    match schema {
        Some(Schema::Integer | Schema::Number) => json!(table.map_or(0, Table::added) + 1),
        _ if field.contains("uuid") => ids::dashed(&ids::hex32()).into(),
        _ => ids::hex32().into(),
    }
}
