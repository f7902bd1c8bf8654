//! What rules make of lines: small filters and logs, the original's `fail2ban-regex -o` beside ours.
#![expect(clippy::panic, reason = "a test fails by panicking")]

mod cases;

use std::path::Path;

use conformance::{Oracle, Version};
use f2b_core::{Span, UnixTime};
use f2b_match::{
    Data, Identity, Judging, Kind, Line, Match, Matcher, Moment, StampTime, UseDns,
    Value as Captured, Zone,
};
use f2b_protocol::Value;

use crate::matching;
use cases::{GROUPS, Group};

/// Whole lines of a failure, each behind a mark that no log has.
const LINES: &str = "<matches>\u{1}";

/// What is judged of a log: `-o row`, and the lines of each failure.
#[derive(Debug, PartialEq)]
struct Told {
    rows: Vec<String>,
    lines: Vec<String>,
}

/// The log with epochs put before its lines; a line that begins with `|` has no date.
fn dated(lines: &str) -> String {
    let dated =
        (1_700_000_001..)
            .zip(lines.lines())
            .map(|(time, line)| match line.strip_prefix('|') {
                Some(bare) => format!("{bare}\n"),
                None => format!("{time} {line}\n"),
            });
    dated.collect()
}

fn of_the_original(oracle: &Oracle, folder: &Path, group: &Group) -> Told {
    let run = |format: &str| {
        let (tree, log) = (
            folder.display().to_string(),
            folder.join("log").display().to_string(),
        );
        let words = [
            "-c",
            &tree,
            "--usedns",
            group.usedns,
            "-o",
            format,
            &log,
            "f",
        ];
        let run = oracle.run("fail2ban-regex", words).unwrap();
        let told = format!("{}{}", run.stdout, run.stderr);
        run.success()
            .unwrap_or_else(|error| panic!("{}: {error}: {told}", group.name))
    };
    let rows = run("row");
    let lines = run(LINES);
    Told {
        rows: rows.lines().map(with_users_sorted).collect(),
        lines: lines
            .split("\u{1}\n")
            .filter(|lines| !lines.is_empty())
            .map(str::to_owned)
            .collect(),
    }
}

/// Python shows a set in an order of its own.
fn with_users_sorted(row: &str) -> String {
    let mark = "'users': {";
    let Some((before, users, after)) = row.split_once(mark).and_then(|(before, rest)| {
        let (users, after) = rest.split_once('}')?;
        Some((before, users, after))
    }) else {
        return row.to_owned();
    };
    let mut users: Vec<&str> = users.split(", ").collect();
    users.sort_unstable();
    format!("{before}{mark}{}}}{after}", users.join(", "))
}

fn of_ours(folder: &Path, group: &Group) -> Told {
    let usedns = UseDns::named(group.usedns).unwrap();
    let (filter, dates) = matching::filter(folder, "f", &[], usedns)
        .unwrap_or_else(|error| panic!("{}: {error}", group.name));
    let judging = Judging {
        check_all: false,
        check_findtime: false,
        raw: false,
        tell_prefregex: false,
    };
    let mut matcher = Matcher::new(dates, Zone::utc(), judging);
    let moment = Moment {
        now: UnixTime::from_seconds(1_790_000_000),
        findtime: Span::from_seconds(600),
        in_operation: false,
    };
    let mut told = Told {
        rows: Vec::new(),
        lines: Vec::new(),
    };
    for line in dated(group.lines).split_inclusive('\n') {
        let judged = matcher.judge(&filter, Line::new(line), moment);
        for found in &judged.found {
            if found.kind == Kind::Failure && !found.data.has("nofail") {
                told.rows.push(row(found));
                let lines: Vec<String> = found.lines.iter().map(f2b_match::Parts::line).collect();
                told.lines.push(lines.join("\n"));
            }
        }
    }
    told
}

fn row(found: &Match) -> String {
    let id = match &found.id {
        Identity::Known(id) => Value::text(id.to_string()),
        Identity::Tuple(parts) => Value::Tuple(parts.iter().map(value).collect()),
        Identity::Name(name) => Value::text(format!("? {name}")),
        Identity::Nobody => Value::None,
    };
    let time = match found.time {
        None => "None".to_owned(),
        Some(StampTime { time, .. }) => format!("{}.0", time.whole_seconds()),
    };
    with_users_sorted(&format!(
        "[{},\t{time},\t{}],",
        id.repr(),
        dict(&found.data)
    ))
}

fn dict(data: &Data) -> String {
    let pairs = data
        .iter()
        .map(|(name, found)| (Value::text(name), value(found)));
    Value::Dict(pairs.collect()).repr()
}

fn value(found: &Captured) -> Value {
    match found {
        Captured::Null => Value::None,
        Captured::True => Value::Bool(true),
        Captured::Text(text) => Value::text(&**text),
        Captured::Users(users) => {
            Value::Set(users.iter().map(|user| Value::text(&**user)).collect())
        }
        Captured::Tuple(parts) => Value::Tuple(parts.iter().map(value).collect()),
    }
}

fn check(version: Version, fewest: usize) {
    let oracle = Oracle::new(version).unwrap();
    let groups = GROUPS
        .iter()
        .filter(|group| version == Version::V1_1_1 || !group.is_new);
    let mut lines = 0;
    for group in groups {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("filter.d")).unwrap();
        let text = format!("[Definition]\n{}\ndatepattern = ^EPOCH\n", group.filter);
        std::fs::write(folder.path().join("filter.d/f.conf"), text).unwrap();
        std::fs::write(folder.path().join("log"), dated(group.lines)).unwrap();
        let expected = of_the_original(&oracle, folder.path(), group);
        let ours = of_ours(folder.path(), group);
        assert!(
            ours == expected,
            "{}\n{}{}",
            group.name,
            difference(&ours.rows, &expected.rows),
            difference(&ours.lines, &expected.lines),
        );
        assert!(!expected.rows.is_empty(), "{}: nothing matches", group.name);
        lines += group.lines.lines().count();
    }
    assert!(lines >= fewest, "{lines} lines");
}

/// The lines that one has and the other has not.
fn difference(ours: &[String], theirs: &[String]) -> String {
    let only = |mark: &str, some: &[String], others: &[String]| -> String {
        let some = some.iter().filter(|line| !others.contains(line));
        some.map(|line| format!("{mark} {line}\n")).collect()
    };
    only("+", ours, theirs) + &only("-", theirs, ours)
}

#[test]
fn rules_find_what_they_find_in_1_1_1() {
    check(Version::V1_1_1, 400);
}

#[test]
fn rules_find_what_they_find_in_1_0_2() {
    check(Version::V1_0_2, 100);
}
