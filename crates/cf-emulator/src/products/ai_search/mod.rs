//! AI Search: <https://developers.cloudflare.com/api/resources/aisearch/>. Chats are answered by the stand-in of Workers
//! AI. Nothing is indexed, so no sources are found; everything else comes from the description.

use bytes::Bytes;
use http::Method;
use serde_json::json;

use super::ai::stand_in::Answer;
use super::ai::{chat, events, is_streamed};
use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::{Param, Route};
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::store::text;

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

    #[rustfmt::skip]
    fn routes(&self) -> Vec<Route> {
        let write = Group("Auto Rag Write");
        vec![
            Route::new(Method::POST, "accounts/{account_id}/ai-search/instances/{id}/chat/completions", write, of_instance)
                .with("id", Param::Text),
            Route::new(Method::POST, "accounts/{account_id}/ai-search/namespaces/{name}/chat/completions", write, of_namespace)
                .with("name", Param::Text),
            Route::new(Method::POST, "accounts/{account_id}/ai-search/namespaces/{name}/instances/{id}/chat/completions", write, of_instance)
                .with("name", Param::Text).with("id", Param::Text),
        ]
    }

    fn places(&self) -> &'static [&'static str] {
        &["accounts/{}/ai-search"]
    }
}

fn missing() -> ApiError {
    ApiError::not_found(7002, "Not found")
}

fn home(call: &Call<'_>) -> String {
    format!("accounts/{}/ai-search", call.param("account_id"))
}

fn of_instance(call: &mut Call<'_>) -> Outcome {
    let home = home(call);
    let table = match call.params.find("name") {
        Some(namespace) => format!("{home}/namespaces/{namespace}/instances"),
        None => format!("{home}/instances"),
    };
    let instance = call.store.get(&table, call.param("id"));
    let model = text(instance.ok_or_else(missing)?, "ai_search_model").to_owned();
    answer(call, &model)
}

fn of_namespace(call: &mut Call<'_>) -> Outcome {
    let (table, name) = (format!("{}/namespaces", home(call)), call.param("name"));
    let is_given = name == DEFAULT && call.store.table(&table).is_none();
    if !is_given && call.store.get(&table, name).is_none() {
        return Err(missing());
    }
    answer(call, "")
}

/// What was found, which is nothing, and the answer: two fields, or an event before the others.
fn answer(call: &Call<'_>, model: &str) -> Outcome {
    let body = call.described(INVALID)?;
    let models = [text(&body, "model"), model, MODEL];
    let model = models.into_iter().find(|model| !model.is_empty());
    let model = model.unwrap_or(MODEL);
    let answer = Answer::to(&body).map_err(|why| ApiError::bad_request(INVALID, why))?;
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
