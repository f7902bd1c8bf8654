//! Filters and actions: `[Definition]`, `[Init]` and arguments together (contract A 1.8, 1.9, 2.2).

use std::borrow::Cow;
use std::rc::Rc;

use memchr::memchr;
use rustc_hash::FxHashSet;

use super::Abort;
use super::convert;
use super::entry::{Names, Origin};
use super::files::Library;
use super::ini::{DEFAULT, lowered, repr};
use super::reference::{self, Found, Lookup, Typed, Variables};
use super::sections::Sections;
use super::tag::{self, Unresolvable};
use super::told::{Tale, Told};

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

pub(super) const SECTION: &str = "Definition";

/// The files of one filter or action.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) sections: Rc<Sections>,
    table: &'static [(&'static str, Kind)],
    /// Tags that are left for the server.
    left: &'static [&'static str],
}

/// A definition put together, its tags not resolved yet.
#[derive(Clone, Debug)]
pub(super) struct Gathered {
    map: Names<Typed>,
    init: Names<String>,
    /// The arguments by name in lower case, and the options of the jail: they go before
    /// `[Definition]`.
    arguments: Variables,
    jail: Option<Rc<Variables>>,
}

impl Gathered {
    /// How much it comes to, in bytes.
    pub(super) fn bytes(&self) -> usize {
        reference::bytes(&self.map)
    }

    /// The value of an argument.
    pub(super) fn argument(&self, name: &str) -> Option<String> {
        self.arguments.get(&*lowered(name))?.clone().text()
    }

    /// The value of a name before its tags are resolved.
    pub(super) fn raw(&self, name: &str) -> Option<&Typed> {
        self.map.get(name)
    }

    pub(super) fn variables(&self) -> [Option<&Variables>; 2] {
        [Some(&self.arguments), self.jail.as_deref()]
    }
}

/// What a definition comes to.
#[derive(Debug)]
pub(super) struct Combined {
    /// By option, in order.
    pub(super) options: Names<Typed>,
    /// The keys of `[Init]` that no argument has, unresolved tags included.
    pub(super) init: Names<String>,
}

impl Definition {
    /// Reads the files of a filter; `None` if they cannot be read, which was said.
    pub(super) fn filter(
        library: &mut Library<'_>,
        name: &str,
        told: &mut Tale,
    ) -> Result<Option<Self>, Abort> {
        let sections = library.read(&under("filter.d", name), told)?;
        Ok(sections.map(Self::of_filter))
    }

    /// Reads the files of an action; `None` if they cannot be read, which was said.
    pub(super) fn action(
        library: &mut Library<'_>,
        name: &str,
        told: &mut Tale,
    ) -> Result<Option<Self>, Abort> {
        let sections = library.read(&under("action.d", name), told)?;
        Ok(sections.map(Self::of_action))
    }

    /// Returns what the files of a filter say.
    pub(super) fn of_filter(sections: Rc<Sections>) -> Self {
        Self {
            sections,
            table: &FILTER,
            left: &[],
        }
    }

    /// Returns what the files of an action say.
    pub(super) fn of_action(sections: Rc<Sections>) -> Self {
        Self {
            sections,
            table: &ACTION,
            left: &[
                "matches",
                "ipmatches",
                "ipjailmatches",
                "timeout",
                "bantime",
            ],
        }
    }

    /// Tells whether `[Definition]` itself, not `[DEFAULT]`, sets an option.
    pub(super) fn sets(&self, option: &str) -> bool {
        self.sections.own(SECTION, option).is_some()
    }

    /// Returns the keys of `[Init]`.
    pub(super) fn init_keys(&self) -> impl Iterator<Item = &str> {
        let init = self.sections.named.get("Init");
        init.into_iter().flat_map(Names::keys).map(String::as_str)
    }

    /// Tells whether an option is read for a server.
    pub(super) fn reads(&self, option: &str) -> bool {
        self.table.iter().any(|(read, _)| *read == option)
    }

