//! Netlink messages: a header of 16 bytes, nfnetlink's four, attributes.

use super::attribute::Writer;

/// Asks the kernel to do something (`NLM_F_REQUEST`).
pub(crate) const REQUEST: u16 = 0x01;
/// Asks for an acknowledgement (`NLM_F_ACK`).
pub(crate) const ACKNOWLEDGE: u16 = 0x04;
/// A list changed while it was being read (`NLM_F_DUMP_INTR`).
pub(crate) const DUMP_INTERRUPTED: u16 = 0x10;
/// Asks for a list (`NLM_F_DUMP`).
pub(crate) const DUMP: u16 = 0x300;
/// Makes the thing if it is missing (`NLM_F_CREATE`).
pub(crate) const CREATE: u16 = 0x400;
/// Puts the thing at the end (`NLM_F_APPEND`).
pub(crate) const APPEND: u16 = 0x800;

/// Acknowledgement or error (`NLMSG_ERROR`).
const ERROR: u16 = 0x2;
/// The end of a list (`NLMSG_DONE`).
const DONE: u16 = 0x3;

/// The bytes of `struct nlmsghdr`.
const HEADER: usize = 16;
/// The bytes of `struct nfgenmsg`.
const FAMILY_HEADER: usize = 4;
/// Where the flags are in the header.
const FLAGS_AT: usize = 6;

/// What a message says before its attributes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    /// Subsystem and operation.
    pub(crate) kind: u16,
    /// `REQUEST` and friends.
    pub(crate) flags: u16,
    /// Comes back with the answer.
    pub(crate) sequence: u32,
    /// The address family of the table.
    pub(crate) family: u8,
    /// The subsystem, in the two messages around a batch; else 0.
    pub(crate) resource: u16,
}

/// Appends a message and returns where it starts.
pub(crate) fn write(out: &mut Writer, head: Head, body: impl FnOnce(&mut Writer)) -> usize {
    let start = out.len();
    out.raw(&0_u32.to_ne_bytes());
    out.raw(&head.kind.to_ne_bytes());
    out.raw(&head.flags.to_ne_bytes());
    out.raw(&head.sequence.to_ne_bytes());
    out.raw(&0_u32.to_ne_bytes());
    // `struct nfgenmsg`: family, version 0, resource in network order.
    out.raw(&[head.family, 0]);
    out.raw(&head.resource.to_be_bytes());
    body(out);
    match u32::try_from(out.len().saturating_sub(start)) {
        Ok(length) => out.patch(start, &length.to_ne_bytes()),
        Err(_) => out.mark_too_long(),
    }
    start
}

/// Replaces the flags of a message that was written at `start`.
pub(crate) fn set_flags(out: &mut Writer, start: usize, flags: u16) {
    out.patch(start.saturating_add(FLAGS_AT), &flags.to_ne_bytes());
}

/// One message as it was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    /// Subsystem and operation, or one of netlink's own.
    pub(crate) kind: u16,
    /// `DUMP_INTERRUPTED` and others.
    pub(crate) flags: u16,
    /// The number of the request that this answers.
    pub(crate) sequence: u32,
    /// The port of the socket whose request this answers, or tells of.
    pub(crate) port: u32,
    /// What follows the header.
    body: &'a [u8],
}

/// What a message means to the one who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning<'a> {
    /// The request was carried out.
    Done,
    /// The request was refused, with this error number (1 to 4095).
    Refused(i32),
    /// A part of the answer: attributes.
    Part(&'a [u8]),
}

impl<'a> Message<'a> {
    /// Returns the address family of a message of a subsystem.
    pub(crate) fn family(&self) -> Option<u8> {
        self.body.first().copied()
    }

