//! The thread that owns the netlink socket.

mod lock;

use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use f2b_core::{FailId, UnixTime};
use f2b_firewall::{Change, Engine, FirewallError, Outcome};

use crate::batch::{Batch, KernelOrder};
use crate::clock;
use crate::enforcement::{BanState, Enforcement, Mode};
use crate::log::{Level, Line, chain};
use crate::text;

use lock::TableLock;

/// The kernel keeps a ban this much longer than we do, so that our own unban comes first while we
/// live.
const GRACE: Duration = Duration::from_secs(5);

/// How many waiting batches become one transaction.
const MOST_BATCHES: usize = 256;

/// The table that is ours.
const TABLE: &str = "stockade";

/// The kernel's side of the server.
pub(crate) struct Kernel {
    /// Open once a jail has asked for it and the kernel has allowed it.
    engine: Option<Engine>,
    /// Keeps other servers out of the table.
    lock: Option<TableLock>,
    enforcement: Enforcement,
}

/// A change, and which batch and identity it is for.
struct Asked {
    batch: usize,
    jail: String,
    id: FailId,
    change: Change,
}

impl Kernel {
    pub(crate) fn new(enforcement: Enforcement) -> Self {
        Self {
            engine: None,
            lock: None,
            enforcement,
        }
    }

    /// Takes batches until there are no more, and passes each on when the kernel has done its part.
    ///
    /// What waits in the queue is written in one transaction.
    pub(crate) fn run(mut self, batches: &Receiver<Batch>, done: &Sender<Batch>) {
        while let Ok(first) = batches.recv() {
            let mut waiting = vec![first];
            waiting.extend(batches.try_iter().take(MOST_BATCHES - 1));
            self.carry_out(&mut waiting);
            for mut batch in waiting {
                batch.tell_actions();
                if done.send(batch).is_err() {
                    return;
                }
            }
        }
    }

