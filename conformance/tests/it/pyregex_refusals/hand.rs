//! Patterns written by hand, one for each thing that can be said about a pattern.

mod characters;
mod flags;
mod groups;
mod repeats;

/// Returns the patterns, right and wrong.
pub(super) fn patterns() -> Vec<&'static str> {
    [
        characters::PATTERNS,
        flags::PATTERNS,
        groups::PATTERNS,
        repeats::PATTERNS,
    ]
    .concat()
}

/// Patterns that are too long to be written.
pub(super) fn long() -> [String; 6] {
    [
        format!("a{{{}}}", "9".repeat(4301)),
        format!("a{{1,{}}}", "0".repeat(4301)),
        format!("(?({})a)", "9".repeat(4300)),
        format!("(?({})a)", "9".repeat(4301)),
        format!("{}\\99\\100", "()".repeat(100)),
        format!("{}{}", "(?:".repeat(200), ")*".repeat(200)),
    ]
}
