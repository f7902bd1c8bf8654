//! What other programs take away from our table, and how it comes back.

use std::process::Child;
use std::time::Duration;

use kernel_kit::{ATTACKERS4, ATTACKERS6, SERVER4, SERVER6};

use crate::server::{Server, Setup, comes_about};

const CHANGED: &str = "WARNING The table inet stockade was changed by another program";

/// A server with four bans; one of a network.
fn four_bans(options: &str) -> Server {
    let server = Setup::sshd(options).start();
    let bans = [
        "192.0.2.11",
        "192.0.2.12",
        "2001:db8::11",
        "198.51.100.0/24",
    ];
    server.ask(&[&["set", "sshd", "banip"][..], &bans].concat());
    assert_eq!(held(&server), 4);
    server
}

/// How many bans the kernel holds.
fn held(server: &Server) -> usize {
    let ruleset = server.kit().server().ruleset().unwrap();
    let is_whole = ruleset.matches(" drop\n").count() == 4;
    if is_whole { server.timeouts().len() } else { 0 }
}

fn cannot_connect(server: &Server) {
    let attacker = server.kit().attacker();
    attacker.cannot_connect(ATTACKERS4[0], SERVER4, 22).unwrap();
    attacker.cannot_connect(ATTACKERS6[0], SERVER6, 22).unwrap();
    attacker.can_connect(ATTACKERS4[2], SERVER4, 22).unwrap();
}

/// What another program does, and what of it is told. Those in quick succession are told less and less,
/// so each server meets only three.
#[test]
fn whatever_another_program_takes_away_is_put_back_and_told_once() {
    let all = "it is made again, 4 ban(s) are put back\n";
    let reload = "flush ruleset\ntable inet mine {\n chain c { counter; }\n}";
    let tables = [
        ("flush ruleset", all),
        ("delete table inet stockade", all),
        (reload, all),
    ];
    let parts = [
        (
            "flush chain inet stockade prerouting",
            "it is made again, 0 ban(s) are put back\n",
        ),
        (
            "flush set inet stockade addr-set-sshd",
            "program: 2 ban(s) are put back\n",
        ),
        (
            "delete element inet stockade net-set-sshd { 198.51.100.0/24 }",
            "program: 1 ban(s) are put back\n",
        ),
    ];
    std::thread::scope(|threads| {
        for cases in [tables, parts] {
            threads.spawn(move || check(&cases));
        }
    });
}

fn check(cases: &[(&str, &str)]) {
    let server = four_bans("bantime = 600");
    let _listener = server.kit().server().listen(&[22]).unwrap();
    for (what, told) in cases {
        let before = server.log().len();
        server.kit().server().nft(what).unwrap();
        server.wait_until(what, || held(&server) == 4);
        let since = || server.log().split_off(before);
        server.wait_until(told, || since().contains(told));
        cannot_connect(&server);
        assert_eq!(since().matches(CHANGED).count(), 1, "{what}: {}", since());
    }
    assert!(!server.log().contains("ERROR"), "{}", server.log());
    server.wait_until("all are claimed", || {
        server.status_json()["jails"]["sshd"]["enforcement"]["in_kernel"] == 4
    });
}

fn is_fight(log: &str) -> bool {
    log.contains("is changed by another program again and again")
}

#[test]
fn an_old_ruleset_that_is_put_back_brings_no_old_bans() {
    let server = four_bans("bantime = 600");
    let old = server.kit().server().ruleset().unwrap();
    server.ask(&["set", "sshd", "unbanip", "192.0.2.12"]);
    server.ask(&["set", "sshd", "banip", "192.0.2.13"]);
    server
        .kit()
        .server()
        .nft(&format!("flush ruleset\n{old}"))
        .unwrap();
    server.wait_for_log(CHANGED);
    let ruleset = server.kit().server().ruleset().unwrap();
    assert!(ruleset.contains("192.0.2.13 timeout"), "{ruleset}");
    assert!(!ruleset.contains("192.0.2.12"), "{ruleset}");
    assert_eq!(held(&server), 4);
    let told = "1 ban(s) are put back, 1 that nothing explains are removed";
    server.wait_for_log(told);
}

