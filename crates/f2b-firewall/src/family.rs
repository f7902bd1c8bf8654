//! Families of tables.

use std::fmt;
use std::str::FromStr;

/// Which packets a table is for. A table is known by its family and its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4 and IPv6.
    Inet,
    /// IPv4.
    Ip,
    /// IPv6.
    Ip6,
    /// ARP.
    Arp,
    /// What a bridge passes on.
    Bridge,
    /// What arrives at a device.
    Netdev,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Inet,
        Self::Ip,
        Self::Ip6,
        Self::Arp,
        Self::Bridge,
        Self::Netdev,
    ];

    /// Returns the word that `nft` uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Inet => "inet",
            Self::Ip => "ip",
            Self::Ip6 => "ip6",
            Self::Arp => "arp",
            Self::Bridge => "bridge",
            Self::Netdev => "netdev",
        }
    }

    /// Returns the number in a message (`NFPROTO_…`).
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Inet => 1,
            Self::Ip => 2,
            Self::Arp => 3,
            Self::Netdev => 5,
            Self::Bridge => 7,
            Self::Ip6 => 10,
        }
    }

    /// Finds the family of a number.
    pub(crate) fn of_number(number: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|family| family.number() == number)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Family {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|family| family.name() == text)
            .ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_known_by_name_and_number() {
        for family in Family::ALL {
            assert_eq!(family.to_string().parse(), Ok(family));
            assert_eq!(Family::of_number(family.number()), Some(family));
        }
        assert_eq!("inet6".parse::<Family>(), Err(()));
        assert_eq!(Family::of_number(0), None);
    }
}
