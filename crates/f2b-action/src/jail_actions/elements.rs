//! Bans in sets of nftables that actions' elements go into ([`crate::Shell::change_element`]).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::member::Member;
use super::{JailActions, Ticket, tell};
use crate::action::Action;
use crate::{ElementSet, Family, Host, Info, World};

impl JailActions {
    /// Returns the sets that the actions make and put the jail's bans into.
    #[must_use]
    pub fn own_element_sets(&self, host: &Host) -> BTreeSet<ElementSet> {
        let actions = self.actions.iter();
        actions
            .flat_map(|action| action.definition().own_element_sets(host))
            .collect()
    }

    /// Returns the sets that a ban goes into without a command, of those that are made by now; `None` if
    /// there are no such sets at all.
    pub fn open_sets(&mut self, host: &Host, ticket: Ticket<'_>) -> Option<Vec<Arc<ElementSet>>> {
        let family = Family::of(ticket.id);
        let mut open = None;
        for action in &mut self.actions {
            let Member::Command(action) = action else {
                continue;
            };
            if !is_meant(action, ticket) {
                continue;
            }
            if let Some(set) = action.element_set(family, host) {
                let open = open.get_or_insert_with(Vec::new);
                open.extend(action.is_started(family).then_some(set));
            }
        }
        open
    }

    /// Has the sets hold a ban that they should hold already; no command is run.
    pub fn renew(&mut self, world: &mut World<'_>, ticket: Ticket<'_>, info: &mut dyn Info) {
        self.each(world, false, |_, action, run| {
            if let Member::Command(action) = action
                && is_meant(action, ticket)
            {
                action.renew(run, info);
            }
        });
    }

    /// Puts a ban back that somebody else may have taken out of a set, and starts what is not there any
    /// more; returns whether that went well.
    pub fn put_back(
        &mut self,
        world: &mut World<'_>,
        ticket: Ticket<'_>,
        info: &mut dyn Info,
    ) -> bool {
        let mut is_good = true;
        self.each(world, false, |jail, action, run| {
            let put = match action {
                Member::Command(action) if is_meant(action, ticket) => action.put_back(run, info),
                Member::Command(_) | Member::Python(_) => return,
            };
            if let Err(error) = put {
                is_good = false;
                tell(run, "reban", jail, action, info, &error);
            }
        });
        is_good
    }
}

/// Tells whether an action is told of a ban.
fn is_meant(action: &Action, ticket: Ticket<'_>) -> bool {
    !(ticket.is_restored && action.definition.skips_restored())
}
