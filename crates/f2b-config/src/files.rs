//! The files of a name, in order, with those that they include (contract A 1.1, 1.2).

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use f2b_protocol::Value;
use rustc_hash::FxHashMap;

use super::Abort;
use super::entry::{Names, Origin, Source};
use super::ini::{self, DEFAULT, Parsed};
use super::reference::{self, Lookup};
use super::sections::Sections;
use super::told::{Tale, Told};
use crate::ConfigTree;
use crate::tree::TreeError;

/// The files of filters and actions: jails share them, and each is read once.
pub(super) struct Library<'a> {
    pub(super) tree: &'a dyn ConfigTree,
    read: HashMap<String, Option<Rc<Sections>>>,
    included: Included,
}

/// Files that others include, each parsed once.
type Included = FxHashMap<String, Parsed>;

impl<'a> Library<'a> {
    pub(super) fn new(tree: &'a dyn ConfigTree) -> Self {
        Self {
            tree,
            read: HashMap::new(),
            included: Included::default(),
        }
    }

    /// As [`read`]; what is said is said the first time.
    pub(super) fn read(
        &mut self,
        name: &str,
        told: &mut Tale,
    ) -> Result<Option<Rc<Sections>>, Abort> {
        if let Some(sections) = self.read.get(name) {
            return Ok(sections.clone());
        }
        let sections = read_with(self.tree, name, &[], &mut self.included, told)?.map(Rc::new);
        self.read.insert(name.to_owned(), sections.clone());
        Ok(sections)
    }
}

/// Something about files that is not as it should be.
#[derive(Debug)]
pub(super) enum Problem {
    /// A file has lines that it should not have.
    Syntax(Parsed),
    /// A file cannot be read.
    Unreadable {
        source: Arc<Source>,
        error: TreeError,
    },
    /// A file that another includes is not there.
    MissingInclude { include: Include, path: String },
    /// A file includes itself, be it through the others.
    Circle {
        include: Include,
        files: Vec<String>,
    },
    /// The includes of a file make no sense.
    Includes {
        file: Arc<Source>,
        origin: Option<Origin>,
        reason: String,
    },
}

/// An `[INCLUDES]` option.
#[derive(Clone, Debug)]
pub(super) struct Include {
    /// Where it stands.
    pub(super) origin: Option<Origin>,
    /// The line of it that this is about.
    pub(super) line: String,
}

/// Reads the files of a logical name such as `jail` or `filter.d/sshd`; `None` if there are none or
/// one of them cannot be read, which is said.
pub(super) fn read(
    tree: &dyn ConfigTree,
    name: &str,
    presets: &[(&str, &str)],
    told: &mut Tale,
) -> Result<Option<Sections>, Abort> {
    read_with(tree, name, presets, &mut Included::default(), told)
}

fn read_with(
    tree: &dyn ConfigTree,
    name: &str,
    presets: &[(&str, &str)],
    included: &mut Included,
    told: &mut Tale,
) -> Result<Option<Sections>, Abort> {
    let root = tree.name_of("");
    let root = root.trim_end_matches('/');
    let shown = match name.strip_prefix("./") {
        Some(_) => tree.name_of(name),
        None => name.to_owned(),
    };
    told.info("configreader", || {
        format!("Loading configs for {shown} under {root} ")
    });
    let listed = listed(tree, name);
    if listed.is_empty() {
        let text = format!(
            "Found no accessible config files for {} under {root}",
            ini::repr(&shown)
        );
        told.push(Told::error("configreader", text));
        return Ok(None);
    }
    let mut reader = Reader::new(tree, presets, included);
    tell_loading(listed.iter(), tree, told);
    let files = reader.expand(&listed, &[], true);
    told.said.append(&mut reader.told);
    let files = files?;
    let paths: Vec<String> = files.iter().map(|(path, _)| path.clone()).collect();
    let mut sections = Sections::with(presets);
    let mut missing: Vec<String> = Vec::new();
    for (path, parsed) in files {
        match parsed {
            Some(parsed) => sections.merge(parsed),
            None if listed.contains(&path) => missing.push(tree.name_of(&path)),
            None => {}
        }
    }
    if missing.is_empty() {
        tell_loading(paths.iter(), tree, told);
        return Ok(Some(sections));
    }
    let text = format!("Could not read config files: {}", missing.join(", "));
    told.push(Told::error("configreader", text));
    Ok(None)
}

