//! The last rule of a tunnel.

use crate::zero_trust::tunnels::cloudflared::configurations::IngressRule;

impl IngressRule {
    /// The rule that takes all that the rules before it do not: a tunnel's last one.
    ///
    /// ```
    /// use cf_types::zero_trust::tunnels::cloudflared::configurations::{IngressRule, TunnelConfig};
    ///
    /// let config = TunnelConfig::new().ingress([
    ///     IngressRule::new("wiki.example.com", "http://localhost:8080"),
    ///     IngressRule::catch_all("http_status:404"),
    /// ]);
    /// let json = cf_types::codec::to_string(&config);
    /// assert!(json.ends_with(r#"{"service":"http_status:404"}]}"#), "{json}");
    /// ```
    pub fn catch_all(service: impl Into<String>) -> Self {
        Self {
            service: Some(service.into()),
            ..Self::default()
        }
    }
}
