//! Every outside crate that we name, with its rooms; the reason it is there
//! stands beside it in the workspace's `Cargo.toml`.

use super::{
    Finding,
    graph::{Crate, Need},
};

/// One outside crate and where it may be named.
struct Outside {
    name: &'static str,
    /// The crates of ours whose code may use it.
    rooms: &'static [&'static str],
    /// Whether the tests of any crate may use it.
    in_tests: bool,
}

const fn room(name: &'static str, rooms: &'static [&'static str]) -> Outside {
    Outside {
        name,
        rooms,
        in_tests: false,
    }
}

const fn tests(name: &'static str, rooms: &'static [&'static str]) -> Outside {
    Outside {
        name,
        rooms,
        in_tests: true,
    }
}

/// The one table.
const OUTSIDE: &[Outside] = &[
    room("annotate-snippets", &["stockade"]),
    room("anyhow", &["stockade", "conformance", "xtask"]),
    room("cargo_metadata", &["xtask"]),
    room("clap", &["stockade"]),
    room("crossbeam-channel", &["f2b-daemon"]),
    room("dns-lookup", &["f2b-daemon"]),
    room("encoding_rs", &["f2b-source"]),
    room("if-addrs", &["f2b-daemon"]),
    room(
        "indexmap",
        &["f2b-core", "f2b-config", "f2b-store", "f2b-daemon"],
    ),
    room("indicatif", &["stockade"]),
    room("inotify", &["f2b-source"]),
    tests("insta", &[]),
    tests("ipnet", &["f2b-core", "f2b-firewall", "f2b-daemon"]),
    room(
        "jiff",
        &["f2b-match", "f2b-daemon", "stockade", "conformance"],
    ),
    room("listenfd", &["f2b-daemon"]),
    room(
        "memchr",
        &[
            "f2b-config",
            "f2b-protocol",
            "f2b-pyregex",
            "f2b-source",
            "stockade",
        ],
    ),
    tests("proptest", &[]),
    room("regex-automata", &["f2b-pyregex"]),
    room("regex-syntax", &["f2b-pyregex"]),
    room("rusqlite", &["f2b-store"]),
    room("rustc-hash", &["f2b-config"]),
    tests(
        "rustix",
        &["f2b-action", "f2b-source", "f2b-firewall", "f2b-daemon"],
    ),
    room("sd-notify", &["f2b-daemon"]),
    room("serde", &["f2b-source", "conformance"]),
    tests(
        "serde_json",
        &[
            "f2b-source",
            "f2b-action",
            "f2b-store",
            "f2b-protocol",
            "stockade",
            "conformance",
        ],
    ),
    room("sha1", &["f2b-source"]),
    room("signal-hook", &["f2b-daemon", "stockade"]),
    room("smol_str", &["f2b-match"]),
    room("strsim", &["f2b-config"]),
    tests("tempfile", &["conformance"]),
    room(
        "thiserror",
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
            "kernel-kit",
            "stockade",
        ],
    ),
    room("toml", &["conformance", "xtask"]),
];

/// Outside crates that only the named parents may depend on, at any depth.
const PARENTS: &[(&str, &[&str])] = &[
    ("rusqlite", &["f2b-store"]),
    ("libsqlite3-sys", &["rusqlite"]),
    ("inotify", &["f2b-source"]),
];

/// Crates that may not come in at any depth.
const REFUSED: &[(&str, &str)] = &[
    ("fancy-regex", "its backtracking is not bounded"),
    ("native-tls", "the root process speaks no TLS"),
    ("openssl-sys", "the root process speaks no TLS"),
    ("pcre2-sys", "no C library but SQLite"),
    ("rustls", "the root process speaks no TLS"),
    ("tokio", "the server is threads and readiness polling"),
];

/// The only place outside crates come from.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Finds outside crates that are unlisted, in the wrong room, refused, or from
/// elsewhere than crates.io.
pub(super) fn check(crates: &[Crate]) -> Vec<Finding> {
    check_with(OUTSIDE, crates)
}

fn check_with(table: &[Outside], crates: &[Crate]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_ours = |name: &str| crates.iter().any(|one| one.ours && one.name == name);
    for one in crates {
        if !one.ours {
            findings.extend(check_origin(one));
        }
        for need in one.needs.iter().filter(|need| !is_ours(&need.name)) {
            if one.ours {
                findings.extend(check_room(table, &one.name, need));
            }
            for (_, parents) in PARENTS.iter().filter(|(name, _)| *name == need.name) {
                if !parents.contains(&one.name.as_str()) {
                    findings.push(Finding::new(
                        &one.name,
                        format!("only {} may reach {}", parents.join(", "), need.name),
                    ));
                }
            }
        }
    }
    findings.extend(stale(table, crates));
    findings
}

fn check_room(table: &[Outside], room: &str, need: &Need) -> Option<Finding> {
    let name = &need.name;
    let Some(row) = table.iter().find(|row| row.name == *name) else {
        return Some(Finding::new(
            room,
            format!("outside crate {name} is not in the table of xtask/src/tidy/outside.rs"),
        ));
    };
    let allowed = row.rooms.contains(&room) || (need.for_tests && row.in_tests);
    (!allowed).then(|| Finding::new(room, format!("outside crate {name} has no room here")))
}

fn check_origin(one: &Crate) -> Vec<Finding> {
    let mut findings = Vec::new();
    if one.source.as_deref() != Some(CRATES_IO) {
        let source = one.source.as_deref().unwrap_or("a local folder");
        findings.push(Finding::new(
            &one.name,
            format!("comes from {source}, not from crates.io"),
        ));
    }
    if let Some((_, reason)) = REFUSED.iter().find(|(name, _)| *name == one.name) {
        findings.push(Finding::new(&one.name, format!("is refused: {reason}")));
    }
    findings
}

/// A row that nobody uses any more would let the crate slip back in unseen.
fn stale(table: &[Outside], crates: &[Crate]) -> Vec<Finding> {
    let used = |room: Option<&str>, name: &str| {
        crates.iter().any(|one| {
            one.ours
                && room.is_none_or(|room| one.name == room)
                && one.needs.iter().any(|need| need.name == name)
        })
    };
    let mut findings = Vec::new();
    for row in table {
        if !used(None, row.name) {
            findings.push(Finding::new(
                "xtask/src/tidy/outside.rs",
                format!("the table lists {}, which no crate uses", row.name),
            ));
            continue;
        }
        for room in row.rooms {
            let exists = crates.iter().any(|one| one.ours && one.name == *room);
            if exists && !used(Some(room), row.name) {
                findings.push(Finding::new(
                    "xtask/src/tidy/outside.rs",
                    format!(
                        "the table lists {} for {room}, which does not use it",
                        row.name
                    ),
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::graph::sample::{ours, ours_in_tests, outside};

    const TABLE: &[Outside] = &[
        room("memchr", &["f2b-source", "f2b-match"]),
        tests("proptest", &[]),
        room("rusqlite", &["f2b-store"]),
    ];

    /// Runs the check, leaving out what it says of rows that a sample does not use.
    fn found(crates: &[Crate]) -> Vec<String> {
        check_with(TABLE, crates)
            .into_iter()
            .filter(|finding| !finding.text.starts_with("the table lists"))
            .map(|finding| finding.to_string())
            .collect()
    }

    #[test]
    fn an_unlisted_outside_crate_is_found() {
        let findings = found(&[
            ours("f2b-core", &["left-pad"]),
            outside("left-pad", "MIT", &[]),
        ]);
        assert_eq!(findings.len(), 1, "{findings:?}");
    }

    #[test]
    fn an_outside_crate_has_its_rooms() {
        let check = |one: Crate, name: &str, expected: usize| {
            let findings = found(&[one, outside(name, "MIT", &[])]);
            assert_eq!(findings.len(), expected, "{findings:?}");
        };
        check(ours("f2b-source", &["memchr"]), "memchr", 0);
        check(ours("f2b-core", &["memchr"]), "memchr", 1);
        check(ours_in_tests("f2b-core", &["proptest"]), "proptest", 0);
        check(ours("f2b-core", &["proptest"]), "proptest", 1);
    }

    #[test]
    fn only_the_store_reaches_sqlite() {
        let sqlite = [
            outside("rusqlite", "MIT", &["libsqlite3-sys"]),
            outside("libsqlite3-sys", "MIT", &[]),
        ];
        let with = |one: Crate| [&[one], sqlite.as_slice()].concat();
        assert!(found(&with(ours("f2b-store", &["rusqlite"]))).is_empty());
        assert_eq!(found(&with(ours("f2b-daemon", &["rusqlite"]))).len(), 2);
        assert_eq!(
            found(&with(ours_in_tests("f2b-daemon", &["rusqlite"]))).len(),
            2
        );
        assert_eq!(
            found(&with(outside("sneaky", "MIT", &["rusqlite"]))).len(),
            1
        );
    }

    #[test]
    fn other_sources_and_refused_crates_are_found() {
        let mut git = outside("memchr", "MIT", &[]);
        git.source = Some("git+https://example.org/memchr".to_owned());
        assert_eq!(found(&[git]).len(), 1);
        let mut local = outside("memchr", "MIT", &[]);
        local.source = None;
        assert_eq!(found(&[local]).len(), 1);
        assert_eq!(found(&[outside("fancy-regex", "MIT", &[])]).len(), 1);
    }

    #[test]
    fn a_row_that_nobody_uses_is_found() {
        let stale = |crates: &[Crate], text: &str| {
            stale(TABLE, crates)
                .iter()
                .any(|finding| finding.text.contains(text))
        };
        assert!(stale(
            &[ours("f2b-source", &[])],
            "lists memchr, which no crate uses"
        ));
        let crates = [ours("f2b-source", &["memchr"]), ours("f2b-match", &[])];
        assert!(stale(&crates, "lists memchr for f2b-match"));
        assert!(!stale(&crates, "lists memchr for f2b-source"));
    }

    #[test]
    fn the_table_is_sorted_and_names_nothing_twice() {
        let names: Vec<_> = OUTSIDE.iter().map(|row| row.name).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
    }
}
