//! The one owner of our table in the kernel.

mod batch;
mod layout;
pub(crate) mod range;
mod read;

use std::collections::BTreeMap;

use rustix::io::Errno;

use crate::change::Element;
use crate::error::FirewallError;
use crate::family::Family;
use crate::jail::{Adopted, JailRules};
use crate::names::{self, SetKind};
use crate::netlink::socket::{Socket, Trouble};
use crate::nftables::table;
use crate::watch::Watch;

use layout::Removal;
pub(crate) use layout::check_rules;

/// Keeps the table, its chain and the sets of the jails.
///
/// Dropping it leaves everything in the kernel: a ban is not to end because
/// we did. `close` takes the table away.
#[derive(Debug)]
pub struct Engine {
    socket: Socket,
    table: String,
    jails: BTreeMap<String, JailRules>,
}

impl Engine {
    /// Opens the packet filter of the network namespace we run in, and makes
    /// or takes up the table `inet TABLE` with its chain.
    ///
    /// What a killed server left there goes on: sets, bans and rules of jails
    /// that are not started here stay until `remove_unknown`.
    ///
    /// *Errors*: `NoRight`, `NoNftables`, `BadName`, `ForeignChain`. The right
    /// is not guessed: the table is really committed and read back.
    pub fn open(table: &str) -> Result<Self, FirewallError> {
        names::check_table(table)?;
        let mut socket = Socket::open().map_err(FirewallError::of_socket)?;
        // The first question also loads the module. A kernel without it knows
        // no such operation.
        let first = socket.get(
            table::GET,
            table::INET,
            |out| table::name(out, table),
            table::read_name,
        );
        if let Err(Trouble::Refused {
            errno: Errno::INVAL,
            ..
        }) = first
        {
            let source = Errno::INVAL.into();
            return Err(FirewallError::NoNftables { source });
        }
        first.map_err(|trouble| FirewallError::of(trouble, "read table"))?;
        let mut engine = Self {
            socket,
            table: table.to_owned(),
            jails: BTreeMap::new(),
        };
        engine.rebuild(&BTreeMap::new(), Removal::Nothing)?;
        Ok(engine)
    }

    /// Has a watch tell of what others do to the table, and pass over what is
    /// done from here.
    pub fn be_watched(&mut self, watch: &Watch) {
        self.socket.be_watched(watch);
        watch.add(Family::Inet, &self.table);
    }

    /// Returns the name of the table.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Returns the jails that are started, sorted by name.
    pub fn jails(&self) -> impl Iterator<Item = &JailRules> {
        self.jails.values()
    }

    /// Makes the sets and rules of a jail, or gives a started one new rules.
    ///
    /// All rules of the chain are made anew in the same transaction, so there
    /// is no moment at which a ban does not hold; their counters begin at 0.
    ///
    /// *Errors*: `BadName`, `BadRules`, and what the kernel says; then nothing
    /// has changed.
    pub fn start_jail(&mut self, rules: JailRules) -> Result<Adopted, FirewallError> {
        names::check_jail(&rules.jail)?;
        rules.check()?;
        let jail = rules.jail.clone();
        let mut jails = self.jails.clone();
        jails.insert(jail.clone(), rules);
        let changed = self.rebuild(&jails, Removal::Nothing)?;
        self.jails = jails;
        let mut adopted = Adopted {
            elements: Vec::new(),
            rebuilt: changed.rebuilt,
        };
        for kind in SetKind::ALL {
            let set = kind.name(&jail);
            // A set that was made just now is empty.
            if !changed.made.contains(&set) {
                adopted.elements.extend(self.set_elements(kind, &set)?);
            }
        }
        Ok(adopted)
    }

    /// Removes the sets and rules of a jail with all its bans.
    ///
    /// *Errors*: `NotStarted`, and what the kernel says; then nothing has
    /// changed.
    pub fn stop_jail(&mut self, jail: &str) -> Result<(), FirewallError> {
        let mut jails = self.jails.clone();
        if jails.remove(jail).is_none() {
            let jail = jail.to_owned();
            return Err(FirewallError::NotStarted { jail });
        }
        self.rebuild(&jails, Removal::Jail(jail))?;
        self.jails = jails;
        Ok(())
    }

    /// Returns the jails that have sets in the table but are not started
    /// here, sorted.
    pub fn unknown_jails(&mut self) -> Result<Vec<String>, FirewallError> {
        let mut unknown: Vec<_> = self
            .sets()?
            .iter()
            .filter_map(|set| names::jail_of(&set.name))
            .filter(|jail| !self.jails.contains_key(*jail))
            .map(str::to_owned)
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        Ok(unknown)
    }

    /// Removes the sets, rules and bans of jails that are not started here,
    /// and returns their names.
    pub fn remove_unknown(&mut self) -> Result<Vec<String>, FirewallError> {
        let unknown = self.unknown_jails()?;
        let jails = self.jails.clone();
        self.rebuild(&jails, Removal::Unknown)?;
        Ok(unknown)
    }

    /// Makes anew what somebody deleted: table, chain, sets, rules. Returns
    /// the sets that were made; their bans must be put in again.
    pub fn repair(&mut self) -> Result<Vec<String>, FirewallError> {
        let jails = self.jails.clone();
        Ok(self.rebuild(&jails, Removal::Nothing)?.made)
    }

    /// Lists the bans of a jail as the kernel holds them, sorted by address
    /// within each kind: IPv4 addresses, IPv4 networks, then IPv6.
    ///
    /// *Errors*: `SetGone` when a set of the jail does not exist.
    pub fn elements(&mut self, jail: &str) -> Result<Vec<Element>, FirewallError> {
        names::check_jail(jail)?;
        let mut elements = Vec::new();
        for kind in SetKind::ALL {
            elements.extend(self.set_elements(kind, &kind.name(jail))?);
        }
        Ok(elements)
    }

    /// Removes the table with everything in it, in one transaction. It is no
    /// error when somebody did so before.
    pub fn close(mut self) -> Result<(), FirewallError> {
        let mut batch = self.socket.batch(table::INET);
        batch.label("remove table");
        // Made first, so that removing it cannot fail.
        batch.operation(table::NEW, crate::netlink::message::CREATE, |out| {
            table::name(out, &self.table);
        });
        batch.operation(table::DELETE, 0, |out| table::name(out, &self.table));
        self.socket
            .commit(batch)
            .map_err(|trouble| FirewallError::of(trouble, "remove table"))
    }
}
