//! What is to be logged.

/// How important a line is; the names and numbers are the original's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// 9, which has no name there: a command that is about to run.
    Detail,
    /// 10.
    Debug,
    /// 20.
    Info,
    /// 25.
    Notice,
    /// 30.
    Warning,
    /// 40.
    Error,
    /// 50.
    Critical,
}

/// Who logs; the name that a reader of the log sees after `fail2ban.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Logger {
    /// `fail2ban.actions`: the actions of a jail.
    Actions,
    /// `fail2ban.action`: one command.
    Action,
    /// `fail2ban.CommandAction`: the state of one action.
    CommandAction,
    /// `fail2ban.utils`: a process.
    Utils,
    /// An action written in Python names its own.
    Other(Box<str>),
}

impl Logger {
    /// Returns the name without `fail2ban.`.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Actions => "actions",
            Self::Action => "action",
            Self::CommandAction => "CommandAction",
            Self::Utils => "utils",
            Self::Other(name) => name,
        }
    }
}

/// One message to log. It may hold line ends: scripts do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How important it is.
    pub level: Level,
    /// Who says it.
    pub logger: Logger,
    /// What is said.
    pub text: String,
}

impl Line {
    pub(crate) fn new(level: Level, logger: Logger, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            level,
            logger,
            text,
        }
    }
}
