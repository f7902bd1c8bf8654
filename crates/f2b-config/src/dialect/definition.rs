//! Filters and actions: `[Definition]`, `[Init]` and arguments together (contract A 1.8, 1.9, 2.2).

use std::collections::HashSet;
use std::rc::Rc;

use indexmap::IndexMap;

use super::Abort;
use super::convert;
use super::entry::Entry;
use super::files::{Library, Sections};
use super::ini::{lowered, repr};
use super::reference::{self, Lookup, Typed, Variables};
use super::tag;
use super::told::Told;

/// The type of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text as it stands.
    Text,
    /// A whole number.
    Int,
    /// Yes or no.
    Bool,
}

/// What a filter may say to a server, in the order of the stream.
pub(super) const FILTER: [(&str, Kind); 7] = [
    ("usedns", Kind::Text),
    ("prefregex", Kind::Text),
    ("ignoreregex", Kind::Text),
    ("failregex", Kind::Text),
    ("maxlines", Kind::Int),
    ("datepattern", Kind::Text),
    ("journalmatch", Kind::Text),
];

/// What an action may say to a server, in the order of the stream.
pub(super) const ACTION: [(&str, Kind); 13] = [
    ("actionstart", Kind::Text),
    ("actionstart_on_demand", Kind::Bool),
    ("actionstop", Kind::Text),
    ("actionflush", Kind::Text),
    ("actionreload", Kind::Text),
    ("actioncheck", Kind::Text),
    ("actionrepair", Kind::Text),
    ("actionrepair_on_unban", Kind::Bool),
    ("actionban", Kind::Text),
    ("actionprolong", Kind::Text),
    ("actionreban", Kind::Text),
    ("actionunban", Kind::Text),
    ("norestored", Kind::Bool),
];

const SECTION: &str = "Definition";

/// The files of one filter or action.
#[derive(Debug)]
pub(super) struct Definition {
    sections: Rc<Sections>,
    table: &'static [(&'static str, Kind)],
    /// Tags that are left for the server.
    left: &'static [&'static str],
}

/// A definition put together, its tags not resolved yet.
#[derive(Clone, Debug)]
pub(super) struct Gathered {
    map: IndexMap<String, Typed>,
    init: IndexMap<String, String>,
    variables: Variables,
}

/// What a definition comes to.
#[derive(Debug)]
pub(super) struct Combined {
    /// By option, in order.
    pub(super) options: IndexMap<String, Typed>,
    /// The keys of `[Init]` that no argument has, unresolved tags included.
    pub(super) init: IndexMap<String, String>,
}

impl Definition {
    /// Reads the files of a filter; `None` if they cannot be read, which was said.
    pub(super) fn filter(
        library: &mut Library<'_>,
        name: &str,
        told: &mut Vec<Told>,
    ) -> Result<Option<Self>, Abort> {
        Self::read(library, &under("filter.d", name), &FILTER, &[], told)
    }

    /// Reads the files of an action; `None` if they cannot be read, which was said.
    pub(super) fn action(
        library: &mut Library<'_>,
        name: &str,
        told: &mut Vec<Told>,
    ) -> Result<Option<Self>, Abort> {
        let left = &[
            "matches",
            "ipmatches",
            "ipjailmatches",
            "timeout",
            "bantime",
        ];
        Self::read(library, &under("action.d", name), &ACTION, left, told)
    }

