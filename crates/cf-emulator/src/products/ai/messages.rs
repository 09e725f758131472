//! Answers in the form of Anthropic's messages.

use serde_json::{Value, json};

use super::stand_in::Answer;
use super::{asked, bad_input, is_streamed, typed_events};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::ids;

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let (model, body) = asked(call, "messages")?;
    if !body.contains_key("max_tokens") {
        return Err(bad_input("required properties at '/' are 'max_tokens'"));
    }
    let answer = Answer::to(&body).map_err(bad_input)?;
    let stop = if answer.is_cut {
        "max_tokens"
    } else {
        "end_turn"
    };
    let mut message = json!({
        "id": format!("msg_{}", ids::hex32()),
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{ "type": "text", "text": answer.text() }],
        "stop_reason": stop,
        "stop_sequence": null,
        "usage": { "input_tokens": answer.prompt_tokens, "output_tokens": answer.tokens.len() },
    });
    if !is_streamed(&body)? {
        return Ok(Reply::Json(message));
    }
    // It begins empty.
    message["content"] = json!([]);
    message["stop_reason"] = Value::Null;
    message["usage"]["output_tokens"] = 0.into();
    let delta = |text: &String| json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": text } });
    let start = [
        json!({ "type": "message_start", "message": message }),
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
    ];
    let end = [
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({
            "type": "message_delta",
            "delta": { "stop_reason": stop, "stop_sequence": null },
            "usage": { "output_tokens": answer.tokens.len() },
        }),
        json!({ "type": "message_stop" }),
    ];
    let tokens = answer.tokens.iter().map(delta);
    Ok(typed_events(start.into_iter().chain(tokens).chain(end)))
}
