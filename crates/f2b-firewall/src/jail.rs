//! How a jail is to look in the kernel.

use std::fmt;
use std::str::FromStr;

use crate::blocktype::Blocktype;
use crate::change::Element;
use crate::engine::check_rules;
use crate::error::FirewallError;

/// What is blocked for the banned addresses of one jail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JailRules {
    /// The name of the jail. It becomes part of set names: letters, digits,
    /// and `/`, `\`, `_`, `.`, `-`, at most 245 bytes.
    pub jail: String,
    /// The ports, before any destination NAT; empty means all of them.
    pub ports: Vec<PortRange>,
    /// The protocols; empty means all there are, and goes with all ports.
    pub protocols: Vec<Protocol>,
    /// What happens to their packets.
    pub blocktype: Blocktype,
}

impl JailRules {
    /// Checks what the kernel would refuse, or take for something else.
    ///
    /// *Errors*: `BadRules`.
    pub fn check(&self) -> Result<(), FirewallError> {
        check_rules(self)
    }
}

/// A protocol; all but ICMP have ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// UDP-Lite.
    UdpLite,
    /// SCTP.
    Sctp,
    /// DCCP.
    Dccp,
    /// ICMP, and for IPv6 ICMPv6.
    Icmp,
}

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Tcp,
        Self::Udp,
        Self::UdpLite,
        Self::Sctp,
        Self::Dccp,
        Self::Icmp,
    ];

    /// Returns the name in `/etc/protocols`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::UdpLite => "udplite",
            Self::Sctp => "sctp",
            Self::Dccp => "dccp",
            Self::Icmp => "icmp",
        }
    }

    /// Tells whether it has ports.
    #[must_use]
    pub fn has_ports(self) -> bool {
        self != Self::Icmp
    }

    /// Returns the number in the header of IPv4 or of IPv6.
    pub(crate) fn number(self, is_ip4: bool) -> u8 {
        match self {
            Self::Icmp if is_ip4 => 1,
            Self::Icmp => 58,
            Self::Tcp => 6,
            Self::Udp => 17,
            Self::Dccp => 33,
            Self::Sctp => 132,
            Self::UdpLite => 136,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Protocol {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = match text {
            // One word for both, whichever of them is written.
            "icmpv6" | "ipv6-icmp" => "icmp",
            text => text,
        };
        Self::ALL
            .into_iter()
            .find(|protocol| protocol.name().eq_ignore_ascii_case(text))
            .ok_or(())
    }
}

/// Ports from a first to a last one, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    first: u16,
    last: u16,
}

impl PortRange {
    /// Every port.
    pub const ALL: Self = Self {
        first: 0,
        last: u16::MAX,
    };

    /// Makes a range; `None` when it ends before it begins.
    #[must_use]
    pub fn new(first: u16, last: u16) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// Makes a range of one port.
    #[must_use]
    pub const fn single(port: u16) -> Self {
        Self {
            first: port,
            last: port,
        }
    }

    /// Returns the first port.
    #[must_use]
    pub const fn first(self) -> u16 {
        self.first
    }

    /// Returns the last port.
    #[must_use]
    pub const fn last(self) -> u16 {
        self.last
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}-{}", self.first, self.last)
        }
    }
}

/// Sorts ranges and joins those that touch, as the kernel wants them in a set.
/// None at all stands for every port.
pub(crate) fn joined_ports(ports: &[PortRange]) -> Vec<PortRange> {
    let mut sorted = ports.to_vec();
    sorted.sort_unstable();
    let mut joined: Vec<PortRange> = Vec::with_capacity(sorted.len());
    for range in sorted {
        match joined.last_mut() {
            Some(before) if range.first <= before.last.saturating_add(1) => {
                before.last = before.last.max(range.last);
            }
            _ => joined.push(range),
        }
    }
    if joined.is_empty() {
        joined.push(PortRange::ALL);
    }
    joined
}

/// What was in the kernel when a jail was started.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use]
pub struct Adopted {
    /// The bans that are there and stay, with the time they have left.
    pub elements: Vec<Element>,
    /// The sets that had another type or other flags and were made anew,
    /// empty: what they held must be put in again.
    pub rebuilt: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_that_touch_are_joined() {
        let check = |ports: &[(u16, u16)], expected: &str| {
            let ports: Vec<_> = ports
                .iter()
                .map(|&(first, last)| PortRange::new(first, last).unwrap())
                .collect();
            let text: Vec<_> = joined_ports(&ports)
                .iter()
                .map(ToString::to_string)
                .collect();
            assert_eq!(text.join(","), expected);
        };
        check(&[(22, 22)], "22");
        check(&[(80, 80), (22, 22)], "22,80");
        check(&[(22, 22), (22, 22)], "22");
        check(&[(22, 22), (23, 25)], "22-25");
        check(&[(10, 20), (12, 13), (15, 30)], "10-30");
        check(&[(0, 10), (11, 65535)], "0-65535");
        check(&[(65535, 65535), (0, 65535)], "0-65535");
        check(&[], "0-65535");
    }

    #[test]
    fn a_range_does_not_end_before_it_begins() {
        assert_eq!(PortRange::new(23, 22), None);
    }

    #[test]
    fn protocols_are_known_by_name() {
        assert_eq!("TCP".parse(), Ok(Protocol::Tcp));
        assert_eq!("icmpv6".parse(), Ok(Protocol::Icmp));
        assert_eq!("igmp".parse::<Protocol>(), Err(()));
    }
}
