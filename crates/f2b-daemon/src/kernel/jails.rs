//! Whole jails, and the table that holds them.

use std::collections::HashSet;

use f2b_firewall::{Change, Element, Engine, Family, FirewallError, JailRules, Outcome};
use ipnet::IpNet;

use super::{Kernel, TABLE, lock, told};
use crate::enforcement::Mode;
use crate::log::{Level, Line, chain};

impl Kernel {
    pub(super) fn start_jail(&mut self, rules: JailRules, action: &str) -> Vec<Line> {
        let jail = rules.jail.clone();
        self.enforcement.lock().jails.entry(&jail);
        let mut lines = self.open();
        let Some(engine) = &mut self.engine else {
            return lines;
        };
        match engine.start_jail(rules) {
            Ok(adopted) => {
                self.enforcement.lock().jails.entry(&jail).failed = None;
                // One that was started before has been asked already.
                if !self.reconciled.contains(&jail) && !self.left.contains_key(&jail) {
                    lines.extend(self.note_left(&jail, adopted.elements));
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
                self.enforcement.lock().jails.entry(&jail).failed = Some(reason);
            }
        }
        lines
    }

    /// Notes what an earlier run left, until it is known which of it is explained.
    fn note_left(&mut self, jail: &str, elements: Vec<Element>) -> Option<Line> {
        let count = elements.len();
        if count == 0 {
            self.reconciled.insert(jail.to_owned());
            return None;
        }
        self.left.insert(jail.to_owned(), elements);
        let text = format!("[{jail}] {count} ban(s) of an earlier run stand in the kernel");
        Some(Line::new(Level::Info, "actions", text))
    }

    pub(super) fn stop_jail(&mut self, jail: &str) -> Vec<Line> {
        self.enforcement.lock().jails.remove(jail);
        self.reconciled.remove(jail);
        self.left.remove(jail);
        match self.engine.as_mut().map(|engine| engine.stop_jail(jail)) {
            // It could not be started, which was told.
            Some(Ok(()) | Err(FirewallError::NotStarted { .. })) | None => Vec::new(),
            Some(Err(error)) => {
                let text = format!("Failed to stop jail '{jail}': {}", told(&error));
                vec![Line::new(Level::Error, "actions", text)]
            }
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
            Ok(mut engine) => {
                let mut lines = self.watch(&mut engine);
                self.engine = Some(engine);
                self.enforcement.lock().mode = Mode::Native {
                    table: TABLE.to_owned(),
                };
                let text = format!("Bans are enforced in nftables, table inet {TABLE}");
                lines.push(Line::new(Level::Info, "actions", text));
                lines
            }
            Err(error) => self.watch_only(chain(&error), error.hint().map(str::to_owned)),
        }
    }

    /// Has us told what other programs do to the table.
    fn watch(&self, engine: &mut Engine) -> Vec<Line> {
        let news = self.news_to.clone();
        match self.watches.tell(Family::Inet, TABLE, news) {
            Ok(watch) => {
                engine.be_watched(&watch);
                Vec::new()
            }
            Err(error) => {
                let text = format!(
                    "What other programs do to the table inet {TABLE} is only noticed with the next ban: {}",
                    told(&error)
                );
                vec![Line::new(Level::Warning, "actions", text)]
            }
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

    /// Removes the bans of a jail that nothing explains.
    pub(super) fn keep(&mut self, jail: &str, explained: &HashSet<IpNet>) -> Vec<Line> {
        self.reconciled.insert(jail.to_owned());
        // Those that ran out meanwhile may be taken out all the same.
        let Some(elements) = self.left.remove(jail) else {
            return Vec::new();
        };
        let state = self.enforcement.lock();
        let failed = state
            .jails
            .get(jail)
            .is_some_and(|jail| jail.failed.is_some());
        drop(state);
        if failed {
            return Vec::new();
        }
        let Some(engine) = &mut self.engine else {
            return Vec::new();
        };
        let trouble = |error: &FirewallError| {
            let text = format!("[{jail}] left-over bans in the kernel: {}", told(error));
            vec![Line::new(Level::Error, "actions", text)]
        };
        let explained: HashSet<IpNet> = explained.iter().copied().map(Change::element_of).collect();
        let unexplained = elements
            .into_iter()
            .map(|element| element.net)
            .filter(|net| !explained.contains(net));
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

    pub(super) fn remove_unknown(&mut self) -> Vec<Line> {
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

    pub(super) fn close(&mut self) -> Vec<Line> {
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
