//! Notifications: what a transaction took away, and the generation it made.

use crate::family::Family;
use crate::netlink::attribute::{Attribute, Attributes};
use crate::netlink::batch::NFTABLES;
use crate::netlink::message::Message;

use super::{chain, element, rule, set, table};

/// Asks for the generation (`NFT_MSG_GETGEN`).
pub(crate) const GET_GENERATION: u8 = 16;
/// `NFTA_GEN_ID`.
const GENERATION: u16 = 1;

/// The name of the table, in all messages read here.
const TABLE: u16 = 1;
/// The name of the set, where there is one.
const SET: u16 = 2;

/// A thing that went away, or stopped to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gone<'a> {
    pub(crate) family: Family,
    pub(crate) table: &'a str,
    /// The set, if only elements of it are gone.
    pub(crate) set: Option<&'a str>,
}

/// Reads a notification; `None` if nothing went away.
pub(crate) fn read<'a>(message: &Message<'a>) -> Option<Gone<'a>> {
    let [operation, subsystem] = message.kind.to_le_bytes();
    (u16::from(subsystem) == NFTABLES).then_some(())?;
    let attributes = Attributes::new(message.attributes());
    let is_gone = match operation {
        table::DELETE | chain::DELETE | rule::DELETE | set::DELETE | element::DELETE => true,
        // A sleeping table enforces nothing.
        table::NEW => table::is_dormant(message.attributes()),
        _ => false,
    };
    is_gone.then_some(())?;
    let text = |kind| attributes.first(kind).and_then(Attribute::text);
    Some(Gone {
        family: Family::of_number(message.family()?)?,
        table: text(TABLE)?,
        set: text(SET).filter(|_| operation == element::DELETE),
    })
}

/// Reads the number of the last transaction.
pub(crate) fn read_generation(attributes: &[u8]) -> Option<u32> {
    Attributes::new(attributes).first(GENERATION)?.u32()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::attribute::Writer;
    use crate::netlink::message::{self, Head, Messages};

    fn read_back(operation: u8, body: impl FnOnce(&mut Writer)) -> Option<String> {
        let mut out = Writer::default();
        let head = Head {
            kind: NFTABLES << 8 | u16::from(operation),
            flags: 0,
            sequence: 0,
            family: table::INET,
            resource: 0,
        };
        message::write(&mut out, head, body);
        let message = Messages::new(out.bytes()).next()?;
        let gone = read(&message)?;
        Some(format!("{} {} {:?}", gone.family, gone.table, gone.set))
    }

    #[test]
    fn only_what_goes_is_news() {
        let gone = |set: &str| Some(format!("inet stockade {set}"));
        assert_eq!(
            read_back(table::DELETE, |out| table::name(out, "stockade")),
            gone("None")
        );
        assert_eq!(
            read_back(set::DELETE, |out| set::name(out, "stockade", "a")),
            gone("None")
        );
        assert_eq!(
            read_back(element::DELETE, |out| set::name(out, "stockade", "a")),
            gone("Some(\"a\")")
        );
        assert_eq!(
            read_back(element::NEW, |out| set::name(out, "stockade", "a")),
            None
        );
        assert_eq!(
            read_back(table::NEW, |out| table::describe(out, "stockade")),
            None
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            for message in Messages::new(&bytes) {
                let _ = read(&message);
            }
            let _ = read_generation(&bytes);
        }
    }
}
