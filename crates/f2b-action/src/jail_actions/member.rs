//! An action of a jail, of whichever kind: what runs commands, and what is written in Python.

use crate::action::{Action, ActionError, Repair, Run};
use crate::python_action::PythonAction;
use crate::{Command, Definition, Info};

/// One action; the procedures are the same for both kinds.
#[derive(Debug)]
pub(crate) enum Member {
    Command(Action),
    Python(Box<PythonAction>),
}

impl Member {
    pub(super) fn new(definition: Definition) -> Self {
        match definition.source() {
            None => Self::Command(Action::new(definition)),
            Some(_) => Self::Python(Box::new(PythonAction::new(definition))),
        }
    }

    pub(super) fn definition(&self) -> &Definition {
        match self {
            Self::Command(action) => &action.definition,
            Self::Python(action) => &action.definition,
        }
    }

    pub(super) fn definition_mut(&mut self) -> &mut Definition {
        match self {
            Self::Command(action) => &mut action.definition,
            Self::Python(action) => &mut action.definition,
        }
    }

    pub(super) fn into_definition(self) -> Definition {
        match self {
            Self::Command(action) => action.definition,
            Self::Python(action) => action.definition.clone(),
        }
    }

    pub(super) fn name(&self) -> &str {
        self.definition().name()
    }

    /// Tells whether it lifts all bans at once.
    pub(super) fn flushes(&self) -> bool {
        match self {
            Self::Command(action) => action.definition.has(Command::Flush),
            Self::Python(action) => action.flushes(),
        }
    }

    /// Tells whether it is told of bans that end later.
    pub(super) fn prolongs(&self) -> bool {
        match self {
            Self::Command(action) => action.definition.has(Command::Prolong),
            Self::Python(action) => action.prolongs(),
        }
    }

    /// Tells whether bans taken up from the database are not for it.
    pub(super) fn skips_restored(&self) -> bool {
        match self {
            Self::Command(action) => action.definition.skips_restored(),
            Self::Python(action) => action.skips_restored(),
        }
    }

    pub(super) fn begin(&mut self, run: &mut Run<'_, '_>) -> Result<(), ActionError> {
        match self {
            Self::Command(action) => action.begin(run),
            Self::Python(action) => action.start(run),
        }
    }

    pub(super) fn stop(&mut self, run: &mut Run<'_, '_>) -> Result<(), ActionError> {
        match self {
            Self::Command(action) => action.stop(run),
            Self::Python(action) => action.stop(run),
        }
    }

    pub(super) fn reload(&mut self, run: &mut Run<'_, '_>) -> Result<(), ActionError> {
        match self {
            Self::Command(action) => action.reload(run),
            Self::Python(action) => action.reload(run),
        }
    }

    pub(super) fn flush(&mut self, run: &mut Run<'_, '_>) -> Result<(), ActionError> {
        match self {
            Self::Command(action) => action.flush(run),
            Self::Python(action) => action.flush(run),
        }
    }

    pub(super) fn ban(
        &mut self,
        run: &mut Run<'_, '_>,
        info: &mut dyn Info,
    ) -> Result<(), ActionError> {
        match self {
            Self::Command(action) => action.ban(run, info),
            Self::Python(action) => action.tell(run, "ban", info),
        }
    }

    pub(super) fn reban(
        &mut self,
        run: &mut Run<'_, '_>,
        info: &mut dyn Info,
    ) -> Result<(), ActionError> {
        match self {
            Self::Command(action) => action.reban(run, info),
            Self::Python(action) => action.tell(run, "reban", info),
        }
    }

    pub(super) fn prolong(
        &mut self,
        run: &mut Run<'_, '_>,
        info: &mut dyn Info,
    ) -> Result<(), ActionError> {
        match self {
            Self::Command(action) => action.prolong(run, info),
            Self::Python(action) => action.tell(run, "prolong", info),
        }
    }

    pub(super) fn unban(
        &mut self,
        run: &mut Run<'_, '_>,
        info: &mut dyn Info,
    ) -> Result<(), ActionError> {
        match self {
            Self::Command(action) => action.unban(run, info),
            Self::Python(action) => action.tell(run, "unban", info),
        }
    }

    pub(super) fn consistency_check(&mut self, run: &mut Run<'_, '_>) -> Result<bool, ActionError> {
        match self {
            Self::Command(action) => action.consistency_check(run, &Repair::Always),
            Self::Python(action) => action.consistency_check(run, None).map(|()| true),
        }
    }

    /// Checks it after a flush that failed.
    pub(super) fn check_after_flush(
        &mut self,
        run: &mut Run<'_, '_>,
        repair: &Repair,
    ) -> Result<(), ActionError> {
        match self {
            Self::Command(action) => action.consistency_check(run, repair).map(drop),
            Self::Python(action) => action.consistency_check(run, Some(repair)),
        }
    }
}
