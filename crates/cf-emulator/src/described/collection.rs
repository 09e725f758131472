//! Collections that the description has: what identifies a member, what it
//! consists of.

use std::sync::Arc;

use serde_json::{Value, json};

use super::check;
use super::schema::{self, Schema};
use crate::engine::product::{Refusals, Taken};
use crate::http::ids;
use crate::http::path::Params;
use crate::store::{Object, Table, clock};

/// A collection to which members can be added.
#[derive(Debug)]
pub(crate) struct Collection {
    /// With the names of the parameters.
    pub(super) path: &'static str,
    /// The parameter that names a member; empty if no path does.
    parameter: &'static str,
    /// What a member looks like.
    item: &'static str,
    /// Messages about members, its own among others.
    refusals: Arc<[&'static Refusals]>,
}

impl Collection {
    pub(super) fn new(
        path: &'static str,
        parameter: &'static str,
        item: &'static str,
        refusals: Arc<[&'static Refusals]>,
    ) -> Self {
        Self {
            path,
            parameter,
            item,
            refusals,
        }
    }

    /// Messages about its members, if not the usual ones.
    pub(super) fn refusals(&self) -> Option<&'static Refusals> {
        let mut all = self.refusals.iter();
        all.find(|one| self.path.contains(one.collection)).copied()
    }

    /// The message about a second member with the same name. Collections within
    /// the members may have duplicates.
    pub(super) fn taken(&self) -> Option<&'static Taken> {
        let refusals = self.refusals()?;
        let own = self.path.ends_with(refusals.collection);
        refusals.taken.as_ref().filter(|_| own)
    }

    /// Where the members of the collection that `params` select are stored.
    pub(super) fn table(&self, params: &Params) -> String {
        super::operation::fill(self.path, params)
    }

    pub(super) fn is_at(&self, path: &str) -> bool {
        self.path == path
    }

    /// The name of a member in the path, if the path has one.
    pub(super) fn key<'a>(&self, params: &'a Params) -> &'a str {
        params.get(self.parameter)
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
