//! Sets and rules: what is wanted, what is there, and the one transaction
//! between them.

mod rules;

use std::collections::{BTreeMap, BTreeSet};

use rustix::io::Errno;

use crate::error::FirewallError;
use crate::jail::{JailRules, PortRange, Protocol, joined_ports};
use crate::names::{self, SetKind};
use crate::netlink::batch::Batch;
use crate::netlink::message::CREATE;
use crate::netlink::socket::Trouble;
use crate::nftables::chain::Chain;
use crate::nftables::{chain, rule, set, table};

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
pub(crate) fn check_rules(rules: &JailRules) -> Result<(), FirewallError> {
    let ports = joined_ports(&rules.ports);
    let has_ports = ports != [PortRange::ALL];
    let problem = if rules.protocols.is_empty() && has_ports {
        "ports need a protocol".to_owned()
    } else if has_ports && !rules.protocols.iter().copied().all(Protocol::has_ports) {
        "icmp has no ports".to_owned()
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
            for chain in Chain::ALL {
                if self.chain_fit(chain)? == Some(chain::Fit::Foreign) {
                    let (table, chain) = (self.table.clone(), chain.name());
                    return Err(FirewallError::ForeignChain { chain, table });
                }
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
                // Old kernels say so of the hook, and those without the module
                // that there is no such expression.
                Err(Trouble::Refused {
                    errno: Errno::OPNOTSUPP | Errno::NOENT,
                    ..
                }) if wants(jails, Chain::Reject) => return Err(FirewallError::NoReject),
                Err(trouble) => return Err(FirewallError::of(trouble, "make table and rules")),
            }
        };
        self.check_in_kernel(jails)?;
        Ok(changed)
    }

    /// Tells whether table, chains, sets and rules are there as they were made.
    ///
    /// Rules are counted, not compared: one that another program put in the
    /// place of ours is not told from it.
    pub fn is_whole(&mut self) -> Result<bool, FirewallError> {
        if self.table_is_awake()? != Some(true) {
            return Ok(false);
        }
        let jails = self.jails.clone();
        let found = self.sets()?;
        let fits = |(kind, name): (SetKind, String)| {
            let mut found = found.iter();
            found.any(|set| set.name == name && set.fits(kind.shape(0)))
        };
        if !wanted_sets(&jails).all(fits) {
            return Ok(false);
        }
        match self.check_in_kernel(&jails) {
            Ok(()) => Ok(true),
            Err(FirewallError::TableGone { .. } | FirewallError::SetGone { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn check_in_kernel(
        &mut self,
        jails: &BTreeMap<String, JailRules>,
    ) -> Result<(), FirewallError> {
        let mut missing: BTreeMap<(Chain, String), usize> = BTreeMap::new();
        for rules in jails.values() {
            let count = rules::variants(rules).len();
            for kind in SetKind::ALL {
                let place = (rules::chain_of(rules), kind.name(&rules.jail));
                missing.insert(place, count);
            }
        }
        for chain in Chain::ALL {
            if !wants(jails, chain) {
                continue;
            }
            if self.chain_fit(chain)? != Some(chain::Fit::Ours) {
                let table = self.table.clone();
                return Err(FirewallError::TableGone { table });
            }
            for set in self.rules(chain)?.into_iter().flat_map(|rule| rule.lookups) {
                if let Some(count) = missing.get_mut(&(chain, set)) {
                    *count = count.saturating_sub(1);
                }
            }
        }
        match missing.into_iter().find(|(_, count)| *count > 0) {
            None => Ok(()),
            Some(((_, set), _)) => Err(FirewallError::SetGone { set }),
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
        // anew. With none to keep a chain is emptied without a look.
        for chain in Chain::ALL {
            let goes = |rule: &rule::Found| !rule.lookups.iter().any(|set| kept.contains(set));
            let mut stays = wants(jails, chain);
            let mut removed = None;
            if !kept.is_empty() {
                let (going, staying): (Vec<_>, Vec<_>) =
                    self.rules(chain)?.into_iter().partition(goes);
                stays |= !staying.is_empty();
                removed = Some(going.into_iter().map(|rule| rule.handle).collect());
            }
            let is_there = stays || self.chain_fit(chain)?.is_some();
            if is_there {
                plan.chains.push(ChainPlan {
                    chain,
                    removed,
                    stays,
                });
            }
        }
        // Those who block all protocols may be among those that are kept.
        plan.lets_neighbours_pass = !kept.is_empty() || jails.values().any(rules::blocks_icmp);
        Ok(plan)
    }

    fn write(&self, jails: &BTreeMap<String, JailRules>, plan: &Plan) -> Batch {
        let table = self.table.as_str();
        let mut batch = self.socket.batch(table::INET);
        batch.label(format!("make table `inet {table}`"));
        batch.operation(table::NEW, CREATE, |out| table::describe(out, table));
        for plan in &plan.chains {
            write_chain(&mut batch, table, plan);
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
            rules::write(&mut batch, table, rules, &mut next_id);
        }
        for chain in plan.chains.iter().filter(|chain| chain.stays) {
            if plan.lets_neighbours_pass {
                batch.label("make the rule for neighbours");
                rules::write_discovery(&mut batch, table, chain.chain);
            }
        }
        batch
    }
}

/// What a transaction does, beyond what it always does.
#[derive(Debug, Default)]
struct Plan {
    /// The chains that are there or are to be.
    chains: Vec<ChainPlan>,
    /// The sets to remove.
    removed: Vec<String>,
    /// The sets to make.
    changed: Changed,
    /// Whether some jail would keep neighbours from finding each other.
    lets_neighbours_pass: bool,
}

#[derive(Debug)]
struct ChainPlan {
    chain: Chain,
    /// The rules to remove; `None` is all of them.
    removed: Option<Vec<u64>>,
    /// Whether the chain stays, or is made.
    stays: bool,
}

/// Tells whether a chain is to be there. The first always is.
fn wants(jails: &BTreeMap<String, JailRules>, chain: Chain) -> bool {
    chain == Chain::Prerouting || jails.values().any(|rules| rules::chain_of(rules) == chain)
}

fn wanted_sets(jails: &BTreeMap<String, JailRules>) -> impl Iterator<Item = (SetKind, String)> {
    jails
        .keys()
        .flat_map(|jail| SetKind::ALL.map(|kind| (kind, kind.name(jail))))
}

/// Makes or empties a chain, and removes one that is not wanted.
fn write_chain(batch: &mut Batch, table: &str, plan: &ChainPlan) {
    let chain = plan.chain;
    batch.label(format!("make chain `{}`", chain.name()));
    batch.operation(chain::NEW, CREATE, |out| chain::describe(out, table, chain));
    batch.label("remove old rules");
    match &plan.removed {
        None => {
            batch.operation(rule::DELETE, 0, |out| rule::of_chain(out, table, chain));
        }
        Some(handles) => {
            for &handle in handles {
                batch.operation(rule::DELETE, 0, |out| {
                    rule::name(out, table, chain, handle);
                });
            }
        }
    }
    if !plan.stays {
        batch.label(format!("remove chain `{}`", chain.name()));
        batch.operation(chain::DELETE, 0, |out| chain::name(out, table, chain));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocktype::Blocktype;

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
        check(vec![], vec![Protocol::Icmp], "");
        check(
            vec![PortRange::single(22)],
            vec![Protocol::Tcp, Protocol::Icmp],
            "rules of jail \"sshd\": icmp has no ports",
        );
        let many: Vec<_> = (0..257).map(|n| PortRange::single(n * 2)).collect();
        check(
            many,
            tcp,
            "rules of jail \"sshd\": 257 port ranges, 256 fit",
        );
    }
}
