//! A log played again, now: each line gets the stamp of the moment it is
//! written, so that servers that follow the file live through it.

use std::{
    collections::BTreeSet,
    fs::OpenOptions,
    io::Write as _,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use jiff::Zoned;

use crate::{Oracle, Server, ours};

/// Fails last of all: when it is banned, every line before it has been read.
/// The address is one for benchmarks and in nobody's log.
pub const LAST: &str = "198.18.0.99";

/// The bytes of a syslog stamp: `Nov  3 04:00:07`.
const STAMP: usize = 15;

/// After the last line a server has this long to ban [`LAST`].
const DEADLINE: Duration = Duration::from_secs(60);

/// How a log is played and judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Lines a second.
    pub rate: u32,
    /// Failures until the ban.
    pub maxretry: u32,
    /// Seconds in which they count.
    pub findtime: u32,
}

/// Returns a `jail.local` with the jail `sshd` on a log.
///
/// `more` are further lines of the section. `usedns` stays as each one's own
/// configuration has it.
#[must_use]
pub fn jail_local(terms: &Terms, log: &Path, more: &str) -> String {
    let Terms {
        maxretry, findtime, ..
    } = terms;
    format!(
        "[sshd]\nenabled = true\nlogpath = {}\nmaxretry = {maxretry}\nfindtime = {findtime}\n\
         bantime = 86400\n{more}",
        log.display()
    )
}

/// What the original's jail has besides: no inotify of its own, and an action
/// that does nothing.
pub const ORIGINAL: &str = "backend = polling\naction = quiet\n";

/// Writes lines into a file, at a rate, with the stamps of now (local time).
///
/// Lines may be any bytes.
///
/// # Errors
/// The file cannot be written; a line does not begin with a syslog stamp.
pub fn play(lines: &[Vec<u8>], rate: u32, log: &Path) -> Result<()> {
    ensure!(rate > 0, "a log is played at one line a second at least");
    let what = || format!("write {}", log.display());
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(log)
        .with_context(what)?;
    let begin = Instant::now();
    for (number, line) in (0_u32..).zip(lines) {
        let due = Duration::from_secs(1) * number / rate;
        thread::sleep(due.saturating_sub(begin.elapsed()));
        let line = restamped(line, &Zoned::now())
            .with_context(|| format!("line {} begins with no syslog stamp", number + 1))?;
        file.write_all(&line).with_context(what)?;
    }
    Ok(())
}

/// Returns a line with another stamp and a line end; none if it has no stamp.
fn restamped(line: &[u8], now: &Zoned) -> Option<Vec<u8>> {
    let stamp = line.get(..STAMP)?;
    let shape = |byte: &u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' => 'a',
        b'0'..=b'9' => '0',
        b' ' => ' ',
        b':' => ':',
        _ => '?',
    };
    let shape: String = stamp.iter().map(shape).collect();
    if shape != "aaa 00 00:00:00" && shape != "aaa  0 00:00:00" {
        return None;
    }
    let mut fresh = now.strftime("%b %e %H:%M:%S").to_string().into_bytes();
    fresh.extend_from_slice(line.get(STAMP..)?);
    fresh.push(b'\n');
    Some(fresh)
}

/// Splits a log into lines without their ends.
#[must_use]
pub fn lines(log: &[u8]) -> Vec<Vec<u8>> {
    let log = log.strip_suffix(b"\n").unwrap_or(log);
    if log.is_empty() {
        return Vec::new();
    }
    log.split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line).to_vec())
        .collect()
}

/// Returns the lines that get [`LAST`] banned.
fn last_lines(maxretry: u32) -> Vec<Vec<u8>> {
    (0..maxretry)
        .map(|number| {
            format!(
                "Nov  3 04:00:00 bastion sshd[{}]: Failed password for root from {LAST} port 40000 ssh2",
                900_000 + number
            )
            .into_bytes()
        })
        .collect()
}

/// A server that takes part, and how to ask whom it bans.
pub struct Listener<'server> {
    /// For messages: `original 1.1.1`, `ours`.
    pub name: String,
    /// The running server, its jail `sshd` following the replay's log.
    pub server: &'server mut Server,
    /// Asks with this original's client; with our own if there is none.
    pub client: Option<&'server Oracle>,
}

impl Listener<'_> {
    /// Returns the addresses that are banned in the jail `sshd`.
    ///
    /// # Errors
    /// The client fails.
    pub fn banned(&self) -> Result<BTreeSet<String>> {
        banned(self.server, self.client)
    }
}

fn banned(server: &Server, client: Option<&Oracle>) -> Result<BTreeSet<String>> {
    let words = ["get", "sshd", "banip"];
    let run = match client {
        Some(oracle) => oracle.client(&server.endpoint, &words)?,
        None => ours::client(&server.endpoint, &words)?,
    };
    let text = run.success().context("ask for the banned addresses")?;
    Ok(text.split_whitespace().map(str::to_owned).collect())
}

