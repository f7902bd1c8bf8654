//! What the kernel holds: sets, rules, elements.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ipnet::{IpNet, IpSubnets, Ipv4Subnets, Ipv6Subnets};
use rustix::io::Errno;

use crate::change::Element;
use crate::error::FirewallError;
use crate::names::SetKind;
use crate::netlink::socket::Trouble;
use crate::nftables::element::{self, Key, Place};
use crate::nftables::{chain, rule, set, table};

use super::Engine;

impl Engine {
    /// Tells whether the table is there.
    pub(super) fn has_table(&mut self) -> Result<bool, FirewallError> {
        let name = &self.table;
        let found = self.socket.get(
            table::GET,
            table::INET,
            |out| table::name(out, name),
            table::read_name,
        );
        let found = found.map_err(|trouble| FirewallError::of(trouble, "read table"))?;
        Ok(found.is_some_and(|found| found == self.table))
    }

    /// Tells whether the chain is there and ours.
    pub(super) fn chain_fit(&mut self) -> Result<Option<chain::Fit>, FirewallError> {
        let name = &self.table;
        self.socket
            .get(
                chain::GET,
                table::INET,
                |out| chain::name(out, name),
                |attributes| Some(chain::read_fit(attributes)),
            )
            .map_err(|trouble| FirewallError::of(trouble, "read chain"))
    }

    /// Lists the sets of the table; none when there is no table.
    pub(super) fn sets(&mut self) -> Result<Vec<set::Found>, FirewallError> {
        let name = &self.table;
        let listed = self.socket.list(
            set::GET,
            table::INET,
            |out| set::of_table(out, name),
            |attributes, found| {
                found.extend(set::read(attributes).filter(|set| set.table == *name));
            },
        );
        empty_if_missing(listed, "list sets")
    }

    /// Lists the rules of the chain; none when there is no chain.
    pub(super) fn rules(&mut self) -> Result<Vec<rule::Found>, FirewallError> {
        let name = &self.table;
        let listed = self.socket.list(
            rule::GET,
            table::INET,
            |out| rule::of_chain(out, name),
            |attributes, found| found.extend(rule::read(attributes, name)),
        );
        empty_if_missing(listed, "list rules")
    }

    /// Lists the elements of one set, sorted.
    pub(super) fn set_elements(
        &mut self,
        kind: SetKind,
        set: &str,
    ) -> Result<Vec<Element>, FirewallError> {
        let place = Place {
            table: &self.table,
            set,
            id: None,
        };
        let listed = self.socket.list(
            element::GET,
            table::INET,
            |out| element::of_set(out, place),
            |attributes, found| {
                found.extend(element::read(attributes).filter_map(point));
            },
        );
        let mut points = listed.map_err(|trouble| match trouble {
            Trouble::Refused {
                errno: Errno::NOENT,
                ..
            } => FirewallError::SetGone {
                set: set.to_owned(),
            },
            trouble => FirewallError::of(trouble, &format!("list elements of set `{set}`")),
        })?;
        // Ends go before begins: of two networks side by side the first ends
        // where the second begins.
        points.sort_unstable_by_key(|point| (point.address, !point.is_end));
        Ok(if kind.is_network() {
            networks(&points)
        } else {
            points
                .iter()
                .map(|point| Element {
                    net: IpNet::from(point.address),
                    remaining: point.remaining,
                })
                .collect()
        })
    }
}

fn empty_if_missing<T>(
    listed: Result<Vec<T>, Trouble>,
    doing: &str,
) -> Result<Vec<T>, FirewallError> {
    match listed {
        Err(Trouble::Refused {
            errno: Errno::NOENT,
            ..
        }) => Ok(Vec::new()),
        listed => listed.map_err(|trouble| FirewallError::of(trouble, doing)),
    }
}

/// One end of a range, or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Point {
    address: IpAddr,
    is_end: bool,
    remaining: Option<Duration>,
}

fn point(found: element::Found) -> Option<Point> {
    match found.key {
        Key::Address(address) => Some(Point {
            address,
            is_end: found.is_end,
            remaining: found.remaining,
        }),
        Key::Port(_) => None,
    }
}

/// Puts sorted ends of ranges together. A range that is no network, which is
/// not of our making, becomes several.
fn networks(points: &[Point]) -> Vec<Element> {
    let mut found = Vec::new();
    let mut begun: Option<Point> = None;
    let mut finish = |begun: Option<Point>, last: Option<IpAddr>| {
        let Some(begin) = begun else { return };
        let nets: IpSubnets = match (begin.address, last) {
            (IpAddr::V4(first), None) => Ipv4Subnets::new(first, Ipv4Addr::BROADCAST, 0).into(),
            (IpAddr::V4(first), Some(IpAddr::V4(last))) => Ipv4Subnets::new(first, last, 0).into(),
            (IpAddr::V6(first), None) => {
                Ipv6Subnets::new(first, Ipv6Addr::from(u128::MAX), 0).into()
            }
            (IpAddr::V6(first), Some(IpAddr::V6(last))) => Ipv6Subnets::new(first, last, 0).into(),
            // One set holds one family.
            (IpAddr::V4(_), Some(IpAddr::V6(_))) | (IpAddr::V6(_), Some(IpAddr::V4(_))) => return,
        };
        found.extend(nets.map(|net| Element {
            net,
            remaining: begin.remaining,
        }));
    };
    for &point in points {
        let before = match point.address {
            IpAddr::V4(address) => address
                .to_bits()
                .checked_sub(1)
                .map(Ipv4Addr::from_bits)
                .map(IpAddr::V4),
            IpAddr::V6(address) => address
                .to_bits()
                .checked_sub(1)
                .map(Ipv6Addr::from_bits)
                .map(IpAddr::V6),
        };
        if before.is_some() {
            finish(begun.take(), before);
        }
        begun = (!point.is_end).then_some(point);
    }
    finish(begun, None);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// *Shape*: `10.0.0.0` begins, `/10.1.0.0` ends.
    fn read(points: &str) -> String {
        let points: Vec<_> = points
            .split_whitespace()
            .map(|word| Point {
                address: word.trim_start_matches('/').parse().unwrap(),
                is_end: word.starts_with('/'),
                remaining: None,
            })
            .collect();
        let nets: Vec<_> = networks(&points)
            .iter()
            .map(|e| e.net.to_string())
            .collect();
        nets.join(" ")
    }

    #[test]
    fn ends_are_put_together() {
        let check = |points: &str, expected: &str| assert_eq!(read(points), expected);
        check("", "");
        check("10.0.0.0 /11.0.0.0", "10.0.0.0/8");
        check("/0.0.0.0 10.0.0.0 /11.0.0.0", "10.0.0.0/8");
        check(
            "10.0.0.0 /10.0.1.0 10.0.1.0 /10.0.2.0",
            "10.0.0.0/24 10.0.1.0/24",
        );
        check("10.0.0.0 10.0.1.0 /10.0.2.0", "10.0.0.0/24 10.0.1.0/24");
        check("255.0.0.0", "255.0.0.0/8");
        check("0.0.0.0", "0.0.0.0/0");
        check("10.0.0.1 /10.0.0.4", "10.0.0.1/32 10.0.0.2/31");
        check("2001:db8:: /2001:db8:1::", "2001:db8::/48");
        check("ff00::", "ff00::/8");
    }
}
