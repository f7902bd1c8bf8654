//! Chains: `enum nft_chain_attributes`, `enum nft_hook_attributes`.

use crate::netlink::attribute::{Attribute, Attributes, Writer};

/// Makes a chain (`NFT_MSG_NEWCHAIN`).
pub(crate) const NEW: u8 = 3;
/// Asks for a chain (`NFT_MSG_GETCHAIN`).
pub(crate) const GET: u8 = 4;
/// Removes a chain (`NFT_MSG_DELCHAIN`).
pub(crate) const DELETE: u8 = 5;

/// `NFTA_CHAIN_TABLE`.
const TABLE: u16 = 1;
/// `NFTA_CHAIN_NAME`.
const NAME: u16 = 3;
/// `NFTA_CHAIN_HOOK`.
const HOOK: u16 = 4;
/// `NFTA_CHAIN_POLICY`.
const POLICY: u16 = 5;
/// `NFTA_CHAIN_TYPE`.
const TYPE: u16 = 7;

/// `NFTA_HOOK_HOOKNUM`.
const HOOK_NUMBER: u16 = 1;
/// `NFTA_HOOK_PRIORITY`.
const HOOK_PRIORITY: u16 = 2;

/// All that arrives, for this host or through it (`NF_INET_PRE_ROUTING`).
const PREROUTING: u32 = 0;
/// Before connection tracking, after fragments were put together (−400).
const RAW: i32 = -300;
/// After connection tracking (−200), so that the answer belongs to the
/// connection and a firewall lets it out; before any destination NAT (−100).
const MANGLE: i32 = -150;
/// What no rule drops goes on (`NF_ACCEPT`).
const ACCEPT: u32 = 1;
/// The kind of base chain that filters.
const FILTER: &str = "filter";

/// The chains of our table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Chain {
    /// `type filter hook prerouting priority raw; policy accept`: what is
    /// dropped without an answer. It is always there.
    Prerouting,
    /// The same at `priority mangle`: what is answered. It is there while a
    /// jail needs it.
    Reject,
}

impl Chain {
    /// Both, in the order packets meet them.
    pub(crate) const ALL: [Self; 2] = [Self::Prerouting, Self::Reject];

    /// Returns its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Prerouting => "prerouting",
            Self::Reject => "prerouting-reject",
        }
    }

    fn priority(self) -> [u8; 4] {
        match self {
            Self::Prerouting => RAW.to_be_bytes(),
            Self::Reject => MANGLE.to_be_bytes(),
        }
    }
}

/// Describes the chain to make.
pub(crate) fn describe(out: &mut Writer, table: &str, chain: Chain) {
    name(out, table, chain);
    out.nest(HOOK, |out| {
        out.put_u32(HOOK_NUMBER, PREROUTING);
        out.put(HOOK_PRIORITY, &chain.priority());
    });
    out.put_u32(POLICY, ACCEPT);
    out.put_text(TYPE, FILTER);
}

/// Names the chain to read or to remove.
pub(crate) fn name(out: &mut Writer, table: &str, chain: Chain) {
    out.put_text(TABLE, table);
    out.put_text(NAME, chain.name());
}

/// What sets a found chain apart from ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Nothing.
    Ours,
    /// It hangs elsewhere, or nowhere.
    Foreign,
}

/// Compares a found chain with ours. The policy is not compared: making the
/// chain again sets it.
pub(crate) fn read_fit(attributes: &[u8], chain: Chain) -> Fit {
    let attributes = Attributes::new(attributes);
    let hook = attributes.first(HOOK).map(Attribute::nested);
    let number = hook.and_then(|hook| hook.first(HOOK_NUMBER)?.u32());
    let priority = hook.and_then(|hook| hook.first(HOOK_PRIORITY)?.u32());
    let kind = attributes.first(TYPE).and_then(Attribute::text);
    let ours = number == Some(PREROUTING)
        && priority.map(u32::to_be_bytes) == Some(chain.priority())
        && kind == Some(FILTER);
    if ours { Fit::Ours } else { Fit::Foreign }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_fits_when_it_hangs_where_ours_does() {
        let check = |body: fn(&mut Writer), expected: Fit| {
            let mut out = Writer::default();
            body(&mut out);
            assert_eq!(read_fit(out.bytes(), Chain::Prerouting), expected);
        };
        check(
            |out| describe(out, "stockade", Chain::Prerouting),
            Fit::Ours,
        );
        check(|out| describe(out, "stockade", Chain::Reject), Fit::Foreign);
        check(|out| name(out, "stockade", Chain::Prerouting), Fit::Foreign);
        check(|_| (), Fit::Foreign);
        check(
            |out| {
                out.nest(HOOK, |out| {
                    out.put_u32(HOOK_NUMBER, PREROUTING);
                    out.put_u32(HOOK_PRIORITY, 0);
                });
                out.put_text(TYPE, FILTER);
            },
            Fit::Foreign,
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let _ = read_fit(&bytes, Chain::Reject);
        }
    }
}
