//! CPython itself, asked about what its own library does.

use std::io::{Seek as _, Write as _};

use anyhow::{Context as _, Result};

use crate::run;

/// The Python that runs the originals.
const PYTHON: &str = "/usr/bin/python3";

/// Runs a script, gives it `input` on standard input and returns what it printed.
///
/// # Errors
/// It cannot be started, fails, or does not end within a minute.
pub fn ask(script: &str, input: &str) -> Result<String> {
    let mut file = tempfile::tempfile().context("make a file for the input")?;
    file.write_all(input.as_bytes())
        .and_then(|()| file.rewind())
        .context("write the input")?;
    let mut command = run::bounded(PYTHON);
    command
        .args(["-I", "-X", "utf8", "-W", "ignore", "-c", script])
        .stdin(file);
    run::run(&mut command)?.success()
}
