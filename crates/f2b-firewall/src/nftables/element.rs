//! Elements of sets: `enum nft_set_elem_attributes` and the list around them.

use std::net::IpAddr;
use std::time::Duration;

use crate::netlink::attribute::{Attribute, Attributes, Writer};

use super::expression::LIST_ELEMENT;

/// Adds elements (`NFT_MSG_NEWSETELEM`).
pub(crate) const NEW: u8 = 12;
/// Asks for elements (`NFT_MSG_GETSETELEM`).
pub(crate) const GET: u8 = 13;
/// Removes elements (`NFT_MSG_DELSETELEM`).
pub(crate) const DELETE: u8 = 14;

/// `NFTA_SET_ELEM_LIST_TABLE`.
const LIST_TABLE: u16 = 1;
/// `NFTA_SET_ELEM_LIST_SET`.
const LIST_SET: u16 = 2;
/// `NFTA_SET_ELEM_LIST_ELEMENTS`.
const LIST_ELEMENTS: u16 = 3;
/// `NFTA_SET_ELEM_LIST_SET_ID`.
const LIST_SET_ID: u16 = 4;

/// `NFTA_SET_ELEM_KEY`.
const KEY: u16 = 1;
/// `NFTA_SET_ELEM_FLAGS`.
const FLAGS: u16 = 3;
/// `NFTA_SET_ELEM_TIMEOUT`.
const TIMEOUT: u16 = 4;
/// `NFTA_SET_ELEM_EXPIRATION`.
const EXPIRATION: u16 = 5;
/// `NFTA_SET_ELEM_USERDATA`.
const USERDATA: u16 = 6;
/// `NFTA_DATA_VALUE`.
const DATA_VALUE: u16 = 1;

/// The first key behind a range (`NFT_SET_ELEM_INTERVAL_END`).
const INTERVAL_END: u32 = 0x1;
/// What `nft` notes at a range that reaches the last key, so that it prints
/// the range and not just its begin: kind 1, four bytes, in host order.
const OPEN_RANGE: [u8; 6] = {
    let [a, b, c, d] = 1_u32.to_ne_bytes();
    [1, 4, a, b, c, d]
};

/// The key of an element, in network order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    /// An IPv4 or IPv6 address.
    Address(IpAddr),
    /// A port.
    Port(u16),
}

impl Key {
    fn put(self, out: &mut Writer) {
        out.nest(KEY, |out| match self {
            Self::Address(IpAddr::V4(address)) => out.put(DATA_VALUE, &address.octets()),
            Self::Address(IpAddr::V6(address)) => out.put(DATA_VALUE, &address.octets()),
            Self::Port(port) => out.put(DATA_VALUE, &port.to_be_bytes()),
        });
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
            return Some(Self::Address(IpAddr::from(octets)));
        }
        if let Ok(octets) = <[u8; 16]>::try_from(bytes) {
            return Some(Self::Address(IpAddr::from(octets)));
        }
        Some(Self::Port(u16::from_be_bytes(bytes.try_into().ok()?)))
    }
}

/// A set, by name; anonymous ones by their number in the batch as well.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Its table.
    pub(crate) table: &'a str,
    /// Its name.
    pub(crate) set: &'a str,
    /// Its number within the batch.
    pub(crate) id: Option<u32>,
}

/// Names a set and writes elements of it.
pub(crate) fn list(out: &mut Writer, place: Place<'_>, elements: impl FnOnce(&mut Writer)) {
    of_set(out, place);
    out.nest(LIST_ELEMENTS, elements);
}

/// Names the set whose elements are asked for.
pub(crate) fn of_set(out: &mut Writer, place: Place<'_>) {
    out.put_text(LIST_TABLE, place.table);
    out.put_text(LIST_SET, place.set);
    if let Some(id) = place.id {
        out.put_u32(LIST_SET_ID, id);
    }
}

/// Writes a single key, or the first one of a range.
///
/// *Units*: the timeout is in milliseconds; `None` stays for ever.
pub(crate) fn put(out: &mut Writer, key: Key, timeout_ms: Option<u64>) {
    out.nest(LIST_ELEMENT, |out| {
        key.put(out);
        if let Some(timeout_ms) = timeout_ms {
            out.put_u64(TIMEOUT, timeout_ms);
        }
    });
}

