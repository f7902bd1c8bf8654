//! A directory with logs and a reader that notes what it is told.

use std::cell::RefCell;
use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use f2b_source::{Chunk, Encoding, Files, Position, Progress, SourceEvent, SourceId, Start};
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};
use tempfile::TempDir;

pub(crate) const LOG: SourceId = SourceId(1);

/// A reader of one path and all it was told.
pub(crate) struct Reader {
    pub(crate) files: Files,
    pub(crate) encoding: Encoding,
    pub(crate) lines: Vec<String>,
    /// What else happened, in words.
    pub(crate) told: Vec<String>,
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) position: Option<Position>,
    /// The file systems that are polled; the directory for tests may lie on one.
    pub(crate) polled: Vec<&'static str>,
    /// Files that came to fit a pattern.
    pub(crate) found: Vec<(PathBuf, Option<Position>)>,
}

impl Reader {
    /// Follows `path` by the kernel's notices.
    pub(crate) fn new(path: &Path, start: Start) -> Self {
        let mut reader = Self::with(Files::new());
        reader.files.watch(LOG, path, start).unwrap();
        reader
    }

    /// Follows nothing yet.
    pub(crate) fn with(files: Files) -> Self {
        Self {
            files,
            encoding: Encoding::Utf8,
            lines: Vec::new(),
            told: Vec::new(),
            chunks: Vec::new(),
            position: None,
            polled: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Reads what is known to wait.
    pub(crate) fn read(&mut self) {
        loop {
            let Self {
                files,
                encoding,
                lines,
                told,
                chunks,
                position,
                polled,
                found,
            } = self;
            let progress = files.read(|event| match event {
                SourceEvent::Chunk(chunk) => {
                    lines.extend(
                        chunk
                            .lines()
                            .map(|line| encoding.decode(line).0.into_owned()),
                    );
                    *position = Some(chunk.end);
                    chunks.push(chunk);
                }
                SourceEvent::Rotated { why, .. } => told.push(format!("{why:?}")),
                SourceEvent::Missing { .. } => told.push("Missing".into()),
                SourceEvent::Elsewhere { .. } => told.push("Elsewhere".into()),
                SourceEvent::Divided { followers, .. } => {
                    told.push(format!("Divided {followers:?}"));
                }
                SourceEvent::Appeared { .. } => told.push("Appeared".into()),
                SourceEvent::Vanished { .. } => told.push("Vanished".into()),
                SourceEvent::Found { path, read_to, .. } => found.push((path, read_to)),
                SourceEvent::Polled { filesystem, .. } => polled.push(filesystem),
                SourceEvent::Problem { error, .. } | SourceEvent::PatternProblem { error, .. } => {
                    told.push(error.to_string());
                }
            });
            if progress == Progress::Done {
                return;
            }
        }
    }

    /// Looks at everything again and reads.
    pub(crate) fn rescan(&mut self) {
        self.files.rescan();
        self.read();
    }

    /// Returns the lines since the last call.
    pub(crate) fn take_lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }

    /// Returns what was told since the last call.
    pub(crate) fn take_told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }
}

pub(crate) fn directory() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("auth.log");
    (directory, path)
}

/// Lets time pass for directories: what happens in them within one tick of the system's clock is seen
/// at a rescan only, and a test does more than that in a tick.
pub(crate) fn pass_time(directory: &Path) {
    static TICKS: AtomicU64 = AtomicU64::new(0);
    let ticks = TICKS.fetch_add(1, Ordering::Relaxed);
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(ticks);
    File::open(directory).unwrap().set_modified(time).unwrap();
    for entry in directory.read_dir().unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            pass_time(&entry.path());
        }
    }
}

pub(crate) fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// Runs so many sequences of up to `longest` actions; what `run` gets as reader it gives back when all is well.
pub(crate) fn run_sequences<A: Debug>(
    cases: u32,
    longest: usize,
    action: impl Strategy<Value = A>,
    run: impl Fn(Files, Vec<A>) -> Result<Files, String>,
) {
    // A queue of notices takes the kernel tens of milliseconds to close: one serves all sequences.
    let files = RefCell::new(None);
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let sequences = prop::collection::vec(action, 0..longest);
    let result = TestRunner::new(config).run(&sequences, |actions| {
        let reader = files.take().unwrap_or_else(Files::new);
        let left = run(reader, actions).map_err(TestCaseError::fail)?;
        files.replace(Some(left));
        Ok(())
    });
    if let Err(TestError::Fail(reason, actions)) = &result {
        assert!(result.is_ok(), "{reason}\n{actions:#?}");
    }
    result.unwrap();
}
