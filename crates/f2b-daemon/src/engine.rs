//! The owner of all jails: takes events one by one and decides what follows.

mod actions;
mod bans;
mod comeback;
mod effects;
mod feeds;
mod ignoring;
mod ipv6;
mod jail;
mod journals;
mod lines;
mod names;
mod native;
mod options;
mod passes;
mod past;
mod python;
mod reading;
mod reconcile;
mod reload;
mod requests;
mod settings;
mod shared;
mod start;
mod status;
mod stop;
mod supplement;

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use f2b_action::Host;
use f2b_core::{Input, Span, UnixTime};
use f2b_match::Zone;
use f2b_protocol::{Answer, Command, Reply, Value};
use f2b_source::SourceId;
use f2b_store::{EarlierPosition, FilePosition, JOURNAL, JournalPosition, Position, SourceState};
use indexmap::{IndexMap, IndexSet};

use self::feeds::Feeds;
use self::ignoring::{KnownHosts, Parked};
use self::jail::JailRuntime;
use self::journals::JournalFeed;
use self::names::Named;
use self::options::Told;
use self::passes::Passes;
use self::past::PastBans;
use self::supplement::Supplement;
use crate::asking::{Asker, Question};
use crate::batch::{Batch, KernelOrder};
use crate::clock;
use crate::enforcement::Enforcement;
use crate::event::{Event, ReplyTo};
use crate::log::Log;
use crate::reader::Reader;
use crate::shell::Workers;
use crate::storage::Database;
use crate::supervisor::Pulse;
use crate::watch::Watches;

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
    /// Tell what other programs take away from nftables.
    pub(crate) watches: Watches,
    /// Run the commands of actions.
    pub(crate) workers: Workers,
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
    /// The log files that are read.
    feeds: Feeds,
    /// The rules of jails that read the same lines.
    passes: Passes,
    next_source: u32,
    /// The journals that are read, each for all its jails.
    journals: IndexMap<SourceId, JournalFeed>,
    /// Whether jails may want other entries of journals than are read.
    journals_are_stale: bool,
    /// What is wrong with the configuration, beside jails that are broken.
    mistakes: Vec<String>,
    /// What came ahead of the stream, and how many of its commands were carried out.
    supplement: Supplement,
    commands: usize,
    /// Jails that could not be added: what else the stream says of them is passed over.
    refused: IndexSet<String>,
    dbpurgeage: Span,
    /// Options that a command line has set, and no file.
    overrides: IndexSet<String>,
    told: Told,
    ipv6: ipv6::Ipv6,
    /// What actions may say of this machine, once one has asked.
    host: Option<Host>,
    /// What is known of names and of whom files tell to ignore.
    known: KnownHosts,
    asker: Asker,
    /// How often actions that run commands took over from the kernel.
    handovers: u64,
    /// Questions that have no answer yet, and since when.
    asked: IndexMap<Question, Instant>,
    /// What waits for answers.
    parked: Parked,
    /// Failures that wait for the addresses of a name.
    named: Named,
    /// Who was banned before.
    past: PastBans,
    /// Clients that asked to be answered later.
    sleepers: Vec<(Instant, ReplyTo)>,
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
        let ipv6 = ipv6::Ipv6::default();
        Self {
            zone: Zone::system(),
            jails: IndexMap::new(),
            feeds: Feeds::default(),
            passes: Passes::default(),
            next_source: 0,
            journals: IndexMap::new(),
            journals_are_stale: false,
            mistakes: Vec::new(),
            supplement: Supplement::default(),
            commands: 0,
            refused: IndexSet::new(),
            dbpurgeage: Span::from_seconds(86_400),
            overrides: IndexSet::new(),
            told: Told::default(),
            ipv6,
            host: None,
            known: KnownHosts::new(around.log.clone(), ipv6.is_allowed()),
            asker: Asker::new(&around.events, &around.log),
            handovers: 0,
            asked: IndexMap::new(),
            parked: Parked::default(),
            named: Named::default(),
            past: PastBans::default(),
            sleepers: Vec::new(),
            saved: now,
            looked: now,
            purged: now,
            around,
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
        self.purge(clock::now());
        let mut batch = Batch::default();
        batch.kernel.push(KernelOrder::RemoveUnknown);
        self.send(batch);
        self.settle_journals();
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
            Event::File(news) => self.on_file(&news),
            Event::Journal(news) => self.on_journal(news),
            Event::Answer(question, answer) => self.on_answer(&question, answer),
            Event::Command(command, to) => return self.on_command(&command, to),
            Event::TakenOver(jail, number) => self.end_lingering(&jail, number),
            Event::ElementsLost(jail) => self.put_back(&jail),
            Event::Explain(jail, to) => self.explain(&jail, &to),
            Event::ActionLost {
                jail,
                action,
                reason,
            } => self.lose_action(&jail, &action, reason),
            Event::ActionKept {
                jail,
                action,
                reason,
            } => self.keep_action(&jail, *action, reason),
            Event::Wanted(command, to) => self.tell_action(&command, &to),
            Event::Terminate(signal) => {
                self.around
                    .log
                    .info("server", format!("Caught signal {signal}. Exiting"));
                return Some(Ending { asked: None });
            }
            Event::ReopenLog => {
                self.around.log.flush_logs();
            }
            Event::Reload(stream) => self.reload_by_signal(stream),
        }
        None
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
        let tick = clock::tick();
        let sleepers = self.sleepers.iter().map(|(end, _)| *end - tick);
        sleepers.fold(until, Duration::min).min(LONGEST_REST)
    }

    fn pass_time(&mut self) {
        self.settle_journals();
        let now = clock::now();
        let mut batch = Batch::default();
        for runtime in self.jails.values_mut() {
            let effects = runtime.jail.on(Input::Clock, now, self.past.history());
            runtime.carry_out(effects, &mut self.past, &self.around, &mut batch);
            runtime.save_tallies(&mut batch);
        }
        let tick = clock::tick();
        if tick - self.saved >= SAVE_PAUSE {
            self.saved = tick;
            self.jails
                .values_mut()
                .for_each(|runtime| runtime.save_positions(&mut batch));
            let stamps = self.jails.values().map(|runtime| runtime.stamp);
            self.passes.keep(&stamps.collect());
        }
        self.send(batch);
        self.look_for_database();
        self.wake_sleepers(tick);
        self.give_up_questions();
        if tick - self.looked >= LOOK_PAUSE {
            self.looked = tick;
            self.look_for_journals();
        }
        if tick - self.purged >= PURGE_PAUSE {
            self.purged = tick;
            self.purge(now);
        }
    }

    /// Forgets what is older than `dbpurgeage`.
    fn purge(&mut self, now: UnixTime) {
        let around = &self.around;
        around.database.purge(now, self.dbpurgeage, &around.log);
        self.past.purge(now.minus(self.dbpurgeage));
    }

    /// Answers the clients whose time has come.
    fn wake_sleepers(&mut self, now: Instant) {
        let is_over = |(end, _): &mut (Instant, ReplyTo)| *end <= now;
        for (_, to) in self.sleepers.extract_if(.., is_over) {
            to.send(Answer::Reply(Ok(Value::None)));
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
