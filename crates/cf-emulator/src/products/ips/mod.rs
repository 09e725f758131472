//! The addresses of Cloudflare's network:
//! <https://developers.cloudflare.com/api/resources/ips/>.

use http::Method;
use serde_json::json;

use crate::access::permissions::Permission::Public;
use crate::engine::call::Call;
use crate::engine::product::Product;
use crate::engine::route::Route;
use crate::http::envelope::{Outcome, Reply};

const IPV4: &[&str] = &[
    "173.245.48.0/20",
    "103.21.244.0/22",
    "103.22.200.0/22",
    "103.31.4.0/22",
    "141.101.64.0/18",
    "108.162.192.0/18",
    "190.93.240.0/20",
    "188.114.96.0/20",
    "197.234.240.0/22",
    "198.41.128.0/17",
    "162.158.0.0/15",
    "104.16.0.0/13",
    "104.24.0.0/14",
    "172.64.0.0/13",
    "131.0.72.0/22",
];
const IPV6: &[&str] = &[
    "2400:cb00::/32",
    "2606:4700::/32",
    "2803:f800::/32",
    "2405:b500::/32",
    "2405:8100::/32",
    "2a06:98c0::/29",
    "2c0f:f248::/32",
];
/// Addresses reserved for documentation: those of the partner network change.
const JDCLOUD: &[&str] = &["192.0.2.0/24", "2001:db8::/32"];

pub(super) struct Ips;

impl Product for Ips {
    fn name(&self) -> &'static str {
        "ips"
    }

    fn title(&self) -> &'static str {
        "IP addresses"
    }

    fn routes(&self) -> Vec<Route> {
        routes()
    }

    fn places(&self) -> &'static [&'static str] {
        &[]
    }
}

fn routes() -> Vec<Route> {
    vec![Route::new(Method::GET, "ips", Public, list)]
}

fn list(call: &mut Call<'_>) -> Outcome {
    let mut ips = json!({
        "ipv4_cidrs": IPV4,
        "ipv6_cidrs": IPV6,
        "etag": "38f79d050aa027e3be3865e495dcc9bc",
    });
    if call.query.get("networks") == Some("jdcloud") {
        ips["jdcloud_cidrs"] = json!(JDCLOUD);
    }
    Ok(Reply::result(ips))
}
