//! What can go wrong, in words of ours: the kernel gives only numbers.

use std::io;

use ipnet::IpNet;
use rustix::io::Errno;
use thiserror::Error;

use crate::netlink::socket::Trouble;

/// Why the kernel does not hold what was asked for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FirewallError {
    /// The process may not change the packet filter.
    #[error("no right to change the packet filter")]
    NoRight {
        /// The kernel's answer.
        #[source]
        source: io::Error,
    },
    /// The kernel was built or booted without nftables.
    #[error("the kernel has no nf_tables")]
    NoNftables {
        /// The kernel's answer.
        #[source]
        source: io::Error,
    },
    /// A name does not fit into the kernel, or `nft` could not print it.
    #[error("{what} name {name:?} {problem}")]
    BadName {
        /// `jail` or `table`.
        what: &'static str,
        /// The name, cut to 64 characters.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The rules of a jail make no sense.
    #[error("rules of jail \"{jail}\": {problem}")]
    BadRules {
        /// The jail.
        jail: String,
        /// What is wrong with them.
        problem: String,
    },
    /// The kernel has no `reject`, or not for packets that just arrived.
    #[error("the kernel cannot reject packets as they arrive")]
    NoReject,
    /// A chain of our name hangs elsewhere.
    #[error("chain `{chain}` of table `inet {table}` is not ours")]
    ForeignChain {
        /// The chain.
        chain: &'static str,
        /// The table.
        table: String,
    },
    /// The jail was not started here.
    #[error("jail \"{jail}\" is not started")]
    NotStarted {
        /// The jail.
        jail: String,
    },
    /// The set takes no more elements.
    #[error("set `{set}` is full")]
    SetFull {
        /// The set.
        set: String,
    },
    /// The network shares addresses with one that is banned already.
    #[error("network {network} overlaps one that is in set `{set}` already")]
    Overlap {
        /// The network.
        network: IpNet,
        /// The set.
        set: String,
    },
    /// The end of the ban is farther away than the kernel can count.
    #[error("the kernel cannot count a timeout of {seconds} seconds")]
    TimeoutTooLong {
        /// The timeout.
        seconds: u64,
    },
    /// Somebody removed the table.
    #[error("table `inet {table}` was deleted by another program")]
    TableGone {
        /// The table.
        table: String,
    },
    /// Somebody removed the set.
    #[error("set `{set}` was deleted by another program")]
    SetGone {
        /// The set.
        set: String,
    },
    /// A set of somebody else is none that single elements can be put into just so.
    #[error("set `{set}` {problem}")]
    UnfitSet {
        /// The set.
        set: String,
        /// What stands against it.
        problem: &'static str,
    },
    /// The element was added, and then it was not there.
    #[error("{network} was added to set `{set}` but is not there when read back")]
    NotReadBack {
        /// Who was to be banned.
        network: IpNet,
        /// The set.
        set: String,
    },
    /// Bans of networks inside it are over, but the kernel still holds their
    /// ends and would take that of this network for one of them.
    #[error("set `{set}` still holds ends of bans inside {network} that are over")]
    RanOut {
        /// The network.
        network: IpNet,
        /// The set.
        set: String,
    },
    /// What the set holds could not be read, so nothing was changed.
    #[error("set `{set}` could not be listed, {network} was left as it was")]
    NotListed {
        /// Who was to be banned or unbanned.
        network: IpNet,
        /// The set.
        set: String,
    },
    /// The element was taken out, or is part of a range that we did not make,
    /// and then it was there.
    #[error("{network} is still in set `{set}`")]
    StillThere {
        /// Who was to be unbanned.
        network: IpNet,
        /// The set.
        set: String,
    },
    /// The kernel's answers did not fit into the socket's buffer.
    #[error("{doing}: answers of the kernel were lost")]
    Lost {
        /// What was asked.
        doing: String,
    },
    /// The kernel did not answer.
    #[error("{doing}: no answer of the kernel")]
    Silent {
        /// What was asked.
        doing: String,
    },
    /// What was read changed again and again meanwhile.
    #[error("{doing}: it kept changing")]
    Restless {
        /// What was asked.
        doing: String,
    },
    /// A message would be longer than its length field can say.
    #[error("{doing}: message too long")]
    TooLong {
        /// What was asked.
        doing: String,
    },
    /// Anything else.
    #[error("{doing}")]
    Kernel {
        /// What was asked.
        doing: String,
        /// The kernel's answer.
        #[source]
        source: io::Error,
    },
}

