//! Rules: `enum nft_rule_attributes`.

use crate::netlink::attribute::{Attributes, Writer};

use super::chain::Chain;
use super::expression;

/// Makes a rule (`NFT_MSG_NEWRULE`).
pub(crate) const NEW: u8 = 6;
/// Asks for rules (`NFT_MSG_GETRULE`).
pub(crate) const GET: u8 = 7;
/// Removes one rule, or all of a chain (`NFT_MSG_DELRULE`).
pub(crate) const DELETE: u8 = 8;

/// `NFTA_RULE_TABLE`.
const TABLE: u16 = 1;
/// `NFTA_RULE_CHAIN`.
const RULE_CHAIN: u16 = 2;
/// `NFTA_RULE_HANDLE`.
const HANDLE: u16 = 3;
/// `NFTA_RULE_EXPRESSIONS`.
const EXPRESSIONS: u16 = 4;

/// Describes the rule to make; `expressions` writes its steps.
pub(crate) fn describe(
    out: &mut Writer,
    table: &str,
    chain: Chain,
    expressions: impl FnOnce(&mut Writer),
) {
    of_chain(out, table, chain);
    out.nest(EXPRESSIONS, expressions);
}

/// Names the chain whose rules are asked for, or are all removed.
pub(crate) fn of_chain(out: &mut Writer, table: &str, chain: Chain) {
    out.put_text(TABLE, table);
    out.put_text(RULE_CHAIN, chain.name());
}

/// Names one rule to remove.
pub(crate) fn name(out: &mut Writer, table: &str, chain: Chain, handle: u64) {
    of_chain(out, table, chain);
    out.put_u64(HANDLE, handle);
}

/// A rule that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The number by which it can be removed.
    pub(crate) handle: u64,
    /// The sets it looks things up in.
    pub(crate) lookups: Vec<String>,
}

/// Reads a rule of one of our chains from an answer.
pub(crate) fn read(attributes: &[u8], table: &str, chain: Chain) -> Option<Found> {
    let attributes = Attributes::new(attributes);
    let text = |kind| attributes.first(kind)?.text();
    let ours = text(TABLE)? == table && text(RULE_CHAIN)? == chain.name();
    ours.then_some(())?;
    Some(Found {
        handle: attributes.first(HANDLE)?.u64()?,
        lookups: attributes
            .first(EXPRESSIONS)
            .map(|list| expression::read_lookups(list.nested()))
            .unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_other_tables_and_chains_are_not_ours() {
        let mut out = Writer::default();
        let chain = Chain::Prerouting;
        describe(&mut out, "stockade", chain, |out| {
            expression::lookup(out, "addr-set-sshd", None);
        });
        out.put_u64(HANDLE, 9);
        let found = read(out.bytes(), "stockade", chain).unwrap();
        assert_eq!(
            (found.handle, found.lookups),
            (9, vec!["addr-set-sshd".to_owned()])
        );
        assert_eq!(read(out.bytes(), "other", chain), None);
        assert_eq!(read(out.bytes(), "stockade", Chain::Reject), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let _ = read(&bytes, "stockade", Chain::Reject);
        }
    }
}
