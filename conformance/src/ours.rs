//! Our programs, found beside the running one.

use std::path::PathBuf;

use anyhow::Result;

use crate::{
    Endpoint, place,
    run::{self, Run},
};

/// Returns the path of one of our programs.
///
/// # Errors
/// It is not built.
pub fn program(name: &str) -> Result<PathBuf> {
    place::our_program(name)
}

/// Returns the folder with programs of others that read fail2ban.
///
/// # Errors
/// They are not there; a test fails then, it is never skipped.
pub fn readers() -> Result<PathBuf> {
    place::oracle(&["readers"])
}

/// Sends one command with our `fail2ban-client`.
///
/// # Errors
/// It is not built, or does not end within a minute. An exit code is no error.
pub fn client(endpoint: &Endpoint, words: &[&str]) -> Result<Run> {
    let mut command = run::bounded(place::our_program("fail2ban-client")?);
    command.arg("-c").arg(&endpoint.configuration);
    command
        .arg("-s")
        .arg(&endpoint.socket)
        .arg("-p")
        .arg(&endpoint.pidfile);
    command.args(words).env("LC_ALL", "C.UTF-8");
    run::run(&mut command)
}
