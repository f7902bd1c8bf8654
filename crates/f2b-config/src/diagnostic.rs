//! What is wrong with a configuration, and where.

use std::fmt;
use std::sync::Arc;

use crate::Source;

/// How much a mistake matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something that works, but hardly as it is meant.
    Warning,
    /// Something that does not work: a jail, or the whole server, cannot be configured.
    Error,
}

/// A part of a line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, and those that include it.
    pub source: Arc<Source>,
    /// The line, from 1.
    pub line: usize,
    /// The column where the part begins, in characters, from 1.
    pub column: usize,
    /// The length of the part, in characters; 0 if the whole line is meant.
    pub length: usize,
    /// The text of the line.
    pub excerpt: Arc<str>,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind of mistake it is; `docs/stockade-check.md` lists them.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// Where; `None` if it is about no line in particular.
    pub place: Option<Place>,
    /// What can be done.
    pub hint: Option<String>,
}

impl Diagnostic {
    pub(crate) fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            place: None,
            hint: None,
        }
    }

    pub(crate) fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }

    pub(crate) fn at(mut self, place: Option<Place>) -> Self {
        self.place = place;
        self
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a hint, if there is one.
    pub(crate) fn with_some_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }

    /// Returns all of it but the severity and the excerpt in one line, for a log.
    ///
    /// *Shape*: `FILE:LINE: MESSAGE (hint: HINT)`.
    #[must_use]
    pub fn one_line(&self) -> String {
        let mut text = String::new();
        if let Some(place) = &self.place {
            text.push_str(&format!("{}:{}: ", place.source.file, place.line));
        }
        text.push_str(&self.message);
        if let Some(hint) = &self.hint {
            text.push_str(&format!(" (hint: {hint})"));
        }
        // What files say may hold anything.
        text.replace(char::is_control, " ")
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}
