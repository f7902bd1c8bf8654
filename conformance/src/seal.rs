//! A place where a server can touch nothing of the machine: its own network,
//! its own mounts with the system's state hidden, its own processes and host name.

use std::{
    ffi::OsStr,
    fs,
    process::{Child, Command},
};

use anyhow::{Context as _, Result};

/// Runs inside before the program: what is mounted here is seen by nobody else.
///
/// The folders are those that either server would use if it were told nothing.
const PREPARE: &str = r#"
set -e
for folder in /etc/fail2ban /run/fail2ban /var/lib/fail2ban; do
    if [ -d "$folder" ]; then mount -t tmpfs tmpfs "$folder"; fi
done
ip link set lo up
"#;

/// Returns a call that runs a program sealed off.
///
/// The processes inside end with the caller's thread, whatever becomes of it:
/// the kernel kills the outer process with its parent, the first process
/// inside with the outer one, and all the others with the first.
pub(crate) fn sealed(program: impl AsRef<OsStr>) -> Command {
    let mut command = sealed_script("exec \"$@\"");
    command.arg(program);
    command
}

/// Returns a call that runs a shell script sealed off as [`sealed`] does; what
/// is added as arguments becomes `$1`, `$2` and so on.
pub(crate) fn sealed_script(script: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "unshare"]);
    command.args([
        "--net",
        "--mount",
        "--uts",
        "--pid",
        "--fork",
        "--mount-proc",
        "--kill-child=KILL",
    ]);
    command.args(["sh", "-c", &format!("{PREPARE}{script}"), "sh"]);
    command
}

/// A sealed program; dropping it ends all that runs inside.
#[derive(Debug)]
pub(crate) struct Sealed {
    child: Child,
}

impl Sealed {
    /// Starts a [`sealed`] call.
    ///
    /// # Errors
    /// `setpriv` is not there.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let child = command
            .spawn()
            .context("start `setpriv` and `unshare` of the package util-linux")?;
        Ok(Self { child })
    }

    /// Returns the exit code once the program has ended.
    ///
    /// # Errors
    /// The system does not tell.
    pub(crate) fn ended(&mut self) -> Result<Option<i32>> {
        let status = self.child.try_wait().context("ask for a server's end")?;
        Ok(status.map(|status| status.code().unwrap_or(-1)))
    }

    /// Ends all that runs inside and waits until it has ended.
    ///
    /// The first process inside is killed, not the outer one: the outer one
    /// ends only when the kernel has cleared the whole namespace.
    fn end(&mut self) -> Result<()> {
        if self.ended()?.is_some() {
            return Ok(());
        }
        let outer = self.child.id();
        let children = format!("/proc/{outer}/task/{outer}/children");
        let first = fs::read_to_string(&children).with_context(|| format!("read {children}"))?;
        let killed = !first.trim().is_empty() && {
            let mut kill = Command::new("kill");
            kill.arg("-KILL").args(first.split_whitespace());
            kill.status().context("start `kill`")?.success()
        };
        if !killed {
            // Nothing is inside yet, or it is just ending.
            self.child.kill().context("end a server")?;
        }
        self.child.wait().context("wait for a server's end")?;
        Ok(())
    }
}

impl Drop for Sealed {
    fn drop(&mut self) {
        if self.end().is_err() {
            // The last way: the kernel takes those inside along, a moment later.
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_is_another_network_and_the_exit_code_comes_out() {
        let output = sealed("ip").args(["-o", "link"]).output().unwrap();
        assert!(output.status.success(), "{output:?}\nhint: run as root");
        let text = String::from_utf8(output.stdout).unwrap();
        let links: Vec<_> = text
            .lines()
            .filter(|line| line.contains("state UP"))
            .collect();
        assert!(links.is_empty(), "{text}");
        let status = sealed("sh").args(["-c", "exit 7"]).status().unwrap();
        assert_eq!(status.code(), Some(7));
    }

    #[test]
    fn dropping_leaves_no_process_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("a-mark-that-is-looked-for");
        let script = format!("sleep 600 & : {0}; touch {0}; wait; : {0}", mark.display());
        let sealed = Sealed::start(sealed("sh").args(["-c", &script])).unwrap();
        while !mark.exists() {
            std::thread::yield_now();
        }
        let alive = || {
            let output = Command::new("pgrep").arg("-f").arg(&mark).output().unwrap();
            output.status.success()
        };
        assert!(alive());
        drop(sealed);
        assert!(!alive());
    }
}
