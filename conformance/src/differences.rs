//! The known differences: every other one fails, and so does one that has gone.
//!
//! `known-differences.toml` lists them by suite and case. A suite is one test;
//! it hands over all that it compared, and [`KnownDifferences::judge`] says
//! what is wrong with the pair of result and list.

use std::{collections::BTreeMap, fmt::Write as _};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

/// The list as it lies in the tree.
const LIST: &str = include_str!("../known-differences.toml");

/// Every suite there is; an entry for another one would never be looked at.
pub const SUITES: [&str; 2] = ["client", "replay"];

/// Why a difference is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It stays: we differ on purpose.
    ByDesign,
    /// It goes: what is missing is not built.
    NotYet,
}

/// One entry of the list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// One of [`SUITES`].
    pub suite: String,
    /// The case's name within its suite.
    pub case: String,
    /// Whether it stays.
    pub kind: Kind,
    /// A sentence for the compatibility page.
    pub reason: String,
}

/// One comparison that a suite made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The case's name, unique within the suite.
    pub case: String,
    /// What the original gave.
    pub original: String,
    /// What ours gave.
    pub ours: String,
}

/// The whole list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownDifferences {
    #[serde(default)]
    difference: Vec<Difference>,
}

impl KnownDifferences {
    /// Reads the list of this tree.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn load() -> Result<Self> {
        Self::parse(LIST).context("read conformance/known-differences.toml")
    }

    /// Reads a list.
    ///
    /// # Errors
    /// It is not TOML of this shape, names an unknown suite, leaves a reason
    /// empty or lists a case twice.
    pub fn parse(text: &str) -> Result<Self> {
        let list: Self = toml::from_str(text)?;
        let mut seen = BTreeMap::new();
        for one in &list.difference {
            if !SUITES.contains(&one.suite.as_str()) {
                bail!(
                    "{}: no such suite; there are {}",
                    one.suite,
                    SUITES.join(", ")
                );
            }
            if one.reason.trim().is_empty() {
                bail!("{}: {}: the reason is empty", one.suite, one.case);
            }
            if seen.insert((&one.suite, &one.case), ()).is_some() {
                bail!("{}: {}: listed twice", one.suite, one.case);
            }
        }
        Ok(list)
    }

    /// Compares what a suite found with the list.
    ///
    /// # Errors
    /// One text with: each unlisted difference with both sides, each listed
    /// one that has gone, each listed case that the suite does not have.
    pub fn judge(&self, suite: &str, comparisons: &[Comparison]) -> Result<()> {
        let listed = |case: &str| {
            self.difference
                .iter()
                .find(|one| one.suite == suite && one.case == case)
        };
        let mut wrong = String::new();
        for one in comparisons {
            match (one.original == one.ours, listed(&one.case)) {
                (true, None) | (false, Some(_)) => {}
                (false, None) => writeln!(
                    wrong,
                    "unlisted difference: {}\n--- original\n{}\n--- ours\n{}\n---",
                    one.case, one.original, one.ours
                )?,
                (true, Some(entry)) => writeln!(
                    wrong,
                    "listed difference has gone, remove its entry: {} ({:?}: {})",
                    one.case, entry.kind, entry.reason
                )?,
            }
        }
        for entry in self.difference.iter().filter(|one| one.suite == suite) {
            if !comparisons.iter().any(|one| one.case == entry.case) {
                writeln!(wrong, "listed case does not exist: {}", entry.case)?;
            }
        }
        if !wrong.is_empty() {
            bail!("suite {suite} against conformance/known-differences.toml:\n{wrong}");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = "[[difference]]\nsuite = \"client\"\ncase = \"status\"\n\
                         kind = \"by-design\"\nreason = \"ours tells more\"\n";

    fn comparison(case: &str, original: &str, ours: &str) -> Comparison {
        Comparison {
            case: case.to_owned(),
            original: original.to_owned(),
            ours: ours.to_owned(),
        }
    }

    #[test]
    fn the_list_of_the_tree_is_sound() {
        KnownDifferences::load().unwrap();
    }

    #[test]
    fn a_list_with_a_mistake_is_refused() {
        let check = |text: &str, expected: &str| {
            let error = format!("{:#}", KnownDifferences::parse(text).unwrap_err());
            assert!(error.contains(expected), "{error}");
        };
        check(&ENTRY.replace("client", "clients"), "no such suite");
        check(&ENTRY.replace("ours tells more", " "), "reason is empty");
        check(&format!("{ENTRY}{ENTRY}"), "listed twice");
        check(&ENTRY.replace("by-design", "sometimes"), "unknown variant");
        check(&format!("{ENTRY}note = 1\n"), "unknown field");
        check(&ENTRY.replace("case = \"status\"\n", ""), "missing field");
    }

    #[test]
    fn only_listed_differences_pass_and_only_while_they_last() {
        let list = KnownDifferences::parse(ENTRY).unwrap();
        let check = |comparisons: &[Comparison], expected: Option<&str>| {
            let found = list
                .judge("client", comparisons)
                .err()
                .map(|error| error.to_string());
            match (&found, expected) {
                (None, None) => {}
                (Some(found), Some(expected)) => assert!(found.contains(expected), "{found}"),
                _ => panic!("{found:?}, not {expected:?}"),
            }
        };
        let listed = comparison("status", "a", "b");
        check(std::slice::from_ref(&listed), None);
        check(&[listed.clone(), comparison("ping", "a", "a")], None);
        check(
            &[listed, comparison("ping", "a", "b")],
            Some("unlisted difference: ping"),
        );
        check(&[comparison("status", "a", "a")], Some("has gone"));
        check(&[], Some("does not exist: status"));
        assert!(list.judge("replay", &[]).is_ok());
    }
}
