//! Failures of hosts of which only the name is known (`usedns`, contract A 4.4).

use std::net::IpAddr;

use f2b_core::{FailId, Failure, Known};
use f2b_match::UseDns;

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

impl Engine {
    /// Takes a failure of a name: one failure for each of its addresses.
    pub(super) fn admit_name(&mut self, name: &str, of: OfName, batch: &mut Batch) {
        if let Some(addresses) = self.known.addresses(name) {
            self.fail_all(name, &addresses, &of, batch);
            return;
        }
        if self.names_waiting >= MOST_WAITING {
            if let Some(runtime) = self.jails.get_mut(&of.jail) {
                runtime.read.names += 1;
            }
            return;
        }
        self.names_waiting += 1;
        self.named.entry(name.into()).or_default().push(of);
        self.ask(Question::Name(name.into()));
    }

    /// Goes on with what waited for a name.
    pub(super) fn go_on_with_name(&mut self, name: &str, batch: &mut Batch) {
        let waiting = self.named.swap_remove(name).unwrap_or_default();
        self.names_waiting -= waiting.len();
        let addresses = self.known.addresses(name).unwrap_or_default();
        for of in waiting {
            self.fail_all(name, &addresses, &of, batch);
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
