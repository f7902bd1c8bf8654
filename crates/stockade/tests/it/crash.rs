//! Killed at the worst moments, and stopped in good order.

use std::fs;

use kernel_kit::{ATTACKERS4, ATTACKERS6};

use crate::monitor::Monitor;
use crate::server::{Setup, failed_login, failed_logins, lines};

#[test]
fn a_restart_takes_a_ban_up_and_the_kernel_holds_it_all_the_time() {
    let mut server = Setup::sshd("bantime = 60").start();
    let (address, other) = (ATTACKERS4[0], ATTACKERS6[0]);
    server.append(&failed_logins(address, 5));
    server.append(&failed_logins(other, 5));
    server.wait_for_log(&format!("[sshd] Ban {other}\n"));
    // The namespace outlives the server, and so does what watches it.
    let monitor = Monitor::start(server.kit().server());
    for times in 1..=3 {
        server.restart();
        server.wait_until("restored", || {
            let restored = format!("[sshd] Restore Ban {other}\n");
            server.log().matches(&restored).count() == times
        });
    }
    // What no ban explains is removed once the backlog is read: see that through.
    server.append(&failed_logins(ATTACKERS4[1], 1));
    server.wait_for_log(&format!("[sshd] Found {}", ATTACKERS4[1]));
    monitor.never_without(server.kit().server(), &[address.into(), other.into()]);
    server.wait_until("both are in the kernel", || {
        server.status_json()["jails"]["sshd"]["enforcement"]["in_kernel"] == 2
    });
    assert_eq!(server.timeouts().len(), 2);
    assert_eq!(server.log().matches("] Ban ").count(), 2);
    assert_eq!(server.sql("SELECT count(*) FROM bans"), "2\n");
}

#[test]
fn a_configuration_that_lets_no_jail_start_leaves_the_kernel_alone() {
    let mut server = Setup::sshd("bantime = 1h").start();
    assert_eq!(server.ask(&["set", "sshd", "banip", "192.0.2.11"]), "1\n");
    assert_eq!(server.timeouts().len(), 1);
    server.kill_nine();
    let local = server.path("config/jail.local");
    let good = fs::read_to_string(&local).unwrap();
    fs::write(&local, format!("{good}maxretry = many\n")).unwrap();
    server.spawn();
    assert_eq!(server.wait_end(), Some(255), "{}", server.story());
    assert_eq!(server.timeouts().len(), 1);
    fs::write(&local, good).unwrap();
    server.start();
    assert_eq!(server.banned(), ["192.0.2.11"]);
    assert_eq!(server.timeouts().len(), 1);
    server.stop();
}

#[test]
fn a_restored_ban_ends_when_it_would_have_ended() {
    let mut server = Setup::sshd("bantime = 7").start();
    server.append(&failed_logins(ATTACKERS4[0], 5));
    server.wait_for_log("[sshd] Ban 192.0.2.11\n");
    server.restart();
    server.wait_for_log("[sshd] Restore Ban 192.0.2.11\n");
    server.wait_for_log("[sshd] Unban 192.0.2.11\n");
    let stamp = |words: &str| {
        let log = server.log();
        let line = log.lines().find(|line| line.ends_with(words)).unwrap();
        let stamp: jiff::civil::DateTime = line.get(..19).unwrap().parse().unwrap();
        stamp
    };
    let lasted = stamp("] Unban 192.0.2.11").duration_since(stamp("] Ban 192.0.2.11"));
    // Later than that only on a machine that has no time.
    assert!(lasted.as_secs() >= 6, "{lasted}");
    let ruleset = server.kit().server().ruleset().unwrap();
    assert!(!ruleset.contains("192.0.2.11"), "{ruleset}");
}

#[test]
fn four_failures_before_a_kill_and_one_after_it_ban() {
    let mut server = Setup::sshd("").start();
    let (counted, unread, other) = (ATTACKERS4[0], ATTACKERS4[1], ATTACKERS4[2]);
    server.append(&failed_logins(counted, 4));
    server.append(&failed_logins(unread, 2));
    server.append(&failed_logins(other, 2));
    server.wait_until("all of it is read", || {
        server.log().matches("Found").count() == 8
    });
    server.kill_nine();
    // What is written while nobody reads counts as well, and nothing counts twice.
    server.append(&failed_logins(unread, 2));
    server.append(&failed_logins(other, 2));
    server.start();
    server.append(&[failed_login(counted), failed_login(unread)]);
    server.wait_for_log(&format!("[sshd] Ban {counted}\n"));
    server.wait_for_log(&format!("[sshd] Ban {unread}\n"));
    assert_eq!(
        server.banned(),
        [counted.to_string(), unread.to_string()],
        "{}",
        server.story()
    );
    let failures = "SELECT ip, json_extract(data, '$.failures') FROM bans ORDER BY ip";
    assert_eq!(server.sql(failures), "192.0.2.11|5\n192.0.2.12|5\n");
}

