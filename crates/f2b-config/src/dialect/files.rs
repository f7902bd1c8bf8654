//! The files of a name, in order, and what they say together (contract A 1.1, 1.2, 1.4).

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use f2b_protocol::Value;
use indexmap::IndexMap;

use super::Abort;
use super::entry::{self, Entry, Options, Source};
use super::ini::{self, DEFAULT};
use super::reference::{self, Lookup};
use super::told::Told;
use crate::ConfigTree;
use crate::tree::TreeError;

/// What a reader's files say together.
#[derive(Clone, Debug, Default)]
pub(super) struct Sections {
    /// The options that all sections share.
    pub(super) default: Options,
    /// The sections in the order in which they first appeared.
    pub(super) named: IndexMap<String, Options>,
}

/// The files of filters and actions: jails share them, and each is read once.
pub(super) struct Library<'a> {
    pub(super) tree: &'a dyn ConfigTree,
    read: HashMap<String, (Option<Rc<Sections>>, Vec<Told>)>,
}

impl<'a> Library<'a> {
    pub(super) fn new(tree: &'a dyn ConfigTree) -> Self {
        Self {
            tree,
            read: HashMap::new(),
        }
    }

    /// As [`read`]; what is said is said each time.
    pub(super) fn read(
        &mut self,
        name: &str,
        told: &mut Vec<Told>,
    ) -> Result<Option<Rc<Sections>>, Abort> {
        if let Some((sections, said)) = self.read.get(name) {
            told.extend_from_slice(said);
            return Ok(sections.clone());
        }
        let before = told.len();
        let sections = read(self.tree, name, &[], told)?.map(Rc::new);
        let said = told.get(before..).unwrap_or_default().to_vec();
        self.read.insert(name.to_owned(), (sections.clone(), said));
        Ok(sections)
    }
}

/// Reads the files of a logical name such as `jail` or `filter.d/sshd`; `None` if there are none or
/// one of them cannot be read, which is said.
pub(super) fn read(
    tree: &dyn ConfigTree,
    name: &str,
    presets: &[(&str, &str)],
    told: &mut Vec<Told>,
) -> Result<Option<Sections>, Abort> {
    let root = tree.name_of("");
    let root = root.trim_end_matches('/');
    let text = format!("Loading configs for {name} under {root} ");
    told.push(Told::info("configreader", text));
    let listed = listed(tree, name);
    if listed.is_empty() {
        let text = format!(
            "Found no accessible config files for {} under {root}",
            ini::repr(name)
        );
        told.push(Told::error("configreader", text));
        return Ok(None);
    }
    let mut reader = Reader {
        tree,
        presets,
        told,
        sections: Sections::with(presets),
        files: 0,
    };
    reader.tell_loading(&listed);
    let expanded = reader.expand(&listed, &[], true)?;
    let paths: Vec<String> = expanded.iter().map(|(path, _)| path.clone()).collect();
    reader.tell_loading(&paths);
    let mut missing: Vec<String> = Vec::new();
    for (path, parsed) in expanded {
        match parsed {
            Some(parsed) => reader.sections.merge(parsed),
            None if listed.contains(&path) => missing.push(tree.name_of(&path)),
            None => {}
        }
    }
    if missing.is_empty() {
        return Ok(Some(reader.sections));
    }
    let text = format!("Could not read config files: {}", missing.join(", "));
    reader.told.push(Told::error("configreader", text));
    Ok(None)
}

/// `N.conf`, `N.d/*.conf`, `N.local`, `N.d/*.local`; only what is there.
fn listed(tree: &dyn ConfigTree, name: &str) -> Vec<String> {
    let folder = format!("{name}.d");
    let inside = tree.list(&folder);
    let hidden = format!("{folder}/.");
    let ending = |ending: &str| {
        let fits = |path: &&String| path.ends_with(ending) && !path.starts_with(&hidden);
        inside.iter().filter(fits).cloned().collect::<Vec<_>>()
    };
    let mut files: Vec<String> = Vec::new();
    files.extend(
        [format!("{name}.conf")]
            .into_iter()
            .filter(|path| tree.is_there(path)),
    );
    files.extend(
        ending(".conf")
            .into_iter()
            .filter(|path| tree.is_there(path)),
    );
    files.extend(
        [format!("{name}.local")]
            .into_iter()
            .filter(|path| tree.is_there(path)),
    );
    files.extend(
        ending(".local")
            .into_iter()
            .filter(|path| tree.is_there(path)),
    );
    files
}

type Parsed = IndexMap<String, Options>;

struct Reader<'a> {
    tree: &'a dyn ConfigTree,
    presets: &'a [(&'a str, &'a str)],
    told: &'a mut Vec<Told>,
    sections: Sections,
    /// How many files were read.
    files: usize,
}

/// How deep includes may be nested, and how many files one name may have: ours, since a file may be
/// included any number of times.
const DEEPEST: usize = 200;
const MOST_FILES: usize = 20_000;

