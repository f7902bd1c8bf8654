//! One jail of the running server: its judgement, and what it reads.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use f2b_action::{Definition, ElementSet};
use f2b_core::{Dice, FailId, Jail, Settings};
use f2b_firewall::JailRules;
use f2b_match::{DateDetector, Filter, Judging, Matcher, Zone};
use f2b_protocol::Exception;
use f2b_source::{Encoding, FollowerId, PatternId, Position, SourceId, Start};
use indexmap::{IndexMap, IndexSet};

use super::ignoring::Ignoring;
use super::options::JailTold;
use super::passes::Stamp;
pub(crate) use super::reading::JournalSource;
use super::reading::{JournalArguments, Places};
use crate::clock;
use crate::shell::Worker;

/// Where a jail shall take its lines from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    /// From its log file if there is one, else from the journal.
    Auto,
    /// From log files.
    Files,
    /// From the journal.
    Journal,
}

/// A log file that a jail was told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogFile {
    /// Its path.
    pub(crate) path: PathBuf,
    /// Whether only lines that are written after the start count.
    pub(crate) tail: bool,
}

/// A pattern of `logpath`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogPattern {
    /// As it is written.
    pub(crate) pattern: String,
    /// The number under which it is watched; none while the jail rests or reads no files.
    pub(crate) id: Option<PatternId>,
}

/// The patterns of a jail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogPatterns(pub(crate) Vec<LogPattern>);

impl LogPatterns {
    /// Tells whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A jail, configured or running.
#[derive(Debug)]
pub(crate) struct JailRuntime {
    /// Its name.
    pub(crate) name: String,
    /// Where it shall read.
    pub(crate) backend: Backend,
    /// Which journal, if it shall read there.
    pub(crate) journal: JournalArguments,
    /// Whom it follows and has banned.
    pub(crate) jail: Jail,
    /// Its rules.
    pub(crate) filter: Filter,
    /// The memory of the lines it has read: dates, sessions.
    pub(crate) matcher: Matcher,
    /// Says which rules these are.
    pub(crate) stamp: Stamp,
    /// The encoding of its log files.
    pub(crate) encoding: Encoding,
    /// The log files it was told of, those that are waited for included.
    pub(crate) logs: Vec<LogFile>,
    /// Patterns that further log files may come to fit.
    pub(crate) patterns: LogPatterns,
    /// How far an earlier run has read its log files, if more of them may be found.
    pub(crate) places: Option<Places>,
    /// Its `journalmatch`: groups of which any may fit.
    pub(crate) matches: Vec<Vec<String>>,
    /// Whom it ignores.
    pub(crate) ignoring: Ignoring,
    /// Whether something of it waits for an answer: meanwhile no place is recorded, so that after a crash
    /// all of it is read again.
    pub(crate) is_parking: bool,
    /// Whose tallies were not recorded for that reason.
    pub(crate) held_back: IndexSet<FailId>,
    /// Its actions by name, each with its properties.
    pub(crate) actions: IndexMap<String, Definition>,
    /// The sets of nftables that the elements of its actions go into, once somebody has asked.
    pub(crate) sets: OnceCell<Vec<ElementSet>>,
    /// Where the properties of an action were written last, as the beginning of a message; of those that a
    /// file says.
    pub(crate) action_places: IndexMap<String, String>,
    /// Runs the commands of its actions, once it is started and has such.
    pub(crate) worker: Option<Worker>,
    /// What the kernel was asked to hold for its own action.
    pub(crate) rules: Option<JailRules>,
    /// The number of the hand-over until whose end the kernel holds its bans still.
    pub(crate) lingers: Option<u64>,
    /// Whether it rests: nothing is read, and nothing is lost.
    pub(crate) is_idle: bool,
    /// What keeps it from being started.
    pub(crate) broken: Option<String>,
    /// What of its configuration it goes on without.
    pub(crate) lacking: Vec<String>,
    /// Why it runs with an older configuration than the one that was read last.
    pub(crate) outdated: Option<String>,
    /// What it reads.
    pub(crate) sources: Sources,
    /// The number under which the reader of files knows it; none before it reads any.
    pub(crate) follower: Option<FollowerId>,
    /// How far logs were read that it no longer reads.
    pub(crate) left: IndexMap<PathBuf, Position>,
    /// Those of them that are not on disk yet.
    pub(crate) left_unsaved: IndexMap<PathBuf, Position>,
    /// What it has read since the server started.
    pub(crate) read: ReadCounters,
    /// What is answered about settings.
    pub(crate) told: JailTold,
    /// Whether bans that an earlier run left in the kernel were compared with ours.
    pub(crate) reconciled: bool,
}

/// Counters of lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReadCounters {
    /// Lines read.
    pub(crate) lines: u64,
    /// Lines that were a failure.
    pub(crate) matched: u64,
    /// Lines that were not looked at because of their length.
    pub(crate) oversize: u64,
    /// Lines that made the matcher panic and were stepped over.
    pub(crate) panicked: u64,
    /// Lines that a rule was not matched against to the end, as it would have taken too long.
    pub(crate) given_up: u64,
    /// Failures of names that were given up, as too many waited.
    pub(crate) names: u64,
    /// Lines that are not in the jail's encoding.
    pub(crate) undecoded: u64,
}

/// What a jail reads.
#[derive(Debug)]
pub(crate) enum Sources {
    /// Nothing: it was not started.
    None,
    /// Log files; a jail whose files are all missing waits.
    Files(IndexMap<PathBuf, FileSource>),
    /// The journal.
    Journal(Box<JournalSource>),
}

