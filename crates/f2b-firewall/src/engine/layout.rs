//! Sets and rules: what is wanted, what is there, and the one transaction
//! between them.

use std::collections::{BTreeMap, BTreeSet};

use rustix::io::Errno;

use crate::error::FirewallError;
use crate::jail::{Blocktype, JailRules, PortRange, Protocol, joined_ports};
use crate::names::{self, SetKind};
use crate::netlink::attribute::Writer;
use crate::netlink::batch::Batch;
use crate::netlink::message::{APPEND, CREATE};
use crate::netlink::socket::Trouble;
use crate::nftables::element::{self, Place};
use crate::nftables::expression::{self, Base, Comparison, Meta};
use crate::nftables::set::{self, ANONYMOUS, ANONYMOUS_NAME, CONSTANT, INTERVAL, Shape};
use crate::nftables::{chain, rule, table};

use super::Engine;

/// How often the transaction is written anew because somebody changed the
/// table between reading and writing.
const TRIES: u32 = 4;
/// How many port ranges a jail can have: all of them must fit into one
/// message.
const PORT_RANGES: usize = 256;

/// Whose sets and rules go away.
#[derive(Debug, Clone, Copy)]
pub(super) enum Removal<'a> {
    /// Nobody's.
    Nothing,
    /// Those of one jail.
    Jail(&'a str),
    /// Those of all jails that are not wanted.
    Unknown,
}

/// What a rebuild changed.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// The sets that are new, and so empty.
    pub(super) made: Vec<String>,
    /// Those of them that took the place of one of another shape.
    pub(super) rebuilt: Vec<String>,
}

/// Checks what the kernel would refuse, or take for something else.
pub(super) fn check_rules(rules: &JailRules) -> Result<(), FirewallError> {
    let ports = joined_ports(&rules.ports);
    let problem = if rules.protocols.is_empty() && ports != [PortRange::ALL] {
        "ports need a protocol".to_owned()
    } else if ports.len() > PORT_RANGES {
        format!("{} port ranges, {PORT_RANGES} fit", ports.len())
    } else {
        return Ok(());
    };
    Err(FirewallError::BadRules {
        jail: rules.jail.clone(),
        problem,
    })
}

impl Engine {
    /// Brings sets and rules into the wanted state, in one transaction, and
    /// reads back that the rules are there.
    pub(super) fn rebuild(
        &mut self,
        jails: &BTreeMap<String, JailRules>,
        removal: Removal<'_>,
    ) -> Result<Changed, FirewallError> {
        let mut tries = TRIES;
        let changed = loop {
            tries = tries.saturating_sub(1);
            if self.chain_fit()? == Some(chain::Fit::Foreign) {
                let table = self.table.clone();
                return Err(FirewallError::ForeignChain { table });
            }
            let plan = self.plan(jails, removal)?;
            let batch = self.write(jails, &plan);
            match self.socket.commit(batch) {
                Ok(()) => break plan.changed,
                // What was read is no longer true: read it again.
                Err(
                    Trouble::Refused {
                        errno: Errno::NOENT | Errno::EXIST,
                        ..
                    }
                    | Trouble::Lost,
                ) if tries > 0 => {}
                Err(trouble) => return Err(FirewallError::of(trouble, "make table and rules")),
            }
        };
        self.check_in_kernel(jails)?;
        Ok(changed)
    }

    fn check_in_kernel(
        &mut self,
        jails: &BTreeMap<String, JailRules>,
    ) -> Result<(), FirewallError> {
        if self.chain_fit()? != Some(chain::Fit::Ours) {
            let table = self.table.clone();
            return Err(FirewallError::TableGone { table });
        }
        let used: BTreeSet<String> = self
            .rules()?
            .into_iter()
            .flat_map(|rule| rule.lookups)
            .collect();
        let missing = wanted_sets(jails).find(|(_, set)| !used.contains(set));
        match missing {
            None => Ok(()),
            Some((_, set)) => Err(FirewallError::SetGone { set }),
        }
    }

