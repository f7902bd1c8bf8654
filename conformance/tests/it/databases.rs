//! One server goes on where the other stopped: bans, their times and numbers, places in logs.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use conformance::{Oracle, Server, Version};

/// How long a server may take for what it does in its own time.
const PATIENCE: Duration = Duration::from_secs(30);

/// `{shared}` is the folder of logs and database: both servers have the same paths for them.
const TREE: &[(&str, &str)] = &[
    (
        "fail2ban.conf",
        "[Definition]\nloglevel = INFO\nlogtarget = {folder}/f2b.log\nsyslogsocket = auto\n\
         socket = {folder}/socket\npidfile = {folder}/pid\ndbfile = {shared}/f2b.sqlite3\n\
         dbpurgeage = 1d\ndbmaxmatches = 10\nallowipv6 = auto\n",
    ),
    (
        "jail.conf",
        "[DEFAULT]\nbackend = polling\nusedns = no\nmaxretry = 3\nfindtime = 600\nbantime = 600\n\
         ignoreself = false\naction = trace\nfilter = demo\n\
         [alpha]\nenabled = true\nlogpath = {shared}/alpha.log\n\
         [grows]\nenabled = true\nbantime.increment = true\nlogpath = {shared}/grows.log\n",
    ),
    (
        "filter.d/demo.conf",
        "[Definition]\nfailregex = ^\\s*bad login user=<F-USER>\\S+</F-USER> from <ADDR>\\s*$\n\
         datepattern = {^LN-BEG}Epoch\n",
    ),
    (
        "action.d/trace.conf",
        "[Definition]\nactionban = echo ban <name> <ip> <restored> <bancount> <bantime> <failures> \
         <F-USER> >> {folder}/trace.txt\n",
    ),
];

fn fail(log: &Path, who: &str, times: usize) {
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let line = format!("{now} bad login user=root from {who}\n");
    let mut file = fs::OpenOptions::new().append(true).open(log).unwrap();
    file.write_all(line.repeat(times).as_bytes()).unwrap();
}

fn asked(oracle: &Oracle, server: &Server, words: &[&str]) -> String {
    let run = oracle.client(&server.endpoint, words).unwrap();
    assert_eq!(run.code, 0, "{words:?}: {run:?}");
    run.stdout
}

fn wait_for_bans(oracle: &Oracle, server: &mut Server, jail: &str, count: usize) {
    let reached = |server: &mut Server| {
        let status = oracle.client(&server.endpoint, &["status", jail])?;
        Ok(status
            .stdout
            .contains(&format!("Currently banned:\t{count}\n")))
    };
    server.wait_until(PATIENCE, reached).unwrap();
}

/// What the action was told, in no order: restored bans come by the text of their identity.
fn told(server: &Server) -> Vec<String> {
    let folder = server.endpoint.socket.parent().unwrap();
    let text = fs::read_to_string(folder.join("trace.txt")).unwrap_or_default();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Bans with one server, stops it, goes on with the other; returns what the second one said and did.
fn handed_over(oracle: &Oracle, from_original: bool) -> (String, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let (alpha, grows) = (
        folder.path().join("alpha.log"),
        folder.path().join("grows.log"),
    );
    fs::write(&alpha, "").unwrap();
    fs::write(&grows, "").unwrap();
    let shared = folder.path().display().to_string();
    let tree: Vec<(&str, String)> = TREE
        .iter()
        .map(|(name, text)| (*name, text.replace("{shared}", &shared)))
        .collect();
    let tree: Vec<(&str, &str)> = tree
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let start = |of_original: bool| {
        let program = Some(oracle).filter(|_| of_original);
        Server::on_tree(program, folder.path(), &tree).unwrap()
    };
    let mut first = start(from_original);
    fail(&alpha, "192.0.2.1", 4);
    fail(&grows, "192.0.2.9", 3);
    wait_for_bans(oracle, &mut first, "alpha", 1);
    wait_for_bans(oracle, &mut first, "grows", 1);
    asked(
        oracle,
        &first,
        &["set", "alpha", "banip", "2001:db8::7", "a session"],
    );
    asked(oracle, &first, &["set", "alpha", "bantime", "-1"]);
    asked(
        oracle,
        &first,
        &["set", "alpha", "banip", "198.51.100.0/24"],
    );
    asked(oracle, &first, &["set", "alpha", "bantime", "600"]);
    let before = asked(oracle, &first, &["get", "grows", "banip", "--with-time"]);
    let begun = asked(oracle, &first, &["get", "alpha", "banned"]);
    assert!(begun.contains("a session"), "{begun}");
    first.stop(oracle).unwrap();

    let mut second = start(!from_original);
    wait_for_bans(oracle, &mut second, "alpha", 4);
    wait_for_bans(oracle, &mut second, "grows", 1);
    let after = asked(oracle, &second, &["get", "grows", "banip", "--with-time"]);
    assert_eq!(after, before, "begin, length and end stay");
    let status = asked(oracle, &second, &["status", "alpha"]);
    // Lines that the first one has read are not counted again.
    assert!(status.contains("Total failed:\t0\n"), "{status}");
    // Who was banned before is banned sooner and longer.
    asked(oracle, &second, &["set", "grows", "bantime", "1200"]);
    let log = second.logged().unwrap();
    assert_eq!(log.matches("] Restore Ban ").count(), 5, "{log}");
    assert_eq!(log.matches("] Ban ").count(), 0, "{log}");
    let told = told(&second);
    second.stop(oracle).unwrap();
    (status, told)
}

#[test]
fn either_server_goes_on_where_the_other_stopped() {
    for version in Version::ALL {
        let oracle = Oracle::new(version).unwrap();
        let (_, by_ours) = handed_over(&oracle, true);
        let (_, by_theirs) = handed_over(&oracle, false);
        assert_eq!(by_ours, by_theirs, "{version}: what the action is told");
        assert_eq!(by_ours.len(), 5);
    }
}
