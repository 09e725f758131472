//! Asks a text model of Workers AI, and prints its answer as it is generated.
//!
//! ```text
//! cargo run -p cf-examples --example ai_stream -- 'Why is the sky blue?'
//! ```
//!
//! The token takes the permission "Workers AI Write".
//!
//! Without a credential in the environment, this talks to an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use std::io::{self, Write as _};

use cf_client::types::ai::{Message, MessagesAiRun};
use clap::Parser;

#[derive(Parser)]
#[command(about = "Asks a text model, and prints its answer as it is generated")]
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

    let prompt = MessagesAiRun::new([
        Message::system("Answer in three sentences."),
        Message::user(options.question),
    ]);
    let call = client
        .ai()
        .run(&account, &options.model, prompt.stream(true));
    let mut tokens = call.send_stream().await?.tokens();
    while let Some(token) = tokens.next().await {
        print!("{}", token?);
        io::stdout().flush()?;
    }
    println!();
    if let Some(usage) = tokens.usage() {
        eprintln!("{} tokens", usage["total_tokens"]);
    }
    Ok(())
}
