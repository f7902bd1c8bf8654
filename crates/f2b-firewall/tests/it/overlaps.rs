//! Networks that overlap: the kernel holds what was said, and nothing else.

use std::collections::{BTreeSet, HashMap};

use ipnet::IpNet;
use kernel_kit::{Kit, Namespace};

use crate::driver::Driver;

/// What the kernel holds, as `nft` prints it: networks, and ranges that are
/// no networks.
fn held(server: &Namespace) -> BTreeSet<String> {
    let list = |set| {
        let printed = server.run("nft", &["list", "set", "inet", "stockade", set]);
        let printed = printed.unwrap();
        let elements = printed.split("elements = {").nth(1).unwrap_or_default();
        let elements = elements.split('}').next().unwrap_or_default();
        let words = elements.split([',', ' ', '\n', '\t']);
        words.map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let mut held = list("net-set-sshd");
    held.append(&mut list("net6-set-sshd"));
    held.remove("");
    held
}

/// Applies changes without an end, and checks after that the kernel holds what
/// the outcomes claim. *Shape*: `ban NET` or `unban NET`, and outcomes as
/// `in kernel`, `gone` or `overlaps`.
struct Claims<'a> {
    engine: Driver,
    server: &'a Namespace,
    claimed: BTreeSet<String>,
}

impl<'a> Claims<'a> {
    fn new(server: &'a Namespace) -> Self {
        Self {
            engine: Driver::sshd(server),
            server,
            claimed: BTreeSet::new(),
        }
    }

    fn apply(&mut self, changes: &[String], step: &str) -> Vec<&'static str> {
        let lines: Vec<_> = changes
            .iter()
            .map(|change| match change.split_once(' ').unwrap() {
                ("ban", net) => format!("ban sshd {net} -"),
                (word, net) => format!("{word} sshd {net}"),
            })
            .collect();
        let outcomes = self.engine.apply(&lines);
        let outcomes = outcomes.iter().zip(changes).map(|(outcome, change)| {
            let net = change.split(' ').next_back().unwrap();
            match outcome.as_str() {
                "in kernel" => {
                    self.claimed.insert(net.to_owned());
                    "in kernel"
                }
                "gone" => {
                    self.claimed.remove(net);
                    "gone"
                }
                failed => {
                    let expected = format!("failed: network {net} overlaps one that is in set");
                    assert!(failed.starts_with(&expected), "{step}: {failed}");
                    "overlaps"
                }
            }
        });
        let outcomes = outcomes.collect();
        assert_eq!(held(self.server), self.claimed, "{step}: {outcomes:?}");
        let nets: BTreeSet<_> = self.engine.nets("sshd").into_iter().collect();
        assert_eq!(nets, self.claimed, "{step}: {outcomes:?}");
        outcomes
    }
}

/// Networks that overlap, the wider one first.
const PAIRS: [(&str, &str); 22] = [
    // At the first address.
    ("0.0.0.0/0", "10.0.0.0/8"),
    ("0.0.0.0/0", "0.0.0.0/1"),
    ("0.0.0.0/0", "128.0.0.0/1"),
    ("0.0.0.0/0", "255.0.0.0/8"),
    ("0.0.0.0/1", "10.0.0.0/8"),
    ("0.0.0.0/1", "0.0.0.0/8"),
    ("0.0.0.0/1", "127.0.0.0/8"),
    // At the last address.
    ("128.0.0.0/1", "192.168.0.0/16"),
    ("128.0.0.0/1", "128.0.0.0/8"),
    ("128.0.0.0/1", "192.0.0.0/2"),
    ("128.0.0.0/1", "255.255.255.0/24"),
    // In between.
    ("10.0.0.0/8", "10.0.0.0/16"),
    ("10.0.0.0/8", "10.7.0.0/16"),
    ("10.0.0.0/8", "10.128.0.0/9"),
    ("::/0", "2001:db8::/32"),
    ("::/0", "::/1"),
    ("::/0", "8000::/1"),
    ("8000::/1", "8000::/16"),
    ("8000::/1", "fe80::/10"),
    ("8000::/1", "ff00::/8"),
    ("2001:db8::/32", "2001:db8:8000::/33"),
    ("2001:db8::/32", "2001:db8::/64"),
];

