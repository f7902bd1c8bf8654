//! Many changes in one transaction, and what the kernel holds afterwards.

mod commit;
mod read_back;
mod sift;
mod write;

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use ipnet::IpNet;

use crate::change::{Change, LONGEST_TIMEOUT, Outcome};
use crate::error::FirewallError;
use crate::names::SetKind;

use super::Engine;
use read_back::Seen;

/// How many changes go into one transaction: some 1.7 MiB of messages.
const MOST: usize = 16_384;

/// One change, as the kernel sees it.
#[derive(Debug, Clone, Copy)]
struct Operation {
    /// The place of the set's name in the list of names.
    set: usize,
    kind: SetKind,
    net: IpNet,
    /// `None` takes the element out.
    ban: Option<Stay>,
}

/// How long an element stays.
#[derive(Debug, Clone, Copy)]
struct Stay {
    /// `None` is for ever.
    timeout_ms: Option<u64>,
}

/// Where the answer to a change is to be found.
#[derive(Debug)]
enum Answer {
    /// The change is not possible at all.
    Refused(FirewallError),
    /// It is this operation.
    Operation(usize),
    /// A later change in the same call has the last word: this operation.
    Superseded(usize),
}

impl Engine {
    /// Carries out changes, as many as possible in one transaction, and says
    /// of each what the kernel holds after all of them.
    ///
    /// A change that the kernel refuses does not hold up the others. Of
    /// several changes for the same jail and network the last one counts.
    ///
    /// What is to go makes room for what is to come, whichever was said first.
    ///
    /// *Cost*: one datagram to the kernel and, for each 128 addresses, one more
    /// to read them back. A set of networks is listed before and after.
    pub fn apply(&mut self, changes: &[Change]) -> Vec<Outcome> {
        let begun = Instant::now();
        let (places, operations, sets) = self.operations(changes);
        let mut failures: Vec<Option<FirewallError>> = Vec::new();
        failures.resize_with(operations.len(), || None);
        let going = self.sift(&operations, &mut failures, &sets);
        self.commit_all(&operations, &going, &mut failures, &sets);
        let mut seen = self.read_back(&operations, &sets);
        self.take_back(&operations, &mut failures, &sets, &mut seen);
        let elapsed = begun.elapsed();
        places
            .into_iter()
            .zip(changes)
            .map(|(answer, change)| {
                let (at, superseded) = match answer {
                    Answer::Refused(error) => return Outcome::Failed(error),
                    Answer::Operation(at) => (at, false),
                    Answer::Superseded(at) => (at, true),
                };
                let (Some(operation), Some(seen)) = (operations.get(at), seen.get_mut(at)) else {
                    let jail = change.jail().to_owned();
                    return Outcome::Failed(FirewallError::NotStarted { jail });
                };
                let failure = failures.get_mut(at);
                let failure = failure.and_then(|failure| match superseded {
                    true => failure.as_ref().and_then(FirewallError::if_gone),
                    false => failure.take(),
                });
                let set = sets.get(operation.set).map_or("", String::as_str);
                outcome(operation, failure, seen, set, elapsed)
            })
            .collect()
    }

    /// Translates changes into operations, no two of them for one key.
    fn operations(&self, changes: &[Change]) -> (Vec<Answer>, Vec<Operation>, Vec<String>) {
        let mut sets: Vec<String> = Vec::new();
        let mut set_at: BTreeMap<(&str, SetKind), usize> = BTreeMap::new();
        let mut all: Vec<Result<Operation, FirewallError>> = Vec::with_capacity(changes.len());
        let mut last: HashMap<(usize, IpNet), usize> = HashMap::with_capacity(changes.len());
        for (at, change) in changes.iter().enumerate() {
            let operation = self.check(change).map(|(kind, net, ban)| {
                let set = *set_at.entry((change.jail(), kind)).or_insert_with(|| {
                    sets.push(kind.name(change.jail()));
                    sets.len().saturating_sub(1)
                });
                last.insert((set, net), at);
                Operation {
                    set,
                    kind,
                    net,
                    ban,
                }
            });
            all.push(operation);
        }
        // For each change the one that has the last word on its key, and for that
        // one its place among the operations.
        let last_at = |operation: &Operation| {
            let found = last.get(&(operation.set, operation.net)).copied();
            found.unwrap_or(usize::MAX)
        };
        let final_at: Vec<usize> = all
            .iter()
            .map(|operation| operation.as_ref().map_or(usize::MAX, last_at))
            .collect();
        let mut going: Vec<(usize, Operation)> = all
            .iter()
            .zip(&final_at)
            .enumerate()
            .filter(|(at, (_, last))| at == *last)
            .filter_map(|(at, (operation, _))| Some((at, *operation.as_ref().ok()?)))
            .collect();
        // What goes makes room for what comes.
        going.sort_by_key(|(_, operation)| operation.ban.is_some());
        let mut place_of = vec![usize::MAX; all.len()];
        for (place, (at, _)) in going.iter().enumerate() {
            if let Some(found) = place_of.get_mut(*at) {
                *found = place;
            }
        }
        let operations = going.into_iter().map(|(_, operation)| operation).collect();
        let places = all
            .into_iter()
            .zip(final_at)
            .enumerate()
            .map(|(at, (operation, last))| {
                let place = place_of.get(last).copied().unwrap_or(usize::MAX);
                match operation {
                    Err(error) => Answer::Refused(error),
                    Ok(_) if at == last => Answer::Operation(place),
                    Ok(_) => Answer::Superseded(place),
                }
            })
            .collect();
        (places, operations, sets)
    }

