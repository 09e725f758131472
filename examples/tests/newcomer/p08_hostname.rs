use crate::Outcome;
use cf_client::types::custom_hostnames::{CustomHostnameParam, Ssl, SslSettings};

#[tokio::test]
async fn validation_is_shown() -> Outcome {
    let (_emulator, client, _account, zone) = newcomer::start().await?;
    let ssl = Ssl::new().method("txt")
        .certificate_authority("lets_encrypt")
        .wildcard(true)
        .settings(SslSettings::new().min_tls_version("1.2").http2("on"));
    let new = CustomHostnameParam::new("shop.customer.example").ssl(ssl).custom_origin_server("origin.example.com");
    let hostname = client.custom_hostnames().create(&zone, new).await?;
    println!("{} {:?}", hostname.id, hostname.status);
    if let Some(ownership) = hostname.ownership_verification {
        println!("{:?} {:?} {:?}", ownership.kind, ownership.name, ownership.value);
    }
    if let Some(http) = hostname.ownership_verification_http {
        println!("{:?} {:?}", http.http_url, http.http_body);
    }
    let hostname = client.custom_hostnames().get(&zone, &hostname.id).await?;
    let ssl = hostname.ssl.unwrap_or_default();
    println!("{:?} {:?}", ssl.status, ssl.method);
    for record in ssl.validation_records.unwrap_or_default() {
        println!("{:?} TXT {:?} or {:?} {:?}", record.txt_name, record.txt_value, record.http_url, record.http_body);
    }
    client.custom_hostnames().edit(&zone, &hostname.id, CustomHostnameParam::default().ssl(Ssl::default().method("http").kind("dv"))).await?;
    Ok(())
}
