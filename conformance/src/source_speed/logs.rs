//! A folder of logs that are created, written and rotated all the time, and the count of what was written.
//!
//! A line is `EPOCH KIND-NUMBER`; the number is of its own within its kind.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result};

use super::Sizes;
use crate::attack::Dice;

/// Turns of the writer in a second. In as many turns each file gets a line.
const TURNS: usize = 50;

/// A rotated file gets its last line up to so many milliseconds later.
const LATE: usize = 1_000;

/// Where a line was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// To a file that was there at the start.
    Start,
    /// To a file that came later.
    Created,
    /// To a file that was made in the place of a rotated one.
    Anew,
    /// To a rotated file, under its new name.
    Rotated,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Start, Self::Created, Self::Anew, Self::Rotated];

    /// Returns the word in the line.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Created => "created",
            Self::Anew => "anew",
            Self::Rotated => "rotated",
        }
    }
}

/// How many lines of each kind were written.
#[derive(Debug, Default)]
pub(crate) struct Written([AtomicU64; 4]);

impl Written {
    fn of(&self, kind: Kind) -> &AtomicU64 {
        let [start, created, anew, rotated] = &self.0;
        match kind {
            Kind::Start => start,
            Kind::Created => created,
            Kind::Anew => anew,
            Kind::Rotated => rotated,
        }
    }

    /// Returns the number of lines of a kind.
    pub(crate) fn count(&self, kind: Kind) -> u64 {
        self.of(kind).load(Ordering::Relaxed)
    }

    /// Returns the number of all lines.
    pub(crate) fn all(&self) -> u64 {
        Kind::ALL.iter().map(|kind| self.count(*kind)).sum()
    }
}

/// The folder and its writer.
pub(crate) struct Logs<'written> {
    folder: PathBuf,
    written: &'written Written,
    /// The files that are written, and what their lines are called.
    live: Vec<(PathBuf, Kind)>,
    /// Rotated files that get one line more.
    late: Vec<(Instant, File)>,
    dice: Dice,
    /// Which files have their turn next: to be written, and to be rotated.
    turns: [usize; 2],
    created: usize,
}

impl<'written> Logs<'written> {
    /// Makes so many files, with one line in each.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn new(folder: &Path, files: usize, written: &'written Written) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let mut logs = Self {
            folder: folder.to_owned(),
            written,
            live: Vec::new(),
            late: Vec::new(),
            dice: Dice(5),
            turns: [0, 0],
            created: 0,
        };
        for number in 0..files {
            let path = logs.folder.join(format!("start-{number}.log"));
            logs.write(&mut create(&path)?, Kind::Start, 1)?;
            logs.live.push((path, Kind::Start));
        }
        Ok(logs)
    }

    /// Writes for as long as asked; returns by how much it was late at the end.
    ///
    /// # Errors
    /// A file cannot be made, renamed or written.
    pub(crate) fn run(&mut self, sizes: &Sizes) -> Result<Duration> {
        let begin = Instant::now();
        let turns = usize::try_from(sizes.seconds)? * TURNS;
        let mut due = Duration::ZERO;
        let mut done = 0;
        for turn in 1..=turns {
            let wanted = turn * sizes.churn / TURNS;
            for _ in done..wanted {
                self.create()?;
                self.rotate()?;
            }
            done = wanted;
            for _ in 0..self.live.len().div_ceil(TURNS) {
                self.write_next()?;
            }
            self.write_late(Instant::now())?;
            due = Duration::from_secs(1) * u32::try_from(turn)? / u32::try_from(TURNS)?;
            thread::sleep(due.saturating_sub(begin.elapsed()));
        }
        let late = begin.elapsed().saturating_sub(due);
        self.write_late(Instant::now() + Duration::from_secs(3_600))?;
        Ok(late)
    }

    fn create(&mut self) -> Result<()> {
        let path = self.folder.join(format!("created-{}.log", self.created));
        self.created += 1;
        // Its first lines are there before anybody can have heard of it.
        self.write(&mut create(&path)?, Kind::Created, 2)?;
        self.live.push((path, Kind::Created));
        Ok(())
    }

    /// Renames a file to `NAME.log.1` and makes another in its place, as `logrotate` does; who has it open
    /// writes two lines more.
    fn rotate(&mut self) -> Result<()> {
        let [_, turn] = &mut self.turns;
        let place = *turn % self.live.len().max(1);
        *turn += 1;
        let Some((path, kind)) = self.live.get_mut(place) else {
            return Ok(());
        };
        *kind = Kind::Anew;
        let path = path.clone();
        let mut old = append(&path)?;
        let mut name = path.clone().into_os_string();
        name.push(".1");
        fs::rename(&path, name).context("rotate")?;
        let first = self.dice.one_in(2);
        if first {
            self.write(&mut old, Kind::Rotated, 1)?;
        }
        self.write(&mut create(&path)?, Kind::Anew, 1)?;
        if !first {
            self.write(&mut old, Kind::Rotated, 1)?;
        }
        let late = u64::try_from(self.dice.below(LATE))?;
        self.late
            .push((Instant::now() + Duration::from_millis(late), old));
        Ok(())
    }

    fn write_next(&mut self) -> Result<()> {
        let [turn, _] = &mut self.turns;
        let place = *turn % self.live.len().max(1);
        *turn += 1;
        let Some((path, kind)) = self.live.get(place) else {
            return Ok(());
        };
        self.write(&mut append(path)?, *kind, 1)
    }

    fn write_late(&mut self, now: Instant) -> Result<()> {
        let (due, waiting) = self.late.drain(..).partition(|(due, _)| *due <= now);
        self.late = waiting;
        let due: Vec<(Instant, File)> = due;
        for (_, mut file) in due {
            self.write(&mut file, Kind::Rotated, 1)?;
        }
        Ok(())
    }

    fn write(&self, file: &mut File, kind: Kind, count: u64) -> Result<()> {
        let stamp = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let counter = self.written.of(kind);
        let first = counter.load(Ordering::Relaxed);
        let lines: String = (first..first + count)
            .map(|number| format!("{stamp} {}-{number}\n", kind.word()))
            .collect();
        file.write_all(lines.as_bytes())?;
        counter.fetch_add(count, Ordering::Relaxed);
        Ok(())
    }
}

fn create(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    let file = options.append(true).create_new(true).open(path);
    file.with_context(|| format!("create {}", path.display()))
}

fn append(path: &Path) -> Result<File> {
    let file = OpenOptions::new().append(true).open(path);
    file.with_context(|| format!("open {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_line_that_was_counted_stands_in_the_folder_once() {
        let folder = tempfile::tempdir().unwrap();
        let written = Written::default();
        let mut logs = Logs::new(folder.path(), 10, &written).unwrap();
        // Each file is rotated once at most, so that none is replaced.
        for _ in 0..8 {
            logs.create().unwrap();
            logs.rotate().unwrap();
            logs.write_next().unwrap();
        }
        logs.write_late(Instant::now() + Duration::from_secs(10))
            .unwrap();
        let mut ids = Vec::new();
        for entry in fs::read_dir(folder.path()).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            ids.extend(
                text.lines()
                    .filter_map(|line| Some(line.split_once(' ')?.1.to_owned())),
            );
        }
        let different: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(different.len(), ids.len());
        assert_eq!(u64::try_from(ids.len()).unwrap(), written.all());
        let counts = Kind::ALL.map(|kind| written.count(kind));
        assert_eq!(counts, [10, 16, 16, 16]);
    }
}
