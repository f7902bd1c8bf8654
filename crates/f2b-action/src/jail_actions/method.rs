//! `set JAIL action ACTION METHOD {…}`: a client calls an action itself.

use super::member::Member;
use super::{JailActions, NameError};
use crate::action::ActionError;
use crate::{Info, PythonQuestion, World};

/// The names of all methods that an action of the original has, in order: what
/// `get JAIL actionmethods ACTION` answers.
pub const METHODS: [&str; 15] = [
    "ban",
    "clearAllParams",
    "consistencyCheck",
    "escapeTag",
    "executeCmd",
    "flush",
    "invalidateBanEpoch",
    "prolong",
    "reban",
    "reload",
    "replaceDynamicTags",
    "replaceTag",
    "start",
    "stop",
    "unban",
];

/// A method that can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `ban`, with the tags of a ban (`aInfo`).
    Ban,
    /// `reban`, likewise.
    Reban,
    /// `prolong`, likewise.
    Prolong,
    /// `unban`, likewise.
    Unban,
    /// `start`.
    Start,
    /// `stop`.
    Stop,
    /// `flush`.
    Flush,
    /// `reload`.
    Reload,
    /// `consistencyCheck`.
    ConsistencyCheck,
    /// `clearAllParams`.
    ClearAllParams,
    /// `invalidateBanEpoch`.
    InvalidateBanEpoch,
}

impl Method {
    /// Returns the method of a name; `None` if there is none, or none that can be called.
    ///
    /// Differs: of the [`METHODS`] the four that are the inner workings of the original cannot be.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "ban" => Self::Ban,
            "reban" => Self::Reban,
            "prolong" => Self::Prolong,
            "unban" => Self::Unban,
            "start" => Self::Start,
            "stop" => Self::Stop,
            "flush" => Self::Flush,
            "reload" => Self::Reload,
            "consistencyCheck" => Self::ConsistencyCheck,
            "clearAllParams" => Self::ClearAllParams,
            "invalidateBanEpoch" => Self::InvalidateBanEpoch,
            _ => return None,
        })
    }

    /// Tells whether the call needs the tags of a ban.
    #[must_use]
    pub fn needs_info(self) -> bool {
        matches!(self, Self::Ban | Self::Reban | Self::Prolong | Self::Unban)
    }
}

/// What a method returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `None`.
    Nothing,
    /// `True` or `False`.
    Flag(bool),
}

/// Why a method returned nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// There is no such action.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A command failed; a `RuntimeError` in the original's words.
    #[error(transparent)]
    Action(#[from] ActionError),
}

impl JailActions {
    /// Calls a method of an action. What its commands say is logged, its failure is returned.
    ///
    /// `info` answers for the tags of the ban, if [`Method::needs_info`].
    ///
    /// # Errors
    /// There is no such action, or a command failed.
    pub fn call(
        &mut self,
        world: &mut World<'_>,
        name: &str,
        method: Method,
        info: &mut dyn Info,
    ) -> Result<Answer, CallError> {
        let answer = self.one(world, name, |_, action, run| {
            let done = |done: Result<(), ActionError>| done.map(|()| Answer::Nothing);
            let went = |done: Result<(), ActionError>| done.map(|()| Answer::Flag(true));
            match method {
                Method::Ban => done(action.ban(run, info)),
                Method::Reban => done(action.reban(run, info)),
                Method::Prolong => done(action.prolong(run, info)),
                Method::Unban => done(action.unban(run, info)),
                Method::Start => went(action.begin(run)),
                Method::Stop => went(action.stop(run)),
                Method::Flush => went(action.flush(run)),
                Method::Reload => went(action.reload(run)),
                Method::ConsistencyCheck => {
                    let checked = action.consistency_check(run);
                    checked.map(Answer::Flag)
                }
                Method::ClearAllParams => {
                    if let Member::Command(action) = action {
                        action.definition.clear();
                    }
                    Ok(Answer::Nothing)
                }
                Method::InvalidateBanEpoch => {
                    if let Member::Command(action) = action {
                        action.invalidate(run);
                    }
                    Ok(Answer::Nothing)
                }
            }
        })?;
        Ok(answer?)
    }

    /// Makes an action that is written in Python; one that runs commands is made already.
    ///
    /// # Errors
    /// There is no such action, or it cannot be made. It is still one of the jail's, and would be made when it
    /// is called.
    pub fn make(&mut self, world: &mut World<'_>, name: &str) -> Result<(), CallError> {
        let made = self.one(world, name, |_, action, run| match action {
            Member::Command(_) => Ok(()),
            Member::Python(action) => action.want_process(run),
        })?;
        Ok(made?)
    }

    /// Asks an action written in Python for a client. The answer is a pickled value.
    ///
    /// # Errors
    /// There is no such action, it is one that runs commands, or it has raised an exception.
    pub fn ask(
        &mut self,
        world: &mut World<'_>,
        name: &str,
        question: &PythonQuestion,
    ) -> Result<Vec<u8>, CallError> {
        let answer = self.one(world, name, |_, action, run| match action {
            Member::Command(_) => Err(ActionError::Process("it runs commands".to_owned())),
            Member::Python(action) => action.ask(run, question),
        })?;
        Ok(answer?)
    }
}
