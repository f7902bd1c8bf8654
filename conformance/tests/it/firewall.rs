//! The originals' own firewall actions through our server, with the real tools and a real kernel: who is
//! banned is refused, others are not, and nothing is left when the server has stopped.

use std::net::IpAddr;
use std::os::unix::net::UnixStream;
use std::thread;

use conformance::{Oracle, Server, Version};
use f2b_protocol::{Command, Value, client::Client};
use kernel_kit::{ATTACKERS4, ATTACKERS6, Kit, SERVER4, SERVER6};

/// The port that every jail guards, and another on which somebody listens as well.
const GUARDED: u16 = 22;
const OTHER: u16 = 80;

/// One stock action.
struct Case {
    action: &'static str,
    /// Whether a ban closes every port.
    is_for_all_ports: bool,
}

const fn case(action: &'static str, is_for_all_ports: bool) -> Case {
    Case {
        action,
        is_for_all_ports,
    }
}

const CASES: &[Case] = &[
    case("iptables-multiport", false),
    case("iptables-allports", true),
    case("iptables-ipset", false),
    case("nftables-multiport", false),
    case("nftables-allports", true),
];

/// How bans come into the kernel, and the parameter that says so; all come to the same.
const WAYS: &[(&str, &str)] = &[("commands", ", native=no"), ("adopted", "")];

/// A server of ours on an original's tree, in a namespace of its own.
struct Stage {
    kit: Kit,
    server: Server,
    jails: Vec<String>,
}

/// Everything that a firewall holds, as the tools print it.
fn state(kit: &Kit) -> String {
    let run = |program: &str, words: &[&str]| kit.server().run(program, words).unwrap();
    let all = [
        run("nft", &["list", "ruleset"]),
        run("iptables-save", &[]),
        run("ip6tables-save", &[]),
        run("ipset", &["list"]),
    ];
    normal(&all.join("\n"))
}

/// Takes away what differs from run to run: comments with a time, counters, and a set's dice.
fn normal(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("# "));
    let words = lines.map(|line| {
        let mut words: Vec<&str> = line.split(' ').collect();
        for place in 1..words.len() {
            if ["packets", "bytes", "initval"].contains(&words[place - 1]) {
                words[place] = "N";
            }
        }
        words.join(" ")
    });
    words.collect::<Vec<_>>().join("\n")
}

impl Stage {
    fn new(folder: &std::path::Path, version: Version, parameter: &str) -> (Self, String) {
        let oracle = Oracle::new(version).unwrap();
        let kit = Kit::new().unwrap();
        // What `iptables` makes at its first rule and never takes away is there before.
        for program in ["iptables", "ip6tables"] {
            for change in ["-A", "-D"] {
                let rule = ["-w", change, "INPUT", "-j", "ACCEPT"];
                kit.server().run(program, &rule).unwrap();
            }
        }
        let before = state(&kit);
        let mut jail_local = String::from(
            "[DEFAULT]\nbackend = polling\nusedns = no\nignoreip =\nignoreself = false\n\
             filter = recording\nlogpath = {folder}/bad.log\n",
        );
        for Case { action, .. } in CASES {
            jail_local += &format!(
                "[of-{action}]\nenabled = true\n\
                 action = {action}[name=%(__name__)s, port={GUARDED}, protocol=tcp{parameter}]\n"
            );
        }
        let files = [
            ("jail.local", jail_local.as_str()),
            (
                "filter.d/recording.conf",
                "[Definition]\nfailregex = ^bad <HOST>$\n",
            ),
            ("../bad.log", ""),
        ];
        let inside = format!(
            "set -- nsenter --net=/run/netns/{} \"$@\"\n",
            kit.server().name()
        );
        let server = Server::on_copy(None, &oracle, folder, &files, &inside).unwrap();
        let jails = CASES.iter().map(|case| format!("of-{}", case.action));
        let jails = jails.collect();
        (Self { kit, server, jails }, before)
    }

    fn tell(&self, words: &[&str], expected: &Value) {
        let mut client = Client::new(UnixStream::connect(&self.server.endpoint.socket).unwrap());
        let reply = client.ask(&Command::words(words.iter().copied())).unwrap();
        assert_eq!(reply.as_ref(), Ok(expected), "{words:?}");
    }

