//! How the case of letters counts.

use crate::ast::Case;
use crate::unicode;

impl Case {
    /// Tells whether the literal `pattern` takes the character `text`.
    #[must_use]
    pub fn same(self, pattern: char, text: char) -> bool {
        if pattern == text {
            return true;
        }
        match self {
            Self::Exact => false,
            Self::IgnoreAscii => pattern.eq_ignore_ascii_case(&text),
            Self::Ignore => {
                let (pattern, text) = (unicode::lower(pattern), unicode::lower(text));
                pattern == text || unicode::same_upper(pattern).any(|other| other == text)
            }
        }
    }

    /// Tells whether a back-reference to a group that holds `captured` takes `text`.
    ///
    /// As CPython: lower cases are compared, and nothing else; `σ` and `ς` differ here, though the
    /// literal `σ` takes both.
    #[must_use]
    pub fn same_again(self, captured: char, text: char) -> bool {
        self.lower(captured) == self.lower(text)
    }

    /// Returns every character that the literal `pattern` takes, in order.
    #[must_use]
    pub fn variants(self, pattern: char) -> Vec<char> {
        let mut chars = vec![pattern];
        if self != Self::Exact {
            let lower = self.lower(pattern);
            chars.push(lower);
            chars.extend(self.raised(lower));
        }
        chars.sort_unstable();
        chars.dedup();
        chars
    }

    /// Returns `char` as it is compared.
    pub(crate) fn lower(self, char: char) -> char {
        match self {
            Self::Exact => char,
            Self::IgnoreAscii => char.to_ascii_lowercase(),
            Self::Ignore => unicode::lower(char),
        }
    }

    /// Returns what else a pattern can say to mean the lowered `char`.
    pub(crate) fn raised(self, char: char) -> impl Iterator<Item = char> {
        let unicode = (self == Self::Ignore).then(|| {
            let others = unicode::same_upper(char)
                .flat_map(|other| std::iter::once(other).chain(unicode::raised(other)));
            unicode::raised(char).chain(others)
        });
        let ascii = (self == Self::IgnoreAscii && char.is_ascii_lowercase())
            .then(|| char.to_ascii_uppercase());
        unicode.into_iter().flatten().chain(ascii)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_takes_its_cases_and_no_other() {
        let check = |case: Case, pattern: char, expected: &str| {
            let variants: String = case.variants(pattern).into_iter().collect();
            assert_eq!(variants, expected, "{case:?} {pattern}");
            for char in unicode::cased()
                .iter()
                .filter(|char| case.same(pattern, **char))
            {
                assert!(variants.contains(*char), "{case:?} {pattern} {char}");
            }
            assert!(variants.chars().all(|char| case.same(pattern, char)));
        };
        check(Case::Exact, 'a', "a");
        check(Case::IgnoreAscii, 'k', "Kk");
        check(Case::IgnoreAscii, 'é', "é");
        check(Case::Ignore, 'k', "Kk\u{212a}");
        check(Case::Ignore, 's', "Ssſ");
        check(Case::Ignore, 'I', "Iiİı");
        check(Case::Ignore, 'σ', "Σςσ");
        check(Case::Ignore, '1', "1");
        check(Case::Ignore, '\u{10400}', "\u{10400}\u{10428}");
    }

    #[test]
    fn a_back_reference_compares_lower_cases_only() {
        let check = |case: Case, captured: char, text: char, expected: bool| {
            let same = case.same_again(captured, text);
            assert_eq!(same, expected, "{case:?} {captured} {text}");
        };
        check(Case::Exact, 'a', 'A', false);
        check(Case::IgnoreAscii, 'A', 'a', true);
        check(Case::IgnoreAscii, 'É', 'é', false);
        check(Case::Ignore, 'É', 'é', true);
        check(Case::Ignore, 'Σ', 'σ', true);
        check(Case::Ignore, 'ς', 'σ', false);
    }
}
