//! The rules of a jail, and the one that stands before all of them.

use crate::blocktype::{Blocktype, Refusal};
use crate::jail::{JailRules, PortRange, Protocol, joined_ports};
use crate::names::SetKind;
use crate::netlink::attribute::Writer;
use crate::netlink::batch::Batch;
use crate::netlink::message::{APPEND, CREATE};
use crate::nftables::chain::Chain;
use crate::nftables::element::{self, Place};
use crate::nftables::expression::{self, Base, Comparison, Meta};
use crate::nftables::rule;
use crate::nftables::set::{self, ANONYMOUS, ANONYMOUS_NAME, CONSTANT, INTERVAL, Shape};

/// ICMPv6, in the header of IPv6.
const ICMP6: u8 = 58;
/// The messages by which neighbours find each other: router solicitation to
/// redirect.
const DISCOVERY: [u8; 2] = [133, 137];
/// What a message of a neighbour has in its header, and nothing that a router
/// passed on.
const HOP_LIMIT: u8 = 255;

/// Returns the chain that holds the rules of a jail.
pub(super) fn chain_of(rules: &JailRules) -> Chain {
    match rules.blocktype {
        Blocktype::Drop => Chain::Prerouting,
        Blocktype::Reject(_) => Chain::Reject,
    }
}

/// Tells whether a jail blocks ICMPv6.
pub(super) fn blocks_icmp(rules: &JailRules) -> bool {
    rules.protocols.is_empty() || rules.protocols.contains(&Protocol::Icmp)
}

/// Returns what the jail has one rule each for, for each of its sets: a
/// protocol (`None`: all of them), and what its packets meet.
pub(super) fn variants(rules: &JailRules) -> Vec<(Option<Protocol>, Blocktype)> {
    let mut protocols: Vec<Option<Protocol>> = rules.protocols.iter().copied().map(Some).collect();
    protocols.sort_unstable();
    protocols.dedup();
    let resets = rules.blocktype == Blocktype::Reject(Refusal::TcpReset);
    if protocols.is_empty() {
        // What is not TCP cannot be reset.
        protocols.extend(resets.then_some(Some(Protocol::Tcp)));
        protocols.push(None);
    }
    let met = |protocol: Option<Protocol>| match rules.blocktype {
        Blocktype::Reject(Refusal::TcpReset) if protocol != Some(Protocol::Tcp) => {
            Blocktype::Reject(Refusal::PortUnreachable)
        }
        blocktype => blocktype,
    };
    protocols
        .into_iter()
        .map(|protocol| (protocol, met(protocol)))
        .collect()
}

/// Writes one rule for each variant and each set of the jail.
pub(super) fn write(
    batch: &mut Batch,
    table: &str,
    rules: &JailRules,
    next_id: &mut impl FnMut() -> u32,
) {
    let ports = joined_ports(&rules.ports);
    let chain = chain_of(rules);
    for (protocol, blocktype) in variants(rules) {
        for kind in SetKind::ALL {
            let source = kind.name(&rules.jail);
            // An anonymous set belongs to one rule.
            let port_set = (ports.len() > 1).then(&mut *next_id);
            if let Some(id) = port_set {
                write_port_set(batch, table, &ports, id);
            }
            batch.operation(rule::NEW, CREATE | APPEND, |out| {
                rule::describe(out, table, chain, |out| {
                    if let Some(protocol) = protocol {
                        match_ports(out, protocol, kind.is_ip4(), &ports, port_set);
                    }
                    match_source(out, kind, &source);
                    expression::counter(out);
                    match blocktype {
                        Blocktype::Drop => expression::drop_packet(out),
                        Blocktype::Reject(refusal) => expression::reject(out, refusal),
                    }
                });
            });
        }
    }
}

/// Writes the rule that lets neighbours find each other, at the head of a
/// chain. Without it a banned neighbour, which may be the router, could no
/// longer be sent anything, and what goes through it would be lost.
pub(super) fn write_discovery(batch: &mut Batch, table: &str, chain: Chain) {
    batch.operation(rule::NEW, CREATE, |out| {
        rule::describe(out, table, chain, |out| {
            let [first, last] = DISCOVERY;
            match_family(out, false);
            expression::payload(out, Base::Network, 7, 1);
            expression::compare(out, Comparison::Equal, &[HOP_LIMIT]);
            expression::meta(out, Meta::Protocol);
            expression::compare(out, Comparison::Equal, &[ICMP6]);
            expression::payload(out, Base::Transport, 0, 1);
            expression::compare(out, Comparison::AtLeast, &[first]);
            expression::compare(out, Comparison::AtMost, &[last]);
            expression::accept_packet(out);
        });
    });
}

