//! Log files that are read, each once for all jails that want it.
//!
//! Jails need not be equally far: one that begins later, or comes back from a rest, reads by itself until
//! it has caught up, and then goes on with the others.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Instant;

use f2b_source::{
    Chunk, FollowerId, How, Newline, PatternId, Position, Rotation, SourceId, Start, Watching,
};
use indexmap::IndexMap;

use super::jail::{FileSource, FileState};
use crate::clock;
use crate::reader::Reader;
use crate::seek::Seek;

/// The files that are read.
#[derive(Debug, Default)]
pub(super) struct Feeds {
    feeds: IndexMap<SourceId, Feed>,
    by_path: HashMap<PathBuf, Vec<SourceId>>,
    next: u32,
    next_pattern: u32,
    next_follower: u32,
}

/// One file as it is read for some jails.
#[derive(Debug)]
pub(super) struct Feed {
    /// Which file, and how.
    pub(super) way: Way,
    stand: Stand,
    /// How the file is.
    state: FileState,
    /// Whether it was read to its end.
    at_end: bool,
    /// How many files are open that stood at the path before.
    others: usize,
    /// How many jails read it.
    users: usize,
    /// Bytes of the chunks that were taken.
    pub(super) taken: u64,
    /// Since when chunks have come that do not reach to the end of the file.
    pub(super) behind: Option<Instant>,
}

/// How far the lines of a feed were taken.
#[derive(Clone, Debug, PartialEq)]
enum Stand {
    /// None has come yet; this is where reading begins.
    Start(Start, Option<Seek>),
    /// Up to here.
    At(Position),
    /// The file begins anew, and nothing of it has come.
    Anew,
}

/// Which file is read, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// Its path.
    pub(super) path: PathBuf,
    /// How its changes are noticed.
    pub(super) watching: Watching,
    /// What ends its lines.
    pub(super) newline: Newline,
}

/// The number of the feed that takes a jail in, which lines are not for it, and whether the feed is new.
type Joined = (SourceId, Option<Position>, bool);

/// Jails that have caught up with others of the same file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Merger {
    /// What they read so far; it is to be ended.
    pub(super) from: SourceId,
    /// What they read from now on.
    pub(super) into: SourceId,
    /// Lines before this place are not for them.
    pub(super) gate: Option<Position>,
}

impl Feeds {
    /// Lets a file of a jail be read, from where it was left, with others if they are as far.
    pub(super) fn begin(
        &mut self,
        file: &mut FileSource,
        seek: Option<Seek>,
        how: How,
        reader: &Reader,
    ) {
        self.begin_with(Self::join, file, seek, how, reader);
    }

    /// Lets it be read by itself, at first.
    pub(super) fn begin_alone(
        &mut self,
        file: &mut FileSource,
        seek: Option<Seek>,
        how: How,
        reader: &Reader,
    ) {
        let found =
            |feeds: &mut Self, way, start, seek| (feeds.found(way, start, seek), None, true);
        self.begin_with(found, file, seek, how, reader);
    }

    fn begin_with(
        &mut self,
        join: impl FnOnce(&mut Self, Way, Start, Option<Seek>) -> Joined,
        file: &mut FileSource,
        seek: Option<Seek>,
        how: How,
        reader: &Reader,
    ) {
        let way = Way {
            path: file.path.clone(),
            watching: how.watching,
            newline: how.newline,
        };
        let start = file.reached.map_or(file.start, Start::At);
        let (id, gate, is_new) = join(self, way, start, seek.clone());
        file.feed = Some(id);
        file.gate = gate;
        match self.feeds.get_mut(&id) {
            Some(feed) if is_new => feed.state = file.state.clone(),
            // No news may come of it for a long time.
            Some(feed) => {
                file.state = feed.state.clone();
                file.in_operation |= feed.at_end && gate.is_none();
            }
            None => {}
        }
        reader.follow(file.follower, id);
        if is_new {
            reader.watch(id, file.path.clone(), start, seek, how);
        }
    }

