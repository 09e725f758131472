//! What stands in for a text model: it repeats what it was asked.

use serde_json::{Value, json};

use crate::store::Object;

/// The limit of Workers AI, unless the request sets another.
const MAX_TOKENS: u64 = 256;

/// An answer. Its tokens are words.
pub(in crate::products) struct Answer {
    pub(super) tokens: Vec<String>,
    pub(super) prompt_tokens: usize,
    /// It ended because of the limit.
    pub(super) is_cut: bool,
}

impl Answer {
    /// The answer to a prompt or a conversation, or why there is none.
    pub(in crate::products) fn to(input: &Object) -> Result<Self, &'static str> {
        let (question, prompt_tokens) = question(input)?;
        let limit = match input.get("max_tokens") {
            None | Some(Value::Null) => MAX_TOKENS,
            Some(limit) => match limit.as_u64() {
                Some(limit) if limit > 0 => limit,
                _ => return Err("'/max_tokens' must be a positive integer"),
            },
        };
        let text = format!("The emulator has no model. It was asked: {question}");
        let mut tokens: Vec<String> = text.split_inclusive(' ').map(str::to_owned).collect();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_cut = tokens.len() > limit;
        tokens.truncate(limit);
        Ok(Self {
            tokens,
            prompt_tokens,
            is_cut,
        })
    }

    pub(in crate::products) fn text(&self) -> String {
        self.tokens.concat()
    }

    /// The data of the events in which Workers AI streams it.
    pub(in crate::products) fn pieces(&self) -> impl Iterator<Item = Value> {
        let tokens = self.tokens.iter();
        let tokens = tokens.map(|token| json!({ "response": token }));
        let end = json!({ "response": "", "usage": self.usage() });
        tokens.chain([end])
    }

    /// Why the answer ends.
    pub(super) fn finish(&self) -> &'static str {
        if self.is_cut { "length" } else { "stop" }
    }

    pub(super) fn usage(&self) -> Value {
        let (prompt, completion) = (self.prompt_tokens, self.tokens.len());
        json!({
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
        })
    }
}

/// What is asked in a conversation or else in a prompt, and how many words there are in all.
pub(in crate::products) fn question(input: &Object) -> Result<(String, usize), &'static str> {
    match (input.get("messages"), input.get("prompt")) {
        (Some(Value::Array(messages)), _) => {
            let texts: Vec<String> = messages.iter().map(content).collect::<Result<_, _>>()?;
            let words = texts.iter().map(|text| text.split_whitespace().count());
            let words = words.sum();
            let from_user = messages
                .iter()
                .rposition(|message| message["role"] == "user");
            let at = from_user.or(messages.len().checked_sub(1));
            let question = at.and_then(|at| texts.into_iter().nth(at));
            Ok((question.ok_or("'/messages' must not be empty")?, words))
        }
        (Some(_), _) => Err("type mismatch of '/messages', 'array' is expected"),
        (None, Some(Value::String(prompt))) if !prompt.is_empty() => {
            Ok((prompt.clone(), prompt.split_whitespace().count()))
        }
        _ => Err("length of '/prompt' must be at least 1"),
    }
}

/// What a message says: a text, or parts of which some are texts.
fn content(message: &Value) -> Result<String, &'static str> {
    match &message["content"] {
        Value::String(text) => Ok(text.clone()),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part["text"].as_str());
            Ok(texts.collect::<Vec<_>>().join("\n"))
        }
        // A message that only calls tools.
        Value::Null if message.get("tool_calls").is_some() => Ok(String::new()),
        _ => Err("required properties at '/messages' are 'role,content'"),
    }
}
