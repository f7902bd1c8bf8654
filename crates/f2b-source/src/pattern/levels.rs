//! A pattern level by level.

use std::path::{Component, Path};
use std::sync::Arc;

use f2b_core::glob;

/// More links one after another are a circle.
const LINKS: usize = 40;

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

    /// Returns whether an absolute path fits.
    pub(crate) fn fit(&self, path: &Path) -> bool {
        let mut level = 0;
        for component in path.components() {
            if matches!(component, Component::RootDir | Component::CurDir) {
                continue;
            }
            let name = component.as_os_str().to_str();
            if !name.is_some_and(|name| self.fits_at(level, name)) {
                return false;
            }
            level += 1;
        }
        level == self.0.len()
    }

    /// Returns whether a path is a link to one that fits, or has another name that does since a directory is a link.
    pub(crate) fn lead_within(&self, path: &Path) -> bool {
        let mut at = path.to_path_buf();
        for _ in 0..LINKS {
            let Ok(target) = std::fs::read_link(&at) else {
                break;
            };
            at = at.parent().unwrap_or(path).join(target);
            if self.fit(&at) {
                return true;
            }
        }
        std::fs::canonicalize(path).is_ok_and(|real| real != path && self.fit(&real))
    }
}

/// Returns whether what is at `path` fits `pattern` under another name as well, since the path is a link or a directory
/// on its way is: then it is read there, and not for this pattern here.
///
/// So a link to the newest of several logs (`latest.log`) does not have its lines count twice.
#[must_use]
pub fn leads_within(pattern: &str, path: &Path) -> bool {
    Levels::of(pattern).lead_within(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_fits_level_by_level() {
        let check = |pattern: &str, path: &str, expected: bool| {
            assert_eq!(
                Levels::of(pattern).fit(Path::new(path)),
                expected,
                "{pattern} {path}"
            );
        };
        check("/var/log/*.log", "/var/log/a.log", true);
        check("/var/log/*.log", "/var/log/a.log.1", false);
        check("/var/log/*.log", "/var/log/a/b.log", false);
        check("/var/log/*.log", "/var/log/.a.log", false);
        check("/var/log/.*.log", "/var/log/.a.log", true);
        check("/var//./log/*", "/var/log/a", true);
        check("/srv/*/log/a?.log", "/srv/x/log/ab.log", true);
        check("/srv/*/log/a?.log", "/srv/.x/log/ab.log", false);
        check("/srv/*/log/a?.log", "/srv/x/logs/ab.log", false);
        check("/srv/*/", "/srv/x", false);
        check("/a", "/a", true);
        check("*", "/", false);
    }

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
