//! What an earlier run left in the kernel and nobody can explain.

use std::collections::HashSet;

use crossbeam_channel::Sender;
use f2b_action::{ElementSet, Host};
use f2b_core::FailId;
use ipnet::IpNet;

use super::Engine;
use super::jail::JailRuntime;
use crate::batch::{Batch, KernelOrder};
use crate::shell::{ActionOrder, Field, element_of};

impl Engine {
    /// Once everything old is read, what the kernel holds must be what the jail has banned.
    ///
    /// A ban that waits to be taken up explains what the kernel holds as well.
    pub(super) fn reconcile(&mut self, jail: &str, batch: &mut Batch) {
        let Some(runtime) = self.jails.get_mut(jail) else {
            return;
        };
        if runtime.reconciled || !runtime.has_caught_up() {
            return;
        }
        runtime.reconciled = true;
        let Some(runtime) = self.jails.get(jail) else {
            return;
        };
        if runtime.has_native_action() {
            let nets = self.banned(runtime).filter_map(|(id, _)| id.to_net());
            let (jail, nets) = (jail.to_owned(), nets.collect());
            batch.kernel.push(KernelOrder::Keep { jail, nets });
        }
        if !runtime.element_sets().is_empty() {
            runtime.tell(ActionOrder::Keep, batch);
        }
    }

    /// Tells a jail's actions all that may be in the sets that they put bans into. Jails may share a set.
    pub(super) fn explain(&self, jail: &str, to: &Sender<HashSet<IpNet>>) {
        let Some(runtime) = self.jails.get(jail) else {
            return;
        };
        let sets = runtime.element_sets();
        let sharing = self.jails.values().filter(|other| {
            let theirs = other.element_sets();
            theirs.iter().any(|set| sets.contains(set))
        });
        let banned = sharing.flat_map(|jail| self.banned(jail));
        let nets = banned.filter_map(|(id, fields)| element_of(id, fields));
        // Whoever asked may have gone.
        to.send(nets.collect()).ok();
    }

    /// Tells a jail's actions all its bans, since sets that they put them into have lost some.
    pub(super) fn put_back(&mut self, jail: &str) {
        let mut batch = Batch::default();
        if let Some(runtime) = self.jails.get(jail) {
            let bans = runtime.infos(&self.around);
            runtime.tell(ActionOrder::PutBack(bans), &mut batch);
        }
        self.send(batch);
    }

    /// Returns who is banned or waits to be again, and what rules have captured of them.
    fn banned<'e>(
        &'e self,
        runtime: &'e JailRuntime,
    ) -> impl Iterator<Item = (&'e FailId, &'e [Field])> + use<'e> {
        let bans = runtime.jail.bans().iter();
        let banned = bans.map(|ban| (&ban.id, &ban.fields[..]));
        let waiting = self.parked.to_restore(&runtime.name).into_iter();
        banned.chain(waiting.map(|ban| (&ban.id, &ban.fields[..])))
    }
}

impl JailRuntime {
    /// Returns the sets of nftables that its actions' elements go into.
    pub(super) fn element_sets(&self) -> &[ElementSet] {
        self.sets.get_or_init(|| {
            let actions = self.actions.values();
            let sets = actions.flat_map(|action| action.element_sets(&Host::UNKNOWN));
            sets.collect()
        })
    }
}
