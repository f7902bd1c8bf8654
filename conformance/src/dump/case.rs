//! Our own trees: small configurations that each show one paragraph of what
//! the original does.
//!
//! A case is a folder below `trees/`: the files of a configuration folder and
//! `case.toml`, which says what it shows and what is asked.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use super::{CONFIGURATION, Dump, Entry, Question, Tree};

/// What a case has no need to write out: without any `fail2ban.conf` nothing
/// is read.
const FAIL2BAN_CONF: &[u8] = b"[Definition]\nallowipv6 = auto\n";

/// The name of the file that describes a case.
const DESCRIPTION: &str = "case.toml";

/// `case.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    /// The paragraph of the contract and what the case shows of it.
    shows: String,
    /// The words of each run; one `-d` when there are none.
    #[serde(default)]
    runs: Vec<Vec<String>>,
    /// Texts that the original's answers hold, each at least once: without them
    /// the case would not show what it claims.
    proof: Vec<String>,
    /// Texts that none of the original's answers holds.
    #[serde(default)]
    refutation: Vec<String>,
    /// Words that are asked of every configuration folder of the case, each
    /// after its `-c`.
    #[serde(default)]
    each: Vec<String>,
    /// Leaves folders with a `jail.conf` and no `fail2ban.conf` as they are;
    /// otherwise they get [`FAIL2BAN_CONF`].
    #[serde(default)]
    bare: bool,
    /// The current folder, below the configuration folder.
    #[serde(default)]
    folder: String,
    /// See [`Tree::logs`].
    #[serde(default)]
    logs: Vec<String>,
    /// See [`Tree::log_links`].
    #[serde(default)]
    log_links: Vec<(String, String)>,
    /// Empty folders of the configuration folder.
    #[serde(default)]
    folders: Vec<PathBuf>,
    /// Links of the configuration folder: name and target.
    #[serde(default)]
    links: Vec<(PathBuf, PathBuf)>,
    /// Files whose bytes a reader would not see: a letter up to U+00FF is the
    /// byte of that number.
    #[serde(default)]
    bytes: BTreeMap<PathBuf, String>,
}

/// One own tree with its questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The folder's name.
    pub name: String,
    /// What it shows.
    pub shows: String,
    /// What is asked, one after another; nothing is kept between two.
    pub questions: Vec<Question>,
    proof: Vec<String>,
    refutation: Vec<String>,
}

impl Case {
    /// Reads one.
    ///
    /// # Errors
    /// The folder or its description cannot be read, or claims nothing.
    pub fn read(folder: &Path) -> Result<Self> {
        let what = || format!("read the case {}", folder.display());
        let name = folder.file_name().with_context(what)?;
        let mut tree = Tree::read(folder).with_context(what)?;
        let Some(Entry::File(description)) = tree.entries.remove(Path::new(DESCRIPTION)) else {
            bail!("{}: {DESCRIPTION} is missing", what());
        };
        let text = std::str::from_utf8(&description).with_context(what)?;
        let description: Description = toml::from_str(text).with_context(what)?;
        if description.shows.is_empty() || description.proof.is_empty() {
            bail!("{}: it claims nothing", what());
        }
        tree.logs = description.logs;
        tree.log_links = description.log_links;
        for path in description.folders {
            tree.entries.insert(path, Entry::Folder);
        }
        for (path, target) in description.links {
            tree.entries.insert(path, Entry::Link(target));
        }
        for (path, letters) in description.bytes {
            let bytes: Result<Vec<u8>, _> = letters.chars().map(u8::try_from).collect();
            let bytes = bytes.with_context(|| format!("{}: {}", what(), path.display()))?;
            tree.put(path, &bytes);
        }
        let mut runs = description.runs;
        let jails = |path: &&PathBuf| path.file_name().is_some_and(|name| name == "jail.conf");
        let configurations: Vec<_> = tree.entries.keys().filter(jails).cloned().collect();
        for path in configurations {
            let other = path.with_file_name("fail2ban.conf");
            if !description.bare && !tree.entries.contains_key(&other) {
                tree.put(other, FAIL2BAN_CONF);
            }
            if let (false, Some(folder)) = (description.each.is_empty(), path.parent()) {
                let folder = Path::new(CONFIGURATION).join(folder);
                let mut words = vec!["-c".to_owned(), folder.to_string_lossy().into_owned()];
                words.extend(description.each.iter().cloned());
                runs.push(words);
            }
        }
        if runs.is_empty() {
            runs.push(vec!["-d".to_owned()]);
        }
        let question = |words| Question {
            tree: tree.clone(),
            folder: description.folder.clone(),
            words,
        };
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            shows: description.shows,
            questions: runs.into_iter().map(question).collect(),
            proof: description.proof,
            refutation: description.refutation,
        })
    }

    /// Says which of its claims the original's answers do not bear out.
    #[must_use]
    pub fn unproven(&self, answers: &[Dump]) -> Vec<String> {
        let answers: Vec<_> = answers.iter().map(Dump::text).collect();
        let held = |text: &String| answers.iter().any(|answer| answer.contains(text.as_str()));
        let missing = self.proof.iter().filter(|text| !held(text));
        let present = self.refutation.iter().filter(|text| held(text));
        let missing = missing.map(|text| format!("no answer holds: {text}"));
        let present = present.map(|text| format!("an answer holds: {text}"));
        missing.chain(present).collect()
    }
}

