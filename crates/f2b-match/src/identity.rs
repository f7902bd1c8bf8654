//! Whom a match is about (contract A 4.4).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use f2b_core::FailId;
use smol_str::{SmolStr, ToSmolStr as _};

use crate::name::Name;
use crate::{Data, UseDns, Value};

/// Who a match is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// This one.
    Known(FailId),
    /// Whoever has this name: one failure for each of its addresses, none if it has none.
    Name(Box<str>),
    /// Several values that together are the identity (`<F-TUPLE_ID>`).
    Tuple(Vec<Value>),
    /// Nobody yet.
    Nobody,
}

/// Decides who it is from what was captured; `None` if it is somebody, but nobody that can be known:
/// a name where names are not looked up.
///
/// An address that stands beside a free id becomes the value `ip`.
pub(crate) fn identity(data: &mut Data, usedns: UseDns) -> Option<Identity> {
    let address = match (captured(data, Name::IP4), captured(data, Name::IP6)) {
        (Some(text), _) => Some((text, numbered::<Ipv4Addr>(text, data))),
        (None, Some(text)) => Some((text, numbered::<Ipv6Addr>(text, data))),
        (None, None) => None,
    };
    let (text, id) = match (address, captured(data, Name::DNS)) {
        (Some(address), _) => address,
        (None, Some(name)) if usedns == UseDns::Raw => (name, FailId::Text(name.into())),
        (None, Some(name)) => return named(name, usedns),
        (None, None) => return Some(free(data, usedns).unwrap_or(Identity::Nobody)),
    };
    let Some(free) = free(data, usedns) else {
        return Some(Identity::Known(id));
    };
    if captured(data, Name::FID) != Some(text) {
        data.set(Name::IP, Value::Text(id.to_smolstr()));
    }
    Some(free)
}

/// A group that took part in the match, be it with an empty text.
fn captured(data: &Data, name: Name) -> Option<&str> {
    data.text_at(name).map(SmolStr::as_str)
}

/// The identity that `<F-ID>` or `<F-TUPLE_ID>` gave.
fn free(data: &Data, usedns: UseDns) -> Option<Identity> {
    match data.at(Name::FID)? {
        Value::Text(text) if usedns == UseDns::Raw => {
            Some(Identity::Known(FailId::Text(text.as_str().into())))
        }
        Value::Text(text) => Some(Identity::Known(FailId::parse(text))),
        Value::Tuple(parts) => Some(Identity::Tuple(parts.clone())),
        Value::Null | Value::True | Value::Users(_) => None,
    }
}

/// A captured address, with the captured `cidr` if there is one. As the original: what is no address
/// of the group's family is text.
fn numbered<Family: std::str::FromStr + Into<IpAddr>>(text: &str, data: &Data) -> FailId {
    match captured(data, Name::CIDR).and_then(|length| length.parse::<u32>().ok()) {
        Some(length) => network(text, length),
        None => match text.parse::<Family>() {
            Ok(address) => FailId::Address(address.into().to_canonical()),
            Err(_) => FailId::Text(text.into()),
        },
    }
}

fn network(text: &str, length: u32) -> FailId {
    let Ok(address) = text.parse::<IpAddr>() else {
        return FailId::Text(text.into());
    };
    let full = if address.is_ipv4() { 32 } else { 128 };
    match (length, address) {
        // As the original, which shows the whole world as the address of zeros.
        (0, IpAddr::V4(_)) => FailId::Address(Ipv4Addr::UNSPECIFIED.into()),
        (0, IpAddr::V6(_)) => FailId::Address(Ipv6Addr::UNSPECIFIED.into()),
        _ if length >= full => FailId::Address(address),
        _ => FailId::parse(&format!("{address}/{length}")),
    }
}

/// A name: an address after all, or a question.
fn named(name: &str, usedns: UseDns) -> Option<Identity> {
    let bare = name.strip_prefix('[').unwrap_or(name);
    let bare = bare.strip_suffix(']').unwrap_or(bare);
    let address = match name.parse::<Ipv4Addr>() {
        Ok(address) => Some(IpAddr::V4(address)),
        // As the original, which knows colons only.
        Err(_) if bare.contains('.') => None,
        Err(_) => bare.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
    };
    match address {
        Some(address) => Some(Identity::Known(FailId::Address(address.to_canonical()))),
        None if usedns == UseDns::No || name.is_empty() => None,
        None => Some(Identity::Name(name.into())),
    }
}
