//! `jail.conf`: from a section to a jail (contract A 1.8, 2.1).

mod stream;

use f2b_protocol::Command;
use indexmap::IndexMap;

use super::definition::{Definition, Gathered, Kind};
use super::files::{self, Library, Sections};
use super::ini::repr;
use super::reference::{self, Lookup, Typed, Variables};
use super::spec::{self, Spec};
use super::told::Told;
use super::{Abort, LogFolders, Reading, convert, server};
use crate::ConfigTree;

/// All jails.
#[derive(Debug)]
pub(super) struct Jails {
    pub(super) commands: Vec<Command>,
    /// Whether they are good enough to start a server.
    pub(super) is_good: bool,
}

/// The options of a jail that are read, in order.
const OPTIONS: [(&str, Kind); 31] = [
    ("enabled", Kind::Bool),
    ("backend", Kind::Text),
    ("maxretry", Kind::Int),
    ("maxmatches", Kind::Int),
    ("findtime", Kind::Text),
    ("bantime", Kind::Text),
    ("bantime.increment", Kind::Bool),
    ("bantime.factor", Kind::Text),
    ("bantime.formula", Kind::Text),
    ("bantime.multipliers", Kind::Text),
    ("bantime.maxtime", Kind::Text),
    ("bantime.rndtime", Kind::Text),
    ("bantime.overalljails", Kind::Bool),
    ("ignorecommand", Kind::Text),
    ("ignoreself", Kind::Bool),
    ("ignoreip", Kind::Text),
    ("ignorecache", Kind::Text),
    ("filter", Kind::Text),
    ("logtimezone", Kind::Text),
    ("logencoding", Kind::Text),
    ("logpath", Kind::Text),
    ("skip_if_nologs", Kind::Bool),
    ("systemd_if_nologs", Kind::Bool),
    ("action", Kind::Text),
    ("usedns", Kind::Text),
    ("prefregex", Kind::Text),
    ("ignoreregex", Kind::Text),
    ("failregex", Kind::Text),
    ("maxlines", Kind::Int),
    ("datepattern", Kind::Text),
    ("journalmatch", Kind::Text),
];

/// The version that `%(fail2ban_version)s` stands for (design: "Identity").
const VERSION: &str = "1.1.1";

/// A jail that is on.
struct Jail {
    name: String,
    options: IndexMap<String, Typed>,
    filter: Option<(Definition, Gathered)>,
    actions: Vec<Action>,
}

enum Action {
    Shell(Box<Shell>),
    Python {
        name: String,
        path: String,
        json: String,
    },
}

/// An action that runs commands.
struct Shell {
    definition: Definition,
    gathered: Gathered,
    arguments: IndexMap<String, String>,
}

/// What keeps one jail from being used.
struct Skipped {
    reason: String,
}

/// Why a jail cannot be read.
enum Failure {
    /// This jail alone is left out.
    Skipped(Skipped),
    /// Nothing can be read.
    Abort(Abort),
}

impl From<Abort> for Failure {
    fn from(abort: Abort) -> Self {
        Self::Abort(abort)
    }
}

/// Reads every jail that is on.
pub(super) fn read_all(
    tree: &dyn ConfigTree,
    folders: &dyn LogFolders,
    reading: &Reading,
    told: &mut Vec<Told>,
) -> Result<Jails, Abort> {
    let sections = sections(tree, told)?;
    let names: Vec<String> = sections
        .named
        .keys()
        .filter(|name| is_name(name))
        .cloned()
        .collect();
    let mut library = Library::new(tree);
    let mut jails = Vec::new();
    let (mut good, mut bad) = (0_usize, 0_usize);
    for name in names {
        let mut reader = Reader {
            library: &mut library,
            sections: &sections,
            name: &name,
            known: Variables::new(),
            told,
        };
        match reader.read() {
            Ok(None) => {}
            Ok(Some(jail)) => {
                good += 1;
                jails.push(Ok(jail));
            }
            Err(Failure::Abort(abort)) => return Err(abort),
            Err(Failure::Skipped(Skipped { reason })) => {
                bad += 1;
                told.push(Told::error("jailreader", reason.clone()));
                let suffix = if reading.is_test { "" } else { " Skipping..." };
                let text = format!("Errors in jail {}.{suffix}", repr(&name));
                told.push(Told::error("jailsreader", text));
                jails.push(Err((name.clone(), reason)));
            }
        }
    }
    let is_good = if reading.is_test {
        bad == 0
    } else {
        bad == 0 || good > 0
    };
    let mut commands = Vec::new();
    let mut starts = Vec::new();
    for jail in jails {
        match jail {
            Ok(jail) => {
                let stream = jail.commands(folders, reading, told)?;
                if stream.is_started {
                    starts.push(Command::words(["start", &jail.name]));
                }
                commands.extend(stream.commands);
            }
            Err((name, reason)) => {
                let text = format!(
                    "Jail {} skipped, because of wrong configuration: {reason}",
                    repr(&name)
                );
                commands.push(Command::words(["config-error".to_owned(), text]));
            }
        }
    }
    commands.extend(starts);
    Ok(Jails { commands, is_good })
}

