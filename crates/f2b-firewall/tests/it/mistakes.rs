//! What goes wrong, and how it is said.

use kernel_kit::{ATTACKERS4, Kit, SERVER4};

use crate::driver::Driver;

#[test]
fn one_bad_change_does_not_hold_up_the_others() {
    let kit = Kit::new().unwrap();
    let mut engine = Driver::sshd(kit.server());
    assert_eq!(engine.apply(&["ban sshd 10.0.0.0/8 -"]), ["in kernel"]);
    let mut changes: Vec<_> = (0..500)
        .map(|n| format!("ban sshd 192.0.{}.{}/32 600000", n / 250, n % 250))
        .collect();
    changes[100] = "ban sshd 10.1.0.0/16 600000".to_owned();
    changes[200] = "ban nginx 192.0.2.1/32 600000".to_owned();
    changes[300] = "ban sshd 10.0.0.0/7 -".to_owned();
    changes[400] = "unban sshd 10.0.0.0/16".to_owned();
    let mut expected = vec!["in kernel"; 500];
    expected[100] = "failed: network 10.1.0.0/16 overlaps one that is in set `net-set-sshd` already \
                     (hint: unban the other network first)";
    expected[200] = "failed: jail \"nginx\" is not started";
    expected[300] = "failed: network 10.0.0.0/7 overlaps one that is in set `net-set-sshd` already \
                     (hint: unban the other network first)";
    // It was not there, though one around it is.
    expected[400] = "gone";
    assert_eq!(engine.apply(&changes), expected);
    assert_eq!(engine.nets("sshd").len(), 497);
}

#[test]
fn networks_that_share_their_begin_are_not_taken_for_each_other() {
    let kit = Kit::new().unwrap();
    let mut engine = Driver::sshd(kit.server());
    let outcome = |engine: &mut Driver, change: &str| {
        let mut outcomes = engine.apply(&[change]);
        let text = outcomes.pop().unwrap();
        text.split(" one ").next().unwrap().to_owned()
    };
    for (wide, narrow) in [
        ("10.0.0.0/8", "10.0.0.0/16"),
        ("240.0.0.0/4", "240.0.0.0/8"),
        ("2001:db8::/32", "2001:db8::/64"),
        ("8000::/1", "8000::/16"),
    ] {
        for (there, asked) in [(wide, narrow), (narrow, wide)] {
            assert_eq!(
                outcome(&mut engine, &format!("ban sshd {there} -")),
                "in kernel"
            );
            let refused = format!("failed: network {asked} overlaps");
            assert_eq!(
                outcome(&mut engine, &format!("ban sshd {asked} -")),
                refused
            );
            assert_eq!(outcome(&mut engine, &format!("unban sshd {asked}")), "gone");
            assert_eq!(engine.nets("sshd"), [there], "after {asked}");
            assert_eq!(outcome(&mut engine, &format!("unban sshd {there}")), "gone");
        }
    }
}

#[test]
fn a_full_set_refuses_and_says_so() {
    let kit = Kit::new().unwrap();
    let small =
        "table inet stockade {\n set addr-set-sshd { type ipv4_addr; flags timeout; size 10; }\n}";
    kit.server().nft(small).unwrap();
    let mut engine = Driver::sshd(kit.server());
    let bans: Vec<_> = (0..16)
        .map(|n| format!("ban sshd 192.0.2.{n}/32 600000"))
        .collect();
    let outcomes = engine.apply(&bans);
    let full = "failed: set `addr-set-sshd` is full \
                (hint: ban networks in place of single addresses, or for less long)";
    let count = |wanted: &str| outcomes.iter().filter(|outcome| *outcome == wanted).count();
    assert_eq!((count("in kernel"), count(full)), (10, 6), "{outcomes:?}");
    // What is in can be renewed and taken out, and then there is room.
    let present = engine.nets("sshd");
    let renewed = [
        format!("ban sshd {} 900000", present[0]),
        format!("unban sshd {}", present[1]),
    ];
    assert_eq!(engine.apply(&renewed), ["in kernel", "gone"]);
    assert_eq!(engine.apply(&["unban sshd 192.0.2.99/32"]), ["gone"]);
    assert_eq!(engine.apply(&["ban sshd 192.0.2.99/32 -"]), ["in kernel"]);
}

