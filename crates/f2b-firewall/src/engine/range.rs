//! Ranges of an interval set, put together from their ends.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ipnet::{IpNet, IpSubnets, Ipv4Subnets, Ipv6Subnets};

use crate::change::Element;
use crate::nftables::element::{self, Key};

/// One end of a range, or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) address: IpAddr,
    pub(crate) is_end: bool,
    pub(crate) is_open: bool,
    pub(crate) remaining: Option<Duration>,
}

/// Addresses that a set holds as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: IpAddr,
    pub(crate) last: IpAddr,
    /// Whether it was put in as one that reaches the last address. When
    /// another begins inside it, the kernel ends it there.
    pub(crate) is_open: bool,
    remaining: Option<Duration>,
}

impl Range {
    /// Returns the range of a network.
    pub(crate) fn of(net: IpNet) -> Self {
        Self {
            first: net.network(),
            last: net.broadcast(),
            is_open: net.broadcast() == last_of(net.network()),
            remaining: None,
        }
    }

    /// Tells whether the range is this network and no other.
    pub(crate) fn is(&self, net: IpNet) -> bool {
        (self.first, self.last) == (net.network(), net.broadcast())
    }

    /// Tells whether the range is what is left of this network: it reaches
    /// the last address, and another range that began inside it ended it.
    pub(crate) fn is_left_of(&self, net: IpNet) -> bool {
        self.is_open
            && self.first == net.network()
            && self.last < net.broadcast()
            && net.broadcast() == last_of(net.network())
    }

    /// Tells whether one address belongs to both.
    pub(crate) fn overlaps(&self, net: IpNet) -> bool {
        self.first <= net.broadcast() && net.network() <= self.last
    }

    /// Returns the fewest networks that make up the range; more than one if
    /// it is not of our making, or cut.
    pub(crate) fn nets(&self) -> impl Iterator<Item = IpNet> + use<> {
        let subnets = match (self.first, self.last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                Some(IpSubnets::from(Ipv4Subnets::new(first, last, 0)))
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => {
                Some(IpSubnets::from(Ipv6Subnets::new(first, last, 0)))
            }
            // One set holds one family.
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => None,
        };
        subnets.into_iter().flatten()
    }

    /// Returns the networks as elements.
    pub(crate) fn elements(self) -> impl Iterator<Item = Element> {
        self.nets().map(move |net| Element {
            net,
            remaining: self.remaining,
        })
    }
}

/// Translates what was found; ports are no addresses.
pub(crate) fn point(found: element::Found) -> Option<Point> {
    match found.key {
        Key::Address(address) => Some(Point {
            address,
            is_end: found.is_end,
            is_open: found.is_open,
            remaining: found.remaining,
        }),
        Key::Port(_) => None,
    }
}

/// What an interval set holds.
#[derive(Debug)]
pub(crate) struct Listed {
    /// Sorted; no two overlap.
    pub(crate) ranges: Vec<Range>,
    /// The last addresses of ranges whose begin is not listed, sorted: their
    /// time is over, but the kernel has not cleared them away.
    pub(crate) ran_out: Vec<IpAddr>,
}

/// Puts ends of ranges together.
pub(crate) fn listed(mut points: Vec<Point>) -> Listed {
    // Ends go before begins: of two networks side by side the first ends
    // where the second begins.
    points.sort_unstable_by_key(|point| (point.address, !point.is_end));
    let behind = points.iter().skip(1).map(Some).chain([None]);
    let ranges = points
        .iter()
        .zip(behind)
        .filter(|(begin, _)| !begin.is_end)
        .map(|(begin, behind)| Range {
            first: begin.address,
            last: behind
                .and_then(|behind| before(behind.address))
                .filter(|last| *last >= begin.address)
                .unwrap_or_else(|| last_of(begin.address)),
            is_open: begin.is_open,
            remaining: begin.remaining,
        })
        .collect();
    let ahead = std::iter::once(None).chain(points.iter().map(Some));
    let ran_out = points
        .iter()
        .zip(ahead)
        .filter(|(end, ahead)| end.is_end && ahead.is_none_or(|ahead| ahead.is_end))
        // `nft` ends at the first address what never began.
        .filter_map(|(end, _)| before(end.address))
        .collect();
    Listed { ranges, ran_out }
}

/// Tells whether each range that begins ends before another does. It does not where the set was changed while
/// it was listed: points are left out then, or are there twice.
pub(crate) fn is_whole(points: &[Point]) -> bool {
    let mut sorted: Vec<&Point> = points.iter().collect();
    sorted.sort_unstable_by_key(|point| (point.address, !point.is_end));
    let behind = sorted.iter().skip(1);
    let mut pairs = sorted.iter().zip(behind);
    pairs.all(|(point, behind)| point.is_end || point.is_open || behind.is_end)
}

