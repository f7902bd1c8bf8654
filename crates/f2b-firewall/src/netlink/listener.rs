//! A socket that is told of every transaction of this network namespace.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::RecvFlags;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{self, Timeout};

/// The group of nftables (`NFNLGRP_NFTABLES`), as a bit.
const GROUP: u32 = 1 << 6;
/// Room for notifications that were not read yet: a reload of ten thousand
/// rules.
const RECEIVE_BUFFER: usize = 8 << 20;
/// How many strangers are stepped over in one call.
const STRANGERS: u32 = 1024;

/// The socket. It may be read in one thread while another switches it.
#[derive(Debug)]
pub(crate) struct Listener {
    fd: OwnedFd,
    port: u32,
}

/// What one look at the socket brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A notification of so many bytes.
    Bytes(usize),
    /// There is none for now.
    Nothing,
    /// There were more than fit into the buffer.
    TooMuch,
}

impl Listener {
    /// Opens the socket and subscribes.
    pub(crate) fn open() -> io::Result<Self> {
        let fd = super::open()?;
        if sockopt::set_socket_recv_buffer_size_force(&fd, RECEIVE_BUFFER).is_err() {
            sockopt::set_socket_recv_buffer_size(&fd, RECEIVE_BUFFER)?;
        }
        rustix::net::bind(&fd, &SocketAddrNetlink::new(0, GROUP))?;
        let port = super::port(&fd)?;
        Ok(Self { fd, port })
    }

    /// Switches the subscription on or off. While it is off the kernel does
    /// not even put notifications together.
    pub(crate) fn listen(&self, listens: bool) -> io::Result<()> {
        let groups = if listens { GROUP } else { 0 };
        rustix::net::bind(&self.fd, &SocketAddrNetlink::new(self.port, groups))?;
        Ok(())
    }

    /// Reads one notification of the kernel, waiting for it up to `patience`;
    /// not at all without one.
    pub(crate) fn receive(
        &self,
        buffer: &mut [u8],
        patience: Option<Duration>,
    ) -> io::Result<Heard> {
        let flags = match patience {
            Some(patience) => {
                // None at all would be one without end.
                let patience = patience.max(Duration::from_millis(1));
                sockopt::set_socket_timeout(&self.fd, Timeout::Recv, Some(patience))?;
                RecvFlags::empty()
            }
            None => RecvFlags::DONTWAIT,
        };
        for _ in 0..STRANGERS {
            match rustix::net::recvfrom(&self.fd, &mut *buffer, flags) {
                // Any process may write to a netlink socket; port 0 is the kernel.
                Ok((length, _, sender)) => {
                    let sender = sender.and_then(|it| SocketAddrNetlink::try_from(it).ok());
                    if sender.is_some_and(|sender| sender.pid() == 0) {
                        return Ok(Heard::Bytes(length));
                    }
                }
                Err(Errno::AGAIN | Errno::INTR) => return Ok(Heard::Nothing),
                Err(Errno::NOBUFS) => return Ok(Heard::TooMuch),
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(Heard::Nothing)
    }
}
