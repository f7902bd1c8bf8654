//! Where an option of a jail's filter or of its actions comes from: files, arguments, `%(…)s` and tags.

use std::collections::HashSet;

use super::{Basis, Explained, LONGEST, MOST, TooMuch, set};
use crate::Abort;
use crate::check::tag;
use crate::definition::{Definition, Gathered, SECTION};
use crate::entry::Stated;
use crate::ini::lowered;
use crate::jail::Parts;
use crate::reference::{self, Found, Lookup};
use crate::sections::Sections;
use crate::tag::Unresolvable;

/// Explains an option in every part of a jail that has it.
pub(super) fn explain(
    sections: &Sections,
    jail: &str,
    parts: &Parts,
    option: &str,
) -> Result<Vec<Explained>, TooMuch> {
    let filter = parts.filter.iter().map(|part| ("filter", part));
    let actions = parts.actions.iter().map(|part| ("action", part));
    let mut explained = Vec::new();
    for (kind, (definition, gathered)) in filter.chain(actions) {
        let mut tracer = Tracer {
            jail: Lookup::plain(sections, jail),
            kind,
            definition,
            gathered,
            seen: HashSet::new(),
            nodes: 0,
            bytes: 0,
        };
        let name = Name::Option(option.to_owned());
        if tracer.find(&name).is_some() {
            explained.push(tracer.trace(name, 0)?);
        }
    }
    Ok(explained)
}

/// How something is referred to.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Name {
    /// As the option that is asked for.
    Option(String),
    /// As `%(name)s`, in a section.
    Reference(String, String),
    /// As `<name>`.
    Tag(String),
}

impl Name {
    fn shown(&self) -> String {
        match self {
            Self::Option(name) | Self::Reference(name, _) => name.clone(),
            Self::Tag(name) => format!("<{name}>"),
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Option(name) | Self::Reference(name, _) | Self::Tag(name) => name,
        }
    }
}

/// What a name stands for: the text, and whether `%(…)s` in it counts, and in which section.
struct Meaning {
    basis: Basis,
    raw: String,
    section: Option<String>,
}

struct Tracer<'a> {
    /// The options of the jail.
    jail: Lookup<'a>,
    /// `filter` or `action`.
    kind: &'static str,
    definition: &'a Definition,
    gathered: &'a Gathered,
    seen: HashSet<Name>,
    nodes: usize,
    bytes: usize,
}

