//! Processes inside a namespace that speak TCP for a test.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout};

use crate::error::KitError;

/// A helper that answers lines with lines, and ends with us.
#[derive(Debug)]
struct Helper {
    child: Child,
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
    what: &'static str,
}

impl Helper {
    fn new(mut child: Child, what: &'static str) -> Self {
        let input = child.stdin.take();
        let output = child.stdout.take().map(BufReader::new);
        Self {
            child,
            input,
            output,
            what,
        }
    }

    fn ask(&mut self, line: &str) -> Result<String, KitError> {
        let written = match self.input.as_mut() {
            Some(input) => writeln!(input, "{line}"),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        written.map_err(|source| self.error(source))?;
        self.answer()
    }

    fn answer(&mut self) -> Result<String, KitError> {
        let mut line = String::new();
        let read = match self.output.as_mut() {
            Some(output) => output.read_line(&mut line),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        read.map_err(|source| self.error(source))?;
        Ok(line.trim_end().to_owned())
    }

    fn expect(&self, answer: String, expected: &str) -> Result<(), KitError> {
        if answer == expected {
            return Ok(());
        }
        Err(KitError::Answer {
            command: self.what.to_owned(),
            answer,
        })
    }

    fn error(&self, source: io::Error) -> KitError {
        KitError::Io {
            command: self.what.to_owned(),
            source,
        }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        // It may have ended already; both calls then do nothing.
        let _ignored = self.child.kill();
        let _ignored = self.child.wait();
    }
}

/// A listener inside a namespace; it ends when dropped.
#[derive(Debug)]
#[must_use]
pub struct Listener {
    _helper: Helper,
}

impl Listener {
    pub(crate) fn new(child: Child) -> Result<Self, KitError> {
        let mut helper = Helper::new(child, "listen");
        let answer = helper.answer()?;
        helper.expect(answer, "ready")?;
        Ok(Self { _helper: helper })
    }
}

/// An established connection; it ends when dropped.
#[derive(Debug)]
#[must_use]
pub struct Connection {
    helper: Helper,
}

impl Connection {
    pub(crate) fn new(child: Child) -> Result<Self, KitError> {
        let mut helper = Helper::new(child, "converse");
        let answer = helper.answer()?;
        helper.expect(answer, "connected")?;
        Ok(Self { helper })
    }

    /// Proves that bytes still go there and back.
    pub fn carries(&mut self) -> Result<(), KitError> {
        let answer = self.helper.ask("10")?;
        self.helper.expect(answer, "carries")
    }

    /// Proves that bytes no longer go there and back.
    pub fn is_silent(&mut self) -> Result<(), KitError> {
        let answer = self.helper.ask("1")?;
        self.helper.expect(answer, "silent")
    }
}
