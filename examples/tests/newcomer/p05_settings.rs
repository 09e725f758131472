use crate::Outcome;
use cf_client::types::zones::settings::{Setting, SettingBulkEdit};

#[tokio::test]
async fn several_at_once() -> Outcome {
    let (_emulator, client, _account, zone) = newcomer::start().await?;
    let settings = client.zones().settings();

    for id in ["ssl", "min_tls_version", "always_use_https"] {
        let setting = settings.get(&zone, id).await?;
        println!("{} = {:?}", setting.id().unwrap_or_default(), setting.value());
    }
    match settings.get(&zone, "ssl").await? {
        Setting::Ssl(ssl) => println!("{}", ssl.value),
        other => println!("{other:?}"),
    }
    settings.edit(&zone, "ssl", "strict").await?;
    settings.edit(&zone, "min_tls_version", "1.2").await?;
    settings.edit(&zone, "always_use_https", "on").await?;
    settings.edit(&zone, "browser_cache_ttl", 14400).await?;

    // All of them, in one request.
    let all = settings.list(&zone).await?;
    for setting in &all {
        println!("{} = {:?}", setting.id().unwrap_or_default(), setting.value());
    }
    settings.bulk_edit(&zone, [SettingBulkEdit::ssl("full"), SettingBulkEdit::min_tls_version("1.2"), SettingBulkEdit::always_use_https("on")]).await?;
    Ok(())
}
