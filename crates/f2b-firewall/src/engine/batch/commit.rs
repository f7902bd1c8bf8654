//! Transactions: as few as possible, and the culprits found by halving.

use std::collections::BTreeSet;

use rustix::io::Errno;

use crate::error::FirewallError;
use crate::netlink::socket::Trouble;
use crate::nftables::table;

use super::{Engine, MOST, Operation, write};

impl Engine {
    /// Commits those operations that are to be carried out; `going` has their
    /// places.
    pub(super) fn commit_all(
        &mut self,
        operations: &[Operation],
        going: &[usize],
        failures: &mut [Option<FirewallError>],
        sets: &[String],
    ) {
        for places in going.chunks(MOST) {
            let chosen: Vec<Operation> = places
                .iter()
                .filter_map(|&place| operations.get(place).copied())
                .collect();
            let mut found: Vec<Option<FirewallError>> = Vec::new();
            found.resize_with(chosen.len(), || None);
            self.commit_or_halve(&chosen, &mut found, sets);
            for (&place, found) in places.iter().zip(found) {
                if let Some(failure) = failures.get_mut(place) {
                    *failure = found;
                }
            }
        }
    }

    /// Commits operations; those that fail are found by halving, the others
    /// are in the kernel afterwards.
    pub(super) fn commit_or_halve(
        &mut self,
        operations: &[Operation],
        failures: &mut [Option<FirewallError>],
        sets: &[String],
    ) {
        if operations.is_empty() {
            return;
        }
        let mut batch = self.socket.batch(table::INET);
        write::operations(&mut batch, &self.table, sets, operations);
        let Err(trouble) = self.socket.commit(batch) else {
            return;
        };
        let hopeless = match &trouble {
            Trouble::Refused {
                errno: Errno::PERM | Errno::ACCESS,
                ..
            }
            | Trouble::Silent => true,
            Trouble::Refused {
                errno: Errno::NOENT,
                ..
            } => !self.has_table().unwrap_or(true),
            _ => false,
        };
        if hopeless || operations.len() == 1 {
            for (operation, failure) in operations.iter().zip(failures) {
                let set = sets.get(operation.set).map_or("", String::as_str);
                *failure = Some(self.reason(&trouble, operation, set, hopeless));
            }
            return;
        }
        let is_there = |set: usize, there: &BTreeSet<String>| {
            sets.get(set).is_some_and(|set| there.contains(set))
        };
        if let Trouble::Refused {
            errno: Errno::NOENT,
            ..
        } = &trouble
            && let Ok(there) = self.set_names()
            && !operations.iter().all(|it| is_there(it.set, &there))
        {
            // Each single one would be refused for the same reason: a thousand
            // are some seconds.
            let mut rest: Vec<Operation> = Vec::new();
            let mut places = Vec::new();
            for (operation, failure) in operations.iter().zip(failures) {
                if is_there(operation.set, &there) {
                    rest.push(*operation);
                    places.push(failure);
                } else {
                    let set = sets.get(operation.set).map_or("", String::as_str);
                    *failure = Some(self.reason(&trouble, operation, set, false));
                }
            }
            let mut found: Vec<Option<FirewallError>> = Vec::new();
            found.resize_with(rest.len(), || None);
            self.commit_or_halve(&rest, &mut found, sets);
            for (place, found) in places.into_iter().zip(found) {
                *place = found;
            }
            return;
        }
        let half = operations.len() / 2;
        let (first, second) = operations.split_at(half);
        let (first_failures, second_failures) = failures.split_at_mut(half.min(failures.len()));
        self.commit_or_halve(first, first_failures, sets);
        self.commit_or_halve(second, second_failures, sets);
    }

    /// Words the refusal of one operation.
    fn reason(
        &self,
        trouble: &Trouble,
        operation: &Operation,
        set: &str,
        hopeless: bool,
    ) -> FirewallError {
        let network = operation.net;
        let set = set.to_owned();
        match trouble {
            Trouble::Refused { errno, .. } => match *errno {
                Errno::NFILE | Errno::NOSPC => FirewallError::SetFull { set },
                Errno::EXIST | Errno::NOTEMPTY if operation.kind.is_network() => {
                    FirewallError::Overlap { network, set }
                }
                Errno::NOENT if hopeless => FirewallError::TableGone {
                    table: self.table.clone(),
                },
                Errno::NOENT => FirewallError::SetGone { set },
                Errno::RANGE => FirewallError::TimeoutTooLong {
                    seconds: operation
                        .ban
                        .and_then(|stay| stay.timeout_ms)
                        .unwrap_or(u64::MAX)
                        / 1000,
                },
                errno => FirewallError::of(
                    Trouble::Refused { errno, label: None },
                    &format!("change {network} in set `{set}`"),
                ),
            },
            Trouble::Lost => FirewallError::of(Trouble::Lost, &format!("change {network}")),
            Trouble::Silent => FirewallError::of(Trouble::Silent, &format!("change {network}")),
            Trouble::Restless => FirewallError::of(Trouble::Restless, &format!("change {network}")),
            Trouble::TooLong => FirewallError::of(Trouble::TooLong, &format!("change {network}")),
        }
    }
}
