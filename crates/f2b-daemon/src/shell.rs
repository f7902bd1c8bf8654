//! The threads that run the commands of actions, one for each jail that has any: in order within a
//! jail, and a hanging command holds up nobody else.

mod adopted;
mod elements;
mod overflow;
mod python;
mod running;
mod ticket;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, unbounded};
use f2b_action::{
    Definition, Flush, Host, JailActions, Line as ActionLine, Method, Property, PythonQuestion,
};
use f2b_core::UnixTime;
use f2b_protocol::Value;

use crate::engine::Surroundings;
use crate::event::Event;
use crate::guard;
use crate::log::{Level, Line, Log};
use crate::pending::Pending;
use crate::repairs::Repairs;

use elements::Elements;
use overflow::{Fate, MOST_WAITING, Overflow};
use running::Running;
pub(crate) use ticket::{Counts, Field, NoBan, TicketInfo, element_of};

/// What actions are to do.
#[derive(Debug)]
pub(crate) enum ActionOrder {
    /// The jail begins.
    Start,
    /// Somebody is banned.
    Ban(Box<TicketInfo>),
    /// Somebody fails who is banned.
    AlreadyBanned(Box<TicketInfo>),
    /// What the sets of nftables hold that actions' elements go into shall be explained by bans; what is not
    /// was left by an earlier run.
    Keep,
    /// Such sets have lost bans; these are all that there are.
    PutBack(Vec<TicketInfo>),
    /// A ban ends later than it was said.
    Prolong(Box<TicketInfo>),
    /// A ban ends.
    Unban(Box<TicketInfo>),
    /// All bans end, for all actions or for one.
    Lift {
        /// The bans.
        bans: Vec<TicketInfo>,
        /// Why.
        why: Flush,
        /// The one action.
        only: Option<String>,
    },
    /// The jail ends.
    Stop,
    /// There is one more action; it is not started.
    Add(Box<Definition>),
    /// An action written in Python, which was added before, is made.
    Make {
        /// Which.
        action: String,
        /// The command that asks for it, for the log, if it came from a client.
        shown: Option<String>,
    },
    /// An action written in Python is made anew; if it can be, it takes the place of the old one.
    Replace {
        /// What it is now.
        action: Box<Definition>,
        /// The bans, lifted by the old one and made by the new.
        bans: Vec<TicketInfo>,
    },
    /// A client asks an action written in Python; its answer becomes the reply.
    Ask {
        /// Which.
        action: String,
        /// What.
        question: PythonQuestion,
        /// The command that asks for it, for the log.
        shown: String,
    },
    /// An action is started and bans whom the jail has banned.
    Begin {
        /// Which.
        action: String,
        /// The bans.
        bans: Vec<TicketInfo>,
    },
    /// All that was said before is done: the kernel need not hold the jail's bans any longer.
    TakeOver {
        /// Which jail.
        jail: String,
        /// Which hand-over this is.
        number: u64,
        /// Whom to tell.
        events: Sender<Event>,
    },
    /// An action is told that the server was reloaded.
    Reload(String),
    /// An action is stopped.
    End(String),
    /// An action is no more.
    Remove(String),
    /// A property of an action has another value.
    Set {
        /// Which action.
        action: String,
        /// Which property.
        property: String,
        /// Its value.
        value: Property,
    },
    /// A client calls a method of an action; what it returns becomes the reply.
    Call {
        /// Which action.
        action: String,
        /// Which method.
        method: Method,
        /// The tags of the ban that it is told of.
        info: Vec<(String, String)>,
        /// The command that asks for it, for the log.
        shown: String,
    },
}

/// The engine's side of one jail's actions.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    orders: Sender<Given>,
    jail: String,
    log: Log,
    /// Decides what is given up when too many orders wait.
    overflow: Arc<Overflow>,
    /// Whether it was said that orders are given up.
    is_full: Arc<AtomicBool>,
    /// Whether the server ends: bans that have not been begun are not made any more.
    is_ending: Arc<AtomicBool>,
    times: Arc<Times>,
}

/// How long orders have taken.
#[derive(Debug, Default)]
struct Times {
    count: AtomicU64,
    micros: AtomicU64,
    slowest_micros: AtomicU64,
    given_up: AtomicU64,
}

/// The same at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    /// Orders that were carried out.
    pub(crate) count: u64,
    /// How long all of them took.
    pub(crate) micros: u64,
    /// How long the slowest took.
    pub(crate) slowest_micros: u64,
    /// Orders that were not, as too many waited.
    pub(crate) given_up: u64,
}

