//! What reading sources costs: how soon a line is in hand and its ban in the kernel, how many files under a
//! pattern are followed while they come and rotate, and what a flood of lines does to ten jails.
//!
//! Everything is printed as tables; no time is ever asserted. What is judged is that no line is lost and none
//! is read twice: each part tells its losses as sentences. The servers are plain children in the caller's
//! network, which must be one of its own.

mod flood;
mod gauge;
mod globs;
mod latency;
mod logs;
mod stage;
mod state;
mod traffic;

use std::{
    fmt::Display,
    io::{self, Write as _},
};

use anyhow::Result;

pub use flood::flood;
pub use globs::globs;
pub use latency::latency;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// How long files are written, in seconds.
    pub seconds: u64,
    /// Lines a second of a flood.
    pub rate: usize,
    /// From how many addresses a flood comes.
    pub addresses: usize,
    /// Files under the pattern at the start.
    pub files: usize,
    /// Files created, and as many rotated, a second.
    pub churn: usize,
    /// Lines whose way to the reader is measured.
    pub lines: usize,
    /// Bans of ours; where bans take long, a tenth of them.
    pub bans: usize,
    /// How long the original's reading is watched, in seconds.
    pub watched: u64,
}

impl Sizes {
    /// What the project's figures are made with.
    pub const FULL: Self = Self {
        seconds: 60,
        rate: 100_000,
        addresses: 20_000,
        files: 1_000,
        churn: 50,
        lines: 5_000,
        bans: 1_000,
        watched: 20,
    };

    /// Enough to see that all is right.
    pub const SHORT: Self = Self {
        seconds: 6,
        rate: 10_000,
        addresses: 2_000,
        files: 100,
        churn: 20,
        lines: 500,
        bans: 50,
        watched: 5,
    };
}

/// What went wrong with lines, a sentence each; empty is good.
pub type Losses = Vec<String>;

/// Prints one line of a table.
fn say(line: impl Display) -> Result<()> {
    writeln!(io::stdout(), "{line}")?;
    Ok(())
}

/// A number for people.
#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
pub(crate) const fn figure(number: u64) -> f64 {
    number as f64
}
