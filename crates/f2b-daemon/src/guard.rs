//! Threads that must not die alone.

use std::thread::{Builder, JoinHandle};

/// Starts a thread. If it panics the process ends: the service manager starts it again, and half a
/// server would be worse than none.
///
/// # Errors
/// The system has no thread to give.
pub(crate) fn start(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).spawn(move || {
        let alive = AbortOnPanic;
        work();
        drop(alive);
    })
}

/// Ends the process if it is dropped by a panic.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}
