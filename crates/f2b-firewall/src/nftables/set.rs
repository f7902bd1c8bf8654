//! Sets: `enum nft_set_attributes`, `enum nft_set_desc_attributes`.

use crate::netlink::attribute::{Attribute, Attributes, Writer};

/// Makes a set (`NFT_MSG_NEWSET`).
pub(crate) const NEW: u8 = 9;
/// Asks for sets (`NFT_MSG_GETSET`).
pub(crate) const GET: u8 = 10;
/// Removes a set (`NFT_MSG_DELSET`).
pub(crate) const DELETE: u8 = 11;

/// `NFTA_SET_TABLE`.
const TABLE: u16 = 1;
/// `NFTA_SET_NAME`.
const NAME: u16 = 2;
/// `NFTA_SET_FLAGS`.
const FLAGS: u16 = 3;
/// `NFTA_SET_KEY_TYPE`.
const KEY_TYPE: u16 = 4;
/// `NFTA_SET_KEY_LEN`.
const KEY_LENGTH: u16 = 5;
/// `NFTA_SET_DESC`.
const DESCRIPTION: u16 = 9;
/// `NFTA_SET_ID`.
const ID: u16 = 10;
/// `NFTA_SET_USERDATA`.
const USERDATA: u16 = 13;
/// What `nft` notes at a set with `auto-merge`: kind 2, a number of four bytes.
const MERGES: [u8; 2] = [2, 4];
/// `NFTA_SET_DESC_SIZE`.
const DESCRIPTION_SIZE: u16 = 1;

/// Goes away with the rule that uses it (`NFT_SET_ANONYMOUS`).
pub(crate) const ANONYMOUS: u32 = 0x1;
/// Never changes (`NFT_SET_CONSTANT`).
pub(crate) const CONSTANT: u32 = 0x2;
/// Holds ranges (`NFT_SET_INTERVAL`).
pub(crate) const INTERVAL: u32 = 0x4;
/// Elements may end by themselves (`NFT_SET_TIMEOUT`).
pub(crate) const TIMEOUT: u32 = 0x10;

/// The name by which the kernel numbers anonymous sets itself.
pub(crate) const ANONYMOUS_NAME: &str = "__set%d";

/// What a set can hold. The numbers are those of `nft`, which prints by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// `ipv4_addr`.
    Ip4,
    /// `ipv6_addr`.
    Ip6,
    /// `inet_service`.
    Port,
}

impl Key {
    fn number(self) -> u32 {
        match self {
            Self::Ip4 => 7,
            Self::Ip6 => 8,
            Self::Port => 13,
        }
    }

    /// Returns the number of bytes of a key.
    pub(crate) fn length(self) -> u32 {
        match self {
            Self::Ip4 => 4,
            Self::Ip6 => 16,
            Self::Port => 2,
        }
    }
}

/// What a set is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// What it holds.
    pub(crate) key: Key,
    /// `TIMEOUT` and others.
    pub(crate) flags: u32,
    /// How many elements it takes; more are refused.
    pub(crate) size: u32,
    /// Its number within the batch, for anonymous sets.
    pub(crate) id: u32,
}

/// Describes the set to make.
pub(crate) fn describe(out: &mut Writer, table: &str, set: &str, shape: Shape) {
    name(out, table, set);
    out.put_u32(FLAGS, shape.flags);
    out.put_u32(KEY_TYPE, shape.key.number());
    out.put_u32(KEY_LENGTH, shape.key.length());
    out.put_u32(ID, shape.id);
    out.nest(DESCRIPTION, |out| out.put_u32(DESCRIPTION_SIZE, shape.size));
}

/// Names the set to remove.
pub(crate) fn name(out: &mut Writer, table: &str, set: &str) {
    out.put_text(TABLE, table);
    out.put_text(NAME, set);
}

/// Names the table whose sets are asked for.
pub(crate) fn of_table(out: &mut Writer, table: &str) {
    out.put_text(TABLE, table);
}

/// A set that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its table. Old kernels list the sets of all tables.
    pub(crate) table: String,
    /// Its name.
    pub(crate) name: String,
    /// `TIMEOUT` and others.
    pub(crate) flags: u32,
    /// The number of its type, as `nft` counts them.
    key_type: u32,
    /// The bytes of a key.
    key_length: u32,
    /// Whether `nft` joins ranges that touch, and takes them apart (`auto-merge`).
    pub(crate) merges: bool,
}

impl Found {
    /// Returns what kind of address its keys are; `None` if they are something else.
    pub(crate) fn key(&self) -> Option<Key> {
        let is = |key: &Key| self.key_type == key.number() && self.key_length == key.length();
        [Key::Ip4, Key::Ip6].into_iter().find(is)
    }

    /// Tells whether the set can be used as one of this shape.
    pub(crate) fn fits(&self, shape: Shape) -> bool {
        self.flags == shape.flags
            && self.key_type == shape.key.number()
            && self.key_length == shape.key.length()
    }
}

/// Reads a set from an answer.
pub(crate) fn read(attributes: &[u8]) -> Option<Found> {
    let attributes = Attributes::new(attributes);
    let number = |kind| attributes.first(kind).and_then(Attribute::u32);
    Some(Found {
        table: attributes.first(TABLE)?.text()?.to_owned(),
        name: attributes.first(NAME)?.text()?.to_owned(),
        flags: number(FLAGS).unwrap_or(0),
        key_type: number(KEY_TYPE).unwrap_or(0),
        key_length: number(KEY_LENGTH).unwrap_or(0),
        merges: attributes
            .first(USERDATA)
            .is_some_and(|notes| merges(notes.value)),
    })
}

/// Looks through what `nft` has noted: kind, length, value, one after the other.
fn merges(mut notes: &[u8]) -> bool {
    while let [kind, length, rest @ ..] = notes {
        let (value, rest) = rest.split_at(rest.len().min(usize::from(*length)));
        if [*kind, *length] == MERGES && value.iter().any(|byte| *byte != 0) {
            return true;
        }
        notes = rest;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape {
        key: Key::Ip6,
        flags: TIMEOUT,
        size: 10,
        id: 1,
    };

    fn found(shape: Shape) -> Found {
        let mut out = Writer::default();
        describe(&mut out, "stockade", "addr6-set-sshd", shape);
        read(out.bytes()).unwrap()
    }

    #[test]
    fn a_set_fits_when_type_and_flags_are_the_same() {
        assert_eq!(found(SHAPE).name, "addr6-set-sshd");
        let check = |shape: Shape, expected: bool| assert_eq!(found(shape).fits(SHAPE), expected);
        check(SHAPE, true);
        check(Shape { size: 99, ..SHAPE }, true);
        check(Shape { flags: 0, ..SHAPE }, false);
        let key = Key::Ip4;
        check(Shape { key, ..SHAPE }, false);
        let flags = TIMEOUT | INTERVAL;
        check(Shape { flags, ..SHAPE }, false);
    }

    #[test]
    fn a_set_that_merges_is_known_by_its_notes() {
        let check = |notes: &[u8], expected: bool| assert_eq!(merges(notes), expected);
        check(&[], false);
        check(&[0, 4, 1, 0, 0, 0, 2, 4, 1, 0, 0, 0], true);
        check(&[2, 4, 0, 0, 0, 0], false);
        check(&[0, 4, 2, 4, 1, 0], false);
        check(&[2, 4], false);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let _ = (read(&bytes), merges(&bytes));
        }
    }
}
