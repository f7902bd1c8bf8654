//! Bans that a repair may have lost.

use f2b_core::{FailId, Span, UnixTime};

use super::member::Member;
use super::{JailActions, Ticket, tell, told_check};
use crate::line::{Level, Logger};
use crate::{Info, World, text};

/// A failure of somebody who has been banned for this long lets the actions be checked.
const CHECKED_AFTER: Span = Span::from_seconds(3);

/// They are checked at most this often.
const CHECKED_EVERY: Span = Span::from_seconds(3);

impl JailActions {
    /// Is told of a further failure of somebody who is banned already.
    ///
    /// What an action had to make anew since the ban has lost it: there it is banned again, and `true`
    /// is returned if that went well. Otherwise, if the ban stands for more than three seconds and so
    /// should have held, all actions are checked, at most every three seconds.
    ///
    /// `since` is the time of the ban.
    pub fn already_banned(
        &mut self,
        world: &mut World<'_>,
        ticket: Ticket<'_>,
        since: UnixTime,
        info: &mut dyn Info,
    ) -> bool {
        if self.epoch_of(ticket.id) == self.epoch {
            let now = world.now;
            let is_due = match self.checked {
                Some(checked) => now.since(checked) >= CHECKED_EVERY,
                None => true,
            };
            if now.since(since) <= CHECKED_AFTER || !is_due {
                return false;
            }
            self.checked = Some(now);
            self.consistency_check(world);
        }
        self.reban(world, ticket, info)
    }

    /// Checks all actions and repairs what is gone.
    pub fn consistency_check(&mut self, world: &mut World<'_>) {
        self.each(world, false, |jail, action, run| {
            let checked = action.consistency_check(run).map(drop);
            told_check(jail, action, run, checked);
        });
    }

    fn reban(&mut self, world: &mut World<'_>, ticket: Ticket<'_>, info: &mut dyn Info) -> bool {
        let epoch = self.epoch_of(ticket.id);
        let concerned = |action: &Member| {
            let is_meant = !(ticket.is_restored && action.skips_restored());
            action.definition().epoch > epoch && is_meant
        };
        let names: Vec<&str> = self
            .actions
            .iter()
            .filter(|action| concerned(action))
            .map(Member::name)
            .collect();
        if names.is_empty() {
            return false;
        }
        let id = ticket.id.to_string();
        let line = text::reban(&self.jail, &id, &names);
        (world.log)(line);
        let mut is_good = true;
        self.each(world, false, |jail, action, run| {
            if !concerned(action) {
                return;
            }
            let line = text::doing(jail, action.name(), "reban", &id);
            run.log(Level::Debug, Logger::Actions, line);
            if let Err(error) = action.reban(run, info) {
                is_good = false;
                tell(run, "reban", jail, action, info, &error);
            }
        });
        if is_good {
            self.note_epoch(ticket.id);
        }
        is_good
    }

    fn epoch_of(&self, id: &FailId) -> u64 {
        self.epochs.get(id).copied().unwrap_or(0)
    }

    pub(super) fn note_epoch(&mut self, id: &FailId) {
        if self.epoch > 0 {
            self.epochs.insert(id.clone(), self.epoch);
        }
    }
}
