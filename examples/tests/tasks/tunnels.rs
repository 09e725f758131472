//! A tunnel from nothing.

use crate::Outcome;
use cf_client::types::dns::records::{CnameRecordParam, RecordParam};
use cf_client::types::zero_trust::networks::routes::RouteParam;
use cf_client::types::zero_trust::tunnels::cloudflared::CloudflaredParam;
use cf_client::types::zero_trust::tunnels::cloudflared::configurations::{
    ConfigurationParam, IngressRule, OriginRequest, TunnelConfig,
};

#[tokio::test]
async fn from_nothing() -> Outcome {
    let (_emulator, client, account, zone) = cf_examples::start().await?;
    let tunnels = client.zero_trust().tunnels().cloudflared();
    let tunnel = tunnels
        .create(
            &account,
            CloudflaredParam::new("office").config_src("cloudflare"),
        )
        .await?;

    let config = TunnelConfig::new()
        .ingress([
            IngressRule::new("wiki.example.com", "http://localhost:8080").path("/wiki"),
            IngressRule::new("git.example.com", "https://localhost:8443").origin_request(
                OriginRequest::new()
                    .no_tls_verify(true)
                    .connect_timeout(10)
                    .http_host_header("git.internal"),
            ),
            IngressRule::catch_all("http_status:404"),
        ])
        .origin_request(OriginRequest::new().http2_origin(true));
    let written = tunnels
        .configurations()
        .update(&account, &tunnel.id, ConfigurationParam::new(config))
        .await?;
    assert_eq!(written.config.unwrap().ingress.unwrap().len(), 3);

    let record = CnameRecordParam::new(
        "wiki.example.com",
        format!("{}.cfargotunnel.com", tunnel.id),
    )
    .proxied(true);
    client.dns().records().create(&zone, record).await?;
    client
        .dns()
        .records()
        .create(
            &zone,
            RecordParam::cname("git.example.com", format!("{}.cfargotunnel.com", tunnel.id)),
        )
        .await?;

    // Routes of private networks.
    let route = client
        .zero_trust()
        .networks()
        .routes()
        .create(
            &account,
            RouteParam::new("10.0.0.0/16", &tunnel.id).comment("office"),
        )
        .await?;
    assert_eq!(route.comment.as_deref(), Some("office"));
    Ok(())
}
