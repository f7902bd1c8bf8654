//! What becomes of orders when too many wait for the actions of a jail.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use f2b_core::FailId;

use super::ActionOrder;

/// How many orders may wait for one jail's actions before new bans are given up.
pub(super) const MOST_WAITING: usize = 50_000;

/// What becomes of an order.
#[derive(Debug)]
pub(super) enum Fate {
    /// It waits for its turn.
    Waits(ActionOrder),
    /// There is nothing to do for it.
    Needless,
    /// Too many wait.
    GivenUp,
}

/// Remembers who is banned without the actions knowing it.
#[derive(Debug, Default)]
pub(super) struct Overflow {
    untold: Mutex<HashSet<FailId>>,
}

impl Overflow {
    /// Decides what becomes of an order while so many others wait; `is_asked` if a client waits for it.
    ///
    /// Only what attackers can cause without end is given up. All else is bounded by what it is about: the bans
    /// that stand, a request, a reload. A jail is never left unstopped, nor a ban unlifted.
    pub(super) fn fate(&self, order: ActionOrder, is_asked: bool, waiting: usize) -> Fate {
        let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = waiting >= MOST_WAITING && !is_asked;
        match order {
            ActionOrder::Ban(info) if is_full && !info.ban.restored => {
                untold.insert(info.ban.id);
                Fate::GivenUp
            }
            ActionOrder::Ban(info) => {
                untold.remove(&info.ban.id);
                Fate::Waits(ActionOrder::Ban(info))
            }
            ActionOrder::AlreadyBanned(_) | ActionOrder::Prolong(_) if is_full => Fate::GivenUp,
            // It could not be told of before, and now it can.
            ActionOrder::AlreadyBanned(info) if untold.remove(&info.ban.id) => {
                Fate::Waits(ActionOrder::Ban(info))
            }
            ActionOrder::Unban(info) if untold.remove(&info.ban.id) => Fate::Needless,
            // Whoever is told of all bans knows these as well: they have to be lifted.
            ActionOrder::PutBack(ref bans)
            | ActionOrder::Begin { ref bans, .. }
            | ActionOrder::Replace { ref bans, .. } => {
                for info in bans {
                    untold.remove(&info.ban.id);
                }
                Fate::Waits(order)
            }
            ActionOrder::Stop => {
                untold.clear();
                Fate::Waits(order)
            }
            other => Fate::Waits(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use f2b_core::{Ban, Bantime, UnixTime};

    use super::*;
    use crate::shell::{Counts, TicketInfo};
    use crate::storage::Database;

    fn info(id: &str, restored: bool) -> Box<TicketInfo> {
        let ban = Ban {
            id: FailId::parse(id),
            time: UnixTime::from_seconds(0),
            bantime: Bantime::from_seconds(600),
            has_own_bantime: false,
            count: 1,
            failures: 1,
            matches: Vec::new(),
            fields: Vec::new(),
            restored,
        };
        Box::new(TicketInfo {
            jail: Arc::from("sshd"),
            ban,
            counts: Counts::default(),
            database: Database::default(),
        })
    }

    fn fate(overflow: &Overflow, order: ActionOrder, waiting: usize) -> &'static str {
        match overflow.fate(order, false, waiting) {
            Fate::Waits(ActionOrder::Ban(_)) => "waits as ban",
            Fate::Waits(_) => "waits",
            Fate::Needless => "needless",
            Fate::GivenUp => "given up",
        }
    }

    #[test]
    fn only_new_bans_are_given_up() {
        let overflow = Overflow::default();
        let check = |order: ActionOrder, expected: &str| {
            assert_eq!(fate(&overflow, order, MOST_WAITING), expected);
        };
        check(ActionOrder::Ban(info("192.0.2.1", false)), "given up");
        check(
            ActionOrder::AlreadyBanned(info("192.0.2.1", false)),
            "given up",
        );
        check(ActionOrder::Prolong(info("192.0.2.2", false)), "given up");
        check(ActionOrder::Ban(info("192.0.2.3", true)), "waits as ban");
        check(ActionOrder::Unban(info("192.0.2.3", true)), "waits");
        check(ActionOrder::Start, "waits");
        check(ActionOrder::Stop, "waits");
        let asked = ActionOrder::Ban(info("192.0.2.4", false));
        let fate = overflow.fate(asked, true, MOST_WAITING);
        assert!(matches!(fate, Fate::Waits(_)), "{fate:?}");
    }

    #[test]
    fn a_ban_that_was_given_up_and_told_with_all_others_is_lifted() {
        let overflow = Overflow::default();
        let bans = vec![*info("192.0.2.1", false)];
        let action = "one".to_owned();
        for order in [
            ActionOrder::PutBack(bans.clone()),
            ActionOrder::Begin { action, bans },
        ] {
            let ban = ActionOrder::Ban(info("192.0.2.1", false));
            assert_eq!(fate(&overflow, ban, MOST_WAITING), "given up");
            assert_eq!(fate(&overflow, order, MOST_WAITING), "waits");
            let unban = ActionOrder::Unban(info("192.0.2.1", false));
            assert_eq!(fate(&overflow, unban, MOST_WAITING), "waits");
        }
    }

    #[test]
    fn a_ban_that_was_given_up_is_made_up_for_or_not_lifted() {
        let overflow = Overflow::default();
        for id in ["192.0.2.1", "192.0.2.2"] {
            let order = ActionOrder::Ban(info(id, false));
            assert_eq!(fate(&overflow, order, MOST_WAITING), "given up");
        }
        let check = |order: ActionOrder, expected: &str| {
            assert_eq!(fate(&overflow, order, 0), expected);
        };
        check(
            ActionOrder::AlreadyBanned(info("192.0.2.1", false)),
            "waits as ban",
        );
        check(
            ActionOrder::AlreadyBanned(info("192.0.2.1", false)),
            "waits",
        );
        check(ActionOrder::Unban(info("192.0.2.1", false)), "waits");
        check(ActionOrder::Unban(info("192.0.2.2", false)), "needless");
        check(ActionOrder::Unban(info("192.0.2.2", false)), "waits");
    }
}
