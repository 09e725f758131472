use crate::Outcome;
use cf_client::types::queues::{HttpPullConsumerSettings, QueueParam};
use cf_client::types::queues::consumers::HttpPullConsumerParam;
use cf_client::types::queues::messages::{Acknowledgement, BulkMessage, JsonMessage, MessageAck, MessagePull, MessagePush, Retry};

#[tokio::test]
async fn push_pull_acknowledge() -> Outcome {
    let (_emulator, client, account, _zone) = newcomer::start().await?;
    let queues = client.queues();
    let queue = queues.create(&account, "jobs").await?;
    let id = queue.queue_id;
    let _ = QueueParam::new("jobs");

    let consumer = HttpPullConsumerParam::new().settings(HttpPullConsumerSettings::new().batch_size(10).max_retries(3).visibility_timeout_ms(30_000));
    queues.consumers().create(&account, &id, consumer).await?;

    queues.messages().push(&account, &id, MessagePush::text("hello")).await?;
    queues.messages().push(&account, &id, JsonMessage::new(serde_json::json!({"n": 1})).delay_seconds(0)).await?;
    queues.messages().bulk_push(&account, &id, [BulkMessage::text("a"), BulkMessage::json(serde_json::json!({"n": 2}))]).await?;

    let pulled = queues.messages().pull(&account, &id, MessagePull::new().batch_size(10).visibility_timeout_ms(6000)).await?;
    let messages = pulled.messages.unwrap_or_default();
    assert_eq!(messages.len(), 4);
    let (mut acks, mut retries) = (Vec::new(), Vec::new());
    for message in messages {
        println!("{:?} {:?} {:?}", message.id, message.body, message.attempts);
        let lease = message.lease_id.unwrap_or_default();
        if message.body.as_deref() == Some("a") {
            retries.push(Retry::new(lease).delay_seconds(10));
        } else {
            acks.push(Acknowledgement::new(lease));
        }
    }
    let done = queues.messages().ack(&account, &id, MessageAck::new().acks(acks).retries(retries)).await?;
    println!("{:?} {:?}", done.ack_count, done.retry_count);
    Ok(())
}
