//! `%(…)s`: values that refer to others (contract A 1.5).

use indexmap::IndexMap;

use super::Abort;
use super::entry::{Entry, Stated};
use super::files::Sections;
use super::ini::{DEFAULT, lowered, repr};

/// A value on its way: text, or what a type conversion has made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// Text.
    Text(String),
    /// A whole number, as its digits.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// A conversion that failed.
    None,
}

impl Typed {
    /// The value as text, if it is one.
    pub(super) fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Int(number) => Some(number.to_string()),
            Self::Bool(is) => Some(if is { "True" } else { "False" }.to_owned()),
            Self::None => None,
        }
    }
}

/// Values that a caller brings along; they go before everything else.
pub(super) type Variables = IndexMap<String, Typed>;

/// Where names are looked up: the variables, the section, `[DEFAULT]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lookup<'a> {
    pub(super) sections: &'a Sections,
    pub(super) section: &'a str,
    pub(super) variables: Option<&'a Variables>,
}

/// As Python: deeper nesting is refused.
pub(super) const DEEPEST: usize = 10;

/// The longest value, in bytes, and the most replacements in one: ours, since nested references can
/// multiply.
const LONGEST: usize = 4 << 20;
const MOST: usize = 100_000;

impl<'a> Lookup<'a> {
    pub(super) fn plain(sections: &'a Sections, section: &'a str) -> Self {
        Self {
            sections,
            section,
            variables: None,
        }
    }

    /// What a name stands for: a variable, or an option of the section or of `[DEFAULT]`.
    pub(super) fn find(&self, name: &str) -> Option<Found<'a>> {
        if name == "__name__" {
            return Some(Found::Section(self.section));
        }
        if let Some(value) = self.variables.and_then(|variables| variables.get(name)) {
            return Some(Found::Variable(value));
        }
        self.set_in(self.section, name)
    }

    /// What the name in `%(name)s` stands for.
    pub(super) fn find_reference(&self, name: &str) -> Option<Found<'a>> {
        let lower = lowered(name);
        // As the original: names of other sections are found in lower case only.
        let elsewhere = || {
            if lower == name {
                self.elsewhere(name)
            } else {
                None
            }
        };
        self.find(&lower).or_else(elsewhere)
    }

    /// An option elsewhere: `section/option`, `default/option`, `known/option`.
    fn elsewhere(&self, name: &str) -> Option<Found<'a>> {
        let (section, option) = name.split_once('/')?;
        if !section
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
            || section.is_empty()
        {
            return None;
        }
        match section {
            "known" => {
                let own = self.sections.own(self.section, option);
                match own.and_then(|entry| entry.before.split_last()) {
                    Some((stated, before)) => Some(Found::Set {
                        section: self.section,
                        stated,
                        before,
                        hides: self.sections.default.get(option),
                    }),
                    None => self.set_in(DEFAULT, option),
                }
            }
            "default" => self.set_in(DEFAULT, option),
            other => {
                let (other, _) = self.sections.named.get_key_value(other)?;
                self.set_in(other, option)
            }
        }
    }

    fn set_in(&self, section: &'a str, option: &str) -> Option<Found<'a>> {
        let own = self.sections.own(section, option);
        let hides = own.and_then(|_| self.sections.default.get(option));
        let own = own.map(|entry| (section, entry));
        let (section, entry) =
            own.or_else(|| Some((DEFAULT, self.sections.default.get(option)?)))?;
        Some(Found::Set {
            section,
            stated: &entry.now,
            before: &entry.before,
            hides,
        })
    }
}

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found<'a> {
    /// `__name__`: the name of the section.
    Section(&'a str),
    /// What the caller brings along.
    Variable(&'a Typed),
    /// What files set an option to, what that overrides, and what of `[DEFAULT]` it hides.
    Set {
        section: &'a str,
        stated: &'a Stated,
        before: &'a [Stated],
        hides: Option<&'a Entry>,
    },
}

impl Found<'_> {
    /// The value as it is written.
    pub(super) fn text(self) -> String {
        self.raw().text().unwrap_or_default()
    }

    fn raw(self) -> Typed {
        match self {
            Self::Section(name) => Typed::Text(name.to_owned()),
            Self::Variable(value) => value.clone(),
            Self::Set { stated, .. } => Typed::Text(stated.text.clone()),
        }
    }
}

