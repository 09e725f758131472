//! Vectorize: <https://developers.cloudflare.com/api/resources/vectorize/>.
//! What is written can be found at once: mutations have an identifier, and are
//! complete when they are answered.

mod batch;
mod filter;
mod metadata_indexes;
mod query;
mod vectors;

use http::Method;
use serde_json::{Value, json};

use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::http::ids;
use crate::http::json::object;
use crate::store::{Object, Store, clock, text};

/// The code for all invalid requests.
const INVALID: u32 = 40026;
const MOST_INDEXES: usize = 50_000;
const LONGEST_NAME: usize = 64;
const MOST_DIMENSIONS: u64 = 1536;

/// Embedding models, and how many dimensions their vectors have.
const PRESETS: &[(&str, u64)] = &[
    ("@cf/baai/bge-small-en-v1.5", 384),
    ("@cf/baai/bge-base-en-v1.5", 768),
    ("@cf/baai/bge-large-en-v1.5", 1024),
    ("openai/text-embedding-ada-002", 1536),
    ("cohere/embed-multilingual-v2.0", 768),
];

/// Fields of an index that replies do not show.
const HIDDEN: [&str; 2] = ["mutation", "metadata_indexes"];

pub(super) struct Vectorize;

impl Product for Vectorize {
    fn name(&self) -> &'static str {
        "vectorize"
    }

    fn title(&self) -> &'static str {
        "Vectorize"
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/vectorize"]
    }

    #[rustfmt::skip]
    fn routes(&self) -> Vec<Route> {
        let (read, write) = (Group("Vectorize Read"), Group("Vectorize Write"));
        vec![
            Route::new(Method::GET, "accounts/{account_id}/vectorize/v2/indexes", read, list),
            Route::new(Method::POST, "accounts/{account_id}/vectorize/v2/indexes", write, create),
            Route::new(Method::GET, "accounts/{account_id}/vectorize/v2/indexes/{index_name}", read, get),
            Route::new(Method::DELETE, "accounts/{account_id}/vectorize/v2/indexes/{index_name}", write, delete),
            Route::new(Method::GET, "accounts/{account_id}/vectorize/v2/indexes/{index_name}/info", read, info),
            Route::deferred(Method::POST, "accounts/{account_id}/vectorize/v2/indexes/{index_name}/insert", write, vectors::insert).streaming(batch::STREAM).keeping_files(),
            Route::deferred(Method::POST, "accounts/{account_id}/vectorize/v2/indexes/{index_name}/upsert", write, vectors::upsert).streaming(batch::STREAM).keeping_files(),
            Route::new(Method::POST, "accounts/{account_id}/vectorize/v2/indexes/{index_name}/query", read, query::query),
            Route::new(Method::POST, "accounts/{account_id}/vectorize/v2/indexes/{index_name}/get_by_ids", read, vectors::get),
            Route::new(Method::POST, "accounts/{account_id}/vectorize/v2/indexes/{index_name}/delete_by_ids", write, vectors::delete),
            Route::new(Method::GET, "accounts/{account_id}/vectorize/v2/indexes/{index_name}/list", read, vectors::list),
            Route::new(Method::GET, "accounts/{account_id}/vectorize/v2/indexes/{index_name}/metadata_index/list", read, metadata_indexes::list),
            Route::new(Method::POST, "accounts/{account_id}/vectorize/v2/indexes/{index_name}/metadata_index/create", write, metadata_indexes::create),
            Route::new(Method::POST, "accounts/{account_id}/vectorize/v2/indexes/{index_name}/metadata_index/delete", write, metadata_indexes::delete),
        ]
    }
}

fn table(call: &Call<'_>) -> String {
    format!("accounts/{}/vectorize/v2/indexes", call.param("account_id"))
}

/// The table of the vectors of an index.
fn vectors_of(table: &str, index: &str) -> String {
    format!("{table}/{index}/vectors")
}

/// The index in the path.
fn found<'a>(call: &'a Call<'_>) -> Result<&'a Object, ApiError> {
    let index = call.store.get(&table(call), call.param("index_name"));
    index.ok_or_else(missing)
}

fn missing() -> ApiError {
    ApiError::not_found(3000, "vectorize.not_found")
}

fn invalid(field: &str, why: &str) -> ApiError {
    ApiError::invalid_because(field, why).coded(INVALID)
}

