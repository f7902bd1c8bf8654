//! Sets that `nft` has made: our elements beside its own.

use kernel_kit::{Kit, Namespace};

use crate::driver::Driver;

const SETS: &str = "table inet t {
    set hosts { type ipv4_addr; }
    set hosts6 { type ipv6_addr; }
    set nets { type ipv4_addr; flags interval; }
    set nets6 { type ipv6_addr; flags interval; }
    set timed { type ipv4_addr; flags dynamic,timeout; timeout 1h; }
    set merged { type ipv4_addr; flags interval; auto-merge; }
    set ports { type inet_service; }
    set pairs { type ipv4_addr . inet_service; }
    map verdicts { type ipv4_addr : verdict; }
    set small { type ipv4_addr; size 2; }
}
table ip old {
    set hosts { type ipv4_addr; }
}
";

/// Every place in an interval set where something special is near.
const CHANGES: &[(&str, &str, &str)] = &[
    ("add", "inet t hosts", "192.0.2.1/32"),
    ("add", "inet t hosts", "192.0.2.2/32"),
    ("add", "inet t hosts", "192.0.2.1/32"),
    ("remove", "inet t hosts", "192.0.2.2/32"),
    ("add", "inet t hosts6", "2001:db8::1/128"),
    ("add", "inet t nets", "192.0.2.1/32"),
    ("add", "inet t nets", "192.0.2.2/32"),
    ("add", "inet t nets", "192.0.2.3/32"),
    ("add", "inet t nets", "192.0.2.2/32"),
    ("remove", "inet t nets", "192.0.2.2/32"),
    ("add", "inet t nets", "198.51.100.0/24"),
    ("add", "inet t nets", "0.0.0.0/32"),
    ("add", "inet t nets", "255.255.255.255/32"),
    ("add", "inet t nets", "255.255.255.0/25"),
    ("remove", "inet t nets", "255.255.255.255/32"),
    ("add", "inet t nets6", "2001:db8::7/128"),
    ("add", "inet t nets6", "2001:db8:1::/48"),
    ("remove", "inet t nets6", "2001:db8::7/128"),
    ("add", "ip old hosts", "192.0.2.9/32"),
];

/// What `nft` prints for an element of one address.
fn bare(net: &str) -> &str {
    net.strip_suffix("/32")
        .or_else(|| net.strip_suffix("/128"))
        .unwrap_or(net)
}

fn by_nft(namespace: &Namespace, (what, set, net): (&str, &str, &str)) {
    let verb = if what == "add" { "add" } else { "delete" };
    let command = format!("{verb} element {set} {{ {} }}\n", bare(net));
    namespace.nft(&command).unwrap();
}

#[test]
fn elements_stand_as_if_nft_had_put_them_there() {
    let (ours, theirs) = (Kit::new().unwrap(), Kit::new().unwrap());
    let mut driver = Driver::start(&mut ours.server().command(env!("CARGO_BIN_EXE_netns-engine")));
    for kit in [&ours, &theirs] {
        kit.server().nft(SETS).unwrap();
    }
    for &(what, set, net) in CHANGES {
        driver.does(&format!("foreign {what} {set} {net}"));
        by_nft(theirs.server(), (what, set, net));
        let [ours, theirs] = [&ours, &theirs].map(|kit| kit.server().ruleset().unwrap());
        assert_eq!(ours, theirs, "after {what} {net} in {set}");
    }
    // Each goes on with what the other has put in.
    for &(_, set, net) in &[
        ("", "inet t hosts", "192.0.2.1/32"),
        ("", "inet t nets", "198.51.100.0/24"),
        ("", "inet t nets", "0.0.0.0/32"),
        ("", "inet t nets6", "2001:db8:1::/48"),
    ] {
        by_nft(ours.server(), ("remove", set, net));
        let mut driver =
            Driver::start(&mut theirs.server().command(env!("CARGO_BIN_EXE_netns-engine")));
        driver.does(&format!("foreign remove {set} {net}"));
    }
    let [ours, theirs] = [&ours, &theirs].map(|kit| kit.server().ruleset().unwrap());
    assert_eq!(ours, theirs);
}

#[test]
fn what_a_set_holds_is_listed() {
    let kit = Kit::new().unwrap();
    kit.server().nft(SETS).unwrap();
    let mut driver = Driver::start(&mut kit.server().command(env!("CARGO_BIN_EXE_netns-engine")));
    for &(_, set, net) in CHANGES.iter().filter(|(what, _, _)| *what == "add") {
        by_nft(kit.server(), ("add", set, net));
    }
    let mut check = |set: &str, expected: &[&str]| {
        assert_eq!(driver.ask(&format!("foreign list {set}")), expected);
    };
    check("inet t hosts", &["192.0.2.1/32", "192.0.2.2/32"]);
    check(
        "inet t nets",
        &[
            "0.0.0.0/32",
            "192.0.2.1/32",
            "192.0.2.2/32",
            "192.0.2.3/32",
            "198.51.100.0/24",
            "255.255.255.0/25",
            "255.255.255.255/32",
        ],
    );
    check("inet t nets6", &["2001:db8::7/128", "2001:db8:1::/48"]);
    check("inet t timed", &[]);
}

#[test]
fn what_is_no_plain_set_is_left_to_nft() {
    let kit = Kit::new().unwrap();
    kit.server().nft(SETS).unwrap();
    let mut driver = Driver::start(&mut kit.server().command(env!("CARGO_BIN_EXE_netns-engine")));
    let before = kit.server().ruleset().unwrap();
    let mut check = |command: &str, expected: &str| {
        assert_eq!(
            driver.ask(&format!("foreign {command}")),
            [expected],
            "{command}"
        );
    };
    let plain = |set: &str| format!("set `{set}` is no plain set of addresses");
    check(
        "add inet t merged 192.0.2.1/32",
        "set `merged` merges ranges, which is the work of `nft`",
    );
    check("add inet t ports 192.0.2.1/32", &plain("ports"));
    check("add inet t pairs 192.0.2.1/32", &plain("pairs"));
    check("add inet t verdicts 192.0.2.1/32", &plain("verdicts"));
    check(
        "add inet t hosts 192.0.2.0/24",
        "set `hosts` holds single addresses only",
    );
    check(
        "add inet t hosts6 192.0.2.1/32",
        "set `hosts6` is for the other kind of addresses",
    );
    check(
        "add inet t nets 192.0.2.1/24",
        "set `nets` takes no network with bits behind its prefix",
    );
    let gone = |set: &str| {
        format!(
            "set `{set}` was deleted by another program (hint: keep `flush ruleset` out of other programs' rules)"
        )
    };
    check("add inet t none 192.0.2.1/32", &gone("none"));
    check("remove inet t none 192.0.2.1/32", &gone("none"));
    check("add ip t hosts 192.0.2.1/32", &gone("hosts"));
    check("list inet none hosts", &gone("hosts"));
    assert_eq!(kit.server().ruleset().unwrap(), before);
    // What is not there is taken out already.
    let mut driver = Driver::start(&mut kit.server().command(env!("CARGO_BIN_EXE_netns-engine")));
    driver.does("foreign remove inet t hosts 192.0.2.1/32");
    driver.does("foreign remove inet t nets 192.0.2.0/24");
    driver.does("foreign add inet t timed 192.0.2.1/32");
    driver.does("foreign add inet t small 192.0.2.1/32");
    driver.does("foreign add inet t small 192.0.2.2/32");
    assert_eq!(
        driver.ask("foreign add inet t small 192.0.2.3/32"),
        ["set `small` is full (hint: ban networks in place of single addresses, or for less long)"]
    );
}
