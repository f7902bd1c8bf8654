//! The actions of one jail, in order.

mod again;
mod elements;
mod flush;
mod member;
mod method;
mod one;

use std::collections::HashMap;

use f2b_core::{FailId, UnixTime};

use crate::action::{ActionError, Run};
use crate::line::{Level, Logger};
use crate::{Definition, Info, World, text};

pub use flush::Flush;
use member::Member;
pub use method::{Answer, CallError, METHODS, Method};
pub use one::Prepared;

/// An action that is not there, or there already. The texts are the original's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is one of this name.
    #[error("Action {name} already exists")]
    Exists {
        /// The name.
        name: String,
    },
    /// There is none of this name.
    #[error("Invalid Action name: {name}")]
    Unknown {
        /// The name.
        name: String,
    },
}

/// A ban that the actions are told of.
#[derive(Clone, Copy, Debug)]
pub struct Ticket<'t> {
    /// Who is banned.
    pub id: &'t FailId,
    /// Whether the ban was taken up from the database.
    pub is_restored: bool,
}

/// The actions of one jail and what they did.
///
/// Nothing here fails: what goes wrong in one action is logged, and the others get their turn.
#[derive(Debug)]
pub struct JailActions {
    jail: String,
    actions: Vec<Member>,
    /// How often anything had to be repaired.
    epoch: u64,
    /// The epoch of each ban that is not of the first.
    epochs: HashMap<FailId, u64>,
    checked: Option<UnixTime>,
    scripts: u64,
}

impl JailActions {
    /// Returns a jail without actions.
    #[must_use]
    pub fn new(jail: &str) -> Self {
        Self {
            jail: jail.to_owned(),
            actions: Vec::new(),
            epoch: 0,
            epochs: HashMap::new(),
            checked: None,
            scripts: 0,
        }
    }

    /// Adds an action behind the others (`addaction`); it is not started.
    ///
    /// # Errors
    /// [`NameError::Exists`].
    pub fn add(&mut self, definition: Definition) -> Result<(), NameError> {
        if self.action(definition.name()).is_some() {
            let name = definition.name().to_owned();
            return Err(NameError::Exists { name });
        }
        self.actions.push(Member::new(definition));
        Ok(())
    }

    /// Takes an action away without stopping it (`delaction`).
    ///
    /// # Errors
    /// [`NameError::Unknown`].
    pub fn remove(&mut self, name: &str) -> Result<Definition, NameError> {
        let mut actions = self.actions.iter();
        match actions.position(|action| action.name() == name) {
            Some(place) => Ok(self.actions.remove(place).into_definition()),
            None => Err(unknown(name)),
        }
    }

