//! Debian's packages that tests need.

use std::{
    fs,
    io::ErrorKind,
    path::Path,
    process::Command,
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, Result};

use crate::{say, tool};

/// Every package, with the reason it is here.
const NEEDED: &[(&str, &str)] = &[
    ("ca-certificates", "mirrors behind https"),
    ("conntrack", "established connections in kernel tests"),
    ("curl", "a user's reporting action"),
    ("debian-archive-keyring", "the signatures of the mirror"),
    ("dpkg", "unpacks the originals"),
    ("faketime", "clocks of the originals"),
    ("gcc", "links, and builds SQLite"),
    ("iproute2", "network namespaces"),
    ("ipset", "the stock actions"),
    ("iptables", "the stock actions"),
    ("libc6-dev", "links, and builds SQLite"),
    ("nftables", "reads the kernel's tables back"),
    ("procps", "looks for processes left behind"),
    ("python3", "runs the originals; the oracle of pickle"),
    ("python3-systemd", "the journal reader of the originals"),
    ("sqlite3", "reads databases from outside"),
    ("systemd", "journalctl"),
    ("systemd-journal-remote", "makes journals out of text"),
    ("util-linux", "unshare, setpriv"),
];

/// Package lists older than this are fetched anew before an installation.
const LISTS_LAST: Duration = Duration::from_hours(24);

/// Installs those of [`NEEDED`] that are missing; does nothing when none is.
pub(super) fn install_missing() -> Result<()> {
    let missing = missing()?;
    if missing.is_empty() {
        return Ok(());
    }
    say::err(&format!("setup: installing {}", missing.join(" ")))?;
    let fresh = lists_are_fresh(Path::new("/var/lib/apt/lists"), SystemTime::now())?;
    if !fresh {
        update()?;
    }
    match install(&missing) {
        // Lists may name a file that the mirror has replaced meanwhile.
        Err(error) if fresh => {
            say::err(&format!(
                "setup: {error:#}; trying again with new package lists"
            ))?;
            update()?;
            install(&missing)
        }
        result => result,
    }
    .context("install the packages that tests need (hint: run as root)")
}

fn missing() -> Result<Vec<&'static str>> {
    let mut query = Command::new("dpkg-query");
    query.args(["-W", "-f", "${Package} ${db:Status-Status}\n"]);
    query.args(NEEDED.iter().map(|(name, _)| name));
    // An unknown package makes the exit code 1 while the others are printed.
    let output = tool::output(&mut query).context("these tasks need Debian's dpkg")?;
    Ok(not_installed(&String::from_utf8_lossy(&output.stdout)))
}

/// Returns which of [`NEEDED`] the answer does not call installed.
fn not_installed(answer: &str) -> Vec<&'static str> {
    NEEDED
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| {
            !answer
                .lines()
                .any(|line| line == format!("{name} installed"))
        })
        .collect()
}

/// Tells whether the newest package list is younger than [`LISTS_LAST`].
fn lists_are_fresh(folder: &Path, now: SystemTime) -> Result<bool> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error).with_context(|| format!("read {}", folder.display())),
    };
    for entry in entries {
        let entry = entry.with_context(|| format!("read {}", folder.display()))?;
        if !entry.file_name().to_string_lossy().contains("_Packages") {
            continue;
        }
        let written = entry.metadata().and_then(|metadata| metadata.modified());
        let written = written.with_context(|| format!("read {}", entry.path().display()))?;
        // A list from the future is as good as one of this moment.
        if now
            .duration_since(written)
            .is_ok_and(|age| age < LISTS_LAST)
            || now < written
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn update() -> Result<()> {
    tool::run(Command::new("apt-get").arg("-q").arg("update"))
}

fn install(names: &[&str]) -> Result<()> {
    tool::run(
        Command::new("apt-get")
            .args(["-q", "-o", "DPkg::Lock::Timeout=300", "install", "-y"])
            .arg("--no-install-recommends")
            .args(names)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_counts_only_when_installed_in_full() {
        let all: String = NEEDED
            .iter()
            .map(|(name, _)| format!("{name} installed\n"))
            .collect();
        assert!(not_installed(&all).is_empty());
        let broken = all.replace("nftables installed", "nftables config-files");
        assert_eq!(not_installed(&broken), ["nftables"]);
        assert_eq!(not_installed("").len(), NEEDED.len());
    }

    #[test]
    fn absent_and_old_lists_are_not_fresh() {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        assert!(!lists_are_fresh(&folder.path().join("absent"), now).unwrap());
        assert!(!lists_are_fresh(folder.path(), now).unwrap());
        fs::write(folder.path().join("lock"), "").unwrap();
        assert!(!lists_are_fresh(folder.path(), now).unwrap());
        fs::write(
            folder.path().join("mirror_main_binary-amd64_Packages.lz4"),
            "",
        )
        .unwrap();
        assert!(lists_are_fresh(folder.path(), now).unwrap());
        assert!(!lists_are_fresh(folder.path(), now + LISTS_LAST * 2).unwrap());
    }
}
