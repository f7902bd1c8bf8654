//! What `fail2ban-regex` says, the originals' and ours, of the same logs.
//!
//! Each run sees the same paths: it starts in [`FOLDER`], where the files of the
//! question lie, with the configuration of an original beside them if it is
//! asked for; it has no network, so names that are not in `/etc/hosts` cannot be
//! looked up; its clock stands still. A file `journal.export` becomes a journal. What is made comparable is the time that a
//! run took, the numbers of processes, the order of a Python set, and what is
//! said for people only: the help, and Python's tracebacks.

use std::{
    collections::BTreeMap,
    fs,
    hash::{Hash, Hasher as _},
    path::PathBuf,
    process::Command,
};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::{
    Oracle, Version,
    differences::Comparison,
    dump::{Cache, in_parallel},
    place,
    run::{self, Run},
    seal::sealed_script,
};

mod comparable;
mod ground;
pub mod logs;
mod own;
mod samples;
mod speed;

pub use comparable::comparable;
pub use own::own;
pub use samples::samples;
pub use speed::{Load, Ratio, speed};

/// Where a run starts.
pub const FOLDER: &str = "/mnt";

/// `$1` is the folder with the files, `$2` the configuration of an original or
/// nothing, `$3` its sample logs or nothing, `$4` the zone. `faketime` keeps its
/// state under a name that is made of the number of its process, and each run
/// has the same.
const SCRIPT: &str = r#"
mount -t tmpfs tmpfs /dev/shm
mount --bind "$1" /mnt
cd /mnt
if [ -n "$2" ]; then mkdir -p stock && mount --bind "$2" stock; fi
if [ -n "$3" ]; then mkdir -p logs && mount --bind "$3" logs; fi
if [ -f journal.export ]; then
    mkdir journal
    /lib/systemd/systemd-journal-remote -o journal/test.journal journal.export 2>&1 | tail -n 0
fi
export TZ="$4"
shift 4
exec "$@"
"#;

/// One thing to ask of a program.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// The files, by their path below [`FOLDER`].
    pub files: BTreeMap<String, Vec<u8>>,
    /// Whose configuration lies at `stock`, and whose sample logs at `logs`.
    pub stock: Option<Version>,
    /// When it is, as `faketime` reads it.
    pub moment: String,
    /// The zone of the machine.
    pub zone: String,
    /// The words of the command line.
    pub words: Vec<String>,
}

/// What a program said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Standard output as it is.
    pub stdout: String,
    /// Standard error as it is.
    pub stderr: String,
    /// The exit code.
    pub code: i32,
}

/// Whose `fail2ban-regex` is run.
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
        place::our_program("fail2ban-regex").map(Self::Ours)
    }

    fn add_to(&self, command: &mut Command) {
        command.env("PYTHONHASHSEED", "0");
        match self {
            Self::Original(oracle) => {
                command.args(oracle.program("fail2ban-regex"));
                oracle.prepare(command);
            }
            Self::Ours(path) => {
                command.arg(path).env("LC_ALL", "C.UTF-8");
            }
        }
    }
}

/// Runs a program sealed off.
///
/// # Errors
/// It cannot be started, ends by a signal, does not end within a minute, or
/// prints what is not UTF-8. An exit code is no error.
pub fn ask(program: &Program, question: &Question) -> Result<Answer> {
    let folder = tempfile::tempdir().context("create a folder")?;
    for (path, bytes) in &question.files {
        let path = folder.path().join(path);
        let parent = path.parent().context("a file has a folder")?;
        fs::create_dir_all(parent).with_context(|| format!("create {}", parent.display()))?;
        fs::write(&path, bytes).with_context(|| format!("write {}", path.display()))?;
    }
    let mut command = sealed_script(SCRIPT);
    command.arg(folder.path());
    match question.stock {
        Some(version) => {
            let oracle = Oracle::new(version)?;
            command
                .arg(oracle.configuration())
                .arg(oracle.sample_logs());
        }
        None => {
            command.args(["", ""]);
        }
    }
    command.arg(&question.zone);
    run::bounded_inside(&mut command);
    // Without a time to start from the clock stands still.
    command.args(["faketime", "-f", &question.moment]);
    program.add_to(&mut command);
    command.args(&question.words);
    let Run {
        stdout,
        stderr,
        code,
    } = run::run(&mut command)?;
    Ok(Answer {
        stdout,
        stderr,
        code,
    })
}

/// Opens the cache of what originals said.
///
/// # Errors
/// As [`Cache::open`].
pub fn cache() -> Result<Cache> {
    Cache::open_named("regexes")
}

/// Asks an original as [`ask`] does, or returns what it said before.
///
/// # Errors
/// As [`ask`] and [`Cache`].
pub fn kept_answer(cache: &Cache, oracle: &Oracle, question: &Question) -> Result<Answer> {
    let stamp = match question.stock {
        Some(version) => Oracle::new(version)?.stamp()?,
        None => String::new(),
    };
    let mut files = std::hash::DefaultHasher::new();
    question.files.hash(&mut files);
    let subject = (
        files.finish(),
        stamp,
        &question.moment,
        &question.zone,
        &question.words,
    );
    cache.get(oracle, subject, || {
        ask(&Program::Original(oracle.clone()), question)
    })
}

/// A question, and who judges the answer.
#[derive(Debug, Clone)]
pub struct Job {
    /// The name of the comparison.
    pub case: String,
    /// What is asked.
    pub question: Question,
    /// The original that decides.
    pub judge: Version,
}

/// Asks everything of ours and of the judges, on all processors.
///
/// # Errors
/// The first run that could not be made.
pub fn compare(jobs: &[Job], ours: &Program) -> Result<Vec<Comparison>> {
    let cache = cache()?;
    let oracles = [Oracle::new(Version::V1_0_2)?, Oracle::new(Version::V1_1_1)?];
    in_parallel(jobs, |job| {
        let oracle = oracles
            .iter()
            .find(|oracle| oracle.version() == job.judge)
            .context("both originals are there")?;
        let original = kept_answer(&cache, oracle, &job.question)?;
        let own = ask(ours, &job.question)?;
        Ok(Comparison {
            case: job.case.clone(),
            original: comparable(&original),
            ours: comparable(&own),
        })
    })
}
