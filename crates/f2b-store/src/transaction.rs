//! What goes to disk together.

use std::collections::BTreeMap;

use f2b_core::{Ban, FailId, Tally};
use indexmap::{IndexMap, IndexSet};

use crate::source_state::{Position, SourceState};

/// What one entry costs beside its texts: its own size and its place in a map, roughly.
const ENTRY_COST: usize = 256;

/// Changes that reach the disk all together or not at all.
///
/// Plain data: it is filled as verdicts fall, may wait, and takes up what comes later. A later
/// tally or position replaces the earlier one, so that waiting for a full disk costs memory for new
/// bans only; [`Transaction::cost`] tells how much.
///
/// ```
/// use f2b_core::FailId;
/// use f2b_store::{FilePosition, Position, SourceState, Transaction};
///
/// let at = |offset| SourceState {
///     source: "/var/log/auth.log".into(),
///     position: Position::File(FilePosition { device: 1, inode: 2, offset, first_line: None, earlier: None }),
/// };
/// let mut transaction = Transaction::default();
/// transaction.record_position("sshd", at(100));
/// let cost = transaction.cost();
/// let mut later = Transaction::default();
/// later.record_position("sshd", at(200));
/// transaction.merge(later);
/// assert_eq!(transaction.cost(), cost);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transaction {
    /// Texts of the identities unbanned in every jail; this precedes all of `jails`.
    pub(crate) unbanned: IndexSet<Box<str>>,
    pub(crate) jails: BTreeMap<Box<str>, JailChanges>,
    cost: usize,
}

/// The changes of one jail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct JailChanges {
    /// By the text of the identity, in the order in which they were first met.
    pub(crate) identities: IndexMap<Box<str>, IdentityChanges>,
    /// `None` where the tally is no longer kept.
    pub(crate) tallies: IndexMap<FailId, Option<Tally>>,
    /// `None` where the source is gone for good.
    pub(crate) sources: BTreeMap<Box<str>, Option<Position>>,
}

/// The changes of one identity's bans in one jail, to be carried out in the order of the fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct IdentityChanges {
    pub(crate) unbanned: bool,
    pub(crate) bans: Vec<Ban>,
    pub(crate) moved: Option<Ban>,
}

impl Transaction {
    /// Records a new ban. A restored one is in the database already and changes nothing.
    pub fn record_ban(&mut self, jail: &str, ban: Ban) {
        if ban.restored {
            return;
        }
        let cost = ban_cost(&ban);
        let identity = self.identity(jail, &ban.id);
        let dropped = identity.moved.take().map_or(0, |moved| ban_cost(&moved));
        identity.bans.push(ban);
        self.change_cost(cost, dropped);
    }

    /// Records that a standing ban ends at another time: its newest state changes, its history
    /// does not. Also for a restored ban.
    pub fn record_moved_end(&mut self, jail: &str, ban: Ban) {
        let cost = ban_cost(&ban);
        let identity = self.identity(jail, &ban.id);
        let replaced = identity.moved.replace(ban);
        let dropped = replaced.map_or(0, |replaced| ban_cost(&replaced));
        self.change_cost(cost, dropped);
    }

    /// Records an unban that somebody asked for: every trace of exactly this identity goes, in
    /// one jail or (`None`) in all. A ban that ran out keeps its rows and is not recorded.
    pub fn record_unban(&mut self, jail: Option<&str>, id: &FailId) {
        let text = id.to_string();
        let mut dropped = 0;
        if let Some(jail) = jail {
            let identity = self.identity(jail, id);
            dropped += identity.bans_cost();
            *identity = IdentityChanges {
                unbanned: true,
                ..IdentityChanges::default()
            };
            self.change_cost(0, dropped);
            return;
        }
        for changes in self.jails.values_mut() {
            if let Some(identity) = changes.identities.swap_remove(text.as_str()) {
                dropped += identity.bans_cost() + ENTRY_COST + text.len();
            }
        }
        let cost = ENTRY_COST + text.len();
        let cost = if self.unbanned.insert(text.into()) {
            cost
        } else {
            0
        };
        self.change_cost(cost, dropped);
    }

    /// Records the tally of an identity as it stands now.
    pub fn record_tally(&mut self, jail: &str, id: FailId, tally: Tally) {
        self.set_tally(jail, id, Some(tally));
    }

    /// Records that the tally of an identity is no longer kept.
    pub fn record_forgotten(&mut self, jail: &str, id: FailId) {
        self.set_tally(jail, id, None);
    }

