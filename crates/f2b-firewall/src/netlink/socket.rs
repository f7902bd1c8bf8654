//! The socket: what is asked, what is answered, what can go wrong between.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{self, Timeout};
use rustix::net::{RecvFlags, SendFlags};
use thiserror::Error;

use crate::nftables::news;
use crate::watch::Watch;

use super::attribute::Writer;
use super::batch::{Batch, NFTABLES, Sealed};
use super::message::{self, DUMP, DUMP_INTERRUPTED, Head, Meaning, Messages, REQUEST};

/// How long an answer may take. The kernel answers before `sendmsg` returns,
/// so this ends only a wait that would never end.
const PATIENCE: Duration = Duration::from_secs(10);
/// Room for one batch: 16,384 bans need about 1.7 MiB.
const SEND_BUFFER: usize = 16 << 20;
/// Room for answers that were not read yet.
const RECEIVE_BUFFER: usize = 4 << 20;
/// The longest datagram that is read whole.
const DATAGRAM: usize = 256 << 10;
/// The longest batch that is not worth to stop listening for: some fifty bans.
const QUIET: usize = 8 << 10;
/// How often a list is read anew because it changed meanwhile.
const DUMP_TRIES: u32 = 32;
/// How many datagrams of strangers are stepped over in one wait.
const STRANGERS: u32 = 1024;
/// How many single questions go into one datagram, so that the answers fit
/// into the default receive buffer as well.
pub(crate) const QUESTIONS: usize = 128;

/// Why an exchange did not end well.
#[derive(Debug, Error)]
pub(crate) enum Trouble {
    /// The kernel said no.
    #[error("refused")]
    Refused {
        /// Its reason.
        errno: Errno,
        /// What was asked, where known.
        label: Option<String>,
    },
    /// Answers were dropped because there was no room for them.
    #[error("answers were lost")]
    Lost,
    /// Nothing came.
    #[error("no answer")]
    Silent,
    /// A list changed every time it was read.
    #[error("the list kept changing")]
    Restless,
    /// Something does not fit into the length field of its message.
    #[error("message too long")]
    TooLong,
}

impl Trouble {
    fn of(errno: Errno) -> Self {
        match errno {
            Errno::NOBUFS => Self::Lost,
            Errno::AGAIN => Self::Silent,
            errno => Self::Refused { errno, label: None },
        }
    }
}

/// A netlink socket to the packet filter of this network namespace.
#[derive(Debug)]
pub(crate) struct Socket {
    fd: OwnedFd,
    buffer: Vec<u8>,
    sequence: u32,
    port: u32,
    /// Hears what others do, and is not to hear what we do.
    watch: Option<Watch>,
}

impl Socket {
    /// Opens the socket and makes room for large batches.
    pub(crate) fn open() -> io::Result<Self> {
        let fd = super::open()?;
        rustix::net::bind(&fd, &SocketAddrNetlink::new(0, 0))?;
        // Without the right to exceed the limits of the system, what they
        // allow must do: a batch that does not fit is halved.
        if sockopt::set_socket_send_buffer_size_force(&fd, SEND_BUFFER).is_err() {
            sockopt::set_socket_send_buffer_size(&fd, SEND_BUFFER)?;
        }
        if sockopt::set_socket_recv_buffer_size_force(&fd, RECEIVE_BUFFER).is_err() {
            sockopt::set_socket_recv_buffer_size(&fd, RECEIVE_BUFFER)?;
        }
        sockopt::set_socket_timeout(&fd, Timeout::Recv, Some(PATIENCE))?;
        sockopt::set_socket_timeout(&fd, Timeout::Send, Some(PATIENCE))?;
        Ok(Self {
            port: super::port(&fd)?,
            fd,
            buffer: vec![0; DATAGRAM],
            sequence: 1,
            watch: None,
        })
    }

    /// Lets a watch pass over what comes from here.
    pub(crate) fn be_watched(&mut self, watch: &Watch) {
        watch.own(self.port);
        self.watch = Some(watch.clone());
    }

    /// Starts a transaction.
    pub(crate) fn batch(&self, family: u8) -> Batch {
        Batch::new(family, self.sequence)
    }

