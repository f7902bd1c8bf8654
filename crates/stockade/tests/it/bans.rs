//! Who can connect, and who no longer can.

use std::net::IpAddr;

use kernel_kit::{ATTACKERS4, ATTACKERS6, CONTAINER4, CONTAINER6, Kit, SERVER4, SERVER6};

use crate::server::{Server, Setup, failed_logins};

impl Server {
    fn can_connect(&self, from: impl Into<IpAddr>, to: impl Into<IpAddr>) {
        let proven = self.kit().attacker().can_connect(from, to, 22);
        proven.unwrap_or_else(|error| panic!("{error}\n{}", self.story()));
    }

    fn is_refused(&self, from: impl Into<IpAddr>, to: impl Into<IpAddr>) {
        let proven = self.kit().attacker().is_refused(from, to, 22);
        proven.unwrap_or_else(|error| panic!("{error}\n{}", self.story()));
    }

    fn cannot_connect(&self, from: impl Into<IpAddr>, to: impl Into<IpAddr>) {
        let proven = self.kit().attacker().cannot_connect(from, to, 22);
        proven.unwrap_or_else(|error| panic!("{error}\n{}", self.story()));
    }
}

#[test]
fn an_address_is_out_at_the_fifth_failure_and_in_again_after_bantime() {
    let server = Setup::sshd("bantime = 9").start();
    let _listener = server.kit().server().listen(&[22]).unwrap();
    let attackers: [(IpAddr, IpAddr); 2] = [
        (ATTACKERS4[0].into(), SERVER4.into()),
        (ATTACKERS6[0].into(), SERVER6.into()),
    ];
    for (attacker, _) in attackers {
        server.append(&failed_logins(attacker, 4));
    }
    server.wait_until("four failures of each", || {
        server.log().matches("Found").count() == 8
    });
    for (attacker, own) in attackers {
        server.can_connect(attacker, own);
    }
    assert!(!server.log().contains("Ban "));
    for (attacker, _) in attackers {
        server.append(&failed_logins(attacker, 1));
    }
    for (attacker, own) in attackers {
        server.wait_for_log(&format!("[sshd] Ban {attacker}\n"));
        server.cannot_connect(attacker, own);
    }
    println!("{}", server.kit().server().ruleset().unwrap());
    server.can_connect(ATTACKERS4[1], SERVER4);
    server.can_connect(ATTACKERS4[4], SERVER4);
    server.can_connect(ATTACKERS6[1], SERVER6);
    for (attacker, own) in attackers {
        server.wait_for_log(&format!("[sshd] Unban {attacker}\n"));
        server.can_connect(attacker, own);
    }
    assert!(server.banned().is_empty());
}

#[test]
fn the_kernel_alone_ends_the_bans_of_a_dead_server() {
    // Long enough for a busy machine to kill it before they end.
    let mut server = Setup::sshd("bantime = 4").start();
    let _listener = server.kit().server().listen(&[22]).unwrap();
    server.append(&failed_logins(ATTACKERS4[0], 5));
    server.append(&failed_logins(ATTACKERS6[0], 5));
    server.wait_for_log(&format!("[sshd] Ban {}\n", ATTACKERS6[0]));
    server.kill_nine();
    // The kernel waits five seconds longer than we would.
    let timeouts = server.timeouts();
    assert_eq!(timeouts.len(), 2, "{timeouts:?}");
    assert!(timeouts.iter().all(|timeout| *timeout <= 9), "{timeouts:?}");
    server.cannot_connect(ATTACKERS4[0], SERVER4);
    server.cannot_connect(ATTACKERS6[0], SERVER6);
    server.wait_until("no address left in the kernel", || {
        server.timeouts().is_empty()
    });
    server.can_connect(ATTACKERS4[0], SERVER4);
    server.can_connect(ATTACKERS6[0], SERVER6);
    // The next server knows that they are over, and that the same addresses may be banned again.
    server.start();
    server.append(&failed_logins(ATTACKERS4[0], 5));
    server.wait_until("a second ban", || {
        server.log().matches("[sshd] Ban 192.0.2.11\n").count() == 2
    });
    assert!(!server.log().contains("Restore"), "{}", server.story());
    assert_eq!(server.sql("SELECT count(*) FROM bans"), "3\n");
}

