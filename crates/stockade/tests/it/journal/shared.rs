//! One `journalctl` for many jails, each with its own entries and its own place.

use std::fmt::Write as _;
use std::fs;

use super::journald::Journald;
use super::{children, followers, prepare, prepared};
use crate::server::{Server, Setup, failed_login};

/// A server with jails that read the journal, each by name and what its section says.
fn jails(sections: &[(&str, &str)]) -> Server {
    let mut jail_local = "[DEFAULT]\nbackend = systemd\nmaxretry = 1000\nfilter =\n\
                          failregex = Failed \\S+ for \\S+ from <HOST>\n"
        .to_owned();
    for (name, options) in sections {
        writeln!(jail_local, "[{name}]\nenabled = true\n{options}").unwrap();
    }
    prepared(Setup::new(&jail_local))
}

fn jail(server: &Server, name: &str) -> serde_json::Value {
    server.status_json()["jails"][name].clone()
}

fn matched(server: &Server, name: &str) -> i64 {
    jail(server, name)["matched"].as_i64().unwrap()
}

fn log_in(journald: &Journald, identifier: &str, address: &str, count: usize) {
    journald.send(identifier, &vec![failed_login(address); count]);
}

#[test]
fn jails_that_read_the_same_journal_share_a_journalctl_and_none_sees_what_is_anothers() {
    let mut server = jails(&[
        ("one", "journalmatch = SYSLOG_IDENTIFIER=one"),
        (
            "two",
            "journalmatch = SYSLOG_IDENTIFIER=two + SYSLOG_IDENTIFIER=three",
        ),
        (
            "both",
            "journalmatch = SYSLOG_IDENTIFIER=one SYSLOG_IDENTIFIER=two",
        ),
        (
            "narrow",
            "journalmatch = SYSLOG_IDENTIFIER=one PRIORITY=6 + SYSLOG_IDENTIFIER=two PRIORITY=1",
        ),
        (
            "other",
            "backend = systemd[journalpath='{folder}/runlog/journal']\njournalmatch = SYSLOG_IDENTIFIER=one",
        ),
        ("resting", "journalmatch = SYSLOG_IDENTIFIER=one"),
    ]);
    let journald = Journald::start(&server);
    log_in(&journald, "one", "192.0.2.1", 3);
    server.start();
    server.ask(&["set", "resting", "idle", "on"]);
    log_in(&journald, "two", "192.0.2.2", 5);
    log_in(&journald, "three", "192.0.2.3", 7);
    log_in(&journald, "four", "192.0.2.4", 11);
    log_in(&journald, "one", "192.0.2.1", 1);
    for (name, expected) in [
        ("one", 4),
        ("two", 12),
        ("both", 9),
        ("narrow", 4),
        ("other", 4),
    ] {
        server.wait_until(name, || matched(&server, name) == expected);
        assert_eq!(jail(&server, name)["lines"], expected, "{name}");
    }
    // One for the machine's journal, one for the folder.
    server.wait_until("two followers alone", || {
        followers(&server).len() == 2 && children(&server).len() == 2
    });

    // A jail that rests misses nothing, and the others see nothing twice when it comes back.
    server.ask(&["set", "resting", "idle", "off"]);
    server.wait_until("what it has missed", || matched(&server, "resting") == 4);
    // So with one that wants other entries from now on; only what comes is of those.
    server.ask(&["set", "one", "addjournalmatch", "SYSLOG_IDENTIFIER=four"]);
    server.ask(&["set", "two", "deljournalmatch", "SYSLOG_IDENTIFIER=three"]);
    server.ask(&["stop", "both"]);
    log_in(&journald, "four", "192.0.2.4", 2);
    log_in(&journald, "three", "192.0.2.3", 2);
    log_in(&journald, "two", "192.0.2.2", 2);
    log_in(&journald, "one", "192.0.2.1", 1);
    for (name, expected) in [
        ("one", 7),
        ("two", 14),
        ("narrow", 5),
        ("other", 5),
        ("resting", 5),
    ] {
        server.wait_until(name, || matched(&server, name) >= expected);
    }
    server.wait_until("two followers", || followers(&server).len() == 2);
    let has_caught_up = |name| jail(&server, name)["sources"][0]["caught_up"] == true;
    for name in ["one", "two", "narrow", "other", "resting"] {
        server.wait_until("caught up", || has_caught_up(name));
    }
    let status = server.status_json();
    for (name, expected) in [
        ("one", 7),
        ("two", 14),
        ("narrow", 5),
        ("other", 5),
        ("resting", 5),
    ] {
        let source = &status["jails"][name]["sources"][0];
        assert_eq!(status["jails"][name]["matched"], expected, "{name}");
        assert_eq!(source["restarts"], 0, "{name}");
    }
    let other = &status["jails"]["other"]["sources"][0];
    let folder = server.path("runlog/journal").display().to_string();
    assert_eq!(other["arguments"]["journalpath"], folder);
    assert_eq!(other["matches"][0], "SYSLOG_IDENTIFIER=one");
    assert!(other["last_entry"].as_f64().unwrap() > 1e9, "{other}");
}