/// One log file of a jail.
#[derive(Debug)]
pub(crate) struct FileSource {
    /// Its path.
    pub(crate) path: PathBuf,
    /// The number under which the jail is known to the reader.
    pub(crate) follower: FollowerId,
    /// Whether it has been read to its end once.
    pub(crate) in_operation: bool,
    /// How it is.
    pub(crate) state: FileState,
    /// Where reading began.
    pub(crate) start: Start,
    /// The number under which it is read; none while the jail rests.
    pub(crate) feed: Option<SourceId>,
    /// Lines before this place are not for the jail, if what is read now began earlier.
    pub(crate) gate: Option<Position>,
    /// How far it was read.
    pub(crate) reached: Option<Position>,
    /// How far it was read beyond what is on disk.
    pub(crate) unsaved: Option<Position>,
    /// Whether any position of it is on disk.
    pub(crate) is_recorded: bool,
}

/// How a log file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FileState {
    /// It is read.
    Reading,
    /// There is none; it is waited for.
    Missing,
    /// It is read under another name.
    Elsewhere,
    /// It cannot be read.
    Problem(String),
}

impl JailRuntime {
    pub(crate) fn new(name: String, backend: Backend, zone: Zone) -> Self {
        let mut matcher = Matcher::new(DateDetector::new(), zone, Judging::server());
        matcher.time_rules(clock::nanos);
        Self {
            backend,
            journal: JournalArguments::default(),
            jail: Jail::new(&name, Settings::default(), Dice::seeded(clock::seed())),
            filter: Filter::default(),
            matcher,
            stamp: Stamp::new(),
            encoding: Encoding::Utf8,
            logs: Vec::new(),
            patterns: LogPatterns::default(),
            places: None,
            matches: Vec::new(),
            actions: IndexMap::new(),
            sets: OnceCell::new(),
            action_places: IndexMap::new(),
            ignoring: Ignoring::default(),
            is_parking: false,
            held_back: IndexSet::new(),
            worker: None,
            rules: None,
            lingers: None,
            is_idle: false,
            broken: None,
            outdated: None,
            lacking: Vec::new(),
            sources: Sources::None,
            follower: None,
            left: IndexMap::new(),
            left_unsaved: IndexMap::new(),
            read: ReadCounters::default(),
            told: JailTold::default(),
            reconciled: false,
            name,
        }
    }

    /// Returns a jail that reads through the backend of this name.
    ///
    /// # Errors
    /// There is no such backend, or its arguments say nothing.
    pub(crate) fn of_backend(name: &str, backend: &str, zone: Zone) -> Result<Self, Exception> {
        let (kind, arguments) = JournalArguments::of_backend(backend)?;
        let mut runtime = Self::new(name.to_owned(), kind, zone);
        runtime.journal = arguments;
        backend.clone_into(&mut runtime.told.backend);
        Ok(runtime)
    }

    /// Returns the rules to change them.
    pub(crate) fn filter_mut(&mut self) -> &mut Filter {
        self.stamp = Stamp::new();
        self.matcher.forget_costs();
        &mut self.filter
    }

    /// Tells whether the server itself writes this jail's bans to the kernel.
    pub(crate) fn has_native_action(&self) -> bool {
        self.actions.values().any(super::native::is_native)
    }

    /// Tells whether it was started.
    pub(crate) fn is_started(&self) -> bool {
        !matches!(self.sources, Sources::None)
    }

    /// Tells whether everything that was there at the start has been read.
    pub(crate) fn has_caught_up(&self) -> bool {
        match &self.sources {
            Sources::None => false,
            Sources::Files(files) => files
                .values()
                .all(|file| file.in_operation || file.state != FileState::Reading),
            Sources::Journal(journal) => journal.in_operation,
        }
    }
}

impl FileSource {
    /// Returns a file of which nothing was read yet.
    pub(crate) fn new(path: PathBuf, start: Start, follower: FollowerId) -> Self {
        let reached = match start {
            Start::At(position) => Some(position),
            Start::Head | Start::Tail => None,
        };
        Self {
            in_operation: matches!(start, Start::Tail),
            state: if path.exists() {
                FileState::Reading
            } else {
                FileState::Missing
            },
            is_recorded: reached.is_some(),
            reached,
            // It may come from memory.
            unsaved: reached,
            feed: None,
            gate: None,
            path,
            follower,
            start,
        }
    }
}

impl Sources {
    /// Goes through the log files.
    pub(crate) fn files(&self) -> impl Iterator<Item = &FileSource> {
        match self {
            Self::Files(files) => Some(files.values()),
            Self::None | Self::Journal(_) => None,
        }
        .into_iter()
        .flatten()
    }

    /// Goes through the log files to change them.
    pub(crate) fn files_mut(&mut self) -> impl Iterator<Item = &mut FileSource> {
        match self {
            Self::Files(files) => Some(files.values_mut()),
            Self::None | Self::Journal(_) => None,
        }
        .into_iter()
        .flatten()
    }

    /// Returns the log file at a path, if it is read under this number.
    pub(crate) fn file_mut(&mut self, path: &Path, feed: SourceId) -> Option<&mut FileSource> {
        match self {
            Self::Files(files) => files.get_mut(path).filter(|file| file.feed == Some(feed)),
            Self::None | Self::Journal(_) => None,
        }
    }

    /// Returns the journal.
    pub(crate) fn journal_mut(&mut self) -> Option<&mut JournalSource> {
        match self {
            Self::Journal(journal) => Some(journal),
            Self::None | Self::Files(_) => None,
        }
    }
}
