//! AI Search, once called AutoRAG: <https://developers.cloudflare.com/api/resources/aisearch/>. Questions are answered by
//! the stand-in of Workers AI. Nothing is indexed, so nothing is found; everything else comes from the description.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::ai::stand_in::{self, Answer};
use super::ai::{chat, events, is_streamed};
use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::{Param, Route};
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::store::{Object, text};

/// The code of requests that are wrong.
const INVALID: u32 = 7001;
/// The namespace that every account has.
const DEFAULT: &str = "default";
/// The model that answers unless the request or the instance names another.
const MODEL: &str = "@cf/meta/llama-3.3-70b-instruct-fp8-fast";

pub(super) struct AiSearch;

impl Product for AiSearch {
    fn name(&self) -> &'static str {
        "aisearch"
    }

    fn title(&self) -> &'static str {
        "AI Search"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/ai-search"]
    }
}

#[rustfmt::skip]
fn routes() -> Vec<Route> {
    let write = Group("Auto Rag Write");
    let route = |path, handler| {
        Route::new(Method::POST, path, write, handler).with("name", Param::Text).with("id", Param::Text)
    };
    vec![
        route("accounts/{account_id}/ai-search/instances/{id}/chat/completions", chat_with_instance),
        route("accounts/{account_id}/ai-search/instances/{id}/search", search_instance),
        route("accounts/{account_id}/ai-search/namespaces/{name}/chat/completions", chat_with_namespace),
        route("accounts/{account_id}/ai-search/namespaces/{name}/instances/{id}/chat/completions", chat_with_instance),
        route("accounts/{account_id}/ai-search/namespaces/{name}/instances/{id}/search", search_instance),
        route("accounts/{account_id}/ai-search/namespaces/{name}/search", search_namespace),
        route("accounts/{account_id}/autorag/rags/{id}/ai-search", answer_from_rag),
        route("accounts/{account_id}/autorag/rags/{id}/search", search_rag),
    ]
}

fn missing() -> ApiError {
    ApiError::not_found(7002, "Not found")
}

fn home(call: &Call<'_>) -> String {
    format!("accounts/{}/ai-search", call.param("account_id"))
}

/// The instance in the path. Without a namespace, it is in the account's own.
fn instance<'c>(call: &'c Call<'_>) -> Result<&'c Object, ApiError> {
    let (home, id) = (home(call), call.param("id"));
    let namespace = call.params.find("name");
    let within = format!(
        "{home}/namespaces/{}/instances",
        namespace.unwrap_or(DEFAULT)
    );
    let outside = || call.store.get(&format!("{home}/instances"), id);
    let found = call.store.get(&within, id);
    found
        .or_else(|| outside().filter(|_| namespace.is_none_or(|name| name == DEFAULT)))
        .ok_or_else(missing)
}

/// Checks that the namespace in the path exists.
fn check_namespace(call: &Call<'_>) -> Result<(), ApiError> {
    let (table, name) = (format!("{}/namespaces", home(call)), call.param("name"));
    let is_given = name == DEFAULT && call.store.table(&table).is_none();
    if is_given || call.store.get(&table, name).is_some() {
        return Ok(());
    }
    Err(missing())
}

fn invalid(why: &str) -> ApiError {
    ApiError::bad_request(INVALID, why)
}

fn chat_with_instance(call: &mut Call<'_>) -> Outcome {
    let model = text(instance(call)?, "ai_search_model").to_owned();
    converse(call, &model)
}

fn chat_with_namespace(call: &mut Call<'_>) -> Outcome {
    check_namespace(call)?;
    converse(call, "")
}

/// What was found, which is nothing, and the answer: two fields, or an event before the others.
fn converse(call: &Call<'_>, model: &str) -> Outcome {
    let body = call.described(INVALID)?;
    let models = [text(&body, "model"), model, MODEL];
    let model = models.into_iter().find(|model| !model.is_empty());
    let model = model.unwrap_or(MODEL);
    let answer = Answer::to(&body).map_err(invalid)?;
    if !is_streamed(&body)? {
        let mut whole = chat::whole(model, &answer);
        whole["chunks"] = json!([]);
        return Ok(Reply::Json(whole));
    }
    let found = Bytes::from_static(b"event: chunks\ndata: []\n\n");
    let mut all = vec![found];
    all.extend(events(chat::chunks(model, &answer)));
    Ok(Reply::Events(all))
}

fn search_instance(call: &mut Call<'_>) -> Outcome {
    instance(call)?;
    search(call)
}

fn search_namespace(call: &mut Call<'_>) -> Outcome {
    check_namespace(call)?;
    search(call)
}

fn search(call: &Call<'_>) -> Outcome {
    let query = query(&call.described(INVALID)?)?;
    Ok(Reply::result(
        json!({ "chunks": [], "query_kind": "text", "search_query": query }),
    ))
}

/// What is looked for: a text, or the last question of a conversation.
fn query(body: &Object) -> Result<String, ApiError> {
    match text(body, "query") {
        "" if body.contains_key("messages") => {
            let (question, _) = stand_in::question(body).map_err(invalid)?;
            Ok(question)
        }
        "" => Err(invalid("query must not be empty")),
        query => Ok(query.to_owned()),
    }
}

/// A page of results without any.
fn nothing_found(query: &str) -> Value {
    json!({
        "object": "vector_store.search_results.page",
        "search_query": query,
        "data": [],
        "has_more": false,
        "next_page": null,
    })
}

fn search_rag(call: &mut Call<'_>) -> Outcome {
    instance(call)?;
    let query = query(&call.described(INVALID)?)?;
    Ok(Reply::result(nothing_found(&query)))
}

/// Nothing found, and the answer to the question; streamed, just the answer.
fn answer_from_rag(call: &mut Call<'_>) -> Outcome {
    instance(call)?;
    let body = call.described(INVALID)?;
    let query = query(&body)?;
    let prompt = [("prompt".to_owned(), json!(query))];
    let answer = Answer::to(&prompt.into_iter().collect()).map_err(invalid)?;
    if is_streamed(&body)? {
        return Ok(Reply::Events(events(answer.pieces())));
    }
    let mut page = nothing_found(&query);
    page["response"] = answer.text().into();
    Ok(Reply::result(page))
}
