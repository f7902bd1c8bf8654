//! Prints what differs between what an original's `fail2ban-regex` says and ours.
//!
//! ```text
//! cargo run -p conformance --bin regex -- own|samples|logs [--match TEXT] [--show] [--log FILE]
//! ```
//!
//! `--match` takes only the cases that have the text in their name, `--show`
//! prints both answers, `--log` adds a log of sshd to those made up.

use std::{
    env, fs,
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::{Context as _, Result, bail};
use conformance::{
    differences::excerpt,
    regex::{self, Program, logs},
};

const USAGE: &str = "usage: regex own|samples|logs [--match TEXT] [--show] [--log FILE]";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            // Standard error is the last place to speak; the exit code still tells.
            drop(writeln!(io::stderr(), "error: {error:#}"));
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool> {
    let mut words = env::args().skip(1);
    let suite = words.next().context(USAGE)?;
    let (mut part, mut show, mut given) = (String::new(), false, None);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--show" => show = true,
            "--match" => part = words.next().context(USAGE)?,
            "--log" => {
                let path = words.next().context(USAGE)?;
                given = Some(fs::read(&path).with_context(|| format!("read {path}"))?);
            }
            _ => bail!("{USAGE}"),
        }
    }
    let mut jobs = match suite.as_str() {
        "own" => regex::own(),
        "samples" => regex::samples()?,
        "logs" => logs::logs(given.as_deref()),
        _ => bail!("{USAGE}"),
    };
    jobs.retain(|job| job.case.contains(&part));
    let comparisons = regex::compare(&jobs, &Program::ours()?)?;
    let mut out = io::stdout().lock();
    let mut different = 0_usize;
    for one in &comparisons {
        if show {
            writeln!(
                out,
                "=== {}\n{}--- ours\n{}",
                one.case, one.original, one.ours
            )?;
        }
        if one.original != one.ours {
            different += 1;
            writeln!(
                out,
                "=== {}\n{}",
                one.case,
                excerpt(&one.original, &one.ours)
            )?;
        }
    }
    writeln!(out, "compared {}, different {different}", comparisons.len())?;
    Ok(different == 0)
}
