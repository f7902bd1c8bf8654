//! The life of a server as its programs show it: starts, stops, what goes wrong, and what is said of it.
//!
//! One shell script does the same with the programs of an original and with ours, in one sealed place
//! each, so that a server in the background outlives the client that started it and nothing else.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::{
    Oracle, place,
    run::{self, Run},
    seal::sealed_script,
    server::prepare,
};

/// What was said and how it ended, step by step.
pub type Transcript = Vec<(String, String)>;

/// What a jail's section says on each side beside what is the same.
const QUIET: &str = "action = quiet\n";

/// Takes datagrams and writes each as a line: those for syslog as they are, of those for the journal what
/// both say.
const LISTEN: &str = "\
import socket, sys
keys = ('MESSAGE', 'PRIORITY', 'LOGGER', 'SYSLOG_IDENTIFIER')
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
while True:
    text = listener.recv(1 << 16).decode()
    if text[0] == '<':
        line = repr(text)
    else:
        line = ' '.join(l for l in text.split('\\n') if l.split('=')[0] in keys)
    with open(sys.argv[2], 'a') as told:
        told.write(line + '\\n')
";

/// The jail of the tests; it reads a log of its own.
fn jail_local(folder: &Path, more: &str) -> String {
    format!(
        "[sshd]\nenabled = true\nbackend = polling\nlogpath = {}\n{more}",
        folder.join("auth.log").display()
    )
}

/// Runs the steps with the programs of an original.
///
/// # Errors
/// The original is not there, or the script ends early.
pub fn of_original(oracle: &Oracle, folder: &Path, steps: &[&str]) -> Result<Transcript> {
    let folder = folder.join("original");
    let programs = ["fail2ban-client", "fail2ban-server"].map(|name| {
        let words = oracle.program(name).map(|path| path.display().to_string());
        words.join(" ")
    });
    let jail = jail_local(&folder, QUIET);
    let place = Place::new(&folder, &oracle.configuration(), &jail, programs)?;
    let mut command = place.command(steps);
    oracle.prepare(&mut command);
    place.transcript(run::run(&mut command)?, steps)
}

/// Runs the steps with our programs.
///
/// # Errors
/// They are not built, or the script ends early.
pub fn of_ours(folder: &Path, steps: &[&str]) -> Result<Transcript> {
    let folder = folder.join("ours");
    let program = |name| Ok::<_, anyhow::Error>(place::our_program(name)?.display().to_string());
    let programs = [program("fail2ban-client")?, program("fail2ban-server")?];
    let jail = jail_local(&folder, "");
    let place = Place::new(&folder, &place::our_configuration()?, &jail, programs)?;
    let mut command = place.command(steps);
    command.env("LC_ALL", "C.UTF-8");
    place.transcript(run::run(&mut command)?, steps)
}

/// Where one side's server lives.
struct Place {
    folder: String,
    programs: [String; 2],
}

impl Place {
    fn new(
        folder: &Path,
        configuration: &Path,
        jail_local: &str,
        programs: [String; 2],
    ) -> Result<Self> {
        prepare(folder, configuration, jail_local)?;
        std::fs::write(folder.join("auth.log"), "").context("make an empty log")?;
        let folder = folder.display().to_string();
        Ok(Self { folder, programs })
    }

    /// The script: `client` and `server` are the programs with their places, `nobody` is the client of a user
    /// without rights, `listen SOCKET FILE` takes datagrams, `$D` is the folder.
    fn command(&self, steps: &[&str]) -> std::process::Command {
        let [client, server] = &self.programs;
        let mut script = format!("set +e\nD={}\nexport D\ncd $D\n", self.folder);
        for (name, program) in [("client", client), ("server", server)] {
            let places = "-c $D/configuration -s $D/socket -p $D/pid";
            writeln!(
                script,
                "{name}() {{ timeout --kill-after=5 20 {program} {places} \"$@\"; }}"
            )
            .ok();
        }
        writeln!(
            script,
            "nobody() {{ timeout 20 setpriv --reuid 65534 --regid 65534 --clear-groups {client} -c $D/configuration -s $D/socket -p $D/pid \"$@\"; }}"
        )
        .ok();
        writeln!(
            script,
            "listen() {{ python3 -c \"{LISTEN}\" $1 $2 & while ! test -e $1; do :; done; }}"
        )
        .ok();
        script.push_str("stale() { perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un($ARGV[0]))' $D/socket; }\n");
        for (number, step) in steps.iter().enumerate() {
            writeln!(
                script,
                "{{ {step}\n}} </dev/null >$D/out 2>$D/err; code=$?\n\
                 echo '@@ {number}'; cat $D/out; sed 's/^/stderr: /' $D/err; echo \"[exit $code]\""
            )
            .ok();
        }
        // Whatever is left ends with the place.
        sealed_script(&script)
    }

    fn transcript(&self, run: Run, steps: &[&str]) -> Result<Transcript> {
        let text = run.success().context("run the script")?;
        let text = text.replace(&self.folder, "FOLDER");
        let parts: Vec<&str> = text.split("@@ ").skip(1).collect();
        anyhow::ensure!(
            parts.len() == steps.len(),
            "the script ended after {} of {} steps:\n{text}",
            parts.len(),
            steps.len()
        );
        let shown = |part: &str| {
            let lines = part.lines().skip(1).filter(|line| !is_hint(line));
            lines.map(comparable).collect::<Vec<_>>().join("\n")
        };
        Ok(steps
            .iter()
            .zip(parts)
            .map(|(step, part)| ((*step).to_owned(), shown(part)))
            .collect())
    }
}

/// What we say beyond the original, on standard error, where nobody reads it by program.
fn is_hint(line: &str) -> bool {
    line.starts_with("stderr: hint: ") || line.starts_with("stderr: stockade: ")
}

/// A line without the moment, the number of the process and the version.
fn comparable(line: &str) -> String {
    let mut parts = line.split('[');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_process = rest.len() < part.len() && rest.starts_with("]:");
        text.push('[');
        text.push_str(&if is_process {
            format!("P{rest}")
        } else {
            part.to_owned()
        });
    }
    for version in ["1.0.2", "1.1.0", "1.1.1"] {
        text = text.replace(&format!("v{version}"), "VERSION");
    }
    without_moments(&text)
}

/// Replaces each `2026-11-21 18:58:09,663`.
fn without_moments(text: &str) -> String {
    const SHAPE: &str = "0000-00-00 00:00:00,000";
    let fits = |part: &str| {
        let mut pairs = part.chars().zip(SHAPE.chars());
        pairs.all(|(c, shape)| match shape {
            '0' => c.is_ascii_digit(),
            other => c == other,
        })
    };
    let moment = text.char_indices().find_map(|(at, _)| {
        let (before, rest) = text.split_at_checked(at)?;
        let (part, after) = rest.split_at_checked(SHAPE.len())?;
        fits(part).then_some((before, after))
    });
    match moment {
        Some((before, after)) => format!("{before}TIME{}", without_moments(after)),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_processes_and_versions_do_not_count() {
        let line = "> 2026-11-21 18:58:09,663 fail2ban                [13896]: ERROR   v1.1.1 [0]";
        let expected = "> TIME fail2ban                [P]: ERROR   VERSION [0]";
        assert_eq!(comparable(line), expected);
    }
}
