//! Questions that take their time: names of hosts, and commands that say who is ignored. A few threads
//! ask; the engine goes on.

use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};
use f2b_action::{Ending, Line as ActionLine, Outcome, Script, report, spawn};
use f2b_core::FailId;

use crate::clock;
use crate::event::Event;
use crate::guard;
use crate::log::Log;
use crate::shell::{self, TicketInfo};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Question {
    /// The addresses of a host.
    Name(Box<str>),
    /// The addresses and names of this host.
    Itself,
    /// Whether a command ignores somebody.
    Command {
        /// For which jail.
        jail: String,
        /// Whom.
        id: FailId,
    },
}

impl Question {
    /// Returns how long its answer is waited for.
    pub(crate) fn patience(&self) -> Duration {
        match self {
            Self::Name(_) | Self::Itself => Duration::from_secs(20),
            // The command itself is ended before.
            Self::Command { .. } => Duration::from_secs(120),
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The addresses; or why there are none, in the words of the system.
    Addresses(Result<Vec<IpAddr>, String>),
    /// Whether the command ignores.
    Ignores(bool),
}

/// How many threads ask at most for each kind of question.
const MOST_THREADS: usize = 8;

/// How long an `ignorecommand` may take; as the original.
const COMMAND_TIME: Duration = Duration::from_secs(60);

/// Asks questions; answers come as events.
#[derive(Debug)]
pub(crate) struct Asker {
    /// For names that somebody has configured, and this host's own.
    own: Pool,
    /// For names that stand in logs: whoever writes them there holds up no others.
    names: Pool,
    commands: Pool,
}

impl Asker {
    pub(crate) fn new(events: &Sender<Event>, log: &Log) -> Self {
        Self {
            own: Pool::new(events, log),
            names: Pool::new(events, log),
            commands: Pool::new(events, log),
        }
    }

    /// Asks for the addresses of this host or of one that somebody has configured.
    pub(crate) fn ask(&self, question: Question) {
        self.own.take(question, None);
    }

    /// Asks for the addresses of a name that stands in a log.
    pub(crate) fn ask_of_log(&self, question: Question) {
        self.names.take(question, None);
    }

    /// Asks a command.
    pub(crate) fn ask_command(&self, jail: &str, id: &FailId, command: String, info: TicketInfo) {
        let question = Question::Command {
            jail: jail.to_owned(),
            id: id.clone(),
        };
        self.commands.take(question, Some((command, info)));
    }
}

/// A question, since when it waits, and for a command what it is and of whom it is asked.
type Asked = (Question, Instant, Option<(String, TicketInfo)>);

/// Threads for one kind of question, as many as are needed so far.
#[derive(Debug)]
struct Pool {
    questions: Sender<Asked>,
    incoming: Receiver<Asked>,
    events: Sender<Event>,
    log: Log,
    threads: AtomicUsize,
    idle: Arc<AtomicUsize>,
}

impl Pool {
    fn new(events: &Sender<Event>, log: &Log) -> Self {
        // The engine lets only a bounded number of questions be open.
        let (questions, incoming) = unbounded();
        Self {
            questions,
            incoming,
            events: events.clone(),
            log: log.clone(),
            threads: AtomicUsize::new(0),
            idle: Arc::default(),
        }
    }

    fn take(&self, question: Question, command: Option<(String, TicketInfo)>) {
        let count = self.threads.load(Ordering::Relaxed);
        if self.idle.load(Ordering::Relaxed) == 0 && count < MOST_THREADS && self.start() {
            self.threads.store(count + 1, Ordering::Relaxed);
        }
        // This side holds the other end as well.
        self.questions.send((question, clock::tick(), command)).ok();
    }

    /// Starts one more thread, if the system has one to give; otherwise the others do it.
    fn start(&self) -> bool {
        let (incoming, events) = (self.incoming.clone(), self.events.clone());
        let (log, idle) = (self.log.clone(), Arc::clone(&self.idle));
        let work = move || {
            loop {
                idle.fetch_add(1, Ordering::Relaxed);
                let asked = incoming.recv();
                idle.fetch_sub(1, Ordering::Relaxed);
                let Ok((question, since, command)) = asked else {
                    return;
                };
                if clock::tick() - since > question.patience() {
                    // Nobody waits for it any more, but others for theirs.
                    continue;
                }
                let answer = answer(&question, command, &log);
                if events.send(Event::Answer(question, answer)).is_err() {
                    return;
                }
            }
        };
        guard::start("asker", work).is_ok()
    }
}

fn answer(question: &Question, command: Option<(String, TicketInfo)>, log: &Log) -> Answer {
    match question {
        Question::Name(name) => Answer::Addresses(look_up(name)),
        Question::Itself => Answer::Addresses(Ok(own_addresses())),
        Question::Command { .. } => {
            let ignores = |(command, mut info): (String, TicketInfo)| {
                says(&Script::fill(&command, &mut info), log)
            };
            Answer::Ignores(command.is_some_and(ignores))
        }
    }
}

/// Asks the system for the addresses of a host, in the system's order.
///
/// # Errors
/// There are none: the reason, in the words of the system with the number that the original shows before them.
pub fn addresses_of(name: &str) -> Result<impl Iterator<Item = IpAddr>, String> {
    let found = (name, 0).to_socket_addrs().map_err(|error| {
        // The system says `failed to lookup address information: Name or service not known`.
        let text = error.to_string();
        let reason = text.rsplit(": ").next().unwrap_or_default();
        match reason {
            "Name or service not known" => format!("[Errno -2] {reason}"),
            "Temporary failure in name resolution" => format!("[Errno -3] {reason}"),
            "No address associated with hostname" => format!("[Errno -5] {reason}"),
            _ => text,
        }
    })?;
    Ok(found.map(|found| found.ip()))
}

/// Returns the addresses of a host as the system knows them, those of IPv4 first.
fn look_up(name: &str) -> Result<Vec<IpAddr>, String> {
    let found = addresses_of(name)?;
    let mut addresses: Vec<IpAddr> = found.map(|found| found.to_canonical()).collect();
    addresses.sort_unstable_by_key(|address| (address.is_ipv6(), *address));
    addresses.dedup();
    Ok(addresses)
}

/// The addresses of this host's interfaces, and of its names.
fn own_addresses() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let mut addresses: Vec<IpAddr> = interfaces.iter().map(if_addrs::Interface::ip).collect();
    let host = shell::host(true);
    for name in ["localhost", &host.short_name, &host.fq_name] {
        addresses.extend(look_up(name).unwrap_or_default());
    }
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

/// Runs an `ignorecommand`: 0 ignores, 1 does not, everything else is an error and does not.
fn says(script: &Script, log: &Log) -> bool {
    let outcome = spawn::run(script, COMMAND_TIME);
    let is_answer =
        |outcome: &Outcome| !outcome.timed_out && matches!(outcome.ending, Ending::Code(0 | 1));
    if !is_answer(&outcome) {
        let mut say = |line: ActionLine| log.write(&shell::told(line));
        report("7f0000000000", script, "60", &outcome, &mut say);
    }
    outcome.is_success() && is_answer(&outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{LogLevel, LogTarget};

    #[test]
    fn names_in_logs_hold_up_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let target = LogTarget::named(path.to_str().unwrap()).unwrap();
        let log = Log::open(target, None, LogLevel::default()).unwrap();
        let (events, incoming) = unbounded();
        let asker = Asker::new(&events, &log);
        // As if all threads were asking already.
        asker.names.threads.store(MOST_THREADS, Ordering::Relaxed);
        asker.ask_of_log(Question::Name("name.invalid".into()));
        asker.ask(Question::Itself);
        let Event::Answer(question, _) = incoming.recv().unwrap() else {
            panic!("there is nothing else");
        };
        assert_eq!(question, Question::Itself);
    }

    #[test]
    fn what_nobody_waits_for_any_more_is_not_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let target = LogTarget::named(path.to_str().unwrap()).unwrap();
        let log = Log::open(target, None, LogLevel::default()).unwrap();
        let (events, incoming) = unbounded();
        let pool = Pool::new(&events, &log);
        let old = Question::Name("no-such-host.invalid".into());
        let since = clock::tick() - old.patience() - Duration::from_secs(1);
        pool.questions.send((old, since, None)).unwrap();
        pool.take(Question::Name("localhost".into()), None);
        let Event::Answer(question, _) = incoming.recv().unwrap() else {
            panic!("there is nothing else");
        };
        assert_eq!(question, Question::Name("localhost".into()));
    }

    #[test]
    fn names_of_this_host_have_addresses() {
        assert!(
            look_up("localhost")
                .unwrap()
                .iter()
                .any(IpAddr::is_loopback)
        );
        let reason = look_up("no-such-host.invalid").unwrap_err();
        assert!(reason.starts_with("[Errno -"), "{reason}");
        assert!(own_addresses().iter().any(IpAddr::is_loopback));
    }
}
