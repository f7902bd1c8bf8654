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
pub const SUITES: [&str; 16] = [
    "actions",
    "actions-run",
    "actions-stock",
    "client",
    "dump",
    "ignoring",
    "journal",
    "life",
    "python-actions",
    "regex",
    "regex-logs",
    "regex-samples",
    "replay",
    "three-hours",
    "transcripts",
    "wire",
];

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
                    "unlisted difference: {}\n{}---",
                    one.case,
                    excerpt(&one.original, &one.ours)
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

/// Shows where two texts part: short ones whole, long ones from their first
/// different line on, and of a long line the part around the first difference.
///
/// *Shape*: a line `--- original`, its lines, a line `--- ours`, its lines;
/// between the two heads and the lines of long texts stands `line 7, column 42`.
#[must_use]
pub fn excerpt(original: &str, ours: &str) -> String {
    const SHORT: usize = 25;
    const LINES: usize = 4;
    const BEFORE: usize = 60;
    const WIDTH: usize = 240;
    let lines = original.lines().count().max(ours.lines().count());
    let widest = original.lines().chain(ours.lines()).map(str::len).max();
    if lines <= SHORT && widest.unwrap_or_default() <= WIDTH {
        return format!("--- original\n{original}\n--- ours\n{ours}\n");
    }
    let same = original
        .lines()
        .zip(ours.lines())
        .take_while(|(one, other)| one == other)
        .count();
    let first = |text: &str| text.lines().nth(same).unwrap_or_default().to_owned();
    let column = first(original)
        .chars()
        .zip(first(ours).chars())
        .take_while(|(one, other)| one == other)
        .count();
    let show = |text: &str| {
        let mut shown = String::new();
        for (number, line) in text.lines().skip(same).take(LINES).enumerate() {
            let skipped = if number == 0 {
                column.saturating_sub(BEFORE)
            } else {
                0
            };
            let dots = if skipped > 0 { "…" } else { "" };
            let part: String = line.chars().skip(skipped).take(WIDTH).collect();
            shown.push_str(&format!("{dots}{part}\n"));
        }
        if shown.is_empty() {
            shown.push_str("(nothing more)\n");
        }
        shown
    };
    format!(
        "line {}, column {}\n--- original\n{}--- ours\n{}",
        same.saturating_add(1),
        column.saturating_add(1),
        show(original),
        show(ours)
    )
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
    fn of_long_texts_only_the_place_where_they_part_is_shown() {
        assert_eq!(excerpt("a\n", "b\n"), "--- original\na\n\n--- ours\nb\n\n");
        let long = |end: &str| format!("{}{}{end}", "same\n".repeat(30), "é".repeat(300));
        let shown = excerpt(&long("a\nb\n"), &long("c\n"));
        let around = "é".repeat(60);
        let expected =
            format!("line 31, column 301\n--- original\n…{around}a\nb\n--- ours\n…{around}c\n");
        assert_eq!(shown, expected);
        let shown = excerpt(&"x\n".repeat(30), &"x\n".repeat(31));
        assert_eq!(
            shown,
            "line 31, column 1\n--- original\n(nothing more)\n--- ours\nx\n"
        );
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
