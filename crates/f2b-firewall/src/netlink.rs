//! The netlink protocol as such: attributes, messages, the socket.
//!
//! Named after `linux/netlink.h` and `linux/netfilter/nfnetlink.h`. Nothing
//! here knows what a set or a rule is.

pub(crate) mod attribute;
pub(crate) mod batch;
pub(crate) mod message;
pub(crate) mod socket;
