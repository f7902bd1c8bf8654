//! What a run over a long log costs, ours beside the original's.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use super::{
    Program,
    logs::{self, Mix, Service},
};
use crate::{Oracle, Version};

/// What is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// All of sshd's rules, and no attack.
    Benign,
    /// All of sshd's rules, one line in ten is an attack.
    Tenth,
    /// All of sshd's rules, every line is an attack.
    Flood,
    /// Only the rule of failed passwords, every line is an attack.
    OneRule,
}

impl Load {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Benign, Self::Tenth, Self::Flood, Self::OneRule];

    const fn mix(self) -> Mix {
        match self {
            Self::Benign => Mix::Benign,
            Self::Tenth => Mix::Tenth,
            Self::Flood | Self::OneRule => Mix::Flood,
        }
    }
}

/// Processor time for all lines, start-up subtracted, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Ratio {
    /// The original's.
    pub original: f64,
    /// Ours.
    pub ours: f64,
}

/// How often each is run: the system counts in hundredths of a second.
const RUNS_OF_ORIGINAL: u32 = 1;
const RUNS_OF_OURS: u32 = 10;

/// How many turns each has; the best counts.
const TURNS: usize = 3;

/// The rule that is tried alone.
const FAILED_PASSWORD: &str = "Failed ";

/// Runs both over a log of so many lines.
///
/// # Errors
/// One of them cannot be run, or fails, or says something else than the other.
pub fn speed(ours: &Program, load: Load, count: usize) -> Result<Ratio> {
    let oracle = Oracle::new(Version::V1_1_1)?;
    let original = Program::Original(oracle.clone());
    let folder = tempfile::tempdir().context("create a folder")?;
    let (long, short) = (
        folder.path().join("long.log"),
        folder.path().join("short.log"),
    );
    let lines = logs::lines(Service::Sshd, 7, count, load.mix());
    fs::write(&long, lines.concat()).context("write a log")?;
    fs::write(&short, lines.iter().take(1).cloned().collect::<String>()).context("write a log")?;
    let rules = match load {
        Load::OneRule => failed_password(&original, &oracle, &short)?,
        _ => "sshd.conf".to_owned(),
    };
    let said = |program: &Program| -> Result<String> {
        let mut command = call(program, &oracle, &long, &rules);
        let output = command.output().context("start a run")?;
        if !output.status.success() {
            bail!("{program:?} ended with {}", output.status);
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let counts = text.lines().find(|line| line.starts_with("Lines: "));
        Ok(counts.unwrap_or_default().to_owned())
    };
    let (theirs, own) = (said(&original)?, said(ours)?);
    if theirs != own {
        bail!("the original says `{theirs}`, ours `{own}`");
    }
    let cost = |program: &Program, runs: u32| -> Result<f64> {
        let all = best(program, &oracle, &long, &rules, runs)?;
        let start = best(program, &oracle, &short, &rules, runs)?;
        Ok(all - start)
    };
    Ok(Ratio {
        original: cost(&original, RUNS_OF_ORIGINAL)?,
        ours: cost(ours, RUNS_OF_OURS)?,
    })
}

fn call(program: &Program, oracle: &Oracle, log: &Path, rules: &str) -> Command {
    let mut command = Command::new("env");
    command.env("TZ", "UTC");
    program.add_to(&mut command);
    command.arg("-c").arg(oracle.configuration());
    command.args(["--usedns", "no"]).arg(log).arg(rules);
    command
}

fn best(program: &Program, oracle: &Oracle, log: &Path, rules: &str, runs: u32) -> Result<f64> {
    let mut best = f64::INFINITY;
    for _ in 0..TURNS {
        let before = children()?;
        for _ in 0..runs {
            let mut command = call(program, oracle, log, rules);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            let status = command.status().context("start a run")?;
            if !status.success() {
                bail!("a run ended with {status}");
            }
        }
        best = best.min((children()? - before) / f64::from(runs));
    }
    Ok(best)
}

/// Asks the original for sshd's rules and makes the one of failed passwords stand alone: without the
/// prefix it has to find its begin itself.
fn failed_password(original: &Program, oracle: &Oracle, log: &Path) -> Result<String> {
    let mut command = call(original, oracle, log, "sshd.conf");
    let output = command.arg("-v").output().context("ask for the rules")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let rule = text.lines().find_map(|line| {
        let (number, rule) = line.split_once("] ")?;
        let is_rule = number.trim_start_matches(['|', ' ']).contains(") [");
        rule.strip_prefix('^')
            .filter(|rule| is_rule && rule.starts_with(FAILED_PASSWORD))
    });
    let rule = rule.context("find the rule of failed passwords")?;
    Ok(format!(r"sshd\[\d+\]: {rule}"))
}

/// The processor time of all children so far, in seconds (proc(5): `cutime`, `cstime`).
fn children() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat").context("read /proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(") ").context("read /proc/self/stat")?;
    // The state is the third field; a tick is a hundredth of a second.
    let ticks = |number: usize| -> Result<f64> {
        let field = fields.split(' ').nth(number - 3).context("read a field")?;
        field.parse::<f64>().context("read a field")
    };
    Ok((ticks(16)? + ticks(17)?) / 100.0)
}
