//! The shell of a jail's actions, which changes elements of nftables itself (*adoption*) and reads back
//! what became of them.

use std::collections::HashSet;

use crossbeam_channel::{Receiver, Sender, bounded};
use f2b_action::{ElementChange, ElementSet, Outcome, Script, Shell, SystemShell};
use f2b_core::Span;
use f2b_firewall::{Family, FirewallError, ForeignSets, News, SetName};
use ipnet::IpNet;

use crate::enforcement::BanState;
use crate::kernel::told;
use crate::watch::Watches;

/// How much news may wait: each of it says that all has to be looked at.
const NEWS: usize = 16;

/// Runs scripts and changes elements.
#[derive(Debug)]
pub(super) struct Elements {
    /// Tell what other programs take away.
    watches: Watches,
    news: Receiver<News>,
    news_to: Sender<News>,
    /// The tables that they tell of.
    watched: HashSet<(Family, String)>,
    /// Open once somebody has asked for it and the kernel has allowed it.
    sets: Option<ForeignSets>,
    /// What was put in last and could not be: the script had to run.
    left: Option<(SetName, IpNet, String)>,
    /// What was put in before its turn.
    ahead: HashSet<(SetName, IpNet)>,
    /// Whether all that was put in since the last question is there.
    state: Option<BanState>,
    /// Whether a set was not there that should have been.
    is_lost: bool,
}

impl Shell for Elements {
    fn run(&mut self, script: &Script, timeout: Span) -> Outcome {
        SystemShell.run(script, timeout)
    }

    fn change_element(&mut self, set: &ElementSet, ip: &str, change: ElementChange) -> bool {
        let (Some(name), Some(net)) = (name(set), net(ip)) else {
            return false;
        };
        if change == ElementChange::Add && self.ahead.remove(&(name.clone(), net)) {
            self.state = self.state.take().or(Some(BanState::InKernel));
            return true;
        }
        let done = self.change(&name, net, change);
        if change == ElementChange::Add {
            match &done {
                Ok(()) => self.state = self.state.take().or(Some(BanState::InKernel)),
                Err(error) => {
                    self.is_lost |= matches!(error, FirewallError::SetGone { .. });
                    self.left = Some((name, net, told(error)));
                }
            }
        }
        done.is_ok()
    }
}

impl Elements {
    pub(super) fn new(watches: Watches) -> Self {
        let (news_to, news) = bounded(NEWS);
        Self {
            watches,
            news,
            news_to,
            watched: HashSet::new(),
            sets: None,
            left: None,
            ahead: HashSet::new(),
            state: None,
            is_lost: false,
        }
    }

    /// Returns where it is told what other programs take away.
    pub(super) fn news(&self) -> &Receiver<News> {
        &self.news
    }

    /// Returns what a set holds, sorted; `None` for one of a kind that only its commands know. What cannot be
    /// read for another reason counts as empty: to put a ban in that is there does no harm.
    pub(super) fn held(&mut self, set: &ElementSet) -> Option<Vec<IpNet>> {
        match self.elements(set) {
            Err(FirewallError::UnfitSet { .. }) => None,
            elements => Some(elements.unwrap_or_default()),
        }
    }

    /// Returns what has become of the elements that a ban was to put in; `None` if there were none.
    pub(super) fn take_state(&mut self) -> Option<BanState> {
        let state = self.state.take();
        let Some((name, net, reason)) = self.left.take() else {
            return state;
        };
        // Its command has run meanwhile.
        let is_there = self.open().and_then(|sets| sets.holds(&name, net));
        if is_there.unwrap_or(false) {
            return state.or(Some(BanState::InKernel));
        }
        Some(BanState::Failed(reason))
    }

    /// Puts the elements of bans in whose turn comes next: all at once is far quicker than one by one.
    /// Where that is not possible nothing is lost, they have their turn.
    pub(super) fn put_ahead(&mut self, set: &ElementSet, ips: &[String]) {
        let Some(name) = name(set) else {
            return;
        };
        let nets: Vec<IpNet> = ips.iter().filter_map(|ip| net(ip)).collect();
        let put = self.open().and_then(|sets| sets.add_all(&name, &nets));
        if put.is_ok() {
            let ahead = nets.into_iter().map(|net| (name.clone(), net));
            self.ahead.extend(ahead);
        }
    }

    /// Forgets what was put in ahead: everybody has had a turn.
    pub(super) fn end_ahead(&mut self) {
        self.ahead.clear();
    }

    /// Tells whether something was put in whose turn has not come yet.
    pub(super) fn is_ahead(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// Returns whether a set was gone since the last question.
    pub(super) fn take_loss(&mut self) -> bool {
        std::mem::take(&mut self.is_lost)
    }

    /// Returns what a set holds, sorted; nothing if there is no such set.
    ///
    /// # Errors
    /// What the kernel says.
    pub(super) fn elements(&mut self, set: &ElementSet) -> Result<Vec<IpNet>, FirewallError> {
        let Some(name) = name(set) else {
            return Ok(Vec::new());
        };
        match self.open()?.elements(&name) {
            Err(FirewallError::SetGone { .. }) => Ok(Vec::new()),
            elements => elements,
        }
    }

    /// Takes something out of a set.
    ///
    /// # Errors
    /// What the kernel says of the first that stays.
    pub(super) fn take_out(
        &mut self,
        set: &ElementSet,
        nets: &[IpNet],
    ) -> Result<(), FirewallError> {
        let Some(name) = name(set) else {
            return Ok(());
        };
        let sets = self.open()?;
        nets.iter().try_for_each(|net| sets.remove(&name, *net))
    }

    fn change(
        &mut self,
        name: &SetName,
        net: IpNet,
        change: ElementChange,
    ) -> Result<(), FirewallError> {
        self.watch(name);
        let sets = self.open()?;
        match change {
            ElementChange::Add => sets.add(name, net),
            ElementChange::Delete => sets.remove(name, net),
        }
    }

    /// Listens for what other programs do to a table.
    fn watch(&mut self, name: &SetName) {
        let table = (name.family, name.table.clone());
        if self.watched.contains(&table) {
            return;
        }
        let watch = self
            .watches
            .tell(name.family, &name.table, self.news_to.clone());
        self.watched.insert(table);
        // Without it a loss is noticed later: with the next ban, or when a banned address goes on.
        if let (Ok(watch), Ok(sets)) = (watch, self.open()) {
            sets.be_watched(&watch);
        }
    }

    fn open(&mut self) -> Result<&mut ForeignSets, FirewallError> {
        match &mut self.sets {
            Some(sets) => Ok(sets),
            closed => Ok(closed.insert(ForeignSets::open()?)),
        }
    }
}

/// Names a set for the kernel; `None` in a family that it is not looked for in.
fn name(set: &ElementSet) -> Option<SetName> {
    Some(SetName {
        family: set.family.parse().ok()?,
        table: set.table.clone(),
        set: set.set.clone(),
    })
}

/// Tells whether one of these networks, which are sorted and do not overlap, holds another.
pub(super) fn is_within(sorted: &[IpNet], net: IpNet) -> bool {
    let behind = sorted.partition_point(|other| other.network() <= net.network());
    let before = behind.checked_sub(1).and_then(|place| sorted.get(place));
    before.is_some_and(|before| before.contains(&net))
}

/// Returns what a command that names `<ip>` puts in.
pub(super) fn net(ip: &str) -> Option<IpNet> {
    let address = ip.parse::<std::net::IpAddr>().map(IpNet::from);
    address.or_else(|_| ip.parse::<IpNet>()).ok()
}
