//! Entries of the systemd journal, many of them: each counts once, whatever becomes of the journal and of the server; and
//! the originals' journal reader bans the same.
//!
//! A part of them by default; `STOCKADE_JOURNAL_ENTRIES=100000` makes it whole and prints figures.
//!
//! Debian packages: systemd, systemd-journal-remote, python3-systemd, sqlite3.

mod arguments;
mod entries;
mod figures;
mod files;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use conformance::{Server, ours};
use entries::{Entries, JAILS};
use kernel_kit::Journald;

/// How long the server may take for what is written to be counted.
const PATIENCE: Duration = Duration::from_secs(120);

/// How many entries there are.
fn how_many() -> usize {
    match std::env::var("STOCKADE_JOURNAL_ENTRIES") {
        Ok(text) => text.parse().unwrap(),
        Err(_) => 5_000,
    }
}

/// The jails, each with what it wants of the journal.
fn jail_conf(backend: &str, maxretry: u32) -> String {
    let mut text = format!(
        "[DEFAULT]\nbackend = {backend}\nmaxretry = {maxretry}\nfindtime = 1d\nbantime = 1d\nusedns = no\naction =\n\
         filter =\nfailregex = Failed \\S+ for \\S+ from <HOST> port\n"
    );
    for jail in 0..JAILS {
        let journalmatch = entries::journalmatch(jail);
        writeln!(
            text,
            "[jail{jail}]\nenabled = true\njournalmatch = {journalmatch}"
        )
        .unwrap();
    }
    text
}

/// A server of ours that sees only the test's journal.
fn start(folder: &Path) -> Server {
    let fail2ban = "[Definition]\ndbfile = {folder}/database.sqlite3\nallowipv6 = auto\n";
    let jails = jail_conf("systemd", 1_000_000);
    let tree = [("fail2ban.conf", fail2ban), ("jail.conf", &jails)];
    let script = Journald::mounts(folder);
    for left in ["ours/socket", "ours/pid"] {
        // A killed one leaves them, and the number it names is the next one's own in its sealed place.
        fs::remove_file(folder.join(left)).ok();
    }
    Server::on_tree_inside(None, folder, &tree, &script).unwrap()
}

/// Failures by jail and address, as the database has them.
fn counted(database: &Path) -> BTreeMap<(String, String), u64> {
    let query = "select jail, id, failures from stockade_tally";
    let output = Command::new("sqlite3")
        .args(["-readonly", "-cmd", ".timeout 5000"])
        .arg(database)
        .arg(query)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let rows = text.lines().map(|line| {
        let columns: Vec<&str> = line.split('|').collect();
        let failures = columns[2].parse().unwrap();
        ((columns[0].to_owned(), columns[1].to_owned()), failures)
    });
    rows.collect()
}

/// Waits until all that was written is counted, and fails as soon as more is.
fn wait_until_counted(server: &mut Server, entries: &Entries) {
    let database = server.database.clone();
    let expected: u64 = entries.failures().values().sum();
    let waited = server.wait_until(PATIENCE, |_| {
        let counted: u64 = counted(&database).values().sum();
        assert!(counted <= expected, "{counted} of {expected}");
        Ok(counted == expected)
    });
    let counted = counted(&database);
    waited.unwrap_or_else(|error| panic!("{counted:?}\nof {expected}: {error:#}"));
    assert_eq!(counted, entries.failures());
}

/// Ends a server as it should, and prints what it has used.
fn stop(server: Server) {
    let folder = server.database.parent().unwrap();
    figures::print(folder, "a server before its end");
    let stopped = ours::client(&server.endpoint, &["stop"]).unwrap();
    assert_eq!(stopped.code, 0, "{stopped:?}");
    server.wait_for_end().unwrap();
}

#[test]
fn each_entry_counts_once_over_rotations_vacuums_and_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let begin = Instant::now();
    let journald = Journald::start(folder).unwrap();
    let mut entries = Entries::new(how_many());
    // A part is there before the server, a part comes while it reads; the journal is rotated within.
    entries.write(&journald, 12);
    let mut server = start(folder);
    entries.write(&journald, 12);
    journald.rotate().unwrap();
    entries.write(&journald, 12);
    wait_until_counted(&mut server, &entries);
    // All that goes was read; reading goes on across it.
    journald.rotate().unwrap();
    journald.vacuum().unwrap();
    entries.write(&journald, 12);

    // Killed in the middle, and more is written meanwhile, in two files.
    let unread = entries.write_aside(&journald, 12);
    drop(server);
    unread.join().unwrap();
    journald.rotate().unwrap();
    entries.write(&journald, 12);
    server = start(folder);
    entries.write(&journald, 7);
    wait_until_counted(&mut server, &entries);

    // Stopped; the entry that was read last stays.
    stop(server);
    entries.write(&journald, 7);
    journald.rotate().unwrap();
    server = start(folder);
    wait_until_counted(&mut server, &entries);

    // Stopped; the entry that was read last goes, and what was not read stays.
    stop(server);
    journald.rotate().unwrap();
    entries.write(&journald, 7);
    journald.vacuum().unwrap();
    server = start(folder);
    entries.write_rest(&journald);
    wait_until_counted(&mut server, &entries);
    let logged = server.logged().unwrap();
    let gone = "The journal no longer has the entry that was read last";
    let last = logged.rsplit("Starting Fail2ban").next().unwrap();
    assert_eq!(last.matches(gone).count(), 1, "{last}");
    stop(server);
    assert_eq!(
        counted(&folder.join("ours/database.sqlite3")),
        entries.failures()
    );
    println!(
        "{} entries, {:.1} s in all",
        how_many(),
        begin.elapsed().as_secs_f64()
    );
}
