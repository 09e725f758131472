//! Which targets Cloudflare can proxy to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether the content of a record can be reached from the internet. Addresses for documentation count as such: they
/// are used for records whose traffic never gets to the origin.
pub(super) fn is_reachable(kind: &str, content: &str) -> bool {
    match (kind, content.parse()) {
        ("A" | "AAAA", Ok(IpAddr::V4(ip))) => is_public_v4(ip),
        ("A" | "AAAA", Ok(IpAddr::V6(ip))) => match ip.to_ipv4_mapped() {
            Some(ip) => is_public_v4(ip),
            None => is_public_v6(ip),
        },
        _ => true,
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [first, second, ..] = ip.octets();
    // Addresses that carriers share (RFC 6598).
    let is_shared = first == 100 && (64..128).contains(&second);
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || is_shared
        || first == 0
        || first >= 240)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    !(ip.is_loopback()
        || ip.is_unspecified()
        || ip.is_unique_local()
        || ip.is_unicast_link_local()
        || ip.is_multicast())
}
