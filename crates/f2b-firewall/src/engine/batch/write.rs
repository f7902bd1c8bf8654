//! Operations as messages.
//!
//! An element is added, deleted and added, never just deleted or just added:
//! deleting what is not there would undo the whole batch, and old kernels do
//! not give an element that is there a new timeout. Seen from the packets it
//! is one step.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::netlink::attribute::Writer;
use crate::netlink::batch::Batch;
use crate::netlink::message::CREATE;
use crate::nftables::element::{self, Key, Place};

use super::Operation;

/// How many elements go into one message: a list ends at 64 KiB, and one
/// element takes at most 40 bytes.
const LIST: usize = 1_000;

/// Writes operations, no two of them for the same key.
pub(super) fn operations(
    batch: &mut Batch,
    table: &str,
    sets: &[String],
    operations: &[Operation],
) {
    let mut addresses: BTreeMap<usize, (Vec<&Operation>, Vec<&Operation>)> = BTreeMap::new();
    for operation in operations {
        if !operation.kind.is_network() {
            let (unbans, bans) = addresses.entry(operation.set).or_default();
            let list = if operation.ban.is_some() {
                bans
            } else {
                unbans
            };
            list.push(operation);
        }
    }
    let place = |set: usize| Place {
        table,
        set: sets.get(set).map_or("", String::as_str),
        id: None,
    };
    for (set, (unbans, bans)) in addresses {
        // What goes makes room for what comes.
        let place = place(set);
        for list in unbans.chunks(LIST) {
            send(batch, element::NEW, place, list, put_key);
            send(batch, element::DELETE, place, list, put_key);
        }
        for list in bans.chunks(LIST) {
            send(batch, element::NEW, place, list, put_key);
            send(batch, element::DELETE, place, list, put_key);
            send(batch, element::NEW, place, list, put_ban);
        }
    }
    // Networks may overlap those that went before them, so each is finished
    // before the next.
    for operation in operations
        .iter()
        .filter(|operation| operation.kind.is_network())
    {
        let place = place(operation.set);
        send(batch, element::NEW, place, &[operation], put_key);
        send(batch, element::DELETE, place, &[operation], put_key);
        if operation.ban.is_some() {
            send(batch, element::NEW, place, &[operation], put_ban);
        }
    }
}

/// Returns the key of an operation and, for a network that does not reach the
/// last address, the first key behind it.
pub(super) fn keys(operation: &Operation) -> (Key, Option<Key>) {
    let begin = Key::Address(operation.net.network());
    if !operation.kind.is_network() {
        return (begin, None);
    }
    let end = match operation.net {
        IpNet::V4(net) => {
            let behind = net.broadcast().to_bits().checked_add(1);
            behind.map(|bits| IpAddr::V4(bits.into()))
        }
        IpNet::V6(net) => {
            let behind = net.broadcast().to_bits().checked_add(1);
            behind.map(|bits| IpAddr::V6(bits.into()))
        }
    };
    (begin, end.map(Key::Address))
}

fn send(
    batch: &mut Batch,
    operation: u8,
    place: Place<'_>,
    list: &[&Operation],
    put: fn(&mut Writer, &Operation),
) {
    let flags = if operation == element::NEW { CREATE } else { 0 };
    batch.operation(operation, flags, |out| {
        element::list(out, place, |out| {
            for operation in list {
                put(out, operation);
            }
        });
    });
}

fn put_key(out: &mut Writer, operation: &Operation) {
    put_range(out, operation, None);
}

fn put_ban(out: &mut Writer, operation: &Operation) {
    let timeout_ms = operation.ban.and_then(|stay| stay.timeout_ms);
    put_range(out, operation, timeout_ms);
}

fn put_range(out: &mut Writer, operation: &Operation, timeout_ms: Option<u64>) {
    match keys(operation) {
        (begin, None) if operation.kind.is_network() => {
            element::put_open(out, begin, timeout_ms);
        }
        (begin, end) => {
            element::put(out, begin, timeout_ms);
            if let Some(end) = end {
                element::put_end(out, end);
            }
        }
    }
}
