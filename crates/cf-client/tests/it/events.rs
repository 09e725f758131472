//! Replies that are server-sent events.

use cf_client::{Client, Download, Error, ErrorKind, Event, Method};
use cf_emulator::{Emulator, Fault};
use futures_util::StreamExt as _;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Answer, SECRET, Server, json as json_reply, reply};

const HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// A reply in pieces of these sizes, in turn.
fn chunked(body: &[u8], sizes: &[usize]) -> Vec<u8> {
    let mut reply = HEAD.as_bytes().to_vec();
    let (mut left, mut sizes) = (body, sizes.iter().cycle());
    while !left.is_empty() {
        let size = sizes.next().copied().unwrap_or(1).clamp(1, left.len());
        let (piece, rest) = left.split_at(size);
        reply.extend(format!("{size:x}\r\n").bytes());
        reply.extend(piece);
        reply.extend(b"\r\n");
        left = rest;
    }
    reply.extend(b"0\r\n\r\n");
    reply
}

fn stream(body: &str) -> Vec<u8> {
    reply(
        200,
        &[("content-type", "text/event-stream; charset=utf-8")],
        body,
    )
}

async fn download(client: &Client) -> Download {
    let call = client.request(Method::POST, "/accounts/1/ai/run/@cf/m/m");
    call.json(&json!({ "stream": true }))
        .send_stream()
        .await
        .unwrap()
}

async fn events(body: Vec<u8>) -> Vec<Result<Event, Error>> {
    let server = Server::always(body).await;
    download(&server.client()).await.events().collect().await
}

fn shown(events: Vec<Result<Event, Error>>) -> Vec<(String, String, Option<String>)> {
    let parts = |event: Event| (event.event, event.data, event.id);
    events
        .into_iter()
        .map(|event| parts(event.unwrap()))
        .collect()
}

fn message(data: &str) -> (String, String, Option<String>) {
    ("message".to_owned(), data.to_owned(), None)
}

