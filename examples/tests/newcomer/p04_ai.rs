use crate::Outcome;
use cf_client::types::ai::{AiRun, AiRunResult, Message};

#[tokio::test]
async fn text() -> Outcome {
    let (_emulator, client, account, _zone) = newcomer::start().await?;
    let prompt = AiRun::messages([Message::system("Be brief."), Message::user("Why is the sky blue?")]);
    let answer = client.ai().run(&account, "@cf/meta/llama-3.1-8b-instruct", prompt).await?;
    println!("{:?}", answer.text());

    // With options.
    use cf_client::types::ai::MessagesAiRun;
    let prompt = MessagesAiRun::new([Message::system("Be brief."), Message::user("Why?")]).max_tokens(50).temperature(0.2);
    let answer = client.ai().run(&account, "@cf/meta/llama-3.1-8b-instruct", prompt).await?;
    if let AiRunResult::TextGeneration(text) = &answer {
        println!("{}", text.response);
    }

    // A prompt is a text.
    client.ai().run(&account, "@cf/meta/llama-3.1-8b-instruct", "Why?").await?;
    let prompt = AiRun::prompt("Why?");
    client.ai().run(&account, "@cf/meta/llama-3.1-8b-instruct", prompt).await?;
    Ok(())
}

#[tokio::test]
async fn embeddings() -> Outcome {
    let (_emulator, client, account, _zone) = newcomer::start().await?;
    let texts = AiRun::text_embeddings(["a cat", "a dog"]);
    let answer = client.ai().run(&account, "@cf/baai/bge-base-en-v1.5", texts).await?;
    if let AiRunResult::TextEmbeddings(embeddings) = answer {
        let vectors: Vec<Vec<f64>> = embeddings.data.unwrap_or_default();
        println!("{:?} {}", embeddings.shape, vectors.len());
    }
    for model in client.ai().models().list(&account).search("llama").items().collect_all().await? {
        println!("{model:?}");
    }
    Ok(())
}
