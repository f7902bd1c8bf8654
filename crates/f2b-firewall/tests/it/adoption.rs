//! What a killed server leaves behind, and who takes it up.

use kernel_kit::{ATTACKERS4, ATTACKERS6, Kit, SERVER4, SERVER6};

use crate::driver::Driver;

#[test]
fn bans_of_a_killed_server_go_on_and_are_taken_up() {
    let kit = Kit::new().unwrap();
    let attacker = kit.attacker();
    let _listener = kit.server().listen(&[22, 80]).unwrap();
    let mut first = Driver::sshd(kit.server());
    first.does("start nginx http,https tcp");
    let bans = [
        "ban sshd 192.0.2.11/32 600000",
        "ban sshd 2001:db8::11/128 -",
        "ban sshd 198.51.100.0/24 700000",
        "ban nginx 192.0.2.12/32 600000",
    ];
    assert_eq!(first.apply(&bans), ["in kernel"; 4]);
    first.kill();
    attacker.cannot_connect(ATTACKERS4[0], SERVER4, 22).unwrap();

    let mut second = Driver::open(kit.server());
    assert_eq!(second.ask("unknown"), ["nginx", "sshd"]);
    attacker.cannot_connect(ATTACKERS4[0], SERVER4, 22).unwrap();
    let adopted = second.ask("start sshd 22 tcp");
    let words: Vec<Vec<&str>> = adopted
        .iter()
        .map(|line| line.split(' ').collect())
        .collect();
    let nets: Vec<_> = words.iter().map(|words| words[0]).collect();
    assert_eq!(
        nets,
        ["192.0.2.11/32", "198.51.100.0/24", "2001:db8::11/128"]
    );
    let remaining: u64 = words[0][1].parse().unwrap();
    assert!((500_000..=600_000).contains(&remaining), "{adopted:?}");
    let remaining: u64 = words[1][1].parse().unwrap();
    assert!((600_000..=700_000).contains(&remaining), "{adopted:?}");
    assert_eq!(words[2][1], "-");

    // The rules of the jail that is not started yet stay as well.
    assert_eq!(second.ask("unknown"), ["nginx"]);
    attacker.cannot_connect(ATTACKERS4[0], SERVER4, 22).unwrap();
    attacker.cannot_connect(ATTACKERS6[0], SERVER6, 22).unwrap();
    attacker.cannot_connect(ATTACKERS4[1], SERVER4, 80).unwrap();
    attacker.can_connect(ATTACKERS4[1], SERVER4, 22).unwrap();

    assert_eq!(second.ask("remove-unknown"), ["nginx"]);
    attacker.can_connect(ATTACKERS4[1], SERVER4, 80).unwrap();
    attacker.cannot_connect(ATTACKERS4[0], SERVER4, 22).unwrap();
    assert!(!kit.server().ruleset().unwrap().contains("nginx"));
}

#[test]
fn not_one_packet_gets_through_while_rules_are_made_anew() {
    let kit = Kit::new().unwrap();
    // One counter before our chain, one behind it.
    let watch = "table inet watch {
        chain before { type filter hook prerouting priority -310; ip saddr 192.0.2.11 counter; }
        chain behind { type filter hook input priority 0; ip saddr 192.0.2.11 counter; }
    }";
    let packets = |chain: &str| {
        let list = ["list", "chain", "inet", "watch", chain];
        let printed = kit.server().run("nft", &list).unwrap();
        let number = printed.split("packets ").nth(1).unwrap().split(' ').next();
        number.unwrap().parse::<u64>().unwrap()
    };
    let mut first = Driver::open(kit.server());
    first.does("start sshd ssh udp");
    assert_eq!(first.apply(&["ban sshd 192.0.2.11/32 -"]), ["in kernel"]);
    kit.server().nft(watch).unwrap();
    let mut flood = kit.attacker().command("/usr/bin/python3");
    let mut flood = flood.args(["-I", "-S", "-c", FLOOD]).spawn().unwrap();
    let flows = (0..2_000).any(|_| packets("before") > 100);
    assert!(flows, "the flood does not arrive");
    first.kill();
    let mut second = Driver::open(kit.server());
    for _ in 0..100 {
        for ports in ["22", "22,80", "20:30"] {
            second.ask(&format!("start sshd {ports} udp"));
        }
        second.ask("start nginx http tcp");
        second.apply(&["ban sshd 192.0.2.11/32 600000", "ban nginx 192.0.2.12/32 -"]);
        second.ask("stop nginx");
    }
    flood.kill().unwrap();
    flood.wait().unwrap();
    assert!(packets("before") > 1000);
    assert_eq!(packets("behind"), 0);
}