/// What our own many changes say is not taken for another program's.
#[test]
fn our_own_bans_are_no_news_and_come_back_by_thousands() {
    let server = four_bans("bantime = 600");
    for part in 0..4 {
        let many: Vec<String> = (0..2_000)
            .map(|n| format!("10.{part}.{}.{}", n / 250, n % 250))
            .collect();
        let mut words = vec!["set", "sshd", "banip"];
        words.extend(many.iter().map(String::as_str));
        server.ask(&words);
    }
    assert!(!server.log().contains(CHANGED), "{}", server.story());
    server.kit().server().nft("flush ruleset").unwrap();
    server.wait_until("all bans", || held(&server) == 8_004);
    server.wait_for_log("it is made again, 8004 ban(s) are put back");
}

#[test]
fn as_long_as_the_table_cannot_be_made_again_no_ban_is_claimed() {
    let server = four_bans("bantime = 600");
    let enforced =
        |server: &Server| server.status_json()["jails"]["sshd"]["enforcement"]["in_kernel"].clone();
    let foreign = "flush ruleset\ntable inet stockade {\n chain prerouting {\n \
                   type filter hook input priority 0\n }\n}";
    server.kit().server().nft(foreign).unwrap();
    server.wait_until("no ban is claimed", || enforced(&server) == 0);
    assert_eq!(server.stockade(&["status"]).code, Some(1));
    server.kit().server().nft("flush ruleset").unwrap();
    server.wait_until("all bans", || held(&server) == 4);
    server.wait_until("all are claimed", || enforced(&server) == 4);
}

/// A network inside one that is banned has no place of its own. That is no other program's doing.
#[test]
fn a_ban_that_has_no_place_is_not_put_back_again_and_again() {
    let server = four_bans("bantime = 600");
    let _listener = server.kit().server().listen(&[22]).unwrap();
    server.ask(&["set", "sshd", "banip", "198.51.100.0/25"]);
    for count in 1..=2 {
        server.kit().server().nft("flush ruleset").unwrap();
        server.wait_until("the wide network", || {
            let ruleset = server.kit().server().ruleset().unwrap();
            ruleset.contains("198.51.100.0/24")
        });
        // This takes seconds.
        cannot_connect(&server);
        server.wait_until("told once more", || {
            server.log().matches("The table inet stockade").count() == count
        });
    }
    server.ask(&["set", "sshd", "unbanip", "198.51.100.0/24"]);
    server.wait_until("the narrow network", || {
        let ruleset = server.kit().server().ruleset().unwrap();
        let status = server.status_json();
        ruleset.contains("198.51.100.0/25")
            && status["jails"]["sshd"]["enforcement"]["in_kernel"] == 4
    });
}

struct Storm(Child);

impl Drop for Storm {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A firewall manager that writes its whole ruleset again and again, and thinks that it is alone.
#[test]
fn a_program_that_flushes_without_end_is_not_fought_without_end() {
    let server = four_bans("bantime = 600");
    let again = "while :; do nft flush ruleset; nft add table inet mine; sleep 0.02; done";
    let mut storm = server.kit().server().command("setpriv");
    storm.args(["--pdeathsig", "KILL", "sh", "-c", again]);
    let storm = Storm(storm.spawn().unwrap());
    let fights = comes_about(Duration::from_secs(20), || is_fight(&server.log()));
    assert!(fights, "{}", server.story());
    // New bans are taken, and wait for the table like the others.
    assert_eq!(server.ask(&["set", "sshd", "banip", "192.0.2.14"]), "1\n");
    let warnings = server.log().matches("WARNING The table").count();
    assert!(warnings <= 6, "{}", server.log());
    assert!(!server.log().contains("ERROR"), "{}", server.log());
    drop(storm);
    // It ends in peace.
    server.wait_until("all bans", || held(&server) == 5);
}