    /// Returns the attributes of a message of a subsystem.
    pub(crate) fn attributes(&self) -> &'a [u8] {
        self.body.get(FAMILY_HEADER..).unwrap_or_default()
    }

    /// Tells what the message means.
    pub(crate) fn meaning(&self) -> Meaning<'a> {
        match self.kind {
            ERROR | DONE => {
                let code = self
                    .body
                    .first_chunk()
                    .map(|code| i32::from_ne_bytes(*code));
                match code {
                    // A `DONE` may come without a code.
                    Some(0) => Meaning::Done,
                    None if self.kind == DONE => Meaning::Done,
                    // Anything that is no error number counts as EIO.
                    Some(code @ -4095..=-1) => Meaning::Refused(code.saturating_neg()),
                    Some(_) | None => Meaning::Refused(5),
                }
            }
            _ => Meaning::Part(self.attributes()),
        }
    }
}

/// Goes through the messages of one datagram.
///
/// The last one may be cut: an error repeats the request, which can be longer
/// than the buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Messages<'a> {
    rest: &'a [u8],
}

impl<'a> Messages<'a> {
    /// Starts at the first message.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        let head = self.rest.first_chunk::<HEADER>()?;
        let [
            l0,
            l1,
            l2,
            l3,
            k0,
            k1,
            f0,
            f1,
            s0,
            s1,
            s2,
            s3,
            p0,
            p1,
            p2,
            p3,
        ] = *head;
        let length = usize::try_from(u32::from_ne_bytes([l0, l1, l2, l3])).ok()?;
        if length < HEADER {
            return None;
        }
        let end = length.min(self.rest.len());
        let body = self.rest.get(HEADER..end)?;
        self.rest = end
            .checked_next_multiple_of(4)
            .and_then(|next| self.rest.get(next..))
            .unwrap_or_default();
        Some(Message {
            kind: u16::from_ne_bytes([k0, k1]),
            flags: u16::from_ne_bytes([f0, f1]),
            sequence: u32::from_ne_bytes([s0, s1, s2, s3]),
            port: u32::from_ne_bytes([p0, p1, p2, p3]),
            body,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: Head = Head {
        kind: 0x0a0c,
        flags: REQUEST | CREATE,
        sequence: 7,
        family: 1,
        resource: 0,
    };

    fn written(head: Head, body: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut writer = Writer::default();
        write(&mut writer, head, body);
        writer.bytes().to_vec()
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn a_message_has_the_bytes_of_the_kernel() {
        assert_eq!(
            written(HEAD, |w| w.put(1, &[5])),
            [
                28, 0, 0, 0, 0x0c, 0x0a, 0x01, 0x04, 7, 0, 0, 0, 0, 0, 0, 0, // nlmsghdr
                1, 0, 0, 0, // nfgenmsg
                5, 0, 1, 0, 5, 0, 0, 0,
            ]
        );
    }

    #[test]
    fn messages_are_told_apart() {
        let error = |code: i32| {
            let mut bytes = written(
                Head {
                    kind: ERROR,
                    ..HEAD
                },
                |_| (),
            );
            bytes[16..20].copy_from_slice(&code.to_ne_bytes());
            bytes
        };
        let check = |bytes: &[u8], expected: Meaning<'_>| {
            let message = Messages::new(bytes).next().unwrap();
            assert_eq!(message.meaning(), expected);
            assert_eq!(message.sequence, 7);
        };
        check(&error(0), Meaning::Done);
        check(&error(-17), Meaning::Refused(17));
        check(&error(i32::MIN), Meaning::Refused(5));
        check(&error(17), Meaning::Refused(5));
        check(
            &written(HEAD, |w| w.put(1, &[])),
            Meaning::Part(&[4, 0, 1, 0][..]),
        );
    }

    #[test]
    fn a_cut_last_message_is_still_read() {
        let mut bytes = written(
            Head {
                kind: ERROR,
                ..HEAD
            },
            |w| w.raw(&[0; 400]),
        );
        bytes[16..20].copy_from_slice(&(-28_i32).to_ne_bytes());
        bytes.truncate(40);
        let all: Vec<_> = Messages::new(&bytes).collect();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].meaning(), Meaning::Refused(28));
    }

    #[test]
    fn a_length_below_the_header_ends_the_datagram() {
        assert_eq!(Messages::new(&[0; 64]).count(), 0);
        assert_eq!(Messages::new(&[0; 3]).count(), 0);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            for message in Messages::new(&bytes) {
                let _ = message.meaning();
            }
        }
    }
}
