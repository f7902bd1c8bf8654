//! Our programs, found beside the running one.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

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

/// Tells whether a jail of ours has read all that was there when it began.
///
/// # Errors
/// Our `stockade` is not built, or its answer cannot be read.
pub fn caught_up(endpoint: &Endpoint, jail: &str) -> Result<bool> {
    let mut command = run::bounded(place::our_program("stockade")?);
    command.arg("-s").arg(&endpoint.socket);
    command.args(["status", jail, "--json"]);
    let told = run::run(&mut command)?;
    let status: serde_json::Value =
        serde_json::from_str(&told.stdout).with_context(|| format!("read {told:?}"))?;
    let sources = status
        .pointer(&format!("/jails/{jail}/sources"))
        .and_then(serde_json::Value::as_array);
    let is_read = |source: &serde_json::Value| source.get("caught_up") == Some(&true.into());
    Ok(sources.is_some_and(|sources| !sources.is_empty() && sources.iter().all(is_read)))
}
