//! Which operations may go to the kernel at all.
//!
//! The kernel does not see every overlap. It lets a network that reaches the
//! last address begin before another, and ends it there: once the other goes,
//! it holds again. Depending on its version it also takes the end of one
//! network for the end of another that ends at the same address: once one
//! goes, the other reaches the last address. So nothing goes there that
//! overlaps what a listing shows.
//!
//! A network whose time is over is no longer listed, but stays until the kernel
//! clears it away. Adding one clears the nearest of those inside it; a further
//! one with the same end would take that end with it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::engine::range::{Listed, Range};
use crate::error::FirewallError;

use super::{Engine, Operation};

/// What a set of networks will hold.
#[derive(Debug)]
struct Held {
    /// By first address; no two overlap.
    ranges: BTreeMap<IpAddr, Range>,
    /// The last addresses of what ran out.
    ran_out: Vec<IpAddr>,
}

/// Whether a network may be added, or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Free,
    /// It shares addresses with another.
    Overlap,
    /// What ran out inside it is in the way.
    RanOut,
}

/// What came of listing a set.
#[derive(Debug)]
enum Listing {
    Held(Held),
    /// There is no such set; the commit says it better.
    Gone,
    /// The first operation of the set takes the reason.
    Failed(Option<FirewallError>),
}

impl Held {
    fn new(listed: Listed) -> Self {
        Self {
            ranges: listed.ranges.into_iter().map(|it| (it.first, it)).collect(),
            ran_out: listed.ran_out,
        }
    }

    /// Adds a network if it may be added.
    fn add(&mut self, net: IpNet) -> Way {
        let way = self.way(net);
        if way == Way::Free {
            self.ranges.insert(net.network(), Range::of(net));
        }
        way
    }

    /// Removes a network or what is left of it, if it may be removed. One
    /// that is not there may be: it could have run out, and then that clears
    /// it away.
    fn remove(&mut self, net: IpNet) -> Way {
        if let Entry::Occupied(entry) = self.ranges.entry(net.network())
            && (entry.get().is(net) || entry.get().is_left_of(net))
        {
            entry.remove();
            return Way::Free;
        }
        self.way(net)
    }

    fn way(&self, net: IpNet) -> Way {
        let (first, last) = (net.network(), net.broadcast());
        // Ranges do not overlap, so the one that begins last ends last.
        match self.ranges.range(..=last).next_back() {
            Some((_, range)) if range.is(net) => return Way::Free,
            Some((_, range)) if range.overlaps(net) => return Way::Overlap,
            _ => {}
        }
        let begin = self.ran_out.partition_point(|end| *end < first);
        let inside = self.ran_out.iter().skip(begin);
        let mut inside = inside.take_while(|end| **end <= last);
        match (inside.next(), inside.last()) {
            (Some(_), Some(furthest)) if *furthest == last => Way::RanOut,
            _ => Way::Free,
        }
    }
}

