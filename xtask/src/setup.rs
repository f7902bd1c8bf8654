//! `cargo xtask setup`: the machine and both originals, ready for the tests.
//!
//! A second run finds everything in place, needs no network and takes well
//! under a second.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::{say, tree};

mod apt;
mod mirror;
mod packages;
pub(crate) mod pins;
mod readers;
mod samples;
mod unpack;

use pins::{BASELINE, BASELINE_SOURCE, OLD, Pin, STAND_IN, STAND_IN_SOURCE};

/// Installs what is missing, unpacks both originals and the sample logs.
///
/// # Errors
/// Anything that would let a test against an original be skipped: no mirror,
/// another file than the pinned one, a package that does not run.
pub(crate) fn run() -> Result<()> {
    packages::install_missing()?;
    let folder = tree::oracle_folder()?;
    obtain(&folder, &OLD).with_context(|| without("1.0.2"))?;
    baseline(&folder).with_context(|| without("1.1.1"))?;
    let source = if unpack::is_unpacked(&folder, &BASELINE)? {
        BASELINE_SOURCE
    } else {
        STAND_IN_SOURCE
    };
    samples::obtain(&folder, &source).context(
        "take the sample logs out of the source (the tests fail without them, they are never skipped)",
    )?;
    readers::obtain(&folder)
        .context("unpack the readers (the tests fail without them, they are never skipped)")
}

fn without(version: &str) -> String {
    format!("unpack the original {version} (the tests fail without it, they are never skipped)")
}

/// Puts 1.1.1 in place, or 1.1.0 where the mirror has no 1.1.1 any more.
fn baseline(folder: &Path) -> Result<()> {
    if unpack::is_unpacked(folder, &BASELINE)? {
        return Ok(());
    }
    if unpack::is_unpacked(folder, &STAND_IN)? {
        return warn_about_the_stand_in(folder);
    }
    match fetch(folder, &BASELINE)? {
        apt::Fetched::Unpacked => Ok(()),
        apt::Fetched::NotOffered => {
            obtain(folder, &STAND_IN)?;
            warn_about_the_stand_in(folder)
        }
    }
}

fn warn_about_the_stand_in(folder: &Path) -> Result<()> {
    say::err(&format!(
        "setup: WARNING: this machine's mirror does not offer {} of {}.\n\
         setup: WARNING: {} of {} takes its place in every comparison.\n\
         setup: hint: remove {} to look again",
        BASELINE.debian_version,
        BASELINE.suite,
        STAND_IN.debian_version,
        STAND_IN.suite,
        folder.display(),
    ))?;
    Ok(())
}

fn obtain(folder: &Path, pin: &Pin) -> Result<()> {
    if unpack::is_unpacked(folder, pin)? {
        return Ok(());
    }
    match fetch(folder, pin)? {
        apt::Fetched::Unpacked => Ok(()),
        apt::Fetched::NotOffered => bail!(
            "the machine's own Debian mirror does not offer {} {} in suite {}",
            pins::PACKAGE,
            pin.debian_version,
            pin.suite
        ),
    }
}

fn fetch(folder: &Path, pin: &Pin) -> Result<apt::Fetched> {
    say::err(&format!(
        "setup: fetching the original {} ({} of {})",
        pin.version, pin.debian_version, pin.suite
    ))?;
    let mirror = mirror::of_this_machine()?;
    apt::fetch(folder, pin, &mirror)
}
