//! The files of the tree: sizes, names, paths of one machine, licences.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};

use super::{Finding, graph::Text};

/// A Rust file longer than this says why in its first comment.
const LONG: usize = 600;

/// The words with which it says so.
const REASON: &str = "long because";

/// Folders that exist on one machine only.
const ONE_MACHINE: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/")];

/// Files that must lie at the root.
const AT_THE_ROOT: &[&str] = &["LICENSE-MIT", "LICENSE-APACHE"];

/// Returns every text file of the tree.
///
/// What Git keeps for itself and what Cargo builds (a folder with a
/// `CACHEDIR.TAG`) is left out, and so are files that are not text.
pub(super) fn walk(root: &Path) -> Result<Vec<Text>> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        if folder.join("CACHEDIR.TAG").exists() {
            continue;
        }
        let reading = || format!("read {}", folder.display());
        for entry in fs::read_dir(&folder).with_context(reading)? {
            let entry = entry.with_context(reading)?;
            let kind = entry.file_type().with_context(reading)?;
            let path = entry.path();
            if kind.is_dir() && entry.file_name() != ".git" {
                folders.push(path);
            } else if kind.is_file() {
                let bytes = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
                if let Ok(content) = String::from_utf8(bytes) {
                    let below = path.strip_prefix(root).unwrap_or(&path);
                    files.push(Text {
                        path: below.display().to_string(),
                        content,
                    });
                }
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

/// Finds what is wrong with the files one by one, and files that are missing.
pub(super) fn check(files: &[Text]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        findings.extend(check_length(file));
        findings.extend(check_name(file));
        findings.extend(check_paths(file));
    }
    for name in AT_THE_ROOT {
        if !files.iter().any(|file| file.path == *name) {
            findings.push(Finding::new(*name, "is missing"));
        }
    }
    findings
}

fn check_length(file: &Text) -> Option<Finding> {
    let lines = file.content.lines().count();
    if !is_rust(file) || lines <= LONG {
        return None;
    }
    let comment = file
        .content
        .lines()
        .map_while(|line| line.trim_start().strip_prefix("//"));
    let comment = comment
        .flat_map(|line| line.trim_start_matches(['!', '/']).split_whitespace())
        .collect::<Vec<_>>()
        .join(" ");
    (!comment.to_lowercase().contains(REASON)).then(|| {
        Finding::new(
            &file.path,
            format!("has {lines} lines; say why in the first comment (`Long because …`), or split"),
        )
    })
}

fn check_name(file: &Text) -> Option<Finding> {
    (file.path.rsplit('/').next() == Some("mod.rs"))
        .then(|| Finding::new(&file.path, "modules are `thing.rs` and `thing/part.rs`"))
}

fn check_paths(file: &Text) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(file.content.lines()) {
        for folder in ONE_MACHINE.iter().filter(|folder| line.contains(*folder)) {
            findings.push(Finding::new(
                format!("{}:{number}", file.path),
                format!("names a folder of one machine: {folder}"),
            ));
        }
    }
    findings
}

/// Tells whether a file is Rust source.
pub(super) fn is_rust(file: &Text) -> bool {
    Path::new(&file.path)
        .extension()
        .is_some_and(|extension| extension == "rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &str, content: &str) -> Text {
        Text {
            path: path.to_owned(),
            content: content.to_owned(),
        }
    }

    #[test]
    fn a_long_file_without_a_reason_is_found() {
        let check = |path: &str, head: &str, lines: usize, expected: bool| {
            let file = text(path, &format!("{head}\n{}", "x\n".repeat(lines)));
            assert_eq!(
                check_length(&file).is_some(),
                expected,
                "{path} {head} {lines}"
            );
        };
        check("a.rs", "//! A.", LONG - 1, false);
        check("a.rs", "//! A.", LONG, true);
        check(
            "a.rs",
            "//! A table.\n//! Long\n//! because it is one.",
            LONG,
            false,
        );
        check("a.rs", "// Long because it is a table.", LONG, false);
        check("a.rs", "//! A.\n\nfn f() {} // long because", LONG, true);
        check("a.toml", "", LONG * 2, false);
    }

    #[test]
    fn module_files_are_found() {
        assert!(check_name(&text("crates/x/src/y/mod.rs", "")).is_some());
        assert!(check_name(&text("crates/x/src/y/amod.rs", "")).is_none());
    }

    #[test]
    fn folders_of_one_machine_are_found_with_their_line() {
        for folder in ONE_MACHINE {
            let findings = check_paths(&text("a.md", &format!("one\nsee {folder}x\n")));
            let places: Vec<_> = findings
                .iter()
                .map(|finding| finding.place.as_str())
                .collect();
            assert_eq!(places, ["a.md:2"]);
        }
        assert!(check_paths(&text("a.md", "a network/interface, /etc/fail2ban\n")).is_empty());
    }

    #[test]
    fn missing_licence_files_are_found() {
        assert_eq!(check(&[]).len(), 2);
        assert_eq!(check(&[text("LICENSE-MIT", "")]).len(), 1);
        assert!(check(&[text("LICENSE-MIT", ""), text("LICENSE-APACHE", "")]).is_empty());
    }

    #[test]
    fn the_walk_leaves_out_what_cargo_builds_and_what_is_not_text() {
        let root = tempfile::tempdir().unwrap();
        let put = |path: &str, bytes: &[u8]| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        put("a/b.rs", b"x");
        put(".ci/run", b"x");
        put(".git/config", b"x");
        put("target/CACHEDIR.TAG", b"x");
        put("target/debug/y.rs", b"x");
        put("picture", &[0xff, 0xfe]);
        let paths: Vec<_> = walk(root.path())
            .unwrap()
            .into_iter()
            .map(|file| file.path)
            .collect();
        assert_eq!(paths, [".ci/run", "a/b.rs"]);
    }
}
