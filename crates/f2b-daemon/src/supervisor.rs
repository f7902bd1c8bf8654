//! What the service manager is told: that the server is ready, goes on, or ends.
//!
//! Nobody there, or nobody who listens, is no mistake: then it is told to nobody.

use std::time::{Duration, Instant};

use sd_notify::NotifyState;

use crate::clock;

/// Says that commands are answered.
pub(crate) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// Says that the configuration is read again; [`ready`] ends it.
pub(crate) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(moment) => tell(&[NotifyState::Reloading, moment]),
        Err(_no_clock) => tell(&[NotifyState::Reloading]),
    }
}

/// Says that the end has begun.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(states: &[NotifyState<'_>]) {
    sd_notify::notify(states).ok();
}

/// The signs of life that the service manager asks for.
#[derive(Debug)]
pub(crate) struct Pulse {
    /// How often; nothing if it does not ask.
    pause: Option<Duration>,
    last: Instant,
}

impl Pulse {
    /// Asks the environment what the service manager expects.
    pub(crate) fn of_environment() -> Self {
        Self {
            pause: sd_notify::watchdog_enabled().map(|limit| limit / 3),
            last: clock::tick(),
        }
    }

    /// Gives a sign of life, if one is due.
    pub(crate) fn beat(&mut self) {
        let now = clock::tick();
        if self.pause.is_some_and(|pause| now - self.last >= pause) {
            self.last = now;
            tell(&[NotifyState::Watchdog]);
        }
    }
}