#[test]
fn of_two_networks_that_overlap_the_first_stays_and_the_second_leaves_no_trace() {
    let kit = Kit::new().unwrap();
    let mut claims = Claims::new(kit.server());
    for (wide, narrow) in PAIRS {
        for (first, second) in [(wide, narrow), (narrow, wide)] {
            for (change, net, expected) in [
                ("unban", second, "gone"),
                ("ban", first, "in kernel"),
                ("unban", second, "gone"),
                ("ban", second, "overlaps"),
                ("ban", first, "in kernel"),
                ("unban", second, "gone"),
                ("unban", first, "gone"),
                // Nothing is left in the way.
                ("ban", second, "in kernel"),
                ("unban", first, "gone"),
                ("unban", second, "gone"),
            ] {
                let change = format!("{change} {net}");
                let step = format!("{first}, {second}: {change}");
                assert_eq!(claims.apply(&[change], &step), [expected], "{step}");
            }
        }
    }
}

#[test]
fn networks_that_overlap_are_told_apart_within_one_call() {
    let kit = Kit::new().unwrap();
    let mut claims = Claims::new(kit.server());
    for (wide, narrow) in PAIRS {
        for (first, second) in [(wide, narrow), (narrow, wide)] {
            for (changes, expected) in [
                ([("ban", first), ("ban", second)], ["in kernel", "overlaps"]),
                // What goes makes room, whichever was said first.
                ([("ban", second), ("unban", first)], ["in kernel", "gone"]),
                ([("unban", second), ("ban", first)], ["gone", "in kernel"]),
                ([("unban", second), ("unban", first)], ["gone", "gone"]),
            ] {
                let changes = changes.map(|(change, net)| format!("{change} {net}"));
                let step = changes.join(", ");
                assert_eq!(claims.apply(&changes, &step), expected, "{step}");
            }
        }
    }
}

#[test]
fn neighbours_do_not_overlap() {
    let kit = Kit::new().unwrap();
    let mut claims = Claims::new(kit.server());
    for nets in [
        ["0.0.0.0/1", "128.0.0.0/1"],
        ["128.0.0.0/1", "127.0.0.0/8"],
        ["10.0.0.0/9", "10.128.0.0/9"],
        ["8000::/1", "::/1"],
    ] {
        let bans = nets.map(|net| format!("ban {net}"));
        assert_eq!(claims.apply(&bans, &bans.join(", ")), ["in kernel"; 2]);
        for net in nets {
            let unban = format!("unban {net}");
            assert_eq!(claims.apply(&[unban], net), ["gone"], "{net}");
        }
    }
}

/// Networks with the same begin, the same end, both edges, and neighbours.
const POOL: [&str; 22] = [
    "0.0.0.0/0",
    "0.0.0.0/1",
    "0.0.0.0/8",
    "8.0.0.0/6",
    "10.0.0.0/7",
    "10.0.0.0/8",
    "10.0.0.0/9",
    "10.128.0.0/9",
    "10.255.0.0/16",
    "10.7.7.0/24",
    "11.0.0.0/8",
    "127.0.0.0/8",
    "127.255.255.254/31",
    "128.0.0.0/1",
    "128.0.0.0/2",
    "128.0.0.0/8",
    "192.0.0.0/2",
    "198.51.100.0/24",
    "224.0.0.0/3",
    "255.0.0.0/8",
    "255.255.255.0/24",
    "255.255.255.254/31",
];

/// Says what is to come out, one after the other: what is to go goes first,
/// and of several changes for one network the last one counts.
fn expected(held: &mut BTreeSet<IpNet>, changes: &[(bool, IpNet)]) -> Vec<&'static str> {
    let last: HashMap<IpNet, bool> = changes.iter().map(|&(is_ban, net)| (net, is_ban)).collect();
    held.retain(|net| last.get(net) != Some(&false));
    for (at, (_, net)) in changes.iter().enumerate() {
        let overlaps = |other: &IpNet| other != net && (other.contains(net) || net.contains(other));
        let is_last = !changes.iter().skip(at + 1).any(|(_, later)| later == net);
        if is_last && last.get(net) == Some(&true) && !held.iter().any(overlaps) {
            held.insert(*net);
        }
    }
    let outcome = |net: &IpNet| match (held.contains(net), last.get(net)) {
        (true, _) => "in kernel",
        (false, Some(true)) => "overlaps",
        (false, _) => "gone",
    };
    changes.iter().map(|(_, net)| outcome(net)).collect()
}