/// How many dimensions the vectors of an index have.
fn dimensions(index: &Object) -> usize {
    let config = index.get("config").unwrap_or(&Value::Null);
    let dimensions = config["dimensions"].as_u64().unwrap_or_default();
    usize::try_from(dimensions).unwrap_or_default()
}

/// Records a change to an index, and returns its identifier.
fn mutate(store: &mut Store, table: &str, index: &str) -> Reply {
    let id = ids::dashed(&ids::hex32());
    if let Some(index) = store.table_mut(table).get_mut(index) {
        let mutation = json!({ "id": id, "at": clock::now() });
        index.insert("mutation".to_owned(), mutation);
    }
    Reply::result(json!({ "mutationId": id }))
}

fn show(index: &Object) -> Value {
    let mut shown = index.clone();
    shown.retain(|field, _| !HIDDEN.contains(&field.as_str()));
    shown.into()
}

fn list(call: &mut Call<'_>) -> Outcome {
    let indexes = call.store.rows(&table(call)).map(show);
    Ok(Reply::result(indexes.collect::<Vec<_>>()))
}

fn create(call: &mut Call<'_>) -> Outcome {
    let body = call.described(INVALID)?;
    let name = text(&body, "name").to_owned();
    if !is_name(&name) {
        let why = "must have up to 64 characters: lower case letters, digits, - and _, the first a letter";
        return Err(invalid("name", why));
    }
    let config = config(&body)?;
    let table = table(call);
    let known = call.store.table(&table);
    if known.is_some_and(|known| known.get(&name).is_some()) {
        let message = "vectorize.index.duplicate_name";
        return Err(ApiError::new(http::StatusCode::CONFLICT, 3002, message));
    }
    if known.is_some_and(|known| known.len() >= MOST_INDEXES) {
        return Err(invalid("name", "the account has as many indexes as it may"));
    }
    let now = clock::now();
    let index = object(json!({
        "name": name,
        "description": text(&body, "description"),
        "config": config,
        "created_on": now,
        "modified_on": now,
        "metadata_indexes": [],
        "mutation": { "id": ids::dashed(&ids::hex32()), "at": now },
    }));
    let shown = show(&index);
    call.store.table_mut(&table).put_as(&name, index);
    Ok(Reply::result(shown))
}

fn is_name(name: &str) -> bool {
    let usual = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends_well = |byte: Option<u8>| byte.is_some_and(usual);
    (2..=LONGEST_NAME).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && ends_well(name.bytes().last())
        && name
            .bytes()
            .all(|byte| usual(byte) || matches!(byte, b'-' | b'_'))
}

/// Dimensions and metric, given directly or by the name of a model.
fn config(body: &Object) -> Result<Value, ApiError> {
    let given = body.get("config").unwrap_or(&Value::Null);
    if let Some(preset) = given["preset"].as_str() {
        let known = PRESETS.iter().find(|(name, _)| *name == preset);
        let (_, dimensions) =
            known.ok_or_else(|| invalid("config.preset", "is not a known model"))?;
        return Ok(json!({ "preset": preset, "dimensions": dimensions, "metric": "cosine" }));
    }
    match given["dimensions"].as_u64() {
        Some(1..=MOST_DIMENSIONS) => {
            Ok(json!({ "dimensions": given["dimensions"], "metric": given["metric"] }))
        }
        _ => Err(invalid("config.dimensions", "must be 1 to 1536")),
    }
}

fn get(call: &mut Call<'_>) -> Outcome {
    Ok(Reply::result(show(found(call)?)))
}

fn delete(call: &mut Call<'_>) -> Outcome {
    found(call)?;
    let (table, name) = (table(call), call.params.get("index_name"));
    call.store.table_mut(&table).remove(name);
    call.store.remove_below(&format!("{table}/{name}"));
    Ok(Reply::result(Value::Null))
}

fn info(call: &mut Call<'_>) -> Outcome {
    let index = found(call)?;
    let vectors = call
        .store
        .table(&vectors_of(&table(call), text(index, "name")));
    let mutation = index.get("mutation").unwrap_or(&Value::Null);
    Ok(Reply::result(json!({
        "dimensions": dimensions(index),
        "vectorCount": vectors.map_or(0, |vectors| vectors.len()),
        "processedUpToMutation": mutation["id"],
        "processedUpToDatetime": mutation["at"],
    })))
}
