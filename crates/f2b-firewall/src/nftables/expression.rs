//! Expressions: the small steps a rule is made of.
//!
//! They are the steps `nft` itself writes, in its order, so that
//! `nft list ruleset` prints the rules as a person would have typed them.

use crate::blocktype::Refusal;
use crate::netlink::attribute::{Attributes, Writer};

/// `NFTA_LIST_ELEM`.
pub(crate) const LIST_ELEMENT: u16 = 1;
/// `NFTA_EXPR_NAME`.
const NAME: u16 = 1;
/// `NFTA_EXPR_DATA`.
const DATA: u16 = 2;
/// `NFTA_DATA_VALUE`.
const DATA_VALUE: u16 = 1;
/// `NFTA_DATA_VERDICT`.
const DATA_VERDICT: u16 = 2;
/// `NFTA_VERDICT_CODE`.
const VERDICT_CODE: u16 = 1;
/// The packet goes no further (`NF_DROP`).
const DROP: u32 = 0;
/// The packet leaves the chain and goes on (`NF_ACCEPT`).
const ACCEPT: u32 = 1;

/// The register a verdict goes to (`NFT_REG_VERDICT`).
const VERDICT_REGISTER: u32 = 0;
/// The register everything else goes through (`NFT_REG_1`).
const REGISTER: u32 = 1;

/// `NFTA_LOOKUP_SET`.
const LOOKUP_SET: u16 = 1;
/// `NFTA_LOOKUP_SREG`.
const LOOKUP_REGISTER: u16 = 2;
/// `NFTA_LOOKUP_SET_ID`.
const LOOKUP_SET_ID: u16 = 4;

/// What `meta` loads (`enum nft_meta_keys`).
#[derive(Debug, Clone, Copy)]
pub(crate) enum Meta {
    /// IPv4 or IPv6 (`NFT_META_NFPROTO`).
    Family,
    /// TCP, UDP … (`NFT_META_L4PROTO`).
    Protocol,
}

/// Where `payload` counts from (`enum nft_payload_bases`).
#[derive(Debug, Clone, Copy)]
pub(crate) enum Base {
    /// The IP header (`NFT_PAYLOAD_NETWORK_HEADER`).
    Network,
    /// The TCP, UDP … header (`NFT_PAYLOAD_TRANSPORT_HEADER`).
    Transport,
}

/// How `cmp` compares (`enum nft_cmp_ops`).
#[derive(Debug, Clone, Copy)]
pub(crate) enum Comparison {
    /// `NFT_CMP_EQ`.
    Equal,
    /// `NFT_CMP_LTE`.
    AtMost,
    /// `NFT_CMP_GTE`.
    AtLeast,
}

/// Loads a property of the packet.
pub(crate) fn meta(out: &mut Writer, key: Meta) {
    let key = match key {
        Meta::Family => 15,
        Meta::Protocol => 16,
    };
    step(out, "meta", |out| {
        // NFTA_META_DREG, NFTA_META_KEY.
        out.put_u32(1, REGISTER);
        out.put_u32(2, key);
    });
}

/// Compares what was loaded with a value; on a mismatch the rule ends.
pub(crate) fn compare(out: &mut Writer, comparison: Comparison, value: &[u8]) {
    let comparison = match comparison {
        Comparison::Equal => 0,
        Comparison::AtMost => 3,
        Comparison::AtLeast => 5,
    };
    step(out, "cmp", |out| {
        // NFTA_CMP_SREG, NFTA_CMP_OP, NFTA_CMP_DATA.
        out.put_u32(1, REGISTER);
        out.put_u32(2, comparison);
        out.nest(3, |out| out.put(DATA_VALUE, value));
    });
}

/// Loads bytes of the packet.
pub(crate) fn payload(out: &mut Writer, base: Base, offset: u32, length: u32) {
    let base = match base {
        Base::Network => 1,
        Base::Transport => 2,
    };
    step(out, "payload", |out| {
        // NFTA_PAYLOAD_DREG, _BASE, _OFFSET, _LEN.
        out.put_u32(1, REGISTER);
        out.put_u32(2, base);
        out.put_u32(3, offset);
        out.put_u32(4, length);
    });
}

