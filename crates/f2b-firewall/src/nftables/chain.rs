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
/// What no rule drops goes on (`NF_ACCEPT`).
const ACCEPT: u32 = 1;
/// The kind of base chain that filters.
const FILTER: &str = "filter";

/// The one chain: `type filter hook prerouting priority raw; policy accept`.
pub(crate) const CHAIN: &str = "prerouting";

/// Describes the chain to make.
pub(crate) fn describe(out: &mut Writer, table: &str) {
    name(out, table);
    out.nest(HOOK, |out| {
        out.put_u32(HOOK_NUMBER, PREROUTING);
        out.put(HOOK_PRIORITY, &RAW.to_be_bytes());
    });
    out.put_u32(POLICY, ACCEPT);
    out.put_text(TYPE, FILTER);
}

/// Names the chain to read.
pub(crate) fn name(out: &mut Writer, table: &str) {
    out.put_text(TABLE, table);
    out.put_text(NAME, CHAIN);
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
pub(crate) fn read_fit(attributes: &[u8]) -> Fit {
    let attributes = Attributes::new(attributes);
    let hook = attributes.first(HOOK).map(Attribute::nested);
    let number = hook.and_then(|hook| hook.first(HOOK_NUMBER)?.u32());
    let priority = hook.and_then(|hook| hook.first(HOOK_PRIORITY)?.u32());
    let kind = attributes.first(TYPE).and_then(Attribute::text);
    let ours = number == Some(PREROUTING)
        && priority.map(u32::to_be_bytes) == Some(RAW.to_be_bytes())
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
            assert_eq!(read_fit(out.bytes()), expected);
        };
        check(|out| describe(out, "stockade"), Fit::Ours);
        check(|out| name(out, "stockade"), Fit::Foreign);
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
            let _ = read_fit(&bytes);
        }
    }
}
