//! Text models and embeddings.

use crate::Outcome;
use cf_client::types::ai::{AiRun, AiRunResult, Message, MessagesAiRun};

#[tokio::test]
async fn text() -> Outcome {
    let (_emulator, client, account, _zone) = cf_examples::start().await?;
    let prompt = AiRun::messages([
        Message::system("Be brief."),
        Message::user("Why is the sky blue?"),
    ]);
    let answer = client
        .ai()
        .run(&account, "@cf/meta/llama-3.1-8b-instruct", prompt)
        .await?;
    assert!(
        answer
            .text()
            .is_some_and(|text| text.contains("Why is the sky blue?"))
    );

    // With options.
    let prompt = MessagesAiRun::new([Message::system("Be brief."), Message::user("Why?")])
        .max_tokens(50)
        .temperature(0.2);
    let answer = client
        .ai()
        .run(&account, "@cf/meta/llama-3.1-8b-instruct", prompt)
        .await?;
    assert!(answer.text().is_some());

    // A prompt is a text.
    client
        .ai()
        .run(&account, "@cf/meta/llama-3.1-8b-instruct", "Why?")
        .await?;
    let prompt = AiRun::prompt("Why?");
    client
        .ai()
        .run(&account, "@cf/meta/llama-3.1-8b-instruct", prompt)
        .await?;
    Ok(())
}

#[tokio::test]
async fn embeddings() -> Outcome {
    let (emulator, client, account, _zone) = cf_examples::start().await?;
    let texts = AiRun::text_embeddings(["a cat", "a dog"]);
    let answer = client
        .ai()
        .run(&account, "@cf/baai/bge-base-en-v1.5", texts)
        .await?;
    assert!(
        !matches!(answer, AiRunResult::TextGeneration(_)),
        "{answer:?}"
    );
    let sent = emulator.requests().pop().ok_or("no request")?;
    assert_eq!(&sent.body[..], br#"{"text":["a cat","a dog"]}"#);
    Ok(())
}
