//! Whether what an action made is still there, and making it anew.

use super::{Action, ActionError, Repair, Run};
use crate::line::{Level, Logger};
use crate::spawn::Kind;
use crate::{Command, Family, Script};

impl Action {
    /// Checks all that it was started for; `false` if something is gone and did not come back.
    ///
    /// What could not be repaired counts as not started, so that the next ban may start it.
    pub(crate) fn consistency_check(
        &mut self,
        run: &mut Run<'_, '_>,
        repair: &Repair,
    ) -> Result<bool, ActionError> {
        let mut is_sane = true;
        for family in self.started() {
            // What was stopped together with an earlier family is none of those started any more.
            if self.is_started(family) && !self.is_sane(run, family, repair.clone())? {
                is_sane = false;
                if let Repair::Always = repair {
                    self.families.retain(|started| started.family != family);
                }
            }
        }
        Ok(is_sane)
    }

    /// Checks one family and repairs it if that is allowed.
    pub(super) fn is_sane(
        &mut self,
        run: &mut Run<'_, '_>,
        family: Family,
        repair: Repair,
    ) -> Result<bool, ActionError> {
        if self.check(run, family)? {
            return Ok(true);
        }
        if let Repair::Never { logger, word } = repair {
            let text = format!("Invariant check failed. {word} is impossible.");
            run.log(Level::Error, logger, text);
            return Ok(false);
        }
        run.log(
            Level::Error,
            Logger::CommandAction,
            "Invariant check failed. Trying to restore a sane environment",
        );
        self.invalidate(run);
        self.forget_bans(family);
        if self.definition.has(Command::Repair) {
            let text = self.text(run, Command::Repair, family)?;
            if !self.execute(run, Kind::Whole, &Script::plain(&text)) {
                self.families.retain(|started| started.family != family);
                return Ok(unable(run));
            }
        } else {
            self.start_anew(run, family)?;
        }
        if self.check(run, family)? {
            return Ok(true);
        }
        Ok(unable(run))
    }

    /// Lets every ban of an earlier epoch be made again when it is met.
    pub(crate) fn invalidate(&mut self, run: &mut Run<'_, '_>) {
        *run.epoch += 1;
        self.definition.epoch = *run.epoch;
    }

    /// Stops and starts a family.
    ///
    /// Differs: whatever the same `actionstop` stopped is no reason not to start again. The original
    /// takes an action that does not tell families apart for started, and leaves it stopped the first
    /// time (contract B 10, no. 6).
    fn start_anew(&mut self, run: &mut Run<'_, '_>, family: Family) -> Result<(), ActionError> {
        let before = self.families.clone();
        let stopped = self.stop_family(run, family)?;
        if family == Family::Neither {
            return self.start(run);
        }
        self.start_for(run, &[family])?;
        let text = self.text(run, Command::Start, family)?;
        for other in &before {
            // Stopped together, started together: their bans are still to be lifted.
            if stopped.contains(&other.family)
                && self.text(run, Command::Start, other.family)? == text
            {
                self.mark(other.family, other.has_bans);
            }
        }
        // What was started anew keeps its place among the others.
        let place = |family| before.iter().position(|other| other.family == family);
        self.families
            .sort_by_key(|started| place(started.family).unwrap_or(before.len()));
        Ok(())
    }

    /// Runs `actioncheck`. As the original: no tag of a ban is replaced in it, nor in `actionrepair`.
    fn check(&mut self, run: &mut Run<'_, '_>, family: Family) -> Result<bool, ActionError> {
        let text = self.text(run, Command::Check, family)?;
        Ok(text.is_empty() || self.execute(run, Kind::Whole, &Script::plain(&text)))
    }
}

fn unable(run: &mut Run<'_, '_>) -> bool {
    run.log(
        Level::Critical,
        Logger::CommandAction,
        "Unable to restore environment",
    );
    false
}