impl<'a> Tracer<'a> {
    /// Only `[Definition]` sees arguments and the jail's options.
    fn lookup<'s>(&self, section: &'s str) -> Lookup<'s>
    where
        'a: 's,
    {
        let variables = match section {
            SECTION => self.gathered.variables(),
            _ => [None; 2],
        };
        Lookup::new(&self.definition.sections, section, variables)
    }

    /// The recursion ends: a name is followed once, and none that is too deep.
    fn trace(&mut self, name: Name, depth: usize) -> Result<Explained, TooMuch> {
        let Some(meaning) = self.find(&name) else {
            let value = Err(format!("nothing sets `{}`", name.text()));
            return Ok(Explained {
                name: name.shown(),
                value,
                basis: Basis::Nowhere,
                refers_to: Vec::new(),
            });
        };
        let Meaning {
            basis,
            raw,
            section,
        } = meaning;
        let plain = match &section {
            None => Ok(raw.clone()),
            Some(section) => reference::resolve(&self.lookup(section), name.text(), &raw),
        };
        let expanded = plain.and_then(|text| {
            let expanded = self.definition.expanded(self.gathered, text);
            expanded.map_err(|Unresolvable { reason, .. }| Abort(reason))
        });
        let value = expanded.map_err(|Abort(reason)| reason);
        self.nodes += 1;
        self.bytes += raw.len() + value.as_ref().map_or_else(String::len, String::len);
        if self.nodes > MOST || self.bytes > LONGEST {
            return Err(TooMuch);
        }
        let mut explained = Explained {
            name: name.shown(),
            value,
            basis,
            refers_to: Vec::new(),
        };
        if !self.seen.insert(name) {
            explained.basis = Basis::Above;
            return Ok(explained);
        }
        if depth == reference::DEEPEST {
            return Ok(explained);
        }
        let mut names: Vec<Name> = Vec::new();
        if let Some(section) = section {
            let references = reference::names(&raw).into_iter();
            let names_in = |name: &str| Name::Reference(name.to_owned(), section.clone());
            names.extend(references.map(names_in));
        }
        names.extend(self.tags(&raw));
        let mut referred = HashSet::new();
        for name in names {
            if referred.insert(name.clone()) {
                explained.refers_to.push(self.trace(name, depth + 1)?);
            }
        }
        Ok(explained)
    }

    /// The tags of a text that stand for something here, those that are composed of others as well.
    fn tags(&self, raw: &str) -> Vec<Name> {
        let mut names = Vec::new();
        let mut text = raw.to_owned();
        // As deep as anybody composes tags.
        for _ in 0..5 {
            let tags: Vec<String> = tag::tags(&text).map(|(_, tag)| tag.to_owned()).collect();
            if tags.is_empty() {
                break;
            }
            for inner in tags {
                let name = Name::Tag(inner.clone());
                let shown = format!("<{inner}>");
                let Some(meaning) = self.find(&name) else {
                    text = text.replace(&shown, " ");
                    continue;
                };
                // What is composed of others has their values in its name.
                let value = self.definition.expanded(self.gathered, meaning.raw);
                let value = value.ok().filter(|value| !value.contains(['<', '>', ' ']));
                text = text.replace(&shown, value.as_deref().unwrap_or(" "));
                names.push(name);
            }
        }
        names
    }

    fn find(&self, name: &Name) -> Option<Meaning> {
        let text = name.text();
        let sections = &self.definition.sections;
        match name {
            Name::Reference(_, section) => {
                let found = self.lookup(section).find_reference(text)?;
                let mut meaning = self.found(text, found)?;
                meaning.section = meaning.section.map(|_| section.clone());
                Some(meaning)
            }
            Name::Tag(_) if self.definition.is_left(text) => None,
            Name::Option(_) | Name::Tag(_) => {
                if let Some(value) = self.gathered.argument(text) {
                    return Some(self.argument(value));
                }
                let of_init = text.strip_prefix("known/").unwrap_or(text);
                if sections.own("Init", of_init).is_some() {
                    let found = Lookup::plain(sections, "Init").find(of_init)?;
                    return self.found(of_init, found);
                }
                if text.contains('/') && matches!(name, Name::Tag(_)) {
                    let (lookup, option, found) =
                        self.definition.stands_for(text, self.gathered)?;
                    let mut meaning = self.found(&option, found)?;
                    // Its references are looked up where it stands.
                    meaning.section = meaning.section.map(|_| lookup.section.to_owned());
                    return Some(meaning);
                }
                self.found(text, self.lookup(SECTION).find(&lowered(text))?)
            }
        }
    }

    fn found(&self, name: &str, found: Found<'_>) -> Option<Meaning> {
        match found {
            Found::Section(section) => Some(Meaning {
                basis: Basis::SectionName,
                raw: section.to_owned(),
                section: None,
            }),
            Found::Variable(value) => {
                let raw = value.clone().text()?;
                if self.gathered.argument(name).is_some() {
                    return Some(self.argument(raw));
                }
                // An option of the jail, its references resolved.
                let (basis, _) = set(&self.jail, name, self.jail.find(name)?)?;
                Some(Meaning {
                    basis,
                    raw,
                    section: None,
                })
            }
            Found::Set { section, .. } => {
                let lookup = Lookup::plain(&self.definition.sections, section);
                let (basis, raw) = set(&lookup, name, found)?;
                let section = Some(if section == "Init" { "Init" } else { SECTION }.to_owned());
                Some(Meaning {
                    basis,
                    raw,
                    section,
                })
            }
        }
    }

    fn argument(&self, raw: String) -> Meaning {
        let found = self.jail.find(self.kind);
        let stated = match found {
            Some(Found::Set { stated, .. }) => stated.clone(),
            _ => Stated {
                text: String::new(),
                origin: None,
            },
        };
        Meaning {
            basis: Basis::Argument {
                of: self.kind.to_owned(),
                stated,
            },
            raw,
            section: None,
        }
    }
}