    fn carry_out(&mut self, batches: &mut [Batch]) {
        let mut asked = Vec::new();
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

    /// Notes a ban for the next transaction. One that the kernel cannot hold is a line for the log.
    fn ask_ban(
        &self,
        batch: usize,
        jail: String,
        id: FailId,
        end: Option<UnixTime>,
        asked: &mut Vec<Asked>,
    ) -> Option<Line> {
        let refused = |reason: &str| {
            let line = text::failed(&jail, TABLE, "ban", &id, reason);
            self.enforcement
                .note(&jail, &id, BanState::Failed(reason.to_owned()));
            self.engine.is_some().then_some(line)
        };
        if let Some(reason) = self.failed(&jail) {
            return refused(&format!("the jail has no sets in the kernel: {reason}"));
        }
        let Some(net) = id.to_net() else {
            return refused("it is no address, and the kernel knows nothing else");
        };
        let timeout = end.map(|end| remaining(end, clock::now()) + GRACE);
        let change = Change::Ban {
            jail: jail.clone(),
            net,
            timeout,
        };
        asked.push(Asked {
            batch,
            jail,
            id,
            change,
        });
        None
    }

    /// Returns why a jail has no sets in the kernel.
    fn failed(&self, jail: &str) -> Option<String> {
        self.enforcement.lock().jails.get(jail)?.failed.clone()
    }

    fn ask_unban(&self, batch: usize, jail: String, id: FailId, asked: &mut Vec<Asked>) {
        self.enforcement.forget(&jail, &id);
        if self.failed(&jail).is_some() {
            return;
        }
        if let Some(net) = id.to_net() {
            let change = Change::Unban {
                jail: jail.clone(),
                net,
            };
            asked.push(Asked {
                batch,
                jail,
                id,
                change,
            });
        }
    }

    fn apply(&mut self, asked: Vec<Asked>, batches: &mut [Batch]) {
        let Some(engine) = &mut self.engine else {
            return;
        };
        if asked.is_empty() {
            return;
        }
        let (changes, places): (Vec<Change>, Vec<(usize, String, FailId)>) = asked
            .into_iter()
            .map(|asked| (asked.change, (asked.batch, asked.jail, asked.id)))
            .unzip();
        let mut outcomes = engine.apply(&changes);
        if outcomes.iter().any(is_gone) {
            let line = match engine.repair() {
                Ok(sets) => {
                    outcomes = engine.apply(&changes);
                    self.enforcement.ask_rebuild();
                    let text = format!(
                        "The table inet {TABLE} was changed by another program: {} set(s) are made again, \
                         and all bans put back",
                        sets.len()
                    );
                    Line::new(Level::Warning, "actions", text)
                }
                Err(error) => {
                    let text = format!(
                        "The table inet {TABLE} could not be made again: {}",
                        told(&error)
                    );
                    Line::new(Level::Error, "actions", text)
                }
            };
            if let Some(batch) = batches.first_mut() {
                batch.lines.push(line);
            }
        }
        for (((batch, jail, id), change), outcome) in places.into_iter().zip(changes).zip(outcomes)
        {
            let is_ban = matches!(change, Change::Ban { .. });
            match outcome {
                Outcome::InKernel if is_ban => {
                    self.enforcement.note(&jail, &id, BanState::InKernel);
                }
                Outcome::InKernel | Outcome::Gone => {}
                Outcome::Failed(error) => {
                    let reason = told(&error);
                    let what = if is_ban { "ban" } else { "unban" };
                    if let Some(batch) = batches.get_mut(batch) {
                        batch
                            .lines
                            .push(text::failed(&jail, TABLE, what, &id, &reason));
                    }
                    if is_ban {
                        self.enforcement.note(&jail, &id, BanState::Failed(reason));
                    }
                }
            }
        }
    }

    fn control(&mut self, order: KernelOrder) -> Vec<Line> {
        match order {
            KernelOrder::StartJail { rules, action } => self.start_jail(rules, &action),
            KernelOrder::StopJail { jail } => self.stop_jail(&jail),
            KernelOrder::Keep { jail, nets } => self.keep(&jail, |net| nets.contains(net)),
            KernelOrder::RemoveUnknown => self.remove_unknown(),
            KernelOrder::Close => self.close(),
            KernelOrder::Ban { .. } | KernelOrder::Unban { .. } => Vec::new(),
        }
    }

    fn start_jail(&mut self, rules: f2b_firewall::JailRules, action: &str) -> Vec<Line> {
        let jail = rules.jail.clone();
        self.enforcement
            .lock()
            .jails
            .entry(jail.clone())
            .or_default();
        let mut lines = self.open();
        let Some(engine) = &mut self.engine else {
            return lines;
        };
        match engine.start_jail(rules) {
            Ok(adopted) => {
                let mut state = self.enforcement.lock();
                state.jails.entry(jail.clone()).or_default().failed = None;
                drop(state);
                if !adopted.elements.is_empty() {
                    let count = adopted.elements.len();
                    let text =
                        format!("[{jail}] {count} ban(s) of an earlier run stand in the kernel");
                    lines.push(Line::new(Level::Info, "actions", text));
                }
                for set in adopted.rebuilt {
                    let text =
                        format!("[{jail}] the set `{set}` was of another kind and was made anew");
                    lines.push(Line::new(Level::Warning, "actions", text));
                }
            }
            Err(error) => {
                let reason = told(&error);
                let text = format!("Failed to start jail '{jail}' action '{action}': {reason}");
                lines.push(Line::new(Level::Error, "actions", text));
                self.enforcement
                    .lock()
                    .jails
                    .entry(jail)
                    .or_default()
                    .failed = Some(reason);
            }
        }
        lines
    }

    fn stop_jail(&mut self, jail: &str) -> Vec<Line> {
        self.enforcement.lock().jails.remove(jail);
        match self.engine.as_mut().map(|engine| engine.stop_jail(jail)) {
            Some(Err(error)) => {
                let text = format!("Failed to stop jail '{jail}': {}", told(&error));
                vec![Line::new(Level::Error, "actions", text)]
            }
            Some(Ok(())) | None => Vec::new(),
        }
    }

    /// Opens the table when the first jail asks for it.
    fn open(&mut self) -> Vec<Line> {
        if self.engine.is_some() {
            return Vec::new();
        }
        if self.lock.is_none() {
            match lock::take(TABLE) {
                Ok(lock) => self.lock = Some(lock),
                Err(process) => {
                    let reason = format!(
                        "the server with process number {process} enforces bans in the table inet {TABLE}"
                    );
                    return self.watch_only(reason, Some("stop one of the two".to_owned()));
                }
            }
        }
        match Engine::open(TABLE) {
            Ok(engine) => {
                self.engine = Some(engine);
                self.enforcement.lock().mode = Mode::Native {
                    table: TABLE.to_owned(),
                };
                let text = format!("Bans are enforced in nftables, table inet {TABLE}");
                vec![Line::new(Level::Info, "actions", text)]
            }
            Err(error) => self.watch_only(chain(&error), error.hint().map(str::to_owned)),
        }
    }

    fn watch_only(&self, reason: String, hint: Option<String>) -> Vec<Line> {
        let shown = hint
            .as_ref()
            .map_or_else(String::new, |hint| format!(" (hint: {hint})"));
        let text =
            format!("WATCH ONLY: bans are decided and logged, nobody is kept out: {reason}{shown}");
        let mut state = self.enforcement.lock();
        let is_news = !matches!(state.mode, Mode::WatchOnly { .. });
        state.mode = Mode::WatchOnly { reason, hint };
        if is_news {
            vec![Line::new(Level::Warning, "actions", text)]
        } else {
            Vec::new()
        }
    }

    /// Removes the bans of a jail that `explained` does not know.
    fn keep(&mut self, jail: &str, explained: impl Fn(&ipnet::IpNet) -> bool) -> Vec<Line> {
        if self.failed(jail).is_some() {
            return Vec::new();
        }
        let Some(engine) = &mut self.engine else {
            return Vec::new();
        };
        let trouble = |error: &FirewallError| {
            let text = format!("[{jail}] left-over bans in the kernel: {}", told(error));
            vec![Line::new(Level::Error, "actions", text)]
        };
        let elements = match engine.elements(jail) {
            Ok(elements) => elements,
            Err(error) => return trouble(&error),
        };
        let unexplained = elements
            .into_iter()
            .map(|element| element.net)
            .filter(|net| !explained(net));
        let changes: Vec<Change> = unexplained
            .map(|net| Change::Unban {
                jail: jail.to_owned(),
                net,
            })
            .collect();
        let mut lines = Vec::new();
        if !changes.is_empty() {
            let text = format!(
                "[{jail}] {} ban(s) in the kernel that nothing explains are removed",
                changes.len()
            );
            lines.push(Line::new(Level::Info, "actions", text));
        }
        for outcome in engine.apply(&changes) {
            if let Outcome::Failed(error) = outcome {
                lines.extend(trouble(&error));
            }
        }
        lines
    }

    fn remove_unknown(&mut self) -> Vec<Line> {
        match self.engine.as_mut().map(Engine::remove_unknown) {
            None => Vec::new(),
            Some(Ok(jails)) => jails
                .into_iter()
                .map(|jail| {
                    let text = format!("[{jail}] the jail of an earlier run is gone, and so are its bans in the kernel");
                    Line::new(Level::Info, "actions", text)
                })
                .collect(),
            Some(Err(error)) => {
                let text = format!("Left-over jails in the kernel: {}", told(&error));
                vec![Line::new(Level::Error, "actions", text)]
            }
        }
    }

    fn close(&mut self) -> Vec<Line> {
        let closed = self.engine.take().map(Engine::close);
        self.enforcement.lock().jails.clear();
        match closed {
            Some(Err(error)) => {
                let text = format!("Failed to remove the table inet {TABLE}: {}", told(&error));
                vec![Line::new(Level::Error, "actions", text)]
            }
            Some(Ok(())) | None => Vec::new(),
        }
    }
}

/// Tells whether a change failed because something of ours is no longer there.
fn is_gone(outcome: &Outcome) -> bool {
    use FirewallError::{SetGone, TableGone};
    matches!(outcome, Outcome::Failed(TableGone { .. } | SetGone { .. }))
}

/// Time that is left; none when the end has passed.
fn remaining(end: UnixTime, now: UnixTime) -> Duration {
    let micros = u64::try_from(end.since(now).as_micros()).unwrap_or(0);
    Duration::from_micros(micros)
}

/// An error with its causes and what can be done.
pub(crate) fn told(error: &FirewallError) -> String {
    match error.hint() {
        Some(hint) => format!("{} (hint: {hint})", chain(error)),
        None => chain(error),
    }
}
