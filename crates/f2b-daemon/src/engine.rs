//! The owner of all jails: takes events one by one and decides what follows.

mod jail;
mod lines;
mod native;
mod options;
mod requests;
mod settings;
mod start;
mod status;
mod supplement;

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use f2b_core::{Ban, Bantime, Effect, FailId, Input, Span, UnixTime};
use f2b_match::Zone;
use f2b_protocol::{Command, Reply, Value};
use f2b_source::SourceId;
use f2b_store::{EarlierPosition, FilePosition, JOURNAL, JournalPosition, Position, SourceState};
use indexmap::{IndexMap, IndexSet};

use self::jail::JailRuntime;
use self::options::Told;
use self::supplement::Supplement;
use crate::batch::{Batch, KernelOrder};
use crate::clock;
use crate::enforcement::Enforcement;
use crate::event::{Event, ReplyTo};
use crate::log::{Line, Log};
use crate::reader::Reader;
use crate::storage::Database;
use crate::supervisor::Pulse;
use crate::text;

/// How often positions are saved that nothing has been decided at.
const SAVE_PAUSE: Duration = Duration::from_secs(10);

/// How often it is looked whether what a jail waits for is there.
const LOOK_PAUSE: Duration = Duration::from_secs(5);

/// How often the database is purged.
const PURGE_PAUSE: Duration = Duration::from_secs(3_600);

/// The longest sleep of the engine.
const LONGEST_REST: Duration = Duration::from_secs(1);

/// What the engine is given.
pub(crate) struct Surroundings {
    pub(crate) log: Log,
    pub(crate) database: Database,
    pub(crate) enforcement: Enforcement,
    pub(crate) reader: Reader,
    pub(crate) events: Sender<Event>,
    /// Tells the service manager that the engine goes on.
    pub(crate) pulse: Pulse,
    /// Where decisions go.
    pub(crate) batches: Sender<Batch>,
}

/// All jails, and what they share.
pub(crate) struct Engine {
    around: Surroundings,
    zone: Zone,
    jails: IndexMap<String, JailRuntime>,
    /// Which jail reads a source.
    readers: IndexMap<SourceId, String>,
    next_source: u32,
    /// What is wrong with the configuration, beside jails that are broken.
    mistakes: Vec<String>,
    /// What came ahead of the stream, and how many of its commands were carried out.
    supplement: Supplement,
    commands: usize,
    /// Jails that could not be added: what else the stream says of them is passed over.
    refused: IndexSet<String>,
    dbpurgeage: Span,
    told: Told,
    saved: Instant,
    looked: Instant,
    purged: Instant,
}

/// Why the engine ended.
pub(crate) struct Ending {
    /// The client that asked for it, to be answered when everything is down.
    pub(crate) asked: Option<ReplyTo>,
}

impl Engine {
    pub(crate) fn new(around: Surroundings) -> Self {
        let now = clock::tick();
        Self {
            around,
            zone: Zone::system(),
            jails: IndexMap::new(),
            readers: IndexMap::new(),
            next_source: 0,
            mistakes: Vec::new(),
            supplement: Supplement::default(),
            commands: 0,
            refused: IndexSet::new(),
            dbpurgeage: Span::from_seconds(86_400),
            told: Told::default(),
            saved: now,
            looked: now,
            purged: now,
        }
    }

    /// Carries out the commands that configure the server. One that fails is logged; a jail that it
    /// was for is not started, the others are. The reply is the first that failed.
    pub(crate) fn configure(&mut self, stream: &[Command]) -> Reply {
        let mut first = Ok(Value::None);
        for command in stream {
            let is_refused = command.word(0) != Some("add")
                && command
                    .word(1)
                    .is_some_and(|jail| self.refused.contains(jail));
            if !is_refused && let Err(exception) = self.stream_command(command) {
                let reason = exception.to_string();
                let shown = cut(&command.to_string());
                let text = format!("Command {shown} has failed. Received {}", exception.repr());
                self.around.log.error("transmitter", text);
                self.mark_broken(command, &reason);
                first = first.and(Err(exception));
            }
            // The supplement itself is none of the commands that it speaks of.
            if command.word(0) != Some("stockade-supplement") {
                self.commands += 1;
            }
        }
        self.around
            .database
            .purge(clock::now(), self.dbpurgeage, &self.around.log);
        let mut batch = Batch::default();
        batch.kernel.push(KernelOrder::RemoveUnknown);
        self.send(batch);
        first
    }

