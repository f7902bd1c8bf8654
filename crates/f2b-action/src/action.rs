//! One action of a jail: what it was started for, and the way of each command.

mod check;
mod operation;

use std::sync::Arc;

use crate::line::{Level, Line, Logger};
use crate::spawn::{Kind, turn};
use crate::{
    Command, Definition, ElementChange, ElementSet, Family, Host, Info, Raised, Script, TagError,
    World, report,
};

/// What a command of an action came to, if not to its end. The texts are the original's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// A command that no ban belongs to failed.
    #[error("Error {operation} action Jail({})/{action}: 'Script error'", crate::python::repr(.jail))]
    Operation {
        /// What was done: `starting`, `stopping`, `flushing`, `reloading`.
        operation: &'static str,
        /// The jail.
        jail: String,
        /// The action.
        action: String,
    },
    /// A command for a ban failed.
    #[error("Error {operation} {ip}")]
    Ban {
        /// What was done: `banning`, `prolonging`, `unbanning`.
        operation: &'static str,
        /// The tag `<ip>` of the ban.
        ip: String,
    },
    /// A command's tags cannot be replaced.
    #[error(transparent)]
    Tags(#[from] TagError),
    /// An action written in Python has raised an exception.
    #[error(transparent)]
    Raised(#[from] Box<Raised>),
    /// The process of an action written in Python does not do what it should.
    #[error("{0}")]
    Process(String),
}

/// A call on its way through the actions of a jail.
pub(crate) struct Run<'r, 'w> {
    pub(crate) world: &'r mut World<'w>,
    pub(crate) jail: &'r str,
    /// The jail's ban epoch: how often anything had to be repaired.
    pub(crate) epoch: &'r mut u64,
    /// How many scripts were run.
    pub(crate) scripts: &'r mut u64,
}

impl Run<'_, '_> {
    pub(crate) fn log(&mut self, level: Level, logger: Logger, text: impl Into<String>) {
        (self.world.log)(Line::new(level, logger, text));
    }
}

/// What an action may do when its environment turns out to be gone.
#[derive(Clone)]
pub(crate) enum Repair {
    /// Make it anew.
    Always,
    /// Nothing but say so.
    Never {
        logger: Logger,
        /// What cannot be done then: `Unban`, `Flush`.
        word: &'static str,
    },
}

/// An action and what it was started for.
#[derive(Clone, Debug)]
pub(crate) struct Action {
    pub(crate) definition: Definition,
    /// What it was started for, in this order.
    families: Vec<Started>,
}

#[derive(Clone, Copy, Debug)]
struct Started {
    family: Family,
    /// Whether there can be bans: only then they are lifted and flushed.
    has_bans: bool,
}

impl Action {
    pub(crate) fn new(definition: Definition) -> Self {
        let families = Vec::new();
        Self {
            definition,
            families,
        }
    }

    /// Bans; an action that starts on demand is started first.
    pub(crate) fn ban(
        &mut self,
        run: &mut Run<'_, '_>,
        info: &mut dyn Info,
    ) -> Result<(), ActionError> {
        self.ban_with(run, info, Command::Ban)
    }

    /// Bans again what an earlier repair may have lost.
    pub(crate) fn reban(
        &mut self,
        run: &mut Run<'_, '_>,
        info: &mut dyn Info,
    ) -> Result<(), ActionError> {
        let has_own = self.definition.has(Command::Reban);
        let command = if has_own {
            Command::Reban
        } else {
            Command::Ban
        };
        self.ban_with(run, info, command)
    }

    fn ban_with(
        &mut self,
        run: &mut Run<'_, '_>,
        info: &mut dyn Info,
        command: Command,
    ) -> Result<(), ActionError> {
        let family = Family::named(info.tag("family").as_deref());
        if self.definition.starts_on_demand() && !self.is_started(family) {
            // What is no address concerns every family. As the original, though those may be started.
            match family {
                Family::Neither => self.start(run)?,
                _ => self.start_for(run, &[family])?,
            }
        }
        if !self.attempt(run, info, command, family, Repair::Always)? {
            return Err(failed("banning", info));
        }
        self.mark(family, true);
        Ok(())
    }

    /// Says that a ban ends later than was said.
    pub(crate) fn prolong(
        &mut self,
        run: &mut Run<'_, '_>,
        info: &mut dyn Info,
    ) -> Result<(), ActionError> {
        let family = Family::named(info.tag("family").as_deref());
        if self.attempt(run, info, Command::Prolong, family, Repair::Always)? {
            return Ok(());
        }
        Err(failed("prolonging", info))
    }

    /// Lifts a ban, if anything of its family was banned.
    pub(crate) fn unban(
        &mut self,
        run: &mut Run<'_, '_>,
        info: &mut dyn Info,
    ) -> Result<(), ActionError> {
        let family = Family::named(info.tag("family").as_deref());
        let mut started = self.families.iter();
        if !started.any(|started| started.family == family && started.has_bans) {
            return Ok(());
        }
        let repair = if self.definition.repairs_on_unban() {
            Repair::Always
        } else {
            Repair::Never {
                logger: Logger::CommandAction,
                word: "Unban",
            }
        };
        if self.attempt(run, info, Command::Unban, family, repair)? {
            return Ok(());
        }
        Err(failed("unbanning", info))
    }

    /// Runs a command for a ban, and once more if a check has found, or made, the environment sane.
    fn attempt(
        &mut self,
        run: &mut Run<'_, '_>,
        info: &mut dyn Info,
        command: Command,
        family: Family,
        repair: Repair,
    ) -> Result<bool, ActionError> {
        if self.changes_element(run, info, command, family) {
            return Ok(true);
        }
        let text = self.definition.text(command, family, run.world.host)?;
        let script = Script::fill(&text, info);
        if self.execute(run, Kind::Ban, &script) {
            return Ok(true);
        }
        // Differs: without a check there is no reason why it should go better a second time; the
        // original runs it again, and a report is sent twice.
        if !self.definition.has(Command::Check) {
            return Ok(false);
        }
        Ok(self.is_sane(run, family, repair)? && self.execute(run, Kind::Ban, &script))
    }

    /// Does the work of a command that only changes an element of a set, if it is such a one and that
    /// goes well. What goes wrong is seen again, and told, when the command itself is run.
    fn changes_element(
        &mut self,
        run: &mut Run<'_, '_>,
        info: &mut dyn Info,
        command: Command,
        family: Family,
    ) -> bool {
        let Some(change) = ElementChange::of(command) else {
            return false;
        };
        let (Some(set), Some(ip)) = (
            self.definition.element_set(family, run.world.host),
            info.tag("ip"),
        ) else {
            return false;
        };
        if !run.world.shell.change_element(&set, &ip, change) {
            return false;
        }
        let text = format!("{change} element {set} {{ {ip} }}: done without running a command");
        run.log(Level::Debug, Logger::Action, text);
        true
    }

    /// Returns the set that bans of a family go into without a command.
    pub(crate) fn element_set(&mut self, family: Family, host: &Host) -> Option<Arc<ElementSet>> {
        self.definition.element_set(family, host)
    }

    /// Has its set hold a ban that it should hold already, without running a command.
    pub(crate) fn renew(&mut self, run: &mut Run<'_, '_>, info: &mut dyn Info) -> bool {
        let family = Family::named(info.tag("family").as_deref());
        self.is_started(family) && self.changes_element(run, info, Command::Ban, family)
    }

    /// Puts a ban back that its set has lost, whatever has to be run for it.
    pub(crate) fn put_back(
        &mut self,
        run: &mut Run<'_, '_>,
        info: &mut dyn Info,
    ) -> Result<(), ActionError> {
        let family = Family::named(info.tag("family").as_deref());
        let set = self.definition.element_set(family, run.world.host);
        if set.is_none() {
            return Ok(());
        }
        if self.renew(run, info) {
            self.mark(family, true);
            return Ok(());
        }
        self.ban(run, info)
    }

    /// Runs a script and tells of it.
    fn execute(&self, run: &mut Run<'_, '_>, kind: Kind, script: &Script) -> bool {
        run.log(Level::Detail, Logger::Action, script.shown());
        if script.text.is_empty() {
            run.log(Level::Debug, Logger::Action, "Nothing to do");
            return true;
        }
        let (shown, timeout) = self.definition.timeout();
        let turn = turn(self.definition.name(), kind);
        let outcome = run.world.shell.run(script, timeout);
        drop(turn);
        *run.scripts += 1;
        // Something that looks like the original's, which is an address in its memory.
        let id = format!("7f{:010x}", *run.scripts);
        report(&id, script, &shown, &outcome, run.world.log);
        outcome.is_success()
    }

    pub(crate) fn is_started(&self, family: Family) -> bool {
        self.families.iter().any(|started| started.family == family)
    }

    /// Notes that it is started for a family.
    fn mark(&mut self, family: Family, has_bans: bool) {
        let mut started = self.families.iter_mut();
        match started.find(|started| started.family == family) {
            Some(started) => started.has_bans |= has_bans,
            None => self.families.push(Started { family, has_bans }),
        }
    }

    fn forget_bans(&mut self, family: Family) {
        for started in &mut self.families {
            if started.family == family {
                started.has_bans = false;
            }
        }
    }

    fn started(&self) -> Vec<Family> {
        self.families.iter().map(|started| started.family).collect()
    }
}

fn failed(operation: &'static str, info: &mut dyn Info) -> ActionError {
    let ip = info.tag("ip").unwrap_or_default();
    ActionError::Ban { operation, ip }
}
