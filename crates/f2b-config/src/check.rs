//! Every mistake of a configuration, at once, each with its place.
//!
//! What the original refuses is an error, and so is what a server cannot carry out. What works, but
//! hardly as it is meant, is a warning. Jails that are off are looked at as well; nothing there is
//! more than a warning, but for `enabled`, `backend` and `filter`, which the original reads of them, too.

mod address;
mod file;
mod jail;
pub(crate) mod nearest;
mod part;
mod place;
mod port;
mod reference;
mod server;
pub(crate) mod tag;
mod value;

use std::collections::{BTreeSet, HashMap, HashSet};

use indexmap::IndexMap;

use self::part::Part;
use self::place::Texts;
use crate::files::{self, Library};
use crate::sections::Sections;
use crate::tree::Cached;
use crate::{ConfigTree, Diagnostic, LogFolders, Origin, Place, Reading, Severity};

/// What has to be known of the machine to judge a configuration.
pub struct Surroundings<'a> {
    /// Its logs.
    pub logs: &'a dyn LogFolders,
    /// Tells whether it knows a name of a port.
    pub service_exists: &'a dyn Fn(&str) -> bool,
}

/// Finds every mistake of a configuration.
#[must_use]
pub fn check(tree: &dyn ConfigTree, around: &Surroundings<'_>) -> Vec<Diagnostic> {
    let tree: &dyn ConfigTree = &Cached::new(tree);
    let mut checker = Checker {
        tree,
        around,
        texts: Texts::new(tree),
        library: Library::new(tree),
        parts: HashMap::new(),
        circles: HashMap::new(),
        used: HashSet::new(),
        unbanned: HashSet::new(),
        is_mild: false,
        found: IndexMap::new(),
        told: IndexMap::new(),
        calls: 0,
        swallowed: HashSet::new(),
        comparisons: 0,
    };
    checker.server();
    checker.jails();
    checker.parts();
    checker.verdict();
    checker.left_out();
    let mut found: Vec<Diagnostic> = checker.found.into_values().collect();
    found.sort_by_cached_key(order);
    found
}

/// Returns where a part of a value stands: on whichever of its lines it first is, else the value itself.
#[must_use]
pub fn place_of(tree: &dyn ConfigTree, origin: &Origin, part: &str) -> Place {
    let mut texts = Texts::new(tree);
    texts
        .word(origin, part)
        .unwrap_or_else(|| texts.value(origin))
}

/// The server's file first, then jails, filters and actions; within a file line by line.
fn order(mistake: &Diagnostic) -> (u8, String, usize, usize) {
    let Some(place) = &mistake.place else {
        return (0, String::new(), 0, 0);
    };
    let path = place.source.path.clone();
    let rank = if path.starts_with("filter.d/") {
        3
    } else if path.starts_with("action.d/") {
        4
    } else if path.starts_with("fail2ban.") {
        1
    } else {
        2
    };
    (rank, path, place.line, place.column)
}

