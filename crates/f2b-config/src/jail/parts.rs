//! The filter and the actions of a jail, from files of their own.

use f2b_protocol::{Command, Value};

use super::{JailCommands, Reader};
use crate::diagnostic::{Diagnostic, Place};
use crate::file_set::{self, FileSet};
use crate::ini::Setting;
use crate::spec::{self, Spec};
use crate::{Rule, Surroundings};

/// What may stand in `[Definition]` of a filter and is sent, in this order.
const RULES: [&str; 4] = ["prefregex", "ignoreregex", "failregex", "journalmatch"];

impl Reader<'_> {
    pub(super) fn add_rules(
        &self,
        surroundings: &Surroundings<'_>,
        jail: &mut JailCommands,
        mistakes: &mut Vec<Diagnostic>,
    ) {
        let filter = self.filter(mistakes);
        if let Some(usedns) = self.setting("usedns", mistakes) {
            jail.commands
                .push(self.set("usedns", Value::text(usedns.value)));
        }
        let mut prefregex: Option<String> = None;
        for option in RULES {
            // What the jail sets hides the filter's.
            let own = self.setting(option, mistakes);
            let Some(setting) =
                own.or_else(|| filter.as_ref()?.value("Definition", option, mistakes))
            else {
                continue;
            };
            let lines = setting
                .value
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty());
            for text in rules_of(option, &setting.value) {
                let rule = Rule {
                    option,
                    text,
                    prefregex: prefregex.as_deref(),
                };
                if let Err(reason) = (surroundings.judge_rule)(&rule) {
                    let message = format!("`{option}` of `[{}]`: {reason}", self.name);
                    let mistake = Diagnostic::error(message, Some(&setting.place));
                    mistakes.push(mistake.with_excerpt(text));
                } else if option == "prefregex" {
                    prefregex = Some(text.to_owned());
                }
            }
            match option {
                "prefregex" => jail
                    .commands
                    .push(self.set(option, Value::text(setting.value.trim()))),
                "journalmatch" => {
                    for line in lines {
                        let head = ["set", self.name, "addjournalmatch"];
                        let words = head.into_iter().chain(line.split_whitespace());
                        jail.commands.push(Command::words(words));
                    }
                }
                _ => jail
                    .commands
                    .extend(self.several(&format!("add{option}"), lines.collect())),
            }
        }
    }

    /// As the original: one regex is a `set`, several are one `multi-set`.
    fn several(&self, command: &str, lines: Vec<&str>) -> Option<Command> {
        match lines.as_slice() {
            [] => None,
            [line] => Some(self.set(command, Value::from(*line))),
            _ => {
                let head = ["multi-set", self.name, command].map(Value::from);
                Some(Command::new(
                    head.into_iter().chain([Value::texts(lines)]).collect(),
                ))
            }
        }
    }

    fn filter(&self, mistakes: &mut Vec<Diagnostic>) -> Option<FileSet> {
        let setting = self
            .setting("filter", mistakes)
            .filter(|setting| !setting.value.is_empty())?;
        let spec = self.spec(&setting.value, &setting, mistakes)?;
        if let Some((key, _)) = spec.arguments.first() {
            let message = format!(
                "the argument `{key}` of the filter `{}` is not available in this version",
                spec.name
            );
            mistakes.push(Diagnostic::error(message, Some(&setting.place)));
        }
        let set = self.named("filter", "filter.d", &spec.name, &setting.place, mistakes)?;
        let known = |key: &str| RULES.contains(&key);
        refuse_unknown(&set, known, "filter", &spec.name, mistakes);
        Some(set)
    }

    pub(super) fn add_actions(&self, jail: &mut JailCommands, mistakes: &mut Vec<Diagnostic>) {
        let Some(setting) = self.setting("action", mistakes) else {
            return;
        };
        let specs = spec::split(&setting.value);
        if specs.is_empty() {
            let message = format!("No actions were defined for {}", self.name);
            mistakes.push(Diagnostic {
                severity: crate::Severity::Warning,
                ..Diagnostic::error(message, Some(&setting.place))
            });
        }
        for text in specs {
            let Some(spec) = self.spec(text, &setting, mistakes) else {
                continue;
            };
            let Some(set) = self.named("action", "action.d", &spec.name, &setting.place, mistakes)
            else {
                continue;
            };
            self.add_action(spec, &set, jail, mistakes);
        }
    }

    fn add_action(
        &self,
        spec: Spec,
        set: &FileSet,
        jail: &mut JailCommands,
        mistakes: &mut Vec<Diagnostic>,
    ) {
        let mut properties = spec.arguments;
        let add = |key: &str, value: &str, properties: &mut Vec<(String, String)>| {
            if !properties.iter().any(|(known, _)| known == key) {
                properties.push((key.to_owned(), value.to_owned()));
            }
        };
        add("name", self.name, &mut properties);
        add("actname", &spec.name, &mut properties);
        for key in set
            .sections
            .get("Init")
            .into_iter()
            .flat_map(|init| init.keys())
        {
            if let Some(setting) = set.value("Init", key, mistakes) {
                add(key, &setting.value, &mut properties);
            }
        }
        if let Some((key, setting)) = command_of(set) {
            let message = format!(
                "the action `{}` runs a command (`{key}`), which is not available in this version",
                spec.name
            );
            let mistake = Diagnostic::error(message, Some(&setting.place));
            mistakes.push(mistake.with_hint("use `banaction = stockade`"));
            return;
        }
        let name = spec.name.as_str();
        jail.commands
            .push(Command::words(["set", self.name, "addaction", name]));
        let pairs = properties
            .into_iter()
            .map(|(key, value)| Value::texts([key, value]))
            .collect();
        let head = ["multi-set", self.name, "action", name].map(Value::from);
        let words = head.into_iter().chain([Value::List(pairs)]);
        jail.commands.push(Command::new(words.collect()));
    }

    fn spec(&self, text: &str, setting: &Setting, mistakes: &mut Vec<Diagnostic>) -> Option<Spec> {
        let read = spec::parse(text);
        if let Err(error) = &read {
            let message = format!("`{text}` of `[{}]` {error}", self.name);
            mistakes.push(Diagnostic::error(message, Some(&setting.place)));
        }
        read.ok()
    }

    /// Reads the files of a filter or an action.
    fn named(
        &self,
        kind: &str,
        folder: &str,
        name: &str,
        place: &Place,
        mistakes: &mut Vec<Diagnostic>,
    ) -> Option<FileSet> {
        let set = file_set::read(self.tree, &format!("{folder}/{name}"), mistakes);
        if set.files > 0 {
            return Some(set);
        }
        let there = self.tree.list(folder);
        let names: Vec<&str> = there
            .iter()
            .filter_map(|path| {
                path.strip_prefix(folder)?
                    .strip_prefix('/')?
                    .strip_suffix(".conf")
            })
            .collect();
        // As the original: the first word of each message.
        let message = match kind {
            "filter" => format!("Unable to read the filter '{name}'"),
            _ => format!("Unable to read action '{name}'"),
        };
        let mistake = Diagnostic::error(message, Some(place));
        mistakes.push(mistake.with_hint(format!("{folder} holds: {}", names.join(", "))));
        None
    }
}

