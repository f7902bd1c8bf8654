//! `jail.conf`: from a section to the commands that make a jail (contract A 1.8, 3.1).

mod parts;

use f2b_core::{FailId, parse_time};
use f2b_protocol::{Command, Value};

use crate::Surroundings;
use crate::diagnostic::{Diagnostic, Severity};
use crate::file_set::{self, FileSet};
use crate::ini::Setting;
use crate::tree::ConfigTree;

/// The commands of all jails.
#[derive(Debug)]
pub(crate) struct Jails {
    /// In the order they have to be sent.
    pub(crate) commands: Vec<Command>,
    /// Log paths that are not there yet, by jail.
    pub(crate) waiting: Vec<(Value, Value)>,
}

/// Options of a jail that are read here.
const OPTIONS: [&str; 22] = [
    "enabled",
    "backend",
    "filter",
    "action",
    "maxretry",
    "maxmatches",
    "findtime",
    "bantime",
    "ignoreip",
    "logpath",
    "journalmatch",
    "usedns",
    "prefregex",
    "failregex",
    "ignoreregex",
    // Plain words that others refer to.
    "port",
    "protocol",
    "banaction",
    "banaction_allports",
    "chain",
    "mode",
    "blocktype",
];

/// Reads every section of the jail files but `[DEFAULT]`.
pub(crate) fn read_all(
    tree: &dyn ConfigTree,
    surroundings: &Surroundings<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Jails {
    let set = file_set::read(tree, "jail", diagnostics);
    if set.files == 0 {
        diagnostics.push(
            Diagnostic::error("there is no `jail.conf`", None)
                .with_hint("point `-c` to the folder that holds fail2ban.conf and jail.conf"),
        );
    }
    let mut commands = Vec::new();
    let mut starts = Vec::new();
    let mut waiting = Vec::new();
    for name in set.sections.keys().filter(|name| *name != "DEFAULT") {
        let mut mistakes = Vec::new();
        let reader = Reader {
            tree,
            set: &set,
            name,
        };
        if !reader.is_enabled(&mut mistakes) {
            diagnostics.append(&mut mistakes);
            continue;
        }
        let jail = reader.read(surroundings, &mut mistakes);
        let error = mistakes
            .iter()
            .find(|mistake| mistake.severity == Severity::Error);
        if let Some(error) = error {
            let text = format!(
                "Jail '{name}' skipped, because of wrong configuration: {}",
                error.message
            );
            commands.push(Command::words(["config-error".to_owned(), text]));
        } else {
            commands.extend(jail.commands);
            starts.push(Command::words(["start", name]));
            if !jail.waiting.is_empty() {
                waiting.push((Value::from(name.as_str()), Value::texts(jail.waiting)));
            }
        }
        diagnostics.append(&mut mistakes);
    }
    commands.append(&mut starts);
    Jails { commands, waiting }
}

/// What one jail becomes.
#[derive(Debug, Default)]
struct JailCommands {
    commands: Vec<Command>,
    waiting: Vec<String>,
}

/// One section on its way to commands.
struct Reader<'a> {
    tree: &'a dyn ConfigTree,
    set: &'a FileSet,
    name: &'a str,
}

