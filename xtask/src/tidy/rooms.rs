//! Which room may use which: the table of `ARCHITECTURE.md`, left to right.

use super::{Finding, graph::Crate};

/// A crate that ships and what it may use of ours.
///
/// `f2b-daemon` does not list `f2b-config`: the server never reads a
/// configuration file.
const ROOMS: &[(&str, &[&str])] = &[
    ("f2b-core", &[]),
    ("f2b-protocol", &["f2b-core"]),
    ("f2b-config", &["f2b-core", "f2b-protocol"]),
    ("f2b-pyregex", &[]),
    ("f2b-match", &["f2b-core", "f2b-pyregex"]),
    ("f2b-source", &["f2b-core"]),
    ("f2b-store", &["f2b-core"]),
    ("f2b-action", &["f2b-core"]),
    ("f2b-firewall", &["f2b-core"]),
    (
        "f2b-daemon",
        &[
            "f2b-core",
            "f2b-pyregex",
            "f2b-match",
            "f2b-source",
            "f2b-store",
            "f2b-action",
            "f2b-firewall",
            "f2b-protocol",
        ],
    ),
    (
        "stockade",
        &[
            "f2b-core",
            "f2b-config",
            "f2b-pyregex",
            "f2b-match",
            "f2b-source",
            "f2b-store",
            "f2b-action",
            "f2b-firewall",
            "f2b-protocol",
            "f2b-daemon",
        ],
    ),
];

/// Crates that never ship, and what they may use of ours.
const WORKSHOP: &[(&str, &[&str])] = &[
    ("kernel-kit", &[]),
    (
        "conformance",
        &[
            "f2b-core",
            "f2b-protocol",
            "f2b-config",
            "f2b-pyregex",
            "f2b-match",
            "f2b-source",
            "f2b-action",
            "kernel-kit",
        ],
    ),
    ("xtask", &[]),
];

/// May be used by the tests of any crate.
const FOR_TESTS: &str = "kernel-kit";

/// Finds members without a room and dependencies that point to the right.
pub(super) fn check(crates: &[Crate]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let members: Vec<&str> = crates
        .iter()
        .filter(|one| one.ours)
        .map(|one| one.name.as_str())
        .collect();
    for one in crates.iter().filter(|one| one.ours) {
        let Some((_, allowed)) = ROOMS
            .iter()
            .chain(WORKSHOP)
            .find(|(name, _)| *name == one.name)
        else {
            findings.push(Finding::new(
                &one.name,
                "has no room; add it to the table in xtask/src/tidy/rooms.rs",
            ));
            continue;
        };
        for need in one
            .needs
            .iter()
            .filter(|need| members.contains(&need.name.as_str()))
        {
            let for_tests = need.for_tests && need.name == FOR_TESTS;
            if !for_tests && !allowed.contains(&need.name.as_str()) {
                findings.push(Finding::new(
                    &one.name,
                    format!("must not depend on {}: it is not to its left", need.name),
                ));
            }
        }
    }
    findings
}

/// Tells whether a crate never ships.
pub(super) fn is_workshop(name: &str) -> bool {
    WORKSHOP.iter().any(|(one, _)| *one == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::graph::sample::{ours, ours_in_tests};

    fn check_pair(one: Crate, other: &str, expected: usize) {
        let name = one.name.clone();
        let findings = check(&[one, ours(other, &[])]);
        assert_eq!(findings.len(), expected, "{name} -> {other}: {findings:?}");
    }

    #[test]
    fn a_dependency_to_the_right_is_found() {
        check_pair(ours("f2b-match", &["f2b-core"]), "f2b-core", 0);
        check_pair(ours("f2b-core", &["f2b-match"]), "f2b-match", 1);
        check_pair(ours("f2b-core", &["f2b-protocol"]), "f2b-protocol", 1);
        check_pair(ours("f2b-daemon", &["f2b-config"]), "f2b-config", 1);
        check_pair(
            ours_in_tests("f2b-daemon", &["f2b-config"]),
            "f2b-config",
            1,
        );
        check_pair(ours("stockade", &["f2b-config"]), "f2b-config", 0);
        check_pair(ours("f2b-store", &["f2b-source"]), "f2b-source", 1);
    }

    #[test]
    fn only_tests_use_what_does_not_ship() {
        check_pair(
            ours_in_tests("f2b-firewall", &["kernel-kit"]),
            "kernel-kit",
            0,
        );
        check_pair(ours("f2b-firewall", &["kernel-kit"]), "kernel-kit", 1);
        check_pair(
            ours_in_tests("stockade", &["conformance"]),
            "conformance",
            1,
        );
        check_pair(ours("conformance", &["kernel-kit"]), "kernel-kit", 0);
    }

    #[test]
    fn a_crate_without_a_room_is_found() {
        assert_eq!(check(&[ours("f2b-drawer", &[])]).len(), 1);
    }

    #[test]
    fn the_table_itself_points_only_to_the_left() {
        for (position, (name, allowed)) in ROOMS.iter().enumerate() {
            for one in *allowed {
                let left = ROOMS.iter().position(|(other, _)| other == one);
                assert!(left.is_some_and(|left| left < position), "{name} -> {one}");
            }
        }
    }
}
