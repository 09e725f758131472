//! Ranges of IP addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range as `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Network {
    /// The first address, its bits at the high end.
    bits: u128,
    pub(super) length: u32,
    is_v4: bool,
}

impl Network {
    /// A range, or an address, which is a range of one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let (bits, width, is_v4) = match address.parse().ok()? {
            IpAddr::V4(ip) => (u128::from(u32::from(ip)) << 96, 32, true),
            IpAddr::V6(ip) => (u128::from(ip), 128, false),
        };
        let length = length.unwrap_or(width);
        // Bits beyond the length would name an address in the range, not the range.
        (length <= width && bits & !mask(length) == 0).then_some(Self {
            bits,
            length,
            is_v4,
        })
    }

    /// Whether all of `other` is in this range.
    pub(super) fn holds(&self, other: &Self) -> bool {
        self.is_v4 == other.is_v4
            && self.length <= other.length
            && other.bits & mask(self.length) == self.bits
    }
}

fn mask(length: u32) -> u128 {
    u128::MAX.checked_shl(128 - length).unwrap_or(0)
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = match u32::try_from(self.bits >> 96) {
            Ok(bits) if self.is_v4 => IpAddr::V4(Ipv4Addr::from(bits)),
            _ => IpAddr::V6(Ipv6Addr::from(self.bits)),
        };
        write!(f, "{address}/{}", self.length)
    }
}