#[test]
fn an_argument_that_says_nothing_breaks_its_jail_alone() {
    let mut server = jails(&[
        ("good", "journalmatch = SYSLOG_IDENTIFIER=one"),
        (
            "bad",
            "backend = systemd[bogus=1]\njournalmatch = SYSLOG_IDENTIFIER=one",
        ),
    ]);
    let journald = Journald::start(&server);
    server.start();
    log_in(&journald, "one", "192.0.2.1", 3);
    server.wait_until("the good one reads", || matched(&server, "good") == 3);
    let status = server.status_json();
    assert!(status["jails"]["bad"].is_null(), "{status}");
    let told = status["mistakes"].to_string();
    let place = format!("{}:", server.path("config/jail.local").display());
    for part in [
        place.as_str(),
        "the backend `systemd` has no argument `bogus` (hint: it has journalpath,",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn an_entry_of_several_lines_is_one_line() {
    let mut server = prepare();
    let journald = Journald::start(&server);
    server.start();
    let forged = format!(
        "x\nNov 26 00:00:00 host sshd[1]: {}",
        failed_login("192.0.2.9")
    );
    journald.send("sshd", &[forged]);
    log_in(&journald, "sshd", "192.0.2.1", 1);
    server.wait_until("the honest one", || matched(&server, "sshd") >= 1);
    let sshd = jail(&server, "sshd");
    assert_eq!((&sshd["matched"], &sshd["lines"]), (&1.into(), &2.into()));
    assert!(!server.log().contains("192.0.2.9"));
}

#[test]
fn no_journalctl_outlives_a_killed_server() {
    let mut server = jails(&[("sshd", "journalmatch = SYSLOG_IDENTIFIER=sshd")]);
    // Nothing is ever written to it.
    let _journald = Journald::start(&server);
    server.start();
    server.wait_until("a follower", || followers(&server).len() == 1);
    let follower = followers(&server).concat();
    server.kill_nine();
    server.wait_until("its end", || {
        !fs::read_to_string(format!("/proc/{follower}/stat"))
            .is_ok_and(|stat| !stat.contains(") Z"))
    });
}

#[test]
fn files_that_come_to_fit_are_read_and_each_entry_once() {
    let mut server = jails(&[(
        "sshd",
        "backend = systemd[journalfiles='{folder}/runlog/journal/*/system.journal']\n\
         journalmatch = SYSLOG_IDENTIFIER=sshd",
    )]);
    let journald = Journald::start(&server);
    log_in(&journald, "sshd", "192.0.2.1", 3);
    server.start();
    server.wait_until("the first", || matched(&server, "sshd") == 3);
    log_in(&journald, "sshd", "192.0.2.1", 2);
    server.wait_until("the second", || matched(&server, "sshd") == 5);
    // The file gets another name and another file its own.
    journald.rotate();
    log_in(&journald, "sshd", "192.0.2.1", 4);
    server.wait_until("the third", || matched(&server, "sshd") >= 9);
    let sshd = jail(&server, "sshd");
    assert_eq!(
        (&sshd["matched"], &sshd["sources"][0]["restarts"]),
        (&9.into(), &0.into())
    );
}

#[test]
fn without_journalctl_it_is_said_what_to_install() {
    let setup = Setup::new(
        "[sshd]\nenabled = true\nbackend = systemd\njournalmatch = SYSLOG_IDENTIFIER=sshd\n\
         filter =\nfailregex = from <HOST>\n",
    );
    // A program whose interpreter is not there is as good as none.
    let mut server = setup
        .prelude(
            "printf '#!/no/such\\n' > {folder}/none; chmod +x {folder}/none\n\
             mount --bind {folder}/none \"$(command -v journalctl)\"",
        )
        .prepare();
    server.start();
    server.wait_until("it is said", || {
        let told = server.stockade(&["status"]).stdout;
        told.contains("start `journalctl`: ")
            && told.contains("(hint: install the package systemd)")
    });
}

#[test]
fn auto_says_which_and_why() {
    let mut server = prepare();
    let _journald = Journald::start(&server);
    server.start();
    let told = format!(
        "Jail 'sshd' reads the journal: none of its log files exists ({}) and this machine keeps a journal",
        server.log_path().display()
    );
    server.wait_for_log(&told);
}
