//! Prints what differs between an original's dump of a configuration and ours.
//!
//! ```text
//! cargo run -p conformance --bin dump -- [--tree 1.1.1|1.0.2|CASE] [--jail J]
//!     [--form -d|--dp|-t] [--by 1.1.1|1.0.2] [--logs none] [--show]
//! cargo run -p conformance --bin dump -- --all [--stand-in 1.1.1|1.0.2]
//! cargo run -p conformance --bin dump -- --prove
//! cargo run --release -p conformance --bin dump -- --speed [--tree …] [--by …]
//! ```
//!
//! With one tree: the difference as `diff -u` prints it, then the column where
//! the first different lines part; `--show` prints the original's answer too.
//! Without `--jail` all jails of a stock tree are on. The form chooses among the
//! runs of an own tree; without it all are made.
//! `--all` makes every comparison of the suite and prints the counts and the
//! first difference of each; with `--stand-in` an original takes our place.
//! `--speed` prints the processor time of both and its ratio.
//! `--prove` prints which own trees do not show what they claim.

use std::{
    env, fs,
    io::{self, Write as _},
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result, bail};
use conformance::{
    Oracle, Version,
    differences::{KnownDifferences, excerpt},
    dump::{self, Cache, Program, Question, Stock},
};

const USAGE: &str = "usage: dump [--tree 1.1.1|1.0.2|CASE] [--jail J] [--form FORM] \
                     [--by VERSION] [--logs none] [--show] | --all [--stand-in VERSION] | --prove | --speed";

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

/// What the command line asks for.
struct Wanted {
    tree: String,
    jail: Option<String>,
    form: Option<String>,
    by: Version,
    stand_in: Option<Version>,
    with_logs: bool,
    show: bool,
    all: bool,
    prove: bool,
    speed: bool,
}

fn wanted(mut words: impl Iterator<Item = String>) -> Result<Wanted> {
    let mut wanted = Wanted {
        tree: "1.1.1".to_owned(),
        jail: None,
        form: None,
        by: Version::V1_1_1,
        stand_in: None,
        with_logs: true,
        show: false,
        all: false,
        prove: false,
        speed: false,
    };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--show" => wanted.show = true,
            "--all" => wanted.all = true,
            "--prove" => wanted.prove = true,
            "--speed" => wanted.speed = true,
            _ => {
                let value = words
                    .next()
                    .with_context(|| format!("`{word}` needs a value\n{USAGE}"))?;
                match word.as_str() {
                    "--tree" => wanted.tree = value,
                    "--jail" => wanted.jail = Some(value),
                    "--form" => wanted.form = Some(value),
                    "--by" => wanted.by = version(&value)?,
                    "--stand-in" => wanted.stand_in = Some(version(&value)?),
                    "--logs" if value == "none" => wanted.with_logs = false,
                    _ => bail!("unknown option `{word} {value}`\n{USAGE}"),
                }
            }
        }
    }
    Ok(wanted)
}

fn version(name: &str) -> Result<Version> {
    let mut all = Version::ALL.into_iter();
    all.find(|version| version.to_string() == name)
        .with_context(|| format!("no original {name}\n{USAGE}"))
}

fn run() -> Result<bool> {
    let wanted = wanted(env::args().skip(1))?;
    let cache = Cache::open()?;
    if wanted.prove {
        return prove(&cache);
    }
    if wanted.speed {
        return speed(&wanted);
    }
    let ours = match wanted.stand_in {
        Some(version) => Program::Original(Oracle::new(version)?),
        None => Program::ours()?,
    };
    if wanted.all {
        return all(&ours, &cache);
    }
    let oracle = Oracle::new(wanted.by)?;
    let mut equal = true;
    for question in questions(&wanted)? {
        writeln!(io::stdout(), "=== {}", question.words.join(" "))?;
        let original = dump::kept_dump(&cache, &oracle, &question)?.text();
        let answer = dump::dump(&ours, &question)?.text();
        if wanted.show {
            write!(io::stdout(), "{original}")?;
        }
        equal &= compare(&original, &answer)?;
    }
    Ok(equal)
}

fn questions(wanted: &Wanted) -> Result<Vec<Question>> {
    if let Ok(version) = version(&wanted.tree) {
        let stock = Stock::read(&Oracle::new(version)?)?;
        let jail = wanted.jail.as_deref();
        if let Some(jail) = jail
            && !stock.jails.iter().any(|one| one == jail)
        {
            bail!("the tree of {version} has no jail {jail}");
        }
        let form = wanted.form.as_deref().unwrap_or("-d");
        return Ok(vec![stock.question(jail, form, wanted.with_logs)]);
    }
    let mut cases = dump::cases()?.into_iter();
    let case = cases
        .find(|case| case.name == wanted.tree)
        .with_context(|| format!("no own tree {}\n{USAGE}", wanted.tree))?;
    writeln!(io::stdout(), "{}", case.shows)?;
    let mut questions = case.questions;
    if let Some(form) = &wanted.form {
        questions.retain(|question| question.words.contains(form));
    }
    Ok(questions)
}

/// Prints the difference of two answers and tells whether there is none.
fn compare(original: &str, ours: &str) -> Result<bool> {
    if original == ours {
        writeln!(io::stdout(), "equal: {} lines", ours.lines().count())?;
        return Ok(true);
    }
    let folder = tempfile::tempdir().context("create a folder")?;
    for (name, text) in [("original", original), ("ours", ours)] {
        fs::write(folder.path().join(name), text).context("write an answer")?;
    }
    let mut diff = Command::new("diff");
    diff.args(["-u", "--label", "original", "--label", "ours"]);
    diff.args(["original", "ours"]).current_dir(folder.path());
    let output = diff.output().context("start `diff`")?;
    io::stdout().write_all(&output.stdout)?;
    write!(io::stdout(), "first: {}", excerpt(original, ours))?;
    Ok(false)
}

fn all(ours: &Program, cache: &Cache) -> Result<bool> {
    let mut jobs = dump::stock()?;
    jobs.extend(dump::own(&dump::cases()?)?);
    let outcome = dump::run(&jobs, |question| dump::dump(ours, question), cache)?;
    writeln!(io::stdout(), "{outcome}")?;
    match outcome.judge(&KnownDifferences::load()?) {
        Ok(()) => Ok(true),
        Err(error) => {
            writeln!(io::stdout(), "{error:#}")?;
            Ok(false)
        }
    }
}

fn speed(wanted: &Wanted) -> Result<bool> {
    let oracle = Oracle::new(wanted.by)?;
    for question in questions(wanted)? {
        let figures = dump::speed(&oracle, &question)?;
        writeln!(
            io::stdout(),
            "{}: {} {:.1} ms, ours {:.2} ms of processor time: {:.1} times",
            question.words.join(" "),
            wanted.by,
            figures.original,
            figures.ours,
            figures.original / figures.ours
        )?;
    }
    Ok(true)
}

fn prove(cache: &Cache) -> Result<bool> {
    let oracle = Oracle::new(Version::V1_1_1)?;
    let cases = dump::cases()?;
    let mut proven = true;
    for case in &cases {
        let mut answers = Vec::new();
        for question in &case.questions {
            answers.push(dump::kept_dump(cache, &oracle, question)?);
        }
        for claim in case.unproven(&answers) {
            proven = false;
            writeln!(io::stdout(), "{}: {claim}", case.name)?;
        }
    }
    writeln!(io::stdout(), "{} own trees", cases.len())?;
    Ok(proven)
}
