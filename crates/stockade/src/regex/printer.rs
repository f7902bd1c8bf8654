//! What goes to standard output, in large pieces.

use std::io::{BufWriter, StdoutLock, Write};

/// Standard output. When its reader has gone away there is nobody to write for, and that is no error.
pub(crate) struct Printer {
    out: BufWriter<StdoutLock<'static>>,
    is_gone: bool,
}

impl Printer {
    /// Returns the standard output of this process.
    pub(crate) fn new() -> Self {
        Self {
            out: BufWriter::with_capacity(1 << 16, std::io::stdout().lock()),
            is_gone: false,
        }
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, text: &str) {
        if !self.is_gone {
            let out = &mut self.out;
            let written = out
                .write_all(text.as_bytes())
                .and_then(|()| out.write_all(b"\n"));
            self.is_gone = written.is_err();
        }
    }

    /// Writes out what is held back.
    pub(crate) fn flush(&mut self) {
        self.is_gone |= self.out.flush().is_err();
    }

    /// Tells whether nobody reads any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.is_gone
    }
}
