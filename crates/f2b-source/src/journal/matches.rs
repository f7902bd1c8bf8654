//! What a jail wants of a journal: its `journalmatch`, held against the fields of an entry.

use std::collections::BTreeSet;

/// The terms of several jails, each once.
///
/// A parser that has them says of each entry which of them it fits
/// ([`ExportParser::with_terms`](super::ExportParser::with_terms)); their values are not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    terms: Vec<Term>,
}

/// A field, and the value it should have.
type Term = (Box<[u8]>, Box<[u8]>);

/// The terms that an entry fits, by their numbers.
pub type Hits = Vec<u32>;

/// What one jail wants: groups of which any may fit. Within a group one value of each field has to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    /// Groups, in them fields, in them the numbers of terms. Without any group all entries fit.
    groups: Vec<Vec<Vec<u32>>>,
}

/// Returns the words for `journalctl` that give all entries that any of the jails wants; none if one wants all.
#[must_use]
pub fn union<'a>(jails: impl IntoIterator<Item = &'a [Vec<String>]>) -> Vec<String> {
    let mut known = BTreeSet::new();
    let mut words: Vec<String> = Vec::new();
    for groups in jails {
        if groups.is_empty() {
            return Vec::new();
        }
        for group in groups {
            if known.insert(group) {
                if !words.is_empty() {
                    words.push("+".to_owned());
                }
                words.extend(group.iter().cloned());
            }
        }
    }
    words
}

impl Terms {
    /// Takes up what a jail wants, and returns how to tell whether an entry is of that.
    pub fn add(&mut self, groups: &[Vec<String>]) -> Matches {
        let groups = groups.iter().map(|group| {
            let mut fields: Vec<(&str, Vec<u32>)> = Vec::new();
            for (field, value) in group.iter().filter_map(|word| word.split_once('=')) {
                let number = self.number(field, value);
                match fields.iter_mut().find(|(name, _)| *name == field) {
                    Some((_, numbers)) => numbers.push(number),
                    None => fields.push((field, vec![number])),
                }
            }
            fields.into_iter().map(|(_, numbers)| numbers).collect()
        });
        Matches {
            groups: groups.collect(),
        }
    }

    /// Returns the names of the fields, each once, sorted.
    #[must_use]
    pub fn fields(&self) -> Vec<String> {
        let fields = self.terms.iter().map(|(field, _)| field);
        let fields: BTreeSet<String> = fields
            .map(|field| String::from_utf8_lossy(field).into_owned())
            .collect();
        fields.into_iter().collect()
    }

    /// Tells whether there is a term of this field.
    pub(super) fn wants(&self, field: &[u8]) -> bool {
        self.terms.iter().any(|(name, _)| **name == *field)
    }

    /// Notes the terms that a field with this value fits.
    pub(super) fn hit(&self, field: &[u8], value: &[u8], hits: &mut Hits) {
        for (number, (name, wanted)) in (0..).zip(&self.terms) {
            if **name == *field && **wanted == *value && !hits.contains(&number) {
                hits.push(number);
            }
        }
    }

    fn number(&mut self, field: &str, value: &str) -> u32 {
        let (field, value) = (field.as_bytes(), value.as_bytes());
        let mut terms = (0..).zip(&self.terms);
        let known = terms.find(|(_, (name, wanted))| **name == *field && **wanted == *value);
        if let Some((number, _)) = known {
            return number;
        }
        self.terms.push((field.into(), value.into()));
        u32::try_from(self.terms.len() - 1).unwrap_or(u32::MAX)
    }
}

impl Matches {
    /// Tells whether an entry that fits these terms is wanted.
    #[must_use]
    pub fn fit(&self, hits: &[u32]) -> bool {
        let holds = |numbers: &Vec<u32>| numbers.iter().any(|number| hits.contains(number));
        self.groups.is_empty() || self.groups.iter().any(|group| group.iter().all(holds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups as `A=1 B=2 + C=3`.
    fn groups(text: &str) -> Vec<Vec<String>> {
        let groups = text.split(" + ").filter(|group| !group.is_empty());
        let words = |group: &str| group.split(' ').map(str::to_owned).collect();
        groups.map(words).collect()
    }

    #[test]
    fn alternatives_of_a_field_and_other_fields_and_groups() {
        let check = |wanted: &str, fields: &str, expected: bool| {
            let mut terms = Terms::default();
            // Another jail's are there as well.
            terms.add(&groups("Z=1 A=9"));
            let matches = terms.add(&groups(wanted));
            let mut hits = Hits::new();
            for (field, value) in fields.split(' ').filter_map(|field| field.split_once('=')) {
                terms.hit(field.as_bytes(), value.as_bytes(), &mut hits);
            }
            assert_eq!(matches.fit(&hits), expected, "{wanted}: {fields}");
        };
        check("", "A=1", true);
        check("", "", true);
        check("A=1", "A=1", true);
        check("A=1", "A=2", false);
        check("A=1", "B=1", false);
        check("A=1", "A=11", false);
        check("A=1 A=2", "A=2", true);
        check("A=1 A=2 B=3", "A=2", false);
        check("A=1 A=2 B=3", "B=3 A=1", true);
        check("A=1 B=2 + C=3", "C=3", true);
        check("A=1 B=2 + C=3", "A=1 C=4", false);
        check("A=1 B=2 + A=1 D=1", "A=1 D=1", true);
        // A field may have several values.
        check("A=1 B=2", "A=0 A=1 B=2", true);
        check("A=", "A=", true);
        check("A=", "A=1", false);
        check("A=1=2", "A=1=2", true);
    }

    #[test]
    fn journalctl_is_asked_for_what_any_jail_wants() {
        let check = |jails: &[&str], expected: &str| {
            let jails: Vec<_> = jails.iter().map(|text| groups(text)).collect();
            let words = union(jails.iter().map(Vec::as_slice));
            assert_eq!(words.join(" "), expected);
        };
        check(&[], "");
        check(&["A=1 B=2"], "A=1 B=2");
        check(&["A=1 + B=2", "A=1", "C=3"], "A=1 + B=2 + C=3");
        check(&["A=1", "", "C=3"], "");
    }

    #[test]
    fn fields_are_named_once() {
        let mut terms = Terms::default();
        terms.add(&groups("B=1 A=2 + B=3"));
        terms.add(&groups("A=2"));
        assert_eq!(terms.fields(), ["A", "B"]);
        assert!(terms.wants(b"A") && !terms.wants(b"C"));
    }
}
