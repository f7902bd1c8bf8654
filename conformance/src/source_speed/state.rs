//! What `stockade status --json` tells, as far as it is needed here (`docs/stockade-status.md`).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// The whole server.
#[derive(Debug, Deserialize)]
pub(crate) struct State {
    /// Decisions on their way to kernel and database.
    pub(crate) queue: u64,
    pub(crate) jails: BTreeMap<String, Jail>,
}

/// One jail.
#[derive(Debug, Deserialize)]
pub(crate) struct Jail {
    pub(crate) lines: u64,
    pub(crate) matched: u64,
    /// Identities that are counted now.
    pub(crate) failed: u64,
    pub(crate) total_banned: u64,
    cut_lines: u64,
    undecoded_lines: u64,
    skipped_lines: u64,
    given_up_lines: u64,
    rules: Vec<Rule>,
    sources: Vec<Source>,
}

#[derive(Debug, Deserialize)]
struct Rule {
    rule: usize,
    matched: u64,
}

#[derive(Debug, Deserialize)]
struct Source {
    path: Option<String>,
    lag_bytes: Option<u64>,
}

impl State {
    /// Returns the bytes that were not read yet, each file once.
    pub(crate) fn lag(&self) -> u64 {
        let sources = self.jails.values().flat_map(|jail| &jail.sources);
        let files: BTreeSet<_> = sources
            .filter_map(|source| Some((source.path.as_deref()?, source.lag_bytes?)))
            .collect();
        // A file whose lag grew between two jails' turns counts with the greater number.
        let files: BTreeMap<_, _> = files.into_iter().collect();
        files.values().sum()
    }

    /// Returns the fewest lines that a jail has read.
    pub(crate) fn lines(&self) -> u64 {
        let lines = self.jails.values().map(|jail| jail.lines);
        lines.min().unwrap_or_default()
    }
}

impl Jail {
    /// Returns how many lines the rule of that number has matched, counted from 0.
    pub(crate) fn matched_by(&self, number: usize) -> u64 {
        let rules = self.rules.iter().filter(|rule| rule.rule == number);
        rules.map(|rule| rule.matched).sum()
    }

    /// Returns how many lines were read and yet not looked at as they should be.
    pub(crate) const fn unjudged(&self) -> u64 {
        self.cut_lines + self.undecoded_lines + self.skipped_lines + self.given_up_lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_two_jails_lags_once() {
        let jail = |path: &str, lag: u64| {
            format!(
                r#"{{"lines": {lag}, "matched": 0, "failed": 0, "total_banned": 0, "cut_lines": 0,
                "undecoded_lines": 0, "skipped_lines": 0, "given_up_lines": 0, "rules": [],
                "sources": [{{"kind": "file", "path": "{path}", "lag_bytes": {lag}}}]}}"#
            )
        };
        let text = format!(
            r#"{{"queue": 0, "jails": {{"a": {}, "b": {}, "c": {}}}}}"#,
            jail("/x", 7),
            jail("/x", 7),
            jail("/y", 5)
        );
        let state: State = serde_json::from_str(&text).unwrap();
        assert_eq!((state.lag(), state.lines()), (12, 5));
    }
}