    /// Sends a transaction in one datagram and waits for the answer.
    ///
    /// *Errors*: after `Refused` nothing of it is in the kernel; after
    /// `Lost` and `Silent` nobody knows.
    pub(crate) fn commit(&mut self, batch: Batch) -> Result<(), Trouble> {
        let sealed = batch.seal().ok_or(Trouble::TooLong)?;
        self.sequence = sealed.next();
        let watch = self.watch.clone();
        match watch.filter(|_| sealed.bytes().len() > QUIET) {
            None => self.commit_sealed(&sealed),
            Some(watch) => self.commit_unheard(&sealed, &watch),
        }
    }

    /// Commits while nobody listens, and finds out whether somebody else
    /// committed meanwhile.
    fn commit_unheard(&mut self, sealed: &Sealed, watch: &Watch) -> Result<(), Trouble> {
        let before = self.generation();
        watch.cover_ears();
        let committed = self.commit_sealed(sealed);
        watch.uncover_ears();
        let own = match &committed {
            Ok(()) => Some(1),
            Err(Trouble::Refused { .. }) => Some(0),
            Err(_) => None,
        };
        let expected = before
            .zip(own)
            .map(|(before, own)| before.wrapping_add(own));
        if expected.is_none() || self.generation() != expected {
            watch.note_missed();
        }
        committed
    }

    /// Returns the number of transactions so far.
    fn generation(&mut self) -> Option<u32> {
        self.get(news::GET_GENERATION, 0, |_| (), news::read_generation)
            .ok()
            .flatten()
    }

    fn commit_sealed(&mut self, sealed: &Sealed) -> Result<(), Trouble> {
        self.send(sealed.bytes())?;
        let mut refused: Option<(u32, i32)> = None;
        let mut ended = false;
        while !ended {
            let datagram = match self.receive() {
                Ok(datagram) => datagram,
                // What is known is worth more than what is missing.
                Err(_) if refused.is_some() => break,
                Err(trouble) => return Err(trouble),
            };
            for message in Messages::new(datagram) {
                let number = message.sequence;
                if !sealed.contains(number) {
                    continue;
                }
                match message.meaning() {
                    Meaning::Refused(code) => {
                        refused.get_or_insert((number, code));
                        ended |= number == sealed.first || number == sealed.last;
                    }
                    Meaning::Done => ended |= number == sealed.last,
                    Meaning::Part(_) => {}
                }
            }
        }
        match refused {
            None => Ok(()),
            Some((number, code)) => Err(Trouble::Refused {
                errno: Errno::from_raw_os_error(code),
                label: sealed.label(number).map(str::to_owned),
            }),
        }
    }

    /// Reads a whole list, anew if it changed while it was read.
    ///
    /// `body` writes the attributes of the request; `decode` takes the
    /// attributes of one message and appends what it found.
    pub(crate) fn list<T>(
        &mut self,
        operation: u8,
        family: u8,
        body: impl Fn(&mut Writer),
        mut decode: impl FnMut(&[u8], &mut Vec<T>),
    ) -> Result<Vec<T>, Trouble> {
        let mut lost = false;
        for _ in 0..DUMP_TRIES {
            let mut found = Vec::new();
            let sequence = self.question(operation, family, DUMP, &body)?;
            let mut whole = true;
            let mut ended = false;
            while !ended {
                let datagram = match self.receive() {
                    Ok(datagram) => datagram,
                    // The end mark still comes: an unfinished list would
                    // make the next question fail.
                    Err(Trouble::Lost) => {
                        (whole, lost) = (false, true);
                        continue;
                    }
                    Err(trouble) => return Err(trouble),
                };
                for message in Messages::new(datagram) {
                    if message.sequence != sequence {
                        continue;
                    }
                    whole &= message.flags & DUMP_INTERRUPTED == 0;
                    match message.meaning() {
                        Meaning::Part(attributes) => decode(attributes, &mut found),
                        Meaning::Done => ended = true,
                        Meaning::Refused(code) => match Errno::from_raw_os_error(code) {
                            // Some kernels end an interrupted list this way.
                            Errno::INTR | Errno::AGAIN => (whole, ended) = (false, true),
                            errno => return Err(Trouble::Refused { errno, label: None }),
                        },
                    }
                }
            }
            if whole {
                return Ok(found);
            }
        }
        Err(if lost {
            Trouble::Lost
        } else {
            Trouble::Restless
        })
    }

