//! Where in a file something stands.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::entry::{Origin, Source};
use crate::ini;
use crate::reference::{self, Found, Lookup};
use crate::{ConfigTree, Place};

/// The lines of the files, read once more to show them.
pub(super) struct Texts<'a> {
    tree: &'a dyn ConfigTree,
    files: HashMap<String, Vec<Arc<str>>>,
}

impl<'a> Texts<'a> {
    pub(super) fn new(tree: &'a dyn ConfigTree) -> Self {
        Self {
            tree,
            files: HashMap::new(),
        }
    }

    fn lines(&mut self, source: &Source) -> &[Arc<str>] {
        let tree = self.tree;
        let read = || {
            let text = tree.read(&source.path).ok().flatten().unwrap_or_default();
            let text = text.replace("\r\n", "\n").replace('\r', "\n");
            text.split('\n').map(Arc::from).collect()
        };
        self.files.entry(source.path.clone()).or_insert_with(read)
    }

    /// A whole line.
    pub(super) fn line(&mut self, source: &Arc<Source>, line: usize) -> Place {
        let excerpt = self.lines(source).get(line.wrapping_sub(1)).cloned();
        let excerpt = excerpt.unwrap_or_else(|| Arc::from(""));
        let blanks = ini::blanks(&excerpt);
        Place {
            source: Arc::clone(source),
            line,
            column: blanks + 1,
            length: without_comment(excerpt.trim()).trim_end().chars().count(),
            excerpt,
        }
    }

    /// The key of an option, or the name of a section.
    pub(super) fn key(&mut self, origin: &Origin) -> Place {
        let mut place = self.line(&origin.source, origin.line);
        let text = place.excerpt.trim_start();
        let end = match text.strip_prefix('[') {
            Some(header) => header.rfind(']').map(|end| end + 2),
            None => text.find(['=', ':']),
        };
        let key = end.and_then(|end| text.get(..end)).unwrap_or(text);
        place.length = key.trim_end().chars().count();
        place
    }

    /// The first line of a value; the key, if there is no value.
    pub(super) fn value(&mut self, origin: &Origin) -> Place {
        let place = self.line(&origin.source, origin.line);
        let after: String = place.excerpt.chars().skip(origin.column - 1).collect();
        let length = without_comment(&after).trim_end().chars().count();
        if length == 0 {
            return self.key(origin);
        }
        Place {
            column: origin.column,
            length,
            ..place
        }
    }

    /// A word in a value, on whichever of its lines it first stands.
    pub(super) fn word(&mut self, origin: &Origin, word: &str) -> Option<Place> {
        let lines = self.lines(&origin.source);
        let first = lines.get(origin.line.wrapping_sub(1))?;
        let indentation = ini::blanks(first);
        let further = lines.iter().enumerate().skip(origin.line);
        let belongs = |line: &str| {
            line.trim().is_empty()
                || line.trim_start().starts_with(['#', ';'])
                || ini::blanks(line) > indentation
        };
        let belonging = further.take_while(|(_, line)| belongs(line));
        let belonging = belonging.filter(|(_, line)| !line.trim_start().starts_with(['#', ';']));
        let of_line = |line: usize, text: &str, from: usize| {
            position(text, from, word).map(|(fit, column)| (fit, line, column))
        };
        let candidates = belonging.filter_map(|(index, line)| of_line(index + 1, line, 0));
        let first = of_line(origin.line, first, origin.column - 1);
        let (fit, line, column) = first.into_iter().chain(candidates).min()?;
        // A letter is in many words.
        if fit == Fit::WithinAnother && word.len() < 3 {
            return None;
        }
        Some(Place {
            column: column + 1,
            length: word.chars().count(),
            ..self.line(&origin.source, line)
        })
    }

    /// A word in the value of an option, or in a value that it refers to; the value itself, if the
    /// word is made of several.
    pub(super) fn word_of(
        &mut self,
        lookup: &Lookup<'_>,
        option: &str,
        word: &str,
    ) -> Option<Place> {
        if let Some(place) = self.traced(lookup, option, word, &mut HashSet::new()) {
            return Some(place);
        }
        let origin = lookup.find(option)?.origin()?.clone();
        Some(self.value(&origin))
    }

    fn traced(
        &mut self,
        lookup: &Lookup<'_>,
        name: &str,
        word: &str,
        seen: &mut HashSet<String>,
    ) -> Option<Place> {
        // Each name once: the search ends, and soon.
        if seen.len() > MOST_NAMES || !seen.insert(name.to_owned()) {
            return None;
        }
        let Found::Set { stated, .. } = lookup.find_reference(name)? else {
            return None;
        };
        if stated.text.contains(word)
            && let Some(place) = self.word(stated.origin.as_ref()?, word)
        {
            return Some(place);
        }
        let names = reference::names(&stated.text);
        names
            .into_iter()
            .find_map(|name| self.traced(lookup, name, word, seen))
    }
}

/// How many references are followed in search of a word.
const MOST_NAMES: usize = 100;

fn without_comment(value: &str) -> &str {
    let is_comment = |(position, _): &(usize, &str)| {
        let before = value.get(..*position).unwrap_or_default();
        before.is_empty() || before.ends_with(char::is_whitespace)
    };
    let comment = value.match_indices(';').find(is_comment);
    comment
        .and_then(|(position, _)| value.get(..position))
        .unwrap_or(value)
}

/// How well a word fits where it was found, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    BetweenBlanks,
    Alone,
    WithinAnother,
}

/// The column of a word in a line, from 0 on, where it fits best.
fn position(line: &str, from: usize, word: &str) -> Option<(Fit, usize)> {
    let start = line
        .char_indices()
        .nth(from)
        .map_or(line.len(), |(start, _)| start);
    let text = line.get(start..)?;
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/');
    let fit = |at: usize| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + word.len()..);
        let after = after.and_then(|text| text.chars().next());
        let around = [before, after];
        if around.iter().flatten().all(|c| c.is_whitespace()) {
            Fit::BetweenBlanks
        } else if around.into_iter().flatten().any(is_part) {
            Fit::WithinAnother
        } else {
            Fit::Alone
        }
    };
    let places = text.match_indices(word).map(|(at, _)| (fit(at), at));
    let (fit, at) = places.min()?;
    Some((fit, from + text.get(..at)?.chars().count()))
}
