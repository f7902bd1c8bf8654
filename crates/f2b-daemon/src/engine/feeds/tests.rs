//! Jails that come, rest and come back beside a reader, against what each of them has to see.

use std::collections::BTreeMap;

use f2b_source::{
    Chunk, Earlier, FirstLine, FollowerId, Newline, Place, Position, Rotation, SourceId, Start,
    Watching,
};
use proptest::prelude::*;

use super::{Feeds, Way, gate};
use crate::engine::jail::FileSource;

/// Bytes of a line.
const LINE: usize = 10;

#[derive(Debug, Clone, Copy)]
enum Action {
    /// The writer adds lines.
    Write(u8),
    /// Another file stands at the path. Nothing of the old one is lost.
    Rotate,
    /// The same file begins anew; jails lose what they have not read.
    Truncate,
    /// A jail begins, or comes back.
    Join(u8),
    /// A jail rests.
    Rest(u8),
    /// The reader reads some lines for the feed of this place in the row.
    Read(u8, u8),
}

/// What one feed is to the reader: what it reads, and the line it has come to.
#[derive(Debug, Clone, Copy)]
struct Cursor {
    content: usize,
    line: usize,
}

/// What was ever written to one file between its making or truncation and the next.
#[derive(Debug, Clone, Default)]
struct Content {
    inode: u64,
    lines: Vec<u64>,
    is_gone: bool,
}

#[derive(Default)]
struct World {
    feeds: Feeds,
    cursors: BTreeMap<SourceId, Cursor>,
    contents: Vec<Content>,
    jails: BTreeMap<u8, Jail>,
    written: u64,
}

struct Jail {
    file: FileSource,
    seen: Vec<u64>,
    /// Lines that it may miss, as they were truncated away before it read them.
    lost: Vec<u64>,
}

impl World {
    fn new() -> Self {
        let mut world = Self::default();
        world.contents.push(Content {
            inode: 1,
            ..Content::default()
        });
        world
    }

    fn position(&self, cursor: Cursor) -> Position {
        let content = &self.contents[cursor.content];
        let first = content.lines.first().filter(|_| cursor.line > 0);
        Position {
            device: 1,
            inode: content.inode,
            offset: (cursor.line * LINE) as u64,
            first_line: first.map(|line| FirstLine::of(&line.to_le_bytes())),
            earlier: None,
        }
    }

    /// Where the reader goes on for a position, and whether it finds what that is of.
    fn cursor(&self, start: Start) -> (Cursor, bool) {
        let newest = self.contents.len() - 1;
        let at = |content, line| Cursor { content, line };
        let Start::At(position) = start else {
            return (at(newest, 0), true);
        };
        let line = usize::try_from(position.offset).unwrap() / LINE;
        let is_it = |content: &usize| {
            let known = self.position(at(*content, line));
            known.inode == position.inode
                && known.first_line == position.first_line
                && !self.contents[*content].is_gone
        };
        let found = (0..=newest).rev().find(is_it);
        let cursor = found.map_or(at(newest, 0), |content| at(content, line));
        (cursor, found.is_some())
    }

    fn join(&mut self, number: u8) {
        let gone = self.contents.iter().filter(|content| content.is_gone);
        let gone = gone.flat_map(|content| content.lines.iter().copied());
        let jail = self.jails.entry(number).or_insert_with(|| Jail {
            file: FileSource::new("/log".into(), Start::Head, FollowerId(number.into())),
            seen: Vec::new(),
            lost: gone.collect(),
        });
        if jail.file.feed.is_some() {
            return;
        }
        let start = jail.file.reached.map_or(Start::Head, Start::At);
        let way = Way {
            path: "/log".into(),
            watching: Watching::Notices,
            newline: Newline::BYTE,
        };
        let (id, gate, is_new) = self.feeds.join(way, start, None);
        jail.file.feed = Some(id);
        jail.file.gate = gate;
        let (cursor, is_found) = self.cursor(start);
        if is_new {
            self.cursors.insert(id, cursor);
        }
        if !is_found {
            // What was truncated while nobody read cannot be told from what was rotated after it.
            let older = self.contents.iter().take(cursor.content);
            let older = older.flat_map(|content| content.lines.iter().copied());
            self.jails
                .entry(number)
                .and_modify(|jail| jail.lost.extend(older));
        }
    }

    fn rest(&mut self, number: u8) {
        let Some(jail) = self.jails.get_mut(&number) else {
            return;
        };
        if let Some(id) = jail.file.feed.take()
            && self.feeds.leave(id)
        {
            self.cursors.remove(&id);
        }
    }

    fn truncate(&mut self) {
        let newest = self.contents.len() - 1;
        self.contents[newest].is_gone = true;
        let inode = self.contents[newest].inode;
        let lost = self.contents[newest].lines.clone();
        for jail in self.jails.values_mut() {
            let unseen = lost.iter().filter(|line| !jail.seen.contains(line));
            jail.lost.extend(unseen);
        }
        self.contents.push(Content {
            inode,
            ..Content::default()
        });
    }

    fn rotate(&mut self) {
        let inode = 1 + self.contents.len() as u64;
        self.contents.push(Content {
            inode,
            ..Content::default()
        });
        // The reader tells of it before it reads what is left of the file before.
        for id in self.cursors.keys().copied().collect::<Vec<_>>() {
            self.begin_anew(id, Rotation::Replaced);
        }
    }

    fn begin_anew(&mut self, id: SourceId, why: Rotation) {
        self.feeds.begin_anew(id);
        for jail in self.jails.values_mut() {
            if jail.file.feed == Some(id) {
                jail.file.begin_anew(why);
            }
        }
    }

