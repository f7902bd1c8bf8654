//! What a banned address is told.

use kernel_kit::{ATTACKERS4, ATTACKERS6, CONTAINER4, CONTAINER6, Kit, SERVER4, SERVER6};

use crate::driver::Driver;

const BANS: [&str; 2] = ["ban sshd 192.0.2.11/32 -", "ban sshd 2001:db8::11/128 -"];

#[test]
fn a_rejected_address_is_refused_at_once_and_a_dropped_one_hears_nothing() {
    let kit = Kit::with_container().unwrap();
    let (attacker, server) = (kit.attacker(), kit.server());
    let _listener = server.listen(&[22]).unwrap();
    let _behind = kit.container().unwrap().listen(&[22]).unwrap();
    let mut engine = Driver::open(server);
    for blocktype in ["reject", "reject with tcp reset"] {
        engine.ask(&format!("start sshd 22 tcp {blocktype}"));
        assert_eq!(engine.apply(&BANS), ["in kernel"; 2]);
        attacker.is_refused(ATTACKERS4[0], SERVER4, 22).unwrap();
        attacker.is_refused(ATTACKERS6[0], SERVER6, 22).unwrap();
        attacker.is_refused(ATTACKERS4[0], CONTAINER4, 22).unwrap();
        attacker.is_refused(ATTACKERS6[0], CONTAINER6, 22).unwrap();
        attacker.can_connect(ATTACKERS4[1], SERVER4, 22).unwrap();
        attacker.can_connect(ATTACKERS6[1], CONTAINER6, 22).unwrap();
    }
    assert!(
        server
            .ruleset()
            .unwrap()
            .contains("chain prerouting-reject")
    );
    engine.ask("start sshd 22 tcp drop");
    attacker.cannot_connect(ATTACKERS4[0], SERVER4, 22).unwrap();
    // A chain that no jail needs goes away.
    assert!(
        !server
            .ruleset()
            .unwrap()
            .contains("chain prerouting-reject")
    );
}

#[test]
fn the_answer_passes_a_firewall_that_lets_only_known_connections_out() {
    let kit = Kit::with_container().unwrap();
    let (attacker, server) = (kit.attacker(), kit.server());
    let _behind = kit.container().unwrap().listen(&[22]).unwrap();
    let strict = "table inet strict {
        chain out {
            type filter hook output priority filter; policy drop;
            ct state established,related accept
            icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
        }
    }
    table ip published {
        chain c {
            type nat hook prerouting priority dstnat;
            tcp dport 2222 dnat to 203.0.113.2:22
        }
    }";
    server.nft(strict).unwrap();
    let mut engine = Driver::open(server);
    engine.does("start sshd 22,2222 tcp reject with tcp reset");
    // It comes from the address that was asked, whatever stands behind it.
    attacker.can_connect(ATTACKERS4[0], SERVER4, 2222).unwrap();
    assert_eq!(engine.apply(&BANS), ["in kernel"; 2]);
    attacker.is_refused(ATTACKERS4[0], SERVER4, 2222).unwrap();
    attacker.is_refused(ATTACKERS4[0], SERVER4, 22).unwrap();
    attacker.is_refused(ATTACKERS6[0], SERVER6, 22).unwrap();
    attacker.can_connect(ATTACKERS4[1], SERVER4, 2222).unwrap();
}

#[test]
fn an_open_connection_is_reset() {
    let kit = Kit::new().unwrap();
    let attacker = kit.attacker();
    let _listener = kit.server().listen(&[22]).unwrap();
    let mut engine = Driver::open(kit.server());
    engine.does("start sshd 22 tcp reject with tcp reset");
    let mut open = attacker.converse(ATTACKERS4[0], SERVER4, 22).unwrap();
    open.carries().unwrap();
    assert_eq!(engine.apply(&BANS), ["in kernel"; 2]);
    open.is_silent().unwrap();
}

#[test]
fn jails_ban_one_address_each_for_itself() {
    let kit = Kit::new().unwrap();
    let attacker = kit.attacker();
    let _listener = kit.server().listen(&[22, 80, 25]).unwrap();
    let mut engine = Driver::sshd(kit.server());
    engine.does("start nginx 80 tcp reject");
    engine.does("start all - all");
    let bans = ["ban sshd 192.0.2.11/32 -", "ban nginx 192.0.2.11/32 -"];
    assert_eq!(engine.apply(&bans), ["in kernel"; 2]);
    attacker.cannot_connect(ATTACKERS4[0], SERVER4, 22).unwrap();
    attacker.is_refused(ATTACKERS4[0], SERVER4, 80).unwrap();
    attacker.can_connect(ATTACKERS4[0], SERVER4, 25).unwrap();
    assert_eq!(engine.apply(&["ban all 192.0.2.0/24 -"]), ["in kernel"]);
    attacker.cannot_connect(ATTACKERS4[0], SERVER4, 25).unwrap();
    assert_eq!(engine.apply(&["unban all 192.0.2.0/24"]), ["gone"]);
    assert_eq!(engine.apply(&["unban sshd 192.0.2.11/32"]), ["gone"]);
    attacker.can_connect(ATTACKERS4[0], SERVER4, 22).unwrap();
    attacker.is_refused(ATTACKERS4[0], SERVER4, 80).unwrap();
}

#[test]
fn jails_of_a_killed_server_go_on_answering() {
    let kit = Kit::new().unwrap();
    let attacker = kit.attacker();
    let _listener = kit.server().listen(&[22, 80]).unwrap();
    let mut first = Driver::open(kit.server());
    first.does("start nginx 80 tcp reject");
    let bans = ["ban nginx 192.0.2.11/32 -"];
    assert_eq!(first.apply(&bans), ["in kernel"]);
    first.kill();
    let mut second = Driver::sshd(kit.server());
    attacker.is_refused(ATTACKERS4[0], SERVER4, 80).unwrap();
    assert_eq!(second.ask("remove-unknown"), ["nginx"]);
    attacker.can_connect(ATTACKERS4[0], SERVER4, 80).unwrap();
    assert!(
        !kit.server()
            .ruleset()
            .unwrap()
            .contains("chain prerouting-reject")
    );
}
