//! The one writer of the program: a closed pipe is an error, not a panic.

use std::io::{self, Write as _};

/// Writes one line to standard output.
pub(crate) fn out(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}

/// Writes one line to standard error: progress and complaints.
pub(crate) fn err(text: &str) -> io::Result<()> {
    writeln!(io::stderr(), "{text}")
}
