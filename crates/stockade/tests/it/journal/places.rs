//! The entry that reading stopped at is gone when it goes on.

use std::fs;

use super::journald::Journald;
use super::{matched, prepare};
use crate::server::Server;

const GONE: &str = "The journal no longer has the entry that was read last";

/// Four failures are read, then all is done while the server is away, then the fifth failure bans.
fn check(meanwhile: impl FnOnce(&Server, Journald) -> Journald, gone: usize) {
    let mut server = prepare();
    let journald = Journald::start(&server);
    server.start();
    journald.fail("192.0.2.11", 2);
    journald.fail("192.0.2.12", 1);
    server.wait_until("three failures", || matched(&server) == 3);
    server.stop();
    let journald = meanwhile(&server, journald);
    server.start();
    // Two that were written while nobody read.
    server.wait_until("what was missed", || matched(&server) >= 2);
    journald.fail("192.0.2.12", 1);
    server.wait_until("what comes", || matched(&server) >= 3);
    assert_eq!(matched(&server), 3);
    server.wait_until("told if it is gone", || {
        server.log().matches(GONE).count() == gone
    });
    assert!(server.banned().is_empty());
    journald.fail("192.0.2.11", 1);
    server.wait_until("the fifth failure", || server.banned() == ["192.0.2.11"]);
}

#[test]
fn after_a_vacuum_what_is_left_is_read_once() {
    check(
        |_, journald| {
            journald.rotate();
            journald.fail("192.0.2.11", 2);
            journald.vacuum();
            journald
        },
        1,
    );
}

#[test]
fn after_a_rotation_alone_the_place_is_found() {
    check(
        |_, journald| {
            journald.rotate();
            journald.fail("192.0.2.11", 2);
            journald
        },
        0,
    );
}

/// Ends the journal, removes it, and begins another.
fn wipe(server: &Server, journald: Journald) -> Journald {
    drop(journald);
    fs::remove_dir_all(server.path("runlog/journal")).unwrap();
    Journald::start(server)
}

#[test]
fn a_journal_that_was_wiped_and_begun_anew_is_read_once() {
    check(
        |server, journald| {
            let journald = wipe(server, journald);
            journald.fail("192.0.2.11", 2);
            journald
        },
        1,
    );
}

#[test]
fn a_journal_that_is_wiped_under_its_reader_is_read_on() {
    let mut server = prepare();
    let journald = Journald::start(&server);
    server.start();
    journald.fail("192.0.2.11", 3);
    server.wait_until("three failures", || matched(&server) == 3);
    let journald = wipe(&server, journald);
    journald.fail("192.0.2.11", 1);
    server.wait_until("the fourth", || matched(&server) >= 4);
    assert_eq!(matched(&server), 4);
    journald.fail("192.0.2.11", 1);
    server.wait_until("the fifth failure", || server.banned() == ["192.0.2.11"]);
}
