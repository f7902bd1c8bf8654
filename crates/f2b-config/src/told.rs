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

/// What was said so far.
#[derive(Debug, Default)]
pub(super) struct Tale {
    pub(super) said: Vec<Told>,
    /// Whether somebody wants to hear of what is no mistake.
    hears_all: bool,
}

impl Tale {
    pub(super) fn new(hears_all: bool) -> Self {
        Self {
            said: Vec::new(),
            hears_all,
        }
    }

    pub(super) fn push(&mut self, told: Told) {
        self.said.push(told);
    }

    /// Adds what is no mistake; its text is made if somebody wants to hear it.
    pub(super) fn info(&mut self, logger: &'static str, text: impl FnOnce() -> String) {
        self.at(ToldLevel::Info, logger, text);
    }

    /// Likewise, but of more importance.
    pub(super) fn notice(&mut self, logger: &'static str, text: impl FnOnce() -> String) {
        self.at(ToldLevel::Notice, logger, text);
    }

    fn at(&mut self, level: ToldLevel, logger: &'static str, text: impl FnOnce() -> String) {
        if self.hears_all {
            self.push(Told::new(level, logger, text()));
        }
    }
}

impl Told {
    fn new(level: ToldLevel, logger: &'static str, text: impl Into<String>) -> Self {
        Self {
            level,
            logger,
            text: text.into(),
        }
    }

    pub(super) fn error(logger: &'static str, text: impl Into<String>) -> Self {
        Self::new(ToldLevel::Error, logger, text)
    }

    pub(super) fn warning(logger: &'static str, text: impl Into<String>) -> Self {
        Self::new(ToldLevel::Warning, logger, text)
    }
}