/// Reads one file with those that it includes and the `.local` file beside it; `None` if it cannot be
/// read, which is said.
pub(super) fn read_alone(
    tree: &dyn ConfigTree,
    path: &str,
    told: &mut Tale,
) -> Result<Option<Sections>, Abort> {
    let mut included = Included::default();
    let mut reader = Reader::new(tree, &[], &mut included);
    let files = reader.expand(&[path.to_owned()], &[], true);
    told.said.append(&mut reader.told);
    let mut sections = Sections::with(&[]);
    for (read, parsed) in files? {
        match parsed {
            Some(parsed) => sections.merge(parsed),
            None if read == path => {
                let text = format!("Could not read config files: {}", tree.name_of(path));
                told.push(Told::error("configreader", text));
                return Ok(None);
            }
            None => {}
        }
    }
    Ok(Some(sections))
}

/// Reads the files of a logical name as far as they can be read; `None` if there are none. Whatever
/// is wrong goes to `problems`.
pub(super) fn read_on(
    tree: &dyn ConfigTree,
    name: &str,
    presets: &[(&str, &str)],
    problems: &mut Vec<Problem>,
) -> Option<Sections> {
    let listed = listed(tree, name);
    if listed.is_empty() {
        return None;
    }
    let mut included = Included::default();
    let mut reader = Reader::new(tree, presets, &mut included);
    reader.problems = Some(problems);
    let files = reader.expand(&listed, &[], true).unwrap_or_default();
    let mut sections = Sections::with(presets);
    for parsed in files.into_iter().filter_map(|(_, parsed)| parsed) {
        sections.merge(parsed);
    }
    Some(sections)
}

fn tell_loading<'a>(
    paths: impl Iterator<Item = &'a String>,
    tree: &dyn ConfigTree,
    told: &mut Tale,
) {
    told.info("configparserinc", || {
        let names = Value::texts(paths.map(|path| tree.name_of(path)));
        format!("  Loading files: {}", names.repr())
    });
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

struct Reader<'a> {
    tree: &'a dyn ConfigTree,
    presets: &'a [(&'a str, &'a str)],
    told: Vec<Told>,
    /// Where problems go; without it the first one ends the reading.
    problems: Option<&'a mut Vec<Problem>>,
    included: &'a mut Included,
    /// How many files were read, and how much they hold.
    files: usize,
    bytes: usize,
}

/// How deep includes may be nested, how many files one name may have, and how much they may hold: ours, since a file may be
/// included any number of times.
const DEEPEST: usize = 200;
const MOST_FILES: usize = 20_000;
const MOST_BYTES: usize = 64 << 20;

/// How many problems of includes are noted.
const MOST_PROBLEMS: usize = 1_000;

/// The section that names further files.
const INCLUDES: &str = "INCLUDES";

impl<'a> Reader<'a> {
    fn new(
        tree: &'a dyn ConfigTree,
        presets: &'a [(&'a str, &'a str)],
        included: &'a mut Included,
    ) -> Self {
        Self {
            tree,
            presets,
            included,
            told: Vec::new(),
            problems: None,
            files: 0,
            bytes: 0,
        }
    }

    /// Puts the files that others include around them; a file that cannot be read is `None`.
    fn expand(
        &mut self,
        files: &[String],
        ancestors: &[String],
        is_listed: bool,
    ) -> Result<Vec<(String, Option<Parsed>)>, Abort> {
        if ancestors.len() > DEEPEST {
            let first = ancestors.first().map_or("", String::as_str);
            if ancestors.iter().filter(|file| *file == first).count() > 1 {
                // In Python's words, since the original says the same.
                let reason = "maximum recursion depth exceeded while calling a Python object";
                return self.refuse(first, reason.to_owned());
            }
            let reason = format!(
                "the includes of {} are nested deeper than {DEEPEST} files",
                self.tree.name_of(first)
            );
            return self.refuse(first, reason);
        }
        let mut with_locals: Vec<String> = Vec::new();
        for file in files {
            // What includes this file is not read again, but a sibling that comes by itself is.
            if ancestors.contains(file) {
                continue;
            }
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
            if !self.tree.is_there(&file) {
                continue;
            }
            let Some(parsed) = self.parse(&file, ancestors)? else {
                expanded.push((file, None));
                continue;
            };
            self.files += 1;
            self.bytes += parsed.length;
            if self.files > MOST_FILES || self.bytes > MOST_BYTES {
                let reason = format!(
                    "includes make more than {MOST_FILES} files or {} MiB",
                    MOST_BYTES >> 20
                );
                return self.refuse(&file, reason);
            }
            if !parsed.sections.contains_key(INCLUDES) {
                expanded.push((file, Some(parsed)));
                continue;
            }
            let mut inner = ancestors.to_vec();
            inner.push(file.clone());
            let before = self.included(&inner, &parsed, "before")?;
            let after = self.included(&inner, &parsed, "after")?;
            expanded.extend(self.expand(&before, &inner, false)?);
            expanded.push((file, Some(parsed)));
            expanded.extend(self.expand(&after, &inner, false)?);
        }
        Ok(expanded)
    }

