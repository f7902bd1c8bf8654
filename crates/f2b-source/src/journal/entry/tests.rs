//! The rows are what the original's `fail2ban-regex` printed for a journal with these entries.

use super::*;

/// Joins `fields`, which are `NAME=value`, to the text of an entry and compares it.
fn check(fields: &[&str], text: &str) {
    let mut draft = Draft::default();
    for field in fields {
        let (name, value) = field.split_once('=').unwrap();
        assert!(Draft::wants(name.as_bytes()), "{name}");
        draft.take(name.as_bytes(), value.as_bytes().to_vec());
    }
    let got = String::from_utf8(draft.text()).unwrap();
    assert_eq!(got, text, "{fields:?}");
}

const HOST: &str = "_HOSTNAME=host";
const SSHD: &str = "SYSLOG_IDENTIFIER=sshd";
const KERNEL: &str = "SYSLOG_IDENTIFIER=kernel";
const PID: &str = "_PID=7";

#[test]
fn the_senders_names_come_before_the_journals() {
    check(&[HOST, SSHD, PID, "MESSAGE=plain"], "host sshd[7]: plain");
    check(
        &[HOST, SSHD, "_COMM=other", "SYSLOG_PID=5", PID, "MESSAGE=m"],
        "host sshd[5]: m",
    );
    check(&[HOST, "_COMM=comm", PID, "MESSAGE=m"], "host comm[7]: m");
    check(
        &[HOST, "SYSLOG_IDENTIFIER=", "_COMM=comm", PID, "MESSAGE=m"],
        "host comm[7]: m",
    );
    check(
        &[HOST, SSHD, "SYSLOG_PID=", PID, "MESSAGE=m"],
        "host sshd[7]: m",
    );
}

#[test]
fn what_is_missing_is_left_out() {
    check(&[HOST, SSHD, "MESSAGE=m"], "host sshd: m");
    check(&[HOST, "MESSAGE=m"], "host m");
    check(&[HOST, PID, "MESSAGE=m"], "host m");
    check(&[SSHD, PID, "MESSAGE=m"], "sshd[7]: m");
    check(&["_HOSTNAME=", SSHD, PID, "MESSAGE=m"], "sshd[7]: m");
    check(&[HOST, SSHD, PID], "host sshd[7]:");
    check(&[HOST, SSHD, PID, "MESSAGE="], "host sshd[7]:");
    check(&[], "");
}

#[test]
fn kernel_messages_have_the_time_since_boot() {
    check(
        &[
            HOST,
            KERNEL,
            "__MONOTONIC_TIMESTAMP=1",
            "_SOURCE_MONOTONIC_TIMESTAMP=12345678",
            "MESSAGE=m",
        ],
        "host kernel: [   12.345678] m",
    );
    check(
        &[HOST, KERNEL, "__MONOTONIC_TIMESTAMP=9000000", "MESSAGE=m"],
        "host kernel: [    9.000000] m",
    );
    check(
        &[
            HOST,
            "_COMM=kernel",
            "_SOURCE_MONOTONIC_TIMESTAMP=1",
            "MESSAGE=m",
        ],
        "host kernel: [    0.000001] m",
    );
    check(
        &[
            HOST,
            KERNEL,
            "_SOURCE_MONOTONIC_TIMESTAMP=1234567000001",
            "MESSAGE=m",
        ],
        "host kernel: [1234567.000001] m",
    );
    check(&[HOST, KERNEL, "_PID=3", "MESSAGE=m"], "host kernel[3]: m");
}

#[test]
fn a_message_of_several_lines_is_one_line() {
    check(
        &[HOST, SSHD, PID, "MESSAGE=multi\nline\n"],
        r"host sshd[7]: multi\nline\n",
    );
    check(
        &[HOST, SSHD, PID, "MESSAGE=cr\r\nlf"],
        "host sshd[7]: cr\r\\nlf",
    );
    check(
        &[HOST, SSHD, PID, "MESSAGE=nl\nin list", "MESSAGE=two"],
        r"host sshd[7]: nl\nin list two",
    );
    check(
        &[HOST, "SYSLOG_IDENTIFIER=a\nb", "MESSAGE=m"],
        r"host a\nb: m",
    );
}

#[test]
fn blanks_of_the_message_stay() {
    check(
        &[HOST, SSHD, PID, "MESSAGE=  blanks\taround  "],
        "host sshd[7]:   blanks\taround  ",
    );
}

#[test]
fn many_messages_are_bounded() {
    let mut draft = Draft::default();
    for _ in 0..100 {
        draft.take(b"MESSAGE", vec![b'x'; 10_000]);
    }
    assert!(draft.text().len() <= MESSAGE_CAP);
}

#[test]
fn the_senders_time_comes_before_the_journals() {
    let entry = |fields: &[(&str, &str)]| {
        let mut draft = Draft::default();
        for (name, value) in fields {
            draft.take(name.as_bytes(), value.as_bytes().to_vec());
        }
        draft.finish().map(|entry| entry.realtime_us)
    };
    let cursor = ("__CURSOR", "s=1;i=1;t=14");
    let ours = ("__REALTIME_TIMESTAMP", "20");
    let theirs = ("_SOURCE_REALTIME_TIMESTAMP", "10");
    assert_eq!(entry(&[cursor, ours, theirs]), Some(10));
    assert_eq!(entry(&[cursor, ours]), Some(20));
    assert_eq!(
        entry(&[cursor, ours, ("_SOURCE_REALTIME_TIMESTAMP", "x")]),
        Some(20)
    );
    assert_eq!(entry(&[cursor]), None);
    assert_eq!(entry(&[ours]), None);
    assert_eq!(entry(&[("__CURSOR", ""), ours]), None);
    // A place in other words.
    assert_eq!(entry(&[("__CURSOR", "x"), ours]), Some(20));
    assert_eq!(entry(&[("__CURSOR", "x"), theirs]), None);
}
