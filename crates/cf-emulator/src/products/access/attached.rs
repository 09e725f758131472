//! Which policies are attached to applications.

use serde_json::{Value, json};

use crate::engine::call::Call;
use crate::store::Object;

/// Identifier and precedence of each policy of an application.
pub(super) fn links(app: &Object) -> Vec<(String, u64)> {
    let all = app.get("links").and_then(Value::as_array);
    let pair = |link: &Value| {
        Some((
            link["id"].as_str()?.to_owned(),
            link["precedence"].as_u64()?,
        ))
    };
    all.into_iter().flatten().filter_map(pair).collect()
}

pub(super) fn set(app: &mut Object, mut links: Vec<(String, u64)>) {
    links.sort_by_key(|(_, precedence)| *precedence);
    let all: Vec<Value> = links
        .into_iter()
        .map(|(id, precedence)| json!({ "id": id, "precedence": precedence }))
        .collect();
    app.insert("links".to_owned(), all.into());
}

/// How many applications of the account and its zones use a policy.
pub(super) fn users_of(call: &Call<'_>, policy: &str) -> usize {
    let apps = call
        .store
        .tables()
        .filter(|(path, _)| path.ends_with("/access/apps"));
    let apps = apps.flat_map(|(_, rows)| rows.rows());
    apps.filter(|app| links(app).iter().any(|(id, _)| id == policy))
        .count()
}