/// Reads all own trees, in the order of their names.
///
/// # Errors
/// One of them cannot be read.
pub fn cases() -> Result<Vec<Case>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("trees");
    let what = || format!("read {}", folder.display());
    let mut folders = Vec::new();
    for entry in fs::read_dir(&folder).with_context(what)? {
        folders.push(entry.with_context(what)?.path());
    }
    folders.sort();
    folders.iter().map(|folder| Case::read(folder)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(description: &str) -> Result<Case> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("jail.conf"), "[a]\n").unwrap();
        fs::write(folder.path().join(DESCRIPTION), description).unwrap();
        Case::read(folder.path())
    }

    #[test]
    fn a_case_is_its_files_and_what_its_description_adds() {
        let case = case(
            "shows = 'x'\nproof = ['plum']\nrefutation = ['pear']\nlogs = ['a.log']\nfolders = ['f']\n\
             links = [['l', 't']]\n[bytes]\n'b' = \"\\u00FF\\r\\n\"\n",
        )
        .unwrap();
        let [question] = case.questions.as_slice() else {
            panic!("{case:?}");
        };
        assert_eq!(question.words, ["-d"]);
        assert_eq!(question.tree.logs, ["a.log"]);
        let expected = [
            ("b", Entry::File(b"\xff\r\n".as_slice().into())),
            ("f", Entry::Folder),
            ("fail2ban.conf", Entry::File(FAIL2BAN_CONF.into())),
            ("jail.conf", Entry::File(b"[a]\n".as_slice().into())),
            ("l", Entry::Link("t".into())),
        ];
        let expected = expected.map(|(path, entry)| (PathBuf::from(path), entry));
        assert_eq!(question.tree.entries, expected.into());

        let answer = |stdout: &str| Dump {
            stdout: stdout.to_owned(),
            verdict: String::new(),
            code: 0,
        };
        assert!(case.unproven(&[answer("apple"), answer("plum")]).is_empty());
        assert_eq!(case.unproven(&[answer("apple")]).len(), 1);
        assert_eq!(case.unproven(&[answer("pear")]).len(), 2);
    }

    #[test]
    fn every_configuration_of_a_case_is_asked() {
        let case = case(
            "shows = 'x'\nproof = ['p']\nruns = [['-t']]\neach = ['-d']\n[bytes]\n\
             'sub/jail.conf' = ''\n'sub/fail2ban.conf' = ''\n",
        )
        .unwrap();
        let words: Vec<_> = case
            .questions
            .iter()
            .map(|one| one.words.join(" "))
            .collect();
        let expected = ["-t", "-c /mnt/fail2ban/ -d", "-c /mnt/fail2ban/sub -d"];
        assert_eq!(words, expected);
    }

    #[test]
    fn a_case_that_claims_nothing_is_refused() {
        for description in [
            "",
            "shows = ''\nproof = ['p']\n",
            "shows = 'x'\nproof = []\n",
            "shows = 'x'\nproof = ['p']\nother = 1\n",
            "shows = 'x'\nproof = ['p']\n[bytes]\nb = '\u{100}'\n",
        ] {
            assert!(case(description).is_err(), "{description}");
        }
    }
}
