//! The sample logs of the original, with what is expected of each line.
//!
//! They are not in the package but in its source. Only the logs, and the filters that only they use,
//! are taken out of it: no program text comes to lie anywhere.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

use super::{apt, mirror, pins::SourcePin, unpack};
use crate::{say, tool};

/// What is taken out.
const PARTS: [&str; 2] = [
    "*/fail2ban/tests/files/logs/*",
    "*/fail2ban/tests/config/filter.d/zzz-*.conf",
];

/// Folders of the archive above what is taken out: `fail2ban-1.1.1/fail2ban/tests/`.
const ABOVE: &str = "--strip-components=3";

/// Puts the sample logs of one version in place.
///
/// # Errors
/// The mirror does not offer the source, or the file is not the pinned one.
pub(super) fn obtain(folder: &Path, pin: &SourcePin) -> Result<()> {
    let version = pin.of.version;
    let stamp = folder.join(format!("samples-{version}.stamp"));
    if is_stamped(&stamp, pin)? {
        return Ok(());
    }
    say::err(&format!("setup: fetching the sample logs of {version}"))?;
    let mirror = mirror::of_this_machine()?;
    let archive = apt::fetch_source(folder, pin.of, &mirror)?;
    let target = unpacked(folder, pin, &archive)?;
    fs::write(&stamp, pin.sha256).with_context(|| format!("write {}", stamp.display()))?;
    say::err(&format!(
        "setup: the sample logs of {version} are in {}",
        target.display()
    ))?;
    Ok(())
}

fn is_stamped(stamp: &Path, pin: &SourcePin) -> Result<bool> {
    match fs::read_to_string(stamp) {
        Ok(text) => Ok(text == pin.sha256),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("read {}", stamp.display())),
    }
}

/// Takes the logs out of the archive; returns the folder that holds them.
fn unpacked(folder: &Path, pin: &SourcePin, archive: &Path) -> Result<PathBuf> {
    unpack::check_sum(archive, pin.of.debian_version, pin.sha256)?;
    let target = folder.join(format!("samples-{}", pin.of.version));
    unpack::remove(&target)?;
    fs::create_dir_all(&target).with_context(|| format!("create {}", target.display()))?;
    tool::run(
        Command::new("tar")
            .arg("-xzf")
            .arg(archive)
            .arg("-C")
            .arg(&target)
            .args([ABOVE, "--wildcards", "--no-same-owner"])
            .args(PARTS),
    )?;
    // Nothing is kept of the rest.
    fs::remove_file(archive).with_context(|| format!("remove {}", archive.display()))?;
    Ok(target)
}
