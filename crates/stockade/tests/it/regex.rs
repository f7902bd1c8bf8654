//! `fail2ban-regex`: what the comparison with the original does not show.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_fail2ban-regex");

fn program(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.current_dir(folder).env("TZ", "UTC").args(words);
    command.stdin(Stdio::null());
    command
}

fn said(folder: &Path, words: &[&str]) -> Output {
    program(folder, words).output().unwrap()
}

fn objects(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn with_json_every_line_has_its_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let filter = "[Definition]\nprefregex = ^ <F-CONTENT>.+</F-CONTENT>$\n\
                  failregex = ^bad <F-USER>\\S+</F-USER> from <ADDR>$\n\
                  \x20           ^<F-NOFAIL>hello</F-NOFAIL> from <ADDR>$\n\
                  ignoreregex = robot\n";
    fs::write(folder.path().join("x.conf"), filter).unwrap();
    let log = "2026-01-05 10:00:01 bad bob from 192.0.2.1\n# no line\n\
               2026-01-05 10:00:02 hello from 192.0.2.2\n\
               2026-01-05 10:00:03 bad robot from 192.0.2.3\n\
               something else\n";
    fs::write(folder.path().join("log"), log).unwrap();
    let output = said(folder.path(), &["--json", "log", "./x.conf"]);
    assert!(output.status.success(), "{output:?}");
    let objects = objects(&output);
    let verdicts: Vec<&Value> = objects.iter().map(|object| &object["verdict"]).collect();
    assert_eq!(
        verdicts,
        [
            &json!("matched"),
            &json!("ignored"),
            &json!("ignored"),
            &json!("missed"),
            &Value::Null
        ]
    );
    assert_eq!(
        objects[0],
        json!({
            "line": 1,
            "verdict": "matched",
            "text": "2026-01-05 10:00:01 bad bob from 192.0.2.1",
            "date": "2026-01-05 10:00:01",
            "time": 1_767_607_201.0,
            "prefregex": {"content": "bad bob from 192.0.2.1"},
            "found": [{
                "failregex": 1,
                "kind": "failure",
                "id": "192.0.2.1",
                "time": 1_767_607_201.0,
                "data": {"user": "bob", "ip4": "192.0.2.1", "ip6": null},
                "lines": ["2026-01-05 10:00:01 bad bob from 192.0.2.1"],
            }],
            "ignored_by": [],
            "given_up": [],
        })
    );
    assert_eq!(objects[2]["ignored_by"], json!([1]));
    let summary = &objects[4]["summary"];
    for (count, expected) in [("lines", 4), ("matched", 1), ("ignored", 2), ("missed", 1)] {
        assert_eq!(summary[count], json!(expected), "{count}");
    }
    assert_eq!(summary["prefregex"]["hits"], json!(3));
    assert_eq!(summary["failregex"][0]["hits"], json!(1));
}

#[test]
fn with_json_an_error_is_said_on_standard_error() {
    let folder = tempfile::tempdir().unwrap();
    let output = said(folder.path(), &["--json", "x", "(<HOST>"]);
    assert_eq!(output.status.code(), Some(255));
    assert!(output.stdout.is_empty());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.starts_with("ERROR: Unable to compile regular expression"),
        "{error}"
    );
}

#[test]
fn a_long_log_leaves_standard_error_alone_where_nobody_looks() {
    let folder = tempfile::tempdir().unwrap();
    let log = "2026-01-05 10:00:01 nothing to see here\n".repeat(120_000);
    fs::write(folder.path().join("log"), &log).unwrap();
    assert!(log.len() > 4 << 20);
    let output = said(folder.path(), &["log", "bad from <HOST>"]);
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(report.contains("\nLines: 120000 lines, 0 ignored, 0 matched, 120000 missed\n"));
    assert!(report.contains("Use --print-all-missed to print all 120000 lines"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let log = "2026-01-05 10:00:01 bad from 192.0.2.1\n".repeat(100_000);
    fs::write(folder.path().join("log"), log).unwrap();
    let mut command = program(folder.path(), &["-o", "row", "log", "bad from <HOST>"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
}
