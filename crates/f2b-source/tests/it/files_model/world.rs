//! The files, the reader, and what must have arrived.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::PathBuf;
use std::time::Duration;

use f2b_source::{Encoding, Files, FirstLine, How, Newline, Position, Start, Watching};
use tempfile::TempDir;

use super::Action;
use crate::kit::{LOG, Reader};

/// One file that is or was the log.
struct Generation {
    file: File,
    inode: u64,
    /// The reader has it open.
    held: bool,
    /// It cannot be found any more: it is deleted, or in a directory that was replaced.
    gone: bool,
    /// It was deleted, and so often looked at since the last line.
    deleted: Option<u32>,
    /// How many lines it had when it was truncated last.
    truncated: usize,
    /// The begin of an unfinished line, and the bytes of it that are not in the file yet.
    part: String,
    owed: Vec<u8>,
    lines: Vec<String>,
}

/// After so many looks without a line a deleted file may be closed.
const DELETED: u32 = 3;

/// A place that was recorded.
#[derive(Clone, Copy, Default)]
struct Committed {
    position: Option<Position>,
    /// How many lines had arrived.
    arrived: usize,
}

pub(super) struct World {
    directory: TempDir,
    path: PathBuf,
    linked: bool,
    how: How,
    encoding: Encoding,
    reader: Reader,
    generations: Vec<Generation>,
    /// The file at the path, if any, and the one that was there before.
    current: Option<usize>,
    previous: Option<usize>,
    /// The directory has another name for now.
    away: bool,
    written: usize,
    may_be_lost: BTreeSet<String>,
    /// All lines, in the order in which they came.
    arrived: Vec<String>,
    committed: Committed,
    /// The place behind the last lines that were read.
    last: Committed,
    /// After how many chunks of the next reading to record the place.
    commit_at: Option<u8>,
    /// The place that a new reader has been given and not looked for yet.
    claimed: Option<Committed>,
    /// What went wrong on the way.
    wrong: Option<String>,
}

impl World {
    pub(super) fn new(files: Files, polled: bool, linked: bool, encoding: Encoding) -> Self {
        // In memory if it can be: a disk takes many times as long as all the rest.
        let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let directory = directory.unwrap();
        fs::create_dir(directory.path().join("log")).unwrap();
        let path = directory.path().join("log/auth.log");
        if linked {
            symlink(directory.path().join("log/target.a"), &path).unwrap();
        }
        let mut reader = Reader::with(files);
        reader.encoding = encoding;
        let mut world = Self {
            reader,
            directory,
            path,
            linked,
            how: How {
                watching: if polled {
                    Watching::Polling
                } else {
                    Watching::Notices
                },
                newline: Newline::from(encoding),
                vanishes: false,
            },
            encoding,
            generations: Vec::new(),
            current: None,
            previous: None,
            away: false,
            written: 0,
            may_be_lost: BTreeSet::new(),
            arrived: Vec::new(),
            committed: Committed::default(),
            last: Committed::default(),
            commit_at: None,
            claimed: None,
            wrong: None,
        };
        world.open_reader(Start::Head);
        world.create();
        world
    }

    fn open_reader(&mut self, start: Start) {
        let files = &mut self.reader.files;
        files.watch_as(LOG, &self.path, start, self.how).unwrap();
        self.looked();
    }

    /// The reader has compared the path with what it has open.
    fn looked(&mut self) {
        if self.away {
            return;
        }
        if let Some(claimed) = self.claimed.take() {
            self.claim(&claimed);
        }
        if let Some(current) = self.current {
            self.generations[current].held = true;
        }
    }

    /// The reader has looked for the files that a place names.
    fn claim(&mut self, claimed: &Committed) {
        let position = claimed.position.as_ref();
        let earlier = position.and_then(|position| position.earlier);
        let last = position.map(|position| (position.inode, position.first_line));
        let earlier = earlier.map(|earlier| (earlier.inode, earlier.first_line));
        for index in 0..self.generations.len() {
            let generation = &self.generations[index];
            let mut named = [last, earlier].into_iter().flatten();
            let named = named.find(|named| named.0 == generation.inode);
            let is_known = named.is_some_and(|(_, first_line)| match first_line {
                Some(_) => first_line == self.first_line(index),
                // A file that was empty has no first line; then its name has to tell.
                None => !self.linked,
            });
            if is_known && !generation.gone {
                self.generations[index].held = true;
            } else if self.current != Some(index) {
                self.lose(index, usize::MAX);
            }
            let truncated = self.generations[index].truncated;
            self.lose(index, truncated);
        }
    }

    /// Returns the fingerprint of what a file holds now.
    fn first_line(&self, index: usize) -> Option<FirstLine> {
        let generation = &self.generations[index];
        let line = generation.lines.get(generation.truncated)?;
        let bytes = self.encoded(&format!("{line}\n"));
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        Some(FirstLine::of(&bytes[..=end]))
    }

    fn create(&mut self) {
        if self.current.is_some() || self.away {
            return;
        }
        let file = File::options().append(true).create(true).open(&self.path);
        self.begin(file.unwrap());
    }