    /// Ends the reading of a file for a jail.
    pub(super) fn end(&mut self, file: &mut FileSource, reader: &Reader) {
        let Some(id) = file.feed.take() else {
            return;
        };
        match self.leave(id) {
            true => reader.forget(id),
            false => reader.leave(file.follower, id),
        }
    }

    fn join(&mut self, way: Way, start: Start, seek: Option<Seek>) -> Joined {
        let ids = self.by_path.entry(way.path.clone()).or_default();
        for id in ids.iter() {
            let feed = self.feeds.get_mut(id).filter(|feed| feed.way == way);
            if let Some(feed) = feed
                && let Some(gate) = feed.takes_in(start, seek.as_ref())
            {
                feed.users += 1;
                return (*id, gate, false);
            }
        }
        (self.found(way, start, seek), None, true)
    }

    /// Makes a feed.
    fn found(&mut self, way: Way, start: Start, seek: Option<Seek>) -> SourceId {
        // News of a feed that has ended may still be on their way: no number comes again.
        let id = SourceId(self.next);
        self.next += 1;
        self.by_path.entry(way.path.clone()).or_default().push(id);
        let feed = Feed {
            way,
            stand: Stand::Start(start, seek),
            state: FileState::Reading,
            at_end: false,
            others: 0,
            users: 1,
            taken: 0,
            behind: None,
        };
        self.feeds.insert(id, feed);
        id
    }

    /// Lets a jail go; returns whether the feed is over.
    fn leave(&mut self, id: SourceId) -> bool {
        let Some(feed) = self.feeds.get_mut(&id) else {
            return false;
        };
        feed.users = feed.users.saturating_sub(1);
        let is_over = feed.users == 0;
        if is_over {
            self.remove(id);
        }
        is_over
    }

    /// Tells whether a file is read as it shall be.
    pub(super) fn is_right(&self, file: &FileSource, newline: Newline) -> bool {
        let feed = file.feed.and_then(|id| self.feeds.get(&id));
        feed.is_some_and(|feed| feed.way.newline == newline)
    }

    /// Returns a number that no pattern has had.
    pub(super) fn next_pattern(&mut self) -> PatternId {
        let id = PatternId(self.next_pattern);
        self.next_pattern += 1;
        id
    }

    /// Returns a number that nobody who reads files has had.
    pub(super) fn next_follower(&mut self) -> FollowerId {
        let id = FollowerId(self.next_follower);
        self.next_follower += 1;
        id
    }

    /// Returns a feed.
    pub(super) fn get(&self, id: SourceId) -> Option<&Feed> {
        self.feeds.get(&id)
    }

    /// Notes that the lines of a chunk were taken.
    pub(super) fn take(&mut self, chunk: &Chunk) {
        if let Some(feed) = self.feeds.get_mut(&chunk.source) {
            feed.stand = Stand::At(chunk.end);
            feed.taken = feed.taken.saturating_add(chunk.buffer.len() as u64);
            feed.state = FileState::Reading;
            feed.at_end = chunk.at_end;
            feed.others = chunk.others;
            feed.behind = match chunk.at_end {
                true => None,
                false => feed.behind.or_else(|| Some(clock::tick())),
            };
        }
    }

    /// Notes how the file of a feed is.
    pub(super) fn note(&mut self, id: SourceId, state: &FileState) {
        if let Some(feed) = self.feeds.get_mut(&id) {
            feed.state = state.clone();
        }
    }

    /// Notes that the file of a feed begins anew.
    pub(super) fn begin_anew(&mut self, id: SourceId) {
        if let Some(feed) = self.feeds.get_mut(&id) {
            feed.stand = Stand::Anew;
        }
    }

    /// Finds jails that are no longer apart since `id` has gone on.
    pub(super) fn merge(&mut self, id: SourceId) -> Option<Merger> {
        let feed = self.feeds.get(&id)?;
        let ids = self
            .by_path
            .get(&feed.way.path)
            .filter(|ids| ids.len() > 1)?;
        let mut pairs = ids.iter().filter(|other| **other != id);
        let merger = pairs.find_map(|other| {
            // The older one stays: so the last of several ends where the first is.
            let (into, from) = (id.min(*other), id.max(*other));
            let (older, younger) = (self.feeds.get(&into)?, self.feeds.get(&from)?);
            let (Stand::At(stands), Stand::At(wants)) = (&older.stand, &younger.stand) else {
                return None;
            };
            let are_alike = older.way == younger.way && older.is_plain() && younger.is_plain();
            let gate = gate(stands, wants).filter(|_| are_alike)?;
            Some(Merger { from, into, gate })
        })?;
        let moved = self.remove(merger.from)?;
        self.feeds.get_mut(&merger.into)?.users += moved.users;
        Some(merger)
    }

