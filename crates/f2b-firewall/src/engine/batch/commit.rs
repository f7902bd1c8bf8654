//! Transactions: as few as possible, and the culprits found by halving.

use rustix::io::Errno;

use crate::error::FirewallError;
use crate::netlink::socket::Trouble;
use crate::nftables::table;

use super::{Engine, MOST, Operation, Turn, write};

impl Engine {
    /// Commits all operations, in turns.
    pub(super) fn commit_all(
        &mut self,
        operations: &[Operation],
        failures: &mut [Option<FirewallError>],
        sets: &[String],
    ) {
        let mut failures = failures;
        for operations in operations.chunk_by(|one, next| one.turn() == next.turn()) {
            let (mine, rest) = failures.split_at_mut(operations.len().min(failures.len()));
            failures = rest;
            let together = match operations.first().map(Operation::turn) {
                Some(Turn::Together) => MOST,
                _ => 1,
            };
            for (operations, failures) in operations.chunks(together).zip(mine.chunks_mut(together))
            {
                if together == 1
                    && let ([operation], [failure]) = (operations, &mut *failures)
                {
                    *failure = self.hidden_overlap(operation, sets);
                    if failure.is_some() {
                        continue;
                    }
                }
                self.commit_or_halve(operations, failures, sets);
            }
        }
    }

    /// Finds a network with the same begin and another end, which the kernel
    /// would silently replace if one of the two reaches the last address.
    fn hidden_overlap(&mut self, operation: &Operation, sets: &[String]) -> Option<FirewallError> {
        let set = sets.get(operation.set).map_or("", String::as_str);
        let network = operation.net;
        match self.set_elements(operation.kind, set) {
            Ok(elements) => elements
                .iter()
                .map(|element| element.net)
                .any(|other| other.network() == network.network() && other != network)
                .then(|| FirewallError::Overlap {
                    network,
                    set: set.to_owned(),
                }),
            // The commit says it better.
            Err(FirewallError::SetGone { .. }) => None,
            Err(error) => Some(error),
        }
    }

    /// Commits operations; those that fail are found by halving, the others
    /// are in the kernel afterwards.
    fn commit_or_halve(
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