    /// Gives a filter the argument `logtype`, unless it is set already.
    pub(super) fn add_logtype(&self, arguments: &mut Names<String>, backend: &str) {
        let is_given = arguments
            .get("logtype")
            .is_some_and(|value| !value.is_empty());
        if !is_given && !self.sets("logtype") {
            let is_journal = backend.starts_with("systemd");
            let logtype = if is_journal { "journal" } else { "file" };
            arguments.insert("logtype".to_owned(), logtype.to_owned());
        }
    }

    /// Returns where the value of an option stands, unless it is an argument's.
    pub(super) fn origin(&self, option: &str) -> Option<Origin> {
        let of = |section| self.sections.origin(section, option);
        self.sections
            .own("Init", option)
            .and_then(|entry| entry.now.origin.clone())
            .or_else(|| of(SECTION))
    }

    /// Tells whether an option is written with a text in it, references not resolved.
    pub(super) fn says(&self, option: &str, text: &str) -> bool {
        let entry = self.sections.entry(SECTION, option);
        entry.is_some_and(|entry| entry.now.text.contains(text))
    }

    /// Tells whether a tag is written anywhere in the files, and did not come about by others.
    pub(super) fn is_written(&self, tag: &str) -> bool {
        self.writes(&format!("<{tag}>")).is_some()
    }

    /// Returns where the first value stands that holds a text as it is written.
    pub(super) fn writes(&self, text: &str) -> Option<Origin> {
        let own = self.sections.named.values();
        let own = own.flat_map(|section| section.values());
        let mut all = own.chain(self.sections.default.values());
        let entry = all.find(|entry| entry.now.text.contains(text))?;
        entry.now.origin.clone()
    }