#[test]
fn an_open_connection_of_a_banned_address_dies() {
    let server = Setup::sshd("").start();
    let _listener = server.kit().server().listen(&[22]).unwrap();
    let converse = |from: IpAddr, to: IpAddr| server.kit().attacker().converse(from, to, 22);
    let mut first = converse(ATTACKERS4[0].into(), SERVER4.into()).unwrap();
    let mut second = converse(ATTACKERS6[0].into(), SERVER6.into()).unwrap();
    let mut other = converse(ATTACKERS4[1].into(), SERVER4.into()).unwrap();
    first.carries().unwrap();
    second.carries().unwrap();
    server.append(&failed_logins(ATTACKERS4[0], 5));
    server.append(&failed_logins(ATTACKERS6[0], 5));
    server.wait_for_log(&format!("[sshd] Ban {}\n", ATTACKERS6[0]));
    first.is_silent().unwrap();
    second.is_silent().unwrap();
    other.carries().unwrap();
}

#[test]
fn a_container_behind_the_server_is_closed_as_well() {
    let kit = Kit::with_container().unwrap();
    let server = Setup::sshd("").kit(kit).start();
    let _listener = server.kit().container().unwrap().listen(&[22]).unwrap();
    let converse = |from: IpAddr, to: IpAddr| server.kit().attacker().converse(from, to, 22);
    let mut open = converse(ATTACKERS4[0].into(), CONTAINER4.into()).unwrap();
    open.carries().unwrap();
    server.can_connect(ATTACKERS6[0], CONTAINER6);
    server.append(&failed_logins(ATTACKERS4[0], 5));
    server.append(&failed_logins(ATTACKERS6[0], 5));
    server.wait_for_log(&format!("[sshd] Ban {}\n", ATTACKERS6[0]));
    open.is_silent().unwrap();
    server.cannot_connect(ATTACKERS4[0], CONTAINER4);
    server.cannot_connect(ATTACKERS6[0], CONTAINER6);
    server.can_connect(ATTACKERS4[1], CONTAINER4);
    server.can_connect(ATTACKERS6[1], CONTAINER6);
}

#[test]
fn a_ban_closes_only_the_ports_of_its_jail() {
    let server = Setup::sshd("").start();
    let _listener = server.kit().server().listen(&[22, 80]).unwrap();
    server.ask(&["set", "sshd", "banip", &ATTACKERS4[0].to_string()]);
    server.cannot_connect(ATTACKERS4[0], SERVER4);
    let attacker = server.kit().attacker();
    attacker.can_connect(ATTACKERS4[0], SERVER4, 80).unwrap();
}

#[test]
fn who_is_banned_before_a_jail_starts_is_banned_by_its_actions_then() {
    let server = Setup::sshd("").start();
    let mark = server.path("banned");
    let command = format!("echo <ip> >> {}", mark.display());
    for words in [
        &["add", "hand", "polling"][..],
        &["set", "hand", "addaction", "mark"],
        &["set", "hand", "action", "mark", "actionban", &command],
        &["set", "hand", "banip", "192.0.2.1"],
        &["set", "hand", "banip", "192.0.2.2"],
        &["set", "hand", "unbanip", "192.0.2.1"],
        &["start", "hand"],
        &["set", "hand", "banip", "192.0.2.3"],
    ] {
        assert_eq!(server.client(words).code, Some(0), "{words:?}");
    }
    let banned = std::fs::read_to_string(mark).unwrap_or_default();
    assert_eq!(banned, "192.0.2.2\n192.0.2.3\n", "{}", server.story());
}

