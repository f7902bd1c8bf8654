//! A pattern level by level.

use std::sync::Arc;

use f2b_core::glob;

/// The levels of an absolute pattern below `/`.
#[derive(Debug, Clone)]
pub(crate) struct Levels(Arc<[String]>);

impl Levels {
    /// Splits an absolute pattern.
    ///
    /// One that ends with a `/` fits directories alone, so it has a level that nothing fits.
    pub(crate) fn of(pattern: &str) -> Self {
        let (directory, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
        let directories = directory.split('/');
        let directories = directories.filter(|part| !part.is_empty() && *part != ".");
        Self(directories.chain([name]).map(str::to_owned).collect())
    }

    /// Returns what stands at a level; nothing below the last.
    pub(crate) fn at(&self, level: usize) -> Option<&str> {
        self.0.get(level).map(String::as_str)
    }

    /// Returns whether the names at a level are files' names.
    pub(crate) fn is_last(&self, level: usize) -> bool {
        level + 1 == self.0.len()
    }

    /// Returns how many levels are plain names above the first that is not, or above the last.
    pub(crate) fn plain(&self) -> usize {
        let plain = self.0.iter().take_while(|part| !glob::has_magic(part));
        plain.count().min(self.0.len().saturating_sub(1))
    }

    /// Returns whether a name fits at a level; a hidden one fits only what says so.
    pub(crate) fn fits_at(&self, level: usize, name: &str) -> bool {
        self.at(level)
            .is_some_and(|part| glob::level_fits(part, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_levels_are_those_above_the_first_magic_or_the_name() {
        let check = |pattern: &str, expected: usize| {
            assert_eq!(Levels::of(pattern).plain(), expected, "{pattern}");
        };
        check("/var/log/*.log", 2);
        check("/var/log/a.log", 2);
        check("/*/log/a.log", 0);
        check("/a", 0);
    }
}