    fn plan(
        &mut self,
        jails: &BTreeMap<String, JailRules>,
        removal: Removal<'_>,
    ) -> Result<Plan, FirewallError> {
        let found = self.sets()?;
        let wanted: BTreeMap<String, SetKind> =
            wanted_sets(jails).map(|(kind, set)| (set, kind)).collect();
        let mut plan = Plan::default();
        let mut fitting = BTreeSet::new();
        let mut kept = BTreeSet::new();
        for set in found {
            match (wanted.get(&set.name), names::jail_of(&set.name)) {
                (Some(kind), _) if set.fits(kind.shape(0)) => {
                    fitting.insert(set.name);
                }
                (Some(_), _) => {
                    plan.removed.push(set.name.clone());
                    plan.changed.rebuilt.push(set.name);
                }
                (None, Some(jail)) => {
                    let goes = match removal {
                        Removal::Nothing => false,
                        Removal::Jail(stopped) => stopped == jail,
                        Removal::Unknown => true,
                    };
                    if goes {
                        plan.removed.push(set.name);
                    } else {
                        kept.insert(set.name);
                    }
                }
                // Not of our making, or the ports of a rule.
                (None, None) => {}
            }
        }
        plan.changed.made = wanted
            .into_keys()
            .filter(|set| !fitting.contains(set))
            .collect();
        // Rules of jails that are not started yet go on; all others are made
        // anew. With none to keep the chain is emptied without a look.
        if !kept.is_empty() {
            let goes = |rule: &rule::Found| !rule.lookups.iter().any(|set| kept.contains(set));
            let rules = self.rules()?;
            plan.rules = Some(
                rules
                    .into_iter()
                    .filter(goes)
                    .map(|rule| rule.handle)
                    .collect(),
            );
        }
        Ok(plan)
    }

    fn write(&self, jails: &BTreeMap<String, JailRules>, plan: &Plan) -> Batch {
        let table = self.table.as_str();
        let mut batch = self.socket.batch(table::INET);
        batch.label(format!("make table `inet {table}`"));
        batch.operation(table::NEW, CREATE, |out| table::describe(out, table));
        batch.label(format!("make chain `{}`", chain::CHAIN));
        batch.operation(chain::NEW, CREATE, |out| chain::describe(out, table));
        batch.label("remove old rules");
        match &plan.rules {
            None => {
                batch.operation(rule::DELETE, 0, |out| rule::of_chain(out, table));
            }
            Some(handles) => {
                for &handle in handles {
                    batch.operation(rule::DELETE, 0, |out| rule::name(out, table, handle));
                }
            }
        }
        for set in &plan.removed {
            batch.label(format!("remove set `{set}`"));
            batch.operation(set::DELETE, 0, |out| set::name(out, table, set));
        }
        // The number of a set tells it apart within the batch.
        let mut id = 0_u32;
        let mut next_id = || {
            id = id.saturating_add(1);
            id
        };
        for (kind, set) in wanted_sets(jails).filter(|(_, set)| plan.changed.made.contains(set)) {
            batch.label(format!("make set `{set}`"));
            let shape = kind.shape(next_id());
            batch.operation(set::NEW, CREATE, |out| {
                set::describe(out, table, &set, shape);
            });
        }
        for rules in jails.values() {
            batch.label(format!("make rules of jail \"{}\"", rules.jail));
            write_rules(&mut batch, table, rules, &mut next_id);
        }
        batch
    }
}

/// What a transaction does, beyond what it always does.
#[derive(Debug, Default)]
struct Plan {
    /// The rules to remove; `None` is all of them.
    rules: Option<Vec<u64>>,
    /// The sets to remove.
    removed: Vec<String>,
    /// The sets to make.
    changed: Changed,
}

fn wanted_sets(jails: &BTreeMap<String, JailRules>) -> impl Iterator<Item = (SetKind, String)> {
    jails
        .keys()
        .flat_map(|jail| SetKind::ALL.map(|kind| (kind, kind.name(jail))))
}

