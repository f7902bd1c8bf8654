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
use rustix::net::netlink::SocketAddrNetlink;

/// Returns the number by which the kernel knows a bound socket.
fn port(fd: &OwnedFd) -> io::Result<u32> {
    let address = rustix::net::getsockname(fd)?;
    let address = SocketAddrNetlink::try_from(address).map_err(|_other| Errno::INVAL)?;
    Ok(address.pid())
}