/// Returns an option of the lookup's section with its references resolved; `None` if it is not set.
pub(super) fn fetch(lookup: &Lookup<'_>, option: &str) -> Result<Option<String>, Abort> {
    match lookup.find(option).map(Found::raw) {
        Some(Typed::Text(raw)) => resolve(lookup, option, &raw).map(Some),
        other => Ok(other.and_then(Typed::text)),
    }
}

/// Returns `raw`, the value of `option`, with its references resolved.
pub(super) fn resolve(lookup: &Lookup<'_>, option: &str, raw: &str) -> Result<String, Abort> {
    let mut expansion = Expansion {
        lookup,
        option,
        raw,
        out: String::with_capacity(raw.len()),
        replaced: 0,
    };
    expansion.expand(raw, 1)?;
    Ok(expansion.out)
}

struct Expansion<'a> {
    lookup: &'a Lookup<'a>,
    option: &'a str,
    raw: &'a str,
    out: String,
    replaced: usize,
}

impl Expansion<'_> {
    fn expand(&mut self, text: &str, depth: usize) -> Result<(), Abort> {
        if depth > DEEPEST {
            return Err(Abort(format!(
                "Recursion limit exceeded in value substitution: option {} in section {} contains an \
                 interpolation key which cannot be substituted in {DEEPEST} steps. Raw value: {}",
                repr(self.option),
                repr(self.lookup.section),
                repr(self.raw)
            )));
        }
        let mut rest = text;
        while let Some(position) = rest.find('%') {
            let (before, at) = rest.split_at_checked(position).unwrap_or((rest, ""));
            self.out.push_str(before);
            if let Some(after) = at.strip_prefix("%%") {
                self.out.push('%');
                rest = after;
            } else if at.starts_with("%(") {
                let Some((name, after)) = name_at(at) else {
                    return Err(Abort(format!(
                        "bad interpolation variable reference {}",
                        repr(at)
                    )));
                };
                rest = after;
                self.replace(name, depth)?;
            } else {
                return Err(Abort(format!(
                    "'%' must be followed by '%' or '(', found: {}",
                    repr(at)
                )));
            }
        }
        self.out.push_str(rest);
        Ok(())
    }

    fn replace(&mut self, name: &str, depth: usize) -> Result<(), Abort> {
        self.replaced += 1;
        if self.replaced > MOST || self.out.len() > LONGEST {
            return Err(Abort(format!(
                "option {} in section {} expands to more than can be read",
                repr(self.option),
                repr(self.lookup.section)
            )));
        }
        let found = self.lookup.find_reference(name).map(Found::raw);
        let of_type = |kind: &str| Err(Abort(format!("argument of type '{kind}' is not iterable")));
        match found {
            Some(Typed::Text(value)) if value.contains('%') => self.expand(&value, depth + 1),
            Some(Typed::Text(value)) => {
                self.out.push_str(&value);
                Ok(())
            }
            Some(Typed::Int(_)) => of_type("int"),
            Some(Typed::Bool(_)) => of_type("bool"),
            Some(Typed::None) => of_type("NoneType"),
            None => Err(Abort(format!(
                "Bad value substitution: option {} in section {} contains an interpolation key {} which \
                 is not a valid option name. Raw value: {}",
                repr(self.option),
                repr(self.lookup.section),
                repr(&lowered(name)),
                repr(self.raw)
            ))),
        }
    }
}

/// The names that a value refers to, in order.
pub(super) fn names(mut text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    while let Some((_, at)) = text
        .find('%')
        .and_then(|position| text.split_at_checked(position))
    {
        text = match name_at(at) {
            Some((name, after)) => {
                names.push(name);
                after
            }
            None => at
                .strip_prefix("%%")
                .or_else(|| at.strip_prefix('%'))
                .unwrap_or_default(),
        };
    }
    names
}

/// The name in `%(name)s` at the front of `text`, and what follows.
fn name_at(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix("%(")?.split_once(')')?;
    let after = after.strip_prefix('s')?;
    (!name.is_empty()).then_some((name, after))
}
