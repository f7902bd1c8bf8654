//! Prints what hostile lines cost the originals' rules, in instructions for each byte, as valgrind counts
//! them.
//!
//! ```text
//! cargo run --release -p conformance --example bounds -- [LINES]
//! ```
//!
//! Of LINES lines that are made for each regular rule the one that takes longest is found, and of these the
//! worst twenty are counted, written anew at 2,000, 20,000 and 200,000 characters. Then the attacks that
//! are known, whatever the rule.

use std::{
    env, fs,
    hint::black_box,
    io::{self, Write as _},
    path::Path,
    process::{Command, ExitCode},
    time::Instant,
};

use anyhow::{Context as _, Result, bail};
use f2b_pyregex::{Flags, Nature, Regex, Scratch};

#[path = "../tests/it/rules/attacks.rs"]
mod attacks;
#[path = "../tests/it/rules/hostile.rs"]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "shared with the tests, where a panic is an answer"
)]
mod hostile;
#[path = "../tests/it/rules/random.rs"]
#[expect(
    clippy::unwrap_used,
    reason = "shared with the tests, where a panic is an answer"
)]
mod random;
#[path = "../tests/it/rules/stock.rs"]
#[expect(
    clippy::unwrap_used,
    reason = "shared with the tests, where a panic is an answer"
)]
mod stock;

use random::Random;
use stock::StockRule;

/// How many lines are made for each rule when nothing is said.
const LINES: u64 = 200;

/// How long the lines are that are counted, in characters.
const LENGTHS: [usize; 3] = [2_000, 20_000, 200_000];

/// How many of the worst lines are counted.
const WORST: usize = 20;

/// How much more a byte may cost in the longest line than in a shorter one, for the cost to grow with the
/// length and no faster.
const GROWTH: f64 = 1.5;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let done = match words.as_slice() {
        [word, pattern, multiline, file] if word == "--measure" => {
            measure(pattern, multiline == "true", Path::new(file)).map(|()| true)
        }
        [] => run(LINES),
        [lines] => lines.parse().context("LINES is a number").and_then(run),
        _ => Err(anyhow::anyhow!("usage: bounds [LINES]")),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            // Standard error is the last place to speak; the exit code still tells.
            drop(writeln!(io::stderr(), "error: {error:#}"));
            ExitCode::from(2)
        }
    }
}

fn compile(pattern: &str, multiline: bool) -> Result<Regex> {
    let flags = Flags {
        multiline,
        ..Flags::default()
    };
    Ok(Regex::with_flags(pattern, flags)?)
}

/// The worst line of a rule.
struct Worst {
    rule: StockRule,
    seed: u64,
    /// Nanoseconds for each byte.
    cost: f64,
}

fn run(lines: u64) -> Result<bool> {
    let rules = stock::rules();
    let mut out = io::stdout();
    let mut worst = Vec::new();
    for rule in &rules {
        let regex = compile(&rule.pattern, rule.multiline)?;
        if regex.nature() == Nature::Regular {
            worst.extend(worst_of(rule, &regex, lines));
        }
    }
    let regular = worst.len();
    worst.sort_by(|one, other| other.cost.total_cmp(&one.cost));
    worst.truncate(WORST);
    writeln!(
        out,
        "instructions for each byte at {LENGTHS:?} characters; {regular} regular rules of {}, {lines} \
         lines for each, the worst {WORST}:",
        rules.len()
    )?;
    let mut table = Table::default();
    for Worst { rule, seed, .. } in &worst {
        let regex = compile(&rule.pattern, rule.multiline)?;
        let line = |length| hostile::line(&regex, length, &mut Random(*seed));
        table.row(rule, &line)?;
    }
    writeln!(out, "known attacks:")?;
    for rule in &rules {
        for attack in 0..attacks::lines(&rule.filter, 0).len() {
            let line = |length| attacks::lines(&rule.filter, length).swap_remove(attack);
            table.row(rule, &line)?;
        }
    }
    writeln!(
        out,
        "maximum {:.0}; {} grow faster than their length",
        table.most, table.growing
    )?;
    Ok(table.growing == 0)
}