#[test]
fn what_was_answered_survives_a_kill_right_after_the_answer() {
    let mut server = Setup::sshd("").start();
    let mut standing = Vec::new();
    for number in 1..=6 {
        let address = format!("198.51.100.{number}");
        assert_eq!(server.ask(&["set", "sshd", "banip", &address]), "1\n");
        standing.push(address);
        if number % 3 == 0 {
            let gone = standing.remove(0);
            assert_eq!(server.ask(&["set", "sshd", "unbanip", &gone]), "1\n");
        }
        server.kill_nine();
        let ruleset = server.kit().server().ruleset().unwrap();
        assert_eq!(ruleset.matches("expires").count(), standing.len());
        server.start();
        assert_eq!(server.banned(), standing, "{}", server.story());
    }
    server.wait_until("all of them are in the kernel", || {
        server.status_json()["jails"]["sshd"]["enforcement"]["in_kernel"] == standing.len()
    });
    let ruleset = server.kit().server().ruleset().unwrap();
    let missing = standing.iter().find(|id| !ruleset.contains(id.as_str()));
    assert_eq!(missing, None, "{ruleset}");
    assert_eq!(server.timeouts().len(), standing.len());
}

#[test]
fn a_log_rotated_while_the_server_is_dead_is_read_to_its_end_and_the_new_one_too() {
    let mut server = Setup::sshd("").start();
    let [across, old, new, ..] = ATTACKERS4;
    server.append(&failed_logins(across, 2));
    server.append(&failed_logins(old, 1));
    server.wait_until("the first lines are read", || {
        server.log().matches("Found").count() == 3
    });
    server.kill_nine();
    server.append(&failed_logins(across, 1));
    server.append(&failed_logins(old, 3));
    fs::rename(server.log_path(), server.path("auth.log.1")).unwrap();
    let messages = [failed_logins(across, 1), failed_logins(new, 4)].concat();
    fs::write(server.log_path(), lines(&messages)).unwrap();
    server.start();
    server.wait_until("every line is found once", || {
        server.log().matches("Found").count() == 12
    });
    assert!(server.banned().is_empty(), "{}", server.story());
    // The fifth of each: had one been counted twice it would be banned already, had one been skipped
    // it would not be banned now.
    server.append(&[across, old, new].map(failed_login));
    server.wait_for_log(&format!("[sshd] Ban {new}\n"));
    assert_eq!(
        server.banned(),
        [across, old, new].map(|id| id.to_string()),
        "{}",
        server.story()
    );
    assert_eq!(server.log().matches("Found").count(), 15);
}

#[test]
fn a_clean_stop_leaves_nothing_behind_but_the_database() {
    let mut server = Setup::sshd("").start();
    server.append(&failed_logins(ATTACKERS4[0], 5));
    server.append(&failed_logins(ATTACKERS4[1], 3));
    server.wait_for_log("[sshd] Ban 192.0.2.11\n");
    assert!(server.pidfile().exists());
    server.stop();
    assert_eq!(server.kit().server().ruleset().unwrap(), "");
    let mut left: Vec<String> = fs::read_dir(server.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    let expected = [
        "auth.log",
        "config",
        "fail2ban.log",
        "fail2ban.sqlite3",
        "stderr",
        "stdout",
    ];
    assert_eq!(left, expected);
    // Bytes 18 and 19 of the file tell: 1 is a rollback journal, 2 is WAL.
    let head = fs::read(server.database()).unwrap();
    assert_eq!(head[18..20], [1, 1]);
    assert_eq!(server.sql("PRAGMA journal_mode"), "delete\n");
    assert!(server.log().contains("[sshd] Repeal Ban 192.0.2.11\n"));

    server.start();
    server.wait_for_log("[sshd] Restore Ban 192.0.2.11\n");
    assert!(
        server
            .kit()
            .server()
            .ruleset()
            .unwrap()
            .contains("192.0.2.11")
    );
    assert_eq!(server.sql("SELECT count(*) FROM bans"), "1\n");
    server.append(&failed_logins(ATTACKERS4[1], 2));
    server.wait_for_log("[sshd] Ban 192.0.2.12\n");
    // A signal ends it in the same good order.
    server.signal("TERM");
    assert_eq!(server.wait_end(), Some(0));
    assert!(!server.socket().exists() && !server.pidfile().exists());
    assert_eq!(server.kit().server().ruleset().unwrap(), "");
}

#[test]
fn a_stop_waits_for_the_command_that_runs_and_for_none_that_was_not_begun() {
    let mut server = Setup::sshd("action = record").prepare();
    let folder = server.path("").display().to_string();
    let folder = folder.trim_end_matches('/');
    let record = format!(
        "[Definition]\nactionstop = echo stop >> {folder}/record\n\
         actionban = while [ ! -e {folder}/go ]; do sleep 0.02; done; echo ban '<ip>' >> {folder}/record\n\
         actionunban = echo unban '<ip>' >> {folder}/record\n"
    );
    fs::write(server.path("config/action.d/record.conf"), record).unwrap();
    server.start();
    for address in ATTACKERS4 {
        server.append(&failed_logins(address, 5));
        server.wait_for_log(&format!("[sshd] Ban {address}\n"));
    }
    server.signal("TERM");
    server.wait_for_log("Stopping all jails");
    server.wait_for_log("Jail 'sshd' stopped");
    fs::write(server.path("go"), "").unwrap();
    assert_eq!(server.wait_end(), Some(0), "{}", server.story());
    let first = ATTACKERS4[0];
    assert_eq!(
        fs::read_to_string(server.path("record")).unwrap(),
        format!("ban {first}\nunban {first}\nstop\n")
    );
}
