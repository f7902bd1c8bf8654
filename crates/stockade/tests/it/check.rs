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

#[test]
fn rules_are_judged_with_the_line_that_they_stand_in() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("fail2ban.conf", "[Definition]\n");
    write(
        "jail.conf",
        "[toy]\nenabled = true\nlogpath = /dev/null\nfilter = toy\n",
    );
    let rules = [
        ("^user .*? from <HOST>", "rule-can-be-forged"),
        ("^good [a-z]+ from <ADDR>$", ""),
        ("bad from <HOST>$", "rule-unanchored"),
        ("^twice (?P<w>\\w+) (?P=w) <ADDR>$", "rule-over-budget"),
        ("^(bad <ADDR>$", "bad-rule"),
        ("^nobody$", "rule-names-nobody"),
    ];
    let listed: String = rules.map(|(rule, _)| format!("    {rule}\n")).concat();
    write(
        "filter.d/toy.conf",
        &format!("[Definition]\nfailregex =\n{listed}datepattern = %%Q\n"),
    );
    let told = stockade(folder.path(), &["check", "--json"]);
    let mistakes: Vec<serde_json::Value> = serde_json::from_str(&told.stdout).unwrap();
    let code = |mistake: &serde_json::Value| mistake["code"].as_str().unwrap().to_owned();
    for (line, (rule, expected)) in (3..).zip(rules) {
        let here = mistakes.iter().filter(|mistake| mistake["line"] == line);
        let codes: Vec<_> = here.map(code).collect();
        let expected: Vec<_> = expected.split_whitespace().collect();
        assert_eq!(codes, expected, "{rule}");
    }
    assert!(
        mistakes
            .iter()
            .any(|mistake| code(mistake) == "bad-datepattern")
    );
    assert_eq!(told.code, Some(1));

    let told = stockade(folder.path(), &["explain", "toy", "failregex"]);
    for part in [
        "   1) ^user .*? from <HOST>\n      regular\n      `user ",
        "   4) ^twice (?P<w>\\w+) (?P=w) <ADDR>$\n      under a budget of steps: back-reference",
        "   5) ^(bad <ADDR>$\n      Unable to compile regular expression",
    ] {
        assert!(told.stdout.contains(part), "{part}: {}", told.stdout);
    }
}
