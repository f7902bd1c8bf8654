//! `%(…)s`: values that refer to others (contract A 1.5).

use memchr::memchr;

use super::Abort;
use super::entry::{Names, Options, Origin, Stated};
use super::ini::{DEFAULT, lowered, repr};
use super::sections::Sections;

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
pub(super) type Variables = Names<Typed>;

/// How much text there is in values, in bytes.
pub(super) fn bytes(values: &Variables) -> usize {
    let bytes = values.values().map(|value| match value {
        Typed::Text(text) => text.len(),
        Typed::Int(_) | Typed::Bool(_) | Typed::None => 0,
    });
    bytes.sum()
}

/// Where names are looked up: the variables, the first of them first, the section, `[DEFAULT]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lookup<'a> {
    pub(super) sections: &'a Sections,
    pub(super) section: &'a str,
    /// What the section itself sets.
    own: Option<&'a Options>,
    variables: [Option<&'a Variables>; 2],
}

/// As Python: deeper nesting is refused.
pub(super) const DEEPEST: usize = 10;

/// The longest value, in bytes, and the most replacements in one: ours, since nested references can
/// multiply.
const LONGEST: usize = 4 << 20;
const MOST: usize = 100_000;

impl<'a> Lookup<'a> {
    pub(super) fn new(
        sections: &'a Sections,
        section: &'a str,
        variables: [Option<&'a Variables>; 2],
    ) -> Self {
        Self {
            sections,
            section,
            own: sections.named.get(section),
            variables,
        }
    }

    /// Looks up what files say, and nothing else.
    pub(super) fn plain(sections: &'a Sections, section: &'a str) -> Self {
        Self::new(sections, section, [None; 2])
    }

    /// What a caller brings along under a name.
    pub(super) fn variable(&self, name: &str) -> Option<&'a Typed> {
        let variables = self.variables.iter().flatten();
        variables
            .into_iter()
            .find_map(|variables| variables.get(name))
    }

    /// What a name stands for: a variable, or an option of the section or of `[DEFAULT]`.
    pub(super) fn find(&self, name: &str) -> Option<Found<'a>> {
        match self.variable(name) {
            Some(value) if name != "__name__" => Some(Found::Variable(value)),
            _ => self.find_set(name),
        }
    }

    /// What a name stands for if no variable has it.
    pub(super) fn find_set(&self, name: &str) -> Option<Found<'a>> {
        if name == "__name__" {
            return Some(Found::Section(self.section));
        }
        self.set_by(self.own, self.section, name)
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
        if !is_section(section) {
            return None;
        }
        match section {
            "known" => {
                let known = self.sections.known(self.section, option);
                let known = known.map(|(section, stated, before)| Found::Set {
                    section,
                    stated,
                    before,
                });
                known.or_else(|| self.set_in(DEFAULT, option))
            }
            "default" => self.set_in(DEFAULT, option),
            other => {
                let (other, _) = self.sections.named.get_key_value(other)?;
                self.set_in(other, option)
            }
        }
    }

    fn set_in(&self, section: &'a str, option: &str) -> Option<Found<'a>> {
        self.set_by(self.sections.named.get(section), section, option)
    }

    /// An option that a section itself sets, or `[DEFAULT]` for it.
    fn set_by(
        &self,
        own: Option<&'a Options>,
        section: &'a str,
        option: &str,
    ) -> Option<Found<'a>> {
        let own = own.and_then(|own| Some((section, own.get(option)?)));
        let (section, entry) =
            own.or_else(|| Some((DEFAULT, self.sections.default.get(option)?)))?;
        Some(Found::Set {
            section,
            stated: &entry.now,
            before: &entry.before,
        })
    }
}

/// Tells whether a text may be the `section` of `section/option`.
pub(super) fn is_section(text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    !text.is_empty() && text.chars().all(is_part)
}

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found<'a> {
    /// `__name__`: the name of the section.
    Section(&'a str),
    /// What the caller brings along.
    Variable(&'a Typed),
    /// What files set an option to, and what that overrides in the same section.
    Set {
        section: &'a str,
        stated: &'a Stated,
        before: &'a [Stated],
    },
}

impl<'a> Found<'a> {
    /// Where it is set, if a file sets it.
    pub(super) fn origin(self) -> Option<&'a Origin> {
        match self {
            Self::Set { stated, .. } => stated.origin.as_ref(),
            Self::Section(_) | Self::Variable(_) => None,
        }
    }

    /// The value as it is written.
    pub(super) fn text(self) -> String {
        match self.raw() {
            Ok(text) => text.to_owned(),
            Err(typed) => typed.clone().text().unwrap_or_default(),
        }
    }

    /// The value as it is written, unless it has a type already.
    fn raw(self) -> Result<&'a str, &'a Typed> {
        match self {
            Self::Section(name) => Ok(name),
            Self::Variable(Typed::Text(text)) => Ok(text),
            Self::Variable(typed) => Err(typed),
            Self::Set { stated, .. } => Ok(&stated.text),
        }
    }
}

/// Returns an option of the lookup's section with its references resolved; `None` if it is not set.
pub(super) fn fetch(lookup: &Lookup<'_>, option: &str) -> Result<Option<String>, Abort> {
    match lookup.find(option) {
        None => Ok(None),
        Some(found) => value(lookup, option, found),
    }
}

/// Returns what was found for an option with its references resolved in the lookup's section.
pub(super) fn value(
    lookup: &Lookup<'_>,
    option: &str,
    found: Found<'_>,
) -> Result<Option<String>, Abort> {
    match found.raw() {
        Ok(raw) if memchr(b'%', raw.as_bytes()).is_none() => Ok(Some(raw.to_owned())),
        Ok(raw) => resolve(lookup, option, raw).map(Some),
        Err(typed) => Ok(typed.clone().text()),
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
        while let Some(position) = memchr(b'%', rest.as_bytes()) {
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
            Some(Ok(value)) if value.contains('%') => self.expand(value, depth + 1),
            Some(Ok(value)) => {
                self.out.push_str(value);
                Ok(())
            }
            Some(Err(Typed::Text(_) | Typed::Int(_))) => of_type("int"),
            Some(Err(Typed::Bool(_))) => of_type("bool"),
            Some(Err(Typed::None)) => of_type("NoneType"),
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

/// The names that a value refers to, in order; none that is longer than any name.
pub(super) fn names(text: &str) -> Vec<&str> {
    const LONGEST: usize = 200;
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(position) = memchr(b'%', rest.as_bytes()) {
        let at = rest.get(position..).unwrap_or_default();
        let near = at.as_bytes().get(..LONGEST).unwrap_or(at.as_bytes());
        let close = memchr(b')', near);
        let name = close.and_then(|_| name_at(at));
        rest = match name {
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

/// The first `%` of a value that begins neither `%%` nor `%(name)s`, with what follows it.
pub(super) fn wrong(mut text: &str) -> Option<&str> {
    while let Some((_, at)) = text
        .find('%')
        .and_then(|position| text.split_at_checked(position))
    {
        text = match (name_at(at), at.strip_prefix("%%")) {
            (Some((_, after)), _) | (None, Some(after)) => after,
            (None, None) => return at.lines().next(),
        };
    }
    None
}

/// The name in `%(name)s` at the front of `text`, and what follows.
fn name_at(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix("%(")?.split_once(')')?;
    let after = after.strip_prefix('s')?;
    (!name.is_empty()).then_some((name, after))
}
