//! Every command of the transcripts, with either client against either server.

use std::io::Write as _;
use std::path::Path;

use conformance::{
    Endpoint, Oracle, Server, Version,
    differences::{Comparison, KnownDifferences},
    ours,
};

/// The commands, in order.
pub(crate) const COMMANDS: &str = include_str!("../../data/transcripts.txt");

/// Two jails, one of which has seen something, and an action that writes down what it is told.
pub(crate) const TREE: &[(&str, &str)] = &[
    (
        "fail2ban.conf",
        "[Definition]\nloglevel = INFO\nlogtarget = {folder}/f2b.log\nsyslogsocket = auto\n\
         socket = {folder}/socket\npidfile = {folder}/pid\ndbfile = {folder}/f2b.sqlite3\n\
         dbpurgeage = 1d\ndbmaxmatches = 10\nallowipv6 = auto\n",
    ),
    (
        "jail.conf",
        "[DEFAULT]\nbackend = polling\nusedns = no\nmaxretry = 3\nfindtime = 600\nbantime = 600\n\
         ignoreself = false\naction = trace\n\
         [alpha]\nenabled = true\nfilter = demo\nlogpath = {folder}/alpha.log\n\
         [beta]\nenabled = true\nfilter = demo\nlogpath = {folder}/beta.log\n",
    ),
    (
        "filter.d/demo.conf",
        "[Definition]\nfailregex = ^\\s*bad login user=<F-USER>\\S+</F-USER> from <ADDR>\\s*$\n\
         datepattern = {^LN-BEG}Epoch\n",
    ),
    (
        "action.d/trace.conf",
        "[Definition]\nactionstart = echo start <name> >> {folder}/trace.txt\n\
         actionstop = echo stop <name> >> {folder}/trace.txt\n\
         actionban = echo ban <ip> >> {folder}/trace.txt\n\
         actionunban = echo unban <ip> >> {folder}/trace.txt\n",
    ),
    // The logs are there before the server is.
    ("../alpha.log", ""),
    ("../beta.log", ""),
];

/// How long a server may take for what it does in its own time.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// Who asks.
#[derive(Clone, Copy)]
enum Client {
    Original,
    Ours,
}

/// A line split into words as a shell does it; only single quotes are known.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    for c in line.chars() {
        match c {
            '\'' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            ' ' if !is_quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// What differs from run to run: stamps and process numbers.
pub(crate) fn normalized(text: &str, folder: &str) -> String {
    let text = text.replace(folder, "FOLDER");
    let mut shown = String::new();
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let stamp = ["0000-00-00 00:00:00,000", "0000-00-00 00:00:00"];
        let stamp = stamp.into_iter().find(|shape| has_shape(rest, shape));
        let process = (1..8)
            .map(|digits| format!("[{}]:", "0".repeat(digits)))
            .find(|shape| has_shape(rest, shape));
        let (length, word) = match (stamp, process) {
            (Some(shape), _) => (shape.len(), "TIME"),
            (None, Some(shape)) => (shape.len(), "[PID]:"),
            (None, None) => (c.len_utf8(), ""),
        };
        let (taken, after) = rest.split_at(length);
        shown.push_str(if word.is_empty() { taken } else { word });
        rest = after;
    }
    shown
}

/// Tells whether a text begins with something of a shape, in which `0` is any digit.
fn has_shape(text: &str, shape: &str) -> bool {
    let begin = text.get(..shape.len());
    begin.is_some_and(|begin| begin.replace(|c: char| c.is_ascii_digit(), "0") == shape)
}

fn ask(client: Client, oracle: &Oracle, endpoint: &Endpoint, words: &[&str]) -> String {
    let run = match client {
        Client::Original => oracle.client(endpoint, words),
        Client::Ours => ours::client(endpoint, words),
    };
    let run = run.unwrap();
    format!("{}[stderr] {}[exit {}]\n", run.stdout, run.stderr, run.code)
}

/// Starts a server that has seen the failures of the transcripts.
pub(crate) fn begun(server: Option<&Oracle>, oracle: &Oracle, folder: &Path) -> Server {
    let mut running = Server::on_tree(server, folder, TREE).unwrap();
    let own = running.endpoint.socket.parent().unwrap().to_owned();
    write_failures(&own.join("alpha.log"));
    let endpoint = running.endpoint.clone();
    running
        .wait_until(PATIENCE, |_| {
            let status = oracle.client(&endpoint, &["status", "alpha"])?;
            Ok(status.stdout.contains("Total failed:\t7")
                && status.stdout.contains("Total banned:\t2"))
        })
        .unwrap();
    running
}

/// Runs all commands and returns what each printed.
fn transcript(client: Client, server: Option<&Oracle>, oracle: &Oracle) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut running = begun(server, oracle, folder.path());
    let endpoint = running.endpoint.clone();
    let own = endpoint.socket.parent().unwrap().to_owned();
    let shown = own.display().to_string();
    let lines = COMMANDS.lines().filter(|line| !line.starts_with('#'));
    let mut seen = Vec::new();
    for line in lines {
        let words = words(&line.replace("{folder}", &shown));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        seen.push(normalized(&ask(client, oracle, &endpoint, &words), &shown));
        if line.contains("attempt notanip") {
            // The original bans what was attempted before in its own time.
            let banned = |_: &mut Server| {
                let banned = oracle.client(&endpoint, &["get", "alpha", "banned", "192.0.2.77"])?;
                Ok(banned.stdout == "1\n")
            };
            running.wait_until(PATIENCE, banned).unwrap();
        }
    }
    running.stop(oracle).unwrap();
    seen
}

/// Seven failures: two bans, one of IPv6, and one failure that is not enough.
fn write_failures(log: &Path) {
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let mut text = String::new();
    for who in [
        "192.0.2.10",
        "192.0.2.10",
        "192.0.2.10",
        "2001:db8::7",
        "2001:db8::7",
    ] {
        text.push_str(&format!("{now} bad login user=root from {who}\n"));
    }
    text.push_str(&format!("{now} bad login user=root from 2001:db8::7\n"));
    text.push_str(&format!("{now} bad login user=eve from 192.0.2.11\n"));
    let mut file = std::fs::OpenOptions::new().append(true).open(log).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn compared(name: &str, expected: &[String], seen: Vec<String>) -> Vec<Comparison> {
    let lines = COMMANDS.lines().filter(|line| !line.starts_with('#'));
    let cases = (1..).zip(lines).zip(expected.iter().zip(seen));
    cases
        .map(|((number, line), (expected, seen))| Comparison {
            case: format!("{name}: {number} {line}"),
            original: expected.clone(),
            ours: seen,
        })
        .collect()
}

#[test]
fn every_command_has_the_same_transcript() {
    let oracle = Oracle::new(Version::V1_1_1).unwrap();
    let expected = transcript(Client::Original, Some(&oracle), &oracle);
    assert_eq!(expected.len(), 225);
    let mut comparisons = compared("ours", &expected, transcript(Client::Ours, None, &oracle));
    comparisons.extend(compared(
        "client of the original",
        &expected,
        transcript(Client::Original, None, &oracle),
    ));
    comparisons.extend(compared(
        "server of the original",
        &expected,
        transcript(Client::Ours, Some(&oracle), &oracle),
    ));
    KnownDifferences::load()
        .unwrap()
        .judge("transcripts", &comparisons)
        .unwrap();
}
