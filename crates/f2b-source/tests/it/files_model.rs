//! A writer and its log rotation beside the reader, in any order, against a simple model.
//!
//! The model knows each line by its text, which is never repeated, and whether it must arrive. Every
//! complete line must arrive, in the order of its file, and none twice, except that a line may be
//! lost
//! - when it was unread and its file was truncated in place: then exactly the unread bytes are, which
//!   the model counts;
//! - when its file was rotated away or deleted before the reader ever looked at it;
//! - when it was appended to a rotated file that had been closed, as it was idle for 30 rescans, or was
//!   deleted and idle for 3;
//! - when the reader begins anew from a place that was recorded earlier, and the file of the line is
//!   deleted by then, in another directory, or not at the path and not the one that the place names
//!   any more: it names two files at most, by their first lines, and what was truncated has another.
//!
//! A reader that is *killed* goes on from the place that was recorded last: what came after it has
//! never arrived, as it is with a server whose transaction was not committed.

mod world;

use f2b_source::{Encoding, Files, Order};
use proptest::prelude::*;

use crate::kit::run_sequences;
use world::World;

const UTF_16: Encoding = Encoding::Utf16(Order::Little);

#[derive(Debug, Clone, Copy)]
enum Action {
    /// Complete lines to the file that the writer has open.
    Write(u8),
    /// The begin of a line, which ends within a character; the next write ends it.
    Part,
    /// Complete lines to the file that was rotated last, as by a writer that was not told yet.
    Late(u8),
    /// Rename and create.
    Rotate,
    /// Make a new file with lines, and rename it over the old one, which keeps another name.
    RenameOver(u8),
    /// Rename; the new file comes later.
    MoveAway,
    /// Truncate in place, after a copy was made as logrotate's `copytruncate` does.
    CopyTruncate,
    Delete,
    Create,
    /// Rename the directory.
    ParentGone,
    /// Rename it back.
    ParentBack,
    /// Make a new one in its place.
    ParentNew,
    /// Point the symbolic link at the other of two files.
    Swap,
    /// Read what the kernel's notices tell of, or what polling finds.
    Notices,
    /// Look at everything and read.
    Rescan,
    /// Look and read until idle files are closed.
    Idle,
    /// Record the place that the next reading comes to with this chunk of lines.
    Commit(u8),
    /// End the reader and go on in a new one from the last position.
    Restart,
    /// The same from the position that was recorded last.
    Kill,
}

fn common() -> impl Strategy<Value = Action> {
    prop_oneof![
        8 => (1..5_u8).prop_map(Action::Write),
        2 => Just(Action::Part),
        4 => (1..3_u8).prop_map(Action::Late),
        2 => Just(Action::CopyTruncate),
        6 => Just(Action::Notices),
        4 => Just(Action::Rescan),
        4 => (0..3_u8).prop_map(Action::Commit),
        3 => Just(Action::Restart),
        3 => Just(Action::Kill),
    ]
}

fn rotation() -> impl Strategy<Value = Action> {
    prop_oneof![
        24 => common(),
        4 => Just(Action::Rotate),
        2 => (0..3_u8).prop_map(Action::RenameOver),
        2 => Just(Action::MoveAway),
        2 => Just(Action::Delete),
        2 => Just(Action::Create),
        2 => Just(Action::ParentGone),
        2 => Just(Action::ParentBack),
        1 => Just(Action::ParentNew),
        1 => Just(Action::Idle),
    ]
}

fn swapping() -> impl Strategy<Value = Action> {
    prop_oneof![
        16 => common(),
        3 => Just(Action::Swap),
    ]
}

/// Runs so many sequences of actions.
fn check(cases: u32, action: impl Strategy<Value = Action>, world: impl Fn(Files) -> World) {
    run_sequences(cases, 35, action, |files, actions| {
        let mut world = world(files);
        for action in actions {
            world.apply(action);
        }
        world.check()
    });
}

#[test]
fn every_line_once_over_rotation_by_polling() {
    check(2500, rotation(), |files| {
        World::new(files, true, false, Encoding::Utf8)
    });
}

#[test]
fn every_line_once_over_rotation_by_notices() {
    check(2500, rotation(), |files| {
        World::new(files, false, false, Encoding::Utf8)
    });
}

#[test]
fn every_line_once_over_swapped_links_by_polling() {
    check(1500, swapping(), |files| {
        World::new(files, true, true, Encoding::Utf8)
    });
}

#[test]
fn every_line_once_over_swapped_links_by_notices() {
    check(1500, swapping(), |files| {
        World::new(files, false, true, Encoding::Utf8)
    });
}

#[test]
fn every_line_of_two_bytes_a_character_once_by_polling() {
    check(1000, rotation(), |files| {
        World::new(files, true, false, UTF_16)
    });
}

#[test]
fn every_line_of_two_bytes_a_character_once_by_notices() {
    check(1000, rotation(), |files| {
        World::new(files, false, false, UTF_16)
    });
}
