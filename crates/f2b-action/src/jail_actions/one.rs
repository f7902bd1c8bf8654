//! One action among those of a jail, when it comes, goes or changes while the jail runs.

use super::member::Member;
use super::{JailActions, NameError, Ticket, ban, start, stop, unknown};
use crate::action::Run;
use crate::{CallError, Definition, Info, World};

/// An action that is made and belongs to no jail yet.
#[derive(Debug)]
pub struct Prepared(Member);

impl JailActions {
    /// Puts another definition in the place of the one of the same name, which is returned.
    ///
    /// What the action was started for stays. Whoever changes what its commands do lifts its bans
    /// ([`Self::flush`] and [`Self::unban_singly`] with `only`) and stops it before, and starts it
    /// and bans again afterwards.
    ///
    /// # Errors
    /// [`NameError::Unknown`].
    pub fn replace(&mut self, mut definition: Definition) -> Result<Definition, NameError> {
        let old = self.get_mut(definition.name())?;
        definition.epoch = old.epoch;
        Ok(std::mem::replace(old, definition))
    }

    /// Makes an action written in Python anew, aside from the one of the same name, which goes on.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn prepare(
        &mut self,
        world: &mut World<'_>,
        definition: Definition,
    ) -> Result<Prepared, CallError> {
        let mut member = Member::new(definition);
        if let Member::Python(action) = &mut member {
            action.want_process(&mut self.run(world))?;
        }
        Ok(Prepared(member))
    }

    /// Puts an action that was made aside in the place of the one of the same name, which was stopped before.
    ///
    /// # Errors
    /// [`NameError::Unknown`].
    pub fn put(&mut self, prepared: Prepared) -> Result<(), NameError> {
        let name = prepared.0.name().to_owned();
        let mut actions = self.actions.iter_mut();
        let place = actions.find(|action| action.name() == name);
        *place.ok_or_else(|| unknown(&name))? = prepared.0;
        Ok(())
    }

    /// Brings the actions into the order of these names; others come last, as they were.
    pub fn arrange(&mut self, names: &[&str]) {
        self.actions.sort_by_key(|action| {
            let name = action.name();
            let place = names.iter().position(|other| *other == name);
            place.unwrap_or(names.len())
        });
    }

    /// Starts one action, which was added to a jail that runs.
    ///
    /// # Errors
    /// [`NameError::Unknown`].
    pub fn start_one(&mut self, world: &mut World<'_>, name: &str) -> Result<(), NameError> {
        self.one(world, name, start)
    }

    /// Bans with one action, which was added to a jail that has bans.
    ///
    /// # Errors
    /// [`NameError::Unknown`].
    pub fn ban_one(
        &mut self,
        world: &mut World<'_>,
        name: &str,
        ticket: Ticket<'_>,
        info: &mut dyn Info,
    ) -> Result<(), NameError> {
        self.one(world, name, |jail, action, run| {
            ban(jail, action, run, ticket, info);
        })
    }

    /// Stops one action, which is about to be removed.
    ///
    /// # Errors
    /// [`NameError::Unknown`].
    pub fn stop_one(&mut self, world: &mut World<'_>, name: &str) -> Result<(), NameError> {
        self.one(world, name, stop)
    }

    /// Lets one action do something.
    pub(super) fn one<T>(
        &mut self,
        world: &mut World<'_>,
        name: &str,
        what: impl FnOnce(&str, &mut Member, &mut Run<'_, '_>) -> T,
    ) -> Result<T, NameError> {
        let mut actions = self.actions.iter_mut();
        let action = actions.find(|action| action.name() == name);
        let action = action.ok_or_else(|| unknown(name))?;
        let mut run = Run {
            world,
            jail: &self.jail,
            epoch: &mut self.epoch,
            scripts: &mut self.scripts,
        };
        Ok(what(&self.jail, action, &mut run))
    }
}
