//! How much a line matters, and how much a line must matter to be written.

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For whoever looks for a mistake in the server itself.
    Heavy,
    /// For whoever looks for a mistake of a rule.
    Trace,
    /// Per file or per batch.
    Debug,
    /// What a person asked for had no effect.
    Msg,
    /// A person asked for it or started it.
    Info,
    /// Ban, unban, restore.
    Notice,
    /// Surprising, handled.
    Warning,
    /// A ban or a line was lost, or a person must act.
    Error,
    /// The server cannot go on.
    Critical,
}

impl Level {
    /// Returns the number that the original gives it; a larger one matters more.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::Heavy => 5,
            Self::Trace => 7,
            Self::Debug => 10,
            Self::Msg => 18,
            Self::Info => 20,
            Self::Notice => 25,
            Self::Warning => 30,
            Self::Error => 40,
            Self::Critical => 50,
        }
    }

    /// Returns the name as log lines have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Heavy => "HEAVY",
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Msg => "MSG",
            Self::Info => "INFO",
            Self::Notice => "NOTICE",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
        }
    }
}

/// How much a line must matter to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLevel(u32);

impl Default for LogLevel {
    fn default() -> Self {
        Self::of(Level::Info)
    }
}

impl LogLevel {
    /// Returns what writes lines of this level and above.
    #[must_use]
    pub fn of(level: Level) -> Self {
        Self(level.number())
    }

    /// Returns the level of a name in capitals or of a number.
    ///
    /// *Shape*: `INFO`, `13`; the old numbers `1` to `4` stand for ERROR, WARN, INFO, DEBUG. `0` and
    /// `NOTSET` leave it at WARNING, as in the original.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(Self::of(match name {
            "CRITICAL" | "FATAL" => Level::Critical,
            "ERROR" | "1" => Level::Error,
            "WARNING" | "WARN" | "2" | "NOTSET" => Level::Warning,
            "NOTICE" => Level::Notice,
            "INFO" | "3" => Level::Info,
            "MSG" => Level::Msg,
            "DEBUG" | "4" => Level::Debug,
            "TRACEDEBUG" => Level::Trace,
            "HEAVYDEBUG" => Level::Heavy,
            number => {
                let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
                return match number.parse() {
                    Ok(0) => Some(Self::of(Level::Warning)),
                    Ok(number) => Some(Self(number)),
                    Err(_) if is_number => Some(Self(u32::MAX)),
                    Err(_) => None,
                };
            }
        }))
    }

    /// Returns the number of the least level that is written.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_the_originals() {
        let check = |name: &str, expected: Option<u32>| {
            assert_eq!(
                LogLevel::named(name).map(LogLevel::number),
                expected,
                "{name}"
            );
        };
        check("CRITICAL", Some(50));
        check("NOTICE", Some(25));
        check("MSG", Some(18));
        check("TRACEDEBUG", Some(7));
        check("HEAVYDEBUG", Some(5));
        check("13", Some(13));
        check("99999999999", Some(u32::MAX));
        check("0", Some(30));
        for (old, level) in [("1", 40), ("2", 30), ("3", 20), ("4", 10)] {
            check(old, Some(level));
        }
        for unknown in ["", "TRACE", "HEAVY", "-3", "1.5", " INFO", "info"] {
            check(unknown, None);
        }
    }
}
