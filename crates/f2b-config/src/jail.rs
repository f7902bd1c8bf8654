//! `jail.conf`: from a section to a jail (contract A 1.8, 2.1).

mod json;
mod parts;
mod single;
mod stream;

pub(super) use parts::{Parts, known_of_filter, parts};
pub(super) use single::{Single, filter_alone, jail_alone};

use std::rc::Rc;

use f2b_protocol::Command;

use self::json::json;
use super::definition::{Definition, Gathered, Kind};
use super::entry::Names;
use super::files::{self, Library};
use super::ini::repr;
use super::reference::{self, Lookup, Typed, Variables};
use super::sections::Sections;
use super::spec::{self, Spec};
use super::told::{Tale, Told};
use super::{Abort, Awaited, LogFolders, Reading, Sent, convert, server};
use crate::ConfigTree;

/// All jails.
#[derive(Debug)]
pub(super) struct Jails {
    /// Whether they are good enough to start a server.
    pub(super) is_good: bool,
    /// The logs of each jail that have yet to come.
    pub(super) awaited: Vec<(String, Awaited)>,
}

/// The options of a jail that are read, in order.
pub(super) const OPTIONS: [(&str, Kind); 31] = [
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
struct Jail<'sections> {
    sections: &'sections Sections,
    name: String,
    options: Names<Typed>,
    filter: Option<(Definition, Gathered)>,
    actions: Vec<Action>,
}

/// How much the options of all jails, their filters and actions may come to, references resolved: ours,
/// since a few lines can multiply.
const MOST_BYTES: usize = 128 << 20;