fn before(address: IpAddr) -> Option<IpAddr> {
    Some(match address {
        IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits().checked_sub(1)?).into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits().checked_sub(1)?).into(),
    })
}

/// Returns the last address of a family.
fn last_of(family: IpAddr) -> IpAddr {
    match family {
        IpAddr::V4(_) => Ipv4Addr::BROADCAST.into(),
        IpAddr::V6(_) => Ipv6Addr::from_bits(u128::MAX).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_whole_if_nothing_begins_twice_or_within_another() {
        let check = |text: &str, expected: bool| {
            assert_eq!(is_whole(&points(text)), expected, "{text}");
        };
        check("", true);
        check("10.0.0.1 /10.0.0.2 10.0.0.2 /10.0.0.3 10.0.0.9-", true);
        check("10.0.0.0- 10.0.0.5 /10.0.0.6", true);
        check("10.0.0.1 10.0.0.2 /10.0.0.3", false);
        check("10.0.0.1 /10.0.0.2 10.0.0.1 /10.0.0.2", false);
    }

    /// *Shape*: `10.0.0.0` begins, `/10.1.0.0` ends, `10.0.0.0-` is open.
    fn points(points: &str) -> Vec<Point> {
        points
            .split_whitespace()
            .map(|word| Point {
                address: word.trim_matches(['/', '-']).parse().unwrap(),
                is_end: word.starts_with('/'),
                is_open: word.ends_with('-'),
                remaining: None,
            })
            .collect()
    }

    #[test]
    fn ends_are_put_together() {
        let check = |text: &str, expected: &str| {
            let nets: Vec<_> = listed(points(text))
                .ranges
                .into_iter()
                .flat_map(Range::elements)
                .map(|element| element.net.to_string())
                .collect();
            assert_eq!(nets.join(" "), expected);
        };
        check("", "");
        check("10.0.0.0 /11.0.0.0", "10.0.0.0/8");
        check("/11.0.0.0 10.0.0.0", "10.0.0.0/8");
        check("/0.0.0.0 10.0.0.0 /11.0.0.0", "10.0.0.0/8");
        check("/0.0.0.0 0.0.0.0 /1.0.0.0", "0.0.0.0/8");
        check(
            "10.0.0.0 /10.0.1.0 10.0.1.0 /10.0.2.0",
            "10.0.0.0/24 10.0.1.0/24",
        );
        check("10.0.0.0 10.0.1.0 /10.0.2.0", "10.0.0.0/24 10.0.1.0/24");
        check("255.0.0.0", "255.0.0.0/8");
        check("0.0.0.0-", "0.0.0.0/0");
        check("10.0.0.1 /10.0.0.4", "10.0.0.1/32 10.0.0.2/31");
        check("2001:db8:: /2001:db8:1::", "2001:db8::/48");
        check("ff00::", "ff00::/8");
        check(
            "0.0.0.0- 10.0.0.0 /11.0.0.0",
            "0.0.0.0/5 8.0.0.0/7 10.0.0.0/8",
        );
    }

    #[test]
    fn what_is_left_of_an_open_network_is_known_by_its_mark() {
        let check = |text: &str, net: &str, expected: bool| {
            let net = net.parse().unwrap();
            let found = listed(points(text))
                .ranges
                .iter()
                .any(|it| it.is_left_of(net));
            assert_eq!(found, expected, "{text}, {net}");
        };
        check("0.0.0.0- 10.0.0.0 /11.0.0.0", "0.0.0.0/0", true);
        check("0.0.0.0- 10.0.0.0 /11.0.0.0", "0.0.0.0/1", false);
        check("0.0.0.0- 10.0.0.0 /11.0.0.0", "0.0.0.0/5", false);
        check("0.0.0.0 10.0.0.0 /11.0.0.0", "0.0.0.0/0", false);
        check("0.0.0.0-", "0.0.0.0/0", false);
        check("8000::- c000::-", "8000::/1", true);
        check("8000::- c000::-", "c000::/2", false);
    }

    #[test]
    fn ends_of_what_ran_out_are_found() {
        let check = |text: &str, expected: &str| {
            let ran_out = listed(points(text)).ran_out;
            let ran_out: Vec<_> = ran_out.iter().map(ToString::to_string).collect();
            assert_eq!(ran_out.join(" "), expected);
        };
        check("10.0.0.0 /11.0.0.0", "");
        check("/0.0.0.0 10.0.0.0 /11.0.0.0", "");
        check("/11.0.0.0", "10.255.255.255");
        check("9.0.0.0 /10.0.0.0 /11.0.0.0 11.0.0.0", "10.255.255.255");
        check("/2001:db8:1::", "2001:db8:0:ffff:ffff:ffff:ffff:ffff");
    }
}
