//! A transaction: operations between two marks, all of them or none.

use super::attribute::Writer;
use super::message::{self, ACKNOWLEDGE, Head, REQUEST};

/// Opens a batch (`NFNL_MSG_BATCH_BEGIN`).
const BATCH_BEGIN: u16 = 0x10;
/// Closes a batch (`NFNL_MSG_BATCH_END`).
const BATCH_END: u16 = 0x11;
/// The subsystem (`NFNL_SUBSYS_NFTABLES`).
pub(crate) const NFTABLES: u16 = 10;

/// A transaction that is being written.
///
/// Only the last operation asks for an acknowledgement; the others speak up
/// when they fail.
#[derive(Debug)]
pub(crate) struct Batch {
    out: Writer,
    family: u8,
    first: u32,
    next: u32,
    last: Option<(usize, u16)>,
    labels: Vec<(u32, String)>,
}

/// A transaction that can be sent.
#[derive(Debug)]
pub(crate) struct Sealed {
    bytes: Vec<u8>,
    /// The number of the opening mark: errors of the whole batch carry it.
    pub(crate) first: u32,
    /// The number of the last operation: its answer ends the wait.
    pub(crate) last: u32,
    labels: Vec<(u32, String)>,
}

impl Batch {
    /// Opens a transaction whose messages are numbered from `first` on.
    pub(crate) fn new(family: u8, first: u32) -> Self {
        let mut batch = Self {
            out: Writer::default(),
            family,
            first,
            next: first,
            last: None,
            labels: Vec::new(),
        };
        batch.mark(BATCH_BEGIN);
        batch
    }

    /// Says what the operations from here on are for; an error repeats it.
    pub(crate) fn label(&mut self, label: impl Into<String>) {
        self.labels.push((self.next, label.into()));
    }

    /// Appends an operation of the nftables subsystem.
    pub(crate) fn operation(&mut self, operation: u8, flags: u16, body: impl FnOnce(&mut Writer)) {
        let flags = flags | REQUEST;
        let head = Head {
            kind: NFTABLES << 8 | u16::from(operation),
            flags,
            sequence: self.take_number(),
            family: self.family,
            resource: 0,
        };
        let start = message::write(&mut self.out, head, body);
        self.last = Some((start, flags));
    }

    /// Closes the transaction.
    ///
    /// `None` when there is nothing to send, or when a part is longer than
    /// its length field can say.
    pub(crate) fn seal(mut self) -> Option<Sealed> {
        let (start, flags) = self.last?;
        message::set_flags(&mut self.out, start, flags | ACKNOWLEDGE);
        let last = self.next.wrapping_sub(1);
        self.mark(BATCH_END);
        (!self.out.is_too_long()).then(|| Sealed {
            bytes: self.out.bytes().to_vec(),
            first: self.first,
            last,
            labels: self.labels,
        })
    }

    fn mark(&mut self, kind: u16) {
        let head = Head {
            kind,
            flags: REQUEST,
            sequence: self.take_number(),
            family: 0,
            resource: NFTABLES,
        };
        message::write(&mut self.out, head, |_| ());
    }

    fn take_number(&mut self) -> u32 {
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        number
    }
}

impl Sealed {
    /// Returns what goes into the one datagram.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the number after the closing mark.
    pub(crate) fn next(&self) -> u32 {
        self.last.wrapping_add(2)
    }

    /// Tells whether an answer with this number belongs to the batch.
    pub(crate) fn contains(&self, sequence: u32) -> bool {
        sequence.wrapping_sub(self.first) <= self.last.wrapping_sub(self.first)
    }

    /// Returns what the operation with this number was for.
    pub(crate) fn label(&self, sequence: u32) -> Option<&str> {
        let place = sequence.wrapping_sub(self.first);
        let label = self
            .labels
            .iter()
            .take_while(|(from, _)| from.wrapping_sub(self.first) <= place)
            .last()?;
        Some(&label.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::message::Messages;

    #[test]
    fn only_the_last_operation_asks_for_an_answer() {
        let mut batch = Batch::new(1, u32::MAX);
        batch.label("first");
        batch.operation(12, 0, |w| w.put(1, &[1]));
        batch.label("second");
        batch.operation(14, 0, |_| ());
        let sealed = batch.seal().unwrap();
        let seen: Vec<_> = Messages::new(sealed.bytes())
            .map(|m| (m.kind, m.flags, m.sequence))
            .collect();
        assert_eq!(
            seen,
            [
                (BATCH_BEGIN, REQUEST, u32::MAX),
                (0x0a0c, REQUEST, 0),
                (0x0a0e, REQUEST | ACKNOWLEDGE, 1),
                (BATCH_END, REQUEST, 2),
            ]
        );
        assert_eq!((sealed.last, sealed.next()), (1, 3));
        assert!(sealed.contains(u32::MAX) && sealed.contains(1) && !sealed.contains(3));
        assert_eq!(sealed.label(0), Some("first"));
        assert_eq!(sealed.label(1), Some("second"));
        assert_eq!(sealed.label(u32::MAX), None);
    }

    #[test]
    fn a_batch_without_operations_is_not_sent() {
        assert!(Batch::new(1, 1).seal().is_none());
    }
}
