//! Whom a failure is about.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// The identity that failures are counted and bans are kept under.
///
/// Spellings of one address are one identity: IPv6 in its short form, IPv4-mapped IPv6 as IPv4,
/// host bits of a network cleared (contract B 9). Whatever is no address is text and stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailId {
    /// A single address.
    Address(IpAddr),
    /// A network, never a single address.
    Network(IpNet),
    /// Any other text, as from `<F-ID>`.
    Text(Box<str>),
}

impl FailId {
    /// Reads an identity; never fails, since whatever is not an address is a text of its own.
    ///
    /// ```
    /// use f2b_core::FailId;
    /// assert_eq!(FailId::parse("2001:DB8:0:0::1").to_string(), "2001:db8::1");
    /// assert_eq!(FailId::parse("::ffff:192.0.2.1").to_string(), "192.0.2.1");
    /// assert_eq!(FailId::parse("192.0.2.1/255.255.255.0").to_string(), "192.0.2.0/24");
    /// assert_eq!(FailId::parse("01.2.3.4").to_string(), "01.2.3.4");
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::parse_address(text).unwrap_or_else(|| Self::Text(text.into()))
    }

    /// Returns the network form of an address or network, as the kernel takes it: a single
    /// address has its full prefix length. `None` for text.
    #[must_use]
    pub fn to_net(&self) -> Option<IpNet> {
        match self {
            Self::Address(address) => Some(IpNet::from(*address)),
            Self::Network(net) => Some(*net),
            Self::Text(_) => None,
        }
    }

    /// Tells whether `other` lies within this identity: equal, or inside this network.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        match (self, other.to_net()) {
            (Self::Network(net), Some(inner)) => net.contains(&inner),
            _ => self == other,
        }
    }

    fn parse_address(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = unbracketed(address).parse().ok()?;
        let Some(prefix) = prefix else {
            return Some(Self::Address(address.to_canonical()));
        };
        let length = prefix_length(prefix, address)?;
        let net = IpNet::new(address, length).ok()?.trunc();
        Some(if length == net.max_prefix_len() {
            Self::Address(net.addr().to_canonical())
        } else {
            Self::Network(net)
        })
    }
}

/// The text between the brackets that enclose a whole IPv6 literal.
fn unbracketed(text: &str) -> &str {
    text.strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .unwrap_or(text)
}

/// A length in bits, or a contiguous mask written as an address of the same family.
fn prefix_length(text: &str, address: IpAddr) -> Option<u8> {
    if let Ok(length) = text.parse::<u8>() {
        return Some(length);
    }
    let (bits, width) = match address {
        IpAddr::V4(_) => (
            u128::from(u32::from(text.parse::<Ipv4Addr>().ok()?)) << 96,
            32,
        ),
        IpAddr::V6(_) => (u128::from(text.parse::<Ipv6Addr>().ok()?), 128),
    };
    let length = bits.leading_ones();
    let contiguous = length == width || bits.checked_shl(length).unwrap_or(0) == 0;
    contiguous.then(|| u8::try_from(length).ok())?
}

impl fmt::Display for FailId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(IpAddr::V6(address)) => write_ip6(*address, out),
            Self::Address(address) => address.fmt(out),
            Self::Network(IpNet::V6(net)) => {
                write_ip6(net.addr(), out)?;
                write!(out, "/{}", net.prefix_len())
            }
            Self::Network(net) => net.fmt(out),
            Self::Text(text) => out.write_str(text),
        }
    }
}

/// Writes an address as the C library does, which has the last part of `::192.0.2.1` in dots.
fn write_ip6(address: Ipv6Addr, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => match address.octets() {
            [.., a, b, c, d] => write!(out, "::{a}.{b}.{c}.{d}"),
        },
        _ => fmt::Display::fmt(&address, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_has_one_identity() {
        let check = |text: &str, expected: &str| {
            assert_eq!(FailId::parse(text).to_string(), expected, "{text:?}");
        };
        check("192.0.2.1", "192.0.2.1");
        check("192.0.2.1/32", "192.0.2.1");
        check("[2001:db8::1]", "2001:db8::1");
        check("2001:DB8:0:0::1/128", "2001:db8::1");
        check("::FFFF:192.0.2.1", "192.0.2.1");
        check("1.2.3.4/255.255.0.0", "1.2.0.0/16");
        check("2001:db8::5/ffff:ffff::", "2001:db8::/32");
        check("1.2.3.4/255.0.255.0", "1.2.3.4/255.0.255.0");
        check("1.2.3.4/33", "1.2.3.4/33");
        check("::192.0.2.1", "::192.0.2.1");
        check("::1", "::1");
        check("::1:0", "::0.1.0.0");
        check("fe80::1%eth0", "fe80::1%eth0");
        check(" 5.6.7.8", " 5.6.7.8");
        check("", "");
    }

    #[test]
    fn a_network_holds_its_hosts_and_its_parts() {
        let check = |outer: &str, inner: &str, expected: bool| {
            let held = FailId::parse(outer).contains(&FailId::parse(inner));
            assert_eq!(held, expected, "{outer} / {inner}");
        };
        check("198.51.100.0/24", "198.51.100.7", true);
        check("198.51.100.0/24", "198.51.100.0/25", true);
        check("198.51.100.0/25", "198.51.100.0/24", false);
        check("198.51.100.0/24", "2001:db8::1", false);
        check("sess-1", "sess-1", true);
        check("0.0.0.0/0", "sess-1", false);
    }
}
