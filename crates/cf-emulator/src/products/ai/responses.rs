//! Answers in the form of OpenAI's responses.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::stand_in::Answer;
use super::{asked, bad_input, is_streamed, typed_events};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::ids;
use crate::store::Object;

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let (model, body) = asked(call, "input")?;
    let answer = Answer::to(&question(&body)).map_err(bad_input)?;
    let message = |status: &str, content: Value| json!({ "id": "msg_1", "type": "message", "role": "assistant", "status": status, "content": content });
    let part = |text: &str| json!({ "type": "output_text", "text": text, "annotations": [] });
    let text = answer.text();
    let done = message("completed", json!([part(&text)]));
    let (input, output) = (answer.prompt_tokens, answer.tokens.len());
    let begun = json!({
        "id": format!("resp_{}", ids::hex32()),
        "object": "response",
        "created_at": Timestamp::now().as_second(),
        "status": "in_progress",
        "model": model,
        "output": [],
        "error": null,
        "usage": null,
    });
    let mut ended = begun.clone();
    ended["status"] = if answer.is_cut {
        ended["incomplete_details"] = json!({ "reason": "max_output_tokens" });
        "incomplete".into()
    } else {
        "completed".into()
    };
    ended["output"] = json!([done]);
    ended["usage"] =
        json!({ "input_tokens": input, "output_tokens": output, "total_tokens": input + output });
    if !is_streamed(&body)? {
        return Ok(Reply::Json(ended));
    }
    let kind = if answer.is_cut {
        "response.incomplete"
    } else {
        "response.completed"
    };
    let place = json!({ "item_id": "msg_1", "output_index": 0, "content_index": 0 });
    let at = |kind: &str, field: &str, value: Value| {
        let mut event = place.clone();
        event["type"] = kind.into();
        event[field] = value;
        event
    };
    let start = [
        json!({ "type": "response.created", "response": begun }),
        json!({ "type": "response.output_item.added", "output_index": 0, "item": message("in_progress", json!([])) }),
        at("response.content_part.added", "part", part("")),
    ];
    let end = [
        at("response.output_text.done", "text", text.clone().into()),
        at("response.content_part.done", "part", part(&text)),
        json!({ "type": "response.output_item.done", "output_index": 0, "item": done }),
        json!({ "type": kind, "response": ended }),
    ];
    let tokens = answer.tokens.iter();
    let tokens = tokens.map(|token| {
        let token = Value::from(token.as_str());
        at("response.output_text.delta", "delta", token)
    });
    let all = start.into_iter().chain(tokens).chain(end).enumerate();
    Ok(typed_events(all.map(|(number, mut event)| {
        event["sequence_number"] = number.into();
        event
    })))
}

/// The input as messages, or as a prompt if it is a text.
fn question(body: &Object) -> Object {
    let mut question = Object::new();
    let input = body.get("input").cloned().unwrap_or_default();
    let name = if input.is_array() {
        "messages"
    } else {
        "prompt"
    };
    question.insert(name.to_owned(), input);
    if let Some(limit) = body.get("max_output_tokens") {
        question.insert("max_tokens".to_owned(), limit.clone());
    }
    question
}
