//! Where the value of a jail's option comes from.

mod part;

use std::collections::HashSet;

use super::Abort;
use super::entry::Stated;
use super::files::Library;
use super::ini::{DEFAULT, lowered};
use super::jail;
use super::reference::{self, Found, Lookup, Variables};
use super::sections::Sections;
use super::told::Tale;
use crate::ConfigTree;

/// An option, its value, and how the value came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The name, as it is referred to: `sshd_log`, `default/backend`, `known/failregex`.
    pub name: String,
    /// The value with all references resolved, or why they cannot be.
    pub value: Result<String, String>,
    /// What the value rests on.
    pub basis: Basis,
    /// The options that the value refers to, in order, each once.
    pub refers_to: Vec<Self>,
}

/// What a value rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// It is set in a section.
    Set {
        /// The section: the jail, `DEFAULT` or the one that is referred to.
        section: String,
        /// What is written there.
        stated: Stated,
        /// What that overrides, the last first: in the section itself, then in `[DEFAULT]`.
        overrides: Vec<Overridden>,
    },
    /// The jail's filter sets it (`known/…`).
    Filter,
    /// It is an argument of the filter or action, or comes with every one.
    Argument {
        /// The jail's option that names the filter or action.
        of: String,
        /// What is written there.
        stated: Stated,
    },
    /// It is the name of the section (`__name__`).
    SectionName,
    /// It is set nowhere.
    Nowhere,
    /// The same name was explained before.
    Above,
}

/// A value that does not count, since another does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overridden {
    /// Its section.
    pub section: String,
    /// What is written there.
    pub stated: Stated,
}

/// Why nothing can be explained.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    /// The files of the jails cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// There is no such jail.
    #[error("there is no jail `{name}`")]
    NoSuchJail {
        /// The name.
        name: String,
        /// The jails that there are.
        jails: Vec<String>,
    },
    /// The option is set nowhere.
    #[error(
        "`{option}` is set neither in `[{jail}]` nor in `[DEFAULT]`, nor by the jail's filter or actions"
    )]
    NotSet {
        /// The jail.
        jail: String,
        /// The option.
        option: String,
        /// The options that are set.
        options: Vec<String>,
    },
    /// The references of one option are more than anybody could read.
    #[error("`{option}` refers to more than can be shown")]
    TooMuch {
        /// The option.
        option: String,
    },
}

/// The most references, and the most text in bytes, that an explanation may have: names can refer to
/// ever more names.
const MOST: usize = 1_000;
const LONGEST: usize = 16 << 20;

/// Explains an option of a jail, or all that its section and `[DEFAULT]` set.
///
/// # Errors
/// [`ExplainError`] if there is nothing to explain.
pub fn explain(
    tree: &dyn ConfigTree,
    name: &str,
    option: Option<&str>,
) -> Result<Vec<Explained>, ExplainError> {
    let mut told = Tale::default();
    let sections = jail::sections(tree, &mut told)
        .map_err(|Abort(reason)| ExplainError::Unreadable(reason))?;
    let Some(own) = sections.named.get(name).filter(|_| jail::is_name(name)) else {
        let names = sections.named.keys().filter(|name| jail::is_name(name));
        return Err(ExplainError::NoSuchJail {
            name: name.to_owned(),
            jails: names.cloned().collect(),
        });
    };
    let parts = jail::parts(&mut Library::new(tree), &sections, name);
    let known = &parts.known;
    let asked: Vec<String> = match option {
        Some(option) => vec![lowered(option).into_owned()],
        None => {
            let shared = sections.default.keys();
            let shared = shared.filter(|option| !own.contains_key(*option));
            own.keys().chain(shared).cloned().collect()
        }
    };
    let mut explained = Vec::new();
    for option in asked {
        let too_much = |TooMuch| ExplainError::TooMuch {
            option: option.clone(),
        };
        let mut tracer = Tracer::new(&sections, name, known);
        if tracer.lookup.find(&option).is_some() {
            explained.push(tracer.trace(&option, 0).map_err(too_much)?);
            continue;
        }
        // What the jail does not set its filter or its actions may.
        let of_parts = part::explain(&sections, name, &parts, &option).map_err(too_much)?;
        if of_parts.is_empty() {
            let shared = sections.default.keys();
            return Err(ExplainError::NotSet {
                jail: name.to_owned(),
                option,
                options: own.keys().chain(shared).cloned().collect(),
            });
        }
        explained.extend(of_parts);
    }
    Ok(explained)
}