/// Writes the first key of a range that reaches the last key there is.
pub(crate) fn put_open(out: &mut Writer, key: Key, timeout_ms: Option<u64>) {
    out.nest(LIST_ELEMENT, |out| {
        key.put(out);
        if let Some(timeout_ms) = timeout_ms {
            out.put_u64(TIMEOUT, timeout_ms);
        }
        out.put(USERDATA, &OPEN_RANGE);
    });
}

/// Writes the first key behind a range.
pub(crate) fn put_end(out: &mut Writer, key: Key) {
    out.nest(LIST_ELEMENT, |out| {
        out.put_u32(FLAGS, INTERVAL_END);
        key.put(out);
    });
}

/// An element that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its key.
    pub(crate) key: Key,
    /// Whether the key is the first one *behind* a range.
    pub(crate) is_end: bool,
    /// Whether it was put in as the first key of a range that reaches the
    /// last key there is.
    pub(crate) is_open: bool,
    /// How long it stays; `None` is for ever.
    pub(crate) remaining: Option<Duration>,
}

/// Reads the elements of an answer.
pub(crate) fn read(attributes: &[u8]) -> impl Iterator<Item = Found> {
    Attributes::new(attributes)
        .first(LIST_ELEMENTS)
        .map_or(Attributes::new(&[]), Attribute::nested)
        .filter_map(|element| read_one(element.nested()))
}

fn read_one(element: Attributes<'_>) -> Option<Found> {
    let key = element.first(KEY)?.nested().first(DATA_VALUE)?;
    let flags = element.first(FLAGS).and_then(Attribute::u32);
    let note = element.first(USERDATA).map(|attribute| attribute.value);
    let milliseconds = |kind| element.first(kind).and_then(Attribute::u64);
    // A timeout of 0 stands for none; the remaining time can be 0 in passing.
    let remaining = milliseconds(TIMEOUT)
        .filter(|&timeout| timeout != 0)
        .map(|timeout| Duration::from_millis(milliseconds(EXPIRATION).unwrap_or(timeout)));
    Some(Found {
        key: Key::read(key.value)?,
        is_end: flags.unwrap_or(0) & INTERVAL_END != 0,
        is_open: note == Some(OPEN_RANGE.as_slice()),
        remaining,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place {
        table: "stockade",
        set: "net-set-sshd",
        id: None,
    };

    fn key(text: &str) -> Key {
        Key::Address(text.parse().unwrap())
    }

    #[test]
    fn elements_are_read_as_they_were_written() {
        let mut out = Writer::default();
        list(&mut out, PLACE, |out| {
            put(out, key("192.0.2.1"), Some(1500));
            put(out, key("2001:db8::1"), None);
            put_end(out, key("192.0.3.0"));
            put_open(out, key("255.0.0.0"), Some(9));
            put(out, Key::Port(22), None);
        });
        let read: Vec<_> = read(out.bytes())
            .map(|found| (found.key, found.is_end, found.is_open, found.remaining))
            .collect();
        let ms = |ms| Some(Duration::from_millis(ms));
        assert_eq!(
            read,
            [
                (key("192.0.2.1"), false, false, ms(1500)),
                (key("2001:db8::1"), false, false, None),
                (key("192.0.3.0"), true, false, None),
                (key("255.0.0.0"), false, true, ms(9)),
                (Key::Port(22), false, false, None),
            ]
        );
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn an_element_has_the_bytes_of_the_kernel() {
        let mut out = Writer::default();
        put(&mut out, key("192.0.2.1"), Some(1000));
        assert_eq!(
            out.bytes(),
            [
                28, 0, 1, 0, 12, 0, 1, 0, 8, 0, 1, 0, 192, 0, 2, 1, // key
                12, 0, 4, 0, 0, 0, 0, 0, 0, 0, 3, 0xe8,
            ]
            .iter()
            .enumerate()
            .map(|(at, &byte)| if at == 3 || at == 7 {
                byte | 0x80
            } else {
                byte
            })
            .collect::<Vec<u8>>()
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let mut out = Writer::default();
            out.nest(LIST_ELEMENTS, |out| out.raw(&bytes));
            let _ = (read(&bytes).count(), read(out.bytes()).count());
        }
    }
}
