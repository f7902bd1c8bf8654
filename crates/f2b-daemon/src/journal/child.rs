//! One `journalctl`: its words, its output, and how it ended.

use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::process::ChildStdout;
use std::time::Duration;

use f2b_action::spawn;
use f2b_source::journal::{Cursor, FIELDS, RunStart, Terms};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::lock;
use super::run::Following;
use crate::log::chain;

/// How often a thread that waits looks whether it shall end.
pub(super) const STEP: Duration = Duration::from_millis(500);

/// Which part of the journal is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// What is there.
    ThePast,
    /// What is there and what is written later.
    WhatComes,
}

/// Some output, or why there is none.
pub(super) enum Piece {
    /// So many bytes.
    Bytes(usize),
    /// Nothing came for a while.
    Nothing,
    /// The output has ended.
    End,
    /// Nobody wants more.
    Stopped,
    /// It cannot be read.
    Trouble(String),
}

impl Following {
    /// Returns the words that read the journal from a place on.
    pub(super) fn arguments(&self, part: Part, start: RunStart) -> Vec<String> {
        let mut arguments = common();
        arguments.push("--lines=all".to_owned());
        if part == Part::WhatComes {
            arguments.push("--follow".to_owned());
        }
        arguments.push(format!("--output-fields={}", fields(&self.terms)));
        arguments.extend(self.which.options());
        arguments.push(match start {
            // Not `--after-cursor`, which steps over one entry also where that of the cursor is gone.
            RunStart::At(cursor) => format!("--cursor={cursor}"),
            RunStart::Since(micros) => format!("--since=@{}", micros / 1_000_000),
        });
        // No match is taken for an option.
        arguments.push("--".to_owned());
        arguments.extend(self.matches.iter().cloned());
        arguments
    }

    /// Returns the words that show the first entry at a place or behind it, whatever it is.
    pub(super) fn asking(&self, cursor: &Cursor) -> Vec<String> {
        let mut arguments = common();
        arguments.push("--lines=1".to_owned());
        arguments.push("--output-fields=_BOOT_ID".to_owned());
        arguments.extend(self.which.options());
        arguments.push(format!("--cursor={cursor}"));
        arguments
    }

    /// Starts a `journalctl`, which ends with this thread or with the one who reads.
    pub(super) fn start(&self, arguments: &[String]) -> Result<ChildStdout, String> {
        let follower = spawn::follow("journalctl", arguments);
        let mut follower = follower.map_err(|error| error.in_full("systemd"))?;
        let output = follower.output().map_err(|error| chain(&error))?;
        *lock(&self.child) = Some(follower);
        Ok(output)
    }

    /// Waits a little for more output.
    pub(super) fn next(&self, output: &mut ChildStdout, buffer: &mut [u8]) -> Piece {
        if self.is_stopped() {
            return Piece::Stopped;
        }
        if !is_readable(output, STEP) {
            return Piece::Nothing;
        }
        match output.read(buffer) {
            Ok(0) if self.is_stopped() => Piece::Stopped,
            Ok(0) => Piece::End,
            Ok(count) => Piece::Bytes(count),
            Err(error) if error.kind() == ErrorKind::Interrupted => Piece::Nothing,
            Err(error) => Piece::Trouble(format!("read from `journalctl`: {error}")),
        }
    }
}

fn common() -> Vec<String> {
    ["--output=export", "--no-pager", "--quiet"]
        .map(str::to_owned)
        .into()
}

/// All fields that are of use, each once.
fn fields(terms: &Terms) -> String {
    let mut fields = FIELDS.map(str::to_owned).to_vec();
    let of_terms = terms.fields();
    fields.extend(
        of_terms
            .into_iter()
            .filter(|field| !FIELDS.contains(&field.as_str())),
    );
    fields.join(",")
}

/// Waits for output.
pub(super) fn is_readable(output: &ChildStdout, timeout: Duration) -> bool {
    let timeout = Timespec::try_from(timeout).ok();
    let mut descriptors = [PollFd::from_borrowed_fd(output.as_fd(), PollFlags::IN)];
    // An error is seen by the read that follows.
    poll(&mut descriptors, timeout.as_ref()).map_or(true, |ready| ready > 0)
}
