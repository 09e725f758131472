//! Ranges of IP addresses.

use std::net::IpAddr;

use ipnet::IpNet;

/// A CIDR block, or an address, which is a range of one.
pub(crate) fn range(text: &str) -> Option<IpNet> {
    let one = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().ok().or_else(|| one().ok())
}
