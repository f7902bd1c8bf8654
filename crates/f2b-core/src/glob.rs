//! Patterns of paths as Python's `glob` reads them: `*`, `?`, `[…]`; `**` is one level.

/// The folders that are searched.
pub trait Folders {
    /// Returns the names in a folder, in the order the system gives them; none if there is none.
    fn names(&self, folder: &str) -> Vec<String>;

    /// Returns whether something is at a path, be it a link that leads nowhere.
    fn is_there(&self, path: &str) -> bool;
}

/// The longest path of a system, in bytes (`PATH_MAX`); a pattern is hardly longer.
const LONGEST: usize = 4_096;

/// Returns the paths that fit a pattern, in the order in which the system lists the folders.
#[must_use]
pub fn paths<F: Folders + ?Sized>(pattern: &str, folders: &F) -> Vec<String> {
    if pattern.len() > LONGEST {
        return Vec::new();
    }
    if !has_magic(pattern) {
        return if folders.is_there(pattern) {
            vec![pattern.to_owned()]
        } else {
            Vec::new()
        };
    }
    let (folder, name) = match pattern.rsplit_once('/') {
        Some((folder, name)) => (Some(folder), name),
        None => (None, pattern),
    };
    let bases: Vec<String> = match folder {
        None => vec![String::new()],
        Some("") => vec!["/".to_owned()],
        Some(folder) if has_magic(folder) => paths(folder, folders),
        Some(folder) => vec![folder.to_owned()],
    };
    let mut found = Vec::new();
    for base in bases {
        let joined = |name: &str| match base.as_str() {
            "" => name.to_owned(),
            "/" => format!("/{name}"),
            base => format!("{base}/{name}"),
        };
        if has_magic(name) {
            let here = if base.is_empty() { "." } else { base.as_str() };
            let names = folders.names(here);
            let shown = |candidate: &&String| name.starts_with('.') || !candidate.starts_with('.');
            found.extend(
                names
                    .iter()
                    .filter(shown)
                    .filter(|candidate| fits(name, candidate))
                    .map(|name| joined(name)),
            );
        } else if folders.is_there(&joined(name)) {
            found.push(joined(name));
        }
    }
    found
}

/// Returns whether a path is a pattern.
#[must_use]
pub fn has_magic(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Tells whether a name fits a pattern, in time that is bounded by the product of their lengths.
///
/// *Shape*: both are one level of a path; whether a name that begins with a dot is shown is not asked.
#[must_use]
pub fn fits(pattern: &str, name: &str) -> bool {
    let parts = parts(pattern);
    let name: Vec<char> = name.chars().collect();
    // Which prefixes of the name the parts so far fit.
    let mut reached = vec![false; name.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for part in parts {
        let mut next = vec![false; name.len() + 1];
        match part {
            Part::Any => {
                let mut open = false;
                for (place, is_reached) in next.iter_mut().zip(&reached) {
                    open |= is_reached;
                    *place = open;
                }
            }
            Part::One(class) => {
                for ((place, is_reached), c) in next.iter_mut().skip(1).zip(&reached).zip(&name) {
                    *place = *is_reached && class.holds(*c);
                }
            }
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

/// Tells whether a name fits one level of a path or pattern; one that begins with a dot fits only what does.
#[must_use]
pub fn level_fits(part: &str, name: &str) -> bool {
    if !has_magic(part) {
        return part == name;
    }
    (part.starts_with('.') || !name.starts_with('.')) && fits(part, name)
}

/// Tells whether a path fits a pattern, [level by level](level_fits).
#[must_use]
pub fn path_fits(pattern: &str, path: &str) -> bool {
    let (mut parts, mut names) = (pattern.split('/'), path.split('/'));
    loop {
        match (parts.next(), names.next()) {
            (None, None) => return true,
            (Some(part), Some(name)) if level_fits(part, name) => {}
            _ => return false,
        }
    }
}

enum Part {
    Any,
    One(Class),
}

enum Class {
    Everything,
    Ranges {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Class {
    fn holds(&self, c: char) -> bool {
        match self {
            Self::Everything => true,
            Self::Ranges { negated, ranges } => {
                ranges
                    .iter()
                    .any(|(first, last)| (*first..=*last).contains(&c))
                    != *negated
            }
        }
    }
}

fn parts(pattern: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let after = rest.strip_prefix(c).unwrap_or_default();
        let class = if c == '[' { class_at(after) } else { None };
        rest = match (c, class) {
            ('[', Some((class, after))) => {
                parts.push(Part::One(class));
                after
            }
            ('*', _) => {
                if !matches!(parts.last(), Some(Part::Any)) {
                    parts.push(Part::Any);
                }
                after
            }
            ('?', _) => {
                parts.push(Part::One(Class::Everything));
                after
            }
            (literal, _) => {
                parts.push(Part::One(Class::Ranges {
                    negated: false,
                    ranges: vec![(literal, literal)],
                }));
                after
            }
        };
    }
    parts
}

/// The class behind a `[`, and what follows its `]`; a `[` without one is a plain character.
fn class_at(text: &str) -> Option<(Class, &str)> {
    let (negated, inside) = match text.strip_prefix('!') {
        Some(inside) => (true, inside),
        None => (false, text),
    };
    let first = inside.chars().next()?.len_utf8();
    let end = inside.get(first..)?.find(']')? + first;
    let (members, after) = inside.split_at_checked(end)?;
    let mut ranges = Vec::new();
    let mut characters = members.chars().peekable();
    while let Some(c) = characters.next() {
        let mut ahead = characters.clone();
        match (ahead.next(), ahead.next()) {
            (Some('-'), Some(last)) => {
                if c <= last {
                    ranges.push((c, last));
                }
                characters = ahead;
            }
            _ => ranges.push((c, c)),
        }
    }
    Some((Class::Ranges { negated, ranges }, after.strip_prefix(']')?))
}

#[cfg(test)]
mod tests {
    use super::{fits, path_fits};

    #[test]
    fn paths_fit_level_by_level() {
        let check = |pattern: &str, path: &str, expected: bool| {
            assert_eq!(path_fits(pattern, path), expected, "{pattern} {path}");
        };
        check("/var/log/*.log", "/var/log/a.log", true);
        check("/var/log/*.log", "/var/log/.a.log", false);
        check("/var/log/.*", "/var/log/.a.log", true);
        check("/var/log/*", "/var/log/a/b", false);
        check("/srv/*/log/*", "/srv/a/log/b", true);
        check("/srv/*/log/*", "/srv/a/log", false);
        check("/a", "/a", true);
    }

    #[test]
    fn patterns_fit_as_pythons() {
        let check = |pattern: &str, name: &str, expected: bool| {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        };
        check("*.log", "a.log", true);
        check("*.log", "a.log.1", false);
        check("a?c", "abc", true);
        check("[a-c]x", "bx", true);
        check("[!a-c]x", "bx", false);
        check("[]x]", "]", true);
        check("[x", "[x", true);
        check("a*b*c", "aXXbYYc", true);
        check(&"*a".repeat(500), &"a".repeat(400), false);
    }
}