    fn begin(&mut self, file: File) {
        self.current = Some(self.generations.len());
        self.generations.push(Generation {
            inode: file.metadata().unwrap().ino(),
            file,
            held: false,
            gone: false,
            deleted: None,
            truncated: 0,
            part: String::new(),
            owed: Vec::new(),
            lines: Vec::new(),
        });
    }

    fn encoded(&self, text: &str) -> Vec<u8> {
        let (width, index) = self.encoding.newline();
        let unit = |byte| (0..width).map(move |at| if at == index { byte } else { 0 });
        text.bytes().flat_map(unit).collect()
    }

    fn write(&mut self, generation: Option<usize>, lines: u8) {
        let Some(index) = generation else {
            return;
        };
        for _ in 0..lines {
            // Some lines are longer than what is compared of a file's begin.
            let filling = "x".repeat(self.written * 7 % 300);
            let rest = format!("line {} {filling}", self.written);
            self.written += 1;
            let bytes = self.encoded(&format!("{rest}\n"));
            let generation = &mut self.generations[index];
            let begun = std::mem::take(&mut generation.part);
            let mut owed = std::mem::take(&mut generation.owed);
            owed.extend(bytes);
            generation.file.write_all(&owed).unwrap();
            let line = format!("{begun}{rest}");
            let is_closed = generation.deleted.is_some_and(|looks| looks >= DELETED);
            if is_closed || generation.gone && !generation.held {
                self.may_be_lost.insert(line.clone());
            }
            // One that was closed stays so.
            generation.deleted = generation
                .deleted
                .map(|looks| if is_closed { looks } else { 0 });
            generation.lines.push(line);
        }
    }

    fn part(&mut self) {
        if let Some(current) = self.current {
            let part = format!("part {} ", self.written);
            self.written += 1;
            let bytes = self.encoded(&part);
            let generation = &mut self.generations[current];
            let mut owed = std::mem::take(&mut generation.owed);
            owed.extend(bytes);
            generation.owed.extend(owed.pop());
            generation.file.write_all(&owed).unwrap();
            generation.part.push_str(&part);
        }
    }

    /// Allows that the unread ones of a file's first lines are lost, and returns their bytes.
    fn lose(&mut self, index: usize, first: usize) -> usize {
        let lines = self.generations[index].lines.iter().take(first);
        let lost: Vec<_> = lines
            .filter(|line| !self.arrived.contains(line))
            .cloned()
            .collect();
        let (width, _) = self.encoding.newline();
        let bytes = lost.iter().map(|line| (line.len() + 1) * width).sum();
        self.may_be_lost.extend(lost);
        bytes
    }

    fn read(&mut self, by_notices: bool) {
        if by_notices {
            // A second wait finds nothing and looks again: that must do no harm.
            for _ in 0..2 {
                let wait = |files: &mut Files| files.wait(Duration::ZERO, None).unwrap();
                // A notice may concern nobody.
                while !wait(&mut self.reader.files).files {}
                self.reader.read();
            }
        } else {
            self.reader.rescan();
            for generation in &mut self.generations {
                generation.deleted = generation.deleted.map(|looks| looks + 1);
            }
        }
        self.take_chunks();
        self.looked();
    }

    fn take_chunks(&mut self) {
        self.reader.take_lines();
        for chunk in std::mem::take(&mut self.reader.chunks) {
            let lines = chunk.lines().map(|line| self.encoding.decode(line).0);
            self.arrived.extend(lines.map(Cow::into_owned));
            self.last = Committed {
                position: Some(chunk.end),
                arrived: self.arrived.len(),
            };
            match self.commit_at {
                Some(0) => self.commit(),
                more => self.commit_at = more.map(|more| more - 1),
            }
        }
    }

    fn commit(&mut self) {
        self.commit_at = None;
        self.committed = self.last;
    }

    /// Ends the reader and goes on from the recorded place.
    fn kill(&mut self) {
        assert!(self.reader.files.forget(LOG));
        self.commit_at = None;
        self.arrived.truncate(self.committed.arrived);
        self.last = self.committed;
        for generation in &mut self.generations {
            generation.held = false;
        }
        self.claimed = Some(self.committed);
        self.open_reader(self.committed.position.map_or(Start::Head, Start::At));
    }

    fn move_away(&mut self, delete: bool) {
        let Some(current) = self.current.filter(|_| !self.away) else {
            return;
        };
        self.current = None;
        if delete {
            fs::remove_file(&self.path).unwrap();
            self.generations[current].gone = true;
            self.generations[current].deleted = Some(0);
        } else {
            fs::rename(&self.path, self.old_name(current)).unwrap();
        }
        self.previous = Some(current);
    }

    fn old_name(&self, generation: usize) -> PathBuf {
        self.path.with_file_name(format!("auth.log.{generation}"))
    }

    fn rename_over(&mut self, lines: u8) {
        if self.away {
            return;
        }
        let next = self.path.with_file_name("next");
        let file = File::options().append(true).create(true).open(&next);
        if let Some(current) = self.current {
            fs::hard_link(&self.path, self.old_name(current)).unwrap();
            self.previous = Some(current);
        }
        self.begin(file.unwrap());
        self.write(self.current, lines);
        fs::rename(&next, &self.path).unwrap();
    }

