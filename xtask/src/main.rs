//! `cargo xtask`: what a developer or the build machine does to this tree.
//!
//! Knows: the tools that tests need, where both originals come from, and the
//! rules that the tree keeps (which room may use which, licences, sizes).
//! Must not know: anything about bans. No crate of ours is used here, so that
//! `cargo xtask` still runs while one of them does not build.
//! Oracle: Debian's package index with the SHA-256 pinned in
//! [`setup::pins`], and `cargo metadata`. Run `cargo test -p xtask`.
//!
//! ```text
//! cargo xtask setup    # install what tests need, unpack both originals
//! cargo xtask test     # setup, then every test
//! cargo xtask tidy     # the rules of the tree
//! cargo xtask fuzz TARGET SECONDS
//! cargo xtask unicode  # the tables of f2b-pyregex, from CPython
//! ```

use std::{env, io::Write as _, process::ExitCode};

use anyhow::Result;

mod fuzz;
mod say;
mod setup;
mod test;
mod tidy;
mod tool;
mod tree;
mod unicode;

const USAGE: &str = "\
usage: cargo xtask TASK
  setup  install the packages that tests need and unpack both originals
  test   setup, then build everything and run every test
  tidy   check the rules of the tree
  fuzz TARGET SECONDS
         throw made-up input at a reader (fuzz/fuzz_targets)
  unicode
         write the Unicode tables of f2b-pyregex anew, from CPython's
";

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    match run(&words) {
        Ok(code) => code,
        Err(error) => {
            // Standard error is the last place to speak; when it is closed the
            // exit code still tells.
            drop(writeln!(std::io::stderr(), "error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<ExitCode> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["setup"] => setup::run().map(|()| ExitCode::SUCCESS),
        ["test"] => test::run(),
        ["tidy"] => tidy::run(),
        ["fuzz", target, seconds] => fuzz::run(target, seconds).map(|()| ExitCode::SUCCESS),
        ["unicode"] => unicode::run().map(|()| ExitCode::SUCCESS),
        ["help" | "--help" | "-h"] => {
            say::out(USAGE.trim_end())?;
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            say::err(USAGE.trim_end())?;
            Ok(ExitCode::from(2))
        }
    }
}
