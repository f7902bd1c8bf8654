//! Logs of two and four bytes a character: the same failures and bans, and each server goes on where
//! the other stopped.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::thread;
use std::time::Duration;

use conformance::{Oracle, Server, Version};

/// How long a server may take for what it does in its own time.
const PATIENCE: Duration = Duration::from_secs(30);

/// The jails: their encoding, the bytes at the begin of the log, and how a character is written.
type Jail = (&'static str, &'static [u8], fn(u8) -> Vec<u8>);
const JAILS: [Jail; 5] = [
    ("utf-16", b"\xff\xfe", |c| vec![c, 0]),
    ("utf-16-le", b"", |c| vec![c, 0]),
    ("utf-16-be", b"", |c| vec![0, c]),
    ("utf-32-le", b"", |c| vec![c, 0, 0, 0]),
    ("utf-32-be", b"", |c| vec![0, 0, 0, c]),
];

fn tree(shared: &Path) -> Vec<(&'static str, String)> {
    let shared = shared.display();
    let mut jails =
        "[DEFAULT]\nbackend = polling\nusedns = no\nmaxretry = 3\nfindtime = 600\nbantime = 600\n\
         ignoreself = false\nfilter = demo\n"
            .to_owned();
    for (encoding, ..) in JAILS {
        jails += &format!(
            "[{encoding}]\nenabled = true\nlogencoding = {encoding}\nlogpath = {shared}/{encoding}.log\n"
        );
    }
    let main = format!(
        "[Definition]\nloglevel = INFO\nlogtarget = {{folder}}/f2b.log\nsyslogsocket = auto\n\
         socket = {{folder}}/socket\npidfile = {{folder}}/pid\ndbfile = {shared}/f2b.sqlite3\n\
         dbpurgeage = 1d\ndbmaxmatches = 10\nallowipv6 = auto\n"
    );
    let filter = "[Definition]\nfailregex = bad login from <ADDR>\\s*$\ndatepattern = Epoch\n";
    vec![
        ("fail2ban.conf", main),
        ("jail.conf", jails),
        ("filter.d/demo.conf", filter.to_owned()),
    ]
}

/// Appends lines to all logs. Behind a carriage return the originals lose the place in such a log.
fn fail(shared: &Path, who: &str, times: usize) {
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let text = format!("{now} bad login from {who}\n").repeat(times);
    for (encoding, _, unit) in JAILS {
        let bytes: Vec<u8> = text.bytes().flat_map(unit).collect();
        let path = shared.join(format!("{encoding}.log"));
        let mut log = fs::OpenOptions::new().append(true).open(path).unwrap();
        log.write_all(&bytes).unwrap();
    }
}

fn wait_for_bans(oracle: &Oracle, server: &mut Server, expected: &[&str]) {
    for (encoding, ..) in JAILS {
        let mut status = String::new();
        let reached = |server: &mut Server| {
            status = oracle
                .client(&server.endpoint, &["status", encoding])?
                .stdout;
            let banned = status.rsplit("Banned IP list:").next();
            let mut banned: Vec<_> = banned.unwrap_or_default().split_whitespace().collect();
            banned.sort_unstable();
            Ok(banned == expected)
        };
        let waited = server.wait_until(PATIENCE, reached);
        assert!(waited.is_ok(), "{encoding}: {expected:?}\n{status}");
    }
}

/// Bans with one server, then with the other; returns how many failures the second one counted.
fn handed_over(oracle: &Oracle, from_original: bool) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let shared = folder.path();
    for (encoding, mark, _) in JAILS {
        fs::write(shared.join(format!("{encoding}.log")), mark).unwrap();
    }
    let tree = tree(shared);
    let tree: Vec<(&str, &str)> = tree
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let start = |of_original: bool| {
        let program = Some(oracle).filter(|_| of_original);
        Server::on_tree(program, shared, &tree).unwrap()
    };
    fail(shared, "192.0.2.1", 3);
    let mut first = start(from_original);
    wait_for_bans(oracle, &mut first, &["192.0.2.1"]);
    fail(shared, "192.0.2.9", 3);
    wait_for_bans(oracle, &mut first, &["192.0.2.1", "192.0.2.9"]);
    first.stop(oracle).unwrap();
    fail(shared, "192.0.2.5", 3);
    let mut second = start(!from_original);
    wait_for_bans(
        oracle,
        &mut second,
        &["192.0.2.1", "192.0.2.5", "192.0.2.9"],
    );
    let counted = |(encoding, ..): Jail| {
        let run = oracle.client(&second.endpoint, &["status", encoding]);
        let status = run.unwrap().stdout;
        let total = status.lines().find(|line| line.contains("Total failed:"));
        format!(
            "{encoding}: {}",
            total.unwrap().rsplit('\t').next().unwrap()
        )
    };
    let counted = JAILS.map(counted).to_vec();
    second.stop(oracle).unwrap();
    counted
}

#[test]
fn wide_encodings_give_the_same_bans_and_places() {
    // Both ways, and both originals: each once is enough.
    let runs = Version::ALL.into_iter().zip([true, false]);
    let runs: Vec<_> = runs
        .map(|(version, from_original)| {
            thread::spawn(move || {
                let oracle = Oracle::new(version).unwrap();
                let counted = handed_over(&oracle, from_original);
                // What the first one has read is not counted again.
                let expected = JAILS.map(|(encoding, ..)| format!("{encoding}: 3"));
                assert_eq!(counted, expected, "{version}, {from_original}");
            })
        })
        .collect();
    for run in runs {
        run.join().unwrap();
    }
}
