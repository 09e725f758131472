//! Settings of a zone, one by one and several at once.

use crate::Outcome;
use cf_client::types::zones::settings::{Setting, SettingBulkEdit};

#[tokio::test]
async fn several_at_once() -> Outcome {
    let (_emulator, client, _account, zone) = cf_examples::start().await?;
    let settings = client.zones().settings();

    for id in ["ssl", "min_tls_version", "always_use_https"] {
        let setting = settings.get(&zone, id).await?;
        assert_eq!(setting.id(), Some(id));
        assert!(setting.value().is_some());
    }
    match settings.get(&zone, "ssl").await? {
        Setting::Ssl(ssl) => assert_eq!(ssl.value.as_str(), "off"),
        other => return Err(format!("{other:?}").into()),
    }
    settings.edit(&zone, "ssl", "strict").await?;
    settings.edit(&zone, "min_tls_version", "1.2").await?;
    settings.edit(&zone, "always_use_https", "on").await?;
    settings.edit(&zone, "browser_cache_ttl", 14400).await?;

    // All of them, in one request.
    let all = settings.list(&zone).await?;
    let ttl = all
        .iter()
        .find(|setting| setting.id() == Some("browser_cache_ttl"));
    assert_eq!(ttl.and_then(Setting::value), Some(14400.into()));
    settings
        .bulk_edit(
            &zone,
            [
                SettingBulkEdit::ssl("full"),
                SettingBulkEdit::min_tls_version("1.2"),
                SettingBulkEdit::always_use_https("on"),
            ],
        )
        .await?;
    let ssl = settings.get(&zone, "ssl").await?;
    assert_eq!(ssl.value(), Some("full".into()));
    Ok(())
}
