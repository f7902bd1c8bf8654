//! Files that rotation renames among paths that one pattern fits, and away and back, and that get more names, in any
//! order, for two who follow the pattern, the second from some moment on.
//!
//! Each line of a file that stands at a fitting path at the end has come to both, and none twice.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use f2b_source::{
    Files, FollowerId, How, PatternId, Progress, SourceEvent, SourceId, Start, Watching,
};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::kit::{pass_time, run_sequences};

/// All fit the pattern but the last.
const NAMES: [&str; 6] = ["a.log", "a.log.1", "a.log.2", "a.log.3", "a.log.4", "aside"];
const FITTING: usize = NAMES.len() - 1;

#[derive(Debug, Clone, Copy)]
enum Action {
    Write(usize, u8),
    Create(usize),
    Rename(usize, usize),
    /// Another name for a file.
    Link(usize, usize),
    /// Each to the next name, the last one is deleted, and a new first one.
    Rotate,
    Delete(usize),
    /// The second one begins to follow.
    Join,
    Notices,
    Rescan,
    Idle,
}

struct World {
    directory: TempDir,
    files: Files,
    /// Each source, whose it is, and its path.
    sources: BTreeMap<SourceId, (u32, PathBuf)>,
    next: u32,
    watching: Watching,
    /// How many follow.
    followers: u32,
    /// Each file and its lines, and where which one stands.
    written: Vec<(File, Vec<String>)>,
    slots: [Option<usize>; NAMES.len()],
    /// How often each line has come to each follower.
    arrived: BTreeMap<(u32, String), usize>,
    lines: usize,
}

impl World {
    fn new(files: Files, watching: Watching) -> Self {
        let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let mut world = Self {
            directory: directory.unwrap(),
            files,
            watching,
            followers: 0,
            sources: BTreeMap::new(),
            next: 1,
            written: Vec::new(),
            slots: [None; NAMES.len()],
            arrived: BTreeMap::new(),
            lines: 0,
        };
        world.join();
        world
    }

    fn join(&mut self) {
        let number = self.followers;
        self.followers += 1;
        let pattern = format!("{}/a.log*", self.directory.path().display());
        let (id, follower) = (PatternId(number), FollowerId(number));
        let files = &mut self.files;
        files
            .watch_pattern(id, &pattern, self.watching, follower)
            .unwrap();
    }

    fn path(&self, slot: usize) -> PathBuf {
        self.directory.path().join(NAMES[slot])
    }

    fn create(&mut self, slot: usize) {
        if self.slots[slot].is_none() {
            let file = File::options()
                .append(true)
                .create(true)
                .open(self.path(slot));
            self.slots[slot] = Some(self.written.len());
            self.written.push((file.unwrap(), Vec::new()));
        }
    }

    fn rename(&mut self, from: usize, to: usize) {
        // Two names of one file stay as they are.
        if self.slots[from] != self.slots[to] && self.slots[from].is_some() {
            fs::rename(self.path(from), self.path(to)).unwrap();
            self.slots[to] = self.slots[from].take();
        }
    }

    fn link(&mut self, from: usize, to: usize) {
        if self.slots[from].is_some() && self.slots[to].is_none() {
            fs::hard_link(self.path(from), self.path(to)).unwrap();
            self.slots[to] = self.slots[from];
        }
    }

    fn delete(&mut self, slot: usize) {
        if self.slots[slot].take().is_some() {
            fs::remove_file(self.path(slot)).unwrap();
        }
    }

    fn read(&mut self, how: How) {
        loop {
            let mut found = Vec::new();
            let progress = self.files.read(|event| match event {
                SourceEvent::Chunk(chunk) => {
                    let (follower, _) = self.sources[&chunk.source];
                    for line in chunk.lines() {
                        let line = String::from_utf8_lossy(line).into_owned();
                        *self.arrived.entry((follower, line)).or_default() += 1;
                    }
                }
                SourceEvent::Found {
                    pattern,
                    path,
                    read_to,
                } => found.push((pattern.0, path, read_to)),
                _ => {}
            });
            if found.is_empty() && progress == Progress::Done {
                return;
            }
            for (follower, path, read_to) in found {
                let is_it = |known: &(u32, PathBuf)| known.0 == follower && known.1 == path;
                if self.sources.values().any(is_it) {
                    continue;
                }
                let id = SourceId(self.next);
                self.next += 1;
                let start = read_to.map_or(Start::Head, Start::At);
                self.files.follow(FollowerId(follower), id);
                self.files.watch_as(id, &path, start, how).unwrap();
                self.sources.insert(id, (follower, path));
            }
        }
    }

