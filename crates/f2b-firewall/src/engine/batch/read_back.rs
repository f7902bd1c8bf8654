//! What the kernel holds once all was said.

use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::engine::range::Range;
use crate::error::FirewallError;
use crate::netlink::socket::{QUESTIONS, Trouble};
use crate::nftables::element::{self, Key, Place};
use crate::nftables::table;

use super::{Engine, Operation, write};

/// What was read back.
#[derive(Debug)]
pub(super) enum Seen {
    There,
    Absent,
    /// The network reaches the last address, and another that began inside it
    /// ended it there.
    Left,
    /// A range that is no network of ours is there, with the network in it.
    Part,
    /// Other networks are there that share addresses with it.
    Other,
    /// It could not be read; the first of a chunk has the reason.
    Unknown(Option<FirewallError>),
}

impl Engine {
    /// Asks for exactly the keys of the addresses, and lists the networks:
    /// asked for the end of a network, the kernel misses it where the next
    /// one begins.
    pub(super) fn read_back(&mut self, operations: &[Operation], sets: &[String]) -> Vec<Seen> {
        let mut seen: Vec<Seen> = Vec::new();
        seen.resize_with(operations.len(), || Seen::Absent);
        let mut addresses: Vec<(Operation, &mut Seen)> = Vec::new();
        let mut networks: BTreeMap<usize, Vec<(Operation, &mut Seen)>> = BTreeMap::new();
        for (operation, seen) in operations.iter().zip(&mut seen) {
            let list = if operation.kind.is_network() {
                networks.entry(operation.set).or_default()
            } else {
                &mut addresses
            };
            list.push((*operation, seen));
        }
        for addresses in addresses.chunks_mut(QUESTIONS) {
            self.read_chunk(addresses, sets);
        }
        for (set, networks) in networks {
            let set = sets.get(set).map_or("", String::as_str);
            self.read_networks(networks, set);
        }
        seen
    }

    /// Takes out again what was put in but does not hold as it was meant, so
    /// that nothing is left that nobody knows of.
    ///
    /// A listing went before, so this is only for what another program did
    /// at the same time, or what was left there long ago.
    pub(super) fn take_back(
        &mut self,
        operations: &[Operation],
        failures: &mut [Option<FirewallError>],
        sets: &[String],
        seen: &mut [Seen],
    ) {
        for ((operation, failure), seen) in operations.iter().zip(failures).zip(seen) {
            if !matches!(seen, Seen::Left) || operation.ban.is_none() {
                continue;
            }
            let removal = Operation {
                ban: None,
                ..*operation
            };
            let mut refused = [None];
            self.commit_or_halve(&[removal], &mut refused, sets);
            let [refused] = refused;
            if refused.is_some() {
                *failure = refused;
                continue;
            }
            let set = sets.get(operation.set).map_or("", String::as_str);
            let network = operation.net;
            self.read_networks(vec![(removal, &mut *seen)], set);
            if failure.is_none() && !matches!(seen, Seen::Unknown(_)) {
                let set = set.to_owned();
                *failure = Some(FirewallError::Overlap { network, set });
            }
        }
    }

    /// Compares networks of one set with a listing of it.
    fn read_networks(&mut self, networks: Vec<(Operation, &mut Seen)>, set: &str) {
        let ranges = match self.set_ranges(set) {
            Ok(listed) => listed.ranges,
            Err(FirewallError::SetGone { .. }) => {
                for (_, seen) in networks {
                    *seen = Seen::Absent;
                }
                return;
            }
            Err(error) => {
                let mut error = Some(error);
                for (_, seen) in networks {
                    *seen = Seen::Unknown(error.take());
                }
                return;
            }
        };
        for (operation, seen) in networks {
            *seen = look_up(&ranges, operation.net);
        }
    }

    fn read_chunk(&mut self, addresses: &mut [(Operation, &mut Seen)], sets: &[String]) {
        let table = &self.table;
        let keys: Vec<(usize, Key)> = addresses
            .iter()
            .map(|(operation, _)| (operation.set, write::keys(operation).0))
            .collect();
        let asked = self.socket.get_each(
            element::GET,
            table::INET,
            keys.len(),
            |number, out| {
                let Some(&(set, key)) = keys.get(number) else {
                    return;
                };
                let place = Place {
                    table,
                    set: sets.get(set).map_or("", String::as_str),
                    id: None,
                };
                element::list(out, place, |out| element::put(out, key, None));
            },
            |number, attributes| {
                let key = keys.get(number).map(|&(_, key)| key);
                let there = attributes.is_some_and(|attributes| {
                    element::read(attributes).any(|found| Some(found.key) == key)
                });
                if let (Some((_, seen)), true) = (addresses.get_mut(number), there) {
                    **seen = Seen::There;
                }
            },
        );
        match asked {
            Ok(()) => {}
            Err(Trouble::Lost) if addresses.len() > 1 => {
                let (first, second) = addresses.split_at_mut(addresses.len() / 2);
                self.read_chunk(first, sets);
                self.read_chunk(second, sets);
            }
            Err(trouble) => {
                let mut error = Some(FirewallError::of(trouble, "read elements back"));
                for (_, seen) in addresses {
                    **seen = Seen::Unknown(error.take());
                }
            }
        }
    }
}

/// Finds what has become of a network; ranges are sorted and do not overlap.
fn look_up(ranges: &[Range], net: IpNet) -> Seen {
    let begin = ranges.partition_point(|range| range.last < net.network());
    let Some(range) = ranges.get(begin).filter(|range| range.overlaps(net)) else {
        return Seen::Absent;
    };
    if range.is(net) {
        Seen::There
    } else if range.is_left_of(net) {
        Seen::Left
    } else if range.nets().any(|part| part == net) {
        Seen::Part
    } else {
        Seen::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_told_from_others_at_its_place() {
        let check = |there: &[&str], asked: &str, expected: &str| {
            let ranges: Vec<_> = there
                .iter()
                .map(|net| Range::of(net.parse().unwrap()))
                .collect();
            let seen = look_up(&ranges, asked.parse().unwrap());
            assert_eq!(format!("{seen:?}"), expected, "{there:?}, {asked}");
        };
        check(&[], "10.0.0.0/8", "Absent");
        check(&["9.0.0.0/8", "11.0.0.0/8"], "10.0.0.0/8", "Absent");
        check(&["9.0.0.0/8", "10.0.0.0/8"], "10.0.0.0/8", "There");
        check(&["0.0.0.0/0"], "0.0.0.0/0", "There");
        check(&["10.0.0.0/8"], "10.0.0.0/16", "Other");
        check(&["10.0.0.0/8"], "10.128.0.0/9", "Other");
        check(&["10.0.0.0/16"], "10.0.0.0/8", "Other");
        check(&["10.128.0.0/9"], "10.0.0.0/8", "Other");
        check(&["128.0.0.0/8"], "128.0.0.0/1", "Other");
    }
}
