//! Which files are open for which paths, and how far those were read that were let go.
//!
//! Rotation renames files, and a pattern may fit the old name and the new one. Such a file is one
//! file: while the path it had keeps it open its rest is read there, and what is appended after
//! that is read where it stands then.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::event::{PatternId, SourceId};
use crate::opened::{FileId, look};
use crate::pattern::Family;
use crate::position::Position;

/// Files that were let go are remembered up to this many; the oldest is forgotten first.
const LET_GO: usize = 4096;

/// The files of all sources.
#[derive(Debug)]
pub(crate) struct Held {
    open: BTreeMap<FileId, Vec<Holder>>,
    /// How many files are open.
    count: usize,
    /// How many may be.
    most: usize,
    /// How many sources each path has.
    paths: BTreeMap<Arc<Path>, usize>,
    /// Who is read by whoever follows a pattern.
    pub(crate) families: BTreeMap<PatternId, Family>,
    let_go: BTreeMap<FileId, LetGo>,
    /// The files that were let go, oldest first.
    order: BTreeMap<u64, FileId>,
    next: u64,
}

/// A source that has a file open.
#[derive(Debug)]
struct Holder {
    source: SourceId,
    path: Arc<Path>,
    /// The file stood at the path when that was looked at last.
    is_current: bool,
}

#[derive(Debug)]
struct LetGo {
    number: u64,
    source: SourceId,
    path: Arc<Path>,
    position: Position,
}

/// A file that a source has open, and whether it stood at its path.
pub(crate) type Hold = (FileId, bool);

impl Held {
    pub(crate) fn new() -> Self {
        Self {
            open: BTreeMap::new(),
            count: 0,
            most: usize::MAX,
            paths: BTreeMap::new(),
            families: BTreeMap::new(),
            let_go: BTreeMap::new(),
            order: BTreeMap::new(),
            next: 0,
        }
    }

    /// Takes in that a path has a source more.
    pub(crate) fn watch(&mut self, path: &Arc<Path>) {
        *self.paths.entry(Arc::clone(path)).or_default() += 1;
    }

    /// Takes in that a source is no more.
    pub(crate) fn unwatch(&mut self, id: SourceId, path: &Path) {
        if let Some(count) = self.paths.get_mut(path) {
            *count -= 1;
            if *count == 0 {
                self.paths.remove(path);
            }
        }
        for family in self.families.values_mut() {
            family.also.remove(&id);
        }
    }

    /// Returns whether a path has a source.
    pub(crate) fn is_watched(&self, path: &Path) -> bool {
        self.paths.contains_key(path)
    }

    /// Takes in what a source has open now instead of what it had.
    pub(crate) fn update(
        &mut self,
        source: SourceId,
        path: &Arc<Path>,
        had: &[Hold],
        has: &[Hold],
    ) {
        for (id, _) in had {
            if let Some(holders) = self.open.get_mut(id) {
                holders.retain(|holder| holder.source != source);
                if holders.is_empty() {
                    self.open.remove(id);
                }
            }
        }
        for (id, is_current) in has {
            self.open.entry(*id).or_default().push(Holder {
                source,
                path: Arc::clone(path),
                is_current: *is_current,
            });
        }
        self.count = self
            .count
            .saturating_sub(had.len())
            .saturating_add(has.len());
    }

    /// Returns how many files are open.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Sets how many files may be open.
    pub(crate) fn set_most(&mut self, most: usize) {
        self.most = most;
    }

    /// Returns whether no more file may be opened.
    pub(crate) fn is_full(&self) -> bool {
        self.count >= self.most
    }

    /// Returns whether so many files are open that those that were rotated should go early.
    pub(crate) fn is_pressed(&self) -> bool {
        self.count >= self.most / 4 * 3
    }

    /// Returns whether the file is still read under the path where it stood before, by a source that
    /// whoever reads this one reads as well.
    ///
    /// A file that has both paths at the same time, by a link, is not kept: it is read for each. Nor does a
    /// source of the same path keep it: that one reads for others, who may be further.
    pub(crate) fn is_kept(&self, source: SourceId, path: &Path, id: FileId) -> bool {
        self.open.get(&id).into_iter().flatten().any(|holder| {
            holder.source != source
                && *holder.path != *path
                && self.are_kin((source, path), (holder.source, &holder.path))
                && !(holder.is_current
                    && matches!(look(&holder.path), Ok(found) if found == Some(id)))
        })
    }

    /// Returns whether the file is open for another path that whoever follows the pattern reads.
    pub(crate) fn is_kept_from(&self, pattern: PatternId, path: &Path, id: FileId) -> bool {
        let Some(family) = self.families.get(&pattern) else {
            return false;
        };
        self.open
            .get(&id)
            .into_iter()
            .flatten()
            .any(|holder| *holder.path != *path && family.has(holder.source, &holder.path))
    }

    /// Remembers how far a file was read that is closed.
    pub(crate) fn let_go(&mut self, source: SourceId, path: &Arc<Path>, position: Position) {
        let mut families = self.families.values();
        if !families.any(|family| family.has(source, path)) {
            return;
        }
        let id = FileId {
            device: position.device,
            inode: position.inode,
        };
        self.forget(id);
        let number = self.next;
        self.next += 1;
        self.order.insert(number, id);
        let path = Arc::clone(path);
        self.let_go.insert(
            id,
            LetGo {
                number,
                source,
                path,
                position,
            },
        );
        if self.order.len() > LET_GO
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.let_go.remove(&oldest);
        }
    }

    /// Forgets a file that was let go.
    pub(crate) fn forget(&mut self, id: FileId) {
        if let Some(entry) = self.let_go.remove(&id) {
            self.order.remove(&entry.number);
        }
    }

    /// Returns how far a file was read before it came to this path, if whoever reads this source has
    /// read it there.
    pub(crate) fn known(&self, source: SourceId, path: &Path, id: FileId) -> Option<Position> {
        let entry = self.let_go.get(&id)?;
        let is_kin = self.are_kin((source, path), (entry.source, &entry.path));
        is_kin.then_some(entry.position)
    }

    /// Returns how far a file was read before it came to fit the pattern, likewise.
    pub(crate) fn known_to(&self, pattern: PatternId, id: FileId) -> Option<Position> {
        let entry = self.let_go.get(&id)?;
        let family = self.families.get(&pattern)?;
        family
            .has(entry.source, &entry.path)
            .then_some(entry.position)
    }

    /// Returns whether somebody follows both sources.
    fn are_kin(&self, one: (SourceId, &Path), other: (SourceId, &Path)) -> bool {
        self.families
            .values()
            .any(|family| family.has(one.0, one.1) && family.has(other.0, other.1))
    }
}
