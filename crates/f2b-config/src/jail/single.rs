//! One jail or one filter alone, for those who want to try its rules.

use f2b_protocol::Value;

use super::stream::value_of;
use super::{Failure, Jail, Reader, Skipped, is_name};
use crate::definition::{Definition, Gathered};
use crate::entry::Names;
use crate::files::Library;
use crate::ini::repr;
use crate::reference::{Typed, Variables};
use crate::sections::Sections;
use crate::spec;
use crate::told::{Tale, Told};
use crate::{Abort, Sent};

/// The rules of one jail or one filter.
#[derive(Debug)]
pub(crate) struct Single {
    /// The commands that the rules become, or why they become none.
    pub(crate) commands: Result<Vec<Sent>, Abort>,
    /// Options as they are in effect, in the order in which the original shows them.
    pub(crate) effective: Vec<(String, Value)>,
}

/// What the commands are called to be about: nobody sees it.
const NOBODY: &str = "";

/// Returns the rules of a filter whose files were read.
pub(crate) fn filter_alone(
    definition: Definition,
    mut arguments: Names<String>,
    backend: &str,
    told: &mut Tale,
) -> Result<Single, Abort> {
    definition.add_logtype(&mut arguments, backend);
    let gathered = definition.gather(&arguments, None, false, told)?;
    let mut effective = effective(&definition, &gathered, None, &arguments)?;
    for key in definition.init_keys() {
        let known = format!("known/{key}");
        let value = gathered.raw(&known).cloned().unwrap_or(Typed::None);
        effective.push((known, value_of(value)));
        if let Some(value) = gathered.raw(key).filter(|_| !arguments.contains_key(key)) {
            effective.push((key.to_owned(), typed(&definition, &gathered, key, value)?));
        }
    }
    let sections = Sections::with(&[]);
    let mut jail = Jail {
        sections: &sections,
        name: NOBODY.to_owned(),
        options: Names::default(),
        filter: Some((definition, gathered)),
        actions: Vec::new(),
    };
    Ok(Single {
        commands: jail.rules(told),
        effective,
    })
}

/// Returns the rules of a jail, be it on or off; `None` if it cannot be used, which was said.
///
/// `arguments` go before those that the jail gives its filter, `backend` before the jail's.
pub(crate) fn jail_alone(
    library: &mut Library<'_>,
    sections: &Sections,
    name: &str,
    arguments: &Names<String>,
    backend: &str,
    told: &mut Tale,
) -> Result<Option<Single>, Abort> {
    if !is_name(name) {
        return Ok(None);
    }
    let mut reader = Reader {
        library,
        sections,
        name,
        known: Variables::default(),
        told,
    };
    match reader.alone(arguments, backend) {
        Ok(single) => Ok(Some(single)),
        Err(Failure::Abort(abort)) => Err(abort),
        Err(Failure::Skipped(Skipped { reason })) => {
            told.push(Told::error("jailreader", reason));
            Ok(None)
        }
    }
}

impl Reader<'_, '_, '_> {
    fn alone(&mut self, arguments: &Names<String>, backend: &str) -> Result<Single, Failure> {
        let text = self.text("filter")?.unwrap_or_default();
        let filter = if text.is_empty() {
            let text = format!("No filter set for jail {}", self.name);
            self.told.push(Told::warning("jailreader", text));
            None
        } else {
            let mut spec = spec::parse(&text).map_err(|error| {
                let text = repr(&text);
                super::skipped(format!("Invalid filter definition {text}: {error}"))
            })?;
            spec.arguments.extend(arguments.clone());
            Some(self.filter_of(spec, backend)?)
        };
        let options = self.options()?;
        let mut shown = Vec::new();
        let filter = match filter {
            None => {
                let none = ["logtype", "datepattern"].map(|name| (name.to_owned(), Value::None));
                shown.extend(none);
                let own = options.text("backend").to_owned();
                shown.push(("backend".to_owned(), Value::text(own)));
                None
            }
            Some((definition, spec)) => {
                let jail = Some(&options.texts);
                let gathered = definition.gather(&spec.arguments, jail, false, self.told)?;
                let own = options.typed.get("datepattern");
                shown.extend(effective(&definition, &gathered, own, arguments)?);
                shown.push(("backend".to_owned(), Value::text(backend)));
                Some((definition, gathered))
            }
        };
        let actions = self.actions(&options)?;
        let mut jail = Jail {
            sections: self.sections,
            name: self.name.to_owned(),
            options: options.typed,
            filter,
            actions,
        };
        Ok(Single {
            commands: jail.rules(self.told),
            effective: shown,
        })
    }
}

/// `logtype`, `datepattern` and the arguments, as they are in effect.
fn effective(
    definition: &Definition,
    gathered: &Gathered,
    of_jail: Option<&Typed>,
    arguments: &Names<String>,
) -> Result<Vec<(String, Value)>, Abort> {
    let combined = definition.finish(gathered.clone(), &mut Tale::default())?;
    let mut shown: Vec<(String, Value)> = Vec::new();
    let first = ["logtype", "datepattern"].into_iter();
    let others = arguments.keys().map(String::as_str);
    for name in first.chain(others) {
        if shown.iter().any(|(known, _)| known == name) {
            continue;
        }
        let value = match combined.options.get(name) {
            Some(value) => value_of(value.clone()),
            None if name == "datepattern" && of_jail.is_some() => {
                of_jail.map_or(Value::None, |value| value_of(value.clone()))
            }
            // `[Definition]` has more than what is for the server.
            None if name == "logtype" => {
                Value::text(definition.expanded(gathered, "<logtype>".to_owned())?)
            }
            None if arguments.contains_key(name) => Value::None,
            None => continue,
        };
        shown.push((name.to_owned(), value));
    }
    Ok(shown)
}

/// The value of a key of `[Init]` with the type of the option.
fn typed(
    definition: &Definition,
    gathered: &Gathered,
    key: &str,
    raw: &Typed,
) -> Result<Value, Abort> {
    let combined = definition.finish(gathered.clone(), &mut Tale::default())?;
    let value = combined.options.get(key).unwrap_or(raw);
    Ok(value_of(value.clone()))
}
