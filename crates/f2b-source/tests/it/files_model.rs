//! A writer and its log rotation beside the reader, in any order, against a simple model.
//!
//! The model knows each line by its text, which is never repeated, and whether it must arrive. A
//! line may be lost when it was unread
//! - when its file was truncated in place,
//! - at a restart, and its file deleted, or truncated and then rotated away since the last read,
//!
//! or when its file was rotated away or deleted before the reader ever looked at it. Every other
//! complete line must arrive, and none twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::Duration;

use f2b_source::{Files, Start};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::kit::{LOG, Reader};

#[derive(Debug, Clone, Copy)]
enum Action {
    /// Complete lines to the file that the writer has open.
    Write(u8),
    /// The begin of a line; the next write ends it.
    Part,
    /// Complete lines to the file that was rotated last, as by a writer that was not told yet.
    Late(u8),
    /// Rename and create.
    Rotate,
    /// Rename; the new file comes later.
    MoveAway,
    /// Truncate in place, after a copy was made as logrotate's `copytruncate` does.
    CopyTruncate,
    Delete,
    Create,
    /// Point the symbolic link at the other of two files.
    Swap,
    /// Read what the kernel's notices tell of.
    Notices,
    /// Look at everything and read.
    Rescan,
    /// End the reader and go on in a new one from the last position.
    Restart,
}

/// One file that is or was the log.
struct Generation {
    file: File,
    /// The reader has it open.
    held: bool,
    /// The reader has read it since it was made or truncated, so that a position can name it.
    known: bool,
    deleted: bool,
    /// How many lines it had when it was truncated last.
    truncated: usize,
    /// The begin of an unfinished line.
    part: String,
    lines: Vec<String>,
}

struct World {
    directory: TempDir,
    path: PathBuf,
    linked: bool,
    notices: bool,
    reader: Reader,
    generations: Vec<Generation>,
    /// The file at the path, if any, and the one that was there before.
    current: Option<usize>,
    previous: Option<usize>,
    written: usize,
    may_be_lost: BTreeSet<String>,
    arrived: BTreeMap<String, usize>,
}