impl Reader<'_> {
    fn is_enabled(&self, mistakes: &mut Vec<Diagnostic>) -> bool {
        let Some(setting) = self.set.value(self.name, "enabled", mistakes) else {
            return false;
        };
        let is_enabled = is_true(&setting.value);
        if !is_enabled && !is_false(&setting.value) {
            let message = format!(
                "`enabled = {}` counts as `false`: the jail `{}` is off",
                setting.value, self.name
            );
            let mistake = Diagnostic::warning(message, &setting.place);
            mistakes.push(mistake.with_hint("write `true` or `false`"));
        }
        is_enabled
    }

    fn read(
        &self,
        surroundings: &Surroundings<'_>,
        mistakes: &mut Vec<Diagnostic>,
    ) -> JailCommands {
        self.check_names(mistakes);
        let backend = self.backend(mistakes);
        let mut jail = JailCommands::default();
        jail.commands
            .push(Command::words(["add", self.name, &backend]));
        self.add_rules(surroundings, &mut jail, mistakes);
        self.add_numbers(&mut jail, mistakes);
        self.add_ignored(&mut jail, mistakes);
        self.add_logs(surroundings, &mut jail, mistakes);
        self.add_actions(&mut jail, mistakes);
        jail
    }

    fn backend(&self, mistakes: &mut Vec<Diagnostic>) -> String {
        let Some(setting) = self.setting("backend", mistakes) else {
            return "auto".to_owned();
        };
        if !BACKENDS.contains(&setting.value.as_str()) {
            let message = format!("`backend = {}` is no backend", setting.value);
            let mistake = Diagnostic::error(message, Some(&setting.place));
            mistakes.push(mistake.with_hint(format!("known are {}", BACKENDS.join(", "))));
        }
        setting.value
    }

    fn add_ignored(&self, jail: &mut JailCommands, mistakes: &mut Vec<Diagnostic>) {
        let setting = self.setting("ignoreip", mistakes);
        let words: Vec<&str> = setting
            .iter()
            .flat_map(|setting| setting.value.split(|c: char| c.is_whitespace() || c == ','))
            .filter(|word| !word.is_empty())
            .collect();
        let place = setting.as_ref().map(|setting| &setting.place);
        for word in &words {
            if matches!(FailId::parse(word), FailId::Text(_)) {
                let message = format!("`ignoreip`: `{word}` is no address and no network");
                let mistake = Diagnostic::error(message, place);
                mistakes.push(mistake.with_hint("names are not looked up in this version"));
            }
        }
        let head = ["set", self.name, "addignoreip"];
        jail.commands
            .push(Command::words(head.into_iter().chain(words)));
    }

    fn check_names(&self, mistakes: &mut Vec<Diagnostic>) {
        for (option, setting) in self.set.sections.get(self.name).into_iter().flatten() {
            if !OPTIONS.contains(&option.as_str()) {
                let message = format!(
                    "the option `{option}` of `[{}]` is not available in this version",
                    self.name
                );
                mistakes.push(Diagnostic::error(message, Some(&setting.place)));
            }
        }
    }

    fn add_numbers(&self, jail: &mut JailCommands, mistakes: &mut Vec<Diagnostic>) {
        for option in ["maxretry", "maxmatches"] {
            let Some(setting) = self.setting(option, mistakes) else {
                continue;
            };
            match setting.value.parse::<i64>() {
                Ok(number) => jail.commands.push(self.set(option, Value::Int(number))),
                Err(_not_a_number) => {
                    let message = format!("`{option} = {}` is not a whole number", setting.value);
                    mistakes.push(Diagnostic::error(message, Some(&setting.place)));
                }
            }
        }
        for option in ["findtime", "bantime"] {
            let Some(setting) = self.setting(option, mistakes) else {
                continue;
            };
            match parse_time(&setting.value) {
                Ok(_) => jail
                    .commands
                    .push(self.set(option, Value::text(setting.value))),
                Err(error) => {
                    let message = format!("`{option}`: {error}");
                    mistakes.push(Diagnostic::error(message, Some(&setting.place)));
                }
            }
        }
    }

    fn add_logs(
        &self,
        surroundings: &Surroundings<'_>,
        jail: &mut JailCommands,
        mistakes: &mut Vec<Diagnostic>,
    ) {
        let Some(setting) = self.setting("logpath", mistakes) else {
            return;
        };
        for line in setting
            .value
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            let (path, mode) = line.rsplit_once(' ').unwrap_or((line, "head"));
            if !path.starts_with('/') {
                let message = format!(
                    "`logpath`: `{path}` is looked for in the folder that the server is started in"
                );
                let mistake = Diagnostic::warning(message, &setting.place);
                mistakes.push(mistake.with_hint("write the whole path"));
            }
            if path.contains(['*', '?', '[']) {
                let message = format!(
                    "`logpath`: patterns such as `{path}` are not available in this version"
                );
                mistakes.push(Diagnostic::error(message, Some(&setting.place)));
            } else if mode != "head" && mode != "tail" {
                let message =
                    format!("`logpath`: `{mode}` after the path is neither `head` nor `tail`");
                mistakes.push(Diagnostic::error(message, Some(&setting.place)));
            } else if (surroundings.file_exists)(path) {
                jail.commands
                    .push(Command::words(["set", self.name, "addlogpath", path, mode]));
            } else {
                jail.waiting.push(path.to_owned());
            }
        }
    }

    fn setting(&self, option: &str, mistakes: &mut Vec<Diagnostic>) -> Option<Setting> {
        self.set.value(self.name, option, mistakes)
    }

    fn set(&self, option: &str, value: Value) -> Command {
        let head = ["set", self.name, option].map(Value::from);
        Command::new(head.into_iter().chain([value]).collect())
    }
}

/// Where lines may come from.
const BACKENDS: [&str; 5] = ["auto", "pyinotify", "polling", "gamin", "systemd"];

/// Words that are meant to be false.
fn is_false(text: &str) -> bool {
    ["", "0", "off", "false", "no"].contains(&text.to_lowercase().as_str())
}

/// As the original: these words are true, everything else is false.
fn is_true(text: &str) -> bool {
    ["1", "on", "true", "yes"].contains(&text.to_lowercase().as_str())
}
