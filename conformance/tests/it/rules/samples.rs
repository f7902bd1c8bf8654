//! Sample logs, by filter.

use std::collections::BTreeSet;
use std::fs;

use conformance::{Oracle, Version};

/// Returns the lines of a filter's sample log.
pub(super) fn lines(filter: &str) -> Vec<String> {
    let mut lines = BTreeSet::new();
    for version in [Version::V1_0_2, Version::V1_1_1] {
        let log = Oracle::new(version).unwrap().sample_logs().join(filter);
        let bytes = fs::read(log).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let log_lines = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.extend(log_lines.map(str::to_owned));
    }
    lines.into_iter().collect()
}
