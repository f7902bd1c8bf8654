//! A journal of the test's own, and who writes to it.

use crate::server::{Server, failed_login};

/// A journal that is being written; it ends when this is dropped.
pub(super) struct Journald(kernel_kit::Journald);

impl Journald {
    /// Begins the journal that a server sees, or goes on with it.
    pub(super) fn start(server: &Server) -> Self {
        Self(kernel_kit::Journald::start(&server.path(".")).unwrap())
    }

    /// Sends messages as a service does by `syslog(3)`.
    pub(super) fn send(&self, identifier: &str, messages: &[String]) {
        let socket = self.0.socket().unwrap();
        for message in messages {
            let packet = format!("<38>{identifier}[4711]: {message}");
            socket.send(packet.as_bytes()).unwrap();
        }
    }

    pub(super) fn fail(&self, address: &str, count: usize) {
        self.send("sshd", &vec![failed_login(address); count]);
    }

    /// Lets it begin another file.
    pub(super) fn rotate(&self) {
        self.0.rotate().unwrap();
    }

    /// Removes all files but the one that is being written.
    pub(super) fn vacuum(&self) {
        self.0.vacuum().unwrap();
    }
}