    fn read(&mut self, id: SourceId, lines: usize) {
        let cursor = self.cursors[&id];
        let content = &self.contents[cursor.content];
        let is_over = content.is_gone || cursor.line == content.lines.len();
        if is_over && cursor.content + 1 < self.contents.len() {
            let next = Cursor {
                content: cursor.content + 1,
                line: 0,
            };
            let is_gone = content.is_gone;
            self.cursors.insert(id, next);
            if is_gone {
                self.begin_anew(id, Rotation::Truncated);
            }
            return;
        }
        let until = (cursor.line + lines).min(content.lines.len());
        let texts = content.lines[cursor.line..until].to_vec();
        let end = Cursor {
            line: until,
            ..cursor
        };
        self.cursors.insert(id, end);
        let begin = self.position(cursor);
        let chunk = Chunk {
            unwrapped: None,
            source: id,
            buffer: vec![0; texts.len() * LINE],
            begin: Place {
                device: begin.device,
                inode: begin.inode,
                offset: begin.offset,
            },
            ranges: (0..texts.len())
                .map(|line| line * LINE..line * LINE + LINE - 1)
                .collect(),
            end: self.position(end),
            at_end: false,
            others: 0,
            oversize: 0,
        };
        self.feeds.take(&chunk);
        for jail in self.jails.values_mut() {
            if jail.file.feed != Some(id) {
                continue;
            }
            let first = jail.file.begin_in(&chunk);
            let lines = chunk.ranges.iter().zip(&texts);
            let mine = lines.filter(|(range, _)| range.start >= first);
            jail.seen.extend(mine.map(|(_, line)| *line));
            jail.file.reach(&chunk);
        }
        while let Some(merger) = self.feeds.merge(id) {
            self.cursors.remove(&merger.from);
            for jail in self.jails.values_mut() {
                if jail.file.feed == Some(merger.from) {
                    jail.file.follow(&merger);
                }
            }
        }
    }

    fn apply(&mut self, action: Action) {
        match action {
            Action::Write(lines) => {
                for _ in 0..lines {
                    self.contents.last_mut().unwrap().lines.push(self.written);
                    self.written += 1;
                }
            }
            Action::Rotate => self.rotate(),
            Action::Truncate => self.truncate(),
            Action::Join(jail) => self.join(jail),
            Action::Rest(jail) => self.rest(jail),
            Action::Read(place, lines) => {
                let ids: Vec<_> = self.cursors.keys().copied().collect();
                if let Some(id) = ids.get(usize::from(place) % ids.len().max(1)) {
                    self.read(*id, lines.into());
                }
            }
        }
    }

    /// Lets all jails read all there is; returns how many feeds are left.
    fn settle(&mut self) -> usize {
        for jail in self.jails.keys().copied().collect::<Vec<_>>() {
            self.join(jail);
        }
        for _ in 0..2 * self.contents.len() + 4 {
            for id in self.cursors.keys().copied().collect::<Vec<_>>() {
                if self.cursors.contains_key(&id) {
                    self.read(id, 1_000);
                }
            }
        }
        self.cursors.len()
    }
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => (1..6_u8).prop_map(Action::Write),
        1 => Just(Action::Rotate),
        1 => Just(Action::Truncate),
        3 => (0..4_u8).prop_map(Action::Join),
        2 => (0..4_u8).prop_map(Action::Rest),
        6 => (any::<u8>(), 1..5_u8).prop_map(|(place, lines)| Action::Read(place, lines)),
    ]
}

/// What is appended to a file that was rotated comes to who has it open only.
#[test]
fn those_who_are_not_equally_far_in_the_file_before_do_not_go_on_together() {
    let place = |offset, earlier: Option<(u64, u64)>| Position {
        device: 1,
        inode: 2,
        offset,
        first_line: None,
        earlier: earlier.map(|(inode, offset)| Earlier {
            device: 1,
            inode,
            offset,
            first_line: None,
        }),
    };
    let check = |stands, wants, expected: bool| {
        let (stands, wants) = (place(10, stands), place(20, wants));
        let expected = expected.then_some(Some(wants));
        assert_eq!(gate(&stands, &wants), expected, "{stands:?} {wants:?}");
    };
    check(None, None, true);
    check(Some((1, 50)), Some((1, 50)), true);
    check(Some((1, 40)), Some((1, 50)), true);
    check(Some((1, 60)), Some((1, 50)), false);
    check(Some((1, 50)), Some((3, 50)), false);
    check(Some((1, 50)), None, false);
    check(None, Some((1, 50)), false);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn each_jail_sees_each_line_once_and_one_feed_is_left(
        actions in prop::collection::vec(action(), 0..60),
    ) {
        let mut world = World::new();
        for action in actions {
            world.apply(action);
        }
        // One line more, so that what was truncated is told from what was not.
        world.apply(Action::Write(1));
        let left = world.settle();
        prop_assert_eq!(left, usize::from(!world.jails.is_empty()));
        for (number, jail) in &world.jails {
            let mut seen = jail.seen.clone();
            seen.dedup();
            prop_assert!(seen.is_sorted() && seen == jail.seen, "jail {number}: {:?}", jail.seen);
            let first = jail.seen.first().copied().unwrap_or_default();
            let missing: Vec<u64> = (first..world.written)
                .filter(|line| !jail.seen.contains(line) && !jail.lost.contains(line))
                .collect();
            prop_assert!(missing.is_empty(), "jail {number} misses {missing:?}");
        }
    }
}