    /// Proves of attackers and ports whether a connection is refused or comes about, over IPv4 and IPv6.
    fn prove(&self, all: &[(usize, u16, bool)]) {
        // Side by side: a refusal over IPv6 counts only when it comes a second time, a second later.
        thread::scope(|scope| {
            for &(place, port, is_banned) in all {
                let ways: [(IpAddr, IpAddr); 2] = [
                    (ATTACKERS4[place].into(), SERVER4.into()),
                    (ATTACKERS6[place].into(), SERVER6.into()),
                ];
                for (from, to) in ways {
                    scope.spawn(move || {
                        let attacker = self.kit.attacker();
                        let proven = if is_banned {
                            attacker.is_refused(from, to, port)
                        } else {
                            attacker.can_connect(from, to, port)
                        };
                        proven.unwrap_or_else(|error| panic!("{error}\n{}", self.story()));
                    });
                }
            }
        });
    }

    /// How the server says that a jail's bans come into the kernel.
    fn way(&self, jail: &str) -> String {
        let mut client = Client::new(UnixStream::connect(&self.server.endpoint.socket).unwrap());
        let reply = client.ask(&Command::words(["stockade-status", jail]));
        let tree = reply.unwrap().unwrap();
        let jail = tree.entry("jails").and_then(|jails| jails.entry(jail));
        let way = jail.unwrap().entry("enforcement").unwrap().entry("mode");
        way.unwrap().str()
    }

    fn story(&self) -> String {
        format!("{}\n{}", state(&self.kit), self.server.logged().unwrap())
    }

    fn play(&self, case: &Case, jail: &str) {
        let banned = [ATTACKERS4[0].to_string(), ATTACKERS6[0].to_string()];
        let [first, second] = banned.each_ref().map(String::as_str);
        let two = Value::Int(2);
        self.prove(&[(0, GUARDED, false)]);
        self.tell(&["set", jail, "banip", first, second], &two);
        self.prove(&[
            (0, GUARDED, true),
            (0, OTHER, case.is_for_all_ports),
            (1, GUARDED, false),
        ]);
        self.tell(&["set", jail, "unbanip", first, second], &two);
        self.prove(&[(0, GUARDED, false), (0, OTHER, false)]);
        // A second time, and as when all are unbanned at once.
        self.tell(&["set", jail, "banip", first, second], &two);
        self.prove(&[(0, GUARDED, true)]);
        self.tell(&["unban", "--all"], &two);
        self.prove(&[(0, GUARDED, false)]);
    }
}

/// Plays all; returns what the firewall held under bans of every jail.
fn play(version: Version, parameter: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (stage, before) = Stage::new(folder.path(), version, parameter);
    let _listener = stage.kit.server().listen(&[GUARDED, OTHER]).unwrap();
    for (case, jail) in CASES.iter().zip(&stage.jails) {
        stage.play(case, jail);
    }
    for jail in &stage.jails {
        let banned = [ATTACKERS4[2].to_string(), ATTACKERS6[2].to_string()];
        let words = ["set", jail, "banip", &banned[0], &banned[1]];
        stage.tell(&words, &Value::Int(2));
    }
    for (case, jail) in CASES.iter().zip(&stage.jails) {
        let is_adopted = parameter.is_empty() && case.action.starts_with("nftables-");
        let expected = if is_adopted { "adopted" } else { "commands" };
        assert_eq!(stage.way(jail), expected, "{}", case.action);
    }
    let under_bans = state(&stage.kit);
    stage.prove(&[(2, GUARDED, true)]);
    stage.tell(&["stop"], &Value::None);
    let errors = stage.server.logged().unwrap();
    let errors: Vec<&str> = errors
        .lines()
        .filter(|line| line.contains("ERROR") || line.contains("CRITICAL"))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let Stage { kit, server, .. } = stage;
    server.wait_for_end().unwrap();
    assert_eq!(state(&kit), before, "nothing is left behind");
    kit.attacker()
        .can_connect(ATTACKERS4[2], SERVER4, GUARDED)
        .unwrap();
    kit.attacker()
        .can_connect(ATTACKERS6[2], SERVER6, GUARDED)
        .unwrap();
    under_bans
}

#[test]
fn stock_firewall_actions_refuse_whom_they_ban_and_leave_nothing() {
    thread::scope(|scope| {
        let runs = Version::ALL.map(|version| {
            let ways = WAYS.iter();
            let ways =
                ways.map(|(name, parameter)| (name, scope.spawn(move || play(version, parameter))));
            ways.collect::<Vec<_>>()
        });
        for ways in runs {
            let held = ways
                .into_iter()
                .map(|(name, run)| (name, run.join().unwrap()));
            let held: Vec<_> = held.collect();
            for (name, ruleset) in &held {
                assert_eq!(*ruleset, held[0].1, "{name} and {}", held[0].0);
            }
        }
    });
}
