//! `-l`: what the original logs meanwhile, on standard output.

use f2b_config::{Told, ToldLevel};

use super::numbers;
use crate::output::stamp;

/// How much is logged: everything at or above a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Level(i64);

impl Level {
    /// Something needs a person.
    pub(crate) const ERROR: Self = Self(40);
    /// Something is odd.
    pub(crate) const WARNING: Self = Self(30);
    /// Something that usually is as it should be.
    pub(crate) const INFO: Self = Self(20);

    /// Reads a level; `None` if it is none.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(Self(match name.to_uppercase().as_str() {
            "CRITICAL" | "FATAL" => 50,
            "ERROR" => 40,
            // As the original: with `NOTSET` nothing is set, and the default stays.
            "WARNING" | "WARN" | "NOTSET" => 30,
            "NOTICE" => 25,
            "INFO" => 20,
            "MSG" => 18,
            "DEBUG" => 10,
            "TRACEDEBUG" => 7,
            "HEAVYDEBUG" => 5,
            _ => {
                let is_number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
                return is_number
                    .then(|| numbers::int(name, 10))
                    .flatten()
                    .map(Self);
            }
        }))
    }
}

/// Returns a line of the log.
///
/// *Shape*: moment, logger, process, level with its letter, text.
pub(crate) fn line(logger: &str, level: Level, text: &str) -> String {
    let (name, letter) = match level {
        Level::ERROR => ("ERROR", 'E'),
        Level::WARNING => ("WARNING", 'W'),
        _ => ("INFO", 'I'),
    };
    let logger = format!("fail2ban.{logger}");
    let process = std::process::id();
    format!(
        "{} {logger:<24}[{process}]: {name:<7}{letter}: {text}",
        stamp()
    )
}

/// Returns what was said while the configuration was read, as far as it is to be logged.
pub(crate) fn told(told: &[Told], least: Level) -> impl Iterator<Item = String> {
    told.iter().filter_map(move |told| {
        let level = match told.level {
            ToldLevel::Error => Level::ERROR,
            ToldLevel::Warning => Level::WARNING,
            ToldLevel::Notice | ToldLevel::Info => Level::INFO,
        };
        (level >= least).then(|| line(told.logger, level, &told.text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_named_or_numbered() {
        assert_eq!(Level::named("Warning"), Some(Level::WARNING));
        assert_eq!(Level::named("20"), Some(Level::INFO));
        for name in ["", "x", "-3", "=1", "basicConfig"] {
            assert_eq!(Level::named(name), None, "{name}");
        }
    }

    #[test]
    fn a_line_has_level_and_letter() {
        let line = line("filter", Level::WARNING, "text");
        assert!(line.ends_with("]: WARNINGW: text"), "{line}");
        assert!(line.contains(" fail2ban.filter         ["), "{line}");
    }
}
