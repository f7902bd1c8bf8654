//! What a running server makes of rules: sessions, several lines, look-around, dates of their own.

use std::fs::OpenOptions;
use std::io::Write;

use jiff::Timestamp;

use crate::server::{Server, Setup};

const JAILS: &str = r"
[sessions]
enabled = true
filter =
logpath = {folder}/auth.log
maxretry = 2
maxmatches = 5
datepattern = ^EPOCH
prefregex = ^ d<F-MLFID>\[\d+\]</F-MLFID>: <F-CONTENT>.+</F-CONTENT>$
failregex = ^<F-NOFAIL>connect</F-NOFAIL> from <ADDR>$
            ^bad pw for (?!good)<F-USER>\S+</F-USER>$
ignoreregex = for robot$

[several]
enabled = true
filter =
logpath = {folder}/auth.log
maxretry = 1
maxlines = 3
datepattern = ^EPOCH
failregex = ^ begin (\d+)$<SKIPLINES>^ end \1 of <ADDR>$

[names]
enabled = true
filter =
logpath = {folder}/auth.log
maxretry = 1
usedns = warn
datepattern = ^EPOCH
failregex = ^ stranger <HOST>$
";

fn write(server: &Server, messages: &[&str]) {
    let now = Timestamp::now().as_second();
    let lines: String = messages
        .iter()
        .map(|message| format!("{now} {message}\n"))
        .collect();
    let mut log = OpenOptions::new()
        .append(true)
        .open(server.log_path())
        .unwrap();
    log.write_all(lines.as_bytes()).unwrap();
}

fn banned(server: &Server, jail: &str) -> String {
    server.ask(&["get", jail, "banip"]).trim().to_owned()
}

#[test]
fn lines_of_a_session_and_lines_that_belong_together_are_failures() {
    let server = Setup::new(JAILS).start();
    write(
        &server,
        &[
            "d[1]: connect from 192.0.2.1",
            "d[2]: connect from 192.0.2.2",
            "d[1]: bad pw for bob",
            "d[2]: bad pw for good",
            "d[2]: bad pw for robot",
            "begin 7",
            "d[2]: bad pw for good",
            "d[2]: bad pw for bob",
            "stranger nowhere.example",
            "begin 8",
            "d[1]: bad pw for bob",
            "end 8 of 192.0.2.3",
            "end 7 of 192.0.2.4",
            "stranger 192.0.2.5",
        ],
    );
    server.wait_for_log("[names] Ban 192.0.2.5");
    server.wait_for_log("[several] Ban 192.0.2.3");
    server.wait_for_log("[sessions] Ban 192.0.2.1");
    let log = server.log();
    assert!(
        !log.contains("Ban 192.0.2.2") && !log.contains("Ban 192.0.2.4"),
        "{log}"
    );
    server.wait_for_log("nowhere.example");
    assert_eq!(banned(&server, "sessions"), "192.0.2.1");
    // The line that opened the session belongs to the ban.
    let data = server.sql("select data from bips where ip = '192.0.2.1'");
    assert!(data.contains("d[1]: connect from 192.0.2.1"), "{data}");
}
