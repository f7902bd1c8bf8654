//! Who is never banned (contract A 4.8).

mod cache;
mod file;

use std::fmt;
use std::net::IpAddr;

use indexmap::IndexSet;
use ipnet::IpNet;

use crate::FailId;

pub use cache::IgnoreCache;
pub use file::AddressFile;

/// The words of `ignoreip`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IgnoreList {
    single: IndexSet<IpAddr>,
    others: Vec<IgnoreEntry>,
}

/// A word of `ignoreip` that is no single address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IgnoreEntry {
    /// A network.
    Network(IpNet),
    /// The name of a host.
    Name(Box<str>),
    /// A file of addresses, networks and names: its path.
    File(Box<str>),
}

/// A word that cannot be one of `ignoreip`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IgnoreError {
    /// A mask with gaps.
    #[error("invalid mask '{0}', no plen representation")]
    Mask(Box<str>),
    /// An address with a length that its family has not.
    #[error("'{0}' is no network")]
    Length(Box<str>),
    /// `file:` without a path.
    #[error("'{0}' names no file")]
    NoFile(Box<str>),
}

/// Why somebody is not banned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IgnoredBy {
    /// An address or a network of `ignoreip`.
    Ip,
    /// It is an address of this host.
    SelfRule,
    /// A name of `ignoreip` has this address.
    Dns,
    /// A file of `ignoreip` has it: its path.
    File(Box<str>),
    /// `ignorecommand` said so.
    Command,
    /// `ignorecache` knew it.
    Cache,
}

/// What a list says of an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is one of them.
    Ignored(IgnoredBy),
    /// It is none of them.
    Counts,
    /// That depends on the addresses of this host, which are not known yet.
    AskName(Box<str>),
}

/// What the world outside knows of names and files.
pub trait Known {
    /// Returns the addresses of a host; `None` while they are not known.
    fn addresses(&mut self, name: &str) -> Option<Vec<IpAddr>>;
    /// Returns what is in a file of addresses; nothing if it cannot be read.
    fn file(&mut self, path: &str) -> Option<&AddressFile>;
}

impl IgnoreEntry {
    /// Reads a word that is no single address.
    fn parse(word: &str) -> Result<Self, IgnoreError> {
        if let Some(path) = word.strip_prefix("file:") {
            // As the original: `file:///abs`, and `file://abs` with its first `/` forgotten.
            let path = match path.strip_prefix("//") {
                Some(path) => format!("/{}", path.trim_start_matches('/')),
                None => path.to_owned(),
            };
            return match path.trim_matches('/') {
                "" => Err(IgnoreError::NoFile(word.into())),
                _ => Ok(Self::File(path.into())),
            };
        }
        if let FailId::Network(net) = FailId::parse(word) {
            return Ok(Self::Network(net));
        }
        match word.split_once('/') {
            Some((address, mask)) if address.parse::<IpAddr>().is_ok() => {
                Err(match mask.contains(['.', ':']) {
                    true => IgnoreError::Mask(mask.into()),
                    false => IgnoreError::Length(word.into()),
                })
            }
            _ => Ok(Self::Name(word.into())),
        }
    }
}

impl IgnoreList {
    /// Adds a word; returns whether it was not there yet.
    ///
    /// # Errors
    /// [`IgnoreError`] if it can be none.
    pub fn add(&mut self, word: &str) -> Result<bool, IgnoreError> {
        if let FailId::Address(address) = FailId::parse(word) {
            return Ok(self.single.insert(address));
        }
        let entry = IgnoreEntry::parse(word)?;
        let is_new = !self.others.contains(&entry);
        if is_new {
            self.others.push(entry);
        }
        Ok(is_new)
    }

    /// Returns a word as it is listed.
    #[must_use]
    pub fn shown(word: &str) -> String {
        match (FailId::parse(word), IgnoreEntry::parse(word)) {
            (id @ FailId::Address(_), _) | (id, Err(_)) => id.to_string(),
            (_, Ok(entry)) => entry.to_string(),
        }
    }

    /// Removes a word; returns whether it was there.
    pub fn remove(&mut self, word: &str) -> bool {
        if let FailId::Address(address) = FailId::parse(word) {
            return self.single.shift_remove(&address);
        }
        let Ok(entry) = IgnoreEntry::parse(word) else {
            return false;
        };
        let before = self.others.len();
        self.others.retain(|known| *known != entry);
        self.others.len() < before
    }

    /// Goes through the words as they are listed: single addresses last.
    pub fn listed(&self) -> impl Iterator<Item = String> {
        let others = self.others.iter().map(ToString::to_string);
        let single = self.single.iter();
        others.chain(single.map(|address| FailId::Address(*address).to_string()))
    }

    /// Tells whether a single address of the list is meant. That answer is kept in no cache.
    #[must_use]
    pub fn holds_exactly(&self, id: &FailId) -> bool {
        matches!(id, FailId::Address(address) if self.single.contains(address))
    }

    /// Tells whether another entry of the list holds an identity, asked one after the other.
    pub fn judge(&self, id: &FailId, known: &mut dyn Known) -> Verdict {
        let mut names = Names {
            id,
            known,
            asked: None,
        };
        for entry in &self.others {
            let by = match entry {
                IgnoreEntry::Network(net) => {
                    FailId::Network(*net).contains(id).then_some(IgnoredBy::Ip)
                }
                IgnoreEntry::Name(name) => names.has(name).then_some(IgnoredBy::Dns),
                IgnoreEntry::File(path) => {
                    names.file_has(path).then(|| IgnoredBy::File(path.clone()))
                }
            };
            match (by, names.asked.take()) {
                (_, Some(name)) => return Verdict::AskName(name),
                (Some(by), None) => return Verdict::Ignored(by),
                (None, None) => {}
            }
        }
        Verdict::Counts
    }
}

/// Names looked up for one identity, until one is not known.
struct Names<'a> {
    id: &'a FailId,
    known: &'a mut dyn Known,
    asked: Option<Box<str>>,
}

impl Names<'_> {
    fn has(&mut self, name: &str) -> bool {
        let FailId::Address(address) = self.id else {
            return false;
        };
        match self.known.addresses(name) {
            Some(addresses) => addresses.contains(address),
            None => {
                self.asked = Some(name.into());
                false
            }
        }
    }

    fn file_has(&mut self, path: &str) -> bool {
        let Some(file) = self.known.file(path) else {
            return false;
        };
        if file.holds(self.id) {
            return true;
        }
        let names: Vec<Box<str>> = match self.id {
            FailId::Address(_) => file.names().map(Into::into).collect(),
            _ => Vec::new(),
        };
        names
            .iter()
            .any(|name| self.asked.is_none() && self.has(name))
    }
}

impl fmt::Display for IgnoreEntry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(net) => FailId::Network(*net).fmt(out),
            Self::Name(name) => out.write_str(name),
            Self::File(path) => write_file(path, out),
        }
    }
}

/// Writes a file as the original calls it: `file://etc/x` for `/etc/x`.
fn write_file(path: &str, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    match path.strip_prefix('/') {
        Some(path) => write!(out, "file://{path}"),
        None => write!(out, "file:{path}"),
    }
}

impl fmt::Display for IgnoredBy {
    /// Writes what the log of the original calls it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip => out.write_str("ip"),
            Self::SelfRule => out.write_str("ignoreself rule"),
            Self::Dns => out.write_str("dns"),
            Self::File(path) => write_file(path, out),
            Self::Command => out.write_str("command"),
            Self::Cache => out.write_str("cache"),
        }
    }
}

#[cfg(test)]
mod tests;
