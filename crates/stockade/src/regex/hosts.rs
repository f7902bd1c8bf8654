//! Names of hosts and their addresses.

use std::collections::{HashMap, VecDeque};
use std::io::Read as _;
use std::net::IpAddr;

use f2b_action::spawn;
use f2b_daemon::addresses_of;

/// Names that were looked up, the last thousand of them.
#[derive(Debug, Default)]
pub(crate) struct Names {
    known: HashMap<Box<str>, Vec<IpAddr>>,
    order: VecDeque<Box<str>>,
}

/// How many names are remembered.
const MOST: usize = 1_000;

impl Names {
    /// Returns the addresses of a name, and why there are none the first time it is asked for.
    pub(crate) fn addresses(&mut self, name: &str) -> (&[IpAddr], Option<String>) {
        let mut reason = None;
        if !self.known.contains_key(name) {
            let found = look_up(name).unwrap_or_else(|error| {
                reason = Some(error);
                Vec::new()
            });
            if self.order.len() >= MOST
                && let Some(oldest) = self.order.pop_front()
            {
                self.known.remove(&oldest);
            }
            self.order.push_back(name.into());
            self.known.insert(name.into(), found);
        }
        let found = self.known.get(name).map_or(&[][..], Vec::as_slice);
        (found, reason)
    }
}

fn look_up(name: &str) -> Result<Vec<IpAddr>, String> {
    let has_ipv6 = has_ipv6();
    let mut addresses: Vec<IpAddr> = Vec::new();
    let usable = addresses_of(name)?.filter(|ip| ip.is_ipv4() || has_ipv6);
    for address in usable {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses.sort_by_key(IpAddr::is_ipv6);
    Ok(addresses)
}

/// Whether the machine uses IPv6 at all.
fn has_ipv6() -> bool {
    std::fs::read_to_string("/proc/sys/net/ipv6/conf/all/disable_ipv6")
        .is_ok_and(|text| text.trim() == "0")
}

/// Returns the name that an address has by the system's databases.
pub(crate) fn name_of(address: &str) -> Option<String> {
    address.parse::<IpAddr>().ok()?;
    let line = hosts(address)?;
    line.split_whitespace().nth(1).map(str::to_owned)
}

/// Returns the name of this machine.
pub(crate) fn own_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

/// Returns the name of this machine with its domain, if it has one.
pub(crate) fn full_name() -> String {
    let name = own_name();
    let line = hosts(&name).unwrap_or_default();
    let full = line
        .split_whitespace()
        .skip(1)
        .find(|alias| alias.contains('.'));
    full.map_or(name, str::to_owned)
}

/// What the databases of the system say of an address or a name.
fn hosts(key: &str) -> Option<String> {
    let words = ["hosts", "--", key].map(str::to_owned);
    let mut getent = spawn::follow("getent", &words).ok()?;
    let mut said = String::new();
    getent.output().ok()?.read_to_string(&mut said).ok()?;
    Some(said).filter(|said| !said.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_asked_for_once() {
        let mut names = Names::default();
        let (found, reason) = names.addresses("localhost");
        assert!(found.iter().any(IpAddr::is_ipv4) && reason.is_none());
        assert!(names.known.contains_key("localhost"));
        assert_eq!(name_of("no address"), None);
        assert!(!own_name().is_empty());
    }
}
