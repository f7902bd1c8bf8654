//! What a dump of all jails costs, ours beside an original's.

use std::{
    fs,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use super::{Program, Question};
use crate::{Oracle, place};

/// Processor time of one run, in milliseconds, user and system together.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    /// The original's.
    pub original: f64,
    /// Ours.
    pub ours: f64,
}

/// How often each is run in a turn: the system counts in hundredths of a second.
const RUNS_OF_ORIGINAL: u32 = 20;
const RUNS_OF_OURS: u32 = 200;

/// How many turns each has.
const TURNS: usize = 3;

/// Runs both in turns on one tree and takes the best turn of each.
///
/// # Errors
/// One of them cannot be run, or fails.
pub fn speed(oracle: &Oracle, question: &Question) -> Result<Figures> {
    let folder = tempfile::tempdir().context("create a folder")?;
    question.tree.lay_out(folder.path())?;
    let original = Program::Original(oracle.clone());
    let ours = Program::Ours(place::our_program("fail2ban-client")?);
    let run = |program: &Program, times: u32| -> Result<f64> {
        let mut words = match program {
            Program::Original(oracle) => {
                let mut command = Command::new("env");
                oracle.prepare(&mut command);
                command.args(oracle.program("fail2ban-client"));
                command
            }
            Program::Ours(path) => Command::new(path),
        };
        let place = |name: &str| folder.path().join(name);
        words.arg("-c").arg(place("fail2ban"));
        words.arg("-s").arg(place("socket"));
        words.arg("-p").arg(place("pid"));
        words.args(&question.words);
        words.stdout(Stdio::null()).stderr(Stdio::null());
        let before = children()?;
        for _ in 0..times {
            let status = words.status().context("start a dump")?;
            if !status.success() {
                bail!("a dump ended with {status}");
            }
        }
        Ok((children()? - before) / f64::from(times))
    };
    let mut best = Figures {
        original: f64::INFINITY,
        ours: f64::INFINITY,
    };
    for _ in 0..TURNS {
        best.original = best.original.min(run(&original, RUNS_OF_ORIGINAL)?);
        best.ours = best.ours.min(run(&ours, RUNS_OF_OURS)?);
    }
    Ok(best)
}

/// The processor time of all children so far, in milliseconds (proc(5): `cutime`, `cstime`).
fn children() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat").context("read /proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(") ").context("read /proc/self/stat")?;
    // The state is the third field; a tick is a hundredth of a second.
    let ticks = |number: usize| -> Result<f64> {
        let field = fields.split(' ').nth(number - 3).context("read a field")?;
        field.parse::<f64>().context("read a field")
    };
    Ok((ticks(16)? + ticks(17)?) * 10.0)
}
