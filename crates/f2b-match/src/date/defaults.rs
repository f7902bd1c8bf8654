//! The default templates.

use std::sync::{Arc, LazyLock};

use super::template::Template;

/// A default template: its pattern, and whether a copy of it that stands at the begin of lines is
/// tried first.
struct Row(&'static str, bool);

/// The patterns in the order in which they are tried.
const TABLE: [Row; 17] = [
    Row(
        r"%ExY(?P<_sep>[-/.])%m(?P=_sep)%d(?:T|  ?)%H:%M:%S(?:[.,]%f)?(?:\s*%z)?",
        true,
    ),
    Row(r"(?:%a )?%b %d %k:%M:%S(?:\.%f)?(?: %ExY)?", true),
    Row(r"(?:%a )?%b %d %ExY %k:%M:%S(?:\.%f)?", true),
    Row(r"%d(?P<_sep>[-/])%m(?P=_sep)(?:%ExY|%Exy) %k:%M:%S", true),
    Row(
        r"%d(?P<_sep>[-/])%b(?P=_sep)%ExY[ :]?%H:%M:%S(?:\.%f)?(?: %z)?",
        true,
    ),
    Row("%m/%d/%ExY:%H:%M:%S", true),
    Row(r"%m-%d-%ExY %k:%M:%S(?:\.%f)?", true),
    Row("EPOCH", true),
    Row("{^LN-BEG}%H:%M:%S", false),
    Row("^<%m/%d/%Exy@%H:%M:%S>", false),
    Row("%Exy%Exm%Exd  ?%H:%M:%S", true),
    Row("%b %d, %ExY %I:%M:%S %p", true),
    Row("^%b-%d-%Exy %k:%M:%S", false),
    Row(
        r"%ExY%Exm%Exd(?:-|T|  ?)%ExH:?%ExM:?%ExS(?:[.,]%f)?(?:\s*%z)?",
        true,
    ),
    Row(r"(?:%Z )?(?:%a )?%b %d %k:%M:%S(?:\.%f)?(?: %ExY)?", true),
    Row(r"(?:%z )?(?:%a )?%b %d %k:%M:%S(?:\.%f)?(?: %ExY)?", true),
    Row("TAI64N", true),
];

/// The weight of a template that is to be tried before all others.
const FIRST: f64 = 100.0;

/// A template with the weight that it begins with.
pub(super) type Weighted = (Arc<Template>, f64);

/// Returns all 31: first those at the begin of lines, then the 17 of the table.
pub(super) fn all() -> &'static [Weighted] {
    static ALL: LazyLock<Vec<Weighted>> = LazyLock::new(|| {
        let template = |pattern: &str| Template::of(pattern).ok().map(Arc::new);
        let first = TABLE.iter().filter(|row| row.1).filter_map(|row| {
            let pattern = format!("{}{}", super::pattern::LINE_BEGIN, row.0);
            Some((template(&pattern)?, FIRST))
        });
        let others = TABLE.iter().filter_map(|row| Some((template(row.0)?, 1.0)));
        first.chain(others).collect()
    });
    &ALL
}

/// Returns what stands for `{DATE}`, one template after the other.
pub(super) fn unbound() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|row| match row.0 {
        // As the original: these two are put in by name.
        "EPOCH" => "Epoch",
        pattern => pattern
            .strip_prefix(super::pattern::LINE_BEGIN)
            .unwrap_or(pattern),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_31_and_no_name_twice() {
        let mut names: Vec<_> = all().iter().map(|(one, _)| one.name.as_str()).collect();
        assert_eq!(names.len(), 31);
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 31);
    }

    #[test]
    fn seventeen_stand_at_the_begin_of_lines() {
        let begin = all().iter().filter(|(one, _)| one.line_begin);
        assert_eq!(begin.count(), 17);
    }

    #[test]
    fn every_template_compiles() {
        let years = super::super::years::Years::at(f2b_core::UnixTime::from_seconds(1_772_600_770));
        for (template, _) in all() {
            assert!(template.compiled(years).is_ok(), "{}", template.name);
        }
    }
}
