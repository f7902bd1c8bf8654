//! The arguments of the backend `systemd`: which entries a jail then reads, and which arguments are refused.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use conformance::{
    Oracle, Server, Version,
    differences::{Comparison, KnownDifferences},
    ours,
};

const PATIENCE: Duration = Duration::from_secs(30);

/// The files of the journal: where each is below `journal`, and what it is called here. `M` is the machine.
const FILES: [(&str, &str); 5] = [
    ("M/system.journal", "system"),
    ("M/user-1000.journal", "user"),
    (
        "M/system@0123456789abcdef0123456789abcdef-0000000000000001-0005.journal",
        "rotated",
    ),
    ("M.one/system.journal", "namespace"),
    ("remote/remote-other.journal", "remote"),
];

/// Arguments that both take; `J` is the folder of the journal.
const TAKEN: [&str; 15] = [
    "",
    "rotated=on",
    "journalflags=1",
    "journalflags=4",
    "journalflags=5",
    "journalflags=12",
    "journalflags=2",
    "journalpath=J",
    "journalpath=J, journalflags=4",
    "journalpath=J, namespace=one",
    "journalfiles='J/*/system.journal'",
    "journalfiles='J/*/user-*.journal, J/remote/remote-other.journal'",
    "journalfiles=J/remote/remote-other.journal, namespace=one",
    "namespace=one",
    "namespace=one, journalflags=64",
];

/// Arguments that some version refuses.
const ODD: [&str; 12] = [
    "bogus=1",
    "Namespace=a",
    "journalflags=x",
    "journalflags=128",
    "journalflags=-1",
    "journalpath=",
    "journalfiles=",
    "journalpath=J, journalfiles=J/remote/remote-other.journal",
    "journalpath=J, journalflags=1",
    "journalfiles=J/remote/remote-other.journal, journalflags=4",
    "journalflags=16",
    "journalpath=/nonexistent",
];

/// Makes a journal with one entry in each file; the address says which.
fn make(folder: &Path) {
    let machine = fs::read_to_string("/etc/machine-id").unwrap();
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let boot = boot.trim().replace('-', "");
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let begin = u64::try_from(now.unwrap().as_micros()).unwrap() - 60_000_000;
    for (number, (name, _)) in (1..).zip(FILES) {
        let path = folder.join(name.replacen('M', machine.trim(), 1));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let time = begin + number * 1_000_000;
        let export = folder.join("one.export");
        let text = format!(
            "__REALTIME_TIMESTAMP={time}\n__MONOTONIC_TIMESTAMP={number}\n_BOOT_ID={boot}\n_HOSTNAME=host\n\
             SYSLOG_IDENTIFIER=one\nMESSAGE=Failed from 192.0.2.{number}\n\n"
        );
        fs::write(&export, text).unwrap();
        let made = Command::new("/lib/systemd/systemd-journal-remote")
            .arg(format!("--output={}", path.display()))
            .arg(&export)
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        fs::remove_file(export).unwrap();
    }
}

/// What a server of one program does with each of the arguments.
fn outcomes(program: Option<&Oracle>, folder: &Path, journal: &Path) -> Vec<String> {
    let placed = |text: &str| text.replace('J', &journal.display().to_string());
    let mut jails = "[DEFAULT]\nenabled = true\nmaxretry = 99\naction =\nfilter =\nfindtime = 1d\nusedns = no\n\
                     failregex = ^Failed from <HOST>$\nprefregex = ^\\S+ one: <F-CONTENT>.+</F-CONTENT>$\n\
                     journalmatch = SYSLOG_IDENTIFIER=one\n"
        .to_owned();
    let is_known = |text: &str| {
        let is_old = program.is_some_and(|oracle| oracle.version() == Version::V1_0_2);
        !(is_old && text.contains("rotated"))
    };
    for (number, text) in TAKEN.iter().enumerate() {
        if is_known(text) {
            let text = placed(text);
            jails.push_str(&format!("[jail{number}]\nbackend = systemd[{text}]\n"));
        }
    }
    let fail2ban = "[Definition]\ndbfile = None\nallowipv6 = auto\n";
    let tree = [("fail2ban.conf", fail2ban), ("jail.conf", &jails)];
    let above = journal.parent().unwrap().display();
    let script = format!(
        "mount --bind {above} /var/log\nmount -t tmpfs tmpfs /run\nmkdir -p /run/log/journal\n"
    );
    let mut server = Server::on_tree_inside(program, folder, &tree, &script).unwrap();
    let mut outcomes = Vec::new();
    for (number, text) in TAKEN.iter().enumerate() {
        if !is_known(text) {
            outcomes.push("unknown".to_owned());
            continue;
        }
        let jail = format!("jail{number}");
        server
            .wait_until(PATIENCE, |server| match program {
                Some(_) => Ok(server
                    .logged()?
                    .contains(&format!("[{jail}] Jail is in operation now"))),
                None => ours::caught_up(&server.endpoint, &jail),
            })
            .unwrap();
        let log = server.logged().unwrap();
        let read = (1..).zip(FILES).filter(|(number, _)| {
            log.lines()
                .any(|line| line.contains(&format!("[{jail}] Found 192.0.2.{number} ")))
        });
        let read: Vec<&str> = read.map(|(_, (_, name))| name).collect();
        outcomes.push(format!("reads: {}", read.join(" ")));
    }
    if program.is_none() {
        // What is not read by default is not passed over in silence.
        let told = "Jail 'jail0' reads the journal without its namespaces; there are: one (hint: ";
        let log = server.logged().unwrap();
        assert!(log.contains(told), "{log}");
    }
    for (number, text) in ODD.iter().enumerate() {
        let backend = format!("systemd[{}]", placed(text));
        let jail = format!("odd{number}");
        let words = ["add", jail.as_str(), backend.as_str()];
        let told = match program {
            Some(oracle) => oracle.client(&server.endpoint, &words).unwrap(),
            None => ours::client(&server.endpoint, &words).unwrap(),
        };
        outcomes.push(if told.code == 0 { "taken" } else { "refused" }.to_owned());
    }
    outcomes
}

#[test]
fn each_argument_of_the_backend_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("var/journal");
    make(&journal);
    let comparisons = std::thread::scope(|scope| {
        let theirs = Version::ALL.map(|version| {
            let folder = folder.path().join(version.to_string());
            let journal = &journal;
            scope.spawn(move || {
                let oracle = Oracle::new(version).unwrap();
                (version, outcomes(Some(&oracle), &folder, journal))
            })
        });
        let ours = outcomes(None, folder.path(), &journal);
        let mut comparisons = Vec::new();
        for theirs in theirs {
            let (version, theirs) = theirs.join().unwrap();
            let texts = TAKEN.iter().chain(&ODD);
            for (text, (original, ours)) in texts.zip(theirs.into_iter().zip(&ours)) {
                if original != "unknown" {
                    comparisons.push(Comparison {
                        case: format!("{version}: systemd[{text}]"),
                        original,
                        ours: ours.clone(),
                    });
                }
            }
        }
        comparisons
    });
    KnownDifferences::load()
        .unwrap()
        .judge("journal", &comparisons)
        .unwrap();
}