    /// Records how far a source has been read.
    pub fn record_position(&mut self, jail: &str, state: SourceState) {
        self.set_source(jail, state.source, Some(state.position));
    }

    /// Records that a source is gone for good: a log file that nothing waits for.
    pub fn record_vanished(&mut self, jail: &str, source: &str) {
        self.set_source(jail, source.into(), None);
    }

    /// Takes up what was recorded later.
    ///
    /// Committing the result leaves what committing the two one after the other leaves.
    pub fn merge(&mut self, later: Self) {
        for text in later.unbanned {
            self.record_unban(None, &FailId::Text(text));
        }
        for (jail, changes) in later.jails {
            for (text, identity) in changes.identities {
                if identity.unbanned {
                    self.record_unban(Some(&jail), &FailId::Text(text));
                }
                for ban in identity.bans {
                    self.record_ban(&jail, ban);
                }
                if let Some(moved) = identity.moved {
                    self.record_moved_end(&jail, moved);
                }
            }
            for (id, tally) in changes.tallies {
                self.set_tally(&jail, id, tally);
            }
            for (source, position) in changes.sources {
                self.set_source(&jail, source, position);
            }
        }
    }

    /// Tells whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.unbanned.is_empty() && self.jails.is_empty()
    }

    /// Returns about how many bytes of memory it holds; also a measure of the work of a commit.
    #[must_use]
    pub fn cost(&self) -> usize {
        self.cost
    }

    fn set_tally(&mut self, jail: &str, id: FailId, tally: Option<Tally>) {
        let cost = tally.as_ref().map_or(0, tally_cost);
        let tallies = &mut self.jail(jail).tallies;
        let entry = ENTRY_COST + text_cost(&id);
        let (cost, dropped) = match tallies.insert(id, tally) {
            Some(replaced) => (cost, replaced.as_ref().map_or(0, tally_cost)),
            None => (cost + entry, 0),
        };
        self.change_cost(cost, dropped);
    }

    fn set_source(&mut self, jail: &str, source: Box<str>, position: Option<Position>) {
        let entry = ENTRY_COST + source.len();
        let cost = position.as_ref().map_or(0, position_cost);
        let (cost, dropped) = match self.jail(jail).sources.insert(source, position) {
            Some(replaced) => (cost, replaced.as_ref().map_or(0, position_cost)),
            None => (cost + entry, 0),
        };
        self.change_cost(cost, dropped);
    }

    fn identity(&mut self, jail: &str, id: &FailId) -> &mut IdentityChanges {
        let text: Box<str> = id.to_string().into();
        if self
            .jails
            .get(jail)
            .is_none_or(|changes| !changes.identities.contains_key(&text))
        {
            self.cost += ENTRY_COST + text.len();
        }
        self.jail(jail).identities.entry(text).or_default()
    }

    fn jail(&mut self, jail: &str) -> &mut JailChanges {
        if !self.jails.contains_key(jail) {
            self.cost += ENTRY_COST + jail.len();
        }
        self.jails.entry(jail.into()).or_default()
    }

    fn change_cost(&mut self, more: usize, less: usize) {
        self.cost = self.cost.saturating_add(more).saturating_sub(less);
    }
}

impl IdentityChanges {
    fn bans_cost(&self) -> usize {
        self.bans.iter().chain(&self.moved).map(ban_cost).sum()
    }
}

fn ban_cost(ban: &Ban) -> usize {
    ENTRY_COST + text_cost(&ban.id) + texts_cost(&ban.matches, &ban.fields)
}

fn tally_cost(tally: &Tally) -> usize {
    texts_cost(&tally.matches, &tally.fields)
}

fn position_cost(position: &Position) -> usize {
    match position {
        Position::File(file) => file.first_line.as_ref().map_or(0, |line| line.len()),
        Position::Journal(journal) => journal.cursor.as_ref().map_or(0, |cursor| cursor.len()),
    }
}

fn text_cost(id: &FailId) -> usize {
    match id {
        FailId::Address(_) | FailId::Network(_) => 0,
        FailId::Text(text) => text.len(),
    }
}

fn texts_cost(matches: &[Box<str>], fields: &[(Box<str>, Box<str>)]) -> usize {
    let pointers = size_of::<Box<str>>();
    let matches: usize = matches.iter().map(|line| line.len() + pointers).sum();
    let fields: usize = fields
        .iter()
        .map(|(name, value)| name.len() + value.len() + 2 * pointers)
        .sum();
    matches + fields
}
