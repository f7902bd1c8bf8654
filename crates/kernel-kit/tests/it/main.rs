//! The kit, proven against the kernel.

use kernel_kit::{ATTACKERS4, ATTACKERS6, CONTAINER4, CONTAINER6, Kit, SERVER4, SERVER6};

const DROP_FIRST: &str = "table inet t {
    chain c {
        type filter hook prerouting priority raw; policy accept;
        ip saddr 192.0.2.11 drop
        ip6 saddr 2001:db8::11 drop
    }
}";

#[test]
fn every_address_connects_until_it_is_dropped() {
    let kit = Kit::new().unwrap();
    let _listener = kit.server().listen(&[22, 80]).unwrap();
    for address in ATTACKERS4 {
        kit.attacker().can_connect(address, SERVER4, 22).unwrap();
    }
    for address in ATTACKERS6 {
        kit.attacker().can_connect(address, SERVER6, 80).unwrap();
    }
    kit.server().nft(DROP_FIRST).unwrap();
    kit.attacker()
        .cannot_connect(ATTACKERS4[0], SERVER4, 22)
        .unwrap();
    kit.attacker()
        .cannot_connect(ATTACKERS6[0], SERVER6, 22)
        .unwrap();
    kit.attacker()
        .can_connect(ATTACKERS4[1], SERVER4, 22)
        .unwrap();
    kit.attacker()
        .can_connect(ATTACKERS6[1], SERVER6, 22)
        .unwrap();
    assert!(kit.server().ruleset().unwrap().contains("2001:db8::11"));
    assert!(
        kit.server()
            .ruleset_json()
            .unwrap()
            .starts_with("{\"nftables\"")
    );
}

#[test]
fn a_refusal_is_not_taken_for_silence() {
    let kit = Kit::new().unwrap();
    let error = kit
        .attacker()
        .cannot_connect(ATTACKERS4[0], SERVER4, 22)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("Connection refused, expected no answer"),
        "{error}"
    );
    let error = kit
        .attacker()
        .can_connect(ATTACKERS4[0], SERVER4, 22)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("Connection refused, expected connected"),
        "{error}"
    );
}

#[test]
fn an_established_connection_falls_silent() {
    let kit = Kit::new().unwrap();
    let _listener = kit.server().listen(&[22]).unwrap();
    let mut first = kit.attacker().converse(ATTACKERS4[0], SERVER4, 22).unwrap();
    let mut second = kit.attacker().converse(ATTACKERS6[1], SERVER6, 22).unwrap();
    first.carries().unwrap();
    assert!(first.is_silent().is_err());
    kit.server().nft(DROP_FIRST).unwrap();
    first.is_silent().unwrap();
    assert!(second.is_silent().is_err());
    kit.server().nft("flush ruleset").unwrap();
    first.carries().unwrap();
    second.carries().unwrap();
}

#[test]
fn the_container_is_reached_through_the_server() {
    let kit = Kit::with_container().unwrap();
    let _listener = kit.container().unwrap().listen(&[22]).unwrap();
    kit.attacker()
        .can_connect(ATTACKERS4[0], CONTAINER4, 22)
        .unwrap();
    kit.attacker()
        .can_connect(ATTACKERS4[4], CONTAINER4, 22)
        .unwrap();
    kit.attacker()
        .can_connect(ATTACKERS6[0], CONTAINER6, 22)
        .unwrap();
    kit.server().nft(DROP_FIRST).unwrap();
    kit.attacker()
        .cannot_connect(ATTACKERS4[0], CONTAINER4, 22)
        .unwrap();
    kit.attacker()
        .cannot_connect(ATTACKERS6[0], CONTAINER6, 22)
        .unwrap();
}

#[test]
fn namespaces_go_away_with_the_kit() {
    let kit = Kit::with_container().unwrap();
    let names = [kit.server(), kit.attacker(), kit.container().unwrap()]
        .map(|namespace| format!("/run/netns/{}", namespace.name()));
    assert!(names.iter().all(|name| std::path::Path::new(name).exists()));
    drop(kit);
    assert!(!names.iter().any(|name| std::path::Path::new(name).exists()));
}

#[test]
fn a_command_that_fails_says_why() {
    let kit = Kit::new().unwrap();
    let error = kit
        .server()
        .run("nft", &["list", "table", "inet", "none"])
        .unwrap_err();
    assert!(
        error.to_string().contains("No such file or directory"),
        "{error}"
    );
    let error = kit.server().run("no-such-program", &[]).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("`no-such-program` is missing: install"),
        "{error}"
    );
}
