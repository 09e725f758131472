//! Models that stream, as typed calls.

use cf_client::{Client, ErrorKind};
use cf_emulator::Emulator;
use cf_types::Api;
use cf_types::ai::{AiRun, AiRunModel, AiRunResult, Message, MessagesAiRun, PromptAiRun};
use serde_json::json;

const MODEL: &str = "@cf/meta/llama-3.1-8b-instruct";

#[tokio::test]
async fn an_answer_streams_or_comes_whole() {
    let emulator = Emulator::start().await.unwrap();
    let client = Client::builder()
        .base_url(emulator.base_url())
        .api_token(emulator.token())
        .build()
        .unwrap();
    let (ai, account) = (|| Api::new(&client).ai(), emulator.account_id());
    let question = || MessagesAiRun::new([Message::new("user", "Why?")]);
    let whole = match ai().run(account, MODEL, question()).await.unwrap() {
        AiRunResult::TextGeneration(text) => text.response,
        other => panic!("{other:?}"),
    };
    let call = ai().run(account, MODEL, question().stream(true));
    let tokens = call.send_stream().await.unwrap().tokens();
    assert_eq!(tokens.text().await.unwrap(), whole);

    // Awaiting it is an error, and nothing is sent.
    let sent = emulator.requests().len();
    for body in [
        AiRun::from(question().stream(true)),
        AiRun::from(PromptAiRun::new("Why?").stream(true)),
    ] {
        let error = ai().run(account, MODEL, body).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build);
        let words = error.to_string();
        assert!(
            words.contains("ai.run") && words.contains(".send_stream()"),
            "{words}"
        );
    }
    assert_eq!(emulator.requests().len(), sent);
    // Where it cannot be seen in advance, the reply tells.
    let input = json!({ "prompt": "Why?", "stream": true });
    let error = ai()
        .run_model(account, AiRunModel::new(input, MODEL))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotJson);
    assert!(error.to_string().contains(".send_stream()"), "{error}");
}
