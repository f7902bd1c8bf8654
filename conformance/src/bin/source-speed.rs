//! Prints how soon written lines and their bans come through, what following a thousand files costs, and what
//! a flood of lines does to ten jails; ours beside the original 1.1.1. It fails when a line is lost or read
//! twice.
//!
//! ```text
//! cargo build --release --workspace --bins
//! cargo run --release -p conformance --bin source-speed -- [latency] [globs] [flood] [short]
//!     [--seconds 60] [--rate 100000] [--addresses 20000] [--files 1000] [--churn 50]
//!     [--lines 5000] [--bans 1000] [--watched 20]
//! ```
//!
//! All three parts without a word; `short` has small sizes, and options behind it change them. As root, with
//! the Debian packages `nftables` and `util-linux`. It makes a network and a mount namespace of its own.

use std::{
    io::{self, Write as _},
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result, bail};
use conformance::source_speed::{Losses, Sizes, flood, globs, latency};

const USAGE: &str = "usage: source-speed [latency] [globs] [flood] [short] [--seconds N] [--rate N] \
                     [--addresses N] [--files N] [--churn N] [--lines N] [--bans N] [--watched N]";

/// The word with which the program starts itself in its namespaces.
const INSIDE: &str = "inside";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let result = match words.split_first() {
        Some((first, rest)) if first == INSIDE => measure(rest),
        _ => within_namespaces(&words).map(|()| Losses::new()),
    };
    match result {
        Ok(losses) if losses.is_empty() => ExitCode::SUCCESS,
        Ok(losses) => {
            for loss in losses {
                // Standard error is the last place to speak; the exit code still tells.
                drop(writeln!(io::stderr(), "error: {loss}"));
            }
            ExitCode::from(1)
        }
        Err(error) => {
            drop(writeln!(io::stderr(), "error: {error:#}"));
            ExitCode::from(2)
        }
    }
}

fn within_namespaces(words: &[String]) -> Result<()> {
    // What is wrong with the words is told once, here.
    wanted(words)?;
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "unshare"]);
    command.args(["--net", "--mount", "--propagation", "private"]);
    command
        .arg(std::env::current_exe()?)
        .arg(INSIDE)
        .args(words);
    if !command.status().context("run `unshare`")?.success() {
        bail!("not all went well");
    }
    Ok(())
}

fn measure(words: &[String]) -> Result<Losses> {
    let (parts, sizes) = wanted(words)?;
    let mut losses = Losses::new();
    let is_wanted = |part| parts.is_empty() || parts.contains(&part);
    if is_wanted("latency") {
        latency(&sizes)?;
    }
    if is_wanted("globs") {
        globs(&sizes, &mut losses)?;
    }
    if is_wanted("flood") {
        flood(&sizes, &mut losses)?;
    }
    Ok(losses)
}

/// Returns the parts that are named, and the sizes.
fn wanted(words: &[String]) -> Result<(Vec<&str>, Sizes)> {
    let mut parts = Vec::new();
    let mut sizes = Sizes::FULL;
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "latency" | "globs" | "flood" => parts.push(word),
            "short" => sizes = Sizes::SHORT,
            _ => {
                let value = words.next();
                let value = value.with_context(|| format!("`{word}`\n{USAGE}"))?;
                let number: u64 = value
                    .parse()
                    .with_context(|| format!("`{word} {value}`\n{USAGE}"))?;
                let count = usize::try_from(number)?;
                match word {
                    "--seconds" => sizes.seconds = number,
                    "--rate" => sizes.rate = count,
                    "--addresses" => sizes.addresses = count,
                    "--files" => sizes.files = count,
                    "--churn" => sizes.churn = count,
                    "--lines" => sizes.lines = count,
                    "--bans" => sizes.bans = count,
                    "--watched" => sizes.watched = number,
                    _ => bail!("unknown option `{word}`\n{USAGE}"),
                }
            }
        }
    }
    Ok((parts, sizes))
}
