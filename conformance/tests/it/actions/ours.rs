//! Our side: the actions of the same files, with the shell of the system.

use std::fmt::Write as _;
use std::path::Path;

use f2b_action::{
    Answer, Definition, Family, Flush, Host, JailActions, Level, Line, METHODS, Method, Property,
    SystemShell, Ticket, World, ip_rev,
};
use f2b_config::{Directory, NoLogs, Reading};
use f2b_core::{FailId, UnixTime};
use f2b_protocol::{Command, Value};

use super::Transcript;
use super::cases::Case;
use super::events::{self, Stage};

/// Plays all cases to our actions, made of the commands of the tree that the original read.
pub(super) fn play(folder: &Path, cases: &[Case]) -> Vec<Transcript> {
    let tree = Directory::new(folder.join("original/configuration"));
    let read = f2b_config::read(&tree, &NoLogs, &Reading::default()).unwrap();
    let stream: Vec<Command> = read
        .stream
        .unwrap()
        .into_iter()
        .map(|sent| sent.command)
        .collect();
    cases
        .iter()
        .map(|case| {
            let mut actions = JailActions::new(case.jail);
            for command in &stream {
                apply(&mut actions, case.jail, command.as_words());
            }
            Jail::new(case.jail, actions).play(case, folder)
        })
        .collect()
}

/// Does what a command of the stream says of a jail's actions.
pub(super) fn apply(actions: &mut JailActions, jail: &str, words: &[Value]) {
    let texts: Vec<Option<&str>> = words.iter().map(Value::as_str).collect();
    if texts.get(1) != Some(&Some(jail)) {
        return;
    }
    match (&texts[..], words) {
        ([Some("set"), _, Some("addaction"), Some(name)], _) => {
            actions.add(Definition::new(name)).unwrap();
        }
        ([Some("multi-set"), _, Some("action"), Some(name), _], [.., pairs]) => {
            for pair in pairs.as_sequence().unwrap() {
                let [property, value] = pair.as_sequence().unwrap() else {
                    panic!("no pair: {}", pair.repr());
                };
                let value = match value {
                    Value::Bool(flag) => Property::Flag(*flag),
                    Value::Int(number) => Property::Whole(*number),
                    Value::Float(number) => Property::Fraction(*number),
                    Value::Str(text) => text.as_str().into(),
                    other => panic!("no property: {}", other.repr()),
                };
                let action = actions.get_mut(name).unwrap();
                action.set(property.as_str().unwrap(), value).unwrap();
            }
        }
        _ => {}
    }
}

/// What the server around the actions knows.
pub(super) struct Jail {
    name: String,
    pub(super) actions: JailActions,
    bans: Vec<(FailId, i64)>,
    now: i64,
}

impl Jail {
    pub(super) fn new(name: &str, actions: JailActions) -> Self {
        Self {
            name: name.to_owned(),
            actions,
            bans: Vec::new(),
            now: 1_000,
        }
    }

    fn play(&mut self, case: &Case, folder: &Path) -> Transcript {
        let mut stage = Stage::new(folder, case.jail);
        stage.begin(case);
        let mut transcript = String::new();
        for event in [&"start"].into_iter().chain(case.events).chain([&"stop"]) {
            writeln!(transcript, "> {event}").unwrap();
            if stage.switch(event) {
                continue;
            }
            let mut logged = String::new();
            let answer = self.tell(event, &mut logged);
            transcript += &stage.news();
            if *event != "start" {
                transcript += &logged;
            }
            transcript += &answer;
        }
        stage.clear();
        transcript
    }

    fn tell(&mut self, event: &str, logged: &mut String) -> String {
        let host = Host {
            fq_name: "fq".to_owned(),
            short_name: "sh".to_owned(),
            allows_ipv6: true,
        };
        let mut log = |line: Line| {
            let level = match line.level {
                Level::Detail | Level::Debug => "DEBUG",
                Level::Info => "INFO",
                Level::Notice => "NOTICE",
                Level::Warning => "WARNING",
                Level::Error => "ERROR",
                Level::Critical => "CRITICAL",
            };
            let line = events::logged(line.logger.name(), level, &line.text);
            logged.push_str(&line.unwrap_or_default());
        };
        let mut no_ban = self.tags_of_no_ban();
        let mut world = World {
            shell: &mut SystemShell,
            log: &mut log,
            host: &host,
            now: UnixTime::from_seconds(self.now),
            no_ban: &mut no_ban,
        };
        let words: Vec<&str> = event.split(' ').collect();
        match words[..] {
            ["start"] => self.actions.start(&mut world),
            ["stop"] => {
                self.lift_all(&mut world, Flush::Stop);
                self.actions.stop(&mut world);
            }
            ["restart", ..] => {
                let bans = self.bans.clone();
                self.lift_all(&mut world, Flush::Stop);
                self.actions.stop(&mut world);
                self.actions.start(&mut world);
                for (id, _) in bans {
                    let tags = self.tags(&id.to_string(), Family::of(&id).text(), "");
                    self.ban(&mut world, &id.to_string(), tags, true);
                }
            }
            ["log", id, ..] => {
                let user = event.splitn(3, ' ').last().unwrap();
                let mut tags = self.tags(id, "inet4", "");
                tags.retain(|(name, _)| name != "failures");
                let more = [("F-USER", user), ("failures", "1")];
                tags.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
                self.ban(&mut world, id, tags, false);
            }
            ["unban", "--all"] => self.lift_all(&mut world, Flush::Unban),
            ["unban", id] => self.unban(&mut world, id),
            ["wait", seconds] => self.now += seconds.parse::<i64>().unwrap(),
            ["ban" | "again", id] => self.ban_by_hand(&mut world, id),
            ["attempt", id, ..] => {
                let line = event.splitn(3, ' ').last().unwrap();
                self.ban_for(&mut world, id, line);
            }
            ["call", action, method, ref json @ ..] => {
                return self.call(&mut world, action, method, json.first().copied());
            }
            ["set", action, property, ..] => {
                let value = event.splitn(4, ' ').last().unwrap();
                let action = self.actions.get_mut(action).unwrap();
                action.set(property, value.into()).unwrap();
                return got(action, property);
            }
            ["get", action, property] => return got(self.actions.get(action).unwrap(), property),
            ["properties", action] => {
                let names = self.actions.get(action).unwrap().properties();
                return format!("= {}\n", Value::texts(names).repr());
            }
            ["methods", _] => return format!("= {}\n", Value::texts(METHODS).repr()),
            _ => panic!("no such event: {event}"),
        }
        String::new()
    }

