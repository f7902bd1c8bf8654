//! What the files of a name say together (contract A 1.4).

use super::entry::{self, Entry, Names, Options, Origin, Stated};
use super::ini::{self, DEFAULT, Parsed};

/// What a reader's files say together.
#[derive(Clone, Debug, Default)]
pub(super) struct Sections {
    /// The options that all sections share.
    pub(super) default: Options,
    /// The sections in the order in which they first appeared.
    pub(super) named: Names<Options>,
    /// Where each section begins, in the order of reading; as it is written, conditions included.
    pub(super) headers: Names<Vec<Origin>>,
}

impl Sections {
    /// Options that are set before any file is read.
    pub(super) fn with(presets: &[(&str, &str)]) -> Self {
        let built_in = |(key, value): &(&str, &str)| {
            ((*key).to_owned(), Entry::new((*value).to_owned(), None))
        };
        Self {
            default: presets.iter().map(built_in).collect(),
            named: Names::default(),
            headers: Names::default(),
        }
    }

    /// Takes up a later file: its options override.
    pub(super) fn merge(&mut self, parsed: Parsed) {
        for (name, section) in parsed.sections {
            self.add(&name, section);
        }
    }

    /// Takes up one section of a later file.
    pub(super) fn add(&mut self, name: &str, section: ini::Section) {
        let headers = self.headers.entry(name.to_owned()).or_default();
        headers.push(section.header);
        let (target, condition) = conditional(name);
        let target = match target {
            DEFAULT if condition.is_none() => &mut self.default,
            target => self.named.entry(target.to_owned()).or_default(),
        };
        if target.is_empty() && condition.is_none() {
            *target = section.options;
            return;
        }
        let mut overridden = Vec::new();
        for (key, value) in section.options {
            let key = match condition {
                None => key,
                Some(condition) => format!("{key}?{condition}"),
            };
            if target.contains_key(&key) {
                overridden.push(key.clone());
            }
            entry::set(target, key, value);
        }
        if let Some(written) = self.named.get_mut(&shadow(conditional(name).0)) {
            written.retain(|key, _| !overridden.contains(key));
        }
    }

    /// Returns the section that holds what an option of a section was before the last file that sets it,
    /// what it was then, and what that overrides.
    pub(super) fn known<'a>(
        &'a self,
        section: &'a str,
        option: &str,
    ) -> Option<(&'a str, &'a Stated, &'a [Stated])> {
        // As the original: a file can write `[KNOWN/section]` itself; what is overridden later goes there.
        if let Some((shadow, written)) = self.named.get_key_value(&shadow(section))
            && let Some(entry) = written.get(option)
        {
            return Some((shadow, &entry.now, &entry.before));
        }
        let (stated, before) = self.own(section, option)?.before.split_last()?;
        Some((section, stated, before))
    }

    /// Returns what a section itself, not `[DEFAULT]`, sets an option to.
    pub(super) fn own(&self, section: &str, option: &str) -> Option<&Entry> {
        self.named.get(section)?.get(option)
    }

    /// Returns where the value of an option stands.
    pub(super) fn origin(&self, section: &str, option: &str) -> Option<Origin> {
        self.entry(section, option)?.now.origin.clone()
    }

    /// Returns where a section first begins.
    pub(super) fn header(&self, section: &str) -> Option<&Origin> {
        self.headers.get(section)?.first()
    }

    /// Returns what an option is for a section, be it by `[DEFAULT]`.
    pub(super) fn entry(&self, section: &str, option: &str) -> Option<&Entry> {
        self.own(section, option)
            .or_else(|| self.default.get(option))
    }
}

/// The section that holds what options of a section were.
fn shadow(section: &str) -> String {
    ["KNOWN/", section].concat()
}

/// `word?condition` is a section `word` under a condition.
fn conditional(name: &str) -> (&str, Option<&str>) {
    match name.split_once('?') {
        Some((word, condition))
            if !condition.is_empty()
                && !word.is_empty()
                && word.chars().all(|c| c.is_alphanumeric() || c == '_') =>
        {
            (word, Some(condition))
        }
        _ => (name, None),
    }
}
