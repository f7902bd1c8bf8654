//! The commands that a jail becomes, in the order of the stream (contract A 3.1).

use f2b_protocol::{Command, Value};
use indexmap::IndexMap;

use super::{Action, Jail};
use crate::dialect::definition::{ACTION, FILTER};
use crate::dialect::ini::repr;
use crate::dialect::logpath::{self, Log};
use crate::dialect::reference::Typed;
use crate::dialect::told::Told;
use crate::dialect::{Abort, LogFolders, Reading, convert};

/// The commands of one jail.
pub(super) struct Stream {
    pub(super) commands: Vec<Command>,
    pub(super) is_started: bool,
}

impl Jail {
    /// Returns the commands that make the jail.
    pub(super) fn commands(
        &self,
        folders: &dyn LogFolders,
        reading: &Reading,
        told: &mut Vec<Told>,
    ) -> Result<Stream, Abort> {
        let mut backend = self.option_text("backend").unwrap_or("auto").to_owned();
        let mut logs: Vec<Command> = Vec::new();
        let logpath = self
            .option_text("logpath")
            .filter(|_| !backend.starts_with("systemd"));
        if let Some(logpath) = logpath {
            let found = logpath::logs(logpath, folders, told);
            if found.is_empty() {
                let text = format!("Have not found any log file for {} jail.", repr(&self.name));
                let turns = backend.starts_with("auto") && self.flag("systemd_if_nologs", true);
                if turns && self.options.contains_key("journalmatch") {
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
                    return Ok(Stream {
                        commands: vec![Command::words(["config-error".to_owned(), text])],
                        is_started: false,
                    });
                } else if reading.is_dump {
                    told.push(Told::warning("jailreader", text));
                } else {
                    return Err(Abort(text));
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
        let mut commands = vec![Command::words(["add", &self.name, &backend])];
        let mut rules: Vec<Command> = Vec::new();
        if let Some((definition, gathered)) = &self.filter {
            let combined = definition.finish(gathered.clone(), told)?;
            self.add_rules(&combined.options, &mut rules)?;
        }
        let own: IndexMap<String, Typed> = FILTER
            .iter()
            .filter_map(|(option, _)| {
                Some(((*option).to_owned(), self.options.get(*option)?.clone()))
            })
            .collect();
        self.add_rules(&own, &mut rules)?;
        commands.extend(rules);
        commands.extend(self.own_options());
        commands.extend(logs);
        for action in &self.actions {
            commands.extend(self.action_commands(action, told)?);
        }
        Ok(Stream {
            commands,
            is_started: true,
        })
    }

    /// Adds the options of a filter: `usedns` goes first, `prefregex` and `maxlines` behind it, in
    /// front of what is there already; the rest at the end.
    fn add_rules(
        &self,
        options: &IndexMap<String, Typed>,
        rules: &mut Vec<Command>,
    ) -> Result<(), Abort> {
        let mut first = 0;
        for (option, value) in options {
            let known = FILTER.iter().any(|(name, _)| name == option);
            if !known || *value == Typed::None {
                continue;
            }
            let text = match value {
                Typed::Text(text) => text.as_str(),
                _ => "",
            };
            let lines = || text.split('\n').filter(|line| !line.is_empty());
            match option.as_str() {
                "usedns" => {
                    rules.insert(0, self.set(option, value_of(value)));
                    first += 1;
                }
                "prefregex" | "maxlines" => {
                    rules.insert(first.min(rules.len()), self.set(option, value_of(value)));
                    first += 1;
                }
                "failregex" | "ignoreregex" => {
                    let lines: Vec<&str> = lines().collect();
                    let command = format!("add{option}");
                    match lines.as_slice() {
                        [] => {}
                        [line] => rules.push(self.set(&command, Value::from(*line))),
                        _ => {
                            let words = vec![
                                "multi-set".into(),
                                self.name.as_str().into(),
                                command.as_str().into(),
                            ];
                            rules.push(Command::new(
                                words.into_iter().chain([Value::texts(lines)]).collect(),
                            ));
                        }
                    }
                }
                "journalmatch" => {
                    for line in lines() {
                        let words = convert::shell_words(line)
                            .map_err(|reason| Abort(reason.to_owned()))?;
                        let head = ["set", &self.name, "addjournalmatch"].map(str::to_owned);
                        rules.push(Command::words(head.into_iter().chain(words)));
                    }
                }
                _ => rules.push(self.set(option, value_of(value))),
            }
        }
        Ok(())
    }

    /// The options that are the jail's own, in the order of the stream.
    fn own_options(&self) -> Vec<Command> {
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
        let mut commands = Vec::new();
        for option in OWN {
            match self.options.get(option) {
                None => {}
                Some(Typed::Text(text)) if option == "ignoreip" => {
                    let head = ["set", self.name.as_str(), "addignoreip"];
                    commands.push(Command::words(head.into_iter().chain(convert::words(text))));
                }
                Some(value) => commands.push(self.set(option, value_of(value))),
            }
        }
        commands
    }

    fn action_commands(
        &self,
        action: &Action,
        told: &mut Vec<Told>,
    ) -> Result<Vec<Command>, Abort> {
        let jail = self.name.as_str();
        let shell = match action {
            Action::Python { name, path, json } => {
                let words = ["set", jail, "addaction", name, path, json];
                return Ok(vec![Command::words(words)]);
            }
            Action::Shell(shell) => shell,
        };
        let arguments = &shell.arguments;
        let combined = shell.definition.finish(shell.gathered.clone(), told)?;
        let name = arguments.get("actname").map_or("", String::as_str);
        let is_command = |key: &str| ACTION.iter().any(|(option, _)| *option == key);
        let pair = |key: &str, value: Value| Value::List(vec![key.into(), value]);
        let commands = combined.options.iter().filter(|(key, _)| is_command(key));
        let mut properties: Vec<Value> = commands
            .map(|(key, value)| pair(key, value_of(value)))
            .collect();
        let others = arguments.iter().chain(&combined.init);
        properties.extend(
            others
                .filter(|(key, _)| !is_command(key))
                .map(|(key, value)| pair(key, Value::from(value.as_str()))),
        );
        let add = Command::words(["set", jail, "addaction", name]);
        let head = ["multi-set", jail, "action", name].map(Value::from);
        let words = head.into_iter().chain([Value::List(properties)]);
        Ok(vec![add, Command::new(words.collect())])
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

fn value_of(typed: &Typed) -> Value {
    match typed {
        Typed::Text(text) => Value::from(text.as_str()),
        Typed::Int(number) => Value::Int(*number),
        Typed::Bool(is) => Value::Bool(*is),
        Typed::None => Value::None,
    }
}
