//! Bans, as packets see them.

use std::time::{Duration, Instant};

use kernel_kit::{ATTACKERS4, ATTACKERS6, CONTAINER4, CONTAINER6, Kit, SERVER4, SERVER6};

use crate::driver::Driver;

#[test]
fn a_banned_address_cannot_connect_and_others_can() {
    let kit = Kit::new().unwrap();
    let attacker = kit.attacker();
    let _listener = kit.server().listen(&[22, 80]).unwrap();
    let mut engine = Driver::sshd(kit.server());
    let bans = [
        "ban sshd 192.0.2.11/32 600000",
        "ban sshd 2001:db8::11/128 -",
    ];
    assert_eq!(engine.apply(&bans), ["in kernel", "in kernel"]);
    attacker.cannot_connect(ATTACKERS4[0], SERVER4, 22).unwrap();
    attacker.cannot_connect(ATTACKERS6[0], SERVER6, 22).unwrap();
    attacker.can_connect(ATTACKERS4[1], SERVER4, 22).unwrap();
    attacker.can_connect(ATTACKERS6[1], SERVER6, 22).unwrap();
    // Another port is not the jail's business.
    attacker.can_connect(ATTACKERS4[0], SERVER4, 80).unwrap();
    attacker.can_connect(ATTACKERS6[0], SERVER6, 80).unwrap();

    let unbans = ["unban sshd 192.0.2.11/32", "unban sshd 2001:db8::11/128"];
    assert_eq!(engine.apply(&unbans), ["gone", "gone"]);
    attacker.can_connect(ATTACKERS4[0], SERVER4, 22).unwrap();
    attacker.can_connect(ATTACKERS6[0], SERVER6, 22).unwrap();
}

#[test]
fn an_established_connection_of_a_banned_address_dies() {
    let kit = Kit::new().unwrap();
    let attacker = kit.attacker();
    let _listener = kit.server().listen(&[22]).unwrap();
    let mut engine = Driver::sshd(kit.server());
    let mut banned4 = attacker.converse(ATTACKERS4[0], SERVER4, 22).unwrap();
    let mut banned6 = attacker.converse(ATTACKERS6[0], SERVER6, 22).unwrap();
    let mut other = attacker.converse(ATTACKERS4[1], SERVER4, 22).unwrap();
    banned4.carries().unwrap();
    banned6.carries().unwrap();
    let bans = [
        "ban sshd 192.0.2.11/32 600000",
        "ban sshd 2001:db8::11/128 600000",
    ];
    assert_eq!(engine.apply(&bans), ["in kernel", "in kernel"]);
    banned4.is_silent().unwrap();
    banned6.is_silent().unwrap();
    other.carries().unwrap();
}

#[test]
fn a_forwarded_connection_dies_too() {
    let kit = Kit::with_container().unwrap();
    let attacker = kit.attacker();
    let _listener = kit.container().unwrap().listen(&[22]).unwrap();
    let mut engine = Driver::sshd(kit.server());
    let mut established = attacker.converse(ATTACKERS4[0], CONTAINER4, 22).unwrap();
    established.carries().unwrap();
    let bans = ["ban sshd 192.0.2.11/32 -", "ban sshd 2001:db8::11/128 -"];
    assert_eq!(engine.apply(&bans), ["in kernel", "in kernel"]);
    established.is_silent().unwrap();
    attacker
        .cannot_connect(ATTACKERS4[0], CONTAINER4, 22)
        .unwrap();
    attacker
        .cannot_connect(ATTACKERS6[0], CONTAINER6, 22)
        .unwrap();
    attacker.can_connect(ATTACKERS4[1], CONTAINER4, 22).unwrap();
    attacker.can_connect(ATTACKERS6[1], CONTAINER6, 22).unwrap();
}

