//! The originals' own action files, truly run by both servers: what the programs that they call are told.
//!
//! Every such program writes down its arguments and what it reads ([`conformance::shims`]).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use conformance::{
    Oracle, Server, Version,
    differences::{Comparison, KnownDifferences},
    shims::{Call, Shims},
};
use f2b_protocol::{Command, client::Client};

use super::stock::{actions, without_times};

/// Everything happens within this time, or the test fails.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);

/// What is done to one jail after the other between the start of the server and its stop; each has
/// addresses of its own.
const EVENTS: &[&[&str]] = &[
    &["set", "JAIL", "banip", "V4.1"],
    &["set", "JAIL", "banip", "V6::1"],
    &["set", "JAIL", "unbanip", "V4.1"],
    &["set", "JAIL", "unbanip", "V6::1"],
    &["set", "JAIL", "banip", "V4.2"],
    &["set", "JAIL", "banip", "V6::2"],
    &["unban", "--all"],
];

/// What is done to one after the other when all others have been lifted.
const LAST_EVENTS: &[&[&str]] = &[
    &["set", "JAIL", "banip", "V4.3"],
    &["set", "JAIL", "banip", "V6::3"],
];

/// The last action of each jail: it tells that the others have had their turn.
const MARK: &str = "[Definition]\nactionstart = mark <name>\n";

/// What a call is listed under when nothing in it tells whose it is.
const NOBODY: &str = "whole server";

/// The jail of one action. Nothing that tells it from others is a part of what tells another.
#[derive(Clone)]
pub(super) struct Jail {
    pub(super) action: String,
    pub(super) name: String,
    /// How the addresses begin that it bans.
    pub(super) net4: String,
    net6: String,
}

impl Jail {
    pub(super) fn all(oracle: &Oracle) -> Vec<Self> {
        let actions = actions(oracle).into_iter().enumerate();
        let jails = actions.map(|(place, action)| Self {
            name: format!("of_{action}_it"),
            net4: format!("198.18.{}.", place + 100),
            net6: format!("2001:db8:{}::", place + 1000),
            action,
        });
        jails.collect()
    }

    fn is_named_in(&self, text: &str) -> bool {
        [&self.name, &self.net4, &self.net6]
            .into_iter()
            .any(|part| text.contains(part))
    }
}

/// One jail for each action.
fn jail_local(jails: &[Jail]) -> String {
    let mut text = String::from(
        "[DEFAULT]\nbackend = polling\nusedns = no\nignoreip =\nignoreself = false\n\
         filter = recording\nlogpath = /dev/null\n",
    );
    for Jail { action, name, .. } in jails {
        let parameters = "name=%(__name__)s, port=\"ssh,22\", protocol=\"tcp,udp\", chain=INPUT, \
                          logpath=/nowhere.log, tmpfile=/run/fail2ban/%(__name__)s, native=no";
        write!(
            text,
            "[{name}]\nenabled = true\naction = {action}[{parameters}{}]\n         mark[name=%(__name__)s]\n",
            more_parameters(action),
        )
        .unwrap();
    }
    text
}

/// What one action needs to be of use.
pub(super) fn more_parameters(action: &str) -> &'static str {
    match action {
        "bsd-ipfw" => ", table=of_bsd-ipfw_it",
        "mikrotik" => ", user=admin, host=router, keyfile=key",
        "mynetwatchman" => ", mnwlogin=me, mnwpass=secret",
        "netscaler" => ", ns_host=scaler, ns_auth=secret, ns_dataset=of_netscaler_it",
        "nsupdate" => ", domain=example.org, keyfile=key",
        "ufw" => ", kill-mode=ss",
        _ => "",
    }
}

/// A server of either, and what its actions have called.
struct Stage {
    server: Option<Server>,
    client: Client<UnixStream>,
    shims: Shims,
    seen: usize,
    jails: Vec<Jail>,
    transcripts: BTreeMap<String, String>,
}

impl Stage {
    fn tell(&mut self, words: &[&str]) {
        let reply = self
            .client
            .ask(&Command::words(words.iter().copied()))
            .unwrap();
        assert!(reply.is_ok(), "{words:?}: {reply:?}");
    }

    /// Writes down what was called since the last time, under the jail that it belongs to.
    fn note(&mut self, event: &str, jail: &str) {
        let calls = self.shims.calls(&mut self.seen).unwrap();
        let mut news: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for call in &calls {
            if call.words[0] == "mark" {
                continue;
            }
            let owner = owner(call, &self.jails).unwrap_or(jail);
            news.entry(owner.to_owned()).or_default().push(shown(call));
        }
        for (owner, lines) in news {
            let text = if owner == NOBODY {
                let lines = lines.iter().map(|line| format!("{event}: {line}\n"));
                lines.collect()
            } else {
                format!("> {event}\n{}\n", lines.join("\n"))
            };
            *self.transcripts.entry(owner).or_default() += &text;
        }
    }

    fn happen(&mut self, event: &[&str], jail: &Jail) {
        let words = event.iter().map(|word| {
            let word = word.replace("JAIL", &jail.name);
            word.replace("V4.", &jail.net4).replace("V6::", &jail.net6)
        });
        let words: Vec<String> = words.collect();
        self.tell(&words.iter().map(String::as_str).collect::<Vec<_>>());
        self.note(&event.join(" "), &jail.name);
    }