    /// Asks for one thing; `None` when it does not exist.
    pub(crate) fn get<T>(
        &mut self,
        operation: u8,
        family: u8,
        body: impl Fn(&mut Writer),
        mut decode: impl FnMut(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, Trouble> {
        let mut found = None;
        self.get_each(
            operation,
            family,
            1,
            |_, out| body(out),
            |_, attributes| {
                found = attributes.and_then(&mut decode);
            },
        )?;
        Ok(found)
    }

    /// Asks `count` questions (at most `QUESTIONS`) in one datagram.
    ///
    /// `answer` is called for each with the attributes of its answer, or with
    /// `None` when the thing does not exist.
    pub(crate) fn get_each(
        &mut self,
        operation: u8,
        family: u8,
        count: usize,
        body: impl Fn(usize, &mut Writer),
        mut answer: impl FnMut(usize, Option<&[u8]>),
    ) -> Result<(), Trouble> {
        let first = self.sequence;
        let mut out = Writer::default();
        for number in 0..count {
            let head = Head {
                kind: NFTABLES << 8 | u16::from(operation),
                flags: REQUEST,
                sequence: self.take_number(),
                family,
                resource: 0,
            };
            message::write(&mut out, head, |out| body(number, out));
        }
        if out.is_too_long() {
            return Err(Trouble::TooLong);
        }
        self.send(out.bytes())?;
        let mut answered = vec![false; count];
        let mut missing = count;
        let mut refused = None;
        while missing > 0 {
            for message in Messages::new(self.receive()?) {
                let number = usize::try_from(message.sequence.wrapping_sub(first)).unwrap_or(count);
                let Some(seen) = answered.get_mut(number).filter(|seen| !**seen) else {
                    continue;
                };
                (*seen, missing) = (true, missing.saturating_sub(1));
                match message.meaning() {
                    Meaning::Part(attributes) => answer(number, Some(attributes)),
                    Meaning::Done => answer(number, None),
                    Meaning::Refused(code) => match Errno::from_raw_os_error(code) {
                        Errno::NOENT => answer(number, None),
                        errno => refused = Some(errno),
                    },
                }
            }
        }
        match refused {
            None => Ok(()),
            Some(errno) => Err(Trouble::Refused { errno, label: None }),
        }
    }

    /// Sends one question and returns its number.
    fn question(
        &mut self,
        operation: u8,
        family: u8,
        flags: u16,
        body: impl FnOnce(&mut Writer),
    ) -> Result<u32, Trouble> {
        let sequence = self.take_number();
        let head = Head {
            kind: NFTABLES << 8 | u16::from(operation),
            flags: REQUEST | flags,
            sequence,
            family,
            resource: 0,
        };
        let mut out = Writer::default();
        message::write(&mut out, head, body);
        if out.is_too_long() {
            return Err(Trouble::TooLong);
        }
        self.send(out.bytes())?;
        Ok(sequence)
    }

    fn take_number(&mut self) -> u32 {
        let number = self.sequence;
        self.sequence = self.sequence.wrapping_add(1);
        number
    }

    fn send(&self, bytes: &[u8]) -> Result<(), Trouble> {
        let kernel = SocketAddrNetlink::new(0, 0);
        rustix::io::retry_on_intr(|| {
            rustix::net::sendto(&self.fd, bytes, SendFlags::empty(), &kernel)
        })
        .map_err(Trouble::of)?;
        Ok(())
    }

    /// Reads one datagram of the kernel.
    fn receive(&mut self) -> Result<&[u8], Trouble> {
        for _ in 0..STRANGERS {
            let buffer = self.buffer.as_mut_slice();
            let (length, _, sender) = rustix::io::retry_on_intr(|| {
                rustix::net::recvfrom(&self.fd, &mut *buffer, RecvFlags::empty())
            })
            .map_err(Trouble::of)?;
            // Any process may write to a netlink socket; port 0 is the kernel.
            let is_kernel = sender
                .and_then(|sender| SocketAddrNetlink::try_from(sender).ok())
                .is_some_and(|sender| sender.pid() == 0);
            if is_kernel {
                return Ok(self.buffer.get(..length).unwrap_or_default());
            }
        }
        Err(Trouble::Silent)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Its port may be given to another program.
        if let Some(watch) = &self.watch {
            watch.disown(self.port);
        }
    }
}