/// An order, and who waits for it to be carried out.
type Given = (ActionOrder, Option<Arc<Pending>>);

/// All threads, so that the server ends after them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Workers {
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Workers {
    /// Starts the thread of a jail.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub(crate) fn start(
        &self,
        jail: &str,
        host: Host,
        around: &Surroundings,
    ) -> std::io::Result<Worker> {
        let log = &around.log;
        let (orders, incoming) = unbounded();
        let worker = Worker {
            orders,
            jail: jail.to_owned(),
            log: log.clone(),
            overflow: Arc::default(),
            is_full: Arc::default(),
            is_ending: Arc::default(),
            times: Arc::default(),
        };
        let running = Running {
            actions: JailActions::new(jail),
            jail: jail.to_owned(),
            host,
            log: log.clone(),
            shell: Elements::new(around.watches.clone()),
            events: around.events.clone(),
            enforcement: around.enforcement.clone(),
            repairs: Repairs::default(),
            asked: None,
            is_ending: Arc::clone(&worker.is_ending),
            skipped: HashSet::new(),
            times: Arc::clone(&worker.times),
        };
        let thread = guard::start("actions", move || running.run(&incoming))?;
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
        Ok(worker)
    }

    /// Waits until every thread has done what it was told; nobody may tell them anything any more.
    pub(crate) fn join(&self) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for thread in threads.drain(..) {
            thread.join().ok();
        }
    }
}

impl Worker {
    /// Tells the actions to do something. When far too much waits already new bans are given up, and that is
    /// said.
    pub(crate) fn tell(&self, order: ActionOrder, pending: Option<Arc<Pending>>) {
        let waiting = self.waiting();
        match self.overflow.fate(order, pending.is_some(), waiting) {
            Fate::Waits(order) => {
                if waiting < MOST_WAITING / 2 {
                    self.is_full.store(false, Ordering::Relaxed);
                }
                // The thread ends only after this side.
                self.orders.send((order, pending)).ok();
                return;
            }
            Fate::Needless => return,
            Fate::GivenUp => {}
        }
        self.times.given_up.fetch_add(1, Ordering::Relaxed);
        if !self.is_full.swap(true, Ordering::Relaxed) {
            let text = format!(
                "[{}] {MOST_WAITING} commands of actions wait already: new bans are not told to them \
                 (hint: an action is too slow; `stockade status` shows how many wait)",
                self.jail
            );
            self.log.error("actions", text);
        }
    }

    /// Returns how long orders have taken so far.
    pub(crate) fn times(&self) -> Taken {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Taken {
            count: of(&self.times.count),
            micros: of(&self.times.micros),
            slowest_micros: of(&self.times.slowest_micros),
            given_up: of(&self.times.given_up),
        }
    }

    /// Has bans passed over that were not begun: they would be lifted at once.
    pub(crate) fn end(&self) {
        self.is_ending.store(true, Ordering::Relaxed);
    }

    /// Returns how many orders wait.
    pub(crate) fn waiting(&self) -> usize {
        self.orders.len()
    }
}

/// A line of the actions as one of the server.
pub(crate) fn told(line: ActionLine) -> Line {
    use f2b_action::Level as Theirs;
    let level = match line.level {
        Theirs::Detail => Level::Trace,
        Theirs::Debug => Level::Debug,
        Theirs::Info => Level::Info,
        Theirs::Notice => Level::Notice,
        Theirs::Warning => Level::Warning,
        Theirs::Error => Level::Error,
        Theirs::Critical => Level::Critical,
    };
    Line::new(level, line.logger.name().to_owned(), line.text)
}

/// What actions may say of this machine.
pub(crate) fn host(allows_ipv6: bool) -> Host {
    let name = dns_lookup::get_hostname().unwrap_or_else(|_unknown| "localhost".to_owned());
    let short_name = name.split('.').next().unwrap_or_default().to_owned();
    Host {
        fq_name: full_name(&name).unwrap_or(name),
        short_name,
        allows_ipv6,
    }
}

/// The name of a host with its domain, as the resolver knows it.
fn full_name(name: &str) -> Option<String> {
    if name.contains('.') {
        return None;
    }
    let address = dns_lookup::lookup_host(name).ok()?.next()?;
    dns_lookup::lookup_addr(&address)
        .ok()
        .filter(|full| full.contains('.'))
}

/// Returns the moment as Python writes a number of seconds.
pub(crate) fn seconds(time: UnixTime) -> String {
    #[expect(clippy::cast_precision_loss, reason = "as Python: a float has 53 bits")]
    let seconds = time.as_micros() as f64 / 1e6;
    Value::Float(seconds).repr()
}