/// Plays lines to all listeners at once and returns whom each one bans.
///
/// # Errors
/// The log cannot be written, or a server does not get to its end in time.
pub fn run(
    lines: &[Vec<u8>],
    terms: &Terms,
    log: &Path,
    listeners: &mut [Listener<'_>],
) -> Result<Vec<BTreeSet<String>>> {
    let mut all = lines.to_vec();
    all.extend(last_lines(terms.maxretry));
    play(&all, terms.rate, log)?;
    let mut results = Vec::new();
    for listener in listeners {
        let client = listener.client;
        listener
            .server
            .wait_until(
                DEADLINE,
                |server| Ok(banned(server, client)?.contains(LAST)),
            )
            .with_context(|| format!("wait for {} to reach the log's end", listener.name))?;
        let mut banned = listener.banned()?;
        banned.remove(LAST);
        results.push(banned);
    }
    Ok(results)
}

/// Two servers' bans side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Whom the original bans.
    pub original: BTreeSet<String>,
    /// Whom ours bans.
    pub ours: BTreeSet<String>,
}

impl Outcome {
    /// Returns both lists and what is in one of them only, for a person.
    #[must_use]
    pub fn report(&self) -> String {
        let Self { original, ours } = self;
        let mut text = String::new();
        for (name, set) in [
            (
                format!("the original bans {}", original.len()),
                original.clone(),
            ),
            (format!("ours bans {}", ours.len()), ours.clone()),
            ("only the original bans".to_owned(), original - ours),
            ("only ours bans".to_owned(), ours - original),
        ] {
            let list: Vec<&str> = set.iter().map(String::as_str).collect();
            let list = if list.is_empty() {
                "nobody".to_owned()
            } else {
                list.join(" ")
            };
            text.extend([name.as_str(), ": ", list.as_str(), "\n"]);
        }
        text
    }
}

/// Plays a log to an original's server and to ours, side by side.
///
/// Both follow the same file below `folder`, each in its own namespaces. The
/// original uses its own sshd jail with the backend `polling` and an action
/// that does nothing; ours uses its own sshd jail.
///
/// # Errors
/// As [`run`]; either server does not start.
pub fn compare(
    oracle: &Oracle,
    lines: &[Vec<u8>],
    terms: &Terms,
    folder: &Path,
) -> Result<Outcome> {
    let log = empty_log(folder)?;
    let mut theirs = Server::of_original(oracle, folder, &jail_local(terms, &log, ORIGINAL))?;
    let mut ours = Server::of_ours(folder, &jail_local(terms, &log, ""), &["sshd"])?;
    let mut listeners = [
        Listener {
            name: format!("original {}", oracle.version()),
            server: &mut theirs,
            client: Some(oracle),
        },
        Listener {
            name: "ours".to_owned(),
            server: &mut ours,
            client: None,
        },
    ];
    let results = run(lines, terms, &log, &mut listeners)?;
    let Ok([original, ours]) = <[BTreeSet<String>; 2]>::try_from(results) else {
        bail!("two servers took part, and not as many answered");
    };
    Ok(Outcome { original, ours })
}

/// Makes the empty file that a replay is written to.
///
/// # Errors
/// It cannot be written.
pub fn empty_log(folder: &Path) -> Result<PathBuf> {
    let log = folder.join("auth.log");
    std::fs::write(&log, "").with_context(|| format!("write {}", log.display()))?;
    Ok(log)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_stamp_of_a_line_changes() {
        let now: Zoned = "2026-12-01T09:08:07[UTC]".parse().unwrap();
        let check = |line: &str, expected: Option<&str>| {
            let found = restamped(line.as_bytes(), &now);
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{line}");
        };
        check(
            "Nov 13 04:00:00 h sshd[1]: x",
            Some("Dec  1 09:08:07 h sshd[1]: x\n"),
        );
        check(
            "Nov  3 04:00:00 h sshd[1]: x ",
            Some("Dec  1 09:08:07 h sshd[1]: x \n"),
        );
        check("Nov  3 04:00:00", Some("Dec  1 09:08:07\n"));
        check("2026-11-03T04:00:00 h sshd[1]: x", None);
        check("Nov  3 04:00", None);
        check("", None);
    }

    #[test]
    fn a_log_is_split_without_line_ends() {
        let check = |log: &str, expected: &[&str]| {
            let expected: Vec<_> = expected
                .iter()
                .map(|line| line.as_bytes().to_vec())
                .collect();
            assert_eq!(lines(log.as_bytes()), expected, "{log:?}");
        };
        check("a\nb\n", &["a", "b"]);
        check("a\r\nb", &["a", "b"]);
        check("a\n\nb\n", &["a", "", "b"]);
        check("", &[]);
    }

    #[test]
    fn lines_are_written_in_order_at_the_rate() {
        let folder = tempfile::tempdir().unwrap();
        let log = empty_log(folder.path()).unwrap();
        let many: Vec<_> = (0..5)
            .map(|number| format!("Nov  3 04:00:00 {number}").into_bytes())
            .collect();
        let begin = Instant::now();
        play(&many, 100, &log).unwrap();
        assert!(begin.elapsed() >= Duration::from_millis(40));
        let text = std::fs::read_to_string(&log).unwrap();
        let ends: String = text.lines().filter_map(|line| line.get(STAMP..)).collect();
        assert_eq!(ends, " 0 1 2 3 4");
        assert!(play(&[b"no stamp".to_vec()], 100, &log).is_err());
    }

    #[test]
    fn a_report_names_what_only_one_bans() {
        let set = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
        let outcome = Outcome {
            original: set(&["a", "b"]),
            ours: set(&["b"]),
        };
        assert_eq!(
            outcome.report(),
            "the original bans 2: a b\nours bans 1: b\nonly the original bans: a\n\
             only ours bans: nobody\n"
        );
    }
}
