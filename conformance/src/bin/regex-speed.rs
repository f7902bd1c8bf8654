//! Prints what `fail2ban-regex` costs over a long log of sshd, ours beside the
//! original's, in processor time with the start-up subtracted.
//!
//! ```text
//! cargo run --release -p conformance --bin regex-speed -- [LINES]
//! ```
//!
//! Build ours first, with the same profile: `cargo build --release --workspace --bins`.

use std::{
    env,
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use conformance::regex::{Load, Program, speed};

/// How many lines the log has when nothing is said.
const LINES: usize = 200_000;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error is the last place to speak; the exit code still tells.
            drop(writeln!(io::stderr(), "error: {error:#}"));
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<()> {
    let count = match env::args().nth(1) {
        Some(count) => count.parse().context("LINES is a number")?,
        None => LINES,
    };
    let ours = Program::ours()?;
    for load in Load::ALL {
        let ratio = speed(&ours, load, count)?;
        writeln!(
            io::stdout(),
            "{load:?}: original {:.2} s, ours {:.4} s for {count} lines: {:.1} times",
            ratio.original,
            ratio.ours,
            ratio.original / ratio.ours
        )?;
    }
    Ok(())
}
