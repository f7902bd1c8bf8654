//! What a client says when it is told to end.

use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::output::{log, print};

/// Ends the program at the first signal that asks for it, as the original does.
pub(super) fn watch() {
    // Without it the system ends the program, only with fewer words.
    if let Ok(signals) = Signals::new([SIGINT, SIGTERM]) {
        let wait = move || end_at_first(signals);
        thread::Builder::new().spawn(wait).ok();
    }
}

#[expect(
    clippy::exit,
    reason = "the main thread waits for a server or a person, who may never answer"
)]
fn end_at_first(mut signals: Signals) {
    if let Some(signal) = signals.forever().next() {
        print("");
        log("", "WARNING", &format!("Caught signal {signal}. Exiting"));
        std::process::exit(255);
    }
}