/// Writes one rule for each protocol and each set of the jail.
fn write_rules(
    batch: &mut Batch,
    table: &str,
    rules: &JailRules,
    next_id: &mut impl FnMut() -> u32,
) {
    let ports = joined_ports(&rules.ports);
    let mut protocols: Vec<Option<Protocol>> = rules.protocols.iter().copied().map(Some).collect();
    protocols.sort_unstable();
    protocols.dedup();
    if protocols.is_empty() {
        protocols.push(None);
    }
    for protocol in protocols {
        for kind in SetKind::ALL {
            let source = kind.name(&rules.jail);
            // An anonymous set belongs to one rule.
            let port_set = (ports.len() > 1).then(&mut *next_id);
            if let Some(id) = port_set {
                write_port_set(batch, table, &ports, id);
            }
            batch.operation(rule::NEW, CREATE | APPEND, |out| {
                rule::describe(out, table, |out| {
                    if let Some(protocol) = protocol {
                        match_ports(out, protocol, &ports, port_set);
                    }
                    match_source(out, kind, &source);
                    expression::counter(out);
                    match rules.blocktype {
                        Blocktype::Drop => expression::drop_packet(out),
                    }
                });
            });
        }
    }
}

fn write_port_set(batch: &mut Batch, table: &str, ports: &[PortRange], id: u32) {
    let ranges = ports.iter().any(|range| range.first() != range.last());
    let ends = if ranges { 2_u32 } else { 1 };
    let shape = Shape {
        key: set::Key::Port,
        flags: ANONYMOUS | CONSTANT | if ranges { INTERVAL } else { 0 },
        size: u32::try_from(ports.len())
            .unwrap_or(u32::MAX)
            .saturating_mul(ends),
        id,
    };
    batch.operation(set::NEW, CREATE, |out| {
        set::describe(out, table, ANONYMOUS_NAME, shape);
    });
    let place = Place {
        table,
        set: ANONYMOUS_NAME,
        id: Some(id),
    };
    batch.operation(element::NEW, CREATE, |out| {
        element::list(out, place, |out| {
            for range in ports {
                let first = element::Key::Port(range.first());
                match range.last().checked_add(1) {
                    _ if !ranges => element::put(out, first, None),
                    Some(behind) => {
                        element::put(out, first, None);
                        element::put_end(out, element::Key::Port(behind));
                    }
                    None => element::put_open(out, first, None),
                }
            }
        });
    });
}

fn match_ports(out: &mut Writer, protocol: Protocol, ports: &[PortRange], set: Option<u32>) {
    expression::meta(out, Meta::Protocol);
    expression::compare(out, Comparison::Equal, &[protocol.number()]);
    if ports == [PortRange::ALL] {
        return;
    }
    // The destination port of all these protocols is at the same place.
    expression::payload(out, Base::Transport, 2, 2);
    match (set, ports) {
        (None, [range]) if range.first() == range.last() => {
            expression::compare(out, Comparison::Equal, &range.first().to_be_bytes());
        }
        (None, [range]) => {
            expression::compare(out, Comparison::AtLeast, &range.first().to_be_bytes());
            expression::compare(out, Comparison::AtMost, &range.last().to_be_bytes());
        }
        _ => expression::lookup(out, ANONYMOUS_NAME, set),
    }
}

fn match_source(out: &mut Writer, kind: SetKind, set: &str) {
    // NFPROTO_IPV4, NFPROTO_IPV6; the place of the source address in the
    // header of each.
    let (family, offset, length) = if kind.is_ip4() {
        (2, 12, 4)
    } else {
        (10, 8, 16)
    };
    expression::meta(out, Meta::Family);
    expression::compare(out, Comparison::Equal, &[family]);
    expression::payload(out, Base::Network, offset, length);
    expression::lookup(out, set, None);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_make_no_sense_are_refused() {
        let check = |ports: Vec<PortRange>, protocols: Vec<Protocol>, expected: &str| {
            let rules = JailRules {
                jail: "sshd".to_owned(),
                ports,
                protocols,
                blocktype: Blocktype::Drop,
            };
            let text = check_rules(&rules).err().map(|error| error.to_string());
            assert_eq!(text.unwrap_or_default(), expected);
        };
        let tcp = vec![Protocol::Tcp];
        check(vec![PortRange::single(22)], tcp.clone(), "");
        check(vec![], vec![], "");
        check(vec![PortRange::ALL], vec![], "");
        check(
            vec![PortRange::single(22)],
            vec![],
            "rules of jail \"sshd\": ports need a protocol",
        );
        let many: Vec<_> = (0..257).map(|n| PortRange::single(n * 2)).collect();
        check(
            many,
            tcp,
            "rules of jail \"sshd\": 257 port ranges, 256 fit",
        );
    }
}
