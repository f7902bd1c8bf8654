use std::collections::HashMap;

use super::*;
use crate::{Span, UnixTime};

#[derive(Default)]
struct World {
    names: HashMap<&'static str, Vec<IpAddr>>,
    files: HashMap<&'static str, AddressFile>,
}

impl Known for World {
    fn addresses(&mut self, name: &str) -> Option<Vec<IpAddr>> {
        self.names.get(name).cloned()
    }

    fn file(&mut self, path: &str) -> Option<&AddressFile> {
        self.files.get(path)
    }
}

fn list(words: &[&str]) -> IgnoreList {
    let mut list = IgnoreList::default();
    for word in words {
        list.add(word).unwrap();
    }
    list
}

fn world() -> World {
    let mut world = World::default();
    world
        .names
        .insert("host.example", vec!["192.0.2.9".parse().unwrap()]);
    world.names.insert("nobody.example", Vec::new());
    world.names.insert("text-id", Vec::new());
    let text = "# comment\n192.0.2.50, 192.0.2.51 ; more\n2001:db8::50/124 198.51.100.128/25\n\
                text-id\n192.0.2.52 # tail 192.0.2.53\nhost.example\n";
    world.files.insert("/ign", AddressFile::parse(text));
    world
}

/// Rows seen in a run of the original.
#[test]
fn identities_are_ignored_as_by_the_original() {
    let list = list(&[
        "10.0.0.0/8",
        "192.0.2.1",
        "nobody.example",
        "2001:db8:1::/64",
        "file:/ign",
        "file:/missing",
    ]);
    let mut world = world();
    let mut check = |text: &str, expected: &str| {
        let id = FailId::parse(text);
        let seen = match list.judge(&id, &mut world) {
            _ if list.holds_exactly(&id) => "ip".to_owned(),
            Verdict::Ignored(by) => by.to_string(),
            Verdict::Counts => "counts".to_owned(),
            Verdict::AskName(name) => format!("ask {name}"),
        };
        assert_eq!(seen, expected, "{text}");
    };
    check("10.1.2.3", "ip");
    check("10.0.0.0/9", "ip");
    check("::ffff:10.1.2.3", "ip");
    check("192.0.2.1", "ip");
    check("192.0.2.2", "counts");
    check("2001:db8:1::5", "ip");
    check("192.0.2.50", "file://ign");
    check("192.0.2.52", "file://ign");
    check("192.0.2.53", "counts");
    check("198.51.100.200", "file://ign");
    check("198.51.100.100", "counts");
    check("2001:db8::51", "file://ign");
    check("text-id", "file://ign");
    check("192.0.2.9", "file://ign");
    check("nobody.example", "counts");
}

#[test]
fn a_name_that_is_not_known_is_asked_for_when_its_turn_comes() {
    let list = list(&["192.0.2.0/24", "later.example", "198.51.100.0/24"]);
    let mut world = world();
    let mut check = |text: &str, expected: Verdict| {
        assert_eq!(list.judge(&FailId::parse(text), &mut world), expected);
    };
    check("192.0.2.1", Verdict::Ignored(IgnoredBy::Ip));
    check("198.51.100.1", Verdict::AskName("later.example".into()));
    check("text", Verdict::Counts);
}

#[test]
fn words_are_listed_once_and_single_addresses_last() {
    let mut list = list(&["192.0.2.1", "10.0.0.0/8", "host", "::1", "file://etc/x"]);
    assert_eq!(list.add("10.1.2.3/8"), Ok(false));
    assert_eq!(list.add("192.0.2.1"), Ok(false));
    let listed: Vec<String> = list.listed().collect();
    assert_eq!(
        listed,
        ["10.0.0.0/8", "host", "file://etc/x", "192.0.2.1", "::1"]
    );
    assert!(list.remove("0:0::1"));
    assert!(list.remove("file:/etc/x"));
    assert!(!list.remove("HOST"));
    assert!(!list.remove("10.0.0.0/9"));
}

#[test]
fn what_can_be_no_entry_is_refused() {
    let check = |word: &str, expected: &str| {
        let refused = IgnoreList::default().add(word).unwrap_err();
        assert_eq!(refused.to_string(), expected);
    };
    check(
        "1.2.3.4/255.0.255.0",
        "invalid mask '255.0.255.0', no plen representation",
    );
    check("1.2.3.4/33", "'1.2.3.4/33' is no network");
    check("file:", "'file:' names no file");
}

#[test]
fn a_cache_forgets_the_oldest_and_the_old() {
    let at = UnixTime::from_seconds;
    let mut cache = IgnoreCache::new("<ip>", 2, Span::from_seconds(10));
    cache.keep("a", true, at(0));
    cache.keep("b", false, at(1));
    assert_eq!(cache.verdict("a", at(9)), Some(true));
    assert_eq!(cache.verdict("a", at(10)), None);
    cache.keep("c", true, at(2));
    assert_eq!(cache.verdict("a", at(3)), None);
    assert_eq!(cache.verdict("b", at(3)), Some(false));
}
