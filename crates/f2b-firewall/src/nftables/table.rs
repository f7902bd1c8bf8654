//! Tables: `enum nft_table_attributes`.

use crate::netlink::attribute::{Attribute, Attributes, Writer};

/// Makes a table or changes its flags (`NFT_MSG_NEWTABLE`).
pub(crate) const NEW: u8 = 0;
/// Asks for a table (`NFT_MSG_GETTABLE`).
pub(crate) const GET: u8 = 1;
/// Removes a table with all that is in it (`NFT_MSG_DELTABLE`).
pub(crate) const DELETE: u8 = 2;

/// A table for both IPv4 and IPv6 (`NFPROTO_INET`).
pub(crate) const INET: u8 = 1;

/// `NFTA_TABLE_NAME`.
const NAME: u16 = 1;
/// `NFTA_TABLE_FLAGS`.
const FLAGS: u16 = 2;
/// `NFT_TABLE_F_DORMANT`.
const DORMANT: u32 = 1;

/// Describes the table to make. Flags of 0 wake up a table that somebody put
/// to sleep (`dormant`): such a table enforces nothing.
pub(crate) fn describe(out: &mut Writer, table: &str) {
    out.put_text(NAME, table);
    out.put_u32(FLAGS, 0);
}

/// Names the table to read or to remove.
pub(crate) fn name(out: &mut Writer, table: &str) {
    out.put_text(NAME, table);
}

/// Reads the name of a table from an answer.
pub(crate) fn read_name(attributes: &[u8]) -> Option<String> {
    Some(Attributes::new(attributes).first(NAME)?.text()?.to_owned())
}

/// Tells whether a table is put to sleep: no rule of it is asked.
pub(crate) fn is_dormant(attributes: &[u8]) -> bool {
    let flags = Attributes::new(attributes).first(FLAGS);
    flags.and_then(Attribute::u32).unwrap_or(0) & DORMANT != 0
}
