//! `%(name)s`: values that refer to others (contract A 1.5).

use crate::file_set::FileSet;

/// What can be wrong with a reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReferenceError {
    #[error("`%({0})s` names no option of this section or of `[DEFAULT]`")]
    Unknown(String),
    #[error("`%({0})s`: references into other sections are not available in this version")]
    OtherSection(String),
    #[error(
        "after `%` only `%` or `(name)s` may follow, found: {0} (hint: a literal `%` is written `%%`)"
    )]
    Stray(String),
    #[error("its references are nested deeper than {0} steps (hint: one of them refers to itself)")]
    TooDeep(usize),
    #[error("its references expand to more than {0} bytes")]
    TooLong(usize),
    #[error("it takes more than {0} references")]
    TooMany(usize),
}

/// As the original: deeper nesting is refused.
const DEEPEST: usize = 10;

/// The longest value, in bytes: nested references can multiply.
const LONGEST: usize = 1 << 20;

/// The most references that one value may take: empty ones multiply without growing.
const MOST: usize = 10_000;

/// Returns `text`, an option of `section`, with every reference replaced.
pub(crate) fn resolve(set: &FileSet, section: &str, text: &str) -> Result<String, ReferenceError> {
    let mut expansion = Expansion {
        set,
        section,
        out: String::with_capacity(text.len()),
        references: 0,
    };
    expansion.expand(text, 1)?;
    Ok(expansion.out)
}

struct Expansion<'a> {
    set: &'a FileSet,
    section: &'a str,
    out: String,
    references: usize,
}

impl Expansion<'_> {
    fn expand(&mut self, text: &str, depth: usize) -> Result<(), ReferenceError> {
        if depth > DEEPEST {
            return Err(ReferenceError::TooDeep(DEEPEST));
        }
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('%') {
            self.out.push_str(before);
            if let Some(after) = after.strip_prefix('%') {
                self.out.push('%');
                rest = after;
                continue;
            }
            let name;
            (name, rest) = reference_at(after)?;
            self.insert(&name.to_lowercase(), depth)?;
        }
        self.out.push_str(rest);
        if self.out.len() > LONGEST {
            return Err(ReferenceError::TooLong(LONGEST));
        }
        Ok(())
    }

    fn insert(&mut self, name: &str, depth: usize) -> Result<(), ReferenceError> {
        self.references += 1;
        if self.references > MOST {
            return Err(ReferenceError::TooMany(MOST));
        }
        if name == "__name__" {
            self.out.push_str(self.section);
            return Ok(());
        }
        if name.contains('/') {
            return Err(ReferenceError::OtherSection(name.to_owned()));
        }
        let set = self.set;
        match set.raw(self.section, name) {
            Some(setting) => self.expand(&setting.value, depth + 1),
            None => Err(ReferenceError::Unknown(name.to_owned())),
        }
    }
}

/// The name in `(name)s` at the front of `text`, and what follows.
fn reference_at(text: &str) -> Result<(&str, &str), ReferenceError> {
    text.strip_prefix('(')
        .and_then(|inside| inside.split_once(')'))
        .and_then(|(name, after)| Some((name, after.strip_prefix('s')?)))
        .ok_or_else(|| {
            ReferenceError::Stray(format!("%{}", text.chars().take(25).collect::<String>()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ini;

    fn resolved(text: &str) -> Result<String, ReferenceError> {
        let mut mistakes = Vec::new();
        let file = "[DEFAULT]\na = 1\nb = <%(a)s>\nloop = %(loop)s\nself = %(__name__)s\n\
                    d0 =\nd1 = %(d0)s%(d0)s\nlong = 0123456789012345678901234567890123456789012345678901234567890123456789\\
                    0123456789012345678901234567890123456789012345678901234567890123456789\n[j]\na = 2\n";
        let set = FileSet {
            sections: ini::parse("f", file, &mut mistakes),
            files: 1,
        };
        assert!(mistakes.is_empty());
        resolve(&set, "j", text)
    }

    #[test]
    fn references_see_the_section_then_the_defaults() {
        let check =
            |text: &str, expected: &str| assert_eq!(resolved(text).as_deref(), Ok(expected));
        check("x%(B)sx", "x<2>x");
        check("100%%", "100%");
        check("%(self)s", "j");
    }

    #[test]
    fn a_wrong_reference_says_what_is_wrong() {
        let check = |text: &str, expected: &str| {
            let error = resolved(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check("%(nothing)s", "`%(nothing)s` names no option");
        check("%(known/a)s", "other sections");
        check("50% off", "after `%` only");
        check("%(a)", "after `%` only");
        check("%(loop)s", "refers to itself");
        check(&"%(d1)s".repeat(9_000), "more than 10000 references");
        check(&"%(long)s".repeat(9_000), "more than 1048576 bytes");
    }
}
