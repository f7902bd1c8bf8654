//! Runs the programs of the machine and says clearly when one fails.

use std::{
    io::ErrorKind,
    process::{Command, Output},
};

use anyhow::{Context as _, Result, bail};

/// Runs a program that prints for itself.
///
/// *Errors*: the program is absent, or ends with anything but 0.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| cannot_start(command))?;
    if !status.success() {
        bail!("`{}` failed: {status}", shown(command));
    }
    Ok(())
}

/// Runs a program and returns what it printed to standard output.
///
/// *Errors*: as [`run`]; what the program said on standard error is in the text.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output = output(command)?;
    if !output.status.success() {
        bail!(
            "`{}` failed: {}\n{}",
            shown(command),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` printed text that is not UTF-8", shown(command)))
}

/// Runs a program and returns its output whatever its exit code.
pub(crate) fn output(command: &mut Command) -> Result<Output> {
    command.output().with_context(|| cannot_start(command))
}

/// Tells whether a program can be started at all.
///
/// *Errors*: it exists but cannot be started.
pub(crate) fn is_there(command: &mut Command) -> Result<bool> {
    match command.output() {
        Ok(output) => Ok(output.status.success()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| cannot_start(command)),
    }
}

/// Returns the command as a person would type it, near enough to be read.
pub(crate) fn shown(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

fn cannot_start(command: &Command) -> String {
    format!("start `{}`", shown(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_an_error_that_quotes_it() {
        let error = read(Command::new("sh").args(["-c", "echo no >&2; exit 3"])).unwrap_err();
        let text = format!("{error:#}");
        assert!(
            text.contains("exit status: 3") && text.contains("no"),
            "{text}"
        );
    }

    #[test]
    fn an_absent_program_is_not_there() {
        assert!(!is_there(&mut Command::new("no-such-program-at-all")).unwrap());
        assert!(is_there(&mut Command::new("true")).unwrap());
    }
}
