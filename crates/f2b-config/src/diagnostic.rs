//! What is wrong with a configuration, and where.

use std::fmt;

/// How much a mistake matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something surprising that works.
    Warning,
    /// Something that does not work: the jail, or the whole server, cannot be configured.
    Error,
}

/// A line of a file of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as it is named in messages.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// Where; `None` if it is about no line in particular.
    pub place: Option<Place>,
    /// The text of that line.
    pub excerpt: Option<String>,
    /// What can be done.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// Returns an error with a place.
    pub(crate) fn error(message: impl Into<String>, place: Option<&Place>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            place: place.cloned(),
            excerpt: None,
            hint: None,
        }
    }

    /// Returns a warning with a place.
    pub(crate) fn warning(message: impl Into<String>, place: &Place) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(message, Some(place))
        }
    }

    pub(crate) fn with_excerpt(mut self, excerpt: &str) -> Self {
        self.excerpt = Some(excerpt.trim_end().to_owned());
        self
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl Diagnostic {
    /// Returns all of it but the severity and the excerpt in one line, for a log.
    ///
    /// *Shape*: `FILE:LINE: MESSAGE (hint: HINT)`.
    pub(crate) fn one_line(&self) -> String {
        let mut text = String::new();
        if let Some(place) = &self.place {
            text.push_str(&format!("{}:{}: ", place.file, place.line));
        }
        text.push_str(&self.message);
        if let Some(hint) = &self.hint {
            text.push_str(&format!(" (hint: {hint})"));
        }
        text
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

impl fmt::Display for Diagnostic {
    /// *Shape*: `FILE:LINE: error: MESSAGE`, then the excerpt and the hint on lines of their own.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(out, "{}:{}: ", place.file, place.line)?;
        }
        write!(out, "{}: {}", self.severity, self.message)?;
        if let Some(excerpt) = &self.excerpt {
            write!(out, "\n    | {excerpt}")?;
        }
        if let Some(hint) = &self.hint {
            write!(out, "\n    hint: {hint}")?;
        }
        Ok(())
    }
}
