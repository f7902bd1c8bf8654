//! Failures of hosts of which only the name is known (`usedns`, contract A 4.4).

use std::net::IpAddr;

use f2b_core::{FailId, Failure, Known};
use f2b_match::UseDns;
use indexmap::IndexMap;

use super::Engine;
use super::ignoring::Waiting;
use crate::asking::Question;
use crate::batch::Batch;
use crate::log::{Level, Line};

/// How many failures wait for a name at most.
const MOST_WAITING: usize = 20_000;

/// A failure of a host whose addresses are asked for.
#[derive(Debug)]
pub(super) struct OfName {
    pub(super) jail: String,
    pub(super) failure: Failure,
}

/// Failures that wait for the addresses of names.
#[derive(Debug, Default)]
pub(super) struct Named {
    waiting: IndexMap<Box<str>, Vec<OfName>>,
    /// How many failures of a jail wait.
    by_jail: IndexMap<String, usize>,
    count: usize,
}

impl Named {
    /// Tells whether anything of a jail waits.
    pub(super) fn is_waiting(&self, jail: &str) -> bool {
        self.by_jail.contains_key(jail)
    }

    fn is_full(&self) -> bool {
        self.count >= MOST_WAITING
    }

    fn add(&mut self, name: &str, of: OfName) {
        self.count += 1;
        *self.by_jail.entry(of.jail.clone()).or_default() += 1;
        self.waiting.entry(name.into()).or_default().push(of);
    }

    fn take(&mut self, name: &str) -> Vec<OfName> {
        let waiting = self.waiting.swap_remove(name).unwrap_or_default();
        self.count -= waiting.len();
        for of in &waiting {
            if let Some(count) = self.by_jail.get_mut(&of.jail) {
                *count -= 1;
                if *count == 0 {
                    self.by_jail.swap_remove(&of.jail);
                }
            }
        }
        waiting
    }

    /// Forgets all that waits of a jail.
    pub(super) fn forget(&mut self, jail: &str) {
        let dropped = self.by_jail.swap_remove(jail).unwrap_or(0);
        if dropped > 0 {
            self.count -= dropped;
            for waiting in self.waiting.values_mut() {
                waiting.retain(|of| of.jail != jail);
            }
        }
    }
}

impl Engine {
    /// Takes a failure of a name: one failure for each of its addresses.
    pub(super) fn admit_name(&mut self, name: &str, of: OfName, batch: &mut Batch) {
        if let Some(addresses) = self.known.addresses(name) {
            self.fail_all(name, &addresses, &of, batch);
            return;
        }
        if self.named.is_full() {
            if let Some(runtime) = self.jails.get_mut(&of.jail) {
                runtime.read.names += 1;
            }
            return;
        }
        let jail = of.jail.clone();
        self.named.add(name, of);
        self.mark_parking(&jail);
        self.ask_of_log(Question::Name(name.into()));
    }

    /// Goes on with what waited for a name.
    pub(super) fn go_on_with_name(&mut self, name: &str, batch: &mut Batch) {
        let waiting = self.named.take(name);
        let addresses = self.known.addresses(name).unwrap_or_default();
        for of in &waiting {
            self.fail_all(name, &addresses, of, batch);
        }
        let mut jails: Vec<String> = waiting.into_iter().map(|of| of.jail).collect();
        jails.dedup();
        for jail in jails {
            self.mark_parking(&jail);
            self.settle(&jail, batch);
        }
    }

    fn fail_all(&mut self, name: &str, addresses: &[IpAddr], of: &OfName, batch: &mut Batch) {
        let Some(runtime) = self.jails.get_mut(&of.jail) else {
            return;
        };
        if runtime.filter.usedns() == UseDns::Warn && !addresses.is_empty() {
            let shown: Vec<String> = addresses
                .iter()
                .map(|address| format!("'{address}'"))
                .collect();
            let shown = shown.join(", ");
            let text = format!("Determined IP using DNS Lookup: {name} = {{{shown}}}");
            batch.lines.push(Line::new(Level::Warning, "ipdns", text));
        }
        for address in addresses {
            let failure = Failure {
                id: FailId::Address(*address),
                ..of.failure.clone()
            };
            self.admit(&of.jail, Waiting::Failure(failure), batch);
        }
    }
}
