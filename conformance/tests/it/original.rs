//! The original itself: our tools to start, fill, ask and stop it.

use std::{collections::BTreeSet, process::Command, time::Duration};

use conformance::{
    Oracle, Server, Version, attack,
    replay::{self, Listener, Terms},
};

const TERMS: Terms = Terms {
    rate: 2000,
    maxretry: 3,
    findtime: 600,
};

/// Starts one jail, gets one address banned by log lines, stops.
fn bans_by_log_lines(version: Version) {
    let folder = tempfile::tempdir().unwrap();
    let oracle = Oracle::new(version).unwrap();
    let log = replay::empty_log(folder.path()).unwrap();
    let jail_local = replay::jail_local(&TERMS, &log, replay::ORIGINAL);
    let mut server = Server::of_original(&oracle, folder.path(), &jail_local).unwrap();
    let ping = oracle.client(&server.endpoint, &["ping"]).unwrap();
    assert_eq!(ping.transcript(), "Server replied: pong\n[exit 0]\n");

    let lines = ["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.1"].map(|address| {
        format!("Nov  3 04:00:00 h sshd[7]: Failed password for root from {address} port 9 ssh2")
            .into_bytes()
    });
    let name = format!("original {version}");
    let mut listeners = [Listener {
        name,
        server: &mut server,
        client: Some(&oracle),
    }];
    let banned = replay::run(&lines, &TERMS, &log, &mut listeners).unwrap();
    assert_eq!(banned, [BTreeSet::from(["192.0.2.1".to_owned()])]);
    assert!(
        server
            .logged()
            .unwrap()
            .contains("NOTICE  [sshd] Ban 192.0.2.1")
    );

    let database = server.database.clone();
    server.stop(&oracle).unwrap();
    assert!(database.is_file());
    assert!(!left_behind(folder.path()));
}

fn left_behind(folder: &std::path::Path) -> bool {
    Command::new("pgrep")
        .arg("-f")
        .arg(folder)
        .output()
        .unwrap()
        .status
        .success()
}

#[test]
fn version_1_0_2_bans_by_log_lines() {
    bans_by_log_lines(Version::V1_0_2);
}

#[test]
fn version_1_1_1_bans_by_log_lines() {
    bans_by_log_lines(Version::V1_1_1);
}

#[test]
fn a_dropped_server_leaves_no_process_behind() {
    let folder = tempfile::tempdir().unwrap();
    let oracle = Oracle::new(Version::V1_1_1).unwrap();
    let server = Server::of_original(&oracle, folder.path(), "").unwrap();
    assert!(left_behind(folder.path()));
    drop(server);
    assert!(!left_behind(folder.path()));
}

#[test]
fn a_broken_jail_is_told_with_the_words_of_the_original() {
    let folder = tempfile::tempdir().unwrap();
    let oracle = Oracle::new(Version::V1_1_1).unwrap();
    let jail = "[broken]\nenabled = true\nfilter = no-such-filter\nlogpath = /dev/null\n";
    let error = Server::of_original(&oracle, folder.path(), jail).unwrap_err();
    assert!(format!("{error:#}").contains("no-such-filter"), "{error:#}");
}

#[test]
fn nothing_is_compiled_into_the_unpacked_package() {
    for version in Version::ALL {
        let oracle = Oracle::new(version).unwrap();
        oracle
            .run("fail2ban-client", ["--version"])
            .unwrap()
            .success()
            .unwrap();
        let package = oracle.configuration().join("../../usr");
        let mut find = Command::new("find");
        let output = find
            .arg(package)
            .args(["-name", "__pycache__"])
            .output()
            .unwrap();
        assert!(
            output.status.success() && output.stdout.is_empty(),
            "{output:?}"
        );
    }
}

/// The committed log has attackers on both sides of maxretry, and the original
/// is not steered by names.
#[test]
fn the_committed_attack_bans_some_and_never_the_victim() {
    let folder = tempfile::tempdir().unwrap();
    let oracle = Oracle::new(Version::V1_1_1).unwrap();
    let terms = Terms {
        rate: 2000,
        maxretry: 5,
        findtime: 600,
    };
    let log = replay::empty_log(folder.path()).unwrap();
    let jail_local = replay::jail_local(&terms, &log, replay::ORIGINAL);
    let mut server = Server::of_original(&oracle, folder.path(), &jail_local).unwrap();
    let name = "original".to_owned();
    let mut listeners = [Listener {
        name,
        server: &mut server,
        client: Some(&oracle),
    }];
    let lines = replay::lines(crate::replay::ATTACK.as_bytes());
    let banned = replay::run(&lines, &terms, &log, &mut listeners)
        .unwrap()
        .remove(0);
    let log = server.logged().unwrap();
    let found: BTreeSet<_> = log
        .lines()
        .filter_map(|line| line.split_once("[sshd] Found ")?.1.split(' ').next())
        .filter(|address| *address != replay::LAST)
        .collect();
    assert!(!banned.contains(attack::VICTIM) && !found.contains(attack::VICTIM));
    assert!(
        banned.len() > 5 && found.len() > banned.len() + 3,
        "{banned:?} of {found:?}"
    );
    server
        .wait_until(Duration::from_secs(5), |server| {
            Ok(server.logged()?.contains("Ban"))
        })
        .unwrap();
}
