//! What the engine has decided, on its way through kernel, database and log.

use std::collections::HashSet;
use std::sync::Arc;

use f2b_core::{FailId, UnixTime};
use f2b_firewall::JailRules;
use f2b_store::Transaction;
use ipnet::IpNet;

use crate::log::Line;
use crate::pending::Pending;
use crate::shell::{ActionOrder, Worker};

/// Decisions that belong together: kernel, database, log, and reported when they are on disk and the
/// actions have done what they were told for it.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// For the kernel.
    pub(crate) kernel: Vec<KernelOrder>,
    /// For the database.
    pub(crate) transaction: Transaction,
    /// For the log.
    pub(crate) lines: Vec<Line>,
    /// For the actions that run commands; handed over once the kernel has done its part.
    pub(crate) shell: Vec<(Worker, ActionOrder)>,
    /// The client that waits for all of it.
    pub(crate) pending: Option<Arc<Pending>>,
}

/// One thing that the kernel shall hold or no longer hold.
#[derive(Debug)]
pub(crate) enum KernelOrder {
    /// The sets and rules of a jail.
    StartJail {
        /// What they look like.
        rules: JailRules,
        /// The action's name, for messages.
        action: String,
    },
    /// No sets and rules of a jail any more.
    StopJail {
        /// The jail.
        jail: String,
    },
    /// A ban, until its end (`None`: for ever); a standing one gets the new end.
    Ban {
        /// The jail.
        jail: String,
        /// Who.
        id: FailId,
        /// Until when.
        end: Option<UnixTime>,
    },
    /// No ban any more.
    Unban {
        /// The jail.
        jail: String,
        /// Who.
        id: FailId,
    },
    /// No bans of this jail but these: what an earlier run left and nobody can explain goes.
    Keep {
        /// The jail.
        jail: String,
        /// Who is banned.
        nets: HashSet<IpNet>,
    },
    /// No sets of jails that were not started.
    RemoveUnknown,
    /// The end of everything of ours in the kernel.
    Close,
}

impl Batch {
    /// Tells whether there is nothing to carry out.
    pub(crate) fn is_empty(&self) -> bool {
        self.kernel.is_empty()
            && self.transaction.is_empty()
            && self.lines.is_empty()
            && self.shell.is_empty()
    }

    /// Takes out what there is so far, to be carried out before the rest.
    pub(crate) fn take_part(&mut self) -> Self {
        let pending = self.pending.clone();
        std::mem::replace(
            self,
            Self {
                pending,
                ..Self::default()
            },
        )
    }

    /// Hands its orders over to the actions.
    pub(crate) fn tell_actions(&mut self) {
        for (worker, order) in self.shell.drain(..) {
            worker.tell(order, self.pending.clone());
        }
    }
}
