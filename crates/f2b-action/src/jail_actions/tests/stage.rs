//! A jail, a recorder in the place of the shell, and what a test does to them.

use std::collections::BTreeSet;

use f2b_core::{FailId, Span, UnixTime};

use crate::{
    Definition, ElementChange, ElementSet, Flush, Host, JailActions, Level, Line, Outcome,
    Property, Script, Shell, Ticket, World,
};

/// Writes down what would be run; what begins with a word of `failing` fails.
#[derive(Default)]
pub(super) struct Recorder {
    pub(super) ran: Vec<String>,
    pub(super) failing: BTreeSet<String>,
    /// Ends all failing, as a repair does.
    pub(super) healing: Option<&'static str>,
    /// Whether elements of sets are changed without a command.
    pub(super) changes_elements: bool,
}

impl Shell for Recorder {
    fn run(&mut self, script: &Script, _timeout: Span) -> Outcome {
        self.ran.push(script.shown());
        let word = |script: &str| script.split(' ').nth(1).unwrap_or_default().to_owned();
        let word = word(&script.text);
        if self.healing.is_some_and(|healing| healing == word) {
            self.failing.clear();
        }
        Outcome::code(i32::from(self.failing.contains(&word)))
    }

    fn change_element(&mut self, set: &ElementSet, ip: &str, change: ElementChange) -> bool {
        if self.changes_elements {
            self.ran.push(format!("[{change} {set} {ip}]"));
        }
        self.changes_elements
    }
}

/// A jail with what a test does to it.
pub(super) struct Stage {
    pub(super) actions: JailActions,
    pub(super) shell: Recorder,
    pub(super) logged: Vec<String>,
    now: i64,
    pub(super) host: Host,
}

impl Stage {
    pub(super) fn new(actions: &[(&str, &[(&str, &str)])]) -> Self {
        let mut stage = Self {
            actions: JailActions::new("j"),
            shell: Recorder::default(),
            logged: Vec::new(),
            now: 1000,
            host: Host {
                fq_name: "mx.example.org".to_owned(),
                short_name: "mx".to_owned(),
                allows_ipv6: true,
            },
        };
        for (name, properties) in actions {
            let mut definition = Definition::new(name);
            for (property, value) in *properties {
                let value = match *value {
                    "False" => Property::Flag(false),
                    "True" => Property::Flag(true),
                    value => value.into(),
                };
                definition.set(property, value).unwrap();
            }
            stage.actions.add(definition).unwrap();
        }
        stage
    }

    /// Does one thing and returns what was run.
    ///
    /// *Shape*: `start`, `ban 192.0.2.1`, `restore ID`, `again ID`, `unban ID`, `prolong ID`,
    /// `flush`, `stop`, `reload`, `check`, `+ban` (it fails from now on), `-ban`, `wait 4`.
    pub(super) fn act(&mut self, event: &str) -> Vec<String> {
        let (verb, rest) = event.split_once(' ').unwrap_or((event, ""));
        if let Some(word) = verb.strip_prefix('+') {
            self.shell.failing.insert(word.to_owned());
        } else if let Some(word) = verb.strip_prefix('-') {
            self.shell.failing.remove(word);
        } else if verb == "wait" {
            self.now += rest.parse::<i64>().unwrap();
        } else {
            self.tell(verb, rest);
        }
        std::mem::take(&mut self.shell.ran)
    }

    fn tell(&mut self, verb: &str, rest: &str) {
        let id = FailId::parse(rest);
        let pairs = |family: &str, ip: &str| {
            [("ip", ip), ("family", family)].map(|(a, b)| (a.to_owned(), b.to_owned()))
        };
        let info = pairs(crate::Family::of(&id).text(), rest);
        let no_ban = pairs("", "");
        let logged = &mut self.logged;
        let mut log = |line: Line| {
            if line.level >= Level::Info {
                let logger = line.logger.name();
                logged.push(format!("{logger} {:?} {}", line.level, line.text));
            }
        };
        let mut world = World {
            shell: &mut self.shell,
            log: &mut log,
            host: &self.host,
            now: UnixTime::from_seconds(self.now),
            no_ban: &mut no_ban.to_vec(),
        };
        let ticket = |is_restored| Ticket {
            id: &id,
            is_restored,
        };
        let mut info = info.to_vec();
        let actions = &mut self.actions;
        match verb {
            "start" => actions.start(&mut world),
            "stop" => actions.stop(&mut world),
            "reload" => actions.reload(&mut world),
            "check" => actions.consistency_check(&mut world),
            "ban" => actions.ban(&mut world, ticket(false), &mut info),
            "restore" => actions.ban(&mut world, ticket(true), &mut info),
            "again" => {
                let since = UnixTime::from_seconds(1000);
                actions.already_banned(&mut world, ticket(false), since, &mut info);
            }
            "unban" => actions.unban(&mut world, &id, &mut info),
            "prolong" => actions.prolong(&mut world, &mut info),
            "flush" => actions.flush(&mut world, Flush::Unban, None),
            "endflush" => actions.flush(&mut world, Flush::Stop, None),
            "single" => actions.unban_singly(&mut world, &id, None, &mut info),
            _ => panic!("no such event: {verb}"),
        }
    }
}