/// What a file sets, as a basis and as it is written; `None` if no file sets it.
fn set(lookup: &Lookup<'_>, name: &str, found: Found<'_>) -> Option<(Basis, String)> {
    let Found::Set {
        section,
        stated,
        before,
    } = found
    else {
        return None;
    };
    let overridden = |section: &str, stated: &Stated| Overridden {
        section: section.to_owned(),
        stated: stated.clone(),
    };
    let option = name.rsplit_once('/').map_or(name, |(_, option)| option);
    let shared = lookup.sections.default.get(&*lowered(option));
    let shared = shared
        .filter(|_| section != DEFAULT)
        .into_iter()
        .flat_map(|entry| std::iter::once(&entry.now).chain(entry.before.iter().rev()));
    let own = before.iter().rev();
    let basis = Basis::Set {
        section: section.to_owned(),
        stated: stated.clone(),
        overrides: own
            .map(|stated| overridden(section, stated))
            .chain(shared.map(|stated| overridden(DEFAULT, stated)))
            .collect(),
    };
    Some((basis, stated.text.clone()))
}

struct TooMuch;

struct Tracer<'a> {
    lookup: Lookup<'a>,
    /// What was explained already: in lower case, as names are looked up.
    seen: HashSet<String>,
    nodes: usize,
    bytes: usize,
}

impl<'a> Tracer<'a> {
    fn new(sections: &'a Sections, section: &'a str, known: &'a Variables) -> Self {
        let lookup = Lookup::new(sections, section, [Some(known), None]);
        Self {
            lookup,
            seen: HashSet::new(),
            nodes: 0,
            bytes: 0,
        }
    }

    /// The recursion ends: a name is followed once, and none that is too deep for its value to be
    /// resolved from the first.
    fn trace(&mut self, name: &str, depth: usize) -> Result<Explained, TooMuch> {
        let found = self.lookup.find_reference(name);
        let (basis, raw) = match found {
            None => (Basis::Nowhere, String::new()),
            Some(found @ Found::Section(_)) => (Basis::SectionName, found.text()),
            Some(found @ Found::Variable(_)) => (Basis::Filter, found.text()),
            Some(found @ Found::Set { .. }) => {
                set(&self.lookup, name, found).unwrap_or((Basis::Nowhere, String::new()))
            }
        };
        let value = match &basis {
            Basis::Nowhere => Err(format!(
                "it is set neither in `[{}]` nor in `[{DEFAULT}]`",
                self.lookup.section
            )),
            _ => reference::resolve(&self.lookup, name, &raw).map_err(|Abort(reason)| reason),
        };
        self.nodes += 1;
        self.bytes += raw.len() + value.as_ref().map_or_else(String::len, String::len);
        if self.nodes > MOST || self.bytes > LONGEST {
            return Err(TooMuch);
        }
        let is_new = self.seen.insert(lowered(name).into_owned());
        let mut explained = Explained {
            name: name.to_owned(),
            value,
            basis,
            refers_to: Vec::new(),
        };
        if !is_new {
            explained.basis = Basis::Above;
            return Ok(explained);
        }
        if depth == reference::DEEPEST {
            return Ok(explained);
        }
        let mut referred = HashSet::new();
        for name in reference::names(&raw) {
            if referred.insert(name) {
                explained.refers_to.push(self.trace(name, depth + 1)?);
            }
        }
        Ok(explained)
    }
}
