//! Bans and their ends: many in one transaction, and what came of each.

use f2b_core::{FailId, UnixTime};
use f2b_firewall::{Change, FirewallError, Outcome};

use super::{Kernel, TABLE, timeout, told};
use crate::batch::Batch;
use crate::clock;
use crate::enforcement::BanState;
use crate::log::Line;
use crate::repairs::Scope;
use crate::text;

/// A change, and which batch and identity it is for.
pub(super) struct Asked {
    pub(super) batch: usize,
    pub(super) id: FailId,
    pub(super) change: Change,
}

impl Kernel {
    /// Notes a ban for the next transaction. One that the kernel cannot hold is a line for the log.
    pub(super) fn ask_ban(
        &mut self,
        batch: usize,
        jail: String,
        id: FailId,
        end: Option<UnixTime>,
        asked: &mut Vec<Asked>,
    ) -> Option<Line> {
        let mut state = self.enforcement.lock();
        let held = state.jails.entry(&jail);
        let reason = match (&held.failed, id.to_net()) {
            (Some(reason), _) => format!("the jail has no sets in the kernel: {reason}"),
            (None, None) => "it is no address, and the kernel knows nothing else".to_owned(),
            (None, Some(net)) => {
                held.note(&id, end, BanState::Asked);
                drop(state);
                let now = clock::now();
                let timeout = end.map(|end| timeout(end, now));
                if let Some(timeout) = timeout {
                    self.refresh.note(timeout, now);
                }
                let change = Change::Ban { jail, net, timeout };
                asked.push(Asked { batch, id, change });
                return None;
            }
        };
        let line = text::failed(&jail, TABLE, "ban", &id, &reason);
        held.note(&id, end, BanState::Failed(reason));
        self.engine.is_some().then_some(line)
    }

    pub(super) fn ask_unban(&self, batch: usize, jail: String, id: FailId, asked: &mut Vec<Asked>) {
        let mut state = self.enforcement.lock();
        if let Some(held) = state.jails.get_mut(&jail) {
            held.bans.swap_remove(&id);
            if held.failed.is_some() {
                return;
            }
        }
        if let Some(net) = id.to_net() {
            let change = Change::Unban { jail, net };
            asked.push(Asked { batch, id, change });
        }
    }

    pub(super) fn apply(&mut self, mut asked: Vec<Asked>, batches: &mut [Batch]) {
        if asked.is_empty() || self.engine.is_none() {
            return;
        }
        // Of networks that overlap the first comes in: let it be the one that keeps out most.
        asked.sort_by_key(|asked| Change::element_of(asked.change.net()).prefix_len());
        let (changes, places): (Vec<Change>, Vec<(usize, FailId)>) = asked
            .into_iter()
            .map(|asked| (asked.change, (asked.batch, asked.id)))
            .unzip();
        let mut outcomes = self.commit(&changes);
        if outcomes.iter().any(has_gone) {
            self.repairs.ask(Scope::Everything, clock::tick());
            let lines = self.tend();
            if let Some(batch) = batches.first_mut() {
                batch.lines.extend(lines);
            }
            outcomes = self.commit(&changes);
        }
        let waits = self.repairs.is_asked();
        let mut freed = Vec::new();
        let mut state = self.enforcement.lock();
        for (((batch, id), change), outcome) in places.into_iter().zip(changes).zip(outcomes) {
            let (jail, is_ban) = (change.jail(), matches!(change, Change::Ban { .. }));
            let ban = match outcome {
                Outcome::InKernel if is_ban => BanState::InKernel,
                Outcome::InKernel | Outcome::Gone => {
                    let net = Change::element_of(change.net());
                    if !is_ban && net.prefix_len() < net.max_prefix_len() {
                        freed.push((jail.to_owned(), net));
                    }
                    continue;
                }
                // The repair that is to come puts it in.
                ref outcome @ Outcome::Failed(_) if waits && has_gone(outcome) => continue,
                Outcome::Failed(error) => {
                    let reason = told(&error);
                    let what = if is_ban { "ban" } else { "unban" };
                    if let Some(batch) = batches.get_mut(batch) {
                        let line = text::failed(jail, TABLE, what, &id, &reason);
                        batch.lines.push(line);
                    }
                    BanState::Failed(reason)
                }
            };
            if is_ban {
                state.jails.entry(jail).note_state(&id, ban);
            }
        }
        drop(state);
        self.take_in_refused(&freed);
    }

    /// Carries changes out; without an engine nothing is.
    pub(super) fn commit(&mut self, changes: &[Change]) -> Vec<Outcome> {
        match &mut self.engine {
            Some(engine) => engine.apply(changes),
            None => Vec::new(),
        }
    }
}

/// Tells whether a change failed because something of ours is no longer there.
fn has_gone(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(error) if is_gone(error))
}

/// Tells whether something of ours is no longer there.
pub(super) fn is_gone(error: &FirewallError) -> bool {
    use FirewallError::{SetGone, TableGone};
    matches!(error, TableGone { .. } | SetGone { .. })
}
