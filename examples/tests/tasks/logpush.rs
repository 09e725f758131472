//! A job that sends logs to R2.

use crate::Outcome;
use cf_client::types::logpush::jobs::{JobParam, OutputOptions};

#[tokio::test]
async fn to_r2() -> Outcome {
    let (_emulator, client, _account, zone) = cf_examples::start().await?;
    let destination = "r2://logs/{DATE}?account-id=023e105f4ecef8ad9ca31a8372d0c353&access-key-id=a&secret-access-key=b";
    let output = OutputOptions::new()
        .field_names([
            "ClientIP",
            "EdgeStartTimestamp",
            "RayID",
            "EdgeResponseStatus",
        ])
        .timestamp_format("rfc3339")
        .output_type("ndjson")
        .sample_rate(0.5)
        .cve_2021_44228(true);
    let job = JobParam::new(destination)
        .name("errors")
        .dataset("http_requests")
        .filter(r#"{"where":{"key":"EdgeResponseStatus","operator":"geq","value":500}}"#)
        .output_options(output)
        .max_upload_bytes(5_000_000)
        .max_upload_interval_seconds(60)
        .enabled(true);
    client
        .logpush()
        .validate()
        .destination(&zone, destination)
        .await?;
    client
        .logpush()
        .datasets()
        .fields()
        .get(&zone, "http_requests")
        .await?;
    let job = client.logpush().jobs().create(&zone, job).await?;
    let id = job.id.unwrap();
    client
        .logpush()
        .jobs()
        .update(&zone, id, JobParam::default().enabled(false))
        .await?;
    let jobs = client
        .logpush()
        .jobs()
        .list(&zone)
        .items()
        .collect_all()
        .await?;
    let names = jobs
        .iter()
        .flatten()
        .map(|job| (job.name.as_deref(), job.enabled));
    assert_eq!(names.collect::<Vec<_>>(), [(Some("errors"), Some(false))]);
    client.logpush().jobs().delete(&zone, id).await?;
    Ok(())
}
