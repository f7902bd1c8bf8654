//! Actions that put bans into sets of nftables with a command: the server does that itself, all else is
//! run.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use kernel_kit::{ATTACKERS4, ATTACKERS6, SERVER4, SERVER6};

use crate::server::{Server, Setup, failed_logins};

/// An action of this test, in the form that is known.
const ACTION: &str = r"[Definition]
actionstart = nft add table inet walls
              nft add chain inet walls entry \{ type filter hook input priority 0 \; \}
              nft add set inet walls <set> \{ type <kind> \; <flags> \}
              nft add rule inet walls entry <tongue> saddr @<set> tcp dport <port> drop
actionflush = nft flush set inet walls <set>
actionstop = nft delete table inet walls
actioncheck = nft list chain inet walls entry | grep -q @<set>
actionban = nft add element inet walls <set> \{ <ip> \}
actionunban = nft delete element inet walls <set> \{ <ip> \}
[Init]
set = four
kind = ipv4_addr
tongue = ip
port = 22
flags =
[Init?family=inet6]
set = six
kind = ipv6_addr
tongue = ip6
";

/// A server whose jail uses that action; `nft` notes what it is run for.
fn setup(arguments: &str, options: &str) -> Server {
    let mut server = Setup::sshd(&format!("action = walls[{arguments}]\n{options}"))
        .prelude("PATH={folder}/bin:$PATH; export PATH")
        .prepare();
    fs::write(server.path("config/action.d/walls.conf"), ACTION).unwrap();
    fs::create_dir(server.path("bin")).unwrap();
    let (nft, ran) = (server.path("bin/nft"), server.path("ran"));
    let script = format!(
        "#!/bin/sh\nPATH=${{PATH#*:}}\necho \"$*\" >> {}\nexec nft \"$@\"\n",
        ran.display()
    );
    fs::write(&nft, script).unwrap();
    fs::set_permissions(nft, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(ran, "").unwrap();
    server.start();
    server
}

fn ran(server: &Server) -> String {
    fs::read_to_string(server.path("ran")).unwrap()
}

/// Waits until the sets hold exactly these, without a word between them: `192.0.2.11,2001:db8::11`.
fn wait_for_elements(server: &Server, expected: &[&str]) {
    server.wait_until(&format!("{expected:?} in the sets"), || {
        elements(server) == expected
    });
}

/// What the sets hold.
fn elements(server: &Server) -> Vec<String> {
    let ruleset = server.kit().server().ruleset_json().unwrap();
    let ruleset: serde_json::Value = serde_json::from_str(&ruleset).unwrap();
    let objects = ruleset["nftables"].as_array().unwrap().iter();
    let elements = objects.filter_map(|object| object["set"]["elem"].as_array());
    let mut elements: Vec<String> = elements
        .flatten()
        .map(|element| match element["prefix"]["addr"].as_str() {
            Some(address) => format!("{address}/{}", element["prefix"]["len"]),
            None => element.as_str().unwrap().to_owned(),
        })
        .collect();
    elements.sort();
    elements
}

fn enforcement(server: &Server) -> String {
    let status = &server.status_json()["jails"]["sshd"]["enforcement"];
    format!(
        "{} {} in, {} not",
        status["mode"].as_str().unwrap(),
        status["in_kernel"],
        status["not_enforced"]
    )
}

/// Waits until the server knows what the kernel holds.
fn wait_for_enforcement(server: &Server, expected: &str) {
    server.wait_until(expected, || enforcement(server) == expected);
}

#[test]
fn bans_are_put_into_sets_of_actions_without_a_process() {
    for flags in ["", r#"flags="flags interval \;""#] {
        let mut server = setup(flags, "");
        let kit = server.kit();
        let _listener = kit.server().listen(&[22]).unwrap();
        let (four, six) = (ATTACKERS4[0], ATTACKERS6[0]);
        server.append(&failed_logins(four, 5));
        server.append(&failed_logins(six, 5));
        wait_for_elements(&server, &["192.0.2.11", "2001:db8::11"]);
        let attacker = kit.attacker();
        attacker.cannot_connect(four, SERVER4, 22).unwrap();
        attacker.cannot_connect(six, SERVER6, 22).unwrap();
        attacker.can_connect(ATTACKERS4[1], SERVER4, 22).unwrap();
        wait_for_enforcement(&server, "adopted 2 in, 0 not");
        let shown = server.stockade(&["status", "sshd"]).stdout;
        assert!(
            shown.contains("2 in sets of actions (inet walls four, inet walls six)"),
            "{shown}"
        );

        server.ask(&["set", "sshd", "unbanip", "192.0.2.11"]);
        wait_for_elements(&server, &["2001:db8::11"]);
        attacker.can_connect(four, SERVER4, 22).unwrap();
        // A network fits only into a set of ranges.
        server.ask(&["set", "sshd", "banip", "198.51.100.0/24"]);
        let expected = if flags.is_empty() {
            wait_for_enforcement(&server, "adopted 1 in, 1 not");
            &["2001:db8::11"][..]
        } else {
            wait_for_enforcement(&server, "adopted 2 in, 0 not");
            &["198.51.100.0/24", "2001:db8::11"]
        };
        wait_for_elements(&server, expected);
        let ran = ran(&server);
        let by_command = ran.matches("add element").count() + ran.matches("delete element").count();
        assert_eq!(by_command > 0, flags.is_empty(), "{ran}");
        server.stop();
        assert_eq!(server.kit().server().ruleset().unwrap(), "");
    }
}

#[test]
fn with_native_no_every_command_is_run() {
    let mut server = setup("native=no", "");
    server.append(&failed_logins(ATTACKERS4[0], 5));
    wait_for_elements(&server, &["192.0.2.11"]);
    assert_eq!(
        server.status_json()["jails"]["sshd"]["enforcement"]["mode"],
        "commands"
    );
    server.ask(&["set", "sshd", "unbanip", "192.0.2.11"]);
    wait_for_elements(&server, &[]);
    let ran = ran(&server);
    assert!(
        ran.contains("add element inet walls four { 192.0.2.11 }\n"),
        "{ran}"
    );
    assert!(
        ran.contains("delete element inet walls four { 192.0.2.11 }\n"),
        "{ran}"
    );
    server.stop();
}

#[test]
fn what_another_program_took_away_is_put_back() {
    let mut server = setup("", "");
    let ids = ["192.0.2.11", "192.0.2.12", "2001:db8::11"];
    server.ask(&[&["set", "sshd", "banip"], &ids[..]].concat());
    wait_for_elements(&server, &ids);
    let losses = [
        "flush ruleset\n",
        "flush set inet walls four\n",
        "flush ruleset\ntable inet other {\nchain c {\ntype filter hook input priority 0;\n}\n}\n",
    ];
    for (place, loss) in losses.into_iter().enumerate() {
        server.kit().server().nft(loss).unwrap();
        server.wait_until(&format!("told of {loss}"), || {
            server.log().matches("Another program took ").count() == place + 1
        });
        wait_for_elements(&server, &ids);
    }
    server.wait_for_log(" took 2 ban(s) out of sets of actions: they are put back\n");
    wait_for_enforcement(&server, "adopted 3 in, 0 not");
    server
        .kit()
        .server()
        .nft("delete table inet other\n")
        .unwrap();
    server.stop();
    assert_eq!(server.kit().server().ruleset().unwrap(), "");
}

#[test]
fn in_a_set_that_only_nft_can_write_to_an_unban_runs_nothing_for_other_bans() {
    let mut server = setup(r#"flags="flags interval \; auto-merge \;""#, "");
    server.ask(&["set", "sshd", "banip", "192.0.2.11", "192.0.2.21"]);
    wait_for_enforcement(&server, "adopted 2 in, 0 not");
    let carried_out = || {
        let status = server.status_json();
        let count = &status["jails"]["sshd"]["commands"]["carried_out"];
        count.as_u64().unwrap()
    };
    let before = carried_out();
    server.ask(&["set", "sshd", "unbanip", "192.0.2.11"]);
    // What the command took out is news; it is looked at behind the unban.
    server.wait_until("the set was looked at", || carried_out() >= before + 2);
    assert_eq!(ran(&server).matches("add element").count(), 2);
    server.stop();
}

#[test]
fn after_a_crash_the_sets_hold_what_is_banned_and_nothing_else() {
    let mut server = setup("", "bantime = 1h");
    server.ask(&[
        "set",
        "sshd",
        "banip",
        "192.0.2.11",
        "192.0.2.12",
        "2001:db8::11",
    ]);
    wait_for_elements(&server, &["192.0.2.11", "192.0.2.12", "2001:db8::11"]);
    server.kill_nine();
    let element = "{ 192.0.2.99 }";
    let add = ["add", "element", "inet", "walls", "four", element];
    server.kit().server().run("nft", &add).unwrap();
    server.start();
    wait_for_elements(&server, &["192.0.2.11", "192.0.2.12", "2001:db8::11"]);
    server.wait_for_log(
        "[sshd] 1 ban(s) in the set `inet walls four` that nothing explains are removed",
    );
    wait_for_enforcement(&server, "adopted 3 in, 0 not");
    server.stop();
}

#[test]
fn many_bans_at_once_are_all_there_and_so_is_none_of_those_that_ended() {
    for flags in ["", r#"flags="flags interval \;""#] {
        let mut server = setup(flags, "bantime = 1h\nmaxretry = 1");
        let address = |number: usize| format!("10.1.{}.{}", number / 256, number % 256);
        let banned: Vec<String> = (0..3_000).map(address).collect();
        let lines: Vec<String> = banned
            .iter()
            .flat_map(|address| failed_logins(address, 1))
            .collect();
        server.append(&lines);
        wait_for_enforcement(&server, "adopted 3000 in, 0 not");
        let words = [
            &["set", "sshd", "unbanip"],
            &banned
                .iter()
                .take(2_990)
                .map(String::as_str)
                .collect::<Vec<_>>()[..],
        ]
        .concat();
        assert_eq!(server.ask(&words), "2990\n");
        let left: Vec<&str> = banned.iter().skip(2_990).map(String::as_str).collect();
        wait_for_elements(&server, &left);
        // Taken up again by another run, and again after a crash.
        server.stop();
        server.start();
        wait_for_elements(&server, &left);
        server.restart();
        wait_for_elements(&server, &left);
        assert!(!ran(&server).contains(" element "), "{}", ran(&server));
    }
}

#[test]
fn one_ban_that_cannot_be_put_back_holds_up_no_other() {
    let mut server = setup(r#"flags="flags interval \;""#, "");
    let ids = ["10.9.0.0/16", "192.0.2.11", "192.0.2.12"];
    server.ask(&["set", "sshd", "banip", "10.9.0.0/16", "192.0.2.11"]);
    // The kernel refuses what overlaps with another, and so does the command; that one is kept out already.
    server.ask(&["set", "sshd", "banip", "10.9.0.1", "192.0.2.12"]);
    wait_for_elements(&server, &ids);
    server.kit().server().nft("flush ruleset\n").unwrap();
    server.wait_for_log(" took 4 ban(s) out of sets of actions: they are put back\n");
    wait_for_elements(&server, &ids);
    wait_for_enforcement(&server, "adopted 4 in, 0 not");
    // It is held for itself once the network is not any more.
    server.ask(&["set", "sshd", "unbanip", "10.9.0.0/16"]);
    wait_for_elements(&server, &["10.9.0.1", "192.0.2.11", "192.0.2.12"]);
    wait_for_enforcement(&server, "adopted 3 in, 0 not");
    assert_eq!(server.log().matches("Another program ").count(), 1);
    server.stop();
}

#[test]
fn a_set_that_joins_ranges_is_left_to_its_commands_in_peace() {
    let mut server = setup(r#"flags="flags interval \; auto-merge \;""#, "bantime = 1h");
    server.ask(&["set", "sshd", "banip", "192.0.2.10", "192.0.2.11"]);
    wait_for_elements(&server, &["192.0.2.10/31"]);
    server.kit().server().nft("flush ruleset\n").unwrap();
    server.wait_for_log(" took 2 ban(s) out of sets of actions: they are put back\n");
    wait_for_elements(&server, &["192.0.2.10/31"]);
    // `nft` takes out what it joins and puts it in anew: that is no loss.
    let before = ran(&server).matches("add element").count();
    server.kill_nine();
    server.start();
    server.ask(&["set", "sshd", "banip", "192.0.2.13"]);
    wait_for_elements(&server, &["192.0.2.10/31", "192.0.2.13"]);
    assert_eq!(ran(&server).matches("add element").count() - before, 3);
    assert_eq!(server.log().matches("Another program ").count(), 1);
    assert!(!server.log().contains("left-over"), "{}", server.log());
    server.stop();
}

#[test]
fn a_set_holds_the_address_of_a_ban_that_is_called_otherwise() {
    let mut server = setup(
        "",
        r"bantime = 1h
failregex = Failed password for <F-ID>\w+</F-ID> from <ADDR>",
    );
    server.append(&failed_logins("192.0.2.11", 5));
    wait_for_elements(&server, &["192.0.2.11"]);
    server.kit().server().nft("flush ruleset\n").unwrap();
    server.wait_for_log(" took 1 ban(s) out of sets of actions: they are put back\n");
    wait_for_elements(&server, &["192.0.2.11"]);
    server.kill_nine();
    let add = ["add", "element", "inet", "walls", "four", "{ 192.0.2.99 }"];
    server.kit().server().run("nft", &add).unwrap();
    server.start();
    server.wait_for_log("[sshd] 1 ban(s) in the set `inet walls four` that nothing explains");
    wait_for_elements(&server, &["192.0.2.11"]);
    server.stop();
}

#[test]
fn a_jail_that_is_late_leaves_alone_what_others_put_into_a_shared_set() {
    let other = "[other]\nenabled = true\nfilter = sshd\nlogpath = auth.log\naction = walls";
    let mut server = setup("", &format!("bantime = 1h\n{other}"));
    server.ask(&["set", "sshd", "banip", "192.0.2.11"]);
    wait_for_elements(&server, &["192.0.2.11"]);
    server.kill_nine();
    let go = server.path("go");
    let late = format!(
        "[Definition]\nactionstart_on_demand = no\nactionstart = until [ -e {} ]; do sleep 0.05; done\n",
        go.display()
    );
    fs::write(server.path("config/action.d/late.conf"), late).unwrap();
    fs::create_dir(server.path("config/jail.d")).unwrap();
    fs::write(
        server.path("config/jail.d/late.local"),
        "[sshd]\naction = late\n walls\n",
    )
    .unwrap();
    server.start();
    server.ask(&["set", "other", "banip", "192.0.2.12"]);
    let add = ["add", "element", "inet", "walls", "four", "{ 192.0.2.99 }"];
    server.kit().server().run("nft", &add).unwrap();
    fs::write(go, "").unwrap();
    server.wait_for_log("[sshd] 1 ban(s) in the set `inet walls four` that nothing explains");
    wait_for_elements(&server, &["192.0.2.11", "192.0.2.12"]);
    server.stop();
}
