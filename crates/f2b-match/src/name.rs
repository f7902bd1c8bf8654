//! Names of captured values: a line has a dozen, all compared several times.

use std::fmt;
use std::sync::{PoisonError, RwLock};

/// The name of a captured value, as its place in a table of all names.
///
/// The table forgets nothing for as long as the process lives: names come from rules, so there are few.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name(usize);

/// The names that have a meaning here, in the order of their constants.
const KNOWN: [&str; 14] = [
    "mlfid",
    "mlfforget",
    "mlfgained",
    "mlfpending",
    "nofail",
    "user",
    "users",
    "content",
    "fid",
    "ip",
    "ip4",
    "ip6",
    "dns",
    "cidr",
];

/// All others.
static OTHERS: RwLock<Vec<&'static str>> = RwLock::new(Vec::new());

impl Name {
    pub(crate) const MLFID: Self = Self(0);
    pub(crate) const MLFFORGET: Self = Self(1);
    pub(crate) const MLFGAINED: Self = Self(2);
    pub(crate) const MLFPENDING: Self = Self(3);
    pub(crate) const NOFAIL: Self = Self(4);
    pub(crate) const USER: Self = Self(5);
    pub(crate) const USERS: Self = Self(6);
    pub(crate) const CONTENT: Self = Self(7);
    pub(crate) const FID: Self = Self(8);
    pub(crate) const IP: Self = Self(9);
    pub(crate) const IP4: Self = Self(10);
    pub(crate) const IP6: Self = Self(11);
    pub(crate) const DNS: Self = Self(12);
    pub(crate) const CIDR: Self = Self(13);

    /// Returns the name `text`.
    pub(crate) fn of(text: &str) -> Self {
        if let Some(name) = Self::find(text) {
            return name;
        }
        let mut others = OTHERS.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have been faster.
        let place = others.iter().position(|other| *other == text);
        let place = place.unwrap_or_else(|| {
            others.push(Box::leak(text.into()));
            others.len() - 1
        });
        Self(KNOWN.len() + place)
    }

    /// Returns the name `text` if any value can have it.
    pub(crate) fn find(text: &str) -> Option<Self> {
        let known = KNOWN.iter().position(|known| *known == text);
        known.map(Self).or_else(|| {
            let others = OTHERS.read().unwrap_or_else(PoisonError::into_inner);
            let place = others.iter().position(|other| *other == text)?;
            Some(Self(KNOWN.len() + place))
        })
    }

    pub(crate) fn as_str(self) -> &'static str {
        match KNOWN.get(self.0) {
            Some(known) => known,
            None => {
                let others = OTHERS.read().unwrap_or_else(PoisonError::into_inner);
                // Each name that there is was noted.
                others.get(self.0 - KNOWN.len()).copied().unwrap_or("")
            }
        }
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_constant_is_the_name_it_says() {
        let names = [
            (Name::MLFID, "mlfid"),
            (Name::MLFFORGET, "mlfforget"),
            (Name::MLFGAINED, "mlfgained"),
            (Name::MLFPENDING, "mlfpending"),
            (Name::NOFAIL, "nofail"),
            (Name::USER, "user"),
            (Name::USERS, "users"),
            (Name::CONTENT, "content"),
            (Name::FID, "fid"),
            (Name::IP, "ip"),
            (Name::IP4, "ip4"),
            (Name::IP6, "ip6"),
            (Name::DNS, "dns"),
            (Name::CIDR, "cidr"),
        ];
        assert_eq!(names.len(), KNOWN.len());
        for (name, text) in names {
            assert_eq!(name.as_str(), text);
            assert_eq!(Name::of(text), name);
        }
    }

    #[test]
    fn another_name_is_the_same_each_time() {
        assert_eq!(Name::find("never seen by any rule"), None);
        let name = Name::of("a name of its own");
        assert_eq!(name, Name::of("a name of its own"));
        assert_eq!(name.as_str(), "a name of its own");
        assert_eq!(Name::find("a name of its own"), Some(name));
    }
}
