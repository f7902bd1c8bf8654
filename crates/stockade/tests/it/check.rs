//! `stockade check`: no server is needed.

use std::fs;
use std::path::Path;

use crate::explain::stockade;
use crate::server::copy;

/// Files with mistakes; each line that holds one ends with a comment that names its code.
const PLANTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/planted");

/// The tree that they are put into.
const TREE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config");

fn tree() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new(TREE), folder.path());
    folder
}

/// The codes that the comments of a folder's files name: file, line and code.
fn planted(folder: &Path, below: &str, found: &mut Vec<(String, u64, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{below}/{}", entry.file_name().into_string().unwrap());
        if entry.path().is_dir() {
            planted(&entry.path(), &name, found);
            continue;
        }
        let text = fs::read_to_string(entry.path()).unwrap();
        for (index, line) in text.lines().enumerate() {
            let (_, codes) = line.split_once("; mistake: ").unwrap_or_default();
            let line = u64::try_from(index + 1).unwrap();
            for code in codes.split_whitespace() {
                found.push((name.clone(), line, code.to_owned()));
            }
        }
    }
}

#[test]
fn every_planted_mistake_is_found_in_its_line_and_nothing_else() {
    let folder = tree();
    copy(Path::new(PLANTED), folder.path());
    let told = stockade(folder.path(), &["check", "--json"]);
    assert_eq!(told.code, Some(1), "{told:?}");
    let mistakes: Vec<serde_json::Value> = serde_json::from_str(&told.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut found: Vec<_> = mistakes
        .iter()
        .map(|mistake| {
            let line = mistake["line"].as_u64().unwrap_or_default();
            (text(&mistake["file"]), line, text(&mistake["code"]))
        })
        .collect();
    let mut expected = Vec::new();
    planted(Path::new(PLANTED), "/etc/fail2ban", &mut expected);
    found.sort();
    expected.sort();
    assert!(expected.len() >= 30);
    assert_eq!(found, expected);
    // A slip of the keys is told with the name that was meant.
    let hints = mistakes.iter().map(|mistake| text(&mistake["hint"]));
    assert!(
        hints
            .filter(|hint| hint.starts_with("did you mean"))
            .count()
            >= 14
    );
}

#[test]
fn a_mistake_is_drawn_with_excerpt_includes_and_hint() {
    let folder = tree();
    fs::write(
        folder.path().join("jail.local"),
        "[INCLUDES]\nbefore = more.conf\n[sshd]\nlogpath = /dev/null\n",
    )
    .unwrap();
    fs::write(
        folder.path().join("more.conf"),
        "[DEFAULT]\nignoreip = 127.0.0.1/8\n           10.0.0.0/8 192.168.1.300 \u{1b}[31m\n",
    )
    .unwrap();
    let told = stockade(folder.path(), &["check"]);
    assert_eq!(told.code, Some(0));
    insta::assert_snapshot!(told.stdout);
    assert_eq!(
        stockade(folder.path(), &["check", "--strict"]).code,
        Some(1)
    );
}

#[test]
fn a_tree_without_a_mistake_is_well() {
    let folder = tree();
    fs::write(
        folder.path().join("jail.local"),
        "[sshd]\nlogpath = /dev/null\n",
    )
    .unwrap();
    let told = stockade(folder.path(), &["check", "--strict"]);
    assert_eq!(told.stdout, "the configuration is well\n", "{told:?}");
    assert_eq!((told.stderr.as_str(), told.code), ("", Some(0)));
    let told = stockade(folder.path(), &["check", "--json"]);
    assert_eq!((told.stdout.as_str(), told.code), ("[]\n", Some(0)));
    let told = stockade(Path::new("/nonexistent/x"), &["check"]);
    assert_eq!(told.code, Some(1));
    assert!(told.stderr.contains("does not exist"), "{told:?}");
}

#[test]
fn a_test_by_the_original_is_followed_by_what_only_we_find() {
    let folder = tree();
    fs::write(
        folder.path().join("jail.local"),
        "[sshd]\nlogpath = /dev/null\nmaxrety = 3\n",
    )
    .unwrap();
    let test = |words: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_fail2ban-client"))
            .arg("-c")
            .arg(folder.path())
            .args(words)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(output.stdout, b"OK: configuration test is successful\n");
        String::from_utf8(output.stderr).unwrap()
    };
    let stderr = test(&["-t"]);
    assert!(stderr.starts_with("stockade: warning: "), "{stderr}");
    assert!(
        stderr.ends_with(
            "jail.local:3: nothing reads the option `maxrety` (hint: did you mean `maxretry`?)\n"
        ),
        "{stderr}"
    );
    assert_eq!(test(&["-t", "-q"]), "");
}
