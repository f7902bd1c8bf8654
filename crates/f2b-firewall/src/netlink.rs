//! The netlink protocol as such: attributes, messages, the socket.
//!
//! Named after `linux/netlink.h` and `linux/netfilter/nfnetlink.h`. Nothing
//! here knows what a set or a rule is.

pub(crate) mod attribute;
pub(crate) mod batch;
pub(crate) mod listener;
pub(crate) mod message;
pub(crate) mod socket;

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::netlink::{NETFILTER, SocketAddrNetlink};
use rustix::net::{AddressFamily, SocketFlags, SocketType};

/// Opens a socket to the packet filter of this network namespace; it is not bound yet.
fn open() -> io::Result<OwnedFd> {
    let (family, kind) = (AddressFamily::NETLINK, SocketType::RAW);
    let fd = rustix::net::socket_with(family, kind, SocketFlags::CLOEXEC, Some(NETFILTER))?;
    Ok(fd)
}

/// Returns the number by which the kernel knows a bound socket.
fn port(fd: &OwnedFd) -> io::Result<u32> {
    let address = rustix::net::getsockname(fd)?;
    let address = SocketAddrNetlink::try_from(address).map_err(|_other| Errno::INVAL)?;
    Ok(address.pid())
}