    /// Ends the reading, or notes why nothing is read any more.
    fn refuse<T: Default>(&mut self, path: &str, reason: String) -> Result<T, Abort> {
        let file = Arc::new(self.source(path, &[]));
        match &mut self.problems {
            None => Err(Abort(reason)),
            Some(problems) => {
                // What is said once need not be said for every file of a thousand.
                if !matches!(problems.last(), Some(Problem::Includes { .. })) {
                    let origin = None;
                    problems.push(Problem::Includes {
                        file,
                        origin,
                        reason,
                    });
                }
                Ok(T::default())
            }
        }
    }

    fn source(&self, path: &str, ancestors: &[String]) -> Source {
        let ancestors = ancestors.iter();
        Source {
            file: self.tree.name_of(path),
            path: path.to_owned(),
            included_by: ancestors.map(|path| self.tree.name_of(path)).collect(),
        }
    }

    fn parse(&mut self, path: &str, ancestors: &[String]) -> Result<Option<Parsed>, Abort> {
        let source = self.source(path, ancestors);
        let is_included = !ancestors.is_empty();
        if let Some(parsed) = self.included.get(path).filter(|_| is_included) {
            return Ok(Some(parsed.clone().of(source)));
        }
        let text = match self.tree.read(path) {
            Ok(text) => text,
            Err(error) => {
                if let TreeError::NotUtf8 { reason, .. } = &error {
                    let text = format!("Error decoding config file '{}': {reason}", source.file);
                    self.told.push(Told::error("configparserinc", text));
                }
                if let Some(problems) = &mut self.problems {
                    let source = Arc::new(source);
                    problems.push(Problem::Unreadable { source, error });
                }
                return Ok(None);
            }
        };
        let Some(text) = text else {
            return Ok(None);
        };
        let mut parsed = ini::parse(source, &text);
        match (&mut self.problems, parsed.abort()) {
            (_, None) if is_included => {
                self.included.insert(path.to_owned(), parsed.clone());
            }
            (_, None) => {}
            (None, Some(abort)) => return Err(abort),
            (Some(problems), Some(_)) => {
                let mistakes = std::mem::take(&mut parsed.mistakes);
                problems.push(Problem::Syntax(Parsed {
                    mistakes,
                    sections: Names::default(),
                    length: parsed.length,
                    source: Arc::clone(&parsed.source),
                }));
            }
        }
        Ok(Some(parsed))
    }

    /// The paths that the last of `files` names in `[INCLUDES]`, one a line, relative to its own
    /// folder.
    fn included(
        &mut self,
        files: &[String],
        parsed: &Parsed,
        option: &str,
    ) -> Result<Vec<String>, Abort> {
        let file = files.last().map_or("", String::as_str);
        let sections = [INCLUDES, DEFAULT].into_iter();
        let entry = sections
            .filter_map(|name| parsed.sections.get(name)?.options.get(option))
            .next();
        let Some(entry) = entry else {
            return Ok(Vec::new());
        };
        let mut value = Cow::Borrowed(entry.now.text.as_str());
        if value.contains('%') {
            let mut alone = Sections::with(self.presets);
            for (name, section) in &parsed.sections {
                alone.add(name, section.clone());
            }
            let fetched = reference::fetch(&Lookup::plain(&alone, INCLUDES), option);
            value = match fetched {
                Ok(value) => Cow::Owned(value.unwrap_or_default()),
                Err(Abort(reason)) => {
                    let origin = entry.now.origin.clone();
                    let refused = self.refuse(file, reason);
                    let last = self
                        .problems
                        .as_mut()
                        .and_then(|problems| problems.last_mut());
                    if let Some(Problem::Includes { origin: place, .. }) = last {
                        *place = origin;
                    }
                    return refused;
                }
            };
        }
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut paths = Vec::new();
        for line in value
            .split('\n')
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            let path = joined(folder, line);
            if let Some(problems) = &mut self.problems
                && problems.len() < MOST_PROBLEMS
            {
                let include = Include {
                    origin: entry.now.origin.clone(),
                    line: line.to_owned(),
                };
                if files.contains(&path) {
                    let circle = files.iter().skip_while(|file| **file != path);
                    problems.push(Problem::Circle {
                        include,
                        files: circle.map(|file| self.tree.name_of(file)).collect(),
                    });
                } else if !self.tree.is_there(&path) {
                    let path = self.tree.name_of(&path);
                    problems.push(Problem::MissingInclude { include, path });
                }
            }
            paths.push(path);
        }
        Ok(paths)
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
