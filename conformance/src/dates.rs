//! What the original's `fail2ban-regex` makes of dates, under a clock that
//! stands still.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result};

use crate::{
    Oracle,
    run::{self, Run},
};

/// The circumstances under which lines are looked at.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The zone of the machine, as in `TZ`.
    pub zone: &'a str,
    /// Now on the clock on the wall: `2026-03-04 05:06:10`.
    pub now: &'a str,
    /// The date pattern, `--datepattern`; empty for none.
    pub datepattern: &'a str,
    /// The zone of the log, `--timezone`; empty for none.
    pub logtimezone: &'a str,
}

/// What became of a line whose end is `#` and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The number.
    pub number: usize,
    /// The time, as Python prints it: `1772600770.0`, `None`.
    pub time: String,
    /// The line before `#` without its date.
    pub rest: String,
}

/// A template as `--verbose-date` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its name.
    pub name: String,
    /// How often it was the template of a line.
    pub hits: u64,
    /// The weight that it has and the one that it began with.
    pub weight: String,
    /// Its pattern.
    pub pattern: String,
    /// Its regular expression.
    pub regex: String,
}

/// Captures the line without its date, and its number.
const RULE: &str = "^<F-REST>.*</F-REST>#<F-ID>\\d+</F-ID>$";

/// Lets the original find and read the date of each line. Neither quotes nor
/// backslashes may be in them.
///
/// # Errors
/// It cannot be run, or what it prints is not understood: it may have failed at
/// a line.
pub fn rows(
    oracle: &Oracle,
    circumstances: Circumstances<'_>,
    lines: &[String],
) -> Result<Vec<Row>> {
    let run = ask(oracle, circumstances, lines, &["-o", "row"])?;
    anyhow::ensure!(run.code == 0, "it fails: {:?}", last(&run.stderr));
    let printed = run.stdout.lines().filter(|line| !line.is_empty());
    let rows = printed.map(|line| row(line).with_context(|| format!("read {line:?}")));
    rows.collect::<Result<_>>()
        .with_context(|| format!("{:?} {}", last(&run.stderr), circumstances.datepattern))
}

/// Returns the last line of what the original says when it fails.
///
/// # Errors
/// It cannot be run, or does not fail.
pub fn failure(oracle: &Oracle, circumstances: Circumstances<'_>, line: &str) -> Result<String> {
    let run = ask(oracle, circumstances, &[line.to_owned()], &["-o", "row"])?;
    anyhow::ensure!(run.code != 0, "it does not fail: {}", run.stdout);
    last(&run.stderr)
        .or_else(|| last(&run.stdout))
        .map(str::to_owned)
        .context("it says nothing")
}

/// The last line is what it says; those before it are where it failed.
fn last(text: &str) -> Option<&str> {
    text.lines().rev().find(|line| !line.is_empty())
}

/// Lets the original find the date of each line, and returns its templates in
/// the order in which it shows them: by hits.
///
/// # Errors
/// As [`rows`].
pub fn templates(
    oracle: &Oracle,
    circumstances: Circumstances<'_>,
    lines: &[String],
) -> Result<Vec<Shown>> {
    let run = ask(oracle, circumstances, lines, &["-v", "--verbose-date"])?;
    let all: Vec<&str> = run.stdout.lines().collect();
    let shown = all.windows(3).filter_map(|window| match window {
        [head, weight, regex] => shown(head, weight, regex),
        _ => None,
    });
    let shown: Vec<Shown> = shown.collect();
    anyhow::ensure!(!shown.is_empty(), "no template: {:?}", last(&run.stderr));
    Ok(shown)
}

fn ask(
    oracle: &Oracle,
    circumstances: Circumstances<'_>,
    lines: &[String],
    words: &[&str],
) -> Result<Run> {
    let folder = tempfile::tempdir().context("make a folder for the log")?;
    let log = folder.path().join("log");
    let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
    fs::write(&log, text).context("write the log")?;
    let mut command = command(oracle, circumstances, &log);
    run::run(command.args(words).arg(&log).arg(RULE))
}

fn command(oracle: &Oracle, circumstances: Circumstances<'_>, log: &Path) -> Command {
    let mut command = run::bounded("faketime");
    command.args(["-f", circumstances.now]);
    command.args(oracle.program("fail2ban-regex"));
    oracle.prepare(&mut command);
    command.env("TZ", circumstances.zone).arg("-c").arg(
        // Nothing is read from it.
        log.with_file_name("no-configuration"),
    );
    if !circumstances.datepattern.is_empty() {
        command.args(["-d", circumstances.datepattern]);
    }
    if !circumstances.logtimezone.is_empty() {
        command.args(["--timezone", circumstances.logtimezone]);
    }
    command
}

/// Reads `['7',<TAB>1772600770.0,<TAB>{'rest': ' x ', 'fid': '7'}],`.
fn row(line: &str) -> Option<Row> {
    let mut columns = line.split('\t');
    let number = columns.next()?.strip_prefix("['")?.strip_suffix("',")?;
    let time = columns.next()?.strip_suffix(',')?;
    let data = columns.next()?.split_once("'rest': '")?.1;
    Some(Row {
        number: number.parse().ok()?,
        time: time.to_owned(),
        rest: data.split_once('\'')?.0.to_owned(),
    })
}

fn shown(head: &str, weight: &str, regex: &str) -> Option<Shown> {
    let (hits, name) = head.strip_prefix("|  [")?.split_once("] ")?;
    let (weight, pattern) = weight
        .strip_prefix("|      # weight: ")?
        .split_once(", pattern: ")?;
    Some(Shown {
        name: name.to_owned(),
        hits: hits.parse().ok()?,
        weight: weight.to_owned(),
        pattern: pattern.to_owned(),
        regex: regex.strip_prefix("|      # regex:   ")?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read() {
        let read = row("['7',\t1772600770.0,\t{'rest': ' x ', 'fid': '7'}],");
        let expected = Row {
            number: 7,
            time: "1772600770.0".to_owned(),
            rest: " x ".to_owned(),
        };
        assert_eq!(read, Some(expected));
        assert_eq!(row("Traceback"), None);
    }
}
