//! What the kernel is known to hold, for `stockade status`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use f2b_core::FailId;

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

/// The bans of one jail, as the kernel holds them.
#[derive(Clone, Debug, Default)]
pub(crate) struct JailEnforcement {
    /// Why the jail has no sets or rules; `None` if it has.
    pub(crate) failed: Option<String>,
    /// By identity.
    pub(crate) bans: HashMap<FailId, BanState>,
    /// The same of bans that actions have put into sets of their own (*adoption*).
    pub(crate) adopted: HashMap<FailId, BanState>,
}

/// Shared by the engine, which asks, and the kernel's thread, which sees.
#[derive(Clone, Debug)]
pub(crate) struct Enforcement {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
pub(crate) struct State {
    /// Whether bans are enforced.
    pub(crate) mode: Mode,
    /// By jail.
    pub(crate) jails: HashMap<String, JailEnforcement>,
    /// Whether every ban has to be put into the kernel again.
    rebuild: bool,
}

impl Enforcement {
    pub(crate) fn new() -> Self {
        let state = State {
            mode: Mode::Unused,
            jails: HashMap::new(),
            rebuild: false,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Returns the state, to read or to change.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how far a ban has come.
    pub(crate) fn note(&self, jail: &str, id: &FailId, ban: BanState) {
        let mut state = self.lock();
        state
            .jails
            .entry(jail.to_owned())
            .or_default()
            .bans
            .insert(id.clone(), ban);
    }

    /// Notes how far a ban has come that actions put into sets of their own.
    pub(crate) fn note_adopted(&self, jail: &str, id: &FailId, ban: BanState) {
        let mut state = self.lock();
        let jail = state.jails.entry(jail.to_owned()).or_default();
        jail.adopted.insert(id.clone(), ban);
    }

    /// Notes that such a ban is no more.
    pub(crate) fn forget_adopted(&self, jail: &str, id: &FailId) {
        if let Some(jail) = self.lock().jails.get_mut(jail) {
            jail.adopted.remove(id);
        }
    }

    /// Notes that there are no such bans of a jail.
    pub(crate) fn forget_all_adopted(&self, jail: &str) {
        if let Some(jail) = self.lock().jails.get_mut(jail) {
            jail.adopted.clear();
        }
    }

    /// Asks the engine, which knows all bans, to have them put into the kernel again.
    pub(crate) fn ask_rebuild(&self) {
        self.lock().rebuild = true;
    }

    /// Returns whether that was asked since the last call.
    pub(crate) fn take_rebuild(&self) -> bool {
        std::mem::take(&mut self.lock().rebuild)
    }

    /// Notes that a ban is no more.
    pub(crate) fn forget(&self, jail: &str, id: &FailId) {
        if let Some(jail) = self.lock().jails.get_mut(jail) {
            jail.bans.remove(id);
        }
    }
}