impl Engine {
    /// Returns the places of the operations that are to be carried out, and
    /// says why a ban is not. An unban that is not has nothing to do.
    pub(super) fn sift(
        &mut self,
        operations: &[Operation],
        failures: &mut [Option<FirewallError>],
        sets: &[String],
    ) -> Vec<usize> {
        let mut listed: BTreeMap<usize, Listing> = BTreeMap::new();
        let mut going = Vec::with_capacity(operations.len());
        for (place, (operation, failure)) in operations.iter().zip(failures).enumerate() {
            if !operation.kind.is_network() {
                going.push(place);
                continue;
            }
            let network = operation.net;
            let set = sets.get(operation.set).map_or("", String::as_str);
            let listing =
                listed
                    .entry(operation.set)
                    .or_insert_with(|| match self.set_ranges(set) {
                        Ok(listed) => Listing::Held(Held::new(listed)),
                        Err(FirewallError::SetGone { .. }) => Listing::Gone,
                        Err(error) => Listing::Failed(Some(error)),
                    });
            let goes = match (listing, operation.ban) {
                (Listing::Gone, _) => true,
                (Listing::Failed(error), _) => {
                    let set = set.to_owned();
                    let reason = error.take();
                    *failure = Some(reason.unwrap_or(FirewallError::NotListed { network, set }));
                    false
                }
                (Listing::Held(held), None) => held.remove(network) == Way::Free,
                (Listing::Held(held), Some(_)) => {
                    let way = held.add(network);
                    let set = set.to_owned();
                    *failure = match way {
                        Way::Free => None,
                        Way::Overlap => Some(FirewallError::Overlap { network, set }),
                        Way::RanOut => Some(FirewallError::RanOut { network, set }),
                    };
                    way == Way::Free
                }
            };
            if goes {
                going.push(place);
            }
        }
        going
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> IpNet {
        text.parse().unwrap()
    }

    /// *Shape*: networks that are there, and with a `!` those that ran out.
    fn held(there: &[&str]) -> Held {
        let (ran_out, there): (Vec<&str>, Vec<&str>) =
            there.iter().partition(|it| it.starts_with('!'));
        Held::new(Listed {
            ranges: there.iter().map(|it| Range::of(net(it))).collect(),
            ran_out: ran_out
                .iter()
                .map(|it| net(it.trim_start_matches('!')).broadcast())
                .collect(),
        })
    }

    #[test]
    fn no_overlap_is_missed() {
        let check = |there: &[&str], asked: &str, expected: Way| {
            assert_eq!(held(there).add(net(asked)), expected, "{there:?}, {asked}");
        };
        check(&[], "10.0.0.0/8", Way::Free);
        check(&["10.0.0.0/8"], "10.0.0.0/8", Way::Free);
        check(&["9.0.0.0/8", "11.0.0.0/8"], "10.0.0.0/8", Way::Free);
        check(&["10.0.0.0/8"], "10.0.0.0/16", Way::Overlap);
        check(&["10.0.0.0/16"], "10.0.0.0/8", Way::Overlap);
        check(&["10.128.0.0/9"], "10.0.0.0/8", Way::Overlap);
        check(&["10.0.0.0/8"], "10.128.0.0/9", Way::Overlap);
        check(&["10.1.0.0/16", "12.0.0.0/8"], "10.0.0.0/8", Way::Overlap);
        check(&["0.0.0.0/0"], "255.0.0.0/8", Way::Overlap);
        check(&["255.0.0.0/8"], "0.0.0.0/0", Way::Overlap);
        check(&["0.0.0.0/1"], "128.0.0.0/1", Way::Free);
        check(&["8000::/16"], "8000::/1", Way::Overlap);
    }

    #[test]
    fn what_ran_out_is_in_the_way_if_it_would_take_the_end_along() {
        let check = |ran_out: &[&str], asked: &str, expected: Way| {
            let mut held = held(ran_out);
            assert_eq!(held.remove(net(asked)), expected, "{ran_out:?}, {asked}");
            assert_eq!(held.add(net(asked)), expected, "{ran_out:?}, {asked}");
        };
        check(&["!10.0.0.0/8"], "10.0.0.0/8", Way::Free);
        check(&["!10.128.0.0/9"], "10.0.0.0/8", Way::Free);
        check(&["!10.1.0.0/16", "!10.2.0.0/16"], "10.0.0.0/8", Way::Free);
        check(&["!9.0.0.0/8", "!10.128.0.0/9"], "10.0.0.0/8", Way::Free);
        check(
            &["!10.1.0.0/16", "!10.128.0.0/9"],
            "10.0.0.0/8",
            Way::RanOut,
        );
        check(&["!10.0.0.0/9", "!10.128.0.0/9"], "10.0.0.0/8", Way::RanOut);
    }

    #[test]
    fn only_what_is_there_goes() {
        let check = |there: &str, asked: &str, expected: Way| {
            let mut held = held(&[there]);
            assert_eq!(held.remove(net(asked)), expected, "{there}, {asked}");
            assert_eq!(held.ranges.is_empty(), expected == Way::Free);
        };
        check("10.0.0.0/8", "10.0.0.0/8", Way::Free);
        check("10.0.0.0/8", "10.0.0.0/16", Way::Overlap);
        check("10.0.0.0/16", "10.0.0.0/8", Way::Overlap);
        check("10.128.0.0/9", "10.0.0.0/8", Way::Overlap);
        check("128.0.0.0/8", "128.0.0.0/1", Way::Overlap);
    }
}
