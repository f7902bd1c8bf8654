//! Plays any sshd log to an original's server and to ours, and compares whom
//! they ban.
//!
//! ```text
//! cargo run -p conformance --bin replay -- LOG [--rate 50] [--maxretry 5]
//!     [--findtime 600] [--original 1.0.2|1.1.1]
//! ```

use std::{
    env, fs,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context as _, Result, bail};
use conformance::{
    Oracle, Version,
    replay::{self, Terms},
};

const USAGE: &str = "usage: replay LOG [--rate N] [--maxretry N] [--findtime SECONDS] \
                     [--original 1.0.2|1.1.1]";

fn main() -> ExitCode {
    match run(env::args().skip(1)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            // Standard error is the last place to speak; the exit code still tells.
            drop(writeln!(io::stderr(), "error: {error:#}"));
            ExitCode::from(2)
        }
    }
}

/// What the command line asks for.
struct Wanted {
    log: PathBuf,
    terms: Terms,
    version: Version,
}

fn wanted(mut words: impl Iterator<Item = String>) -> Result<Wanted> {
    let mut log = None;
    let mut terms = Terms {
        rate: 50,
        maxretry: 5,
        findtime: 600,
    };
    let mut version = Version::V1_1_1;
    while let Some(word) = words.next() {
        if !word.starts_with("--") {
            if log.replace(PathBuf::from(word)).is_some() {
                bail!("one log at a time\n{USAGE}");
            }
            continue;
        }
        let value = words
            .next()
            .with_context(|| format!("`{word}` needs a value\n{USAGE}"))?;
        let number = || {
            value
                .parse::<u32>()
                .with_context(|| format!("`{word} {value}`"))
        };
        match word.as_str() {
            "--rate" => terms.rate = number()?,
            "--maxretry" => terms.maxretry = number()?,
            "--findtime" => terms.findtime = number()?,
            "--original" => {
                version = Version::ALL
                    .into_iter()
                    .find(|version| version.to_string() == value)
                    .with_context(|| format!("no original {value}\n{USAGE}"))?;
            }
            _ => bail!("unknown option `{word}`\n{USAGE}"),
        }
    }
    Ok(Wanted {
        log: log.context(USAGE)?,
        terms,
        version,
    })
}

fn run(words: impl Iterator<Item = String>) -> Result<bool> {
    let Wanted {
        log,
        terms,
        version,
    } = wanted(words)?;
    let bytes = fs::read(&log).with_context(|| format!("read {}", log.display()))?;
    let folder = tempfile::tempdir().context("create a folder")?;
    let oracle = Oracle::new(version)?;
    let lines = replay::lines(&bytes);
    writeln!(
        io::stderr(),
        "{} lines at {} a second, maxretry {}, findtime {}, against {version}",
        lines.len(),
        terms.rate,
        terms.maxretry,
        terms.findtime
    )?;
    let outcome = replay::compare(&oracle, &lines, &terms, folder.path())?;
    write!(io::stdout(), "{}", outcome.report())?;
    Ok(outcome.original == outcome.ours)
}
