//! Licences: an expression is accepted when the crate can be used under
//! licences of the allow-list alone.

use super::{Finding, graph::Crate};

/// What may be linked into a program under `MIT OR Apache-2.0`.
const ALLOWED: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-3-Clause",
    // As free as MIT; `inotify` has no other.
    "ISC",
    "Unicode-3.0",
    "Zlib",
];

/// Finds crates whose licence is absent, unreadable or not allowed.
pub(super) fn check(crates: &[Crate]) -> Vec<Finding> {
    crates
        .iter()
        .filter_map(|one| {
            let Some(licence) = &one.licence else {
                return Some(Finding::new(&one.name, "names no licence"));
            };
            match is_allowed(licence) {
                Some(true) => None,
                Some(false) => Some(Finding::new(
                    &one.name,
                    format!("its licence is not allowed: {licence}"),
                )),
                None => Some(Finding::new(
                    &one.name,
                    format!("its licence is unreadable: {licence}"),
                )),
            }
        })
        .collect()
}

/// Judges an SPDX expression; none when it is not one.
///
/// *Shape*: names joined by `OR`, `AND` (which binds tighter) and `WITH`, with
/// parentheses; the old `/` counts as `OR`.
fn is_allowed(expression: &str) -> Option<bool> {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader {
        words: &words,
        depth: 0,
    };
    let allowed = reader.alternatives()?;
    reader.words.is_empty().then_some(allowed)
}

struct Reader<'text> {
    words: &'text [&'text str],
    depth: usize,
}

impl<'text> Reader<'text> {
    fn take(&mut self, word: &str) -> bool {
        match self.words.split_first() {
            Some((first, rest)) if *first == word => {
                self.words = rest;
                true
            }
            _ => false,
        }
    }

    fn name(&mut self) -> Option<&'text str> {
        let (first, rest) = self.words.split_first()?;
        if matches!(*first, "OR" | "AND" | "WITH" | "(" | ")") {
            return None;
        }
        self.words = rest;
        Some(first)
    }

    fn alternatives(&mut self) -> Option<bool> {
        let mut allowed = self.together()?;
        while self.take("OR") {
            allowed |= self.together()?;
        }
        Some(allowed)
    }

    fn together(&mut self) -> Option<bool> {
        let mut allowed = self.single()?;
        while self.take("AND") {
            allowed &= self.single()?;
        }
        Some(allowed)
    }

    fn single(&mut self) -> Option<bool> {
        if self.take("(") {
            self.depth += 1;
            if self.depth > 16 {
                return None;
            }
            let allowed = self.alternatives()?;
            self.depth -= 1;
            return self.take(")").then_some(allowed);
        }
        let name = self.name()?;
        if self.take("WITH") {
            let exception = self.name()?;
            return Some(ALLOWED.contains(&format!("{name} WITH {exception}").as_str()));
        }
        Some(ALLOWED.contains(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::graph::sample::outside;

    #[test]
    fn expressions() {
        let check = |expression: &str, expected: Option<bool>| {
            assert_eq!(is_allowed(expression), expected, "{expression}");
        };
        check("MIT", Some(true));
        check("GPL-3.0-only", Some(false));
        check("MIT OR GPL-3.0-only", Some(true));
        check("MIT AND GPL-3.0-only", Some(false));
        check("Unlicense OR MIT", Some(true));
        check("Unlicense/MIT", Some(true));
        check(
            "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
            Some(true),
        );
        check("GPL-2.0 WITH Classpath-exception-2.0", Some(false));
        check("(MIT OR Apache-2.0) AND Unicode-3.0", Some(true));
        check("(MIT OR Apache-2.0) AND LGPL-2.1", Some(false));
        check("GPL-2.0 OR MIT AND GPL-2.0", Some(false));
        check("MIT OR", None);
        check("(MIT", None);
        check("MIT Apache-2.0", None);
        check("", None);
        check(&"(".repeat(100), None);
    }

    #[test]
    fn absent_and_foreign_licences_are_found() {
        assert!(check(&[outside("good", "MIT", &[])]).is_empty());
        assert_eq!(check(&[outside("strict", "AGPL-3.0", &[])]).len(), 1);
        assert_eq!(check(&[outside("odd", "see file", &[])]).len(), 1);
        let mut none = outside("none", "", &[]);
        none.licence = None;
        assert_eq!(check(&[none]).len(), 1);
    }
}