    fn apply(&mut self, action: Action, how: How) {
        match action {
            Action::Write(slot, lines) => {
                for _ in 0..lines {
                    if let Some(index) = self.slots[slot] {
                        let line = format!("line {}", self.lines);
                        self.lines += 1;
                        let (file, written) = &mut self.written[index];
                        file.write_all(format!("{line}\n").as_bytes()).unwrap();
                        written.push(line);
                    }
                }
            }
            Action::Create(slot) => self.create(slot),
            Action::Rename(from, to) => self.rename(from, to),
            Action::Link(from, to) => self.link(from, to),
            Action::Rotate => {
                self.delete(FITTING - 1);
                for slot in (0..FITTING - 1).rev() {
                    self.rename(slot, slot + 1);
                }
                self.create(0);
            }
            Action::Delete(slot) => self.delete(slot),
            Action::Join => {
                if self.followers == 1 {
                    self.join();
                }
            }
            Action::Notices => {
                pass_time(self.directory.path());
                while !self.files.wait(Duration::ZERO, None).unwrap().files {}
                self.read(how);
            }
            Action::Rescan => {
                pass_time(self.directory.path());
                self.files.rescan();
                self.read(how);
            }
            Action::Idle => {
                for _ in 0..33 {
                    self.apply(Action::Rescan, how);
                }
            }
        }
    }

    fn check(mut self, how: How) -> Result<Files, String> {
        self.apply(Action::Idle, how);
        self.apply(Action::Idle, how);
        for index in self.slots.iter().take(FITTING).flatten() {
            for line in &self.written[*index].1 {
                for follower in 0..self.followers {
                    if !self.arrived.contains_key(&(follower, line.clone())) {
                        return Err(format!("{line:?} did not come to {follower}"));
                    }
                }
            }
        }
        if let Some((line, times)) = self.arrived.iter().find(|(_, times)| **times > 1) {
            return Err(format!("{line:?} came {times} times"));
        }
        for follower in 0..self.followers {
            self.files.forget_pattern(PatternId(follower));
        }
        for id in self.sources.keys() {
            self.files.forget(*id);
        }
        for follower in 0..self.followers {
            self.files.forget_follower(FollowerId(follower));
        }
        Ok(self.files)
    }
}

fn action() -> impl Strategy<Value = Action> {
    let slot = 0..NAMES.len();
    prop_oneof![
        6 => (slot.clone(), 1..4_u8).prop_map(|(slot, lines)| Action::Write(slot, lines)),
        3 => (0..FITTING).prop_map(Action::Create),
        3 => (slot.clone(), slot.clone()).prop_map(|(from, to)| Action::Rename(from, to)),
        2 => (slot.clone(), slot.clone()).prop_map(|(from, to)| Action::Link(from, to)),
        3 => Just(Action::Rotate),
        1 => slot.prop_map(Action::Delete),
        1 => Just(Action::Join),
        4 => Just(Action::Notices),
        2 => Just(Action::Rescan),
        1 => Just(Action::Idle),
    ]
}

fn check(cases: u32, watching: Watching) {
    let how = How {
        watching,
        ..How::default()
    };
    run_sequences(cases, 30, action(), |files, actions| {
        let mut world = World::new(files, watching);
        for action in actions {
            world.apply(action, how);
        }
        world.check(how)
    });
}

#[test]
fn every_line_once_over_renames_by_notices() {
    check(400, Watching::Notices);
}

#[test]
fn every_line_once_over_renames_by_polling() {
    check(400, Watching::Polling);
}
