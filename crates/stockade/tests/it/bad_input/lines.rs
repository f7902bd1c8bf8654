//! Lines that attackers choose, and stamps that are wrong.

use std::fs::OpenOptions;
use std::io::Write;

use jiff::{SignedDuration, Timestamp};

use crate::server::{Server, Setup, failed_logins};

fn append_bytes(server: &Server, bytes: &[u8]) {
    let mut log = OpenOptions::new()
        .append(true)
        .open(server.log_path())
        .unwrap();
    log.write_all(bytes).unwrap();
}

/// A line with the stamp of another moment, or with none.
fn stamped(hours: Option<i64>, message: &[u8]) -> Vec<u8> {
    let stamp = hours.map_or_else(String::new, |hours| {
        let moment = Timestamp::now() + SignedDuration::from_hours(hours);
        moment.strftime("%Y-%m-%dT%H:%M:%S+00:00 ").to_string()
    });
    [stamp.as_bytes(), b"host sshd[7]: ", message, b"\n"].concat()
}

#[test]
fn whatever_a_user_is_called_the_address_that_sshd_wrote_is_banned() {
    let server = Setup::sshd("").start();
    let long = "u".repeat(10_000);
    let names: [&[u8]; 10] = [
        b"a\0b",
        b"\x01\x1b[31m\x7f",
        b"\xff\xfe\xc3(",
        b"x\rOct 1 00:00:00 host sshd[1]: Failed password for y from 203.0.113.1 port 1 ssh2",
        b"x from 203.0.113.2 port 22 ssh2",
        b"x from 203.0.113.3 port 22 ssh2\x0b",
        "x from 203.0.113.4 port 22 ssh2\u{2028}".as_bytes(),
        "x from 203.0.113.5 port 22 ssh2\u{85}".as_bytes(),
        b"<ADDR> %(x)s \\d+ '; DROP TABLE bans; --",
        long.as_bytes(),
    ];
    for (number, name) in names.iter().enumerate() {
        let end = format!(" from 192.0.2.{} port 22 ssh2", number + 1);
        let message = [b"Failed password for ", *name, end.as_bytes()].concat();
        append_bytes(&server, &stamped(Some(0), &message).repeat(5));
    }
    let expected: Vec<String> = (1..=names.len())
        .map(|number| format!("192.0.2.{number}"))
        .collect();
    server.wait_until("all bans", || server.banned().len() >= expected.len());
    let mut sorted = expected;
    sorted.sort();
    assert_eq!(server.banned(), sorted);
    server.wait_for_log("[sshd] Ban 192.0.2.10");
    // Nothing of a name stands in our own log, or begins a line of it.
    let log = server.log();
    assert!(
        !log.contains("203.0.113.") && !log.contains("DROP TABLE"),
        "{log}"
    );
    assert!(log.lines().all(|line| line.contains(" fail2ban.")), "{log}");
}

#[test]
fn a_line_without_end_costs_neither_memory_nor_the_lines_after_it() {
    let server = Setup::sshd("").start();
    let begin = b"Failed password for ";
    append_bytes(
        &server,
        stamped(Some(0), begin).strip_suffix(b"\n").unwrap(),
    );
    let piece = vec![b'a'; 1 << 20];
    for _ in 0..100 {
        append_bytes(&server, &piece);
    }
    append_bytes(&server, b" from 203.0.113.1 port 22 ssh2\n");
    server.append(&failed_logins("192.0.2.11", 5));
    server.wait_until("the ban", || server.banned() == ["192.0.2.11"]);
    let status = server.status_json();
    assert_eq!(status["jails"]["sshd"]["cut_lines"], 1);
    assert_eq!(status["jails"]["sshd"]["matched"], 5);
    let process = std::fs::read_to_string(format!("/proc/{}/status", server.process())).unwrap();
    let peak = process
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kilobytes: u64 = peak.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(kilobytes < 64 << 10, "{peak}");
}

#[test]
fn where_a_line_is_cut_nobody_can_put_another_address() {
    let server = Setup::sshd("").start();
    let trap = b" from 203.0.113.1 port 22 ssh2";
    // The name is as long as it takes for the trap to end where a long line is cut.
    for end in [64 << 10, (64 << 10) - 1, (64 << 10) + 1] {
        let mut line = stamped(Some(0), b"Failed password for ");
        line.pop();
        line.resize(end - trap.len(), b'a');
        line.extend_from_slice(trap);
        line.extend_from_slice(b" aaaa from 192.0.2.12 port 22 ssh2\n");
        append_bytes(&server, &line.repeat(5));
    }
    server.append(&failed_logins("192.0.2.11", 5));
    let after = || server.banned().contains(&"192.0.2.11".to_owned());
    server.wait_until("the lines after it", after);
    assert!(!server.banned().contains(&"203.0.113.1".to_owned()));
}

#[test]
fn a_line_counts_when_it_is_whole() {
    let server = Setup::sshd("").start();
    server.append(&failed_logins("192.0.2.1", 4));
    // The rest of the address is still to come.
    let half = stamped(Some(0), b"Failed password for root from 192.0.2.1");
    append_bytes(&server, half.strip_suffix(b"\n").unwrap());
    append_bytes(&server, b"7 port 22 ssh2\n");
    server.append(&failed_logins("192.0.2.17", 4));
    server.wait_until("the ban", || server.banned() == ["192.0.2.17"]);
}

#[test]
fn stamps_far_off_and_none_at_all_count_as_now_and_are_told_once() {
    let server = Setup::sshd("").start();
    server.wait_caught_up();
    let failed = |address: &str| format!("Failed password for root from {address} port 22 ssh2");
    for _ in 0..5 {
        append_bytes(&server, &stamped(Some(-5), failed("192.0.2.11").as_bytes()));
        append_bytes(&server, &stamped(Some(3), failed("192.0.2.12").as_bytes()));
        append_bytes(&server, &stamped(None, failed("192.0.2.13").as_bytes()));
    }
    let expected = ["192.0.2.11", "192.0.2.12", "192.0.2.13"];
    server.wait_until("all bans", || server.banned() == expected);
    server.wait_for_log("[sshd] Ban 192.0.2.13");
    let log = server.log();
    let differs = "WARNING [sshd] The log's times differ from the clock by -180";
    assert_eq!(log.matches(differs).count(), 1, "{log}");
    assert!(
        log.contains("hint: check the time zone of the service that writes it"),
        "{log}"
    );
}

#[test]
fn a_log_without_stamps_is_told_once() {
    let server = Setup::sshd("").start();
    server.wait_caught_up();
    let message = b"Failed password for root from 192.0.2.11 port 22 ssh2";
    append_bytes(&server, &stamped(None, message).repeat(10));
    server.wait_until("the ban", || server.banned() == ["192.0.2.11"]);
    let told = "WARNING [sshd] A matching line has no date that can be read";
    server.wait_for_log("[sshd] Ban 192.0.2.11");
    let log = server.log();
    assert_eq!(log.matches(told).count(), 1, "{log}");
}