/// Reads the files that set up jails.
pub(super) fn sections(tree: &dyn ConfigTree, told: &mut Vec<Told>) -> Result<Sections, Abort> {
    let root = tree.name_of("");
    let presets = [
        ("fail2ban_version", VERSION),
        ("fail2ban_confpath", root.trim_end_matches('/')),
    ];
    files::read(tree, "jail", &presets, told)?
        .ok_or_else(|| Abort("Read jails configuration failed.".to_owned()))
}

/// Tells whether a section is a jail.
pub(super) fn is_name(section: &str) -> bool {
    section != "INCLUDES" && !section.starts_with("KNOWN/")
}

/// What a jail's filter says, as `%(known/…)s` finds it; nothing if it cannot be read.
pub(super) fn known_of_filter(tree: &dyn ConfigTree, sections: &Sections, name: &str) -> Variables {
    let mut reader = Reader {
        library: &mut Library::new(tree),
        sections,
        name,
        known: Variables::new(),
        told: &mut Vec::new(),
    };
    let backend = reader.text("backend").ok().flatten();
    let backend = backend.unwrap_or_else(|| "auto".to_owned());
    if let Ok(Some(filter)) = reader.text("filter") {
        // What is wrong with the filter is none of the values' business.
        reader.filter(&filter, &backend).ok();
    }
    reader.known
}

struct Reader<'a, 'tree> {
    library: &'a mut Library<'tree>,
    sections: &'a Sections,
    name: &'a str,
    /// What the filter says, for `%(known/…)s`.
    known: Variables,
    told: &'a mut Vec<Told>,
}

/// The options of a jail: as text for filters and actions to refer to, and by type.
struct Options {
    texts: Variables,
    typed: IndexMap<String, Typed>,
}

impl Reader<'_, '_> {
    fn read(&mut self) -> Result<Option<Jail>, Failure> {
        let is_enabled = self
            .text("enabled")?
            .is_some_and(|text| convert::boolean(&text));
        let backend = self.text("backend")?.unwrap_or_else(|| "auto".to_owned());
        let filter = self.text("filter")?.unwrap_or_default();
        if !is_enabled {
            return Ok(None);
        }
        let filter = self.filter(&filter, &backend)?;
        let options = self.options()?;
        let filter = match filter {
            None => None,
            Some((definition, spec)) => {
                let gathered =
                    definition.gather(&spec.arguments, Some(&options.texts), false, self.told)?;
                Some((definition, gathered))
            }
        };
        let actions = self.actions(&options)?;
        Ok(Some(Jail {
            name: self.name.to_owned(),
            options: options.typed,
            filter,
            actions,
        }))
    }

    fn filter(&mut self, text: &str, backend: &str) -> Result<Option<(Definition, Spec)>, Failure> {
        if text.is_empty() {
            let text = format!("No filter set for jail {}", self.name);
            self.told.push(Told::warning("jailreader", text));
            return Ok(None);
        }
        let mut spec = spec::parse(text).map_err(|error| {
            skipped(format!("Invalid filter definition {}: {error}", repr(text)))
        })?;
        let definition = Definition::filter(self.library, &spec.name, self.told)?
            .ok_or_else(|| skipped(format!("Unable to read the filter {}", repr(&spec.name))))?;
        let has_logtype = spec
            .arguments
            .get("logtype")
            .is_some_and(|value| !value.is_empty());
        if !has_logtype && !definition.sets("logtype") {
            let logtype = if backend.starts_with("systemd") {
                "journal"
            } else {
                "file"
            };
            spec.arguments
                .insert("logtype".to_owned(), logtype.to_owned());
        }
        let gathered = definition.gather(&spec.arguments, None, true, self.told)?;
        let combined = definition.finish(gathered, self.told)?;
        let known = combined.options.into_iter();
        self.known = known
            .map(|(option, value)| (format!("known/{option}"), value))
            .collect();
        Ok(Some((definition, spec)))
    }