    /// Puts `[Definition]`, `[Init]` and the arguments together.
    ///
    /// `jail` holds the options of the jail, which hide those of `[Definition]`; `reads_all` reads every
    /// option there, not only those for the server. As the original: what else `[DEFAULT]` sets is read
    /// when something refers to it.
    pub(super) fn gather(
        &self,
        arguments: &Names<String>,
        jail: Option<&Rc<Variables>>,
        reads_all: bool,
        told: &mut Tale,
    ) -> Result<Gathered, Abort> {
        let lower = arguments
            .iter()
            .map(|(key, value)| (lowered(key).into_owned(), Typed::Text(value.clone())));
        let mut gathered = Gathered {
            map: Names::default(),
            init: Names::default(),
            arguments: lower.collect(),
            jail: jail.cloned(),
        };
        let lookup = Lookup::new(&self.sections, SECTION, gathered.variables());
        let mut map = self.own_options(&lookup, reads_all, told)?;
        for (key, value) in arguments {
            map.insert(key.clone(), Typed::Text(value.clone()));
        }
        let mut init = Names::default();
        let own = Lookup::plain(&self.sections, "Init");
        for key in self
            .sections
            .named
            .get("Init")
            .into_iter()
            .flat_map(Names::keys)
        {
            let base = key.split_once('?').map_or(key.as_str(), |(base, _)| base);
            let raw = reference::fetch(&own, key)?.unwrap_or_default();
            map.insert(["known/", key].concat(), Typed::Text(raw.clone()));
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
        gathered.map = map;
        gathered.init = init;
        Ok(gathered)
    }

    /// Resolves the tags of a text.
    pub(super) fn expanded(
        &self,
        gathered: &Gathered,
        text: String,
    ) -> Result<String, Unresolvable> {
        // No tag has an empty name.
        const ASKED: &str = "";
        let mut map = gathered.map.clone();
        map.insert(ASKED.to_owned(), Typed::Text(text));
        self.substitute(&mut map, gathered)?;
        let expanded = map.swap_remove(ASKED).and_then(Typed::text);
        Ok(expanded.unwrap_or_default())
    }

    /// Tells whether a tag is left for the server.
    pub(super) fn is_left(&self, tag: &str) -> bool {
        self.left.contains(&tag)
    }

    /// Resolves the tags and gives the options their types.
    pub(super) fn finish(
        &self,
        mut gathered: Gathered,
        told: &mut Tale,
    ) -> Result<Combined, Unresolvable> {
        let mut map = std::mem::take(&mut gathered.map);
        self.substitute(&mut map, &gathered)?;
        map.retain(|key, _| !key.starts_with("known/"));
        self.convert(&mut map, told);
        Ok(Combined {
            options: map,
            init: gathered.init,
        })
    }

    fn own_options(
        &self,
        lookup: &Lookup<'_>,
        reads_all: bool,
        told: &mut Tale,
    ) -> Result<Names<Typed>, Abort> {
        let own = self.sections.named.get(SECTION);
        // Room for `[Init]` and the arguments, too.
        let room = self.table.len() + own.map_or(0, Names::len) + 16;
        let mut map = Names::with_capacity_and_hasher(room, Default::default());
        for (option, _) in self.table {
            if lookup.variable(option).is_some() {
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
            if let Some(found) = lookup.find_set(option)
                && let Some(value) = reference::value(lookup, option, found)?
            {
                map.insert((*option).to_owned(), Typed::Text(value));
            }
        }
        if reads_all && let Some(own) = own {
            for option in own.keys() {
                if map.contains_key(option) || lookup.variable(option).is_some() {
                    continue;
                }
                if let Some(found) = lookup.find_set(option)
                    && let Some(value) = reference::value(lookup, option, found)?
                {
                    map.insert(option.clone(), Typed::Text(value));
                }
            }
        }
        Ok(map)
    }

    fn substitute(&self, map: &mut Names<Typed>, gathered: &Gathered) -> Result<(), Unresolvable> {
        let before = |key: &str, end: usize| key.get(..end).map(str::to_owned);
        let conditional = map
            .keys()
            .filter_map(|key| before(key, memchr(b'?', key.as_bytes())?));
        let mut ignored: FxHashSet<String> = conditional.collect();
        ignored.extend(self.left.iter().map(|tag| (*tag).to_owned()));
        let fallback = |tag: &str| self.fallback(tag, gathered);
        tag::substitute(map, &ignored, &fallback)
    }

    /// What a tag stands for that is none of the options.
    fn fallback(&self, tag: &str, gathered: &Gathered) -> Result<Option<String>, Abort> {
        match self.stands_for(tag, gathered) {
            None => Ok(None),
            Some((lookup, option, found)) => reference::value(&lookup, &option, found),
        }
    }

    /// What a tag refers to that is none of the options: what was found, under which name, and where its
    /// references are looked up.
    pub(super) fn stands_for<'a>(
        &'a self,
        tag: &'a str,
        gathered: &'a Gathered,
    ) -> Option<(Lookup<'a>, Cow<'a, str>, Found<'a>)> {
        let elsewhere = tag
            .split_once('/')
            .and_then(|(section, option)| self.elsewhere(section, lowered(option)));
        elsewhere.or_else(|| {
            let option = lowered(tag);
            let lookup = Lookup::new(&self.sections, SECTION, gathered.variables());
            let found = lookup.find(&option).filter(|_| option != "__name__")?;
            Some((lookup, option, found))
        })
    }

    /// `<section/option>`, `<default/option>`, `<known/option>`; as the original, the last two in any case.
    fn elsewhere<'a>(
        &'a self,
        section: &'a str,
        option: Cow<'a, str>,
    ) -> Option<(Lookup<'a>, Cow<'a, str>, Found<'a>)> {
        if !reference::is_section(section) {
            return None;
        }
        let sections = &self.sections;
        let section = match lowered(section).as_ref() {
            "known" => {
                let lookup = Lookup::plain(sections, SECTION);
                let found = match sections.known(SECTION, &option) {
                    Some((section, stated, before)) => Found::Set {
                        section,
                        stated,
                        before,
                    },
                    None => lookup.find(&option).filter(|_| option != "__name__")?,
                };
                return Some((lookup, option, found));
            }
            "default" => DEFAULT,
            _ => sections.named.get_key_value(section)?.0,
        };
        let lookup = Lookup::plain(sections, section);
        let found = lookup.find(&option).filter(|_| option != "__name__")?;
        Some((lookup, option, found))
    }

    fn convert(&self, map: &mut Names<Typed>, told: &mut Tale) {
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
pub(super) fn under(folder: &str, name: &str) -> String {
    if name.starts_with("./") {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}