    /// Returns why no jail at all can be started; nothing if one can, or if none is wanted.
    pub(crate) fn mistakes_of_all_jails(&self) -> Vec<String> {
        let jails = self.jails.values();
        let broken = jails.filter_map(|runtime| {
            let reason = runtime.broken.as_ref()?;
            Some(format!("[{}] {reason}", runtime.name))
        });
        let broken: Vec<String> = broken.collect();
        if broken.len() < self.jails.len() {
            return Vec::new();
        }
        let mistakes = Some(&self.mistakes).filter(|_| !self.refused.is_empty());
        let mistakes = mistakes.into_iter().flatten().cloned();
        broken.into_iter().chain(mistakes).collect()
    }

    /// Takes events until one of them ends the server.
    pub(crate) fn run(&mut self, events: &Receiver<Event>) -> Ending {
        loop {
            let event = match events.recv_timeout(self.rest()) {
                Ok(event) => Some(event),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return Ending { asked: None },
            };
            self.around.pulse.beat();
            let ending = event.and_then(|event| self.on(event));
            self.pass_time();
            if let Some(ending) = ending {
                return ending;
            }
        }
    }

    /// Takes one event; returns the end if it asks for it.
    fn on(&mut self, event: Event) -> Option<Ending> {
        match event {
            Event::File(news) => self.on_file(news),
            Event::Journal(news) => self.on_journal(news),
            Event::Command(command, to) => return self.on_command(&command, to),
            Event::Terminate(signal) => {
                self.around
                    .log
                    .info("server", format!("Caught signal {signal}. Exiting"));
                return Some(Ending { asked: None });
            }
            Event::ReopenLog => {
                self.around.log.flush_logs();
            }
            Event::Reload => {
                let text = "A reload is not available in this version: stop and start the server";
                self.around.log.warning("server", text);
            }
        }
        None
    }

    /// Ends all jails: bans leave the kernel and stay in the database.
    pub(crate) fn stop(&mut self) {
        let log = &self.around.log;
        log.info("server", "Shutdown in progress...");
        log.info("server", "Stopping all jails");
        let mut batch = Batch::default();
        for runtime in self.jails.values_mut() {
            runtime.save_positions(&mut batch);
            let is_read = |file: &&jail::FileSource| file.state != jail::FileState::Missing;
            for file in runtime.sources.files().filter(is_read) {
                let text = format!("Removed logfile: '{}'", file.path.display());
                batch
                    .lines
                    .push(Line::new(crate::Level::Info, "filter", text));
            }
            runtime.sources = jail::Sources::None;
            for action in runtime.actions.keys() {
                batch.lines.push(text::flush(&runtime.name, action));
            }
            for ban in runtime.jail.bans().iter() {
                batch.lines.push(text::repeal_ban(&runtime.name, &ban.id));
            }
            let text = format!("Jail '{}' stopped", runtime.name);
            batch
                .lines
                .push(Line::new(crate::Level::Info, "jail", text));
        }
        batch.kernel.push(KernelOrder::Close);
        self.send(batch);
    }

    /// Returns how long nothing needs to be done without an event.
    fn rest(&self) -> Duration {
        let now = clock::now();
        let next = self
            .jails
            .values()
            .filter_map(|runtime| runtime.jail.next_end())
            .min();
        let until = next.map_or(LONGEST_REST, |end| {
            // A ban is over when its end has passed.
            let micros = end.since(now).as_micros().saturating_add(1_000);
            Duration::from_micros(u64::try_from(micros).unwrap_or(0))
        });
        until.min(LONGEST_REST)
    }

    fn pass_time(&mut self) {
        let now = clock::now();
        let mut batch = Batch::default();
        for runtime in self.jails.values_mut() {
            let effects = runtime.jail.on(Input::Clock, now);
            runtime.carry_out(effects, &self.around, &mut batch);
        }
        let tick = clock::tick();
        if tick - self.saved >= SAVE_PAUSE {
            self.saved = tick;
            self.jails
                .values_mut()
                .for_each(|runtime| runtime.save_positions(&mut batch));
        }
        if self.around.enforcement.take_rebuild() {
            self.enforce_all(&mut batch);
        }
        self.send(batch);
        if tick - self.looked >= LOOK_PAUSE {
            self.looked = tick;
            self.look_for_journals();
        }
        if tick - self.purged >= PURGE_PAUSE {
            self.purged = tick;
            self.around
                .database
                .purge(now, self.dbpurgeage, &self.around.log);
        }
    }

    /// Has the kernel hold every ban again, after somebody else removed what is ours.
    fn enforce_all(&self, batch: &mut Batch) {
        for runtime in self.jails.values() {
            for ban in runtime.jail.bans().iter() {
                runtime.enforce(ban.id.clone(), ban.end(), &self.around, batch);
            }
        }
    }