impl FirewallError {
    /// Tells whether asking for the same once more is refused once more, until something else that is
    /// banned goes.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        matches!(
            self,
            Self::SetFull { .. }
                | Self::Overlap { .. }
                | Self::TimeoutTooLong { .. }
                | Self::RanOut { .. }
        )
    }

    /// Returns the same once more if table or set are gone: that is so for whatever was to go there.
    pub(crate) fn if_gone(&self) -> Option<Self> {
        match self {
            Self::TableGone { table } => Some(Self::TableGone {
                table: table.clone(),
            }),
            Self::SetGone { set } => Some(Self::SetGone { set: set.clone() }),
            _ => None,
        }
    }

    /// Returns what a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoRight { .. } => "run as root or with the capability CAP_NET_ADMIN",
            Self::NoNftables { .. } => {
                "load the module `nf_tables`, or choose an action that runs commands (`banaction = iptables-multiport`)"
            }
            Self::NoReject => {
                "use `blocktype = drop`, load the module `nft_reject_inet`, or use Linux 5.9 or later"
            }
            Self::BadName { .. } => {
                "use letters, digits, `/`, `\\`, `_`, `.` and `-`, or choose a shell action for this jail"
            }
            Self::ForeignChain { .. } => "remove the table with `nft delete table`",
            Self::SetFull { .. } => "ban networks in place of single addresses, or for less long",
            Self::Overlap { .. } => "unban the other network first",
            Self::RanOut { .. } => "unban the networks inside it, then ban it again",
            Self::TimeoutTooLong { .. } => "use a permanent ban (`bantime = -1`)",
            Self::TableGone { .. } | Self::SetGone { .. } => {
                "keep `flush ruleset` out of other programs' rules"
            }
            Self::StillThere { .. } => {
                "remove it with `nft delete element`, and look for a program that adds it"
            }
            Self::NotReadBack { .. } => "look for a program that flushes the set",
            Self::BadRules { .. }
            | Self::NotStarted { .. }
            | Self::NotListed { .. }
            | Self::UnfitSet { .. }
            | Self::Lost { .. }
            | Self::Silent { .. }
            | Self::Restless { .. }
            | Self::TooLong { .. }
            | Self::Kernel { .. } => return None,
        })
    }

    /// Words an exchange that went wrong.
    pub(crate) fn of(trouble: Trouble, doing: &str) -> Self {
        let doing = doing.to_owned();
        match trouble {
            Trouble::Refused { errno, label } => Self::of_errno(errno, label.unwrap_or(doing)),
            Trouble::Lost => Self::Lost { doing },
            Trouble::Silent => Self::Silent { doing },
            Trouble::Restless => Self::Restless { doing },
            Trouble::TooLong => Self::TooLong { doing },
        }
    }

    /// Words an error of the socket itself.
    pub(crate) fn of_socket(source: io::Error) -> Self {
        match Errno::from_io_error(&source) {
            Some(errno) => Self::of_errno(errno, "open a netlink socket".to_owned()),
            None => Self::Kernel {
                doing: "open a netlink socket".to_owned(),
                source,
            },
        }
    }

    fn of_errno(errno: Errno, doing: String) -> Self {
        let source = io::Error::from(errno);
        match errno {
            Errno::PERM | Errno::ACCESS => Self::NoRight { source },
            Errno::PROTONOSUPPORT | Errno::AFNOSUPPORT | Errno::OPNOTSUPP | Errno::NOSYS => {
                Self::NoNftables { source }
            }
            _ => Self::Kernel { doing, source },
        }
    }
}