#[test]
fn a_banned_network_is_out_and_an_unban_lets_it_in() {
    let server = Setup::sshd("").start();
    let _listener = server.kit().server().listen(&[22]).unwrap();
    let check = |net: &str, inside: IpAddr, outside: IpAddr, own: IpAddr| {
        server.ask(&["set", "sshd", "banip", net]);
        server.cannot_connect(inside, own);
        server.can_connect(outside, own);
        server.ask(&["set", "sshd", "unbanip", net]);
        server.can_connect(inside, own);
    };
    let (own4, own6) = (SERVER4.into(), SERVER6.into());
    let [one4, .., other4] = ATTACKERS4.map(IpAddr::from);
    check("198.51.100.0/24", other4, one4, own4);
    let [one6, other6, ..] = ATTACKERS6.map(IpAddr::from);
    check("2001:db8::11/128", one6, other6, own6);
    check("2001:db8::12/127", other6, one6, own6);
}

#[test]
fn a_banned_address_is_told_what_blocktype_says() {
    let mut server = Setup::sshd("banaction = stockade[blocktype=reject]").start();
    let _listener = server.kit().server().listen(&[22]).unwrap();
    server.ask(&["set", "sshd", "banip", "192.0.2.11", "2001:db8::11"]);
    server.is_refused(ATTACKERS4[0], SERVER4);
    server.is_refused(ATTACKERS6[0], SERVER6);
    server.can_connect(ATTACKERS4[1], SERVER4);
    let property = ["set", "sshd", "action", "stockade", "blocktype"];
    server.ask(&[&property[..], &["REJECT --reject-with tcp-reset"]].concat());
    server.is_refused(ATTACKERS4[0], SERVER4);
    server.ask(&[&property[..], &["drop"]].concat());
    server.cannot_connect(ATTACKERS4[0], SERVER4);
    // One that means nothing changes nothing, and it is said where it stands and what would do.
    let wrong = "[sshd]\naction = stockade[blocktype=dorp]\n";
    std::fs::write(server.path("config/jail.local"), wrong).unwrap();
    let told = server.configured_client(&["reload"]);
    assert_eq!(told.code, Some(255), "{told:?}");
    let all = format!("{}{}", told.stdout, told.stderr);
    for expected in [
        "/config/jail.local:2: `blocktype = dorp`: unknown blocktype",
        "(hint: write `drop`, `reject`,",
        "nothing was changed",
    ] {
        assert!(all.contains(expected), "{expected}\n{all}");
    }
    server.cannot_connect(ATTACKERS4[0], SERVER4);
    // At a start there is nothing older to go on with, and that is said.
    server.restart();
    let told = "Failed to start jail 'sshd' action 'stockade': ";
    server.wait_for_log(told);
    server.wait_for_log("/config/jail.local:2: `blocktype = dorp`");
}

/// Whatever moves the end of a ban.
#[test]
fn every_change_of_an_end_reaches_the_kernel() {
    let server = Setup::sshd("bantime = 600\nfindtime = 600").start();
    let ends = |expected: std::ops::RangeInclusive<u64>| {
        let timeouts = server.timeouts();
        let fits = timeouts.iter().all(|timeout| expected.contains(timeout));
        assert!(
            fits && timeouts.len() == 1,
            "{timeouts:?}\n{}",
            server.story()
        );
    };
    server.ask(&["set", "sshd", "banip", "192.0.2.11"]);
    ends(600..=606);
    for (bantime, expected) in [
        ("1200", 1190..=1206),
        ("3155760000", 1_999_999_990..=2_000_000_000),
        ("900", 880..=906),
    ] {
        server.ask(&["set", "sshd", "bantime", bantime]);
        ends(expected);
    }
    let reload = |bantime: &str| {
        let path = server.path("config/jail.local");
        let jail = std::fs::read_to_string(&path).unwrap();
        let jail = jail.replace("bantime = 600", &format!("bantime = {bantime}"));
        std::fs::write(&path, jail).unwrap();
        let told = server.configured_client(&["reload"]);
        assert_eq!(told.code, Some(0), "{told:?}");
    };
    reload("1500");
    ends(1480..=1506);
    // Banned once more it is as long as a new ban, if that is longer.
    server.ask(&["set", "sshd", "bantime", "-1"]);
    server.ask(&["set", "sshd", "banip", "192.0.2.11"]);
    let set = ["list", "set", "inet", "stockade", "addr-set-sshd"];
    let listed = server.kit().server().run("nft", &set).unwrap();
    assert!(listed.contains("elements = { 192.0.2.11 }"), "{listed}");
}