impl Jail<'_> {
    /// How much its options come to.
    fn bytes(&self) -> usize {
        let own = reference::bytes(&self.options);
        let filter = self.filter.as_ref().map_or(0, |(_, filter)| filter.bytes());
        let actions = self.actions.iter().map(|action| match action {
            Action::Shell(shell) => shell.gathered.bytes(),
            Action::Python { json, .. } => json.len(),
        });
        own + filter + actions.sum::<usize>()
    }
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
    arguments: Names<String>,
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
///
/// Their commands are appended to the stream.
pub(super) fn read_all(
    tree: &dyn ConfigTree,
    folders: &dyn LogFolders,
    reading: &Reading,
    commands: &mut Vec<Sent>,
    told: &mut Tale,
) -> Result<Jails, Abort> {
    let sections = sections(tree, told)?;
    if let Some(only) = &reading.only
        && !sections.named.contains_key(only)
    {
        return Err(Abort(format!("No section: {}", repr(only))));
    }
    let is_read = |name: &&String| match &reading.only {
        Some(only) => *name == only,
        None => is_name(name),
    };
    let names: Vec<String> = sections.named.keys().filter(is_read).cloned().collect();
    let mut library = Library::new(tree);
    let mut jails = Vec::new();
    let (mut good, mut bad, mut bytes) = (0_usize, 0_usize, 0_usize);
    for name in names {
        let mut reader = Reader {
            library: &mut library,
            sections: &sections,
            name: &name,
            known: Variables::default(),
            told,
        };
        match reader.read() {
            Ok(None) => {}
            Ok(Some(jail)) => {
                good += 1;
                bytes += jail.bytes();
                if bytes > MOST_BYTES {
                    let limit = MOST_BYTES >> 20;
                    return Err(Abort(format!(
                        "the options of all jails come to more than {limit} MiB"
                    )));
                }
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
    let mut starts = Vec::new();
    let mut awaited = Vec::new();
    for jail in jails {
        match jail {
            Ok(jail) => {
                let name = jail.name.clone();
                let stream = jail.commands(folders, reading, commands, told)?;
                if stream.is_started {
                    starts.push(Sent {
                        command: Command::words(["start", &name]),
                        origin: sections.origin(&name, "enabled"),
                    });
                    awaited.push((name, stream.awaited));
                }
            }
            Err((name, reason)) => {
                let text = format!(
                    "Jail {} skipped, because of wrong configuration: {reason}",
                    repr(&name)
                );
                commands.push(Sent {
                    command: Command::words(["config-error".to_owned(), text]),
                    origin: sections.header(&name).cloned(),
                });
            }
        }
    }
    commands.extend(starts);
    Ok(Jails { is_good, awaited })
}

/// Reads the files that set up jails.
pub(super) fn sections(tree: &dyn ConfigTree, told: &mut Tale) -> Result<Sections, Abort> {
    files::read(tree, "jail", &presets(&tree.name_of("")), told)?
        .ok_or_else(|| Abort("Read jails configuration failed.".to_owned()))
}

/// Options that are set before any file is read; `root` is the folder of the configuration.
pub(super) fn presets(root: &str) -> [(&str, &str); 2] {
    [
        ("fail2ban_version", VERSION),
        ("fail2ban_confpath", root.trim_end_matches('/')),
    ]
}

/// Tells whether a section is a jail.
pub(super) fn is_name(section: &str) -> bool {
    section != "INCLUDES" && !section.starts_with("KNOWN/")
}

struct Reader<'sections, 'a, 'tree> {
    library: &'a mut Library<'tree>,
    sections: &'sections Sections,
    name: &'a str,
    /// What the filter says, for `%(known/…)s`.
    known: Variables,
    told: &'a mut Tale,
}

/// The options of a jail: as text for filters and actions to refer to, and by type.
struct Options {
    texts: Rc<Variables>,
    typed: Names<Typed>,
}

impl Options {
    fn text(&self, option: &str) -> &str {
        match self.typed.get(option) {
            Some(Typed::Text(text)) => text,
            _ => "",
        }
    }
}

impl<'sections> Reader<'sections, '_, '_> {
    fn read(&mut self) -> Result<Option<Jail<'sections>>, Failure> {
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
            sections: self.sections,
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
        let spec = spec::parse(text).map_err(|error| {
            skipped(format!("Invalid filter definition {}: {error}", repr(text)))
        })?;
        self.filter_of(spec, backend).map(Some)
    }

    fn filter_of(&mut self, mut spec: Spec, backend: &str) -> Result<(Definition, Spec), Failure> {
        let definition = Definition::filter(self.library, &spec.name, self.told)?
            .ok_or_else(|| skipped(format!("Unable to read the filter {}", repr(&spec.name))))?;
        definition.add_logtype(&mut spec.arguments, backend);
        let gathered = definition.gather(&spec.arguments, None, true, self.told)?;
        let combined = definition
            .finish(gathered, self.told)
            .map_err(Abort::from)?;
        let known = combined.options.into_iter();
        self.known = known
            .map(|(option, value)| (["known/", &option].concat(), value))
            .collect();
        Ok((definition, spec))
    }

    fn options(&mut self) -> Result<Options, Abort> {
        let mut texts = Variables::default();
        let mut typed = Names::default();
        for (option, kind) in OPTIONS {
            let Some(text) = self.text(option)? else {
                continue;
            };
            let value = match kind {
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
            texts.insert(option.to_owned(), Typed::Text(text));
            typed.insert(option.to_owned(), value);
        }
        Ok(Options {
            texts: Rc::new(texts),
            typed,
        })
    }

    fn actions(&mut self, options: &Options) -> Result<Vec<Action>, Failure> {
        let text = options.text("action");
        if text.len() > spec::LONGEST {
            return Err(skipped("the list of actions is too long".to_owned()));
        }
        let definitions = spec::split(text).into_iter();
        let actions: Result<Vec<Action>, Failure> = definitions
            .map(|definition| self.action(definition, options))
            .collect();
        let actions = actions?;
        if actions.is_empty() {
            let text = format!("No actions were defined for {}", self.name);
            self.told.push(Told::warning("jailreader", text));
        }
        Ok(actions)
    }

    fn action(&mut self, definition: &str, options: &Options) -> Result<Action, Failure> {
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
            return Ok(self.python(name, spec.arguments));
        }
        let read = Definition::action(self.library, &spec.name, self.told).map_err(named)?;
        let read =
            read.ok_or_else(|| skipped(format!("Unable to read action {}", repr(&spec.name))))?;
        self.shell(read, spec, options).map_err(named)
    }

    fn python(&self, name: &str, mut arguments: Names<String>) -> Action {
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
        mut spec: Spec,
        options: &Options,
    ) -> Result<Action, Abort> {
        spec.add_names(self.name);
        let arguments = spec.arguments;
        let gathered = definition.gather(&arguments, Some(&options.texts), false, self.told)?;
        Ok(Action::Shell(Box::new(Shell {
            definition,
            gathered,
            arguments,
        })))
    }

    fn text(&self, option: &str) -> Result<Option<String>, Abort> {
        let lookup = Lookup::new(self.sections, self.name, [Some(&self.known), None]);
        reference::fetch(&lookup, option)
    }
}

fn skipped(reason: String) -> Failure {
    Failure::Skipped(Skipped { reason })
}
