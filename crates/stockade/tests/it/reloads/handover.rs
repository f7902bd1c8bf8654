//! Single reloads: who takes over from whom.

use std::fs;

use crate::server::{Server, Setup, failed_login, failed_logins};

const ATTACKER: &str = "192.0.2.11";
const OTHER: &str = "192.0.2.12";

/// An action whose commands write down what the kernel holds at that moment.
const RECORD: &str = "[Definition]\n\
    actionstart = echo start >> {folder}/record\n\
    actionstop = echo stop >> {folder}/record\n\
    actionban = echo ban <ip> <restored> $(nft list ruleset | grep -c '<ip> ') >> {folder}/record\n\
    actionunban = echo unban <ip> $(nft list ruleset | grep -c '<ip> ') >> {folder}/record\n\
    [Init]\nnorestored = \n";

/// A server with the action `record`, before it is started.
fn prepare(setup: Setup) -> Server {
    let server = setup.prepare();
    let folder = server.path("");
    let folder = folder.to_str().unwrap().trim_end_matches('/');
    let text = RECORD.replace("{folder}", folder);
    fs::write(server.path("config/action.d/record.conf"), text).unwrap();
    server
}

impl Server {
    /// Puts other lines into `jail.local`, and reloads; both are told as the client does.
    fn configure(&self, jail: &str, words: &[&str]) {
        let folder = self.path("");
        let folder = folder.to_str().unwrap().trim_end_matches('/');
        let text = format!("[sshd]\nlogpath = {folder}/auth.log\n{jail}\n");
        fs::write(self.path("config/jail.local"), text).unwrap();
        let told = self.configured_client(words);
        assert_eq!(told.code, Some(0), "{told:?}\n{}", self.story());
    }

    fn record(&self) -> String {
        fs::read_to_string(self.path("record")).unwrap_or_default()
    }

    fn is_in_kernel(&self, address: &str) -> bool {
        let ruleset = self.kit().server().ruleset().unwrap();
        ruleset.contains(&format!("{address} timeout"))
    }
}

#[test]
fn a_ban_goes_from_the_kernel_to_a_command_and_back_and_is_never_without_one() {
    let mut server = prepare(Setup::sshd(""));
    server.start();
    server.append(&failed_logins(ATTACKER, 5));
    server.wait_for_log("[sshd] Ban 192.0.2.11");
    server.configure("action = record", &["reload"]);
    // The command had banned before the kernel let go.
    server.wait_until("the kernel lets go", || !server.is_in_kernel(ATTACKER));
    assert_eq!(server.record(), "start\nban 192.0.2.11 1 1\n");
    server.configure("", &["reload"]);
    // The kernel held the ban before the command lifted it.
    let story = "start\nban 192.0.2.11 1 1\nunban 192.0.2.11 1\nstop\n";
    server.wait_until("the command has ended", || server.record() == story);
    assert!(server.is_in_kernel(ATTACKER));
    server.append(&failed_logins(OTHER, 5));
    server.wait_for_log("[sshd] Ban 192.0.2.12");
    assert_eq!(server.record(), story);
    assert_eq!(server.banned(), [ATTACKER, OTHER]);
}

#[test]
fn an_action_that_tells_people_is_not_told_again_of_bans_that_stand() {
    let mut server = prepare(Setup::sshd("action = stockade"));
    server.start();
    server.append(&failed_logins(ATTACKER, 5));
    server.wait_for_log("[sshd] Ban 192.0.2.11");
    server.configure("action = stockade\n record[norestored=1]", &["reload"]);
    server.append(&failed_logins(OTHER, 5));
    server.wait_until("the ban that is new", || {
        server.record() == "start\nban 192.0.2.12 0 1\n"
    });
    assert!(server.is_in_kernel(ATTACKER) && server.is_in_kernel(OTHER));
}

#[test]
fn a_jail_that_begins_anew_starts_its_actions_again_and_the_kernel_holds_its_bans_meanwhile() {
    let mut server = prepare(Setup::sshd("action = stockade\n record"));
    server.start();
    server.append(&failed_logins(ATTACKER, 5));
    server.wait_for_log("[sshd] Ban 192.0.2.11");
    server.configure(
        "action = stockade\n record",
        &["reload", "--restart", "sshd"],
    );
    server.wait_until("all is done again", || {
        server.record()
            == "start\nban 192.0.2.11 0 1\nunban 192.0.2.11 1\nstop\nstart\nban 192.0.2.11 1 1\n"
    });
    assert!(server.is_in_kernel(ATTACKER));
    server.wait_for_log("[sshd] Restore Ban 192.0.2.11");
}

#[test]
fn a_jail_that_was_broken_is_started_by_the_reload_that_mends_it() {
    let other = "[other]\nenabled = true\nfilter = sshd\nlogpath = {folder}/auth.log\n";
    let mut server = Setup::new(&format!(
        "{other}[sshd]\nlogpath = {{folder}}/auth.log\nmaxretry = many"
    ))
    .prepare();
    server.start();
    let state = |server: &Server| server.status_json()["jails"]["sshd"]["state"].clone();
    assert_eq!(state(&server), "broken");
    server.append(&failed_logins(ATTACKER, 5));
    server.configure("maxretry = 5", &["reload"]);
    server.wait_for_log("[sshd] Ban 192.0.2.11");
    assert_eq!(state(&server), "running");
    assert!(server.is_in_kernel(ATTACKER));
}

