//! What actions need of the rest of the server.

use std::time::Duration;

use f2b_core::{Span, UnixTime};

use crate::{ElementChange, ElementSet, Info, Line, Outcome, Script, spawn};

/// What a command may say of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// `<fq-hostname>`.
    pub fq_name: String,
    /// `<sh-hostname>`.
    pub short_name: String,
    /// Whether actions are started for IPv6 too before an IPv6 address is banned (`allowipv6`).
    pub allows_ipv6: bool,
}

impl Host {
    /// A machine that nothing is known of, for questions that it plays no part in.
    pub const UNKNOWN: Self = Self {
        fq_name: String::new(),
        short_name: String::new(),
        allows_ipv6: true,
    };
}

/// Runs scripts: the system's shell, or who writes down what would be run.
pub trait Shell {
    /// Runs a script to its end.
    fn run(&mut self, script: &Script, timeout: Span) -> Outcome;

    /// Puts `ip`, an address or a network, into a set of nftables or takes it out, as the command that
    /// stands for it would. Returns whether that is done; if not, the command has to run.
    fn change_element(&mut self, _set: &ElementSet, _ip: &str, _change: ElementChange) -> bool {
        false
    }
}

/// `/bin/sh`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemShell;

impl Shell for SystemShell {
    fn run(&mut self, script: &Script, timeout: Span) -> Outcome {
        let micros = u64::try_from(timeout.as_micros()).unwrap_or(0);
        spawn::run(script, Duration::from_micros(micros))
    }
}

/// All that lies outside, for one call.
pub struct World<'w> {
    /// Runs the commands.
    pub shell: &'w mut dyn Shell,
    /// Takes what is to be logged, in order and while it goes on.
    pub log: &'w mut dyn FnMut(Line),
    /// The machine.
    pub host: &'w Host,
    /// The time at which this call begins.
    pub now: UnixTime,
    /// Answers for the tags of commands that no ban belongs to: `actionstart`, `-stop`, `-flush` and
    /// `-reload`. As in the original that is an empty ban: `<ip>` is empty, `<time>` is now.
    pub no_ban: &'w mut dyn Info,
}

impl std::fmt::Debug for World<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = out.debug_struct("World");
        let shown = shown.field("host", &self.host).field("now", &self.now);
        shown.finish_non_exhaustive()
    }
}