    /// Returns the names of the actions in order (`get JAIL actions`).
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.actions.iter().map(Member::name)
    }

    /// Returns an action.
    ///
    /// # Errors
    /// [`NameError::Unknown`].
    pub fn get(&self, name: &str) -> Result<&Definition, NameError> {
        let action = self.action(name).ok_or_else(|| unknown(name))?;
        Ok(action.definition())
    }

    /// Returns an action to set its properties.
    ///
    /// # Errors
    /// [`NameError::Unknown`].
    pub fn get_mut(&mut self, name: &str) -> Result<&mut Definition, NameError> {
        let mut actions = self.actions.iter_mut();
        let action = actions.find(|action| action.name() == name);
        Ok(action.ok_or_else(|| unknown(name))?.definition_mut())
    }

    /// Starts all actions, in order; those that start on demand wait for a first ban.
    pub fn start(&mut self, world: &mut World<'_>) {
        self.each(world, false, start);
    }

    /// Stops all actions, the last one first.
    pub fn stop(&mut self, world: &mut World<'_>) {
        self.each(world, true, stop);
        self.epochs.clear();
    }

    /// Tells all actions that the server was reloaded.
    pub fn reload(&mut self, world: &mut World<'_>) {
        self.each(world, false, |jail, action, run| {
            if let Err(error) = action.reload(run) {
                let name = action.name();
                run.log(
                    Level::Error,
                    Logger::Actions,
                    text::reload(jail, name, &error),
                );
            }
        });
    }

    /// Bans with all actions, in order.
    pub fn ban(&mut self, world: &mut World<'_>, ticket: Ticket<'_>, info: &mut dyn Info) {
        self.each(world, false, |jail, action, run| {
            ban(jail, action, run, ticket, info);
        });
        self.note_epoch(ticket.id);
    }

    /// Says to all actions that have `actionprolong` that a ban ends later.
    pub fn prolong(&mut self, world: &mut World<'_>, info: &mut dyn Info) {
        self.each(world, false, |jail, action, run| {
            if !action.prolongs() {
                return;
            }
            if let Err(error) = action.prolong(run, info) {
                tell(run, "prolong", jail, action, info, &error);
            }
        });
    }

    /// Lifts one ban with all actions, in order.
    pub fn unban(&mut self, world: &mut World<'_>, id: &FailId, info: &mut dyn Info) {
        self.each(world, false, |jail, action, run| {
            unban(jail, action, run, id, info);
        });
        self.epochs.remove(id);
    }

    fn action(&self, name: &str) -> Option<&Member> {
        let mut actions = self.actions.iter();
        actions.find(|action| action.name() == name)
    }

    /// A call on its way.
    fn run<'r, 'w>(&'r mut self, world: &'r mut World<'w>) -> Run<'r, 'w> {
        Run {
            world,
            jail: &self.jail,
            epoch: &mut self.epoch,
            scripts: &mut self.scripts,
        }
    }

    /// Lets every action do something.
    fn each(
        &mut self,
        world: &mut World<'_>,
        last_first: bool,
        mut what: impl FnMut(&str, &mut Member, &mut Run<'_, '_>),
    ) {
        let mut run = Run {
            world,
            jail: &self.jail,
            epoch: &mut self.epoch,
            scripts: &mut self.scripts,
        };
        if last_first {
            for action in self.actions.iter_mut().rev() {
                what(&self.jail, action, &mut run);
            }
        } else {
            for action in &mut self.actions {
                what(&self.jail, action, &mut run);
            }
        }
    }
}

fn unknown(name: &str) -> NameError {
    let name = name.to_owned();
    NameError::Unknown { name }
}

fn start(jail: &str, action: &mut Member, run: &mut Run<'_, '_>) {
    if let Err(error) = action.begin(run) {
        let line = text::start(jail, action.name(), &error);
        run.log(Level::Error, Logger::Actions, line);
    }
}

fn ban(
    jail: &str,
    action: &mut Member,
    run: &mut Run<'_, '_>,
    ticket: Ticket<'_>,
    info: &mut dyn Info,
) {
    if ticket.is_restored && action.skips_restored() {
        return;
    }
    if let Err(error) = action.ban(run, info) {
        tell(run, "ban", jail, action, info, &error);
    }
}

fn stop(jail: &str, action: &mut Member, run: &mut Run<'_, '_>) {
    let stopped = action.stop(run);
    let name = action.name();
    match stopped {
        Ok(()) => run.log(Level::Debug, Logger::Actions, text::terminated(jail, name)),
        Err(error) => run.log(
            Level::Error,
            Logger::Actions,
            text::stop(jail, name, &error),
        ),
    }
}

fn unban(jail: &str, action: &mut Member, run: &mut Run<'_, '_>, id: &FailId, info: &mut dyn Info) {
    let line = text::doing(jail, action.name(), "unban", &id.to_string());
    run.log(Level::Debug, Logger::Actions, line);
    if let Err(error) = action.unban(run, info) {
        tell(run, "unban", jail, action, info, &error);
    }
}

fn told_check(
    jail: &str,
    action: &Member,
    run: &mut Run<'_, '_>,
    checked: Result<(), ActionError>,
) {
    if let Err(error) = checked {
        let name = action.name();
        run.log(
            Level::Error,
            Logger::Actions,
            text::check(jail, name, &error),
        );
    }
}

fn tell(
    run: &mut Run<'_, '_>,
    operation: &str,
    jail: &str,
    action: &Member,
    info: &mut dyn Info,
    error: &ActionError,
) {
    let name = action.name();
    let line = text::execute(operation, jail, name, info, error);
    run.log(Level::Error, Logger::Actions, line);
}

#[cfg(test)]
mod tests;