impl Reader<'_> {
    /// Puts the files that others include around them; a file that cannot be read is `None`.
    fn expand(
        &mut self,
        files: &[String],
        ancestors: &[String],
        is_listed: bool,
    ) -> Result<Vec<(String, Option<Parsed>)>, Abort> {
        if ancestors.len() > DEEPEST {
            let first = ancestors.first().map_or("", String::as_str);
            return Err(Abort(format!(
                "the includes of {} are nested deeper than {DEEPEST} files",
                self.tree.name_of(first)
            )));
        }
        let mut with_locals: Vec<String> = Vec::new();
        for file in files {
            with_locals.push(file.clone());
            if let Some(local) = sibling(file)
                // As the original: what is included twice is read twice.
                && (!is_listed || !files.contains(&local))
                && self.tree.is_there(&local)
            {
                with_locals.push(local);
            }
        }
        let mut expanded = Vec::new();
        for file in with_locals {
            if ancestors.contains(&file) || !self.tree.is_there(&file) {
                continue;
            }
            let Some(parsed) = self.parse(&file, ancestors)? else {
                expanded.push((file, None));
                continue;
            };
            self.files += 1;
            if self.files > MOST_FILES {
                return Err(Abort(format!("includes make more than {MOST_FILES} files")));
            }
            let mut inner = ancestors.to_vec();
            inner.push(file.clone());
            let before = self.included(&file, &parsed, "before")?;
            let after = self.included(&file, &parsed, "after")?;
            expanded.extend(self.expand(&before, &inner, false)?);
            expanded.push((file, Some(parsed)));
            expanded.extend(self.expand(&after, &inner, false)?);
        }
        Ok(expanded)
    }

    fn tell_loading(&mut self, paths: &[String]) {
        let names = Value::texts(paths.iter().map(|path| self.tree.name_of(path)));
        let text = format!("  Loading files: {}", names.repr());
        self.told.push(Told::info("configparserinc", text));
    }

    fn parse(&mut self, path: &str, ancestors: &[String]) -> Result<Option<Parsed>, Abort> {
        let name = self.tree.name_of(path);
        match self.tree.read(path) {
            Ok(Some(text)) => {
                let source = Source {
                    file: name,
                    included_by: ancestors
                        .iter()
                        .map(|path| self.tree.name_of(path))
                        .collect(),
                };
                ini::parse(&Arc::new(source), &text).map(Some)
            }
            Err(TreeError::NotUtf8 { reason, .. }) => {
                let text = format!("Error decoding config file '{name}': {reason}");
                self.told.push(Told::error("configparserinc", text));
                Ok(None)
            }
            Ok(None) | Err(_) => Ok(None),
        }
    }

    /// The paths that a file names in `[INCLUDES]`, one a line, relative to its own folder.
    fn included(&self, file: &str, parsed: &Parsed, option: &str) -> Result<Vec<String>, Abort> {
        let Some(includes) = parsed.get("INCLUDES") else {
            return Ok(Vec::new());
        };
        let mut alone = Sections::with(self.presets);
        alone.merge(parsed.clone());
        if !includes.contains_key(option) && !alone.default.contains_key(option) {
            return Ok(Vec::new());
        }
        let lookup = Lookup::plain(&alone, "INCLUDES");
        let value = reference::fetch(&lookup, option)?.unwrap_or_default();
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let lines = value
            .split('\n')
            .map(str::trim)
            .filter(|line| !line.is_empty());
        Ok(lines.map(|line| joined(folder, line)).collect())
    }
}

/// The file with its ending replaced by `.local`.
fn sibling(file: &str) -> Option<String> {
    let (stem, ending) = file.rsplit_once('.')?;
    (ending != "local" && !ending.contains('/')).then(|| format!("{stem}.local"))
}

fn joined(folder: &str, path: &str) -> String {
    if path.starts_with('/') || folder.is_empty() {
        path.to_owned()
    } else {
        format!("{folder}/{path}")
    }
}

impl Sections {
    fn with(presets: &[(&str, &str)]) -> Self {
        let built_in = |(key, value): &(&str, &str)| {
            ((*key).to_owned(), Entry::new((*value).to_owned(), None))
        };
        Self {
            default: presets.iter().map(built_in).collect(),
            named: IndexMap::new(),
        }
    }

    /// Takes up a later file: its options override.
    fn merge(&mut self, parsed: Parsed) {
        for (name, options) in parsed {
            if name == DEFAULT {
                for (key, value) in options {
                    entry::set(&mut self.default, key, value);
                }
                continue;
            }
            let (target, condition) = conditional(&name);
            let renamed: Options = match condition {
                None => options,
                Some(condition) => options
                    .into_iter()
                    .map(|(key, value)| (format!("{key}?{condition}"), value))
                    .collect(),
            };
            match self.named.get_mut(target) {
                None => {
                    self.named.insert(target.to_owned(), renamed);
                }
                Some(section) => {
                    for (key, value) in renamed {
                        entry::set(section, key, value);
                    }
                }
            }
        }
    }

    /// Returns what a section itself, not `[DEFAULT]`, sets an option to.
    pub(super) fn own(&self, section: &str, option: &str) -> Option<&Entry> {
        self.named.get(section)?.get(option)
    }

    /// Returns what an option is for a section, be it by `[DEFAULT]`.
    pub(super) fn entry(&self, section: &str, option: &str) -> Option<&Entry> {
        self.own(section, option)
            .or_else(|| self.default.get(option))
    }
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
