//! `cargo xtask test`: the README's second command.

use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

use crate::{say, setup, tool, tree};

/// Sets the machine up, builds everything and runs every test.
///
/// Both test runs always happen; the exit code is that of the first failure.
/// The documentation's examples run first, so that the closing summary of the
/// runner is the last thing on the screen.
pub(crate) fn run() -> Result<ExitCode> {
    setup::run()?;
    // Conformance tests start our programs, and cargo builds no program of
    // another package for a test.
    say::err("test: building the programs")?;
    let build = code(tree::cargo()?.args(["build", "--workspace", "--bins"]))?;
    if build != 0 {
        return Ok(ExitCode::from(build));
    }
    say::err("test: the documentation's examples")?;
    let documentation = code(tree::cargo()?.args(["test", "--workspace", "--doc"]))?;
    let nextest = tool::is_there(tree::cargo()?.args(["nextest", "--version"]))?;
    let arguments: &[&str] = if nextest {
        &["nextest", "run", "--workspace", "--no-fail-fast"]
    } else {
        &[
            "test",
            "--workspace",
            "--lib",
            "--bins",
            "--tests",
            "--no-fail-fast",
        ]
    };
    say::err(&format!("test: cargo {}", arguments.join(" ")))?;
    let tests = code(tree::cargo()?.args(arguments))?;
    let first = if documentation == 0 {
        tests
    } else {
        documentation
    };
    if documentation != 0 {
        say::err("test: an example of the documentation failed, see above")?;
    }
    Ok(ExitCode::from(first))
}

/// Runs a command that prints for itself; a death by signal counts as 101.
fn code(command: &mut Command) -> Result<u8> {
    let status = command
        .status()
        .with_context(|| format!("start `{}`", tool::shown(command)))?;
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(101))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_keeps_its_exit_code() {
        let check = |script: &str, expected: u8| {
            assert_eq!(
                code(Command::new("sh").args(["-c", script])).unwrap(),
                expected
            );
        };
        check("exit 0", 0);
        check("exit 100", 100);
        check("kill -9 $$", 101);
    }
}
