//! Programs of others that read what fail2ban says: Debian's, unpacked and never installed.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result};

use super::{apt, mirror, pins::OLD, unpack};
use crate::{say, tool};

/// A plugin that draws bans per jail, what it is written with, and a reader of logs.
const PACKAGES: [&str; 3] = ["munin-plugins-core", "munin-common", "logwatch"];

/// Puts them in place. Whatever version the suite offers is right: they are read, not compared.
///
/// # Errors
/// The mirror does not answer, does not offer one, or its signature is wrong.
pub(super) fn obtain(folder: &Path) -> Result<()> {
    let target = folder.join("readers");
    let stamp = folder.join("readers.stamp");
    let wanted = PACKAGES.join(" ");
    if fs::read_to_string(&stamp).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    say::err(&format!("setup: fetching {wanted}"))?;
    let mirror = mirror::of_this_machine()?;
    unpack::remove(&target)?;
    for package in apt::download(folder, &OLD, &PACKAGES, &mirror)? {
        tool::run(
            Command::new("dpkg-deb")
                .arg("-x")
                .arg(&package)
                .arg(&target),
        )?;
    }
    fs::write(&stamp, wanted).with_context(|| format!("write {}", stamp.display()))
}
