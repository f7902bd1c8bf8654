//! Words of `ignoreip`, files of addresses, and identities held against them.
#![no_main]

use std::net::IpAddr;

use f2b_core::{AddressFile, FailId, IgnoreList, Known, Verdict};
use libfuzzer_sys::fuzz_target;

/// Nobody has an address; every file holds the same.
struct Nobody(AddressFile);

impl Known for Nobody {
    fn addresses(&mut self, name: &str) -> Option<Vec<IpAddr>> {
        (!name.starts_with('?')).then(Vec::new)
    }

    fn file(&mut self, _path: &str) -> Option<&AddressFile> {
        Some(&self.0)
    }
}

fuzz_target!(|text: &str| {
    let mut list = IgnoreList::default();
    let mut world = Nobody(AddressFile::parse(text));
    for word in text.split_whitespace() {
        let id = FailId::parse(word);
        let is_new = list.add(word);
        if is_new == Ok(true) {
            assert!(!list.add(word).unwrap_or(true), "{word} is there once");
        }
        if matches!(id, FailId::Address(_) | FailId::Network(_)) && is_new.is_ok() {
            let is_ignored = list.holds_exactly(&id)
                || !matches!(list.judge(&id, &mut world), Verdict::Counts);
            assert!(is_ignored, "{word} holds itself");
        }
    }
    let listed: Vec<String> = list.listed().collect();
    for word in listed {
        assert!(list.remove(&word), "{word} is listed as it can be removed");
    }
});
