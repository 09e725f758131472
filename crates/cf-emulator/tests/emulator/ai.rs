//! Workers AI: the stand-in for text models.

use cf_emulator::{Emulator, TokenSpec};
use serde_json::{Value, json};

use crate::client::Client;
use crate::whole_api::SAMPLE;

async fn start() -> (Emulator, Client, String) {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::new(&emulator);
    let path = format!("/accounts/{}/ai", emulator.account_id());
    (emulator, client, path)
}

/// The data of server-sent events.
fn data(body: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(body).unwrap();
    let blocks = text.strip_suffix("\n\n").unwrap().split("\n\n");
    blocks
        .map(|block| block.strip_prefix("data: ").unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_text_model_answers_whole_and_in_pieces() {
    let (_emulator, client, ai) = start().await;
    for model in ["@cf/meta/llama-3.1-8b-instruct", "@hf/thebloke/zephyr"] {
        for mut input in [
            json!({ "prompt": "Why is the sky blue?" }),
            json!({ "messages": [
                { "role": "system", "content": "Be brief." },
                { "role": "user", "content": [{ "type": "text", "text": "Why is the sky blue?" }] },
            ] }),
        ] {
            let path = format!("{ai}/run/{model}");
            let whole = client.post(&path, input.clone()).await.result();
            let text = whole["response"].as_str().unwrap();
            assert!(text.ends_with("Why is the sky blue?"), "{text}");

            input["stream"] = json!(true);
            let answer = client.post(&path, input.clone()).await;
            assert_eq!(
                answer.headers["content-type"],
                "text/event-stream; charset=utf-8"
            );
            assert!(!answer.headers.contains_key("content-length"));
            let mut data = data(&answer.body);
            assert_eq!(data.pop().unwrap(), "[DONE]");
            let parts: Vec<Value> = data
                .iter()
                .map(|data| serde_json::from_str(data).unwrap())
                .collect();
            let pieces = parts.iter().map(|part| part["response"].as_str().unwrap());
            assert_eq!(pieces.collect::<String>(), text);
            assert_eq!(parts.last().unwrap()["usage"], whole["usage"]);

            let body = json!({ "model": model, "input": input });
            let answer = client.post(&format!("{ai}/run"), body).await;
            assert!(answer.body.ends_with(b"data: [DONE]\n\n"));
        }
    }
}

#[tokio::test]
async fn chat_completions_have_the_form_of_openai() {
    let (_emulator, client, ai) = start().await;
    let path = format!("{ai}/v1/chat/completions");
    let mut body = json!({
        "model": "@cf/meta/llama-3.1-8b-instruct",
        "messages": [{ "role": "user", "content": "one two" }],
        "max_tokens": 3,
    });
    let whole = client.post(&path, body.clone()).await.json();
    let choice = &whole["choices"][0];
    assert_eq!(choice["message"]["content"], "The emulator has ");
    assert_eq!(choice["finish_reason"], "length");
    assert_eq!(whole["usage"]["total_tokens"], 5);

    body["stream"] = json!(true);
    let answer = client.post(&path, body).await;
    let data = data(&answer.body);
    let (done, chunks) = data.split_last().unwrap();
    assert_eq!(done, "[DONE]");
    let chunks: Vec<Value> = chunks
        .iter()
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    let deltas = chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]);
    let text: String = deltas
        .filter_map(|delta| delta["content"].as_str())
        .collect();
    assert_eq!(text, "The emulator has ");
    assert_eq!(
        chunks.last().unwrap()["choices"][0]["finish_reason"],
        "length"
    );
}

#[tokio::test]
async fn bad_input_is_refused_with_the_codes_of_workers_ai() {
    let (emulator, client, ai) = start().await;
    let run = format!("{ai}/run/@cf/meta/llama-3.1-8b-instruct");
    for body in [
        json!({ "prompt": "" }),
        json!({ "messages": [] }),
        json!({ "prompt": "x", "max_tokens": 0 }),
        json!({ "prompt": "x", "stream": "yes" }),
    ] {
        let failure = client.post(&run, body.clone()).await.failure();
        assert_eq!(failure, (400, 5006), "{body}");
    }
    let unknown = format!("{ai}/run/llama");
    let unknown = client.post(&unknown, json!({ "prompt": "x" })).await;
    assert_eq!(unknown.failure(), (400, 5007));
    for body in [json!({ "input": {} }), json!({ "model": "@cf/a/b" })] {
        let failure = client.post(&format!("{ai}/run"), body).await.failure();
        assert_eq!(failure, (400, 5006));
    }
    let reader = emulator
        .add_token(TokenSpec::new(["Workers AI Read"]))
        .unwrap();
    let reader = Client::with_token(&emulator, &reader.value);
    let refused = reader.post(&run, json!({ "prompt": "x" })).await.failure();
    assert_eq!(refused.0, 403);
}

