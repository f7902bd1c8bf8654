//! What can be wrong with a pattern, and what can go wrong while matching.

/// A pattern that Python refuses.
///
/// *Shape*: the text is that of CPython 3.11's `re.error`, `missing ), unterminated subpattern at
/// position 4`, with `(line 2, column 1)` behind it if the pattern has several lines.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Error {
    /// CPython's words, place included.
    pub text: String,
    /// Where, in bytes of the pattern.
    pub offset: usize,
}

/// Matching was given up: it would have taken more steps than a line is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("matching was given up after {steps} steps")]
pub struct OverBudget {
    /// The steps that were made.
    pub steps: u64,
}
