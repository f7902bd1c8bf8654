//! What the original says while it reads a configuration.

/// How much it matters, in the original's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ToldLevel {
    /// `INFO`: seen with `-v`.
    Info,
    /// `NOTICE`: seen with `-v`.
    Notice,
    /// `WARNING`.
    Warning,
    /// `ERROR`.
    Error,
}

/// One line of the original's log on standard error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// How much it matters.
    pub level: ToldLevel,
    /// The part that speaks: `jailreader` is written as `fail2ban.jailreader`, nothing as `fail2ban`.
    pub logger: &'static str,
    /// What it says; may have several lines.
    pub text: String,
}

impl Told {
    pub(super) fn new(level: ToldLevel, logger: &'static str, text: impl Into<String>) -> Self {
        Self {
            level,
            logger,
            text: text.into(),
        }
    }

    pub(super) fn info(logger: &'static str, text: impl Into<String>) -> Self {
        Self::new(ToldLevel::Info, logger, text)
    }

    pub(super) fn error(logger: &'static str, text: impl Into<String>) -> Self {
        Self::new(ToldLevel::Error, logger, text)
    }

    pub(super) fn warning(logger: &'static str, text: impl Into<String>) -> Self {
        Self::new(ToldLevel::Warning, logger, text)
    }
}
