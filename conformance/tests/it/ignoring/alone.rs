//! What takes its time holds nobody else up; ours alone, the original waits.

use std::{fs, path::Path, time::Duration};

use conformance::{Oracle, Server, Version, ours};

const PATIENCE: Duration = Duration::from_secs(90);

/// Longer than ours waits for an answer about a name.
const RESOLVER_SECONDS: u32 = 120;

const SETTINGS: &str = "[Definition]\nlogtarget = {folder}/f2b.log\nsocket = {folder}/socket\n\
    pidfile = {folder}/pid\ndbfile = None\nallowipv6 = yes\n";

const FILTER: &str =
    "[Definition]\nfailregex = ^\\s*bad login from <HOST>$\ndatepattern = {^LN-BEG}Epoch\n";

const QUIET: &str = "[Definition]\nactionban =\nactionunban =\n";

const DEFAULT: &str = "[DEFAULT]\nbackend = polling\nusedns = no\nmaxretry = 2\nfindtime = 6000\nbantime = 6000\n\
    ignoreself = false\nfilter = demo\naction = quiet\nenabled = true\n";

/// Starts ours with jails of a name, each with its log, and the options of each.
fn start(folder: &Path, jails: &[(&str, &str)]) -> Server {
    let sections = jails
        .iter()
        .map(|(name, options)| format!("[{name}]\nlogpath = {{folder}}/{name}.log\n{options}\n"));
    let text = DEFAULT.to_owned() + &sections.collect::<String>();
    let logs: Vec<String> = jails
        .iter()
        .map(|(name, _)| format!("../{name}.log"))
        .collect();
    let mut tree = vec![
        ("fail2ban.conf", SETTINGS),
        ("jail.conf", &text),
        ("filter.d/demo.conf", FILTER),
        ("action.d/quiet.conf", QUIET),
    ];
    tree.extend(logs.iter().map(|log| (log.as_str(), "")));
    Server::on_host(None, folder, &tree, RESOLVER_SECONDS).unwrap()
}

/// Writes failures of hosts, each twice: they are banned unless something is in the way.
fn fail(server: &Server, jail: &str, hosts: &[&str]) {
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let lines = hosts
        .iter()
        .map(|host| format!("{now} bad login from {host}\n").repeat(2));
    let log = server.log.with_file_name(format!("{jail}.log"));
    let before = fs::read_to_string(&log).unwrap();
    fs::write(log, before + &lines.collect::<String>()).unwrap();
}

fn wait_for(server: &mut Server, texts: &[&str]) {
    let waited = server.wait_until(PATIENCE, |server| {
        let log = server.logged()?;
        Ok(texts.iter().all(|text| log.contains(text)))
    });
    waited.unwrap();
}

#[test]
fn a_name_that_nobody_answers_for_holds_up_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let jails = [
        ("names", "usedns = yes"),
        ("lists", "ignoreip = 192.0.2.3 hang.lists.example"),
        ("other", ""),
    ];
    let mut server = start(folder.path(), &jails);
    fail(&server, "names", &["hang.names.example", "192.0.2.1"]);
    fail(&server, "lists", &["192.0.2.2", "192.0.2.3"]);
    fail(&server, "other", &["192.0.2.4"]);
    let first = [
        "[names] Ban 192.0.2.1",
        "[lists] Ignore 192.0.2.3 by ip",
        "[other] Ban 192.0.2.4",
    ];
    wait_for(&mut server, &first);
    ours::client(&server.endpoint, &["status", "lists"])
        .unwrap()
        .success()
        .unwrap();
    // A name without an answer ignores nobody, and what waited for it counts.
    wait_for(&mut server, &["[lists] Ban 192.0.2.2"]);
    let log = server.logged().unwrap();
    let place = |text: &str| log.find(text).unwrap();
    let given_up = place("Unable to find a corresponding IP address for hang.lists.example");
    assert!(given_up < place("[lists] Ban 192.0.2.2"), "{log}");
    for text in first {
        assert!(place(text) < given_up, "{log}");
    }
    assert_eq!(log.matches("[lists] Found 192.0.2.2").count(), 2, "{log}");
}

#[test]
fn a_command_that_hangs_holds_up_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let command = "ignorecommand = case <ip> in 192.0.2.9) sleep 1000;; esac; \
                   while ! test -e {folder}/go; do sleep 0.1; done; exit 1";
    let mut server = start(folder.path(), &[("asks", command), ("other", "")]);
    fail(&server, "asks", &["192.0.2.1", "2001:db8::1", "192.0.2.9"]);
    fail(&server, "other", &["192.0.2.2"]);
    wait_for(&mut server, &["[other] Ban 192.0.2.2"]);
    let log = server.logged().unwrap();
    assert!(!log.contains("[asks] "), "{log}");
    fs::write(server.log.with_file_name("go"), "").unwrap();
    wait_for(
        &mut server,
        &["[asks] Ban 192.0.2.1", "[asks] Ban 2001:db8::1"],
    );
    let log = server.logged().unwrap();
    assert!(!log.contains("192.0.2.9"), "{log}");
    // Nor does it keep the server from ending.
    server.stop(&Oracle::new(Version::V1_1_1).unwrap()).unwrap();
}
