//! What only one room may name: processes, netlink.
//!
//! Looked for is the type by its path, because a call needs its import and
//! other things of ours are called commands too.

use super::{Finding, files::is_rust, graph::Text, rooms::is_workshop};

/// Something of the system and the only places of shipped code that may name it.
struct Word {
    /// Finds where shipped code names it: byte positions.
    positions: fn(&str) -> Vec<usize>,
    /// As a person calls it.
    name: &'static str,
    /// Paths, or beginnings of paths, below the workspace.
    places: &'static [&'static str],
    /// The rule, a sentence.
    rule: &'static str,
}

const WORDS: &[Word] = &[
    Word {
        positions: process_commands,
        name: "std::process::Command",
        places: &[
            "crates/f2b-action/src/",
            // The one exception: a client that starts the server.
            "crates/stockade/src/start.rs",
        ],
        rule: "only f2b-action may start processes",
    },
    Word {
        positions: netlink_sockets,
        name: "AddressFamily::NETLINK",
        places: &["crates/f2b-firewall/src/"],
        rule: "only f2b-firewall may open netlink",
    },
];

/// Finds names outside their room; tests may do anything.
pub(super) fn check(files: &[Text]) -> Vec<Finding> {
    files
        .iter()
        .filter(|file| is_rust(file) && ships(&file.path))
        .flat_map(check_one)
        .collect()
}

/// Tells whether a source file is part of a program that ships.
fn ships(path: &str) -> bool {
    let mut parts = path.split('/');
    let name = match parts.next() {
        Some("crates") => parts.next().unwrap_or_default(),
        other => other.unwrap_or_default(),
    };
    !is_workshop(name)
        && !path.ends_with("/tests.rs")
        && !["/tests/", "/benches/", "/examples/"]
            .iter()
            .any(|folder| path.contains(folder))
}

fn check_one(file: &Text) -> Vec<Finding> {
    let code = shipped(&file.content);
    let mut findings = Vec::new();
    for word in WORDS {
        if word.places.iter().any(|place| file.path.starts_with(place)) {
            continue;
        }
        for position in (word.positions)(&code) {
            let before = code.get(..position).unwrap_or_default();
            let number = before.matches('\n').count() + 1;
            findings.push(Finding::new(
                format!("{}:{number}", file.path),
                format!("`{}`: {}", word.name, word.rule),
            ));
        }
    }
    findings
}

/// Returns the source without comments, up to the tests at its end; lines keep
/// their numbers.
fn shipped(content: &str) -> String {
    let mut code = String::new();
    let mut lines = content.lines().peekable();
    while let Some(line) = lines.next() {
        // A `mod tests;` lies in a file of its own and ends nothing here.
        let tests_follow = lines.peek().is_some_and(|next| {
            next.trim_start().starts_with("mod ") && next.trim_end().ends_with('{')
        });
        if line.trim() == "#[cfg(test)]" && tests_follow {
            break;
        }
        code.push_str(line.split("//").next().unwrap_or_default());
        code.push('\n');
    }
    code
}

/// `process::Command`, and `Command` among the names of `process::{…}`.
fn process_commands(code: &str) -> Vec<usize> {
    const PATH: &str = "process::";
    let names_it = |(position, _): (usize, &str)| {
        let rest = code.get(position + PATH.len()..)?;
        let names = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default(),
            None => rest
                .split(|letter: char| !is_name(letter))
                .next()
                .unwrap_or_default(),
        };
        names
            .split(|letter: char| !is_name(letter))
            .any(|name| name == "Command")
            .then_some(position)
    };
    code.match_indices(PATH).filter_map(names_it).collect()
}

fn netlink_sockets(code: &str) -> Vec<usize> {
    code.match_indices("AddressFamily::NETLINK")
        .map(|(position, _)| position)
        .collect()
}

fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_are_started_in_one_room() {
        let check = |path: &str, content: &str, expected: &[&str]| {
            let file = Text {
                path: path.to_owned(),
                content: content.to_owned(),
            };
            let findings = check(&[file]);
            let places: Vec<_> = findings
                .iter()
                .map(|finding| finding.place.as_str())
                .collect();
            assert_eq!(places, expected, "{path}: {content}");
        };
        let call = "let x = std::process::Command::new(\"sh\");\n";
        check(
            "crates/f2b-source/src/a.rs",
            call,
            &["crates/f2b-source/src/a.rs:1"],
        );
        check(
            "crates/f2b-source/src/a.rs",
            "// a\nuse std::process::Command;",
            &["crates/f2b-source/src/a.rs:2"],
        );
        check(
            "crates/f2b-source/src/a.rs",
            "use std::{\n    process::{\n Command, Stdio},\n};",
            &["crates/f2b-source/src/a.rs:2"],
        );
        check(
            "crates/f2b-source/src/a.rs",
            "use std::process::{ExitCode, Stdio};",
            &[],
        );
        check(
            "crates/f2b-source/src/a.rs",
            "use f2b_protocol::Command;\nCommand::new()",
            &[],
        );
        check(
            "crates/f2b-source/src/a.rs",
            "clap::Command::new(\"x\")",
            &[],
        );
        check(
            "crates/f2b-source/src/a.rs",
            "//! std::process::Command",
            &[],
        );
        check(
            "crates/f2b-source/src/a.rs",
            &format!("#[cfg(test)]\nmod t {{\n{call}}}"),
            &[],
        );
        let after = format!("#[cfg(test)]\nmod tests;\n{call}");
        check(
            "crates/f2b-source/src/a.rs",
            &after,
            &["crates/f2b-source/src/a.rs:3"],
        );
        check("crates/f2b-action/src/spawn.rs", call, &[]);
        check("crates/f2b-source/tests/it/main.rs", call, &[]);
        check("crates/f2b-source/src/file/tests.rs", call, &[]);
        check("crates/kernel-kit/src/lib.rs", call, &[]);
        check("xtask/src/main.rs", call, &[]);
        check("conformance/src/lib.rs", call, &[]);
        check("crates/stockade/README.md", call, &[]);
    }

    #[test]
    fn netlink_is_opened_in_one_room() {
        let check = |path: &str, expected: usize| {
            let content = "socket(AddressFamily::NETLINK)".to_owned();
            assert_eq!(
                check(&[Text {
                    path: path.to_owned(),
                    content
                }])
                .len(),
                expected
            );
        };
        check("crates/f2b-firewall/src/netlink/socket.rs", 0);
        check("crates/f2b-daemon/src/lib.rs", 1);
    }
}