#[test]
fn the_port_is_the_one_before_destination_nat() {
    let kit = Kit::with_container().unwrap();
    let attacker = kit.attacker();
    let _listener = kit.container().unwrap().listen(&[22]).unwrap();
    let publish = "table ip published {
        chain c {
            type nat hook prerouting priority dstnat;
            tcp dport 2222 dnat to 203.0.113.2:22
        }
    }";
    kit.server().nft(publish).unwrap();
    let mut engine = Driver::open(kit.server());
    engine.does("start sshd 2222 tcp");
    attacker.can_connect(ATTACKERS4[0], SERVER4, 2222).unwrap();
    assert_eq!(engine.apply(&["ban sshd 192.0.2.11/32 -"]), ["in kernel"]);
    attacker
        .cannot_connect(ATTACKERS4[0], SERVER4, 2222)
        .unwrap();
    attacker.can_connect(ATTACKERS4[1], SERVER4, 2222).unwrap();
}

#[test]
fn the_kernel_ends_a_ban_of_a_dead_engine() {
    let kit = Kit::new().unwrap();
    let attacker = kit.attacker();
    let _listener = kit.server().listen(&[22]).unwrap();
    let mut engine = Driver::sshd(kit.server());
    let bans = [
        "ban sshd 192.0.2.11/32 5000",
        "ban sshd 198.51.100.0/24 5000",
        "ban sshd 192.0.2.12/32 600000",
    ];
    let begun = Instant::now();
    assert_eq!(engine.apply(&bans), ["in kernel"; 3]);
    engine.kill();
    attacker.cannot_connect(ATTACKERS4[0], SERVER4, 22).unwrap();
    attacker.cannot_connect(ATTACKERS4[4], SERVER4, 22).unwrap();
    // The kernel's own clock has to move here; a connection attempt repeats
    // its first packet until the ban is over.
    attacker.can_connect(ATTACKERS4[0], SERVER4, 22).unwrap();
    attacker.can_connect(ATTACKERS4[4], SERVER4, 22).unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(5));
    attacker.cannot_connect(ATTACKERS4[1], SERVER4, 22).unwrap();
}

#[test]
fn a_network_ban_holds_for_all_its_addresses() {
    let kit = Kit::new().unwrap();
    let attacker = kit.attacker();
    let _listener = kit.server().listen(&[22]).unwrap();
    let mut engine = Driver::sshd(kit.server());
    // Host bits do not matter.
    let bans = [
        "ban sshd 198.51.100.77/24 600000",
        "ban sshd 2001:db8::10/127 -",
        "ban sshd 255.0.0.0/8 -",
    ];
    assert_eq!(engine.apply(&bans), ["in kernel"; 3]);
    attacker.cannot_connect(ATTACKERS4[4], SERVER4, 22).unwrap();
    attacker.cannot_connect(ATTACKERS4[5], SERVER4, 22).unwrap();
    attacker.cannot_connect(ATTACKERS6[0], SERVER6, 22).unwrap();
    attacker.can_connect(ATTACKERS4[0], SERVER4, 22).unwrap();
    attacker.can_connect(ATTACKERS6[1], SERVER6, 22).unwrap();
    assert_eq!(
        engine.nets("sshd"),
        ["198.51.100.0/24", "255.0.0.0/8", "2001:db8::10/127"]
    );
    let unbans = [
        "unban sshd 198.51.100.0/24",
        "unban sshd 2001:db8::10/127",
        "unban sshd 255.0.0.0/8",
    ];
    assert_eq!(engine.apply(&unbans), ["gone"; 3]);
    assert_eq!(engine.nets("sshd"), Vec::<String>::new());
    attacker.can_connect(ATTACKERS4[4], SERVER4, 22).unwrap();
    attacker.can_connect(ATTACKERS6[0], SERVER6, 22).unwrap();
}