    /// Checks a change and finds its set.
    fn check(&self, change: &Change) -> Result<(SetKind, IpNet, Option<Stay>), FirewallError> {
        if !self.jails.contains_key(change.jail()) {
            let jail = change.jail().to_owned();
            return Err(FirewallError::NotStarted { jail });
        }
        let net = Change::element_of(change.net());
        let kind = match (net, net.prefix_len() == net.max_prefix_len()) {
            (IpNet::V4(_), true) => SetKind::Address4,
            (IpNet::V4(_), false) => SetKind::Network4,
            (IpNet::V6(_), true) => SetKind::Address6,
            (IpNet::V6(_), false) => SetKind::Network6,
        };
        let ban = match change {
            Change::Unban { .. } => None,
            Change::Ban { timeout, .. } => Some(Stay {
                timeout_ms: timeout.map(milliseconds),
            }),
        };
        Ok((kind, net, ban))
    }
}

/// Says what one operation came to.
fn outcome(
    operation: &Operation,
    failure: Option<FirewallError>,
    seen: &mut Seen,
    set: &str,
    elapsed: Duration,
) -> Outcome {
    let (network, set) = (operation.net, set.to_owned());
    match (seen, operation.ban) {
        (Seen::There, Some(_)) => failure.map_or(Outcome::InKernel, Outcome::Failed),
        (Seen::There | Seen::Left | Seen::Part, None) => {
            let reason = failure.unwrap_or(FirewallError::StillThere { network, set });
            Outcome::Failed(reason)
        }
        // It was to go and it is gone: what was said on the way does not
        // matter.
        (Seen::Absent | Seen::Other, None) => Outcome::Gone,
        (Seen::Left | Seen::Part | Seen::Other, Some(_)) => {
            let reason = failure.unwrap_or(FirewallError::Overlap { network, set });
            Outcome::Failed(reason)
        }
        (Seen::Absent, Some(stay)) => match failure {
            Some(failure) => Outcome::Failed(failure),
            None if stay.is_over(elapsed) => Outcome::Gone,
            None => Outcome::Failed(FirewallError::NotReadBack { network, set }),
        },
        (Seen::Unknown(error), _) => {
            let reason = failure.or_else(|| error.take());
            Outcome::Failed(reason.unwrap_or(FirewallError::NotReadBack { network, set }))
        }
    }
}

/// The longest tick of a kernel. It counts timeouts in ticks and the first of them has begun already, so
/// that one may end this much early.
const TICK: Duration = Duration::from_millis(10);

impl Stay {
    fn is_over(self, elapsed: Duration) -> bool {
        self.timeout_ms
            .is_some_and(|timeout| Duration::from_millis(timeout) <= elapsed.saturating_add(TICK))
    }
}

/// Rounds up to milliseconds, at least one: a timeout of 0 would be for ever.
fn milliseconds(timeout: Duration) -> u64 {
    let timeout = timeout.min(LONGEST_TIMEOUT);
    let milliseconds = timeout.as_nanos().div_ceil(1_000_000).max(1);
    u64::try_from(milliseconds).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_never_rounded_to_for_ever() {
        let check = |timeout: Duration, expected: u64| {
            assert_eq!(milliseconds(timeout), expected);
        };
        check(Duration::ZERO, 1);
        check(Duration::from_nanos(1), 1);
        check(Duration::from_micros(1500), 2);
        check(Duration::from_secs(600), 600_000);
        check(Duration::MAX, 2_000_000_000_000);
    }
}
