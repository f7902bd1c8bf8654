//! What can be asked of the kernel, and what it holds afterwards.

use std::time::Duration;

use ipnet::IpNet;

use crate::error::FirewallError;

/// The longest that the kernel can be asked to hold a ban, some 63 years.
///
/// It refuses what is above 584 years. Where it ticks 300 times a second it
/// takes everything above 65 years for less, and says nothing.
pub const LONGEST_TIMEOUT: Duration = Duration::from_secs(2_000_000_000);

/// One thing to do.
///
/// A network stands for all its addresses, whatever its host bits are; one of
/// a single address (`/32`, `/128`) for that address. An IPv4 address in its
/// IPv6 dress (`::ffff:192.0.2.1`) is that IPv4 address, since its packets are
/// IPv4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Puts a ban into the kernel, or gives one that is there a new end.
    Ban {
        /// The jail, as it was started.
        jail: String,
        /// Who is banned.
        net: IpNet,
        /// How long from now, rounded up to milliseconds; `None` is for ever.
        /// From `LONGEST_TIMEOUT` on the kernel holds it for no longer than that:
        /// whoever asked has to ask again meanwhile.
        timeout: Option<Duration>,
    },
    /// Takes a ban out of the kernel. What is not there is taken out already.
    Unban {
        /// The jail, as it was started.
        jail: String,
        /// Who was banned, as it was said in the ban.
        net: IpNet,
    },
}

impl Change {
    /// Returns the jail that the change is for.
    #[must_use]
    pub fn jail(&self) -> &str {
        match self {
            Self::Ban { jail, .. } | Self::Unban { jail, .. } => jail,
        }
    }

    /// Returns whom the change is about.
    #[must_use]
    pub fn net(&self) -> IpNet {
        match self {
            Self::Ban { net, .. } | Self::Unban { net, .. } => *net,
        }
    }

    /// Returns what the kernel holds for a network, as `Engine::elements` lists it.
    #[must_use]
    pub fn element_of(net: IpNet) -> IpNet {
        wire_net(net)
    }
}

/// What the kernel was seen to hold after a change.
#[derive(Debug)]
#[must_use]
pub enum Outcome {
    /// The element is there.
    InKernel,
    /// The element is not there: it was taken out, or its time is over.
    Gone,
    /// The change is not in force.
    Failed(FirewallError),
}

/// A ban that was found in the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Who is banned.
    pub net: IpNet,
    /// How long it will be; `None` is for ever.
    pub remaining: Option<Duration>,
}

/// Returns the network whose packets are meant: without host bits, and IPv4
/// where IPv6 only clothes it.
fn wire_net(net: IpNet) -> IpNet {
    let net = net.trunc();
    let IpNet::V6(net6) = net else { return net };
    let (Some(address), Some(prefix)) = (
        net6.network().to_ipv4_mapped(),
        net6.prefix_len().checked_sub(96),
    ) else {
        return net;
    };
    ipnet::Ipv4Net::new(address, prefix).map_or(net, IpNet::V4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_that_of_its_packets() {
        let check = |net: &str, expected: &str| {
            assert_eq!(wire_net(net.parse().unwrap()), expected.parse().unwrap());
        };
        check("192.0.2.7/32", "192.0.2.7/32");
        check("192.0.2.7/24", "192.0.2.0/24");
        check("2001:db8::7/64", "2001:db8::/64");
        check("::ffff:192.0.2.7/128", "192.0.2.7/32");
        check("::ffff:192.0.2.7/120", "192.0.2.0/24");
        check("::ffff:0.0.0.0/96", "0.0.0.0/0");
        check("::/0", "::/0");
    }
}
