//! Sets that somebody else has made, as the commands of actions do: single elements are put in and
//! taken out, as `nft add element` and `nft delete element` would, without a process.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use rustix::io::Errno;

use crate::engine::range::{self, Point, Range};
use crate::error::FirewallError;
use crate::family::Family;
use crate::netlink::attribute::Writer;
use crate::netlink::message::CREATE;
use crate::netlink::socket::{QUESTIONS, Socket, Trouble};
use crate::nftables::element::{self, Key, Place};
use crate::nftables::set::{self, INTERVAL, TIMEOUT};
use crate::watch::Watch;

/// `NFT_SET_EVAL`: packets may put elements in as well (`flags dynamic`).
const DYNAMIC: u32 = 0x20;

/// How many elements go into one message: a list ends at 64 KiB, and one with two ends takes at most
/// 64 bytes.
const LIST: usize = 500;

/// How often a set is listed that others change meanwhile.
const LIST_TRIES: u32 = 100;

/// Names a set.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SetName {
    /// What its table is for.
    pub family: Family,
    /// Its table.
    pub table: String,
    /// The set itself.
    pub set: String,
}

impl fmt::Display for SetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.family, self.table, self.set)
    }
}

/// Changes sets of others. What a set is like is asked each time: whoever made it may make it anew.
#[derive(Debug)]
pub struct ForeignSets {
    socket: Socket,
}

impl ForeignSets {
    /// Opens the packet filter of the network namespace we run in.
    ///
    /// *Errors*: what [`crate::Engine::open`] says of the socket.
    pub fn open() -> Result<Self, FirewallError> {
        let socket = Socket::open().map_err(FirewallError::of_socket)?;
        Ok(Self { socket })
    }

    /// Has a watch pass over what is done from here.
    pub fn be_watched(&mut self, watch: &Watch) {
        self.socket.be_watched(watch);
    }

    /// Puts an address or a network in and reads it back; one that is there stays as it is.
    ///
    /// *Errors*: `SetGone`; `UnfitSet` for what `nft` does with a set beyond sending the element
    /// (joining ranges), and for what the set cannot hold; what the kernel says.
    pub fn add(&mut self, name: &SetName, net: IpNet) -> Result<(), FirewallError> {
        self.add_all(name, &[net])
    }

    /// Puts many in with one transaction and reads each back: all of them, or none.
    ///
    /// *Errors*: as [`Self::add`], for the first that something is wrong with.
    pub fn add_all(&mut self, name: &SetName, nets: &[IpNet]) -> Result<(), FirewallError> {
        self.change(name, nets, element::NEW)?;
        for nets in nets.chunks(QUESTIONS) {
            if let Some(missing) = self.missing(name, nets)? {
                return Err(FirewallError::NotReadBack {
                    network: missing,
                    set: name.set.clone(),
                });
            }
        }
        Ok(())
    }

    /// Takes an address or a network out and reads back that it is gone; what is not there is
    /// taken out already.
    ///
    /// *Errors*: as [`Self::add`].
    pub fn remove(&mut self, name: &SetName, net: IpNet) -> Result<(), FirewallError> {
        if !self.change(name, &[net], element::DELETE)? || !self.holds(name, net)? {
            return Ok(());
        }
        Err(FirewallError::StillThere {
            network: net,
            set: name.set.clone(),
        })
    }

    /// Lists what a set holds, sorted; ranges that were joined are listed as the fewest networks.
    ///
    /// *Errors*: `SetGone`, `UnfitSet`, what the kernel says.
    pub fn elements(&mut self, name: &SetName) -> Result<Vec<IpNet>, FirewallError> {
        let is_interval = self.shape(name)?.is_interval;
        for _ in 0..LIST_TRIES {
            let points = self.points(name)?;
            if is_interval {
                // The kernel does not say that a set was changed while it was listed.
                if range::is_whole(&points) {
                    let ranges = range::listed(points).ranges;
                    return Ok(ranges.iter().flat_map(Range::nets).collect());
                }
                continue;
            }
            let mut nets: Vec<IpNet> = points.iter().map(|point| point.address.into()).collect();
            nets.sort_unstable();
            nets.dedup();
            return Ok(nets);
        }
        Err(refused(Trouble::Restless, name, "list"))
    }

    fn points(&mut self, name: &SetName) -> Result<Vec<Point>, FirewallError> {
        let listed = self.socket.list(
            element::GET,
            name.family.number(),
            |out| element::of_set(out, place(name)),
            |attributes, found| {
                found.extend(element::read(attributes).filter_map(range::point));
            },
        );
        listed.map_err(|trouble| refused(trouble, name, "list"))
    }

