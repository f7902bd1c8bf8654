//! The original's client asks the original's server and ours the same things.

use conformance::{
    Oracle, Server, Version,
    differences::{Comparison, KnownDifferences},
    replay::{self, Terms},
};

const TERMS: Terms = Terms {
    rate: 1,
    maxretry: 5,
    findtime: 600,
};

/// What the two configurations set differently, set alike.
const ALIKE: &str = "usedns = warn
ignoreself = false
ignoreip =
ignorecommand =
prefregex = ^p: <F-CONTENT>.+</F-CONTENT>$
failregex = ^bad login from <HOST>$
            ^no such user <F-USER>\\S+</F-USER> at <ADDR>$
ignoreregex =
";

/// Commands that 1.0.2 does not know.
const SINCE_1_1: &[&str] = &[
    "stats",
    "statistics",
    "statistic",
    "status --all",
    "status --all short",
    "status --all bogus",
    "status --all stats",
    "status sshd stats",
];

/// In this order: later ones show what earlier ones did.
const COMMANDS: &[&str] = &[
    "ping",
    "status",
    "status sshd",
    "get sshd banip",
    "set sshd banip 192.0.2.7",
    "set sshd banip 192.0.2.7",
    "set sshd banip 192.0.2.8 2001:db8::7",
    "get sshd banip",
    "status sshd",
    "get loglevel",
    "get logtarget",
    "get syslogsocket",
    "get thread",
    "get dbfile",
    "get dbmaxmatches",
    "get dbpurgeage",
    "set loglevel notice",
    "get loglevel",
    "set dbpurgeage 2d",
    "get dbpurgeage",
    "set dbmaxmatches 7",
    "get dbmaxmatches",
    "get sshd logpath",
    "get sshd logencoding",
    "get sshd journalmatch",
    "get sshd ignoreself",
    "get sshd ignoreip",
    "set sshd addignoreip 198.51.100.0/24 198.51.100.7",
    "get sshd ignoreip",
    "get sshd ignorecommand",
    "get sshd ignorecache",
    "get sshd prefregex",
    "get sshd failregex",
    "get sshd ignoreregex",
    "set sshd addfailregex ^x<HOST>$",
    "set sshd addignoreregex ^y<ADDR>$",
    "get sshd failregex",
    "get sshd ignoreregex",
    "set sshd delfailregex 9",
    "set sshd delfailregex x",
    "set sshd delfailregex",
    "set sshd delfailregex -1",
    "set sshd delfailregex -9",
    "set sshd delfailregex 0",
    "set sshd delfailregex 0",
    "set sshd delfailregex 0",
    "set sshd delignoreregex 0",
    "set sshd delignoreregex 0",
    "set nosuchjail delignoreregex 0",
    "set sshd delignoreip 198.51.100.7",
    "set sshd delignoreip 198.51.100.7",
    "set sshd delignoreip 198.51.100.0/24",
    "set sshd delignoreip",
    "get sshd usedns",
    "set sshd usedns raw",
    "get sshd usedns",
    "get sshd findtime",
    "set sshd findtime 1mo",
    "get sshd findtime",
    "get sshd bantime",
    "set sshd bantime 1h",
    "get sshd bantime",
    "get sshd bantime.increment",
    "get sshd bantime.nope",
    "get sshd datepattern",
    "set sshd datepattern %Y-%m-%d",
    "get sshd datepattern",
    "get sshd logtimezone",
    "set sshd logtimezone UTC+0100",
    "get sshd logtimezone",
    "get sshd maxretry",
    "get sshd maxmatches",
    "get sshd maxlines",
    "get sshd",
    "get",
    "get nosuchjail findtime",
    "get sshd nosuchoption",
    "get sshd action",
    "get sshd action nosuchaction",
    "get sshd action nosuchaction x",
    "get sshd actionproperties",
    "get sshd actionproperties nosuchaction",
    "banned",
    "flushlogs",
    "stats",
    "statistics",
    "statistic",
    "status --all",
    "status --all short",
    "status --all bogus",
    "status --all stats",
    "status sshd stats",
    "banned 192.0.2.8",
    "banned 192.0.2.8 192.0.2.99",
    "get sshd banned",
    "get sshd banned 192.0.2.8 192.0.2.99",
    "unban 192.0.2.7 192.0.2.99",
    "unban",
    "banned",
    "set sshd unbanip 192.0.2.8",
    "set sshd unbanip 192.0.2.99",
    "get sshd banip",
    "status sshd",
    "status nosuchjail",
    "set nosuchjail banip 192.0.2.7",
    "get nosuchjail banip",
    "set sshd",
    "nosuchcommand",
    "stop",
    "ping",
];

/// The commands that a version knows, numbered.
fn commands(version: Version) -> Vec<(usize, &'static str)> {
    let all = (1..).zip(COMMANDS.iter().copied());
    let is_known = |command: &str| version != Version::V1_0_2 || !SINCE_1_1.contains(&command);
    all.filter(|(_, command)| is_known(command)).collect()
}

/// Runs all commands; the last but one ends the server.
fn transcripts(client: &Oracle, server: Server) -> Vec<String> {
    let endpoint = server.endpoint.clone();
    let run = |(_, line): &(usize, &str)| {
        let words: Vec<_> = line.split(' ').collect();
        client.client(&endpoint, &words).unwrap().transcript()
    };
    let commands = commands(client.version());
    let (after, before) = commands.split_last().unwrap();
    let mut transcripts: Vec<_> = before.iter().map(run).collect();
    server.wait_for_end().unwrap();
    transcripts.push(run(after));
    transcripts
}

fn answers(version: Version) -> Vec<Comparison> {
    let folder = tempfile::tempdir().unwrap();
    let client = Oracle::new(version).unwrap();
    let log = replay::empty_log(folder.path()).unwrap();
    // The second one sorts before the first.
    let second = "[another]\nenabled = true\nfilter = sshd\nlogpath = /dev/null\n";
    let jails = |more: &str| {
        let first = replay::jail_local(&TERMS, &log, &format!("backend = polling\n{more}{ALIKE}"));
        format!("{first}\n{second}backend = polling\n{more}{ALIKE}")
    };
    let theirs = jails("action = quiet\n");
    let theirs = Server::of_original(&client, folder.path(), &theirs).unwrap();
    let theirs = transcripts(&client, theirs);
    let ours = Server::of_ours(folder.path(), &jails(""), &["sshd", "another"]).unwrap();
    let ours = transcripts(&client, ours);
    let pairs = theirs.into_iter().zip(ours);
    commands(version)
        .into_iter()
        .zip(pairs)
        .map(|((number, command), (original, ours))| Comparison {
            // The same command comes again, with another answer.
            case: format!("{version}: {number} {command}"),
            original: original.replace(&path(&folder, "original"), "FOLDER"),
            ours: ours.replace(&path(&folder, "ours"), "FOLDER"),
        })
        .collect()
}

/// An error may name the socket; each server has its own.
fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

#[test]
fn the_client_of_the_original_gets_the_answers_of_the_original() {
    let comparisons: Vec<_> = Version::ALL.into_iter().flat_map(answers).collect();
    KnownDifferences::load()
        .unwrap()
        .judge("client", &comparisons)
        .unwrap();
}
