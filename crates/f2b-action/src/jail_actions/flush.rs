//! Lifting all bans of a jail.

use f2b_core::FailId;

use super::member::Member;
use super::{JailActions, told_check, unban};
use crate::action::{Repair, Run};
use crate::line::{Level, Logger};
use crate::{Info, World, text};

/// Why all bans are lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flush {
    /// They end; the jail goes on.
    Unban,
    /// The jail stops: what is gone is not made anew.
    Stop,
}

impl JailActions {
    /// Lifts all bans with the actions that can do that at once (`actionflush`).
    ///
    /// `only` names the one action that is concerned, if it is not all. The others have to be told of
    /// each ban: [`Self::unban_singly`].
    pub fn flush(&mut self, world: &mut World<'_>, why: Flush, only: Option<&str>) {
        self.each(world, false, |jail, action, run| {
            if is_meant(action, only) && action.flushes() {
                flush(jail, action, run, why);
            }
        });
        if only.is_none() {
            self.epochs.clear();
        }
    }

    /// Lifts one of all bans with the actions that cannot lift them all at once.
    pub fn unban_singly(
        &mut self,
        world: &mut World<'_>,
        id: &FailId,
        only: Option<&str>,
        info: &mut dyn Info,
    ) {
        self.each(world, false, |jail, action, run| {
            if is_meant(action, only) && !action.flushes() {
                unban(jail, action, run, id, info);
            }
        });
    }

    /// Tells whether every action lifts all bans at once, so that none has to be told of each.
    #[must_use]
    pub fn flushes_all(&self, only: Option<&str>) -> bool {
        let mut meant = self.actions.iter().filter(|action| is_meant(action, only));
        meant.all(Member::flushes)
    }
}

fn is_meant(action: &Member, only: Option<&str>) -> bool {
    only.is_none_or(|only| action.name() == only)
}

fn flush(jail: &str, action: &mut Member, run: &mut Run<'_, '_>, why: Flush) {
    let line = text::flush(jail, action.name());
    run.log(Level::Notice, Logger::Actions, line);
    let Err(error) = action.flush(run) else {
        return;
    };
    let line = text::flush_failed(jail, action.name(), &error);
    run.log(Level::Error, Logger::Actions, line);
    run.log(Level::Info, Logger::Actions, text::NO_FLUSH);
    let repair = match why {
        Flush::Unban => Repair::Always,
        Flush::Stop => Repair::Never {
            logger: Logger::Actions,
            word: "Flush",
        },
    };
    let checked = action.check_after_flush(run, &repair);
    told_check(jail, action, run, checked);
}
