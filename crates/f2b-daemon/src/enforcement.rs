//! What the kernel is known to hold: for `stockade status`, and to put it back when another program
//! took it away.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use f2b_core::{FailId, UnixTime};
use indexmap::IndexMap;
use ipnet::IpNet;

/// Whether bans are enforced at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// No jail has asked for it yet.
    Unused,
    /// In this table.
    Native {
        /// Its name.
        table: String,
    },
    /// Bans are decided and logged, and nobody is kept out.
    WatchOnly {
        /// Why.
        reason: String,
        /// What can be done.
        hint: Option<String>,
    },
}

/// How far a ban has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BanState {
    /// Decided; the kernel has not answered yet.
    Asked,
    /// Read back from the kernel.
    InKernel,
    /// Not enforced.
    Failed(String),
}

/// A ban that the kernel shall hold.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// Until when; `None` is for ever.
    pub(crate) end: Option<UnixTime>,
    /// How far it has come.
    pub(crate) state: BanState,
}

/// A ban that the kernel shall hold, as it is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Who is banned.
    pub(crate) id: FailId,
    /// The same for the kernel.
    pub(crate) net: IpNet,
    /// Until when; `None` is for ever.
    pub(crate) end: Option<UnixTime>,
    /// Whether the kernel did not take it when it was asked last.
    pub(crate) was_refused: bool,
}

/// The bans of one jail, as the kernel holds them.
#[derive(Clone, Debug, Default)]
pub(crate) struct JailEnforcement {
    /// Why the jail has no sets or rules; `None` if it has.
    pub(crate) failed: Option<String>,
    /// By identity; what the kernel has not been asked for yet is not among them.
    pub(crate) bans: IndexMap<FailId, Held>,
    /// How far bans have come that actions have put into sets of their own (*adoption*).
    pub(crate) adopted: HashMap<FailId, BanState>,
}

/// Shared by the kernel's thread, which writes, and the engine, which shows it.
#[derive(Clone, Debug)]
pub(crate) struct Enforcement {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
pub(crate) struct State {
    /// Whether bans are enforced.
    pub(crate) mode: Mode,
    /// By name.
    pub(crate) jails: Jails,
}

/// Jails by name.
#[derive(Debug, Default)]
pub(crate) struct Jails(HashMap<String, JailEnforcement>);

impl Enforcement {
    pub(crate) fn new() -> Self {
        let state = State {
            mode: Mode::Unused,
            jails: Jails::default(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Returns the state, to read or to change.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how far a ban has come that actions put into sets of their own.
    pub(crate) fn note_adopted(&self, jail: &str, id: &FailId, ban: BanState) {
        let mut state = self.lock();
        state.jails.entry(jail).adopted.insert(id.clone(), ban);
    }

    /// Returns how far such a ban has come, as far as that is known.
    pub(crate) fn adopted(&self, jail: &str, id: &FailId) -> Option<BanState> {
        let state = self.lock();
        state.jails.get(jail)?.adopted.get(id).cloned()
    }

    /// Notes that such a ban is no more. Returns whether there are others within it, of which it is not known any
    /// more how far they have come: the kernel may have held them as a part of it.
    pub(crate) fn forget_adopted(&self, jail: &str, id: &FailId) -> bool {
        let mut state = self.lock();
        let Some(jail) = state.jails.get_mut(jail) else {
            return false;
        };
        jail.adopted.remove(id);
        if !matches!(id, FailId::Network(_)) {
            return false;
        }
        let within = jail
            .adopted
            .iter_mut()
            .filter(|(other, _)| id.contains(other));
        within.map(|(_, ban)| *ban = BanState::Asked).count() > 0
    }

    /// Notes that there are no such bans of a jail.
    pub(crate) fn forget_all_adopted(&self, jail: &str) {
        if let Some(jail) = self.lock().jails.get_mut(jail) {
            jail.adopted.clear();
        }
    }

    /// Returns what the kernel shall hold for a jail; nothing for one that has no sets.
    pub(crate) fn wanted(&self, jail: &str) -> Vec<Wanted> {
        let state = self.lock();
        let Some(jail) = state.jails.get(jail).filter(|jail| jail.failed.is_none()) else {
            return Vec::new();
        };
        let bans = jail.bans.iter();
        let wanted = |(id, held): (&FailId, &Held)| {
            Some(Wanted {
                id: id.clone(),
                net: id.to_net()?,
                end: held.end,
                was_refused: matches!(held.state, BanState::Failed(_)),
            })
        };
        bans.filter_map(wanted).collect()
    }
}

impl Jails {
    pub(crate) fn get(&self, jail: &str) -> Option<&JailEnforcement> {
        self.0.get(jail)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut JailEnforcement> {
        self.0.values_mut()
    }

    pub(crate) fn get_mut(&mut self, jail: &str) -> Option<&mut JailEnforcement> {
        self.0.get_mut(jail)
    }

    /// Returns a jail, which is made if there is none.
    pub(crate) fn entry(&mut self, jail: &str) -> &mut JailEnforcement {
        self.0.entry(jail.to_owned()).or_default()
    }

    pub(crate) fn remove(&mut self, jail: &str) {
        self.0.remove(jail);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

impl JailEnforcement {
    /// Notes a ban.
    pub(crate) fn note(&mut self, id: &FailId, end: Option<UnixTime>, state: BanState) {
        match self.bans.get_mut(id) {
            Some(held) => *held = Held { end, state },
            None => {
                self.bans.insert(id.clone(), Held { end, state });
            }
        }
    }

    /// Notes that no ban is enforced; those that never were keep their reason.
    pub(crate) fn note_all_failed(&mut self, reason: &str) {
        if self.failed.is_some() {
            return;
        }
        for (id, held) in &mut self.bans {
            if id.to_net().is_some() {
                held.state = BanState::Failed(reason.to_owned());
            }
        }
    }

    /// Notes how far a ban has come, if it stands still.
    pub(crate) fn note_state(&mut self, id: &FailId, state: BanState) {
        if let Some(held) = self.bans.get_mut(id) {
            held.state = state;
        }
    }
}
