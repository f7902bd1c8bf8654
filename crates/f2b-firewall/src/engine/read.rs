//! What the kernel holds: sets, rules, elements.

use std::collections::BTreeSet;

use ipnet::IpNet;
use rustix::io::Errno;

use crate::change::Element;
use crate::error::FirewallError;
use crate::names::SetKind;
use crate::netlink::socket::Trouble;
use crate::nftables::chain::Chain;
use crate::nftables::element::{self, Place};
use crate::nftables::{chain, rule, set, table};

use super::Engine;
use super::range::{self, Listed, Point, Range};

impl Engine {
    /// Tells whether the table is there.
    pub(super) fn has_table(&mut self) -> Result<bool, FirewallError> {
        Ok(self.table_is_awake()?.is_some())
    }

    /// Tells whether the table is there and not put to sleep.
    pub(super) fn table_is_awake(&mut self) -> Result<Option<bool>, FirewallError> {
        let name = &self.table;
        let found = self.socket.get(
            table::GET,
            table::INET,
            |out| table::name(out, name),
            |attributes| {
                let found = table::read_name(attributes)?;
                (found == *name).then(|| !table::is_dormant(attributes))
            },
        );
        found.map_err(|trouble| FirewallError::of(trouble, "read table"))
    }

    /// Tells whether a chain is there and ours.
    pub(super) fn chain_fit(&mut self, chain: Chain) -> Result<Option<chain::Fit>, FirewallError> {
        let name = &self.table;
        self.socket
            .get(
                chain::GET,
                table::INET,
                |out| chain::name(out, name, chain),
                |attributes| Some(chain::read_fit(attributes, chain)),
            )
            .map_err(|trouble| FirewallError::of(trouble, "read chain"))
    }

    /// Lists the sets of the table; none when there is no table.
    pub(super) fn sets(&mut self) -> Result<Vec<set::Found>, FirewallError> {
        let name = &self.table;
        let listed = self.socket.list(
            set::GET,
            table::INET,
            |out| set::of_table(out, name),
            |attributes, found| {
                found.extend(set::read(attributes).filter(|set| set.table == *name));
            },
        );
        empty_if_missing(listed, "list sets")
    }

    /// Returns the names of the sets of the table; none when there is no table.
    pub(super) fn set_names(&mut self) -> Result<BTreeSet<String>, FirewallError> {
        let found = self.sets()?;
        Ok(found.into_iter().map(|set| set.name).collect())
    }

    /// Lists the rules of a chain; none when there is no chain.
    pub(super) fn rules(&mut self, chain: Chain) -> Result<Vec<rule::Found>, FirewallError> {
        let name = &self.table;
        let listed = self.socket.list(
            rule::GET,
            table::INET,
            |out| rule::of_chain(out, name, chain),
            |attributes, found| found.extend(rule::read(attributes, name, chain)),
        );
        empty_if_missing(listed, "list rules")
    }

    /// Lists the elements of one set, sorted.
    ///
    /// *Errors*: `SetGone` when the set does not exist.
    pub(super) fn set_elements(
        &mut self,
        kind: SetKind,
        set: &str,
    ) -> Result<Vec<Element>, FirewallError> {
        if kind.is_network() {
            let listed = self.set_ranges(set)?;
            return Ok(listed
                .ranges
                .into_iter()
                .flat_map(Range::elements)
                .collect());
        }
        let mut elements: Vec<_> = self
            .set_points(set)?
            .iter()
            .map(|point| Element {
                net: IpNet::from(point.address),
                remaining: point.remaining,
            })
            .collect();
        elements.sort_unstable_by_key(|element| element.net);
        Ok(elements)
    }

    /// Lists the ranges of one interval set.
    ///
    /// *Errors*: `SetGone` when the set does not exist.
    pub(super) fn set_ranges(&mut self, set: &str) -> Result<Listed, FirewallError> {
        self.set_points(set).map(range::listed)
    }

    fn set_points(&mut self, set: &str) -> Result<Vec<Point>, FirewallError> {
        let place = Place {
            table: &self.table,
            set,
            id: None,
        };
        let listed = self.socket.list(
            element::GET,
            table::INET,
            |out| element::of_set(out, place),
            |attributes, found| {
                found.extend(element::read(attributes).filter_map(range::point));
            },
        );
        listed.map_err(|trouble| match trouble {
            Trouble::Refused {
                errno: Errno::NOENT,
                ..
            } => FirewallError::SetGone {
                set: set.to_owned(),
            },
            trouble => FirewallError::of(trouble, &format!("list elements of set `{set}`")),
        })
    }
}

fn empty_if_missing<T>(
    listed: Result<Vec<T>, Trouble>,
    doing: &str,
) -> Result<Vec<T>, FirewallError> {
    match listed {
        Err(Trouble::Refused {
            errno: Errno::NOENT,
            ..
        }) => Ok(Vec::new()),
        listed => listed.map_err(|trouble| FirewallError::of(trouble, doing)),
    }
}