    /// Sends elements; returns whether there was anything to change.
    fn change(
        &mut self,
        name: &SetName,
        nets: &[IpNet],
        operation: u8,
    ) -> Result<bool, FirewallError> {
        let shape = self.shape(name)?;
        if shape.merges {
            let (set, problem) = (
                name.set.clone(),
                "merges ranges, which is the work of `nft`",
            );
            return Err(FirewallError::UnfitSet { set, problem });
        }
        for &net in nets {
            shape.takes(net, name)?;
        }
        let flags = CREATE * u16::from(operation == element::NEW);
        let mut batch = self.socket.batch(name.family.number());
        for nets in nets.chunks(LIST) {
            batch.operation(operation, flags, |out| {
                element::list(out, place(name), |out| {
                    for &net in nets {
                        shape.put(out, net);
                    }
                });
            });
        }
        match self.socket.commit(batch) {
            Ok(()) => Ok(true),
            Err(Trouble::Refused {
                errno: Errno::NOENT,
                ..
            }) if operation == element::DELETE => {
                // The element is missing, unless the set is.
                self.shape(name)?;
                Ok(false)
            }
            Err(trouble) => Err(refused(trouble, name, "change")),
        }
    }

    /// Tells whether a set holds an address or a network, as one or as part of a range.
    ///
    /// *Errors*: what the kernel says; a set that does not exist holds nothing.
    pub fn holds(&mut self, name: &SetName, net: IpNet) -> Result<bool, FirewallError> {
        Ok(self.missing(name, &[net])?.is_none())
    }

    /// Returns the first of some that a set does not hold; at most `QUESTIONS`.
    fn missing(&mut self, name: &SetName, nets: &[IpNet]) -> Result<Option<IpNet>, FirewallError> {
        let key = |number: usize| nets.get(number).map(|net| Key::Address(net.addr()));
        let mut missing = None;
        let asked = self.socket.get_each(
            element::GET,
            name.family.number(),
            nets.len(),
            |number, out| {
                element::list(out, place(name), |out| {
                    if let Some(key) = key(number) {
                        element::put(out, key, None);
                    }
                });
            },
            |number, attributes| {
                let is_there = |attributes| element::read(attributes).any(|found| !found.is_end);
                if !attributes.is_some_and(is_there) {
                    missing = missing.or(nets.get(number).copied());
                }
            },
        );
        asked.map_err(|trouble| refused(trouble, name, "read back"))?;
        Ok(missing)
    }

    /// Reads what a set is like.
    fn shape(&mut self, name: &SetName) -> Result<Shape, FirewallError> {
        let found = self.socket.get(
            set::GET,
            name.family.number(),
            |out| set::name(out, &name.table, &name.set),
            set::read,
        );
        let found = found.map_err(|trouble| refused(trouble, name, "read"))?;
        let set = name.set.clone();
        let Some(found) = found else {
            return Err(FirewallError::SetGone { set });
        };
        match found.key() {
            Some(key) if found.flags & !(INTERVAL | TIMEOUT | DYNAMIC) == 0 => Ok(Shape {
                is_ip4: key == set::Key::Ip4,
                is_interval: found.flags & INTERVAL != 0,
                merges: found.merges,
            }),
            _ => {
                let problem = "is no plain set of addresses";
                Err(FirewallError::UnfitSet { set, problem })
            }
        }
    }
}

/// What matters of a set.
#[derive(Clone, Copy)]
struct Shape {
    is_ip4: bool,
    is_interval: bool,
    merges: bool,
}

impl Shape {
    /// Checks that an element fits in.
    fn takes(self, net: IpNet, name: &SetName) -> Result<(), FirewallError> {
        let problem = if net.addr().is_ipv4() != self.is_ip4 {
            "is for the other kind of addresses"
        } else if net.trunc() != net {
            "takes no network with bits behind its prefix"
        } else if !self.is_interval && net.prefix_len() < net.max_prefix_len() {
            "holds single addresses only"
        } else {
            return Ok(());
        };
        let set = name.set.clone();
        Err(FirewallError::UnfitSet { set, problem })
    }

    /// Writes an element.
    fn put(self, out: &mut Writer, net: IpNet) {
        let begin = Key::Address(net.addr());
        match behind(net) {
            _ if !self.is_interval => element::put(out, begin, None),
            Some(end) => {
                element::put(out, begin, None);
                element::put_end(out, Key::Address(end));
            }
            None => element::put_open(out, begin, None),
        }
    }
}

fn place(name: &SetName) -> Place<'_> {
    Place {
        table: &name.table,
        set: &name.set,
        id: None,
    }
}

/// Returns the first address behind a network; `None` if there is none.
fn behind(net: IpNet) -> Option<IpAddr> {
    Some(match net.broadcast() {
        IpAddr::V4(last) => IpAddr::V4(last.to_bits().checked_add(1)?.into()),
        IpAddr::V6(last) => IpAddr::V6(last.to_bits().checked_add(1)?.into()),
    })
}

fn refused(trouble: Trouble, name: &SetName, doing: &str) -> FirewallError {
    let set = name.set.clone();
    match trouble {
        Trouble::Refused {
            errno: Errno::NOENT,
            ..
        } => FirewallError::SetGone { set },
        Trouble::Refused {
            errno: Errno::NFILE | Errno::NOSPC,
            ..
        } => FirewallError::SetFull { set },
        trouble => FirewallError::of(trouble, &format!("{doing} set `{name}`")),
    }
}
