//! What the kernel holds once all was said.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};

use ipnet::IpNet;

use crate::error::FirewallError;
use crate::netlink::socket::{QUESTIONS, Trouble};
use crate::nftables::element::{self, Place};
use crate::nftables::table;

use super::{Engine, Operation, write};

/// What was read back.
#[derive(Debug)]
pub(super) enum Seen {
    There,
    Absent,
    /// Another network with the same begin is there.
    Other,
    /// It could not be read; the first of a chunk has the reason.
    Unknown(Option<FirewallError>),
}

impl Engine {
    /// Asks for exactly the keys of the operations.
    pub(super) fn read_back(
        &mut self,
        operations: &[Operation],
        failures: &[Option<FirewallError>],
        sets: &[String],
    ) -> Vec<Seen> {
        let mut seen: Vec<Seen> = Vec::new();
        seen.resize_with(operations.len(), || Seen::Absent);
        for (operations, seen) in operations.chunks(QUESTIONS).zip(seen.chunks_mut(QUESTIONS)) {
            self.read_chunk(operations, sets, seen);
        }
        self.compare_ends(operations, failures, sets, &mut seen);
        seen
    }

    fn read_chunk(&mut self, operations: &[Operation], sets: &[String], seen: &mut [Seen]) {
        let table = &self.table;
        let asked = self.socket.get_each(
            element::GET,
            table::INET,
            operations.len(),
            |number, out| {
                let Some(operation) = operations.get(number) else {
                    return;
                };
                let set = sets.get(operation.set).map_or("", String::as_str);
                let place = Place {
                    table,
                    set,
                    id: None,
                };
                let (key, _) = write::keys(operation);
                element::list(out, place, |out| element::put(out, key, None));
            },
            |number, attributes| {
                let key = operations
                    .get(number)
                    .map(|operation| write::keys(operation).0);
                let there = attributes.is_some_and(|attributes| {
                    // Asked for a key inside a range, the kernel answers with
                    // the range.
                    element::read(attributes).any(|found| Some(found.key) == key && !found.is_end)
                });
                if let (Some(seen), true) = (seen.get_mut(number), there) {
                    *seen = Seen::There;
                }
            },
        );
        match asked {
            Ok(()) => {}
            Err(Trouble::Lost) if operations.len() > 1 => {
                let half = operations.len() / 2;
                let (first, second) = operations.split_at(half);
                let (first_seen, second_seen) = seen.split_at_mut(half.min(seen.len()));
                self.read_chunk(first, sets, first_seen);
                self.read_chunk(second, sets, second_seen);
            }
            Err(trouble) => {
                let mut error = Some(FirewallError::of(trouble, "read elements back"));
                for seen in seen {
                    *seen = Seen::Unknown(error.take());
                }
            }
        }
    }

    /// Looks twice where the begin of a network does not say which it is.
    ///
    /// When the kernel accepts both ends, the network is the one that was
    /// asked for. One that was refused may have found another there with the
    /// same begin, and one that reaches the last address has no second end.
    /// The kernel cannot be asked for an end reliably: it misses one where
    /// the next network begins. So the set is listed.
    fn compare_ends(
        &mut self,
        operations: &[Operation],
        failures: &[Option<FirewallError>],
        sets: &[String],
        seen: &mut [Seen],
    ) {
        let mut listed: BTreeMap<usize, HashSet<IpNet>> = BTreeMap::new();
        for ((operation, failure), seen) in operations.iter().zip(failures).zip(seen) {
            let unclear = failure.is_some() || write::keys(operation).1.is_none();
            if !operation.kind.is_network() || !unclear || !matches!(seen, Seen::There) {
                continue;
            }
            let nets = match listed.entry(operation.set) {
                Entry::Occupied(entry) => entry.into_mut(),
                Entry::Vacant(entry) => {
                    let set = sets.get(operation.set).map_or("", String::as_str);
                    match self.set_elements(operation.kind, set) {
                        Ok(elements) => {
                            entry.insert(elements.iter().map(|element| element.net).collect())
                        }
                        Err(error) => {
                            *seen = Seen::Unknown(Some(error));
                            continue;
                        }
                    }
                }
            };
            if !nets.contains(&operation.net) {
                *seen = Seen::Other;
            }
        }
    }
}
