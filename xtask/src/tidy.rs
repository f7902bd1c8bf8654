//! `cargo xtask tidy`: the rules of the tree that no compiler keeps.
//!
//! Every check collects findings; all are printed, and one is enough for exit
//! code 1. A check is a function from plain data to findings, so that each has
//! a test that shows it failing.

use std::{fmt, process::ExitCode};

use anyhow::{Context as _, Result};
use cargo_metadata::MetadataCommand;

use crate::{say, tree};

mod files;
mod graph;
mod heads;
mod licence;
mod manifests;
mod outside;
mod rooms;
mod words;

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    /// A crate, or a file with its line.
    place: String,
    /// What is wrong and what can be done.
    text: String,
}

impl Finding {
    fn new(place: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            text: text.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.text)
    }
}

/// Checks the whole tree and prints what it found.
pub(crate) fn run() -> Result<ExitCode> {
    let root = tree::root()?;
    let metadata = MetadataCommand::new()
        .current_dir(&root)
        .exec()
        .context("read the dependencies with `cargo metadata`")?;
    let crates = graph::crates(&metadata)?;
    let files = files::walk(&root)?;

    let mut findings = rooms::check(&crates);
    findings.extend(outside::check(&crates));
    findings.extend(licence::check(&crates));
    findings.extend(manifests::check(&graph::manifests(&metadata, &root)?));
    findings.extend(heads::check(&graph::heads(&metadata, &root)?));
    findings.extend(files::check(&files));
    findings.extend(words::check(&files));
    findings.sort();
    findings.dedup();

    for finding in &findings {
        say::out(&finding.to_string())?;
    }
    if findings.is_empty() {
        say::err(&format!(
            "tidy: {} crates, {} files, nothing found",
            crates.len(),
            files.len()
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    say::err(&format!("tidy: {} findings", findings.len()))?;
    Ok(ExitCode::FAILURE)
}
