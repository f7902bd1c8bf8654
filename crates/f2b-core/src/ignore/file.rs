//! A file of `ignoreip`: its text as words.

use std::collections::HashSet;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::FailId;

/// The addresses, networks and names of a file.
///
/// *Shape*: words between blanks and commas; a comment begins with `#` or `;` at the begin of a line or
/// behind a blank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressFile {
    addresses: HashSet<IpAddr>,
    networks: Vec<IpNet>,
    names: Vec<Box<str>>,
}

impl AddressFile {
    /// Reads the text of a file.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        for line in text.lines() {
            for word in words(line) {
                match FailId::parse(word) {
                    FailId::Address(address) => {
                        file.addresses.insert(address);
                    }
                    FailId::Network(net) => file.networks.push(net),
                    FailId::Text(name) => file.names.push(name),
                }
            }
        }
        file
    }

    /// Tells whether an identity is one of the words, or lies in a network of them.
    #[must_use]
    pub fn holds(&self, id: &FailId) -> bool {
        match id {
            FailId::Address(address) if self.addresses.contains(address) => true,
            FailId::Text(text) => self.names.contains(text),
            id => self
                .networks
                .iter()
                .any(|net| FailId::Network(*net).contains(id)),
        }
    }

    /// Goes through the words that are no addresses.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(AsRef::as_ref)
    }
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    let mut before = ' ';
    let begins_comment = |c: char| {
        let begins = matches!(c, '#' | ';') && before.is_whitespace();
        before = c;
        begins
    };
    let end = line.find(begins_comment).unwrap_or(line.len());
    let words = line.get(..end).unwrap_or_default();
    words
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty())
}
