//! The one place where a process begins.
#![expect(
    clippy::disallowed_methods,
    reason = "processes are started here, and how long one may run is measured here"
)]

mod conversation;
mod run;
mod turn;

use std::error::Error as _;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};

pub use conversation::{Conversation, Deadline, Heard};
pub use run::{Ending, Outcome, Output, run};
pub(crate) use turn::{Kind, turn};

/// A process that could not be started or read.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// The program is not there, or may not be run.
    #[error("start `{program}`")]
    Start {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Its output was taken before.
    #[error("the output of `{program}` is read by somebody else")]
    OutputTaken {
        /// The program.
        program: String,
    },
}

impl SpawnError {
    /// Tells whether there is no such program, or nothing that could run it.
    fn is_missing(&self) -> bool {
        matches!(self, Self::Start { source, .. } if source.kind() == ErrorKind::NotFound)
    }

    /// Returns what went wrong and why, and for a program that is missing the package that has it.
    #[must_use]
    pub fn in_full(&self, package: &str) -> String {
        let cause = self.source().map(|cause| format!(": {cause}"));
        let hint = self
            .is_missing()
            .then(|| format!(" (hint: install the package {package})"));
        format!(
            "{self}{}{}",
            cause.unwrap_or_default(),
            hint.unwrap_or_default()
        )
    }
}

/// A process whose output is read for as long as it lives; it is ended when this is dropped.
#[derive(Debug)]
pub struct Follower {
    program: String,
    child: Child,
}

/// Starts a program whose output is to be followed, without a shell.
///
/// It has no input, a process group of its own (a Ctrl-C at the terminal is not for it), and its
/// error output goes nowhere.
///
/// # Errors
/// [`SpawnError::Start`] if the program cannot be started.
pub fn follow(program: &str, arguments: &[String]) -> Result<Follower, SpawnError> {
    let started = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn();
    let program = program.to_owned();
    match started {
        Ok(child) => Ok(Follower { program, child }),
        Err(source) => Err(SpawnError::Start { program, source }),
    }
}

impl Follower {
    /// Takes the pipe that the program writes to.
    ///
    /// # Errors
    /// [`SpawnError::OutputTaken`] if it was taken before.
    pub fn output(&mut self) -> Result<ChildStdout, SpawnError> {
        let taken = || SpawnError::OutputTaken {
            program: self.program.clone(),
        };
        self.child.stdout.take().ok_or_else(taken)
    }
}

impl Follower {
    /// Returns the code that the program ended with; `None` if a signal ended it.
    ///
    /// It is for a program whose output has ended. One that lives on after half a second has
    /// none.
    pub fn code(&mut self) -> Option<i32> {
        for _ in 0..50 {
            match self.child.try_wait() {
                Ok(Some(status)) => return status.code(),
                Ok(None) => std::thread::sleep(std::time::Duration::from_millis(10)),
                Err(_) => return None,
            }
        }
        None
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // An error means that it has ended already; waiting for it leaves no zombie.
        let killed = self.child.kill();
        let waited = self.child.wait();
        drop((killed, waited));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_follower_ends_when_it_is_dropped() {
        let mut follower = follow("sleep", &["60".to_owned()]).unwrap();
        let mut output = follower.output().unwrap();
        assert!(matches!(
            follower.output(),
            Err(SpawnError::OutputTaken { .. })
        ));
        drop(follower);
        let mut rest = Vec::new();
        assert_eq!(output.read_to_end(&mut rest).unwrap(), 0);
    }

    #[test]
    fn a_follower_tells_how_it_ended() {
        let code = |script: &str| {
            let mut follower = follow("sh", &["-c".to_owned(), script.to_owned()]).unwrap();
            let mut rest = Vec::new();
            follower.output().unwrap().read_to_end(&mut rest).unwrap();
            follower.code()
        };
        assert_eq!(code("exit 3"), Some(3));
        assert_eq!(code("kill -9 $$"), None);
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = follow("no-such-program", &[]).unwrap_err();
        assert_eq!(error.to_string(), "start `no-such-program`");
    }
}
