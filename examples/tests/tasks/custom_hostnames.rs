//! A customer's host name and its certificate.

use crate::Outcome;
use cf_client::types::custom_hostnames::{CustomHostnameParam, Ssl, SslSettings};

#[tokio::test]
async fn validation_is_shown() -> Outcome {
    let (_emulator, client, _account, zone) = cf_examples::start().await?;
    let ssl = Ssl::new()
        .method("txt")
        .certificate_authority("lets_encrypt")
        .wildcard(true)
        .settings(SslSettings::new().min_tls_version("1.2").http2("on"));
    let new = CustomHostnameParam::new("shop.customer.example")
        .ssl(ssl)
        .custom_origin_server("origin.example.com");
    let hostname = client.custom_hostnames().create(&zone, new).await?;
    let hostname = client.custom_hostnames().get(&zone, &hostname.id).await?;
    let ssl = hostname.ssl.unwrap_or_default();
    assert_eq!(
        ssl.method.as_ref().map(|method| method.as_str()),
        Some("txt")
    );
    client
        .custom_hostnames()
        .edit(
            &zone,
            &hostname.id,
            CustomHostnameParam::default().ssl(Ssl::default().method("http").kind("dv")),
        )
        .await?;
    Ok(())
}
