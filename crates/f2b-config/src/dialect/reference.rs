//! `%(…)s`: values that refer to others (contract A 1.5).

use indexmap::IndexMap;

use super::Abort;
use super::files::Sections;
use super::ini::{lowered, repr};

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
const DEEPEST: usize = 10;

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

    /// The raw value of a name.
    fn raw(&self, name: &str) -> Option<Typed> {
        if name == "__name__" {
            return Some(Typed::Text(self.section.to_owned()));
        }
        if let Some(value) = self.variables.and_then(|variables| variables.get(name)) {
            return Some(value.clone());
        }
        let own = self.sections.named.get(self.section);
        let plain = own.and_then(|options| options.get(name));
        if let Some(value) = plain.or_else(|| self.sections.default.get(name)) {
            return Some(Typed::Text(value.clone()));
        }
        None
    }

    /// The raw value of an option elsewhere: `section/option`, `default/option`, `known/option`.
    fn elsewhere(&self, name: &str) -> Option<Typed> {
        let (section, option) = name.split_once('/')?;
        if !section
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
            || section.is_empty()
        {
            return None;
        }
        let value = match section {
            "known" => {
                let known = self.sections.known.get(self.section);
                let before = known.and_then(|options| options.get(option));
                before.or_else(|| self.sections.default.get(option))?
            }
            "default" => self.sections.default.get(option)?,
            other => {
                let named = self.sections.named.get(other)?;
                named
                    .get(option)
                    .or_else(|| self.sections.default.get(option))?
            }
        };
        Some(Typed::Text(value.clone()))
    }
}

/// Returns an option of the lookup's section with its references resolved; `None` if it is not set.
pub(super) fn fetch(lookup: &Lookup<'_>, option: &str) -> Result<Option<String>, Abort> {
    match lookup.raw(option) {
        Some(Typed::Text(raw)) => resolve(lookup, option, &raw).map(Some),
        Some(Typed::Int(number)) => Ok(Some(number.to_string())),
        Some(Typed::Bool(is)) => Ok(Some(if is { "True" } else { "False" }.to_owned())),
        Some(Typed::None) | None => Ok(None),
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
        let lower = lowered(name);
        // As the original: names of other sections are found in lower case only.
        let elsewhere = || {
            if lower == name {
                self.lookup.elsewhere(name)
            } else {
                None
            }
        };
        let found = self.lookup.raw(&lower).or_else(elsewhere);
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
                repr(&lower),
                repr(self.raw)
            ))),
        }
    }
}

/// The name in `%(name)s` at the front of `text`, and what follows.
fn name_at(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix("%(")?.split_once(')')?;
    let after = after.strip_prefix('s')?;
    (!name.is_empty()).then_some((name, after))
}
