//! What is heard of other programs, and what is not heard of us.

use kernel_kit::Kit;

use crate::driver::Driver;

/// An engine whose table is watched, with two bans in it.
fn watched(kit: &Kit) -> Driver {
    let mut engine = Driver::sshd(kit.server());
    engine.does("watch inet stockade");
    let bans = ["ban sshd 192.0.2.11/32 -", "ban sshd 198.51.100.0/24 -"];
    assert_eq!(engine.apply(&bans), ["in kernel"; 2]);
    engine
}

#[test]
fn what_others_take_away_is_told_once() {
    let kit = Kit::new().unwrap();
    let mut engine = watched(&kit);
    engine.does("news");
    for (others, told) in [
        ("flush ruleset", "inet stockade -"),
        ("delete table inet stockade", "inet stockade -"),
        ("flush chain inet stockade prerouting", "inet stockade -"),
        (
            "delete element inet stockade addr-set-sshd { 192.0.2.11 }",
            "inet stockade addr-set-sshd",
        ),
        (
            "flush set inet stockade net-set-sshd",
            "inet stockade net-set-sshd",
        ),
        (
            "add table inet stockade { flags dormant; }",
            "inet stockade -",
        ),
    ] {
        kit.server().nft(others).unwrap();
        assert_eq!(engine.ask("news"), [told], "{others}");
        let is_whole = others.contains("addr-set") || others.contains("net-set");
        assert_eq!(engine.ask("whole"), [is_whole.to_string()], "{others}");
        engine.ask("repair");
        assert_eq!(engine.ask("whole"), ["true"], "{others}");
        let bans = ["ban sshd 192.0.2.11/32 -", "ban sshd 198.51.100.0/24 -"];
        assert_eq!(engine.apply(&bans), ["in kernel"; 2]);
        engine.does("news");
    }
}

#[test]
fn one_rule_that_another_program_deleted_is_missed() {
    let kit = Kit::new().unwrap();
    let mut engine = watched(&kit);
    engine.does("start nginx http tcp,udp");
    let chain = ["-a", "list", "chain", "inet", "stockade", "prerouting"];
    let listed = kit.server().run("nft", &chain).unwrap();
    let udp = listed.lines().find(|line| line.contains("udp dport 80"));
    let handle = udp.unwrap().rsplit(' ').next().unwrap();
    let delete = format!("delete rule inet stockade prerouting handle {handle}");
    kit.server().nft(&delete).unwrap();
    assert_eq!(engine.ask("news"), ["inet stockade -"]);
    assert_eq!(engine.ask("whole"), ["false"]);
    engine.does("repair");
    assert_eq!(engine.ask("whole"), ["true"]);
    engine.does("news");
}

#[test]
fn what_we_do_and_what_is_none_of_ours_is_not_told() {
    let kit = Kit::new().unwrap();
    let mut engine = watched(&kit);
    engine.does("start nginx http tcp reject");
    engine.does("stop nginx");
    engine.apply(&["unban sshd 192.0.2.11/32"]);
    // Large ones go on unheard.
    let bans: Vec<_> = (0..20_000)
        .map(|n| format!("ban sshd 10.0.{}.{}/32 600000", n / 256, n % 256))
        .collect();
    assert!(engine.apply(&bans).iter().all(|it| it == "in kernel"));
    kit.server()
        .nft("table inet mine { chain c { counter; }; }\ndelete table inet mine")
        .unwrap();
    kit.server()
        .nft("add element inet stockade addr-set-sshd { 192.0.2.99 }")
        .unwrap();
    engine.does("news");
    engine.does("watch ip mine");
    kit.server()
        .nft("table ip mine { chain c { counter; }; }\ndelete table ip mine")
        .unwrap();
    assert_eq!(engine.ask("news"), ["ip mine -"]);
}

#[test]
fn a_large_change_of_another_program_is_one_piece_of_news() {
    let kit = Kit::new().unwrap();
    let mut engine = watched(&kit);
    let bans: Vec<_> = (0..20_000)
        .map(|n| format!("ban sshd 10.0.{}.{}/32 600000", n / 256, n % 256))
        .collect();
    engine.apply(&bans);
    kit.server()
        .nft("flush set inet stockade addr-set-sshd")
        .unwrap();
    let news = engine.ask("news");
    let told = |what: &str| news.iter().any(|news| news == what);
    assert!(news.len() <= 2, "{news:?}");
    assert!(
        told("inet stockade addr-set-sshd") || told("anything"),
        "{news:?}"
    );
}

#[test]
fn what_happens_during_a_large_change_of_ours_is_not_missed() {
    let kit = Kit::new().unwrap();
    let mut engine = watched(&kit);
    // Another program changes something all the time.
    let mut other = kit.server().command("sh");
    let again = "while :; do nft add table ip mine; nft delete table ip mine; done";
    let mut other = other.args(["-c", again]).spawn().unwrap();
    let told = (0..50).any(|round| {
        let bans: Vec<_> = (0..10_000)
            .map(|n| format!("ban sshd 10.{round}.{}.{}/32 600000", n / 256, n % 256))
            .collect();
        engine.apply(&bans);
        engine.ask("news") == ["anything"]
    });
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(told);
}