fn write_port_set(batch: &mut Batch, table: &str, ports: &[PortRange], id: u32) {
    let ranges = ports.iter().any(|range| range.first() != range.last());
    let ends = if ranges { 2_u32 } else { 1 };
    let shape = Shape {
        key: set::Key::Port,
        flags: ANONYMOUS | CONSTANT | if ranges { INTERVAL } else { 0 },
        size: u32::try_from(ports.len())
            .unwrap_or(u32::MAX)
            .saturating_mul(ends),
        id,
    };
    batch.operation(set::NEW, CREATE, |out| {
        set::describe(out, table, ANONYMOUS_NAME, shape);
    });
    let place = Place {
        table,
        set: ANONYMOUS_NAME,
        id: Some(id),
    };
    batch.operation(element::NEW, CREATE, |out| {
        element::list(out, place, |out| {
            for range in ports {
                let first = element::Key::Port(range.first());
                match range.last().checked_add(1) {
                    _ if !ranges => element::put(out, first, None),
                    Some(behind) => {
                        element::put(out, first, None);
                        element::put_end(out, element::Key::Port(behind));
                    }
                    None => element::put_open(out, first, None),
                }
            }
        });
    });
}

fn match_ports(
    out: &mut Writer,
    protocol: Protocol,
    is_ip4: bool,
    ports: &[PortRange],
    set: Option<u32>,
) {
    expression::meta(out, Meta::Protocol);
    expression::compare(out, Comparison::Equal, &[protocol.number(is_ip4)]);
    if ports == [PortRange::ALL] || !protocol.has_ports() {
        return;
    }
    // The destination port of all these protocols is at the same place.
    expression::payload(out, Base::Transport, 2, 2);
    match (set, ports) {
        (None, [range]) if range.first() == range.last() => {
            expression::compare(out, Comparison::Equal, &range.first().to_be_bytes());
        }
        (None, [range]) => {
            expression::compare(out, Comparison::AtLeast, &range.first().to_be_bytes());
            expression::compare(out, Comparison::AtMost, &range.last().to_be_bytes());
        }
        _ => expression::lookup(out, ANONYMOUS_NAME, set),
    }
}

fn match_source(out: &mut Writer, kind: SetKind, set: &str) {
    match_family(out, kind.is_ip4());
    // The place of the source address in the header of each.
    let (offset, length) = if kind.is_ip4() { (12, 4) } else { (8, 16) };
    expression::payload(out, Base::Network, offset, length);
    expression::lookup(out, set, None);
}

fn match_family(out: &mut Writer, is_ip4: bool) {
    // NFPROTO_IPV4, NFPROTO_IPV6.
    let family = if is_ip4 { 2 } else { 10 };
    expression::meta(out, Meta::Family);
    expression::compare(out, Comparison::Equal, &[family]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tcp_is_reset() {
        let check = |protocols: &[Protocol], expected: &[(Option<Protocol>, Refusal)]| {
            let found = variants(&JailRules {
                jail: "sshd".to_owned(),
                ports: Vec::new(),
                protocols: protocols.to_vec(),
                blocktype: Blocktype::Reject(Refusal::TcpReset),
            });
            let expected: Vec<_> = expected
                .iter()
                .map(|&(protocol, refusal)| (protocol, Blocktype::Reject(refusal)))
                .collect();
            assert_eq!(found, expected);
        };
        let tcp = (Some(Protocol::Tcp), Refusal::TcpReset);
        check(&[Protocol::Tcp, Protocol::Tcp], &[tcp]);
        check(&[], &[tcp, (None, Refusal::PortUnreachable)]);
        let udp = (Some(Protocol::Udp), Refusal::PortUnreachable);
        check(&[Protocol::Udp, Protocol::Tcp], &[tcp, udp]);
    }
}