/// A ban that counts its way up is longer than `bantime` in the kernel as well.
#[test]
fn a_ban_that_is_increased_is_as_long_in_the_kernel() {
    let increment = "bantime.increment = true\nbantime.multipliers = 1 30";
    let server = Setup::sshd(&format!("bantime = 2\n{increment}")).start();
    for (count, expected) in [(1, 1..=7), (2, 30..=65)] {
        server.append(&failed_logins(ATTACKERS4[0], 5));
        server.wait_until("the ban", || {
            server.log().matches("[sshd] Ban 192.0.2.11\n").count() == count
        });
        let timeouts = server.timeouts();
        let fits = timeouts.iter().all(|timeout| expected.contains(timeout));
        assert!(
            fits && timeouts.len() == 1,
            "{timeouts:?}\n{}",
            server.story()
        );
        if count == 1 {
            server.wait_for_log("[sshd] Unban 192.0.2.11\n");
        }
    }
}

#[test]
fn after_a_restart_the_kernel_holds_networks_as_before() {
    let mut server = Setup::sshd("bantime = 600").start();
    let dressed = "::ffff:198.51.100.0/120";
    server.ask(&["set", "sshd", "banip", "10.0.0.0/8", "10.0.0.0/16", dressed]);
    let check = |server: &Server| {
        server.wait_caught_up();
        server.wait_until("the networks", || {
            let ruleset = server.kit().server().ruleset().unwrap();
            ruleset.contains("10.0.0.0/8") && ruleset.contains("198.51.100.0/24")
        });
        let enforcement = &server.status_json()["jails"]["sshd"]["enforcement"];
        assert_eq!(enforcement["in_kernel"], 2, "{enforcement}");
    };
    check(&server);
    server.restart();
    check(&server);
    server.stop();
    assert!(
        !server.log().contains("nothing explains"),
        "{}",
        server.log()
    );
    server.start();
    check(&server);
}

/// What the jail before it had in the kernel is not left there.
#[test]
fn a_jail_that_is_restarted_with_a_shorter_bantime_lets_go_who_is_over() {
    let server = Setup::sshd("bantime = 600").start();
    server.ask(&["set", "sshd", "banip", "192.0.2.11"]);
    let path = server.path("config/jail.local");
    let jail = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, jail.replace("bantime = 600", "bantime = 1")).unwrap();
    server.wait_until("the ban is older than that", || {
        server.timeouts_left().iter().all(|left| *left <= 603)
    });
    let told = server.configured_client(&["restart", "sshd"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    server.wait_until("the element is gone", || server.timeouts().is_empty());
    assert!(server.banned().is_empty());
}

#[test]
fn what_a_native_action_cannot_do_is_told_and_lifts_no_ban() {
    let action = "action = stockade[port=22]\n  stockade[port=80, actname=second]";
    let server = Setup::sshd(action).start();
    server.ask(&["set", "sshd", "banip", "192.0.2.11"]);
    let status = &server.status_json()["jails"]["sshd"];
    assert_eq!(status["state"], "degraded");
    let problem = "action 'second' bans nobody: a jail has one native action, which is 'stockade'";
    assert!(status["problem"].as_str().unwrap().contains(problem));
    server.wait_for_log(problem);
    for port in ["22", "2222"] {
        let ruleset = server.kit().server().ruleset().unwrap();
        assert!(ruleset.contains(&format!("tcp dport {port} ")), "{ruleset}");
        assert_eq!(server.timeouts().len(), 1);
        server.ask(&["set", "sshd", "action", "stockade", "port", "sssh"]);
        server.wait_for_log("`port = sssh`: unknown port \"sssh\"; what it did before goes on");
        server.ask(&["set", "sshd", "action", "stockade", "port", "2222"]);
    }
}
