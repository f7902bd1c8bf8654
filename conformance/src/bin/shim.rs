//! Stands in the place of a program that an action calls, and writes the call down ([`conformance::shims`]).

use std::{
    env,
    io::{self, Write as _},
    process::ExitCode,
};

fn main() -> ExitCode {
    let words = env::args_os().map(|word| word.to_string_lossy().into_owned());
    match conformance::shims::record(&words.collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error is the last place to speak; the exit code still tells.
            drop(writeln!(io::stderr(), "shim: {error:#}"));
            ExitCode::from(125)
        }
    }
}