    /// Sends decisions on their way. When the queue is full this waits: reading then slows down.
    fn send(&self, batch: Batch) {
        if !batch.is_empty() {
            // The other side ends only after this one.
            self.around.batches.send(batch).ok();
        }
    }
}

impl JailRuntime {
    /// Turns what the jail has decided into orders for kernel, database and log.
    fn carry_out(&self, effects: Vec<Effect>, around: &Surroundings, batch: &mut Batch) {
        let jail = &self.name;
        let mut counted = IndexSet::new();
        for effect in effects {
            match effect {
                Effect::Found { id, time } => {
                    batch.lines.push(text::found(jail, &id, time));
                    counted.insert(id);
                }
                Effect::Forgotten(id) => {
                    counted.insert(id);
                }
                Effect::Ignored(id) => batch.lines.push(text::ignored(jail, &id)),
                Effect::Ban(ban) => {
                    batch.lines.push(text::ban(jail, &ban));
                    self.enforce(ban.id.clone(), ban.end(), around, batch);
                    batch.transaction.record_ban(jail, ban);
                }
                Effect::AlreadyOver(id) => batch.lines.push(text::already_over(jail, &id)),
                Effect::AlreadyBanned { id, age, end } => {
                    batch.lines.push(text::already_banned(jail, &id, age));
                    // Its packets should no longer come: whatever the kernel holds, this is what it
                    // shall hold.
                    self.enforce(id, end, around, batch);
                }
                Effect::EndMoved(ban) => {
                    self.enforce(ban.id.clone(), ban.end(), around, batch);
                    batch.transaction.record_moved_end(jail, self.stored(ban));
                }
                Effect::Unban(ban, _cause) => {
                    batch.lines.push(text::unban(jail, &ban.id));
                    if self.has_native_action() {
                        let jail = jail.clone();
                        batch.kernel.push(KernelOrder::Unban { jail, id: ban.id });
                    }
                }
            }
        }
        for id in counted {
            match self.jail.tallies().tally(&id) {
                Some(tally) => batch.transaction.record_tally(jail, id, tally.clone()),
                None => batch.transaction.record_forgotten(jail, id),
            }
        }
    }

    /// Has the kernel hold a ban until `end`.
    fn enforce(&self, id: FailId, end: Option<UnixTime>, around: &Surroundings, batch: &mut Batch) {
        if !self.has_native_action() {
            return;
        }
        around
            .enforcement
            .note(&self.name, &id, crate::enforcement::BanState::Asked);
        batch.kernel.push(KernelOrder::Ban {
            jail: self.name.clone(),
            id,
            end,
        });
    }

    /// A prolonged ban as the database shall hold it: with the jail's own length and a later begin,
    /// since a length beyond the jail's own would be cut when it is restored.
    fn stored(&self, mut ban: Ban) -> Ban {
        let own = self.jail.settings().bantime;
        if let (Some(end), Bantime::Lasting(length)) = (ban.end(), own) {
            ban.time = end.minus(length);
            ban.bantime = own;
        }
        ban
    }

    /// Puts the positions that were reached without a decision into a batch.
    fn save_positions(&mut self, batch: &mut Batch) {
        let jail = self.name.clone();
        for file in self.sources.files_mut() {
            if let Some(position) = file.unsaved.take() {
                batch
                    .transaction
                    .record_position(&jail, file_state(&file.path, position));
            }
        }
        if let Some(position) = self
            .sources
            .journal_mut()
            .and_then(|journal| journal.unsaved.take())
        {
            batch
                .transaction
                .record_position(&jail, journal_state(position));
        }
    }
}

fn file_state(path: &std::path::Path, position: f2b_source::Position) -> SourceState {
    SourceState {
        source: path.display().to_string().into(),
        position: Position::File(FilePosition {
            device: position.device,
            inode: position.inode,
            offset: position.offset,
            first_line: position.first_line.map(|line| line.to_string().into()),
            earlier: position.earlier.map(|earlier| EarlierPosition {
                device: earlier.device,
                inode: earlier.inode,
                offset: earlier.offset,
                first_line: earlier.first_line.map(|line| line.to_string().into()),
            }),
        }),
    }
}

fn journal_state(position: JournalPosition) -> SourceState {
    SourceState {
        source: JOURNAL.into(),
        position: Position::Journal(position),
    }
}

/// A text for the log, no longer than a person reads.
fn cut(text: &str) -> String {
    const LONGEST: usize = 300;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain("…".chars()).collect()
}
