//! Commands that no ban belongs to: once for each family, but never twice the same text.

use std::sync::Arc;

use super::{Action, ActionError, Run};
use crate::info::OfFamily;
use crate::spawn::Kind;
use crate::{Command, Family, Script, TagError};

/// What running a command for several families came to.
struct Operated {
    /// For which it was run, or need not be.
    done: Vec<Family>,
    has_failed: bool,
}

impl Action {
    /// Starts an action that does not wait for a first ban.
    pub(crate) fn begin(&mut self, run: &mut Run<'_, '_>) -> Result<(), ActionError> {
        if self.definition.starts_on_demand() {
            return Ok(());
        }
        self.start(run)
    }

    /// Starts for all families, when no ban says which.
    pub(crate) fn start(&mut self, run: &mut Run<'_, '_>) -> Result<(), ActionError> {
        let families = self.definition.families(run.world.host);
        self.start_for(run, families)
    }

    /// Starts for some families.
    ///
    /// Where another family is started with the same text it is not run again.
    pub(super) fn start_for(
        &mut self,
        run: &mut Run<'_, '_>,
        families: &[Family],
    ) -> Result<(), ActionError> {
        let started = self.started();
        let operated = self.operate(run, Command::Start, families, &started)?;
        for family in operated.done {
            self.mark(family, false);
        }
        self.ended(run, operated.has_failed, "starting")
    }

    /// Stops for all that it was started for, and forgets it whatever comes of it.
    pub(crate) fn stop(&mut self, run: &mut Run<'_, '_>) -> Result<(), ActionError> {
        let started = self.started();
        let operated = self.operate(run, Command::Stop, &started, &[]);
        self.families.clear();
        self.ended(run, operated?.has_failed, "stopping")
    }

    /// Lifts all bans of the families that have any.
    ///
    /// Differs: the original does not run a text that a family without bans has as well, and leaves
    /// the bans in place.
    pub(crate) fn flush(&mut self, run: &mut Run<'_, '_>) -> Result<(), ActionError> {
        let with_bans = self.families.iter().filter(|started| started.has_bans);
        let with_bans: Vec<Family> = with_bans.map(|started| started.family).collect();
        let operated = self.operate(run, Command::Flush, &with_bans, &[])?;
        for family in operated.done {
            self.forget_bans(family);
        }
        self.ended(run, operated.has_failed, "flushing")
    }

    /// Says that the server was reloaded and this action stays.
    pub(crate) fn reload(&mut self, run: &mut Run<'_, '_>) -> Result<(), ActionError> {
        let started = self.started();
        let operated = self.operate(run, Command::Reload, &started, &[])?;
        self.ended(run, operated.has_failed, "reloading")
    }

    /// Stops a family, whatever comes of it, and returns what else was stopped with the same text.
    pub(super) fn stop_family(
        &mut self,
        run: &mut Run<'_, '_>,
        family: Family,
    ) -> Result<Vec<Family>, TagError> {
        let mut stopped = Vec::new();
        if family == Family::Neither {
            // As the original: what is no address concerns every family.
            stopped = self.started();
        } else {
            let text = self.text(run, Command::Stop, family)?;
            if self.is_started(family) {
                stopped.push(family);
            }
            for other in self.started() {
                if other != family && self.text(run, Command::Stop, other)? == text {
                    stopped.push(other);
                }
            }
        }
        self.operate(run, Command::Stop, &stopped, &[])?;
        self.families
            .retain(|started| !stopped.contains(&started.family));
        Ok(stopped)
    }

    /// Runs a command for some families.
    ///
    /// A text that succeeded for one of them, or with which another is `started` already, is not run
    /// again. A failure for one does not keep the others from their turn.
    fn operate(
        &mut self,
        run: &mut Run<'_, '_>,
        command: Command,
        families: &[Family],
        started: &[Family],
    ) -> Result<Operated, TagError> {
        let mut ran: Vec<Arc<str>> = Vec::new();
        let mut done = Vec::new();
        let mut has_failed = false;
        for &family in families {
            let text = self.text(run, command, family)?;
            let mut is_done = text.is_empty() || ran.contains(&text);
            for &other in started {
                is_done |= other != family && self.text(run, command, other)? == text;
            }
            if is_done {
                done.push(family);
                continue;
            }
            let mut info = OfFamily {
                family,
                info: run.world.no_ban,
            };
            let script = Script::fill(&text, &mut info);
            if self.execute(run, Kind::Whole, &script) {
                ran.push(text);
                done.push(family);
            } else {
                has_failed = true;
            }
        }
        Ok(Operated { done, has_failed })
    }

    pub(super) fn text(
        &mut self,
        run: &Run<'_, '_>,
        command: Command,
        family: Family,
    ) -> Result<Arc<str>, TagError> {
        self.definition.text(command, family, run.world.host)
    }

    fn ended(
        &self,
        run: &Run<'_, '_>,
        has_failed: bool,
        operation: &'static str,
    ) -> Result<(), ActionError> {
        if !has_failed {
            return Ok(());
        }
        Err(ActionError::Operation {
            operation,
            jail: run.jail.to_owned(),
            action: self.definition.name().to_owned(),
        })
    }
}