/// The line that takes a rule longest, of those with the seeds from 0.
fn worst_of(rule: &StockRule, regex: &Regex, lines: u64) -> Option<Worst> {
    let mut scratch = Scratch::default();
    let shortest = LENGTHS.iter().min().copied()?;
    let costs = (0..lines).map(|seed| {
        let line = hostile::line(regex, shortest, &mut Random(seed));
        let times = (0..2).map(|_| {
            let begin = Instant::now();
            black_box(regex.search(black_box(&line), &mut scratch).is_ok());
            begin.elapsed()
        });
        let nanoseconds = times.min().map_or(0.0, |time| time.as_secs_f64() * 1e9);
        (seed, nanoseconds / bytes(&line))
    });
    let (seed, cost) = costs.max_by(|(_, one), (_, other)| one.total_cmp(other))?;
    Some(Worst {
        rule: rule.clone(),
        seed,
        cost,
    })
}

#[expect(clippy::cast_precision_loss, reason = "lines are short")]
fn bytes(line: &str) -> f64 {
    line.len().max(1) as f64
}

#[derive(Default)]
struct Table {
    most: f64,
    growing: usize,
}

impl Table {
    fn row(&mut self, rule: &StockRule, line: &dyn Fn(usize) -> String) -> Result<()> {
        let mut costs = Vec::new();
        for length in LENGTHS {
            costs.push(instructions(rule, &line(length))?);
        }
        // The lines are made anew for each length: one in between may be a lucky one.
        let is_growing = match costs.as_slice() {
            [before @ .., longest] => {
                let most = before.iter().copied().fold(0.0, f64::max);
                *longest > most * GROWTH + 1.0
            }
            [] => false,
        };
        self.growing += usize::from(is_growing);
        self.most = costs.iter().copied().fold(self.most, f64::max);
        let nature = compile(&rule.pattern, rule.multiline)?.nature();
        writeln!(
            io::stdout(),
            "  {costs:>8.1?}{} {nature:?} {} {} {:.60}",
            if is_growing { " GROWS" } else { "" },
            rule.filter,
            rule.kind,
            rule.pattern
        )?;
        Ok(())
    }
}

/// The instructions that a rule takes for each byte of a line: this program once more, below valgrind.
fn instructions(rule: &StockRule, line: &str) -> Result<f64> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let file = folder.path().join("line");
    fs::write(&file, line).context("write a line")?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=*measured*"])
        .arg(format!(
            "--callgrind-out-file={}",
            folder.path().join("out").display()
        ))
        .arg(env::current_exe().context("find this program")?)
        .args(["--measure", &rule.pattern, &rule.multiline.to_string()])
        .arg(&file)
        .output()
        .context("run valgrind (apt install valgrind)")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        bail!("valgrind ended with {}: {said}", output.status);
    }
    let collected = said
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    let (_, count) = collected.with_context(|| format!("read what valgrind says: {said}"))?;
    let count: f64 = count.trim().parse().context("read a count")?;
    Ok(count / bytes(line))
}

/// Searches a line, with everything compiled before and nothing of the line known.
fn measure(pattern: &str, multiline: bool, file: &Path) -> Result<()> {
    let regex = compile(pattern, multiline)?;
    let line = fs::read_to_string(file).context("read a line")?;
    let mut scratch = Scratch::default();
    // Short and long texts go different ways.
    for warm in ["x\n".to_owned(), format!("{}\n", "x".repeat(2_000))] {
        black_box(regex.search(&warm, &mut scratch).is_ok());
    }
    measured(&regex, &line, &mut scratch);
    Ok(())
}

/// What is counted.
#[inline(never)]
fn measured(regex: &Regex, line: &str, scratch: &mut Scratch) {
    black_box(regex.search(black_box(line), scratch).is_ok());
}
