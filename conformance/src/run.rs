//! One run of a program from start to end, bounded in time.

use std::{
    ffi::OsStr,
    process::{Command, Output},
};

use anyhow::{Context as _, Result, bail};

/// No run of a client or of a test of a configuration takes longer.
const DEADLINE_SECONDS: &str = "60";

/// The exit code of `timeout` for a program that had to be stopped.
const TIMED_OUT: i32 = 124;

/// What a program printed and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Run {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code.
    pub code: i32,
}

impl Run {
    /// Returns standard output when the program ended with 0.
    ///
    /// # Errors
    /// Any other exit code, with all that the program said.
    pub fn success(self) -> Result<String> {
        if self.code != 0 {
            bail!("exit code {}: {}{}", self.code, self.stdout, self.stderr);
        }
        Ok(self.stdout)
    }

    /// Returns standard output and exit code as one text to compare.
    ///
    /// *Shape*: the output, then a line `[exit 0]`.
    #[must_use]
    pub fn transcript(&self) -> String {
        format!("{}[exit {}]\n", self.stdout, self.code)
    }
}

/// Returns a call of a program that ends after a minute at the latest.
pub(crate) fn bounded(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("timeout");
    command
        .args(["--kill-after=5", DEADLINE_SECONDS])
        .arg(program);
    command
}

/// Adds to a call the words that bound the program that is added after them.
///
/// For a program behind others: what they start is bounded, they are not.
pub(crate) fn bounded_inside(command: &mut Command) {
    command.args(["timeout", "--kill-after=5", DEADLINE_SECONDS]);
}

/// Runs a [`bounded`] call.
///
/// # Errors
/// It cannot be started, dies of a signal, prints what is not UTF-8, or does
/// not end in time.
pub(crate) fn run(command: &mut Command) -> Result<Run> {
    let shown = format!("{command:?}");
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().with_context(|| format!("start {shown}"))?;
    let code = status
        .code()
        .with_context(|| format!("{shown} ended by a signal: {status}"))?;
    if code == TIMED_OUT {
        bail!("{shown} did not end within {DEADLINE_SECONDS} s");
    }
    let text =
        |bytes| String::from_utf8(bytes).with_context(|| format!("{shown} printed no UTF-8"));
    Ok(Run {
        stdout: text(stdout)?,
        stderr: text(stderr)?,
        code,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_both_outputs_and_the_exit_code() {
        let run = run(bounded("sh").args(["-c", "echo out; echo err >&2; exit 3"])).unwrap();
        let expected = Run {
            stdout: "out\n".to_owned(),
            stderr: "err\n".to_owned(),
            code: 3,
        };
        assert_eq!(run, expected);
        assert_eq!(run.transcript(), "out\n[exit 3]\n");
        assert!(run.success().is_err());
    }
}
