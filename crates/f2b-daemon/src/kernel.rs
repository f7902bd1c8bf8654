//! The thread that owns the netlink socket.

mod changes;
mod jails;
mod lock;
mod refresh;
mod repair;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, select};
use f2b_core::UnixTime;
use f2b_firewall::{Element, Engine, FirewallError, News};

use crate::batch::{Batch, KernelOrder};
use crate::clock;
use crate::enforcement::Enforcement;
use crate::log::{Line, chain};
use crate::repairs::{Repairs, Scope};
use crate::watch::Watches;

use changes::Asked;
use lock::TableLock;
use refresh::Refresh;

/// The kernel keeps a ban this much longer than we do, so that our own unban comes first while we
/// live.
const GRACE: Duration = Duration::from_secs(5);

/// How many waiting batches become one transaction.
const MOST_BATCHES: usize = 256;

/// How much news may wait. Whoever finds as much has missed some.
const NEWS: usize = 64;

/// How long the thread sleeps when nothing is to be done.
const LONGEST_REST: Duration = Duration::from_secs(3_600);

/// The table that is ours.
const TABLE: &str = "stockade";

/// The kernel's side of the server.
pub(crate) struct Kernel {
    /// Open once a jail has asked for it and the kernel has allowed it.
    engine: Option<Engine>,
    /// Keeps other servers out of the table.
    lock: Option<TableLock>,
    enforcement: Enforcement,
    /// Jails that hold nothing of an earlier run, or no longer do.
    reconciled: HashSet<String>,
    /// What an earlier run left, of the other jails.
    left: HashMap<String, Vec<Element>>,
    watches: Watches,
    /// What other programs do to the table.
    news: Receiver<News>,
    news_to: Sender<News>,
    repairs: Repairs,
    refresh: Refresh,
}

impl Kernel {
    pub(crate) fn new(enforcement: Enforcement, watches: Watches) -> Self {
        let (news_to, news) = bounded(NEWS);
        Self {
            engine: None,
            lock: None,
            enforcement,
            reconciled: HashSet::new(),
            left: HashMap::new(),
            watches,
            news,
            news_to,
            repairs: Repairs::default(),
            refresh: Refresh::default(),
        }
    }

    /// Takes batches until there are no more, and passes each on when the kernel has done its part.
    /// Meanwhile it repairs what other programs take away.
    ///
    /// What waits in the queue is written in one transaction.
    pub(crate) fn run(mut self, batches: &Receiver<Batch>, done: &Sender<Batch>) {
        loop {
            let rest = self.repairs.rest(clock::tick()).unwrap_or(LONGEST_REST);
            let mut waiting = Vec::new();
            select! {
                recv(batches) -> batch => match batch {
                    Ok(batch) => waiting.push(batch),
                    Err(_over) => return,
                },
                recv(self.news) -> news => self.heed(news.ok()),
                default(rest) => {}
            }
            if !waiting.is_empty() {
                waiting.extend(batches.try_iter().take(MOST_BATCHES - 1));
                self.carry_out(&mut waiting);
            }
            let lines = self.tend();
            if !lines.is_empty() {
                let batch = Batch {
                    lines,
                    ..Batch::default()
                };
                waiting.push(batch);
            }
            for mut batch in waiting {
                batch.tell_actions();
                if done.send(batch).is_err() {
                    return;
                }
            }
        }
    }

    /// Notes what is to be looked at, by what was told and what else waits.
    fn heed(&mut self, first: Option<News>) {
        let now = clock::tick();
        let mut count = 0;
        for news in first.into_iter().chain(self.news.try_iter()) {
            self.repairs.ask(Scope::of(&news), now);
            count += 1;
        }
        if count >= NEWS {
            self.repairs.ask(Scope::Everything, now);
        }
    }

    /// Does what is due without having been asked for; returns what is to be said of it.
    fn tend(&mut self) -> Vec<Line> {
        let mut lines = self.refresh();
        if let Some(scope) = self.repairs.take_due(clock::tick()) {
            lines.extend(self.repair(scope));
        }
        lines
    }

    fn carry_out(&mut self, batches: &mut [Batch]) {
        let mut asked: Vec<Asked> = Vec::new();
        for index in 0..batches.len() {
            let orders = batches
                .get_mut(index)
                .map(|batch| std::mem::take(&mut batch.kernel));
            for order in orders.unwrap_or_default() {
                match order {
                    KernelOrder::Ban { jail, id, end } => {
                        let line = self.ask_ban(index, jail, id, end, &mut asked);
                        if let Some(batch) = batches.get_mut(index) {
                            batch.lines.extend(line);
                        }
                    }
                    KernelOrder::Unban { jail, id } => self.ask_unban(index, jail, id, &mut asked),
                    order => {
                        // Whole jails come and go between the changes of their bans.
                        self.apply(std::mem::take(&mut asked), batches);
                        let lines = self.control(order);
                        if let Some(batch) = batches.get_mut(index) {
                            batch.lines.splice(0..0, lines);
                        }
                    }
                }
            }
        }
        self.apply(asked, batches);
    }

    fn control(&mut self, order: KernelOrder) -> Vec<Line> {
        match order {
            KernelOrder::StartJail { rules, action } => self.start_jail(rules, &action),
            KernelOrder::StopJail { jail } => self.stop_jail(&jail),
            KernelOrder::Keep { jail, nets } => self.keep(&jail, &nets),
            KernelOrder::RemoveUnknown => self.remove_unknown(),
            KernelOrder::Close => self.close(),
            KernelOrder::Ban { .. } | KernelOrder::Unban { .. } => Vec::new(),
        }
    }
}

/// Returns how long the kernel shall hold a ban.
fn timeout(end: UnixTime, now: UnixTime) -> Duration {
    let micros = u64::try_from(end.since(now).as_micros()).unwrap_or(0);
    Duration::from_micros(micros) + GRACE
}

/// An error with its causes and what can be done.
pub(crate) fn told(error: &FirewallError) -> String {
    match error.hint() {
        Some(hint) => format!("{} (hint: {hint})", chain(error)),
        None => chain(error),
    }
}