    /// `banip`.
    pub(super) fn ban_by_hand(&mut self, world: &mut World<'_>, id: &str) {
        let tags = self.tags(id, Family::of(&FailId::parse(id)).text(), "");
        self.ban(world, id, tags, false);
    }

    /// An attempt with one line.
    pub(super) fn ban_for(&mut self, world: &mut World<'_>, id: &str, line: &str) {
        let tags = self.tags(id, "inet4", line);
        self.ban(world, id, tags, false);
    }

    fn ban(
        &mut self,
        world: &mut World<'_>,
        id: &str,
        mut tags: Vec<(String, String)>,
        is_restored: bool,
    ) {
        let fail_id = FailId::parse(id);
        let ticket = Ticket {
            id: &fail_id,
            is_restored,
        };
        let found = self.bans.iter().find(|(banned, _)| *banned == fail_id);
        if let Some((_, since)) = found {
            let since = UnixTime::from_seconds(*since);
            self.actions.already_banned(world, ticket, since, &mut tags);
        } else {
            if is_restored {
                tags.retain(|(name, _)| name != "restored");
                tags.push(("restored".to_owned(), "1".to_owned()));
            }
            self.actions.ban(world, ticket, &mut tags);
            self.bans.push((fail_id, self.now));
        }
    }

    pub(super) fn unban(&mut self, world: &mut World<'_>, id: &str) {
        let fail_id = FailId::parse(id);
        let mut tags = self.tags(id, Family::of(&fail_id).text(), "");
        self.bans.retain(|(banned, _)| *banned != fail_id);
        self.actions.unban(world, &fail_id, &mut tags);
    }

    pub(super) fn lift_all(&mut self, world: &mut World<'_>, why: Flush) {
        self.actions.flush(world, why, None);
        for (id, _) in std::mem::take(&mut self.bans) {
            let mut tags = self.tags(&id.to_string(), Family::of(&id).text(), "");
            self.actions.unban_singly(world, &id, None, &mut tags);
        }
    }

    fn call(
        &mut self,
        world: &mut World<'_>,
        action: &str,
        method: &str,
        json: Option<&str>,
    ) -> String {
        let mut tags = Vec::new();
        if let Some(json) = json {
            let json: serde_json::Value = serde_json::from_str(json).unwrap();
            for (name, value) in json["aInfo"].as_object().unwrap() {
                let value = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                tags.push((name.clone(), value));
            }
        }
        let method = Method::named(method).unwrap();
        match self.actions.call(world, action, method, &mut tags) {
            Ok(Answer::Nothing) => "= None\n".to_owned(),
            Ok(Answer::Flag(true)) => "= True\n".to_owned(),
            Ok(Answer::Flag(false)) => "= False\n".to_owned(),
            Err(error) => format!("! {error}\n"),
        }
    }

    /// The tags of an empty ban.
    pub(super) fn tags_of_no_ban(&self) -> Vec<(String, String)> {
        let mut tags = self.tags("", "", "");
        tags.retain(|(name, _)| name != "family");
        tags
    }

    /// The tags of a ban by hand, or of an attempt with one line.
    fn tags(&self, id: &str, family: &str, line: &str) -> Vec<(String, String)> {
        let failures = if line.is_empty() { "0" } else { "1" };
        let reversed = ip_rev(&FailId::parse(id));
        let bancount = if id.is_empty() { "0" } else { "1" };
        let banned = self.bans.len().to_string();
        [
            ("ip", id),
            ("fid", id),
            ("family", family),
            ("ip-rev", &reversed),
            ("failures", failures),
            ("bancount", bancount),
            ("bantime", "600"),
            ("matches", line),
            ("ipmatches", line),
            ("ipjailmatches", line),
            ("ipfailures", failures),
            ("ipjailfailures", failures),
            ("restored", "0"),
            ("time", "TIME"),
            ("ip-host", "None"),
            ("jail.banned", &banned),
            ("jail.name", &self.name),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }
}

fn got(action: &Definition, property: &str) -> String {
    match action.get(property) {
        Some(Property::Text(text)) => format!("= {}\n", Value::from(text.as_str()).repr()),
        Some(value) => format!("= {value}\n"),
        None => format!("! 'CommandAction' object has no attribute '{property}'\n"),
    }
}