/// The regular expressions in an option: one a line, but a `prefregex` is one as it stands.
fn rules_of<'a>(option: &str, value: &'a str) -> Vec<&'a str> {
    let rules = match option {
        "journalmatch" => Vec::new(),
        "prefregex" => vec![value.trim()],
        _ => value.lines().map(str::trim).collect(),
    };
    rules.into_iter().filter(|rule| !rule.is_empty()).collect()
}

/// The first option of an action that is a command to run.
fn command_of(set: &FileSet) -> Option<(&String, &Setting)> {
    let mut options = set.sections.get("Definition").into_iter().flatten();
    options.find(|(key, setting)| key.starts_with("action") && !setting.value.is_empty())
}

fn refuse_unknown(
    set: &FileSet,
    known: impl Fn(&str) -> bool,
    kind: &str,
    name: &str,
    mistakes: &mut Vec<Diagnostic>,
) {
    for section in set.sections.values() {
        for (key, setting) in section {
            let referred =
                |other: &Setting| other.value.to_lowercase().contains(&format!("%({key})s"));
            let is_used = set
                .sections
                .values()
                .flat_map(|section| section.values())
                .any(referred);
            if !known(key) && !is_used {
                let message = format!(
                    "the option `{key}` of the {kind} `{name}` is not available in this version"
                );
                mistakes.push(Diagnostic::error(message, Some(&setting.place)));
            }
        }
    }
}