/// What is no text comes from the description.
#[tokio::test]
async fn other_models_answer_with_samples() {
    let (_emulator, client, ai) = start().await;
    for (model, input) in [
        ("@cf/baai/bge-base-en-v1.5", json!({ "text": ["a"] })),
        (
            "@cf/black-forest-labs/flux-1-schnell",
            json!({ "prompt": "a cat" }),
        ),
    ] {
        let result = client.post(&format!("{ai}/run/{model}"), input).await;
        assert!(result.status.is_success(), "{model}");
    }
}

/// The names of server-sent events and their data.
fn named(body: &[u8]) -> Vec<(String, Value)> {
    let text = std::str::from_utf8(body).unwrap();
    let blocks = text.strip_suffix("\n\n").unwrap().split("\n\n");
    let event = |block: &str| {
        let (name, data) = block.split_once("\ndata: ").unwrap();
        let name = name.strip_prefix("event: ").unwrap().to_owned();
        (name, serde_json::from_str(data).unwrap())
    };
    blocks.map(event).collect()
}

#[tokio::test]
async fn the_gateway_answers_in_the_forms_of_responses_and_messages() {
    let (_emulator, client, ai) = start().await;
    let said = "The emulator has no model. It was asked: Why?";

    let path = format!("{ai}/v1/responses");
    let mut body = json!({ "model": "openai/gpt-5", "input": "Why?" });
    let whole = client.post(&path, body.clone()).await.json();
    assert_eq!(whole["output"][0]["content"][0]["text"], said);
    assert_eq!(whole["status"], "completed");
    body["input"] =
        json!([{ "role": "user", "content": [{ "type": "input_text", "text": "Why?" }] }]);
    body["stream"] = json!(true);
    let events = named(&client.post(&path, body.clone()).await.body);
    let deltas = events
        .iter()
        .filter(|(name, _)| name == "response.output_text.delta");
    let text: String = deltas
        .map(|(_, data)| data["delta"].as_str().unwrap())
        .collect();
    assert_eq!(text, said);
    for (number, (name, data)) in events.iter().enumerate() {
        assert_eq!(
            (&data["type"], &data["sequence_number"]),
            (&json!(name), &json!(number))
        );
    }
    let (name, last) = events.last().unwrap();
    assert_eq!(name, "response.completed");
    assert_eq!(last["response"]["usage"], whole["usage"]);
    body["max_output_tokens"] = json!(2);
    let events = named(&client.post(&path, body).await.body);
    assert_eq!(events.last().unwrap().0, "response.incomplete");

    let path = format!("{ai}/v1/messages");
    let messages = json!([{ "role": "user", "content": "Why?" }]);
    let mut body = json!({ "model": "anthropic/claude-sonnet-5", "messages": messages });
    assert_eq!(
        client.post(&path, body.clone()).await.failure(),
        (400, 5006)
    );
    body["max_tokens"] = json!(100);
    let whole = client.post(&path, body.clone()).await.json();
    assert_eq!(whole["content"][0]["text"], said);
    assert_eq!(whole["stop_reason"], "end_turn");
    body["stream"] = json!(true);
    let events = named(&client.post(&path, body).await.body);
    let names: Vec<&str> = events.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names[..2], ["message_start", "content_block_start"]);
    assert_eq!(
        names[names.len() - 3..],
        ["content_block_stop", "message_delta", "message_stop"]
    );
    let deltas = events
        .iter()
        .filter(|(name, _)| name == "content_block_delta");
    let text: String = deltas
        .map(|(_, data)| data["delta"]["text"].as_str().unwrap())
        .collect();
    assert_eq!(text, said);
}

