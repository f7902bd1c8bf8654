//! What an option is set to, and where.

use std::sync::Arc;

use std::hash::BuildHasherDefault;

use indexmap::IndexMap;
use rustc_hash::FxHasher;

/// Things by name, in the order in which they were first named. Who writes the names is root: no
/// need for a hash that stands attacks.
pub(super) type Names<T> = IndexMap<String, T, BuildHasherDefault<FxHasher>>;

/// The options of a section, keys in lower case, in the order in which they were first set.
pub(super) type Options = Names<Entry>;

/// A file that was read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file, as it is named in messages.
    pub file: String,
    /// The file, below the root of its tree.
    pub path: String,
    /// The files that include it, the outermost first; none if it is read for its name.
    pub included_by: Vec<String>,
}

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub source: Arc<Source>,
    /// The line of the key, from 1.
    pub line: usize,
    /// The column of the value in that line, in characters, from 1.
    pub column: usize,
}

/// A value as it is written, references and all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// The value; its lines joined.
    pub text: String,
    /// Where it stands; `None` if it is built in.
    pub origin: Option<Origin>,
}

/// What an option is set to, by the last file that sets it, and by those before.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) now: Stated,
    /// What it overrides, in the order of reading.
    pub(super) before: Vec<Stated>,
}

impl Entry {
    pub(super) fn new(text: String, origin: Option<Origin>) -> Self {
        Self {
            now: Stated { text, origin },
            before: Vec::new(),
        }
    }
}

/// Sets an option; what it was before is kept.
pub(super) fn set(options: &mut Options, key: String, later: Entry) {
    match options.get_mut(&key) {
        None => {
            options.insert(key, later);
        }
        Some(entry) => {
            entry
                .before
                .push(std::mem::replace(&mut entry.now, later.now));
        }
    }
}
