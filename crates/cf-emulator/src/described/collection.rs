//! Collections that the description has: what identifies a member, what it
//! consists of.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::schema::{self, Field, Schema};
use super::{check, names};
use crate::http::ids;
use crate::http::path::{Params, variable};
use crate::store::{Object, Table, clock};

/// A collection to which members can be added.
#[derive(Debug)]
pub(crate) struct Collection {
    pub(super) path: &'static str,
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
            object => match object.payload() {
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
        let parameter = self.parameter;
        let mut candidates = vec![parameter.to_owned(), format!("{parameter}_name")];
        if let Some((_, short)) = parameter.rsplit_once('_') {
            candidates.push(match short {
                "identifier" => "id".to_owned(),
                short => short.to_owned(),
            });
            // `dispatch_namespace` is a `namespace_name`.
            candidates.push(format!("{short}_name"));
        }
        let usual = ["id", "uuid", "uid", "tag", "name", "key"];
        candidates.extend(usual.map(str::to_owned));
        let found = candidates.iter().find_map(|candidate| {
            let mut fields = fields
                .iter()
                .filter(|_| !parameter.is_empty() || usual.contains(&&**candidate));
            fields.find(|field| names::are_same(&field.name, candidate))
        });
        found.map_or("id", |field| &field.name).to_owned()
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
        let renamed = self.renamed(&field, row).cloned();
        let chosen = match row.get(&field) {
            Some(value) if body.field(&field).is_some() => Some(value.clone()),
            _ => renamed,
        };
        let key = match chosen {
            Some(Value::String(key)) if !key.is_empty() => json!(key),
            Some(Value::Number(key)) => json!(key),
            _ => new_key(&field, &item, table),
        };
        row.insert(field, key.clone());
        self.fill_in(row, params);
        self.stamp(row, true);
        plain(&key)
    }

    /// Sets the fields whose values are known: from the path, from fields that
    /// callers know by a shorter name, and identifiers besides the key.
    pub(super) fn fill_in(&self, row: &mut Object, params: &Params) {
        for field in self.item().fields() {
            if row.contains_key(&field.name) {
                continue;
            }
            let known = match &*field.name {
                "account" => within(field, params, "account_id", "account_name"),
                "zone" => within(field, params, "zone_id", "zone_name"),
                name => {
                    let mut known = params.0.iter();
                    let known = known.find(|(known, _)| names::are_same(known, name));
                    let known = known.map(|(_, value)| Value::from(value.as_str()));
                    known.or_else(|| self.renamed(name, row).cloned())
                }
            };
            let own_id = self.own_name(&field.name) == Some("id");
            let value = match known {
                None if own_id => Some(ids::hex32().into()),
                known => known,
            };
            if let Some(value) = value.filter(|value| check::fits(&field.schema, value)) {
                row.insert(field.name.clone(), value);
            }
        }
    }

    /// What a caller sent as `name` or the like for the field `namespace_name`
    /// of a namespace.
    fn renamed<'r>(&self, field: &str, row: &'r Object) -> Option<&'r Value> {
        let own = self.own_name(field)?;
        row.get(own)
    }

    /// `name` for `namespace_name` in a collection of namespaces.
    fn own_name(&self, field: &str) -> Option<&'static str> {
        let last = self.path.rsplit('/').next().unwrap_or_default();
        let one = names::singular(last);
        let mut shorter = ["name", "id", "title"].into_iter();
        shorter.find(|short| names::are_same(field, &format!("{one}{short}")))
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

/// The account or zone of a path as an object, if the field is one.
fn within(field: &Field, params: &Params, id: &str, name: &str) -> Option<Value> {
    let parts = [("id", params.find(id)?), ("name", params.get(name))];
    let parts = parts
        .into_iter()
        .filter(|(part, value)| !value.is_empty() && field.schema.field(part).is_some());
    let object: Object = parts
        .map(|(part, value)| (part.to_owned(), value.into()))
        .collect();
    (!object.is_empty()).then_some(Value::Object(object))
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
        Some(Schema::Uuid) => ids::dashed(&ids::hex32()).into(),
        _ if field.contains("uuid") => ids::dashed(&ids::hex32()).into(),
        _ => ids::hex32().into(),
    }
}
