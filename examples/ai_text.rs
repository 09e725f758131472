//! Asks a text model of Workers AI.
//!
//! ```text
//! cargo run -p cf-examples --example ai_text -- 'Why is the sky blue?'
//! ```
//!
//! The token takes the permission "Workers AI Write".
//!
//! Without a credential in the environment, this talks to an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use anyhow::bail;
use cf_client::types::ai::{AiRun, Message};
use clap::Parser;

#[derive(Parser)]
#[command(about = "Asks a text model")]
struct Options {
    /// The question.
    #[arg(default_value = "Why is the sky blue?")]
    question: String,
    /// The model.
    #[arg(long, default_value = "@cf/meta/llama-3.1-8b-instruct")]
    model: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect("{}").await?;
    let client = &api.client;
    let account = client.only_account_id().await?;

    let prompt = AiRun::messages([
        Message::system("Answer in one sentence."),
        Message::user(options.question),
    ]);
    let answer = client.ai().run(&account, &options.model, prompt).await?;
    match answer.text() {
        Some(text) => println!("{text}"),
        None => bail!("{} is not a text model: {answer:?}", options.model),
    }
    Ok(())
}