/// Looks what was loaded up in a set; when it is not there the rule ends.
/// `id` is the number of a set that is made in the same batch.
pub(crate) fn lookup(out: &mut Writer, set: &str, id: Option<u32>) {
    step(out, "lookup", |out| {
        out.put_text(LOOKUP_SET, set);
        out.put_u32(LOOKUP_REGISTER, REGISTER);
        if let Some(id) = id {
            out.put_u32(LOOKUP_SET_ID, id);
        }
    });
}

/// Counts packets and bytes that came this far.
pub(crate) fn counter(out: &mut Writer) {
    step(out, "counter", |out| {
        // NFTA_COUNTER_BYTES, NFTA_COUNTER_PACKETS.
        out.put_u64(1, 0);
        out.put_u64(2, 0);
    });
}

/// Drops the packet.
pub(crate) fn drop_packet(out: &mut Writer) {
    verdict(out, DROP);
}

/// Lets the packet pass the rest of the chain.
pub(crate) fn accept_packet(out: &mut Writer) {
    verdict(out, ACCEPT);
}

fn verdict(out: &mut Writer, code: u32) {
    step(out, "immediate", |out| {
        // NFTA_IMMEDIATE_DREG, NFTA_IMMEDIATE_DATA.
        out.put_u32(1, VERDICT_REGISTER);
        out.nest(2, |out| {
            out.nest(DATA_VERDICT, |out| out.put_u32(VERDICT_CODE, code));
        });
    });
}

/// Drops the packet and tells its sender.
pub(crate) fn reject(out: &mut Writer, refusal: Refusal) {
    // NFT_REJECT_TCP_RST, and NFT_REJECT_ICMPX_UNREACH with a code that the
    // kernel translates for either family.
    let (kind, code) = match refusal {
        Refusal::TcpReset => (1, 0),
        Refusal::NoRoute => (2, 0),
        Refusal::PortUnreachable => (2, 1),
        Refusal::HostUnreachable => (2, 2),
        Refusal::AdminProhibited => (2, 3),
    };
    step(out, "reject", |out| {
        // NFTA_REJECT_TYPE, NFTA_REJECT_ICMP_CODE.
        out.put_u32(1, kind);
        out.put(2, &[code]);
    });
}

fn step(out: &mut Writer, name: &str, body: impl FnOnce(&mut Writer)) {
    out.nest(LIST_ELEMENT, |out| {
        out.put_text(NAME, name);
        out.nest(DATA, body);
    });
}

/// Returns the sets that a list of expressions looks things up in.
pub(crate) fn read_lookups(expressions: Attributes<'_>) -> Vec<String> {
    expressions
        .filter_map(|step| {
            let step = step.nested();
            (step.first(NAME)?.text()? == "lookup").then_some(())?;
            let data = step.first(DATA)?.nested();
            Some(data.first(LOOKUP_SET)?.text()?.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookups_are_found_among_other_steps() {
        let mut out = Writer::default();
        meta(&mut out, Meta::Family);
        compare(&mut out, Comparison::Equal, &[2]);
        lookup(&mut out, "addr-set-sshd", None);
        counter(&mut out);
        lookup(&mut out, "__set%d", Some(3));
        drop_packet(&mut out);
        assert_eq!(
            read_lookups(Attributes::new(out.bytes())),
            ["addr-set-sshd", "__set%d"]
        );
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn dropping_has_the_bytes_of_nft() {
        let mut out = Writer::default();
        drop_packet(&mut out);
        assert_eq!(
            out.bytes(),
            [
                &[48, 0, 1, 0x80, 14, 0, 1, 0][..],
                b"immediate\0\0\0",
                &[28, 0, 2, 0x80, 8, 0, 1, 0, 0, 0, 0, 0],
                &[16, 0, 2, 0x80, 12, 0, 2, 0x80, 8, 0, 1, 0, 0, 0, 0, 0],
            ]
            .concat()
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let _ = read_lookups(Attributes::new(&bytes));
        }
    }
}