/// A text as one line, cut where nobody reads on: values may be anything.
fn line(text: &str) -> String {
    const LONGEST: usize = 400;
    let shown = |c: char| match c {
        '\n' | '\t' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    let mut characters = text.chars().map(shown);
    let mut line: String = characters.by_ref().take(LONGEST).collect();
    if characters.next().is_some() {
        line.push('…');
    }
    line
}

/// A kind of mistake, file, line, column, and what it says.
type Key = (&'static str, String, usize, usize, String);

/// The mistakes that keep everything from being read; others cost a jail, or a setting.
const STOPS_ALL: [&str; 15] = [
    "bad-journalmatch",
    "bad-loglevel",
    "duplicate-option",
    "duplicate-section",
    "includes",
    "missing-file",
    "reference-circle",
    "reference-nowhere",
    "reference-refused",
    "reference-syntax",
    "syntax",
    "tag-circle",
    "tag-refused",
    "unreadable",
    "unusable-part",
];

/// How many names are compared in search of those that were meant, in all.
const MOST_COMPARISONS: usize = 1_000_000;

/// How many mistakes of one kind are told of one file. Who made a thousand will not read more.
const MOST: usize = 1_000;

struct Checker<'a> {
    tree: &'a dyn ConfigTree,
    around: &'a Surroundings<'a>,
    texts: Texts<'a>,
    library: Library<'a>,
    /// The files of filters and actions that were read.
    parts: HashMap<String, Part>,
    /// Names that refer to each other, by file.
    circles: HashMap<(String, BTreeSet<String>), Diagnostic>,
    /// Filters and actions that jails name, be they off.
    used: HashSet<String>,
    /// Actions whose `actionunban` is an argument.
    unbanned: HashSet<String>,
    /// Whether nothing that is found is more than a warning.
    is_mild: bool,
    /// Many jails share a mistake: it is told once.
    found: IndexMap<Key, Diagnostic>,
    /// How many there are of each kind in each file.
    told: IndexMap<(&'static str, String), usize>,
    /// How often something was found, be it told already.
    calls: usize,
    /// Lines that continue an option, though they look like options of their own.
    swallowed: HashSet<String>,
    /// How many names were compared in search of the one that was meant.
    comparisons: usize,
}

impl Checker<'_> {
    fn found(&mut self, mut mistake: Diagnostic) {
        self.calls += 1;
        if self.is_mild {
            mistake.severity = Severity::Warning;
        }
        mistake.message = line(&mistake.message);
        mistake.hint = mistake.hint.map(|hint| line(&hint));
        let (path, line, column) = match &mistake.place {
            Some(place) => (place.source.path.clone(), place.line, place.column),
            None => (String::new(), 0, 0),
        };
        let message = mistake.message.clone();
        let key = (mistake.code, path, line, column, message);
        if let Some(told) = self.found.get_mut(&key) {
            told.severity = told.severity.max(mistake.severity);
            return;
        }
        let (code, path, ..) = &key;
        let told = self.told.entry((*code, path.clone())).or_default();
        *told += 1;
        if *told <= MOST {
            self.found.insert(key, mistake);
        }
    }

    /// Says of which mistakes there are more than are told.
    fn left_out(&mut self) {
        let many = self.told.iter().filter(|(_, told)| **told > MOST);
        let many: Vec<Diagnostic> = many
            .map(|((code, path), told)| {
                let file = self.tree.name_of(path);
                let more = told - MOST;
                Diagnostic::warning("more", format!("{file}: {more} more mistakes `{code}`"))
            })
            .collect();
        many.into_iter().for_each(|mistake| self.found(mistake));
    }

    /// The hint that names what was meant; as long as searching for it is no work.
    fn hint<'n>(&mut self, name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
        let before = self.comparisons;
        let counted = names.into_iter().inspect(|_| self.comparisons += 1);
        if before > MOST_COMPARISONS {
            return None;
        }
        nearest::hint(name, counted)
    }

    /// Tells whether a value holds a line that belongs elsewhere, which is told.
    fn holds_swallowed(&self, value: &str) -> bool {
        let mut lines = value.split('\n');
        !self.swallowed.is_empty() && lines.any(|line| self.swallowed.contains(line))
    }

    /// Reads the files of a name as far as they can be read; tells what is wrong with them.
    fn read(&mut self, name: &str, presets: &[(&str, &str)]) -> Option<Sections> {
        let mut problems = Vec::new();
        let sections = files::read_on(self.tree, name, presets, &mut problems);
        for problem in &problems {
            self.problem(problem);
        }
        sections
    }

    /// Whatever the original refuses must not pass, be it that nothing above has an eye for it.
    fn verdict(&mut self) {
        let refused = match crate::read(self.tree, self.around.logs, &Reading::default()) {
            Err(unreadable) => Some(unreadable.reason),
            Ok(read) if read.stream.is_some() => None,
            Ok(read) => Some(
                read.told
                    .last()
                    .map_or_else(String::new, |told| told.text.clone()),
            ),
        };
        let is_reason = |mistake: &Diagnostic| {
            mistake.severity == Severity::Error && STOPS_ALL.contains(&mistake.code)
        };
        if self.found.values().any(is_reason) {
            return;
        }
        if let Some(reason) = refused {
            self.found(Diagnostic::error("refused", reason));
        }
    }
}

#[cfg(test)]
mod tests;