    fn play(mut self) -> BTreeMap<String, String> {
        let (shims, mut marks, mut seen) = (self.shims.clone(), 0, 0);
        let all_have_begun = |_: &mut Server| {
            let calls = shims.calls(&mut seen)?;
            marks += calls.iter().filter(|call| call.words[0] == "mark").count();
            Ok(marks == self.jails.len())
        };
        let server = self.server.as_mut().unwrap();
        server.wait_until(DEADLINE, all_have_begun).unwrap();
        let log = server.log.clone();
        self.note("start", NOBODY);
        for events in [EVENTS, LAST_EVENTS] {
            for jail in self.jails.clone() {
                for event in events {
                    self.happen(event, &jail);
                }
            }
        }
        self.tell(&["stop"]);
        self.server.take().unwrap().wait_for_end().unwrap();
        self.note("stop", NOBODY);
        let log = std::fs::read_to_string(log).unwrap();
        for sign in [": not found", "timed out", "returned 127"] {
            let line = log.lines().find(|line| line.contains(sign));
            assert_eq!(line, None, "every program that an action calls is there");
        }
        self.transcripts
    }
}

/// Whose call it is, if anything in it says so.
fn owner<'jails>(call: &Call, jails: &'jails [Jail]) -> Option<&'jails str> {
    let texts = call.words.iter().chain(&call.script).chain(&call.stdin);
    let all = texts.map(String::as_str).collect::<Vec<_>>().join("\n");
    let mut owners = jails.iter().filter(|jail| jail.is_named_in(&all));
    owners.next().map(|jail| jail.name.as_str())
}

/// *Shape*: a JSON array of the words; what was read behind ` < `, as a JSON string.
fn shown(call: &Call) -> String {
    let mut line = serde_json::to_string(&call.words).unwrap();
    if let Some(stdin) = &call.stdin {
        line += &format!(" < {}", serde_json::to_string(stdin).unwrap());
    }
    without_times(&line)
}

/// Plays some actions to one server.
fn play(program: Option<&Oracle>, tree: &Oracle, jails: &[Jail]) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let shims = Shims::new(folder.path()).unwrap();
    let jail_local = jail_local(jails);
    let files = [
        ("jail.local", jail_local.as_str()),
        ("action.d/mark.conf", MARK),
        (
            "filter.d/recording.conf",
            "[Definition]\nfailregex = ^bad <HOST>$\n",
        ),
        ("fail2ban.d/ipv6.local", "[Definition]\nallowipv6 = yes\n"),
    ];
    let server = Server::among(&shims, program, tree, folder.path(), &files).unwrap();
    let client = Client::new(UnixStream::connect(&server.endpoint.socket).unwrap());
    let stage = Stage {
        server: Some(server),
        client,
        shims,
        seen: 0,
        jails: jails.to_vec(),
        transcripts: BTreeMap::new(),
    };
    stage.play()
}

/// How many servers share the actions: 1.1.1 stops one jail after the other and takes a second for each.
const fn servers(version: Version) -> usize {
    match version {
        Version::V1_0_2 => 1,
        Version::V1_1_1 => 4,
    }
}

fn compare(version: Version) -> Vec<Comparison> {
    let oracle = Oracle::new(version).unwrap();
    let jails = Jail::all(&oracle);
    let groups = jails.chunks(jails.len().div_ceil(servers(version)));
    let (original, ours) = thread::scope(|scope| {
        let groups = groups.map(|group| scope.spawn(|| play(Some(&oracle), &oracle, group)));
        let groups: Vec<_> = groups.collect();
        let ours = play(None, &oracle, &jails);
        let mut original: BTreeMap<String, String> = BTreeMap::new();
        for (owner, transcript) in groups.into_iter().flat_map(|group| group.join().unwrap()) {
            *original.entry(owner).or_default() += &transcript;
        }
        (original, ours)
    });
    let cases = jails.iter().map(|jail| (&*jail.action, &*jail.name));
    let of = |transcripts: &BTreeMap<String, String>, jail: &str| {
        let text = transcripts.get(jail).cloned().unwrap_or_default();
        if jail != NOBODY {
            return text;
        }
        // Jails run side by side: what belongs to none of them has no order.
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        lines.join("\n")
    };
    cases
        .chain([(NOBODY, NOBODY)])
        .map(|(name, jail)| Comparison {
            case: format!("{version}: {name}"),
            original: of(&original, jail),
            ours: of(&ours, jail),
        })
        .collect()
}

#[test]
fn both_servers_tell_the_same_to_every_program_that_a_stock_action_calls() {
    let runs = Version::ALL.map(|version| thread::spawn(move || compare(version)));
    let comparisons: Vec<Comparison> = runs
        .into_iter()
        .flat_map(|run| run.join().unwrap())
        .collect();
    let calls = |text: &str| text.lines().filter(|line| line.starts_with('[')).count();
    println!("{:45} original  ours", "action");
    for one in &comparisons {
        let verdict = if one.original == one.ours {
            "alike"
        } else {
            "different"
        };
        println!(
            "{:45} {:8} {:5} {verdict}",
            one.case,
            calls(&one.original),
            calls(&one.ours)
        );
    }
    KnownDifferences::load()
        .unwrap()
        .judge("actions-run", &comparisons)
        .unwrap();
}
