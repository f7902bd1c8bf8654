//! A control socket that the service manager has opened.

use std::os::unix::net::UnixListener;

use listenfd::ListenFd;
use rustix::io::FdFlags;

/// The name that the service manager gives to the control socket, if it passes several.
const NAME: &str = "fail2ban";

/// Tells whether the service manager passed sockets to this process: then whoever connects is not
/// answered by another server.
#[must_use]
pub fn socket_is_passed() -> bool {
    let own = std::process::id().to_string();
    let is_own = std::env::var("LISTEN_PID").is_ok_and(|process| process == own);
    is_own && std::env::var("LISTEN_FDS").is_ok_and(|count| count != "0")
}

/// Returns the socket that was passed to this process, if there is one.
///
/// # Errors
/// What was passed is no socket that listens.
pub(crate) fn inherited() -> std::io::Result<Option<UnixListener>> {
    let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
    let mut passed = ListenFd::from_env();
    let listener = passed.take_unix_listener(place(&names))?;
    if let Some(listener) = &listener {
        // No action inherits it.
        rustix::io::fcntl_setfd(listener, FdFlags::CLOEXEC)?;
        listener.set_nonblocking(false)?;
    }
    Ok(listener)
}

/// The place of the control socket among those that are passed: the one of its name, else the first.
fn place(names: &str) -> usize {
    let mut names = names.split(':');
    names.position(|name| name == NAME).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_of_the_name_is_taken_else_the_first() {
        let check = |names: &str, expected: usize| assert_eq!(place(names), expected, "{names}");
        check("", 0);
        check("fail2ban", 0);
        check("web:fail2ban:other", 1);
        check("web:fail2ban.sock", 0);
    }
}
