//! Which files are open for which paths, and how far those were read that were let go.
//!
//! Rotation renames files, and somebody may follow the old name and the new one. Such a file is one
//! file: while the path it had keeps it open its rest is read there, and what is appended after
//! that is read where it stands then. For one who follows the new name only it is read there at once.
//! So with a link and what it leads to: whoever follows both reads one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use crate::event::{FollowerId, SourceId};
use crate::opened::{FileId, look};
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
    /// What each follower reads.
    followers: BTreeMap<FollowerId, BTreeSet<SourceId>>,
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
    /// How far each follower has read it.
    read_to: BTreeMap<FollowerId, Position>,
}

impl Holder {
    /// Returns whether the file is at the path of the source still.
    fn stands(&self, id: FileId) -> bool {
        self.is_current && matches!(look(&self.path), Ok(found) if found == Some(id))
    }
}

/// For whom a file is read under another path.
pub(crate) enum Kept {
    ForNobody,
    For(Vec<FollowerId>),
    ForAll,
}

/// Returns whether two paths lead to one file, which seems to be at both: some file systems give different files
/// the same number.
fn is_link(one: &Path, other: &Path) -> bool {
    let has_names = std::fs::metadata(other).is_ok_and(|found| found.nlink() > 1);
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    has_names || real(one).is_some_and(|path| real(other) == Some(path))
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
            followers: BTreeMap::new(),
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
        for sources in self.followers.values_mut() {
            sources.remove(&id);
        }
    }

    /// Takes in that a follower reads a source, which may be watched only later.
    pub(crate) fn follow(&mut self, follower: FollowerId, source: SourceId) {
        self.followers.entry(follower).or_default().insert(source);
    }

    /// Takes in that a follower no longer reads a source.
    pub(crate) fn leave(&mut self, follower: FollowerId, source: SourceId) {
        if let Some(sources) = self.followers.get_mut(&follower) {
            sources.remove(&source);
        }
    }

    /// Takes in that a follower is no more.
    pub(crate) fn forget_follower(&mut self, follower: FollowerId) {
        self.followers.remove(&follower);
        self.let_go.retain(|_, entry| {
            entry.read_to.remove(&follower);
            let is_known = !entry.read_to.is_empty();
            if !is_known {
                self.order.remove(&entry.number);
            }
            is_known
        });
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

    /// Returns for which of those who read a source a file is read under other paths.
    ///
    /// A source of the same path does not keep it: that one reads for others, who may be further.
    pub(crate) fn kept(&self, source: SourceId, path: &Path, id: FileId) -> Kept {
        let holders: Vec<&Holder> = self.holders(path, id).collect();
        let reads = |follower: &FollowerId| {
            let mut holders = holders.iter();
            holders.any(|holder| self.reads(*follower, holder.source))
        };
        let (kept, others): (Vec<_>, Vec<_>) = self.followers_of(source).partition(reads);
        match (kept.is_empty(), others.is_empty()) {
            (true, _) => Kept::ForNobody,
            (false, true) => Kept::ForAll,
            (false, false) => Kept::For(kept),
        }
    }

    /// Returns whether a file is read under other paths that the follower reads.
    pub(crate) fn is_kept_from(&self, follower: FollowerId, path: &Path, id: FileId) -> bool {
        let mut holders = self.holders(path, id);
        holders.any(|holder| self.reads(follower, holder.source))
    }

    /// Returns who has the file open that is at a path, under another one.
    fn holders(&self, path: &Path, id: FileId) -> impl Iterator<Item = &Holder> {
        let holders = self.open.get(&id).into_iter().flatten();
        holders.filter(move |holder| {
            *holder.path != *path && (!holder.stands(id) || is_link(&holder.path, path))
        })
    }

    /// Remembers how far a file was read that is closed.
    pub(crate) fn let_go(&mut self, source: SourceId, position: Position) {
        let followers: Vec<FollowerId> = self.followers_of(source).collect();
        if followers.is_empty() {
            return;
        }
        let id = FileId {
            device: position.device,
            inode: position.inode,
        };
        let mut read_to = BTreeMap::new();
        if let Some(entry) = self.let_go.remove(&id) {
            self.order.remove(&entry.number);
            read_to = entry.read_to;
        }
        read_to.extend(followers.into_iter().map(|follower| (follower, position)));
        let number = self.next;
        self.next += 1;
        self.order.insert(number, id);
        self.let_go.insert(id, LetGo { number, read_to });
        if self.order.len() > LET_GO
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.let_go.remove(&oldest);
        }
    }

    /// Forgets of a file that was let go what the followers of a source know, who go on otherwise.
    pub(crate) fn forget(&mut self, source: SourceId, id: FileId) {
        let followers: Vec<FollowerId> = self.followers_of(source).collect();
        let Some(entry) = self.let_go.get_mut(&id) else {
            return;
        };
        entry.read_to.retain(|known, _| !followers.contains(known));
        if entry.read_to.is_empty()
            && let Some(entry) = self.let_go.remove(&id)
        {
            self.order.remove(&entry.number);
        }
    }

    /// Returns how far a file was read before it came to the path of a source, by all who read that.
    pub(crate) fn known(&self, source: SourceId, id: FileId) -> Option<Position> {
        let entry = self.let_go.get(&id)?;
        let followers = self.followers_of(source);
        let read_to: Option<Vec<&Position>> = followers
            .map(|follower| entry.read_to.get(&follower))
            .collect();
        let least = read_to?.into_iter().min_by_key(|place| place.offset);
        least.copied()
    }

    /// Returns how far a file was read before it came to fit a follower's pattern, likewise.
    pub(crate) fn known_to(&self, follower: FollowerId, id: FileId) -> Option<Position> {
        let entry = self.let_go.get(&id)?;
        entry.read_to.get(&follower).copied()
    }

    fn followers_of(&self, source: SourceId) -> impl Iterator<Item = FollowerId> {
        let followers = self.followers.iter();
        let followers = followers.filter(move |(_, sources)| sources.contains(&source));
        followers.map(|(follower, _)| *follower)
    }

    fn reads(&self, follower: FollowerId, source: SourceId) -> bool {
        let sources = self.followers.get(&follower);
        sources.is_some_and(|sources| sources.contains(&source))
    }
}