#[tokio::test]
async fn events_have_names_data_and_ids() {
    let body = ": hello\n\ndata: one\n\nevent: delta\nid: 7\ndata: two\ndata:three\n\nretry: 1500\n\n\
                data\n\nid\nevent\ndata: {\"n\": 4}\n\nunknown: x\n\ndata: never ended\n";
    let server = Server::always(stream(body)).await;
    let mut events = download(&server.client()).await.events();
    let mut found = Vec::new();
    let mut last = None;
    while let Some(event) = events.next().await {
        let event = event.unwrap();
        last = event.json::<Value>().ok();
        found.push((event.event, event.data, event.id));
    }
    let of = |event: &str, data: &str, id: Option<&str>| {
        (event.to_owned(), data.to_owned(), id.map(str::to_owned))
    };
    assert_eq!(
        found,
        [
            message("one"),
            of("delta", "two\nthree", Some("7")),
            // An ID holds until there is another; an empty one takes it back.
            of("message", "", Some("7")),
            message("{\"n\": 4}"),
        ]
    );
    assert_eq!(last, Some(json!({ "n": 4 })));
    assert_eq!(events.retry().unwrap().as_millis(), 1500);
    assert_eq!(events.last_event_id(), None);
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn nothing_follows_done() {
    let found = events(stream("data: 1\n\ndata: [DONE]\n\ndata: 2\n\n")).await;
    assert_eq!(shown(found), [message("1")]);
    // The server keeps the connection open.
    let mut body = HEAD.as_bytes().to_vec();
    body.extend(b"17\r\ndata: 1\n\ndata: [DONE]\n\n\r\n");
    let server = Server::start(move |_, _| Answer::Bytes(body.clone())).await;
    let found: Vec<_> = download(&server.client()).await.events().collect().await;
    assert_eq!(shown(found), [message("1")]);
}

#[tokio::test]
async fn a_connection_is_used_again_after_done() {
    let emulator = Emulator::start().await.unwrap();
    let client = of(&emulator);
    for _ in 0..3 {
        let tokens = ask(&client, &emulator, json!({ "prompt": "x", "stream": true }));
        tokens.await.unwrap().tokens().text().await.unwrap();
    }
}

/// However the network splits them, and however lines end.
#[test]
fn events_do_not_depend_on_chunks_and_line_ends() {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    let texts = prop::collection::vec("[a-zäß☃🦀: ]{0,12}", 1..6);
    let sizes = prop::collection::vec(1usize..9, 1..6);
    let ends = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(48));
    let result = runner.run(&(texts, sizes, ends), |(texts, sizes, end)| {
        let body: String = texts
            .iter()
            .map(|text| format!(":x{end}event: e{end}data: {text}{end}{end}"))
            .collect();
        let found = runtime.block_on(events(chunked(body.as_bytes(), &sizes)));
        let found: Vec<_> = found.into_iter().map(|event| event.unwrap().data).collect();
        prop_assert_eq!(found, texts);
        Ok(())
    });
    result.unwrap();
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_an_error_and_not_sent_again() {
    let mut body = HEAD.as_bytes().to_vec();
    body.extend(b"16\r\ndata: 1\n\ndata: half of\r\n");
    let server = Server::start(move |_, _| Answer::Cut(body.clone())).await;
    let mut events = download(&server.client()).await.events();
    assert_eq!(events.next().await.unwrap().unwrap().data, "1");
    let error = events.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert!(!error.is_retryable());
    assert!(events.next().await.is_none());
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn events_have_a_limit() {
    let long = format!("data: 1\n\ndata: {}\n\ndata: 3\n\n", "x".repeat(100_000));
    for body in [stream(&long), chunked(long.as_bytes(), &[700])] {
        let server = Server::always(body).await;
        let mut events = download(&server.client())
            .await
            .events()
            .max_event_bytes(1000);
        assert_eq!(events.next().await.unwrap().unwrap().data, "1");
        let error = events.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert!(error.to_string().contains("max_event_bytes"), "{error}");
        assert!(events.next().await.is_none());
    }
    // Many short ones are not a long one.
    let many = "data: x\n\n".repeat(5_000);
    let server = Server::always(stream(&many)).await;
    let events = download(&server.client())
        .await
        .events()
        .max_event_bytes(1000);
    assert_eq!(shown(events.collect().await).len(), 5_000);
}

#[tokio::test]
async fn what_is_no_stream_of_events_is_an_error() {
    let long = format!(r#"{{"result":"{}"}}"#, "x".repeat(70_000));
    for (body, found) in [
        (json_reply(200, &long), "application/json"),
        (
            reply(200, &[("content-type", "text/plain")], "data: x\n\n"),
            "text/plain",
        ),
    ] {
        let server = Server::always(body).await;
        let mut events = download(&server.client()).await.events();
        let error = events.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        let words = error.to_string();
        assert!(
            words.contains(found) && words.contains("`stream`"),
            "{words}"
        );
        assert!(events.next().await.is_none());
    }
    let mut bad = HEAD.as_bytes().to_vec();
    bad.extend(b"a\r\ndata: \xff\xfe\n\n\r\n0\r\n\r\n");
    let found = events(bad).await;
    assert_eq!(found.len(), 1);
    assert!(found[0].is_err());
}

#[tokio::test]
async fn awaiting_a_stream_says_which_call_to_use() {
    // Even if it never ends.
    let mut body = HEAD.as_bytes().to_vec();
    body.extend(b"9\r\ndata: 1\n\n\r\n");
    let server = Server::start(move |_, _| Answer::Bytes(body.clone())).await;
    let client = server.client();
    let call = client.request(Method::POST, "/accounts/1/ai/run/@cf/m/m");
    let error = call.send::<Value>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotJson);
    let words = error.to_string();
    assert!(
        words.contains(".send_stream()") && words.contains(".tokens()"),
        "{words}"
    );
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn tokens_are_read_in_every_form() {
    let forms = [
        (
            "data: {\"response\":\"One \",\"p\":\"ab\"}\n\ndata: {\"response\":2}\n\ndata: {\"response\":\" three\"}\n\n\
             data: {\"response\":\"\",\"usage\":{\"total_tokens\":9}}\n\ndata: [DONE]\n\n",
            Some(9),
        ),
        (
            "event: chunks\ndata: [{\"id\":\"1\",\"text\":\"source\"}]\n\n\
             data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n\
             data: {\"choices\":[{\"delta\":{\"content\":\"One 2\"}}]}\n\n\
             data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\",\"content\":null}}]}\n\n\
             data: {\"choices\":[{\"delta\":{\"content\":\" three\"}}]}\n\n\
             data: {\"choices\":[],\"usage\":{\"total_tokens\":8}}\n\ndata: [DONE]\n\n",
            Some(8),
        ),
        (
            "data: {\"response\":\"\",\"choices\":[{\"text\":\"One 2 \"}]}\n\ndata: {\"choices\":[{\"text\":\"three\"}]}\n\n",
            None,
        ),
        (
            "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"usage\":null}}\n\n\
             event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"One 2 \"}\n\n\
             event: response.reasoning_text.delta\ndata: {\"type\":\"response.reasoning_text.delta\",\"delta\":\"hm\"}\n\n\
             data: {\"type\":\"response.output_text.delta\",\"delta\":\"three\"}\n\n\
             data: {\"type\":\"response.completed\",\"response\":{\"error\":null,\"usage\":{\"total_tokens\":7}}}\n\n",
            Some(7),
        ),
        (
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"One 2 three\"}}\n\n\
             event: ping\ndata: {\"type\": \"ping\"}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
            None,
        ),
    ];
    for (body, total) in forms {
        let server = Server::always(stream(body)).await;
        let mut tokens = download(&server.client()).await.tokens();
        let mut text = String::new();
        while let Some(token) = tokens.next().await {
            let token = token.unwrap();
            assert!(!token.is_empty());
            text.push_str(&token);
        }
        assert_eq!(text, "One 2 three", "{body}");
        let used = tokens
            .usage()
            .and_then(|usage| usage["total_tokens"].as_i64());
        assert_eq!(used, total, "{body}");
    }
}

#[tokio::test]
async fn a_model_that_fails_in_the_middle_is_an_error_of_the_api() {
    let failures = [
        r#"{"errors":[{"code":3040,"message":"Capacity temporarily exceeded"}],"success":false}"#,
        r#"{"error":{"code":3040,"message":"Capacity temporarily exceeded"}}"#,
    ];
    for failure in failures {
        let body = format!("data: {{\"response\":\"Once\"}}\n\ndata: {failure}\n\n");
        let server = Server::always(stream(&body)).await;
        let mut tokens = download(&server.client()).await.tokens();
        assert_eq!(tokens.next().await.unwrap().unwrap(), "Once");
        let error = tokens.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Api, "{error}");
        assert!(error.has_code(3040), "{error}");
        assert!(
            error.to_string().contains("Capacity temporarily exceeded"),
            "{error}"
        );
    }
    let body = format!("data: {SECRET}\n\ndata: {{\"response\":\"next\"}}\n\n");
    let server = Server::always(stream(&body)).await;
    let mut tokens = download(&server.client()).await.tokens();
    let error = tokens.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(!format!("{error} {error:?}").contains(SECRET));
    assert_eq!(tokens.next().await.unwrap().unwrap(), "next");
}

fn of(emulator: &Emulator) -> Client {
    Client::builder()
        .api_token(emulator.token())
        .base_url(emulator.base_url())
        .build()
        .unwrap()
}

async fn ask(client: &Client, emulator: &Emulator, body: Value) -> Result<Download, Error> {
    let path = format!(
        "/accounts/{}/ai/run/@cf/meta/llama-3.1-8b-instruct",
        emulator.account_id()
    );
    client
        .request(Method::POST, path)
        .json(&body)
        .send_stream()
        .await
}

#[tokio::test]
async fn the_emulator_streams_what_it_would_answer() {
    let emulator = Emulator::start().await.unwrap();
    let client = of(&emulator);
    let body = json!({ "messages": [{ "role": "user", "content": "naïve ☃?" }], "stream": true });
    let mut tokens = ask(&client, &emulator, body).await.unwrap().tokens();
    let (mut text, mut count) = (String::new(), 0);
    while let Some(token) = tokens.next().await {
        text.push_str(&token.unwrap());
        count += 1;
    }
    assert!(text.ends_with("naïve ☃?"), "{text}");
    let used = tokens.usage().unwrap()["completion_tokens"].as_i64();
    assert_eq!(used, Some(count));

    let path = format!("/accounts/{}/ai/v1/chat/completions", emulator.account_id());
    let mut body =
        json!({ "model": "@cf/m/m", "messages": [{ "role": "user", "content": "naïve ☃?" }] });
    let call = client.request(Method::POST, path.as_str()).json(&body);
    let whole: Value = call.send().await.unwrap();
    assert_eq!(whole["choices"][0]["message"]["content"], text);
    body["stream"] = json!(true);
    let call = client.request(Method::POST, path.as_str()).json(&body);
    let tokens = call.send_stream().await.unwrap().tokens();
    assert_eq!(tokens.text().await.unwrap(), text);
}

#[tokio::test]
async fn ai_search_and_ai_gateway_stream_in_every_form() {
    let emulator = Emulator::start().await.unwrap();
    let client = of(&emulator);
    let account = format!("/accounts/{}", emulator.account_id());
    let messages = json!([{ "role": "user", "content": "Why?" }]);
    let instances = format!("{account}/ai-search/instances");
    let instance = client.request(Method::POST, instances.as_str());
    instance
        .json(&json!({ "id": "docs" }))
        .send::<Value>()
        .await
        .unwrap();
    let forms = [
        (
            format!("{instances}/docs/chat/completions"),
            json!({ "messages": messages, "stream": true }),
            "chunks",
        ),
        (
            format!("{account}/ai-search/namespaces/default/chat/completions"),
            json!({ "messages": messages, "stream": true, "ai_search_options": { "instance_ids": ["docs"] } }),
            "chunks",
        ),
        (
            format!("{account}/ai/v1/chat/completions"),
            json!({ "model": "openai/gpt-5", "messages": messages, "stream": true }),
            "message",
        ),
        (
            format!("{account}/ai/v1/responses"),
            json!({ "model": "openai/gpt-5", "input": "Why?", "stream": true }),
            "response.created",
        ),
        (
            format!("{account}/ai/v1/messages"),
            json!({ "model": "anthropic/claude", "max_tokens": 99, "messages": messages, "stream": true }),
            "message_start",
        ),
    ];
    for (path, body, first) in forms {
        let send = || {
            let call = client.request(Method::POST, path.as_str());
            call.json(&body).send_stream()
        };
        let mut events = send().await.unwrap().events();
        assert_eq!(events.next().await.unwrap().unwrap().event, first, "{path}");
        let mut tokens = send().await.unwrap().tokens();
        let mut text = String::new();
        while let Some(token) = tokens.next().await {
            text.push_str(&token.unwrap());
        }
        assert!(text.ends_with("Why?"), "{path}: {text}");
        assert!(tokens.usage().is_some(), "{path}");
    }
}

#[tokio::test]
async fn refusals_and_cuts_of_the_emulator_are_errors() {
    let emulator = Emulator::start().await.unwrap();
    let client = of(&emulator);
    let refused = ask(&client, &emulator, json!({ "prompt": "", "stream": true })).await;
    assert!(refused.unwrap_err().has_code(5006));
    emulator.inject(Fault::cut_body(60));
    let body = json!({ "prompt": "Why?", "stream": true });
    let tokens = ask(&client, &emulator, body).await.unwrap().tokens();
    assert_eq!(
        tokens.text().await.unwrap_err().kind(),
        ErrorKind::Interrupted
    );
}
