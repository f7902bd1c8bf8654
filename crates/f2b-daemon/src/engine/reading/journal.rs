//! The journal of a jail: begun, read anew, and how far it was read.

use f2b_core::UnixTime;
use f2b_source::SourceId;
use f2b_source::journal::Which;
use f2b_store::{JOURNAL, JournalPosition, Position, SourceState};

use crate::batch::Batch;
use crate::clock;
use crate::engine::jail::{JailRuntime, Sources};
use crate::engine::{Engine, journal_state};
use crate::journal::{JournalStart, namespaces};
use crate::log::{Level, Line};

/// The journal of a jail. Who reads it for all its jails is [a feed](crate::engine::journals).
#[derive(Debug)]
pub(crate) struct JournalSource {
    /// The number of its feed, another one each time reading begins; none while the jail rests or before the first.
    pub(crate) feed: Option<SourceId>,
    /// Which journal.
    pub(crate) which: Which,
    /// Where reading goes on.
    pub(crate) start: JournalStart,
    /// Whether it has been read to its end once.
    pub(crate) in_operation: bool,
    /// What is wrong, if anything.
    pub(crate) problem: Option<String>,
    /// How far it was read beyond what is on disk.
    pub(crate) unsaved: Option<JournalPosition>,
}

impl Engine {
    /// Reads the journal from now on, and no files any more.
    pub(in crate::engine) fn read_journal(
        &mut self,
        jail: &str,
        known: &[SourceState],
        batch: &mut Batch,
    ) {
        let Some(runtime) = self.jails.get_mut(jail) else {
            return;
        };
        let oldest = clock::now().minus(runtime.jail.settings().findtime);
        let source = JournalSource {
            feed: None,
            which: runtime.journal.which.clone(),
            start: journal_start(known, oldest),
            in_operation: false,
            problem: None,
            unsaved: None,
        };
        let before = std::mem::replace(&mut runtime.sources, Sources::Journal(Box::new(source)));
        for text in [
            format!("Jail '{jail}' uses systemd {}", runtime.journal.shown()),
            "Initiated 'systemd' backend".to_owned(),
        ] {
            batch.lines.push(Line::new(Level::Info, "jail", text));
        }
        let namespaces = match runtime.journal.which.is_default() {
            true => namespaces().join(", "),
            false => String::new(),
        };
        if !namespaces.is_empty() {
            let text = format!(
                "Jail '{jail}' reads the journal without its namespaces; there are: {namespaces} \
                 (hint: `backend = systemd[namespace=NAME]` reads one)"
            );
            batch.lines.push(Line::new(Level::Notice, "jail", text));
        }
        if let Sources::Files(files) = before {
            for mut file in files.into_values() {
                self.feeds.end(&mut file, &self.around.reader);
            }
        }
        self.forget_follower(jail);
        self.journals_are_stale = true;
    }
}

impl JailRuntime {
    /// Says why a jail that was not told reads the journal.
    pub(in crate::engine) fn why_journal(&self, jail: &str) -> String {
        let paths = self.logs.iter().map(|log| log.path.display().to_string());
        let paths: Vec<String> = paths.collect();
        let files = match paths.len() {
            0 => "it has no `logpath`".to_owned(),
            _ => format!("none of its log files exists ({})", paths.join(", ")),
        };
        format!("Jail '{jail}' reads the journal: {files} and this machine keeps a journal")
    }
}

impl Sources {
    /// Returns how far the journal was read, if it is read.
    pub(in crate::engine) fn journal_state(&self) -> Option<SourceState> {
        let Self::Journal(journal) = self else {
            return None;
        };
        journal.reached().map(journal_state)
    }
}

impl JournalSource {
    /// Returns how far the journal was read, if an entry was.
    pub(in crate::engine) fn reached(&self) -> Option<JournalPosition> {
        let cursor = self.start.cursor.as_ref()?;
        Some(JournalPosition {
            cursor: Some(cursor.to_string().into()),
            time: self.start.since,
        })
    }
}

/// Where to begin with the journal: behind the last entry seen, but not before what still counts.
fn journal_start(known: &[SourceState], oldest: UnixTime) -> JournalStart {
    let position = known
        .iter()
        .find(|state| *state.source == *JOURNAL)
        .map(|state| &state.position);
    match position {
        Some(Position::Journal(position)) if position.time > oldest => JournalStart {
            cursor: position
                .cursor
                .as_deref()
                .and_then(|cursor| cursor.parse().ok()),
            since: position.time,
        },
        _ => JournalStart {
            cursor: None,
            since: oldest,
        },
    }
}
