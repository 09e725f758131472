//! Workers AI: <https://developers.cloudflare.com/api/resources/ai/>.
//!
//! Text models, those that AI Gateway leads to included, are answered by a stand-in that repeats what it was asked, whole
//! or as server-sent events. For other models, the reply is a sample of the description.

pub(super) mod chat;
mod messages;
mod responses;
pub(super) mod stand_in;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::access::permissions::Permission::Group;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::{Param, Route};
use crate::http::envelope::{Outcome, Reply};
use crate::http::error::ApiError;
use crate::store::Object;
use stand_in::Answer;

/// The code for input that a model does not take.
const BAD_INPUT: u32 = 5006;

/// Parts of the names of models that make images of prompts.
const IMAGE_MODELS: [&str; 5] = [
    "diffusion",
    "dreamshaper",
    "flux",
    "lucid-origin",
    "phoenix",
];

pub(super) struct Ai;

impl Product for Ai {
    fn name(&self) -> &'static str {
        "ai"
    }

    fn title(&self) -> &'static str {
        "Workers AI"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &[]
    }
}

#[rustfmt::skip]
fn routes() -> Vec<Route> {
    let write = Group("Workers AI Write");
    vec![
        Route::new(Method::POST, "accounts/{account_id}/ai/run", write, run_model),
        Route::new(Method::POST, "accounts/{account_id}/ai/run/{model_name}", write, run)
            .with("model_name", Param::Rest),
        // These have no place in the description.
        Route::new(Method::POST, "accounts/{account_id}/ai/v1/chat/completions", write, chat::completions),
        Route::new(Method::POST, "accounts/{account_id}/ai/v1/messages", write, messages::create),
        Route::new(Method::POST, "accounts/{account_id}/ai/v1/responses", write, responses::create),
    ]
}

fn run(call: &mut Call<'_>) -> Outcome {
    let input = call.described(BAD_INPUT)?;
    let model = call.param("model_name").to_owned();
    answer(call, &model, &input)
}

fn run_model(call: &mut Call<'_>) -> Outcome {
    let mut body = call.described(BAD_INPUT)?;
    let model = match body.remove("model") {
        Some(Value::String(model)) => model,
        _ => return Err(bad_input("required properties at '/' are 'model'")),
    };
    let input = match body.remove("input") {
        Some(Value::Object(input)) => input,
        _ => return Err(bad_input("required properties at '/' are 'input'")),
    };
    answer(call, &model, &input)
}

/// What a model makes of its input.
fn answer(call: &mut Call<'_>, model: &str, input: &Object) -> Outcome {
    check_model(model)?;
    let makes_images = IMAGE_MODELS.iter().any(|part| model.contains(part));
    let is_text = input.contains_key("messages") || input.contains_key("prompt");
    if makes_images || !is_text || input.contains_key("image") {
        return match call.operation {
            Some(operation) => operation.sample(call),
            None => Ok(Reply::result(Value::Null)),
        };
    }
    let answer = Answer::to(input).map_err(bad_input)?;
    if is_streamed(input)? {
        return Ok(Reply::Events(events(answer.pieces())));
    }
    Ok(Reply::result(json!({
        "response": answer.text(),
        "tool_calls": [],
        "usage": answer.usage(),
    })))
}

/// Events with this data, and the one that ends them.
pub(super) fn events(data: impl Iterator<Item = Value>) -> Vec<Bytes> {
    let data = data.map(|data| data.to_string());
    let all = data.chain(["[DONE]".to_owned()]);
    all.map(|data| format!("data: {data}\n\n").into()).collect()
}

/// Events whose names are the types in their data.
fn typed_events(data: impl Iterator<Item = Value>) -> Reply {
    let event = |data: Value| {
        let kind = data["type"].as_str().unwrap_or_default();
        format!("event: {kind}\ndata: {data}\n\n").into()
    };
    Reply::Events(data.map(event).collect())
}

/// The model and the fields of a request whose model is in its body.
fn asked(call: &Call<'_>, required: &str) -> Result<(String, Object), ApiError> {
    let body = call.object()?;
    let missing = |name: &str| bad_input(&format!("required properties at '/' are '{name}'"));
    let model = body.get("model").and_then(Value::as_str);
    let model = model.ok_or_else(|| missing("model"))?.to_owned();
    check_model(&model)?;
    if !body.contains_key(required) {
        return Err(missing(required));
    }
    Ok((model, body))
}

pub(super) fn is_streamed(input: &Object) -> Result<bool, ApiError> {
    match input.get("stream") {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(stream)) => Ok(*stream),
        Some(_) => Err(bad_input(
            "type mismatch of '/stream', 'boolean' is expected",
        )),
    }
}

/// Which models there are is not known here, only how they are named.
fn check_model(model: &str) -> Result<(), ApiError> {
    if model.contains('/') {
        return Ok(());
    }
    let message = format!("No such model {model} or task");
    Err(ApiError::bad_request(5007, message))
}

fn bad_input(why: &str) -> ApiError {
    ApiError::bad_request(BAD_INPUT, format!("AiError: Bad input: Error: {why}"))
}