#[test]
fn after_any_changes_the_kernel_holds_what_was_claimed() {
    let kit = Kit::new().unwrap();
    let mut claims = Claims::new(kit.server());
    let mut state: u64 = 0x5d0c_4ade;
    // SplitMix64.
    let mut below = |most: u64| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % most).unwrap()
    };
    let mut model = BTreeSet::new();
    for step in 0..250 {
        // Mostly one change, sometimes several.
        let number = [1, 1, 1, 2, 5][below(5)];
        let changes: Vec<(bool, IpNet)> = (0..number)
            .map(|_| (below(2) == 0, POOL[below(22)].parse().unwrap()))
            .collect();
        let lines: Vec<_> = changes
            .iter()
            .map(|(is_ban, net)| format!("{} {net}", if *is_ban { "ban" } else { "unban" }))
            .collect();
        let step = format!("step {step}, {}, {model:?}", lines.join(", "));
        let wanted = expected(&mut model, &changes);
        assert_eq!(claims.apply(&lines, &step), wanted, "{step}");
    }
}

/// Puts `0.0.0.0/0` into the set as it would come from another program at the
/// wrong moment: the kernel does not object, but `nft` would.
const INTRUDE: &str = "
import socket, struct
def attribute(kind, value):
    return struct.pack('=HH', len(value) + 4, kind) + value + bytes(-len(value) % 4)
def message(kind, flags, family, resource, body):
    body = struct.pack('>BBH', family, 0, resource) + body
    return struct.pack('=IHHII', len(body) + 16, kind, flags, 1, 0) + body
key = attribute(1 | 0x8000, attribute(1, bytes(4)))
mark = attribute(6, bytes([1, 4]) + struct.pack('=I', 1))
elements = attribute(3 | 0x8000, attribute(1 | 0x8000, key + mark))
names = attribute(1, b'stockade\\0') + attribute(2, b'net-set-sshd\\0')
sender = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
sender.bind((0, 0))
sender.send(message(16, 1, 0, 10, b'') + message(10 << 8 | 12, 0x405, 1, 0, names + elements) + message(17, 1, 0, 10, b''))
answer = sender.recv(4096)
assert struct.unpack_from('=Hxxxxxxxxxxi', answer, 4)[1] == 0, answer
";

#[test]
fn what_is_left_of_a_network_is_taken_out_by_its_ban_and_by_its_unban() {
    let kit = Kit::new().unwrap();
    let mut claims = Claims::new(kit.server());
    let ban = ["ban 10.0.0.0/8".to_owned()];
    assert_eq!(claims.apply(&ban, "first"), ["in kernel"]);
    for (change, expected) in [("ban", "overlaps"), ("unban", "gone")] {
        kit.server().run("python3", &["-I", "-c", INTRUDE]).unwrap();
        let cut = ["0.0.0.0-9.255.255.255", "10.0.0.0/8"];
        assert_eq!(held(kit.server()), cut.map(str::to_owned).into());
        // Not the parts of it, which a listing shows.
        let parts = claims.engine.apply(&["unban sshd 8.0.0.0/7"]);
        assert!(
            parts[0].starts_with("failed: 8.0.0.0/7 is still in set `net-set-sshd`"),
            "{parts:?}"
        );
        let change = format!("{change} 0.0.0.0/0");
        assert_eq!(claims.apply(&[change], "left"), [expected]);
    }
}

#[test]
fn networks_that_ran_out_do_not_take_the_end_of_another_along() {
    let kit = Kit::new().unwrap();
    let mut engine = Driver::sshd(kit.server());
    let bans = ["ban sshd 10.1.0.0/16 1", "ban sshd 10.128.0.0/9 1"];
    let outcomes = engine.apply(&bans);
    assert!(
        outcomes.iter().all(|it| it == "gone" || it == "in kernel"),
        "{outcomes:?}"
    );
    while !engine.nets("sshd").is_empty() {}
    // The kernel clears away when it likes.
    let wide = ["10.0.0.0/8".to_owned()];
    let outcomes = engine.apply(&["ban sshd 10.0.0.0/8 -"]);
    let claimed = match outcomes[0].as_str() {
        "in kernel" => wide.clone().into(),
        failed => {
            let expected = "failed: set `net-set-sshd` still holds ends of bans inside 10.0.0.0/8";
            assert!(failed.starts_with(expected), "{failed}");
            BTreeSet::new()
        }
    };
    assert_eq!(held(kit.server()), claimed);
    let changes = [
        "unban sshd 10.1.0.0/16",
        "unban sshd 10.128.0.0/9",
        "unban sshd 10.0.0.0/8",
    ];
    assert_eq!(engine.apply(&changes), ["gone"; 3]);
    assert_eq!(engine.apply(&["ban sshd 10.0.0.0/8 -"]), ["in kernel"]);
    assert_eq!(held(kit.server()), wide.into());
}