#[test]
fn banning_again_gives_a_ban_a_new_end() {
    let kit = Kit::new().unwrap();
    let mut engine = Driver::sshd(kit.server());
    let nets = [
        "192.0.2.11/32",
        "2001:db8::11/128",
        "198.51.100.0/24",
        "2001:db8:7::/48",
    ];
    // Later, sooner, never, and an end again.
    for (timeout, least, most) in [
        ("1000", 0, 1000),
        ("900000", 880_000, 900_000),
        ("60000", 40_000, 60_000),
        ("-", 0, 0),
        ("120000", 100_000, 120_000),
    ] {
        let bans = nets.map(|net| format!("ban sshd {net} {timeout}"));
        assert_eq!(engine.apply(&bans), ["in kernel"; 4]);
        let elements = engine.ask("elements sshd");
        if timeout == "1000" {
            continue;
        }
        assert_eq!(elements.len(), 4, "{elements:?}");
        for element in elements {
            let remaining = element.split(' ').nth(1).unwrap();
            if timeout == "-" {
                assert_eq!(remaining, "-");
            } else {
                let remaining: u64 = remaining.parse().unwrap();
                assert!((least..=most).contains(&remaining), "{element}");
            }
        }
    }
}

#[test]
fn of_several_changes_for_one_address_the_last_one_counts() {
    let kit = Kit::new().unwrap();
    let mut engine = Driver::sshd(kit.server());
    let changes = [
        "ban sshd 192.0.2.11/32 -",
        "unban sshd 192.0.2.11/32",
        "unban sshd 192.0.2.12/32",
        "ban sshd 192.0.2.12/32 -",
        "unban sshd 192.0.2.13/32",
        "ban sshd ::ffff:192.0.2.14/128 -",
    ];
    assert_eq!(
        engine.apply(&changes),
        [
            "gone",
            "gone",
            "in kernel",
            "in kernel",
            "gone",
            "in kernel"
        ]
    );
    assert_eq!(engine.nets("sshd"), ["192.0.2.12/32", "192.0.2.14/32"]);
    // A network makes room for one inside it.
    let changes = [
        "ban sshd 10.0.0.0/8 -",
        "unban sshd 10.0.0.0/8",
        "ban sshd 10.1.0.0/16 -",
        "ban sshd 10.2.0.0/16 -",
    ];
    assert_eq!(
        engine.apply(&changes),
        ["gone", "gone", "in kernel", "in kernel"]
    );
    assert_eq!(
        engine.nets("sshd"),
        [
            "192.0.2.12/32",
            "192.0.2.14/32",
            "10.1.0.0/16",
            "10.2.0.0/16"
        ]
    );
}

#[test]
fn many_bans_are_one_batch_and_all_are_read_back() {
    let kit = Kit::new().unwrap();
    let mut engine = Driver::sshd(kit.server());
    let bans: Vec<_> = (0..20_000)
        .map(|n| match n % 3 {
            0 => format!("ban sshd 10.0.{}.{}/32 600000", n / 256, n % 256),
            1 => format!("ban sshd 2001:db8:1::{n:x}/128 600000"),
            _ => format!("ban sshd 10.{}.{}.0/24 -", 1 + n / 256, n % 256),
        })
        .collect();
    let outcomes = engine.apply(&bans);
    assert_eq!(outcomes.len(), 20_000);
    assert_eq!(
        outcomes.iter().find(|outcome| *outcome != "in kernel"),
        None
    );
    assert_eq!(engine.nets("sshd").len(), 20_000);
}

#[test]
fn a_ban_of_a_hundred_years_and_one_for_ever_are_held_and_read_back() {
    let kit = Kit::new().unwrap();
    let mut engine = Driver::sshd(kit.server());
    let bans = [
        "ban sshd 192.0.2.11/32 3155760000000",
        "ban sshd 198.51.100.0/24 3155760000000",
        "ban sshd 2001:db8::11/128 18446744073709551615",
        "ban sshd 192.0.2.12/32 -",
        // The longest that is not cut.
        "ban sshd 192.0.2.13/32 2000000000000",
    ];
    assert_eq!(engine.apply(&bans), ["in kernel"; 5]);
    // What is longer is held for some 63 years, and asked for again meanwhile.
    for element in engine.ask("elements sshd") {
        let (net, remaining) = element.split_once(' ').unwrap();
        match remaining.parse::<u64>() {
            Ok(ms) => assert!((1_999_999_000_000..=2_000_000_000_000).contains(&ms)),
            Err(_) => assert_eq!((net, remaining), ("192.0.2.12/32", "-")),
        }
    }
}
