//! What a configuration becomes: the text of `fail2ban-client -d`, `--dp`, `-t`
//! and `--str2sec`, of the original and of ours, on the same trees.
//!
//! Each run sees the same paths: the tree at [`CONFIGURATION`], and `/var/log`
//! with the log files of the case and nothing else, because the original looks
//! for log files already when it dumps. So paths are compared as they are; all
//! that is made comparable is the moment and the process number of log lines.

use std::{hash::Hash, path::PathBuf, process::Command};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::{
    Oracle, place,
    run::{self, Run},
    seal::sealed_script,
};

mod cache;
mod case;
mod speed;
mod stock;
mod suite;
mod tree;
mod verdict;

pub use cache::Cache;
pub use case::{Case, cases};
pub use speed::{Figures, speed};
pub use stock::Stock;
pub(crate) use suite::in_parallel;
pub use suite::{Job, Outcome, own, run, stock};
pub use tree::{Entry, Tree};
pub use verdict::{WORDINGS, Wording, normalised};

/// Where a run finds the configuration.
pub const CONFIGURATION: &str = "/mnt/fail2ban";

/// `$1` is the folder with the laid out tree, `$2` the current folder for the
/// program.
const SCRIPT: &str = r#"
mount --bind "$1" /mnt
mount -t tmpfs tmpfs /var/log
cd /var/log
sh /mnt/logs
cd "$2"
shift 2
exec "$@"
"#;

/// What a program made of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dump {
    /// Standard output as it is.
    pub stdout: String,
    /// Standard error, [`normalised`].
    pub verdict: String,
    /// The exit code.
    pub code: i32,
}

impl Dump {
    /// Returns all of it as one text to compare.
    ///
    /// *Shape*: the output, a line `[stderr]`, the verdict, a line `[exit 0]`.
    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "{}[stderr]\n{}[exit {}]\n",
            self.stdout, self.verdict, self.code
        )
    }
}

/// Whose `fail2ban-client` is run.
#[derive(Debug, Clone)]
pub enum Program {
    /// An original's.
    Original(Oracle),
    /// Ours, built with the same profile as the caller.
    Ours(PathBuf),
}

impl Program {
    /// Finds ours.
    ///
    /// # Errors
    /// It is not built.
    pub fn ours() -> Result<Self> {
        place::our_program("fail2ban-client").map(Self::Ours)
    }

    fn add_to(&self, command: &mut Command) {
        match self {
            Self::Original(oracle) => {
                command.args(oracle.program("fail2ban-client"));
                oracle.prepare(command);
            }
            Self::Ours(path) => {
                command.arg(path).env("LC_ALL", "C.UTF-8");
            }
        }
    }
}

/// One thing to ask of a program.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    /// The configuration and the log files.
    pub tree: Tree,
    /// The current folder of the program, below [`CONFIGURATION`].
    pub folder: String,
    /// The words after `-c`, `-s` and `-p`.
    pub words: Vec<String>,
}

/// Runs a program on a tree, sealed off.
///
/// # Errors
/// It cannot be started, ends by a signal, does not end within a minute, or
/// prints what is not UTF-8. An exit code is no error.
pub fn dump(program: &Program, question: &Question) -> Result<Dump> {
    let folder = tempfile::tempdir().context("create a folder")?;
    question.tree.lay_out(folder.path())?;
    let mut command = sealed_script(SCRIPT);
    command.arg(folder.path());
    command.arg(format!("{CONFIGURATION}/{}", question.folder));
    run::bounded_inside(&mut command);
    program.add_to(&mut command);
    command.args(["-c", CONFIGURATION, "-s", "/mnt/socket", "-p", "/mnt/pid"]);
    command.args(&question.words);
    let Run {
        stdout,
        stderr,
        code,
    } = run::run(&mut command)?;
    Ok(Dump {
        stdout,
        verdict: normalised(&stderr),
        code,
    })
}

/// Runs an original as [`dump`] does, or returns what it said before.
///
/// # Errors
/// As [`dump`] and [`Cache`].
pub fn kept_dump(cache: &Cache, oracle: &Oracle, question: &Question) -> Result<Dump> {
    let subject = (
        question.tree.fingerprint(),
        &question.folder,
        &question.words,
    );
    cache.get(oracle, subject, || {
        dump(&Program::Original(oracle.clone()), question)
    })
}
