//! Sends messages to a queue, takes them from it, acknowledges those that worked, and returns the others for later.
//!
//! ```text
//! cargo run -p cf-examples --example queue_messages -- jobs
//! ```
//!
//! The token needs the permission "Queues Write".
//!
//! Without a credential in the environment, this talks to an emulator.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../crates/cf-client/examples/support/mod.rs"]
mod support;

use cf_client::types::queues::HttpPullConsumerSettings;
use cf_client::types::queues::consumers::HttpPullConsumerParam;
use cf_client::types::queues::messages::{
    Acknowledgement, BulkMessage, MessageAck, MessagePull, Retry,
};
use clap::Parser;
use serde_json::json;

#[derive(Parser)]
#[command(about = "Sends messages to a queue, and takes them from it")]
struct Options {
    /// The queue's name; it is created if it does not exist.
    #[arg(default_value = "jobs")]
    queue: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let api = support::connect("{}").await?;
    let client = &api.client;
    let account = client.only_account_id().await?;
    let queues = || client.queues();

    let there = queues().list(&account).items().collect_all().await?;
    let there = there.into_iter();
    let mut there = there.filter(|queue| queue.queue_name.as_ref() == Some(&options.queue));
    let id = match there.next() {
        Some(queue) => queue.queue_id,
        None => {
            let id = queues().create(&account, &options.queue).await?.queue_id;
            // Whoever pulls is a consumer of this kind.
            let settings = HttpPullConsumerSettings::new()
                .batch_size(10)
                .max_retries(3);
            let consumer = HttpPullConsumerParam::new().settings(settings);
            queues().consumers().create(&account, &id, consumer).await?;
            id
        }
    };

    let messages = [
        BulkMessage::json(json!({"resize": "cat.jpg"})),
        BulkMessage::json(json!({"resize": "dog.jpg"})),
        BulkMessage::text("not a job"),
    ];
    queues()
        .messages()
        .bulk_push(&account, &id, messages)
        .await?;

    let pull = MessagePull::new()
        .batch_size(10)
        .visibility_timeout_ms(60_000);
    let pulled = queues().messages().pull(&account, &id, pull).await?;
    let (mut done, mut later) = (Vec::new(), Vec::new());
    for message in pulled.messages.unwrap_or_default() {
        let (body, lease) = (
            message.body.unwrap_or_default(),
            message.lease_id.unwrap_or_default(),
        );
        if body.contains("job") {
            println!("{body}: later");
            later.push(Retry::new(lease).delay_seconds(60));
        } else {
            println!("{body}: done");
            done.push(Acknowledgement::new(lease));
        }
    }
    let report = MessageAck::new().acks(done).retries(later);
    let report = queues().messages().ack(&account, &id, report).await?;
    println!(
        "{} acknowledged, {} returned",
        report.ack_count.unwrap_or_default(),
        report.retry_count.unwrap_or_default()
    );
    Ok(())
}