#[tokio::test]
async fn ai_search_says_what_it_found_before_it_answers() {
    let (emulator, client, _) = start().await;
    let search = format!("/accounts/{}/ai-search", emulator.account_id());
    let mut body = json!({ "messages": [{ "role": "user", "content": "Why?" }] });
    for place in [
        "instances/none",
        "namespaces/none",
        "namespaces/default/instances/none",
    ] {
        let answer = client
            .post(&format!("{search}/{place}/chat/completions"), body.clone())
            .await;
        assert_eq!(answer.failure().0, 404, "{place}");
    }
    let path = format!("{search}/namespaces/default/instances");
    let instance = json!({ "id": "docs", "ai_search_model": "@cf/meta/llama-3.1-8b-instruct" });
    client.post(&path, instance).await.result();
    let path = format!("{path}/docs/chat/completions");
    let whole = client.post(&path, body.clone()).await.json();
    let text = whole["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(text.ends_with("Why?"), "{text}");
    assert_eq!(whole["chunks"], json!([]));
    assert_eq!(whole["model"], "@cf/meta/llama-3.1-8b-instruct");

    body["stream"] = json!(true);
    let answer = client.post(&path, body.clone()).await;
    let streamed = answer
        .body
        .strip_prefix(b"event: chunks\ndata: []\n\n")
        .unwrap();
    let mut data = data(streamed);
    assert_eq!(data.pop().unwrap(), "[DONE]");
    let pieces: String = data
        .iter()
        .map(|data| serde_json::from_str::<Value>(data).unwrap())
        .filter_map(|piece| Some(piece["choices"][0]["delta"]["content"].as_str()?.to_owned()))
        .collect();
    assert_eq!(pieces, text);
    body["messages"] = json!([]);
    assert_eq!(client.post(&path, body).await.failure(), (400, 7001));
}

#[tokio::test]
async fn a_search_finds_nothing_and_is_answered_all_the_same() {
    let (emulator, client, _) = start().await;
    let account = format!("/accounts/{}", emulator.account_id());
    let namespace = format!("{account}/ai-search/namespaces/default");
    let body = json!({ "query": "Why?", "ai_search_options": { "instance_ids": ["docs"] } });
    let searches = [
        format!("{account}/ai-search/instances/docs/search"),
        format!("{namespace}/instances/docs/search"),
        format!("{account}/autorag/rags/docs/search"),
        format!("{account}/autorag/rags/docs/ai-search"),
    ];
    for path in &searches {
        assert_eq!(
            client.post(path, body.clone()).await.failure(),
            (404, 7002),
            "{path}"
        );
    }
    client
        .post(&format!("{namespace}/instances"), json!({ "id": "docs" }))
        .await
        .result();
    for path in searches.iter().chain([&format!("{namespace}/search")]) {
        let answer = client.post(path, body.clone()).await;
        assert!(!answer.headers.contains_key(SAMPLE), "{path}");
        let found = answer.result();
        assert_eq!(found["search_query"], "Why?", "{path}");
        let list = if path.contains("/autorag/") {
            "data"
        } else {
            "chunks"
        };
        assert_eq!(found[list], json!([]), "{path}");
        let empty = json!({ "query": "", "ai_search_options": { "instance_ids": [] } });
        assert_eq!(
            client.post(path, empty).await.failure(),
            (400, 7001),
            "{path}"
        );
    }
    let talk = json!([{ "role": "user", "content": "And why not?" }]);
    let talk = json!({ "messages": talk, "ai_search_options": { "instance_ids": ["docs"] } });
    let found = client.post(&searches[1], talk).await.result();
    assert_eq!(found["search_query"], "And why not?");

    let mut body = json!({ "query": "Why?" });
    let said = client.post(&searches[3], body.clone()).await.result();
    let said = said["response"].as_str().unwrap().to_owned();
    assert!(said.ends_with("Why?"), "{said}");
    body["stream"] = json!(true);
    let streamed = client.post(&searches[3], body).await;
    let mut data = data(&streamed.body);
    assert_eq!(data.pop().unwrap(), "[DONE]");
    let pieces = data
        .iter()
        .map(|data| serde_json::from_str::<Value>(data).unwrap());
    let pieces: Vec<String> = pieces
        .map(|piece| piece["response"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(pieces.concat(), said);
}
