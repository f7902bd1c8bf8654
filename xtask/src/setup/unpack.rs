//! Checks a package against its pin, unpacks it and stamps the folder.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use super::pins::{PACKAGE, Pin};
use crate::{say, tool};

/// Tells whether a version lies in its folder, whole.
pub(super) fn is_unpacked(folder: &Path, pin: &Pin) -> Result<bool> {
    let stamp = stamp_file(folder, pin);
    let text = match fs::read_to_string(&stamp) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error).with_context(|| format!("read {}", stamp.display())),
    };
    Ok(text == stamp_text(pin) && program(folder, pin).is_file())
}

/// Unpacks a package file into the folder of its version.
///
/// # Errors
/// The file is not the pinned one, or what came out does not run.
pub(super) fn unpack(folder: &Path, pin: &Pin, package: &Path) -> Result<()> {
    check_sum(package, pin.debian_version, pin.sha256)?;
    let target = folder.join(pin.version);
    // What a broken run left must not mix with the new files.
    remove(&target)?;
    tool::run(Command::new("dpkg-deb").arg("-x").arg(package).arg(&target))?;
    check_run(folder, pin)?;
    let stamp = stamp_file(folder, pin);
    fs::write(&stamp, stamp_text(pin)).with_context(|| format!("write {}", stamp.display()))?;
    say::err(&format!(
        "setup: the original {} is in {}",
        pin.version,
        target.display()
    ))?;
    Ok(())
}

/// Compares a file with its pinned checksum.
///
/// # Errors
/// It is another file.
pub(super) fn check_sum(file: &Path, debian_version: &str, sha256: &str) -> Result<()> {
    let line = tool::read(Command::new("sha256sum").arg(file))?;
    let found = line
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .trim_start_matches('\\');
    if found != sha256 {
        bail!(
            "{} is not {PACKAGE} {debian_version} as pinned: its SHA-256 is {found}, not {sha256}\n\
             hint: the mirror may be broken; a new version must be pinned in xtask/src/setup/pins.rs",
            file.display(),
        );
    }
    Ok(())
}

/// Removes a folder with all that is in it, if it is there.
pub(super) fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Starts the unpacked program once: a missing Python module shows here, not
/// in the middle of a test.
fn check_run(folder: &Path, pin: &Pin) -> Result<()> {
    let target = folder.join(pin.version);
    let text = tool::read(
        Command::new("/usr/bin/python3")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONPATH", target.join("usr/lib/python3/dist-packages"))
            .arg(program(folder, pin))
            .arg("--version"),
    )?;
    if text.trim() != format!("Fail2Ban v{}", pin.version) {
        bail!(
            "the unpacked program calls itself {:?}, not {}",
            text.trim(),
            pin.version
        );
    }
    Ok(())
}

fn program(folder: &Path, pin: &Pin) -> PathBuf {
    folder.join(pin.version).join("usr/bin/fail2ban-client")
}

fn stamp_file(folder: &Path, pin: &Pin) -> PathBuf {
    folder.join(format!("{}.stamp", pin.version))
}

fn stamp_text(pin: &Pin) -> String {
    format!("{PACKAGE} {} {}\n", pin.debian_version, pin.sha256)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::pins::OLD;

    #[test]
    fn another_file_than_the_pinned_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("some.deb");
        fs::write(&package, "not a package").unwrap();
        let error = format!("{:#}", unpack(folder.path(), &OLD, &package).unwrap_err());
        assert!(
            error.contains("is not fail2ban 1.0.2-2 as pinned"),
            "{error}"
        );
        assert!(!folder.path().join("1.0.2").exists());
        assert!(!is_unpacked(folder.path(), &OLD).unwrap());
    }

    #[test]
    fn a_stamp_counts_only_with_its_pin_and_its_program() {
        let folder = tempfile::tempdir().unwrap();
        let stamp = stamp_file(folder.path(), &OLD);
        fs::write(&stamp, stamp_text(&OLD)).unwrap();
        assert!(!is_unpacked(folder.path(), &OLD).unwrap());
        let program = program(folder.path(), &OLD);
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        fs::write(&program, "").unwrap();
        assert!(is_unpacked(folder.path(), &OLD).unwrap());
        fs::write(&stamp, stamp_text(&OLD).replace("-2", "-3")).unwrap();
        assert!(!is_unpacked(folder.path(), &OLD).unwrap());
    }
}
