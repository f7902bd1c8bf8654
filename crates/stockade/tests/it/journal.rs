//! Lines from the systemd journal: a real `systemd-journald` in a mount namespace of the test's own.
//!
//! Debian package: systemd.

mod journald;
mod places;
mod shared;

use std::fs;
use std::process::Command;

use crate::server::{Server, Setup, failed_login};
use journald::Journald;

/// Fields that begin with `_` are journald's own, so the test matches what a sender says.
const JAIL: &str = "backend = auto\njournalmatch = SYSLOG_IDENTIFIER=sshd";

/// A server without a log file, which sees only the test's journal.
fn prepare() -> Server {
    prepared(Setup::sshd(JAIL))
}

fn prepared(setup: Setup) -> Server {
    let mounts = kernel_kit::Journald::mounts("{folder}".as_ref());
    let server = setup.prelude(&mounts).without_log().prepare();
    fs::create_dir(server.path("runlog")).unwrap();
    server
}

fn matched(server: &Server) -> i64 {
    let status = server.status_json();
    status["jails"]["sshd"]["matched"].as_i64().unwrap()
}

fn state(server: &Server) -> String {
    let status = server.status_json();
    status["jails"]["sshd"]["state"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The `journalctl` that follows what comes; before it short ones look what is there.
fn followers(server: &Server) -> Vec<String> {
    let mut children = children(server);
    children.retain(|child| {
        let words = fs::read_to_string(format!("/proc/{child}/cmdline")).unwrap_or_default();
        words.contains("--follow")
    });
    children
}

/// The processes that the server has started.
fn children(server: &Server) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{}/task", server.process())).unwrap();
    let children = tasks.map(|task| fs::read_to_string(task.unwrap().path().join("children")));
    children
        .flat_map(|list| {
            // A thread may end while we look.
            let list = list.unwrap_or_default();
            list.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn without_a_log_file_failures_in_the_journal_are_banned() {
    let mut server = prepare();
    let journald = Journald::start(&server);
    journald.fail("192.0.2.11", 4);
    server.start();
    journald.fail("192.0.2.11", 1);
    journald.fail("2001:db8::11", 5);
    let others = vec![failed_login("192.0.2.12"); 5];
    journald.send("other", &others);
    server.wait_until("the bans", || {
        server.banned() == ["192.0.2.11", "2001:db8::11"]
    });
    assert_eq!(matched(&server), 10);
    assert_eq!(state(&server), "running");
    server.wait_for_log("Initiated 'systemd' backend");
    let status = server.ask(&["status", "sshd"]);
    assert!(
        status.contains("Journal matches:\tSYSLOG_IDENTIFIER=sshd"),
        "{status}"
    );
    assert!(
        server
            .stockade(&["status"])
            .stdout
            .contains("  reads the journal")
    );
    server.stop();
    assert!(server.log().contains("Exiting Fail2ban"));
}

#[test]
fn after_a_kill_no_entry_counts_twice_and_none_is_skipped() {
    let mut server = prepare();
    let journald = Journald::start(&server);
    let address = |group: &str, number: usize| format!("{group}.{number}");
    server.start();
    for round in 0..5_usize {
        for number in 1..=20 {
            // One failure in each round: five make a ban, four (none in the last round) do not.
            journald.fail(&address("192.0.2", number), 1);
            if round < 4 {
                journald.fail(&address("198.51.100", number), 1);
            }
            if number == 10 && round < 4 {
                // Somewhere in the middle of what is being read.
                server.kill_nine();
            }
        }
        if round < 4 {
            server.start();
        }
    }
    let mut expected: Vec<String> = (1..=20).map(|number| address("192.0.2", number)).collect();
    expected.sort();
    server.wait_until("all bans", || server.banned() == expected);
    server.wait_until("everything is on disk", || {
        server.sql("select count(*), count(distinct ip) from bans") == "20|20\n"
    });
    // The four failures of the others are all there: one more is the fifth, and not before.
    server.restart();
    assert_eq!(server.banned(), expected);
    journald.fail("198.51.100.7", 1);
    expected.push("198.51.100.7".to_owned());
    expected.sort();
    server.wait_until("the fifth failure", || server.banned() == expected);
    let status = server.status_json();
    assert_eq!(status["jails"]["sshd"]["failed"], 19);
}

#[test]
fn a_reader_that_is_killed_goes_on_where_it_was() {
    let mut server = prepare();
    let journald = Journald::start(&server);
    server.start();
    journald.fail("192.0.2.11", 4);
    server.wait_until("four failures", || matched(&server) == 4);
    // Before that another one reads what was there.
    server.wait_until("the past is read", || {
        server.status_json()["jails"]["sshd"]["sources"][0]["caught_up"] == true
    });
    for times in 1..=2 {
        server.wait_until("one reader", || followers(&server).len() == 1);
        let reader = followers(&server).concat();
        let killed = Command::new("kill").args(["-s", "KILL", &reader]).status();
        assert!(killed.unwrap().success());
        // Until then the jail is degraded, which a look on a busy machine may miss.
        server.wait_until("another has begun", || {
            let jail = &server.status_json()["jails"]["sshd"];
            jail["sources"][0]["restarts"] == times && jail["state"] == "running"
        });
    }
    let told =
        "WARNING [sshd] Reading the journal was interrupted: `journalctl` was ended by a signal";
    server.wait_until("told twice", || server.log().matches(told).count() == 2);
    assert_eq!(matched(&server), 4);
    assert!(server.banned().is_empty());
    journald.fail("192.0.2.11", 1);
    server.wait_until("the fifth failure", || server.banned() == ["192.0.2.11"]);
}

#[test]
fn with_neither_file_nor_journal_the_jail_waits_and_a_log_file_is_read() {
    let mut server = prepare();
    server.start();
    assert_eq!(state(&server), "waiting");
    let told = server.stockade(&["status"]);
    let path = server.log_path().display().to_string();
    assert!(
        told.stdout.contains(&format!("waits for {path}")),
        "{told:?}"
    );
    server.wait_for_log("Have not found any log file for 'sshd' jail");
    fs::write(server.log_path(), "").unwrap();
    server.append(&vec![failed_login("192.0.2.11"); 5]);
    server.wait_until("the ban", || server.banned() == ["192.0.2.11"]);
    assert_eq!(state(&server), "running");
}

#[test]
fn with_neither_file_nor_journal_the_jail_waits_and_a_journal_is_read() {
    let mut server = prepare();
    server.start();
    assert_eq!(state(&server), "waiting");
    let journald = Journald::start(&server);
    journald.fail("192.0.2.11", 5);
    server.wait_until("the ban", || server.banned() == ["192.0.2.11"]);
    assert_eq!(state(&server), "running");
    server.wait_for_log("Initiated 'systemd' backend");
    // A file that comes later does not draw it away: each failure would count twice.
    fs::write(server.log_path(), "").unwrap();
    journald.fail("192.0.2.12", 5);
    server.wait_until("the journal goes on", || {
        server.banned() == ["192.0.2.11", "192.0.2.12"]
    });
}