/// A jail whose `ignorecommand` does not answer about `OTHER` until there is a file `go`.
fn with_a_slow_command() -> Server {
    let command = "[ <ip> = 192.0.2.12 ] || exit 1; \
        while [ ! -e {folder}/go ]; do sleep 0.02; done; exit 1";
    let cache = "ignorecache = key=\"<ip>\", max-count=100, max-time=5m";
    let mut server = Setup::sshd(&format!("ignorecommand = {command}\n{cache}")).prepare();
    server.start();
    // Of this one it is known from now on.
    server.append(&failed_logins(ATTACKER, 1));
    server.wait_for_log("[sshd] Found 192.0.2.11");
    server
}

fn found(server: &Server, address: &str) -> usize {
    server
        .log()
        .matches(&format!("[sshd] Found {address}"))
        .count()
}

#[test]
fn a_failure_that_waits_for_an_answer_is_not_lost_by_a_kill_and_the_others_count_once() {
    let mut server = with_a_slow_command();
    let [known, waits] = [ATTACKER, OTHER].map(failed_login);
    server.append(&[&known, &known, &waits, &known]);
    server.wait_until("what need not wait counts", || {
        found(&server, ATTACKER) == 4
    });
    assert_eq!(found(&server, OTHER), 0);
    server.kill_nine();
    fs::write(server.path("go"), "").unwrap();
    server.start();
    server.wait_until("what waited counts", || found(&server, OTHER) == 1);
    // One more is the fifth: had others been counted twice, it would be banned by now.
    server.append(&[waits]);
    server.wait_until("it goes on", || found(&server, OTHER) == 2);
    assert!(server.banned().is_empty(), "{}", server.story());
    server.append(&[known]);
    server.wait_for_log("[sshd] Ban 192.0.2.11");
    let failures = "SELECT json_extract(data, '$.failures') FROM bans";
    assert_eq!(server.sql(failures), "5\n");
}

#[test]
fn a_failure_that_waits_for_an_answer_is_not_lost_when_its_jail_begins_anew() {
    let server = with_a_slow_command();
    let [known, waits] = [ATTACKER, OTHER].map(failed_login);
    server.append(&[&waits, &known, &waits]);
    server.wait_until("what need not wait counts", || {
        found(&server, ATTACKER) == 2
    });
    let told = server.configured_client(&["reload", "--restart", "sshd"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    server.append(&[&known]);
    server.wait_until("it reads on", || found(&server, ATTACKER) == 3);
    assert_eq!(found(&server, OTHER), 0);
    fs::write(server.path("go"), "").unwrap();
    server.wait_until("what waited counts", || found(&server, OTHER) == 2);
    let tallies = "SELECT id, failures FROM stockade_tally ORDER BY id";
    let expected = "192.0.2.11|3\n192.0.2.12|2\n";
    server.wait_until("it is on disk", || server.sql(tallies) == expected);
}

/// An action that begins when it is let.
const GATED: &str = "[Definition]\n\
    actionstart = echo begin >> {folder}/record\n\
    \x20             until rm {folder}/gate 2>/dev/null; do sleep 0.01; done\n\
    actionban = true\n\
    actionunban = true\n";

/// Each of the four comes while the one before it is under way.
#[test]
fn a_hand_over_that_is_out_of_date_does_not_end_the_hold_of_the_kernel() {
    let mut server = prepare(Setup::sshd(""));
    let folder = server.path("");
    let folder = folder.to_str().unwrap().trim_end_matches('/').to_owned();
    let text = GATED.replace("{folder}", &folder);
    fs::write(server.path("config/action.d/gated.conf"), text).unwrap();
    server.start();
    server.append(&failed_logins(ATTACKER, 5));
    server.wait_for_log("[sshd] Ban 192.0.2.11");
    // A signal does not wait for what actions do.
    for (count, actions) in [(1, "action = gated"), (2, ""), (3, "action = gated")] {
        let text = format!("[sshd]\nlogpath = {folder}/auth.log\n{actions}\n");
        fs::write(server.path("config/jail.local"), text).unwrap();
        server.signal("HUP");
        server.wait_until("the reload", || {
            server.log().matches("Reload finished.").count() == count
        });
    }
    let begun = |count: usize| server.record().matches("begin").count() == count;
    server.wait_until("the command begins", || begun(1));
    fs::write(server.path("gate"), "").unwrap();
    // The first hand-over is told before the second command begins.
    server.wait_until("the command begins again", || begun(2));
    server.ask(&["ping"]);
    assert!(server.is_in_kernel(ATTACKER), "{}", server.story());
    fs::write(server.path("gate"), "").unwrap();
    server.wait_until("the kernel lets go", || !server.is_in_kernel(ATTACKER));
}
