//! What a jail has decided, turned into orders for kernel, database and log.

use f2b_core::{Ban, Bantime, Effect, FailId, UnixTime};

use super::Surroundings;
use super::jail::JailRuntime;
use super::past::PastBans;
use crate::batch::{Batch, KernelOrder};
use crate::shell::{ActionOrder, TicketInfo};
use crate::text;

impl JailRuntime {
    /// Turns what the jail has decided into orders for kernel, database and log.
    ///
    /// Tallies are held back: they reach the disk with the place in the log that they belong to, or not at
    /// all ([`Self::save_tallies`]). Bans do at once; one that is decided again is the same.
    pub(super) fn carry_out(
        &mut self,
        effects: Vec<Effect>,
        past: &mut PastBans,
        around: &Surroundings,
        batch: &mut Batch,
    ) {
        let jail = &self.name.clone();
        for effect in effects {
            match effect {
                Effect::Found { id, time } => {
                    batch.lines.push(text::found(jail, &id, time));
                    self.held_back.insert(id);
                }
                Effect::Attempted { id, time } => {
                    batch.lines.push(text::attempted(jail, &id, time));
                    self.held_back.insert(id);
                }
                bad @ Effect::FoundBad { .. } => batch.lines.extend(text::found_bad(jail, &bad)),
                Effect::Forgotten(id) => {
                    self.held_back.insert(id);
                }
                Effect::Ignored(id, by) => batch.lines.extend(text::ignored(jail, &id, &by)),
                Effect::Ban(ban) => {
                    batch.lines.push(text::ban(jail, &ban));
                    self.enforce(ban.id.clone(), ban.end(), batch);
                    self.tell_of(ActionOrder::Ban, &ban, around, batch);
                    past.note_ban(self.jail.name(), &ban);
                    batch.transaction.record_ban(jail, ban);
                }
                Effect::Increased { ban, before, from } => {
                    self.tell_of(ActionOrder::Prolong, &ban, around, batch);
                    batch
                        .lines
                        .extend(text::increased(jail, &ban, before, from));
                }
                Effect::AlreadyOver(id) => batch.lines.push(text::already_over(jail, &id)),
                Effect::AlreadyBanned { id, age, end } => {
                    batch.lines.push(text::already_banned(jail, &id, age));
                    // Its packets should no longer come: whatever the kernel holds, this is what it
                    // shall hold.
                    if let Some(ban) = self.jail.bans().ban(&id) {
                        self.tell_of(ActionOrder::AlreadyBanned, ban, around, batch);
                    }
                    self.enforce(id, end, batch);
                }
                Effect::EndMoved(ban) => {
                    self.enforce(ban.id.clone(), ban.end(), batch);
                    batch.transaction.record_moved_end(jail, self.stored(ban));
                }
                Effect::Unban(ban, _cause) => {
                    batch.lines.push(text::unban(jail, &ban.id));
                    self.tell_of(ActionOrder::Unban, &ban, around, batch);
                    self.release(ban.id, batch);
                }
            }
        }
    }

    /// Records the tallies that have changed, unless something waits and their places do so too.
    pub(super) fn save_tallies(&mut self, batch: &mut Batch) {
        if self.is_parking {
            return;
        }
        let jail = &self.name;
        for id in self.held_back.drain(..) {
            match self.jail.tallies().tally(&id) {
                Some(tally) => batch.transaction.record_tally(jail, id, tally.clone()),
                None => batch.transaction.record_forgotten(jail, id),
            }
        }
    }

    /// Tells the actions that run commands of a ban, if there are any.
    fn tell_of(
        &self,
        order: fn(Box<TicketInfo>) -> ActionOrder,
        ban: &Ban,
        around: &Surroundings,
        batch: &mut Batch,
    ) {
        if self.worker.is_some() {
            let info = Box::new(self.info(ban.clone(), around));
            self.tell(order(info), batch);
        }
    }

    /// Has the kernel hold a ban until `end`.
    pub(super) fn enforce(&self, id: FailId, end: Option<UnixTime>, batch: &mut Batch) {
        if !self.has_native_action() {
            return;
        }
        batch.kernel.push(KernelOrder::Ban {
            jail: self.name.clone(),
            id,
            end,
        });
    }

    /// Has the kernel no longer hold a ban.
    pub(super) fn release(&self, id: FailId, batch: &mut Batch) {
        if self.has_native_action() {
            let jail = self.name.clone();
            batch.kernel.push(KernelOrder::Unban { jail, id });
        }
    }

    /// A prolonged ban as the database shall hold it: with the jail's own length and a later begin,
    /// since a length beyond the jail's own would be cut when it is restored.
    fn stored(&self, mut ban: Ban) -> Ban {
        let own = self.jail.settings().bantime;
        if let (Some(end), Bantime::Lasting(length)) = (ban.end(), own) {
            ban.time = end.minus(length);
            ban.bantime = own;
        }
        ban
    }
}
