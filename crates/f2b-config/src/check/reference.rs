//! `%(…)s` that leads nowhere.

use std::collections::HashSet;

use super::Checker;
use crate::entry::Origin;
use crate::reference::{self, Found, Lookup};
use crate::{Abort, Diagnostic};

/// A reference that cannot be resolved.
struct Broken {
    /// Where the value stands that holds it.
    origin: Option<Origin>,
    /// What of the value is wrong; nothing if it is all of it.
    text: String,
    what: What,
}

enum What {
    Missing(String),
    Circle(String),
    Syntax,
    /// It is too deep, too long, or not text.
    Other,
}

impl Checker<'_> {
    /// Returns the value of an option, or says why it has none.
    pub(super) fn resolved(&mut self, lookup: &Lookup<'_>, option: &str) -> Option<String> {
        match reference::fetch(lookup, option) {
            Ok(value) => value,
            Err(Abort(reason)) => {
                let mistake = self.broken(lookup, option, reason);
                self.found(mistake);
                None
            }
        }
    }

    fn broken(&mut self, lookup: &Lookup<'_>, option: &str, reason: String) -> Diagnostic {
        let mut path = Vec::new();
        let found = broken(lookup, option, &mut path, &mut HashSet::new());
        let broken = found.unwrap_or(Broken {
            origin: lookup
                .find(option)
                .and_then(|found| found.origin().cloned()),
            text: String::new(),
            what: What::Other,
        });
        let place = broken.origin.map(|origin| {
            let word = Some(broken.text.as_str()).filter(|text| !text.is_empty());
            let word = word.and_then(|word| self.texts.word(&origin, word));
            word.unwrap_or_else(|| self.texts.value(&origin))
        });
        let mistake = match broken.what {
            What::Missing(name) => {
                let message = format!("`%({name})s` leads nowhere: nothing sets `{name}`");
                let section = lookup.sections.named.get(lookup.section);
                let names = section.into_iter().flat_map(|section| section.keys());
                let names = names.chain(lookup.sections.default.keys());
                let hint = self.hint(&name, names.map(String::as_str));
                Diagnostic::error("reference-nowhere", message).with_some_hint(hint)
            }
            What::Circle(name) => {
                let message = format!("`{name}` refers to itself: {}", path.join(" → "));
                let mistake = Diagnostic::error("reference-circle", message)
                    .with_hint("`%(known/NAME)s` is what files read before say")
                    .at(place);
                // Every name of a circle refers to itself: it is told of the first.
                let file = mistake
                    .place
                    .as_ref()
                    .map(|place| place.source.path.clone());
                let names = path.into_iter().skip_while(|above| *above != name);
                let circle = (file.unwrap_or_default(), names.collect());
                return self.circles.entry(circle).or_insert(mistake).clone();
            }
            What::Other => Diagnostic::error("reference-refused", reason),
            What::Syntax => Diagnostic::error("reference-syntax", reason)
                .with_hint("write `%(name)s` for a reference, `%%` for a percent sign"),
        };
        mistake.at(place)
    }
}

/// Finds the first reference of an option's value that cannot be resolved; `path` is left with the
/// names that lead there.
fn broken(
    lookup: &Lookup<'_>,
    name: &str,
    path: &mut Vec<String>,
    sound: &mut HashSet<String>,
) -> Option<Broken> {
    let Some(Found::Set { stated, .. }) = lookup.find_reference(name) else {
        return None;
    };
    path.push(name.to_owned());
    let at = |text: String, what| Broken {
        origin: stated.origin.clone(),
        text,
        what,
    };
    for name in reference::names(&stated.text) {
        let text = format!("%({name})s");
        if path.iter().any(|above| above == name) {
            path.push(name.to_owned());
            return Some(at(text, What::Circle(name.to_owned())));
        }
        if lookup.find_reference(name).is_none() {
            return Some(at(text, What::Missing(name.to_owned())));
        }
        if path.len() <= reference::DEEPEST
            && !sound.contains(name)
            && let Some(broken) = broken(lookup, name, path, sound)
        {
            return Some(broken);
        }
    }
    if let Some(text) = reference::wrong(&stated.text) {
        return Some(at(text.to_owned(), What::Syntax));
    }
    path.pop();
    sound.insert(name.to_owned());
    None
}