    fn remove(&mut self, id: SourceId) -> Option<Feed> {
        let feed = self.feeds.swap_remove(&id)?;
        if let Some(ids) = self.by_path.get_mut(&feed.way.path) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_path.remove(&feed.way.path);
            }
        }
        Some(feed)
    }
}

impl Feed {
    /// Tells whether a place names all files that lines may come from.
    fn is_plain(&self) -> bool {
        self.others <= 1
    }

    /// Tells whether a jail that wants to begin at `start` misses nothing here, and what is not for it.
    fn takes_in(&self, start: Start, seek: Option<&Seek>) -> Option<Option<Position>> {
        match (&self.stand, start) {
            (Stand::Start(stands, by), Start::Head) => {
                (*stands == start && by.as_ref() == seek).then_some(None)
            }
            (Stand::Start(stands, _), _) => (*stands == start).then_some(None),
            (Stand::At(stands), Start::At(wants)) => {
                gate(stands, &wants).filter(|_| self.is_plain())
            }
            (Stand::At(_) | Stand::Anew, _) => None,
        }
    }
}

/// Tells whether what comes after `stands` holds all that comes after `wants`, and what of it does not.
fn gate(stands: &Position, wants: &Position) -> Option<Option<Position>> {
    if stands == wants {
        return Some(None);
    }
    // The same content: a file that was truncated meanwhile begins with another line.
    let is_same = (stands.device, stands.inode) == (wants.device, wants.inode)
        && stands.inode != 0
        && stands.first_line == wants.first_line;
    // What is still written to the file before comes to one of them only, or to both.
    let has_rest = match (stands.earlier, wants.earlier) {
        (None, None) => true,
        (Some(stands), Some(wants)) => {
            (stands.device, stands.inode) == (wants.device, wants.inode)
                && stands.offset <= wants.offset
        }
        _ => false,
    };
    (is_same && has_rest && stands.offset <= wants.offset).then_some(Some(*wants))
}

impl FileSource {
    /// Returns where in a chunk's buffer the lines begin that are for the jail.
    pub(super) fn begin_in(&self, chunk: &Chunk) -> usize {
        let Some(gate) = self.gate else {
            return 0;
        };
        let file = (chunk.begin.device, chunk.begin.inode);
        let earlier = gate.earlier;
        let earlier = earlier.filter(|earlier| (earlier.device, earlier.inode) == file);
        let offset = match earlier {
            _ if (gate.device, gate.inode) == file => gate.offset,
            Some(earlier) => earlier.offset,
            None => return 0,
        };
        usize::try_from(offset.saturating_sub(chunk.begin.offset)).unwrap_or(usize::MAX)
    }

    /// Notes that a chunk was taken; returns the new place, unless the jail was further already.
    pub(super) fn reach(&mut self, chunk: &Chunk) -> Option<Position> {
        let end = &chunk.end;
        self.gate = self.gate.filter(|gate| {
            (gate.device, gate.inode) == (end.device, end.inode) && gate.offset > end.offset
        });
        if self.gate.is_some() {
            return None;
        }
        self.reached = Some(*end);
        self.reached
    }

    /// Notes that the path is read from its begin again.
    pub(super) fn begin_anew(&mut self, why: Rotation) {
        // It is told of a file that was replaced before its rest is read, which may lie before the gate.
        if why != Rotation::Replaced {
            self.gate = None;
        }
    }

    /// Goes on with those who read the same.
    pub(super) fn follow(&mut self, merger: &Merger) {
        self.feed = Some(merger.into);
        self.gate = self.gate.or(merger.gate);
    }
}

#[cfg(test)]
mod tests;