    fn parent_gone(&mut self) {
        if !self.away {
            self.away = true;
            fs::rename(self.directory.path().join("log"), self.away_name()).unwrap();
        }
    }

    fn parent_back(&mut self, same: bool) {
        if !self.away {
            return;
        }
        self.away = false;
        let log = self.directory.path().join("log");
        if same {
            fs::rename(self.away_name(), log).unwrap();
            return;
        }
        let older = self
            .directory
            .path()
            .join(format!("older.{}", self.written));
        self.written += 1;
        fs::rename(self.away_name(), older).unwrap();
        fs::create_dir(log).unwrap();
        for generation in &mut self.generations {
            generation.gone = true;
        }
        self.previous = self.current.take().or(self.previous);
    }

    fn away_name(&self) -> PathBuf {
        self.directory.path().join("log.away")
    }

    fn copy_truncate(&mut self) {
        let Some(current) = self.current.filter(|_| !self.away) else {
            return;
        };
        let name = format!("copy.{}", self.written);
        fs::copy(&self.path, self.path.with_file_name(name)).unwrap();
        let truncated = self.generations[current].truncated;
        let lost_before: BTreeSet<_> = self.may_be_lost.clone();
        let (width, _) = self.encoding.newline();
        let generation = &self.generations[current];
        let now = generation.lines.iter().skip(truncated);
        let read = now.clone().filter(|line| self.arrived.contains(line));
        let read: usize = read.map(|line| (line.len() + 1) * width).sum();
        let begun = generation.part.len() * width - generation.owed.len();
        let length = usize::try_from(generation.file.metadata().unwrap().len()).unwrap();
        let unread = length - read - begun;
        let now: BTreeSet<_> = now.cloned().collect();
        self.lose(current, usize::MAX);
        let lost = now.iter().filter(|line| !self.arrived.contains(line));
        let lost: usize = lost.map(|line| (line.len() + 1) * width).sum();
        if lost != unread || !self.may_be_lost.is_superset(&lost_before) {
            self.wrong = Some(format!("{lost} bytes may be lost, but {unread} are unread"));
        }
        let generation = &mut self.generations[current];
        generation.file.set_len(0).unwrap();
        generation.part.clear();
        generation.owed.clear();
        generation.truncated = generation.lines.len();
    }

    fn swap(&mut self) {
        let old = fs::read_link(&self.path).unwrap();
        let other = if old.ends_with("target.a") {
            "target.b"
        } else {
            "target.a"
        };
        let next = self.path.with_file_name("next");
        symlink(self.path.with_file_name(other), &next).unwrap();
        fs::rename(&next, &self.path).unwrap();
        std::mem::swap(&mut self.current, &mut self.previous);
        self.create();
    }

    fn idle(&mut self) {
        for _ in 0..33 {
            self.read(false);
        }
        let current = self.current.filter(|_| !self.away);
        for (index, generation) in self.generations.iter_mut().enumerate() {
            generation.held &= current == Some(index);
        }
    }

    pub(super) fn apply(&mut self, action: Action) {
        match action {
            Action::Write(lines) => self.write(self.current, lines),
            Action::Part => self.part(),
            Action::Late(lines) => self.write(self.previous, lines),
            Action::Rotate => {
                self.move_away(false);
                self.create();
            }
            Action::RenameOver(lines) => self.rename_over(lines),
            Action::MoveAway => self.move_away(false),
            Action::Delete => self.move_away(true),
            Action::CopyTruncate => self.copy_truncate(),
            Action::Create => self.create(),
            Action::ParentGone => self.parent_gone(),
            Action::ParentBack => self.parent_back(true),
            Action::ParentNew => self.parent_back(false),
            Action::Swap => self.swap(),
            Action::Notices => self.read(true),
            Action::Rescan => self.read(false),
            Action::Idle => self.idle(),
            Action::Commit(chunks) => self.commit_at = Some(chunks),
            Action::Restart => {
                self.commit();
                self.kill();
            }
            Action::Kill => self.kill(),
        }
    }

    /// Reads all that is left and compares; returns what the next world can use.
    pub(super) fn check(mut self) -> Result<Files, String> {
        self.parent_back(true);
        self.read(false);
        self.read(true);
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for (place, line) in self.arrived.iter().enumerate() {
            if places.insert(line, place).is_some() {
                return Err(format!("{line:?} arrived twice"));
            }
        }
        for generation in &self.generations {
            let mut before = None;
            for line in &generation.lines {
                let place = places.remove(line.as_str());
                if place.is_none() && generation.held && !self.may_be_lost.contains(line) {
                    return Err(format!("{line:?} did not arrive"));
                }
                if place.is_some() && place < before {
                    return Err(format!("{line:?} arrived before another of its file"));
                }
                before = place.or(before);
            }
        }
        if let Some(invented) = places.keys().next() {
            return Err(format!("{invented:?} was never written"));
        }
        self.reader.files.forget(LOG);
        self.wrong.map_or(Ok(self.reader.files), Err)
    }
}