    fn options(&mut self) -> Result<Options, Abort> {
        let mut options = Options {
            texts: Variables::new(),
            typed: IndexMap::new(),
        };
        for (option, kind) in OPTIONS {
            let Some(text) = self.text(option)? else {
                continue;
            };
            let typed = match kind {
                Kind::Text => Typed::Text(text.clone()),
                Kind::Bool => Typed::Bool(convert::boolean(&text)),
                Kind::Int => match convert::integer(&text) {
                    Some(number) => Typed::Int(number),
                    None => {
                        self.told.push(server::wrong_int(option, self.name));
                        Typed::None
                    }
                },
            };
            options.texts.insert(option.to_owned(), Typed::Text(text));
            options.typed.insert(option.to_owned(), typed);
        }
        Ok(options)
    }

    fn actions(&mut self, options: &Options) -> Result<Vec<Action>, Failure> {
        let text = match options.typed.get("action") {
            Some(Typed::Text(text)) => text.as_str(),
            _ => "",
        };
        let mut actions = Vec::new();
        for definition in spec::split(text) {
            let spec = spec::parse(definition).map_err(|error| {
                skipped(format!(
                    "Invalid action definition {}: {error}",
                    repr(definition)
                ))
            })?;
            let named = |Abort(reason): Abort| {
                Failure::Abort(Abort(format!(
                    "Error in action definition {}: {reason}",
                    repr(definition)
                )))
            };
            if let Some(name) = spec.name.strip_suffix(".py") {
                actions.push(self.python(name, spec.arguments));
                continue;
            }
            let read = Definition::action(self.library, &spec.name, self.told).map_err(named)?;
            let read =
                read.ok_or_else(|| skipped(format!("Unable to read action {}", repr(&spec.name))))?;
            actions.push(self.shell(read, &spec, options).map_err(named)?);
        }
        if actions.is_empty() {
            let text = format!("No actions were defined for {}", self.name);
            self.told.push(Told::warning("jailreader", text));
        }
        Ok(actions)
    }

    fn python(&self, name: &str, mut arguments: IndexMap<String, String>) -> Action {
        let path = self.library.tree.name_of(&format!("action.d/{name}.py"));
        let name = arguments
            .shift_remove("actname")
            .unwrap_or_else(|| name.to_owned());
        let pairs = arguments
            .iter()
            .map(|(key, value)| format!("{}: {}", json(key), json(value)));
        let json = format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "));
        Action::Python { name, path, json }
    }

    fn shell(
        &mut self,
        definition: Definition,
        spec: &Spec,
        options: &Options,
    ) -> Result<Action, Abort> {
        let mut arguments = spec.arguments.clone();
        if !arguments.contains_key("name") {
            arguments.insert("name".to_owned(), self.name.to_owned());
        }
        if !arguments.contains_key("actname") {
            let name = arguments.get("name").map_or("", String::as_str);
            let name = action_name(&spec.name, name, self.name);
            arguments.insert("actname".to_owned(), name);
        }
        let gathered = definition.gather(&arguments, Some(&options.texts), false, self.told)?;
        Ok(Action::Shell(Box::new(Shell {
            definition,
            gathered,
            arguments,
        })))
    }

    fn text(&self, option: &str) -> Result<Option<String>, Abort> {
        let lookup = Lookup {
            sections: self.sections,
            section: self.name,
            variables: Some(&self.known),
        };
        reference::fetch(&lookup, option)
    }
}

fn skipped(reason: String) -> Failure {
    Failure::Skipped(Skipped { reason })
}

/// The name of an action: that of its file, and what its argument `name` has beyond the jail's.
fn action_name(file: &str, name: &str, jail: &str) -> String {
    if name == jail {
        return file.to_owned();
    }
    match name.strip_prefix(jail) {
        Some(rest) => format!("{file}{rest}"),
        None => format!("{file}-{name}"),
    }
}

/// Text as Python's `json.dumps` writes it.
fn json(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
    out
}
