//! Answers in the form of OpenAI's chat completions.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::stand_in::Answer;
use super::{asked, bad_input, events, is_streamed};
use crate::engine::call::Call;
use crate::http::envelope::{Outcome, Reply};
use crate::http::ids;

pub(super) fn completions(call: &mut Call<'_>) -> Outcome {
    let (model, body) = asked(call, "messages")?;
    let answer = Answer::to(&body).map_err(bad_input)?;
    Ok(match is_streamed(&body)? {
        true => Reply::Events(events(chunks(&model, &answer))),
        false => Reply::Json(whole(&model, &answer)),
    })
}

/// What all parts of a completion have in common.
fn head(model: &str) -> Value {
    json!({
        "id": format!("chatcmpl-{}", ids::hex32()),
        "created": Timestamp::now().as_second(),
        "model": model,
    })
}

/// The answer in one piece.
pub(in crate::products) fn whole(model: &str, answer: &Answer) -> Value {
    let message = json!({ "role": "assistant", "content": answer.text() });
    let mut whole = head(model);
    whole["object"] = "chat.completion".into();
    whole["choices"] =
        json!([{ "index": 0, "message": message, "finish_reason": answer.finish() }]);
    whole["usage"] = answer.usage();
    whole
}

/// The answer in pieces.
pub(in crate::products) fn chunks(model: &str, answer: &Answer) -> impl Iterator<Item = Value> {
    let mut head = head(model);
    head["object"] = "chat.completion.chunk".into();
    let chunk = |delta: Value, finish: Value| {
        let mut chunk = head.clone();
        chunk["choices"] = json!([{ "index": 0, "delta": delta, "finish_reason": finish }]);
        chunk
    };
    let start = chunk(json!({ "role": "assistant", "content": "" }), Value::Null);
    let tokens = answer.tokens.iter();
    let tokens = tokens.map(|token| chunk(json!({ "content": token }), Value::Null));
    let mut end = chunk(json!({}), answer.finish().into());
    end["usage"] = answer.usage();
    let all: Vec<Value> = [start].into_iter().chain(tokens).chain([end]).collect();
    all.into_iter()
}