    fn read(
        library: &mut Library<'_>,
        path: &str,
        table: &'static [(&'static str, Kind)],
        left: &'static [&'static str],
        told: &mut Vec<Told>,
    ) -> Result<Option<Self>, Abort> {
        let sections = library.read(path, told)?;
        Ok(sections.map(|sections| Self {
            sections,
            table,
            left,
        }))
    }

    /// Tells whether `[Definition]` itself, not `[DEFAULT]`, sets an option.
    pub(super) fn sets(&self, option: &str) -> bool {
        self.sections.own(SECTION, option).is_some()
    }

    /// Puts `[Definition]`, `[Init]` and the arguments together.
    ///
    /// `jail` holds the options of the jail, which hide those of `[Definition]`; without it every
    /// option there is read, not only those for the server.
    pub(super) fn gather(
        &self,
        arguments: &IndexMap<String, String>,
        jail: Option<&Variables>,
        reads_all: bool,
        told: &mut Vec<Told>,
    ) -> Result<Gathered, Abort> {
        let mut variables: Variables = jail.cloned().unwrap_or_default();
        for (key, value) in arguments {
            variables.insert(lowered(key), Typed::Text(value.clone()));
        }
        let lookup = Lookup {
            sections: &self.sections,
            section: SECTION,
            variables: Some(&variables),
        };
        let mut map = self.own_options(&lookup, reads_all, told)?;
        for (key, value) in arguments {
            map.insert(key.clone(), Typed::Text(value.clone()));
        }
        let mut init = IndexMap::new();
        let init_lookup = Lookup {
            section: "Init",
            ..lookup
        };
        for key in self
            .sections
            .named
            .get("Init")
            .into_iter()
            .flat_map(IndexMap::keys)
        {
            let base = key.split_once('?').map_or(key.as_str(), |(base, _)| base);
            let own = Lookup {
                variables: None,
                ..init_lookup
            };
            let raw = reference::fetch(&own, key)?.unwrap_or_default();
            map.insert(format!("known/{key}"), Typed::Text(raw.clone()));
            if let Some(value) = arguments.get(key) {
                init.entry(key.clone()).or_insert_with(|| value.clone());
                continue;
            }
            // An argument replaces the conditional values of its name as well.
            let value = if key.contains('?') {
                arguments.get(base).cloned().unwrap_or(raw)
            } else {
                raw
            };
            map.insert(key.clone(), Typed::Text(value.clone()));
            init.insert(key.clone(), value);
        }
        for key in arguments.keys() {
            init.shift_remove(key);
        }
        Ok(Gathered {
            map,
            init,
            variables,
        })
    }

    /// Resolves the tags and gives the options their types.
    pub(super) fn finish(
        &self,
        gathered: Gathered,
        told: &mut Vec<Told>,
    ) -> Result<Combined, Abort> {
        let Gathered {
            mut map,
            init,
            variables,
        } = gathered;
        self.substitute(&mut map, &variables)?;
        map.retain(|key, _| !key.starts_with("known/"));
        self.convert(&mut map, told);
        Ok(Combined { options: map, init })
    }

    fn own_options(
        &self,
        lookup: &Lookup<'_>,
        reads_all: bool,
        told: &mut Vec<Told>,
    ) -> Result<IndexMap<String, Typed>, Abort> {
        let mut map = IndexMap::new();
        let own = self.sections.named.get(SECTION);
        for (option, _) in self.table {
            let is_given = lookup
                .variables
                .is_some_and(|variables| variables.contains_key(*option));
            if is_given {
                continue;
            }
            if own.is_none() {
                // As the original: a filter that is read again does not miss what `[Init]` sets.
                let init = self.sections.named.get("Init");
                let is_again = !reads_all && self.table.len() == FILTER.len();
                if is_again && init.is_some_and(|init| init.contains_key(*option)) {
                    continue;
                }
                told.push(Told::error(
                    "configreader",
                    format!("No section: '{SECTION}'"),
                ));
                map.insert((*option).to_owned(), Typed::None);
                continue;
            }
            if self.sections.entry(SECTION, option).is_some()
                && let Some(value) = reference::fetch(lookup, option)?
            {
                map.insert((*option).to_owned(), Typed::Text(value));
            }
        }
        if reads_all && let Some(own) = own {
            for option in own.keys().chain(self.sections.default.keys()) {
                if map.contains_key(option)
                    || lookup
                        .variables
                        .is_some_and(|variables| variables.contains_key(option))
                {
                    continue;
                }
                if let Some(value) = reference::fetch(lookup, option)? {
                    map.insert(option.clone(), Typed::Text(value));
                }
            }
        }
        Ok(map)
    }

    fn substitute(
        &self,
        map: &mut IndexMap<String, Typed>,
        variables: &Variables,
    ) -> Result<(), Abort> {
        let conditional = map
            .keys()
            .filter_map(|key| Some(key.split_once('?')?.0.to_owned()));
        let mut ignored: HashSet<String> = conditional.collect();
        ignored.extend(self.left.iter().map(|tag| (*tag).to_owned()));
        let fallback = |tag: &str| self.fallback(tag, variables);
        tag::substitute(map, &ignored, &fallback)
    }

    /// What a tag stands for that is none of the options.
    fn fallback(&self, tag: &str, variables: &Variables) -> Result<Option<String>, Abort> {
        if let Some((section, option)) = tag.split_once('/') {
            let option = lowered(option);
            if section == "known" {
                let known = self.sections.own(SECTION, &option).and_then(Entry::known);
                let lookup = Lookup::plain(&self.sections, SECTION);
                return match known {
                    Some(raw) => reference::resolve(&lookup, &option, raw).map(Some),
                    None if self.sections.entry(SECTION, &option).is_some() => {
                        reference::fetch(&lookup, &option)
                    }
                    None => Ok(None),
                };
            }
            if self.sections.named.contains_key(section)
                && self.sections.entry(section, &option).is_some()
            {
                return reference::fetch(&Lookup::plain(&self.sections, section), &option);
            }
            return Ok(None);
        }
        let option = lowered(tag);
        let lookup = Lookup {
            sections: &self.sections,
            section: SECTION,
            variables: Some(variables),
        };
        let is_known =
            variables.contains_key(&option) || self.sections.entry(SECTION, &option).is_some();
        if is_known {
            reference::fetch(&lookup, &option)
        } else {
            Ok(None)
        }
    }

    fn convert(&self, map: &mut IndexMap<String, Typed>, told: &mut Vec<Told>) {
        for (option, kind) in self.table {
            let Some(Typed::Text(value)) = map.get(*option) else {
                continue;
            };
            let typed = match kind {
                Kind::Text => continue,
                Kind::Bool => Typed::Bool(convert::boolean(value)),
                Kind::Int => match convert::integer(value) {
                    Some(number) => Typed::Int(number),
                    None => {
                        let text = format!(
                            "Wrong int value {} for '{option}'. Using default one: None",
                            repr(value)
                        );
                        told.push(Told::warning("configreader", text));
                        map.shift_remove(*option);
                        continue;
                    }
                },
            };
            map.insert((*option).to_owned(), typed);
        }
    }
}

/// A name below a folder; one that begins with `./` is relative to the current folder instead.
fn under(folder: &str, name: &str) -> String {
    if name.starts_with("./") {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}