/// Sends without a pause from the first address; ends by itself should the
/// test have no chance to end it.
const FLOOD: &str = "
import socket, time
end = time.monotonic() + 60
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.bind(('192.0.2.11', 0))
while time.monotonic() < end:
    sender.sendto(b'x', ('192.0.2.1', 22))
";

#[test]
fn a_set_of_the_wrong_kind_is_made_anew_and_said() {
    let kit = Kit::new().unwrap();
    // Without the timeout flag the kernel would refuse every ban; a hash set
    // cannot hold networks.
    let wrong = "table inet stockade {
        set addr-set-sshd { type ipv4_addr; }
        set addr6-set-sshd { type ipv6_addr; flags timeout; elements = { 2001:db8::11 timeout 1h } }
        set net6-set-sshd { type ipv6_addr; flags timeout; }
        chain prerouting {
            type filter hook prerouting priority raw; policy accept;
            ip saddr @addr-set-sshd drop
        }
    }";
    kit.server().nft(wrong).unwrap();
    let mut engine = Driver::open(kit.server());
    let answer = engine.ask("start sshd ssh tcp");
    let remaining = answer[0].strip_prefix("2001:db8::11/128 ").unwrap();
    assert!((3_000_000..=3_600_000).contains(&remaining.parse::<u64>().unwrap()));
    assert_eq!(
        answer[1..],
        ["rebuilt addr-set-sshd", "rebuilt net6-set-sshd"]
    );
    let bans = [
        "ban sshd 192.0.2.11/32 600000",
        "ban sshd 2001:db8:7::/48 600000",
    ];
    assert_eq!(engine.apply(&bans), ["in kernel"; 2]);
}

#[test]
fn stopping_a_jail_removes_it_and_leaves_the_others() {
    let kit = Kit::new().unwrap();
    let attacker = kit.attacker();
    let _listener = kit.server().listen(&[22, 80]).unwrap();
    let mut engine = Driver::sshd(kit.server());
    engine.does("start nginx 80 tcp");
    let bans = ["ban sshd 192.0.2.11/32 -", "ban nginx 192.0.2.11/32 -"];
    assert_eq!(engine.apply(&bans), ["in kernel"; 2]);
    engine.does("stop sshd");
    attacker.can_connect(ATTACKERS4[0], SERVER4, 22).unwrap();
    attacker.cannot_connect(ATTACKERS4[0], SERVER4, 80).unwrap();
    assert_eq!(engine.ask("stop sshd"), ["jail \"sshd\" is not started"]);
    assert!(!kit.server().ruleset().unwrap().contains("sshd"));
    engine.does("close");
    assert_eq!(kit.server().ruleset().unwrap(), "");
    attacker.can_connect(ATTACKERS4[0], SERVER4, 80).unwrap();
}

#[test]
fn closing_leaves_the_tables_of_others_alone() {
    let kit = Kit::new().unwrap();
    kit.server()
        .nft("table inet mine {\n chain c { counter; }\n}")
        .unwrap();
    let before = kit.server().ruleset().unwrap();
    let mut engine = Driver::sshd(kit.server());
    assert!(kit.server().ruleset().unwrap().starts_with(&before));
    engine.does("close");
    assert_eq!(kit.server().ruleset().unwrap(), before);
    // Somebody else was faster.
    let mut engine = Driver::sshd(kit.server());
    kit.server()
        .run("nft", &["delete", "table", "inet", "stockade"])
        .unwrap();
    engine.does("close");
}

#[test]
fn a_sleeping_table_is_woken_up() {
    let kit = Kit::new().unwrap();
    let _listener = kit.server().listen(&[22]).unwrap();
    let mut first = Driver::sshd(kit.server());
    assert_eq!(first.apply(&["ban sshd 192.0.2.11/32 -"]), ["in kernel"]);
    first.kill();
    kit.server()
        .nft("add table inet stockade { flags dormant; }")
        .unwrap();
    kit.attacker()
        .can_connect(ATTACKERS4[0], SERVER4, 22)
        .unwrap();
    let _second = Driver::open(kit.server());
    kit.attacker()
        .cannot_connect(ATTACKERS4[0], SERVER4, 22)
        .unwrap();
}
