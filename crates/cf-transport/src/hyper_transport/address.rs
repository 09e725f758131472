//! Whether an address is this machine's.

use std::net::{IpAddr, Ipv4Addr};

use http::uri::Authority;

/// The name or address in an authority, without user and port. [`Authority::host`] is slower, and this runs for every
/// request.
pub(super) fn host_of(authority: &Authority) -> &str {
    let text = authority.as_str();
    let text = text.rfind('@').map_or(text, |at| &text[at + 1..]);
    let end = if text.starts_with('[') {
        text.find(']').map(|at| at + 1)
    } else {
        text.find(':')
    };
    &text[..end.unwrap_or(text.len())]
}

/// Whether this is the local machine, judging by the name alone. What it resolves to is checked when the connection is
/// opened.
pub(super) fn is_this_machine(host: &str) -> bool {
    if let Some(v6) = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        return v6.parse().is_ok_and(|ip| is_loopback(IpAddr::V6(ip)));
    }
    // The usual one first, which needs no parser.
    host == "127.0.0.1"
        || host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether packets to this address stay on this machine.
pub(super) fn is_loopback(ip: IpAddr) -> bool {
    // `[::ffff:127.0.0.1]` is an IPv4 address.
    ip.to_canonical().is_loopback()
}
