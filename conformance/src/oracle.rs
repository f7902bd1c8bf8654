//! The original: two versions of it, unpacked, run by Debian's Python.

use std::{
    ffi::OsStr,
    fmt, fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

use crate::{
    place,
    run::{self, Run},
    server::Endpoint,
};

/// Which original. Where the two differ, 1.1.1 decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// What Debian 12 ships.
    V1_0_2,
    /// The baseline. On a machine whose mirror offers it no longer, 1.1.0 is
    /// in its place; `cargo xtask setup` says so.
    V1_1_1,
}

impl Version {
    /// Both, the older first.
    pub const ALL: [Self; 2] = [Self::V1_0_2, Self::V1_1_1];

    /// Returns the folders that may hold it, best first.
    const fn folders(self) -> &'static [&'static str] {
        match self {
            Self::V1_0_2 => &["1.0.2"],
            Self::V1_1_1 => &["1.1.1", "1.1.0"],
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::V1_0_2 => "1.0.2",
            Self::V1_1_1 => "1.1.1",
        })
    }
}

/// One unpacked original.
#[derive(Debug, Clone)]
pub struct Oracle {
    version: Version,
    folder: PathBuf,
}

impl Oracle {
    /// Finds an unpacked original.
    ///
    /// # Errors
    /// It is not there; a test fails then, it is never skipped.
    pub fn new(version: Version) -> Result<Self> {
        let folder = place::oracle(version.folders())?;
        Ok(Self { version, folder })
    }

    /// Returns which of the two it is.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Returns the package's own `/etc/fail2ban`. It is never given to a
    /// server: a test works on a copy.
    #[must_use]
    pub fn configuration(&self) -> PathBuf {
        self.folder.join("etc/fail2ban")
    }

    /// Returns the folder of the sample logs that its filters are tested with.
    #[must_use]
    pub fn sample_logs(&self) -> PathBuf {
        self.folder
            .join("usr/lib/python3/dist-packages/fail2ban/tests/files/logs")
    }

    /// Returns the folder with its sample logs (`files/logs`) and the filters that only they use
    /// (`config/filter.d`).
    ///
    /// # Errors
    /// They are not there; a test fails then, it is never skipped.
    pub fn samples(&self) -> Result<PathBuf> {
        let versions = self.version.folders();
        let names: Vec<String> = versions
            .iter()
            .map(|version| format!("samples-{version}"))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        place::oracle(&names)
    }

    /// Returns what tells this original apart from any other: the package with
    /// its checksum, as `cargo xtask setup` wrote it.
    ///
    /// # Errors
    /// The stamp cannot be read.
    pub fn stamp(&self) -> Result<String> {
        place::stamp(&self.folder)
    }

    /// Writes a script that runs its client, for programs that want one file to call.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn client_script(&self, folder: &Path) -> Result<PathBuf> {
        let [python, script] = self.program("fail2ban-client");
        let text = format!(
            "#!/bin/sh\nexport PYTHONDONTWRITEBYTECODE=1 PYTHONPATH='{}'\nexec '{}' '{}' \"$@\"\n",
            self.folder.join("usr/lib/python3/dist-packages").display(),
            python.display(),
            script.display()
        );
        let path = folder.join("fail2ban-client");
        let what = || format!("write {}", path.display());
        fs::write(&path, text).with_context(what)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).with_context(what)?;
        Ok(path)
    }

    /// Returns the words that start one of its programs.
    ///
    /// *Shape*: Python, then the program's path.
    pub fn program(&self, name: &str) -> [PathBuf; 2] {
        [
            PathBuf::from("/usr/bin/python3"),
            self.folder.join("usr/bin").join(name),
        ]
    }

    /// Gives a command what the programs need to run from their folder.
    pub fn prepare(&self, command: &mut Command) {
        command
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env(
                "PYTHONPATH",
                self.folder.join("usr/lib/python3/dist-packages"),
            )
            .env("LC_ALL", "C.UTF-8");
    }

    /// Runs one of its programs.
    ///
    /// # Errors
    /// It cannot be started or does not end within a minute. An exit code is
    /// no error.
    pub fn run<Word: AsRef<OsStr>>(
        &self,
        program: &str,
        words: impl IntoIterator<Item = Word>,
    ) -> Result<Run> {
        let [python, script] = self.program(program);
        let mut command = run::bounded(python);
        self.prepare(command.arg(script).args(words));
        run::run(&mut command)
    }

    /// Sends one command with its `fail2ban-client`.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn client(&self, endpoint: &Endpoint, words: &[&str]) -> Result<Run> {
        let mut all: Vec<&OsStr> = vec![
            "-c".as_ref(),
            endpoint.configuration.as_os_str(),
            "-s".as_ref(),
            endpoint.socket.as_os_str(),
            "-p".as_ref(),
            endpoint.pidfile.as_os_str(),
        ];
        all.extend(words.iter().map(|word| AsRef::<OsStr>::as_ref(*word)));
        self.run("fail2ban-client", all)
    }
}
