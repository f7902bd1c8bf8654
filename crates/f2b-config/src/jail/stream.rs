//! The commands that a jail becomes, in the order of the stream (contract A 3.1).

use f2b_protocol::{Command, Value};

use super::{Action, Jail};
use crate::definition::{ACTION, FILTER};
use crate::ini::repr;
use crate::logpath::{self, Log};
use crate::reference::Typed;
use crate::told::{Tale, Told};
use crate::{Abort, Awaited, LogFolders, Origin, Reading, Sent, convert};

/// What became of one jail.
pub(super) struct Stream {
    pub(super) is_started: bool,
    pub(super) awaited: Awaited,
}

impl Jail<'_> {
    /// Appends the commands that make the jail.
    pub(super) fn commands(
        mut self,
        folders: &dyn LogFolders,
        reading: &Reading,
        commands: &mut Vec<Sent>,
        told: &mut Tale,
    ) -> Result<Stream, Abort> {
        let mut backend = self.option_text("backend").unwrap_or("auto").to_owned();
        let mut logs: Vec<Command> = Vec::new();
        let mut awaited = Awaited::default();
        let logpath = self
            .option_text("logpath")
            .filter(|_| !backend.starts_with("systemd"));
        if let Some(logpath) = logpath {
            let (found, to_come) = logpath::logs(logpath, folders, told);
            awaited = to_come;
            if found.is_empty() {
                let text = format!("Have not found any log file for {} jail.", repr(&self.name));
                let is_allowed = self.flag("systemd_if_nologs", true);
                let has_match = self.options.contains_key("journalmatch");
                if logpath::turns_to_journal(&backend, is_allowed, has_match) {
                    "systemd".clone_into(&mut backend);
                    told.push(Told::warning(
                        "jailreader",
                        format!("{text} Jail will monitor systemd journal."),
                    ));
                } else if self.flag("skip_if_nologs", false) {
                    told.push(Told::warning("jailreader", text));
                    let text = format!(
                        "Jail {} skipped, because of missing log files.",
                        repr(&self.name)
                    );
                    told.push(Told::warning("jailreader", text.clone()));
                    let command = Command::words(["config-error".to_owned(), text]);
                    commands.push(self.sent(command, "logpath"));
                    return Ok(Stream {
                        is_started: false,
                        awaited: Awaited::default(),
                    });
                } else if reading.needs_logs {
                    return Err(Abort(text));
                } else {
                    told.push(Told::warning("jailreader", text));
                }
            }
            logs.extend(found.into_iter().map(|Log { path, mode }| {
                Command::words([
                    "set".to_owned(),
                    self.name.clone(),
                    "addlogpath".to_owned(),
                    path,
                    mode,
                ])
            }));
        }
        let add = Command::words(["add", &self.name, &backend]);
        commands.push(self.sent(add, "backend"));
        let rules = self.rules(told)?;
        commands.extend(rules);
        self.own_options(commands);
        commands.extend(logs.into_iter().map(|log| self.sent(log, "logpath")));
        for action in std::mem::take(&mut self.actions) {
            for command in self.action_commands(action, told)? {
                commands.push(self.sent(command, "action"));
            }
        }
        Ok(Stream {
            is_started: true,
            awaited,
        })
    }

    /// The commands of the filter and of the options by which the jail changes it.
    pub(super) fn rules(&mut self, told: &mut Tale) -> Result<Vec<Sent>, Abort> {
        let mut rules: Vec<Sent> = Vec::new();
        if let Some((definition, gathered)) = self.filter.take() {
            let combined = definition.finish(gathered, told)?;
            let origin = |option: &str| definition.origin(option);
            let options = combined.options.iter();
            let options = options.map(|(option, value)| (option.as_str(), value));
            self.add_rules(options, &origin, &mut rules)?;
        }
        let own = FILTER.iter();
        let own = own.filter_map(|(option, _)| Some((*option, self.options.get(*option)?)));
        self.add_rules(own, &|option| self.origin(option), &mut rules)?;
        Ok(rules)
    }

    fn sent(&self, command: Command, option: &str) -> Sent {
        Sent {
            command,
            origin: self.origin(option),
        }
    }

    fn origin(&self, option: &str) -> Option<Origin> {
        self.sections.origin(&self.name, option)
    }

    /// Adds the options of a filter: `usedns` goes first, `prefregex` and `maxlines` behind it, in
    /// front of what is there already; the rest at the end.
    fn add_rules<'a>(
        &self,
        options: impl Iterator<Item = (&'a str, &'a Typed)>,
        origin: &dyn Fn(&str) -> Option<Origin>,
        rules: &mut Vec<Sent>,
    ) -> Result<(), Abort> {
        let mut first = 0;
        for (option, value) in options {
            let known = FILTER.iter().any(|(name, _)| *name == option);
            if !known || *value == Typed::None {
                continue;
            }
            let text = match value {
                Typed::Text(text) => text.as_str(),
                _ => "",
            };
            let sent = |command| Sent {
                command,
                origin: origin(option),
            };
            let lines = || text.split('\n').filter(|line| !line.is_empty());
            match option {
                "usedns" => {
                    rules.insert(0, sent(self.set(option, value_of(value.clone()))));
                    first += 1;
                }
                "prefregex" | "maxlines" => {
                    let place = first.min(rules.len());
                    rules.insert(place, sent(self.set(option, value_of(value.clone()))));
                    first += 1;
                }
                "failregex" | "ignoreregex" => {
                    let lines: Vec<&str> = lines().collect();
                    let command = format!("add{option}");
                    match lines.as_slice() {
                        [] => {}
                        [line] => rules.push(sent(self.set(&command, Value::from(*line)))),
                        _ => {
                            let words = vec![
                                "multi-set".into(),
                                self.name.as_str().into(),
                                command.as_str().into(),
                            ];
                            rules.push(sent(Command::new(
                                words.into_iter().chain([Value::texts(lines)]).collect(),
                            )));
                        }
                    }
                }
                "journalmatch" => {
                    for line in lines() {
                        let words = convert::shell_words(line)
                            .map_err(|reason| Abort(reason.to_owned()))?;
                        let head = ["set", &self.name, "addjournalmatch"].map(str::to_owned);
                        rules.push(sent(Command::words(head.into_iter().chain(words))));
                    }
                }
                _ => rules.push(sent(self.set(option, value_of(value.clone())))),
            }
        }
        Ok(())
    }

    /// The options that are the jail's own, in the order of the stream.
    fn own_options(&self, commands: &mut Vec<Sent>) {
        const OWN: [&str; 17] = [
            "maxretry",
            "maxmatches",
            "findtime",
            "bantime",
            "bantime.increment",
            "bantime.factor",
            "bantime.formula",
            "bantime.multipliers",
            "bantime.maxtime",
            "bantime.rndtime",
            "bantime.overalljails",
            "ignorecommand",
            "ignoreself",
            "ignoreip",
            "ignorecache",
            "logtimezone",
            "logencoding",
        ];
        for option in OWN {
            match self.options.get(option) {
                None => {}
                Some(Typed::Text(text)) if option == "ignoreip" => {
                    let head = ["set", self.name.as_str(), "addignoreip"];
                    let command = Command::words(head.into_iter().chain(convert::words(text)));
                    commands.push(self.sent(command, option));
                }
                Some(value) => {
                    let command = self.set(option, value_of(value.clone()));
                    commands.push(self.sent(command, option));
                }
            }
        }
    }

    fn action_commands(&self, action: Action, told: &mut Tale) -> Result<Vec<Command>, Abort> {
        let jail = self.name.as_str();
        let shell = match action {
            Action::Python { name, path, json } => {
                let words = ["set", jail, "addaction", &name, &path, &json];
                return Ok(vec![Command::words(words)]);
            }
            Action::Shell(shell) => shell,
        };
        let combined = shell.definition.finish(shell.gathered, told)?;
        let name = shell.arguments.get("actname").map_or("", String::as_str);
        let add = Command::words(["set", jail, "addaction", name]);
        let mut words = ["multi-set", jail, "action", name]
            .map(Value::from)
            .to_vec();
        let is_command = |key: &str| ACTION.iter().any(|(option, _)| *option == key);
        let pair = |key: String, value: Value| Value::List(vec![Value::text(key), value]);
        let most = combined.options.len() + shell.arguments.len() + combined.init.len();
        let mut properties: Vec<Value> = Vec::with_capacity(most);
        let commands = combined.options.into_iter();
        let commands = commands.filter(|(key, _)| is_command(key));
        properties.extend(commands.map(|(key, value)| pair(key, value_of(value))));
        let others = shell.arguments.into_iter().chain(combined.init);
        let others = others.filter(|(key, _)| !is_command(key));
        properties.extend(others.map(|(key, value)| pair(key, Value::text(value))));
        words.push(Value::List(properties));
        Ok(vec![add, Command::new(words)])
    }

    fn set(&self, option: &str, value: Value) -> Command {
        Command::new(vec![
            "set".into(),
            self.name.as_str().into(),
            option.into(),
            value,
        ])
    }

    fn option_text(&self, option: &str) -> Option<&str> {
        match self.options.get(option) {
            Some(Typed::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn flag(&self, option: &str, default: bool) -> bool {
        match self.options.get(option) {
            Some(Typed::Bool(is)) => *is,
            _ => default,
        }
    }
}

pub(super) fn value_of(typed: Typed) -> Value {
    match typed {
        Typed::Text(text) => Value::text(text),
        Typed::Int(number) => Value::Int(number),
        Typed::Bool(is) => Value::Bool(is),
        Typed::None => Value::None,
    }
}