#[test]
fn a_table_deleted_behind_our_back_is_noticed_and_made_again() {
    let kit = Kit::new().unwrap();
    let _listener = kit.server().listen(&[22]).unwrap();
    let mut engine = Driver::sshd(kit.server());
    let bans = [
        "ban sshd 192.0.2.11/32 600000",
        "ban sshd 192.0.2.12/32 600000",
    ];
    assert_eq!(engine.apply(&bans), ["in kernel"; 2]);
    kit.server().run("nft", &["flush", "ruleset"]).unwrap();
    let gone = "failed: table `inet stockade` was deleted by another program \
                (hint: keep `flush ruleset` out of other programs' rules)";
    assert_eq!(engine.apply(&bans), [gone; 2]);
    // Said twice it is gone twice.
    assert_eq!(engine.apply(&[bans[0]; 2]), [gone; 2]);
    assert_eq!(engine.apply(&["unban sshd 192.0.2.11/32"]), ["gone"]);
    assert_eq!(
        engine.ask("elements sshd"),
        ["set `addr-set-sshd` was deleted by another program \
          (hint: keep `flush ruleset` out of other programs' rules)"]
    );
    assert_eq!(
        engine.ask("repair"),
        [
            "addr-set-sshd",
            "addr6-set-sshd",
            "net-set-sshd",
            "net6-set-sshd"
        ]
    );
    assert_eq!(engine.apply(&bans), ["in kernel"; 2]);
    kit.attacker()
        .cannot_connect(ATTACKERS4[0], SERVER4, 22)
        .unwrap();
    kit.attacker()
        .can_connect(ATTACKERS4[2], SERVER4, 22)
        .unwrap();
}

#[test]
fn a_set_deleted_behind_our_back_does_not_hold_up_other_jails() {
    let kit = Kit::new().unwrap();
    let mut engine = Driver::sshd(kit.server());
    engine.does("start nginx http tcp");
    kit.server()
        .nft("flush chain inet stockade prerouting\ndelete set inet stockade addr-set-nginx")
        .unwrap();
    // To ask the kernel for each alone would take half a minute.
    let bans: Vec<String> = (0..8_000)
        .flat_map(|n| {
            let net = format!("10.0.{}.{}/32", n / 250, n % 250);
            [format!("ban sshd {net} -"), format!("ban nginx {net} -")]
        })
        .collect();
    let outcomes = engine.apply(&bans);
    for pair in outcomes.chunks(2) {
        assert_eq!(pair[0], "in kernel");
        let gone = "failed: set `addr-set-nginx` was deleted";
        assert!(pair[1].starts_with(gone), "{pair:?}");
    }
    assert_eq!(engine.ask("repair"), ["addr-set-nginx"]);
    assert_eq!(engine.nets("sshd").len(), 8_000);
}

#[test]
fn without_the_right_opening_says_which() {
    let kit = Kit::new().unwrap();
    let mut command = kit.server().command("setpriv");
    command.args(["--bounding-set=-net_admin", "--inh-caps=-net_admin", "--"]);
    command.arg(env!("CARGO_BIN_EXE_netns-engine"));
    let mut engine = Driver::start(&mut command);
    assert_eq!(
        engine.ask("open stockade"),
        [
            "no right to change the packet filter: Operation not permitted (os error 1) \
          (hint: run as root or with the capability CAP_NET_ADMIN)"
        ]
    );
    assert_eq!(kit.server().ruleset().unwrap(), "");
}

#[test]
fn a_chain_that_hangs_elsewhere_is_left_alone() {
    let kit = Kit::new().unwrap();
    let foreign =
        "table inet stockade {\n chain prerouting { type filter hook input priority 0; }\n}";
    kit.server().nft(foreign).unwrap();
    let before = kit.server().ruleset().unwrap();
    let mut command = kit.server().command(env!("CARGO_BIN_EXE_netns-engine"));
    let mut engine = Driver::start(&mut command);
    let answer = engine.ask("open stockade");
    assert!(
        answer[0].starts_with("chain `prerouting` of table `inet stockade` is not ours"),
        "{answer:?}"
    );
    assert_eq!(kit.server().ruleset().unwrap(), before);
}

#[test]
fn odd_names_are_refused_before_the_kernel_sees_them() {
    let kit = Kit::new().unwrap();
    let mut engine = Driver::sshd(kit.server());
    let before = kit.server().ruleset().unwrap();
    for jail in ["a;b", "a\"b", "jäil", &"a".repeat(246)] {
        let answer = engine.ask(&format!("start {jail} ssh tcp"));
        assert!(answer[0].starts_with("jail name \""), "{answer:?}");
    }
    let answer = engine.ask("start nginx 80 all");
    assert_eq!(answer, ["rules of jail \"nginx\": ports need a protocol"]);
    assert_eq!(kit.server().ruleset().unwrap(), before);
    engine.does(&format!("start {} ssh tcp", "a".repeat(245)));
}