impl World {
    fn new(notices: bool, linked: bool) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("auth.log");
        if linked {
            symlink(directory.path().join("target.a"), &path).unwrap();
        }
        let mut world = Self {
            reader: Reader::with(Files::without_notices()),
            directory,
            path,
            linked,
            notices,
            generations: Vec::new(),
            current: None,
            previous: None,
            written: 0,
            may_be_lost: BTreeSet::new(),
            arrived: BTreeMap::new(),
        };
        world.open_reader(Start::Head);
        world.create();
        world
    }

    fn open_reader(&mut self, start: Start) {
        self.reader.files = if self.notices {
            Files::new()
        } else {
            Files::without_notices()
        };
        self.reader.files.watch(LOG, &self.path, start).unwrap();
        self.looked();
    }

    /// The reader has compared the path with what it has open.
    fn looked(&mut self) {
        if let Some(current) = self.current {
            self.generations[current].held = true;
        }
    }

    fn create(&mut self) {
        if self.current.is_some() {
            return;
        }
        let file = File::options().append(true).create(true).open(&self.path);
        self.current = Some(self.generations.len());
        self.generations.push(Generation {
            file: file.unwrap(),
            held: false,
            known: false,
            deleted: false,
            truncated: 0,
            part: String::new(),
            lines: Vec::new(),
        });
    }

    fn write(&mut self, generation: Option<usize>, lines: u8) {
        let Some(index) = generation.filter(|index| !self.generations[*index].deleted) else {
            return;
        };
        let generation = &mut self.generations[index];
        for _ in 0..lines {
            let begun = std::mem::take(&mut generation.part);
            // Some lines are longer than what is compared of a file's begin.
            let filling = "x".repeat(self.written * 7 % 300);
            let rest = format!("line {} {filling}", self.written);
            self.written += 1;
            generation
                .file
                .write_all(format!("{rest}\n").as_bytes())
                .unwrap();
            generation.lines.push(format!("{begun}{rest}"));
        }
    }

    fn part(&mut self) {
        if let Some(current) = self.current {
            let part = format!("part {} ", self.written);
            self.written += 1;
            let generation = &mut self.generations[current];
            generation.file.write_all(part.as_bytes()).unwrap();
            generation.part.push_str(&part);
        }
    }

    /// Allows that the unread lines of a file are lost.
    fn lose(&mut self, index: usize) {
        let unread = |line: &&String| !self.arrived.contains_key(*line);
        let lines = self.generations[index].lines.iter().filter(unread);
        self.may_be_lost.extend(lines.cloned());
    }

    fn read(&mut self, by_notices: bool) {
        if by_notices {
            // A second wait finds nothing and looks again: that must do no harm.
            for _ in 0..2 {
                let woken = self.reader.files.wait(Duration::ZERO, None).unwrap();
                assert!(woken.files && !woken.caller);
                self.reader.read();
            }
        } else {
            self.reader.rescan();
        }
        for line in self.reader.take_lines() {
            *self.arrived.entry(line).or_default() += 1;
        }
        self.looked();
        for generation in &mut self.generations {
            generation.known |= generation.held;
        }
    }

    fn restart(&mut self) {
        for generation in &mut self.generations {
            // A deleted file is gone with the last handle. A rotated file is found by its number
            // and its begin, which an empty one has not; then its name has to tell.
            let mut lines = generation.lines.iter().skip(generation.truncated);
            let begun = lines.any(|line| self.arrived.contains_key(line));
            generation.held = generation.known && !generation.deleted && (begun || !self.linked);
        }
        let start = self.reader.position.map_or(Start::Head, Start::At);
        self.open_reader(start);
    }

    fn move_away(&mut self, delete: bool) {
        let Some(current) = self.current.take() else {
            return;
        };
        if delete {
            fs::remove_file(&self.path).unwrap();
            self.generations[current].deleted = true;
        } else {
            let name = format!("auth.log.{current}");
            fs::rename(&self.path, self.directory.path().join(name)).unwrap();
        }
        self.previous = Some(current);
    }

    fn copy_truncate(&mut self) {
        let Some(current) = self.current else {
            return;
        };
        let name = format!("copy.{}", self.written);
        fs::copy(&self.path, self.directory.path().join(name)).unwrap();
        let generation = &mut self.generations[current];
        generation.file.set_len(0).unwrap();
        generation.part.clear();
        generation.known = false;
        generation.truncated = generation.lines.len();
        self.lose(current);
    }

    fn swap(&mut self) {
        let old = fs::read_link(&self.path).unwrap();
        let other = if old.ends_with("target.a") {
            "target.b"
        } else {
            "target.a"
        };
        let next = self.directory.path().join("next");
        symlink(self.directory.path().join(other), &next).unwrap();
        fs::rename(&next, &self.path).unwrap();
        std::mem::swap(&mut self.current, &mut self.previous);
        self.create();
    }

    fn apply(&mut self, action: Action) {
        match action {
            Action::Write(lines) => self.write(self.current, lines),
            Action::Part => self.part(),
            Action::Late(lines) => self.write(self.previous, lines),
            Action::Rotate => {
                self.move_away(false);
                self.create();
            }
            Action::MoveAway => self.move_away(false),
            Action::Delete => self.move_away(true),
            Action::CopyTruncate => self.copy_truncate(),
            Action::Create => self.create(),
            Action::Swap => self.swap(),
            Action::Notices => self.read(true),
            Action::Rescan => self.read(false),
            Action::Restart => self.restart(),
        }
    }

    /// Reads all that is left and compares.
    fn check(mut self) -> Result<(), TestCaseError> {
        self.read(false);
        self.read(true);
        for generation in &self.generations {
            for line in &generation.lines {
                let times = self.arrived.remove(line).unwrap_or_default();
                let must = generation.held && !self.may_be_lost.contains(line);
                let expected = usize::from(must)..=1;
                prop_assert!(expected.contains(&times), "{line:?} arrived {times} times");
            }
        }
        prop_assert!(self.arrived.is_empty(), "invented: {:?}", self.arrived);
        Ok(())
    }
}

fn rotation() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => (1..5_u8).prop_map(Action::Write),
        1 => Just(Action::Part),
        2 => (1..3_u8).prop_map(Action::Late),
        2 => Just(Action::Rotate),
        1 => Just(Action::MoveAway),
        1 => Just(Action::CopyTruncate),
        1 => Just(Action::Delete),
        1 => Just(Action::Create),
        3 => Just(Action::Notices),
        2 => Just(Action::Rescan),
        2 => Just(Action::Restart),
    ]
}

fn swapping() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => (1..5_u8).prop_map(Action::Write),
        1 => Just(Action::Part),
        2 => (1..3_u8).prop_map(Action::Late),
        2 => Just(Action::Swap),
        1 => Just(Action::CopyTruncate),
        3 => Just(Action::Notices),
        2 => Just(Action::Rescan),
        2 => Just(Action::Restart),
    ]
}

fn run(notices: bool, linked: bool, actions: Vec<Action>) -> Result<(), TestCaseError> {
    let mut world = World::new(notices, linked);
    for action in actions {
        world.apply(action);
    }
    world.check()
}

/// Closing a queue of notices takes the kernel tens of milliseconds, so those runs are fewer.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(3000))]

    #[test]
    fn every_line_once_over_rotation(actions in prop::collection::vec(rotation(), 0..25)) {
        run(false, false, actions)?;
    }

    #[test]
    fn every_line_once_over_swapped_links(actions in prop::collection::vec(swapping(), 0..25)) {
        run(false, true, actions)?;
    }
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn every_line_once_over_rotation_by_notices(
        actions in prop::collection::vec(rotation(), 0..25),
    ) {
        run(true, false, actions)?;
    }

    #[test]
    fn every_line_once_over_swapped_links_by_notices(
        actions in prop::collection::vec(swapping(), 0..25),
    ) {
        run(true, true, actions)?;
    }
}
