//! A journal file that systemd's own tool made, read by both originals and by ours.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Instant, SystemTime};

use conformance::{Oracle, Run, Server, Version, ours};

use super::entries::{self, Entry, JAILS};
use super::figures;
use super::{PATIENCE, how_many, jail_conf};

/// As many failures as make a ban: few enough for some, too many for others.
fn maxretry() -> u32 {
    u32::try_from(how_many() / 4_000 + 1).unwrap()
}

const ID: &str = "0123456789abcdef0123456789abcdef";

/// Makes a journal file of all entries, of the last ten minutes.
fn make(journal: &Path) {
    let count = how_many();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let begin = u64::try_from(now.unwrap().as_micros()).unwrap() - 600_000_000;
    let step = 500_000_000 / count as u64;
    let text = journal.with_extension("export");
    let mut file = BufWriter::new(File::create(&text).unwrap());
    for (number, at) in (0..count).zip(0_u64..) {
        let entry = Entry::new(number);
        let time = begin + at * step;
        writeln!(
            file,
            "__REALTIME_TIMESTAMP={time}\n__MONOTONIC_TIMESTAMP={}\n_BOOT_ID={ID}\n_MACHINE_ID={ID}\n_HOSTNAME=host\n\
             PRIORITY=6\nSYSLOG_IDENTIFIER=service{}\n_PID=7\nMESSAGE={}\n",
            1_000_000 + at * step,
            entry.identifier,
            entry.message
        )
        .unwrap();
    }
    file.flush().unwrap();
    let made = Command::new("/lib/systemd/systemd-journal-remote")
        .arg(format!("--output={}", journal.display()))
        .arg(&text)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    fs::remove_file(text).unwrap();
}

/// Who is banned in each jail.
type Banned = BTreeMap<String, BTreeSet<String>>;

fn expected() -> Banned {
    let mut banned = Banned::new();
    for ((jail, address), failures) in entries::failures(how_many()) {
        let banned = banned.entry(jail).or_default();
        if failures >= u64::from(maxretry()) {
            banned.insert(address);
        }
    }
    banned
}

/// Starts a server of one program on the file, and returns who is banned once as many are as should be.
fn banned(program: Option<&Oracle>, folder: &Path, journal: &Path) -> Banned {
    let fail2ban = "[Definition]\ndbfile = {folder}/database.sqlite3\nallowipv6 = auto\n";
    let backend = format!("systemd[journalfiles='{}']", journal.display());
    let jails = jail_conf(&backend, maxretry());
    let tree = [("fail2ban.conf", fail2ban), ("jail.conf", &jails)];
    let begin = Instant::now();
    let mut server = Server::on_tree(program, folder, &tree).unwrap();
    let expected = expected();
    let mut banned = Banned::new();
    let waited = server.wait_until(PATIENCE, |server| {
        for jail in 0..JAILS {
            let jail = format!("jail{jail}");
            let words = ["get", &jail, "banip"];
            let told = match program {
                Some(oracle) => oracle.client(&server.endpoint, &words)?,
                None => ours::client(&server.endpoint, &words)?,
            };
            banned.insert(jail, addresses(&told));
        }
        Ok(banned == expected)
    });
    waited.unwrap_or_else(|error| panic!("{banned:?} is not {expected:?}: {error:#}"));
    let name = program.map_or("ours".to_owned(), |oracle| oracle.version().to_string());
    println!("{name}: {:.1} s", begin.elapsed().as_secs_f64());
    if program.is_none() {
        figures::print(&folder.join("ours"), "ours, from the file");
    }
    banned
}

fn addresses(told: &Run) -> BTreeSet<String> {
    let words = told.stdout.split_whitespace();
    words.map(str::to_owned).collect()
}

#[test]
fn the_originals_ban_the_same_from_a_journal_file() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("made.journal");
    make(&journal);
    let expected = expected();
    let count: usize = expected.values().map(BTreeSet::len).sum();
    println!("{} entries, {count} bans", how_many());
    assert!(count > 100, "{count}");
    std::thread::scope(|scope| {
        let both = Version::ALL.map(|version| {
            let journal = &journal;
            let folder = folder.path().join(version.to_string());
            scope.spawn(move || {
                let oracle = Oracle::new(version).unwrap();
                banned(Some(&oracle), &folder, journal)
            })
        });
        let ours = banned(None, folder.path(), &journal);
        for banned in both {
            assert_eq!(banned.join().unwrap(), ours);
        }
    });
}
