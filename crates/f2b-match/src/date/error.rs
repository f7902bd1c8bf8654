//! What can be wrong with a date pattern or a zone, and with a date that was found.

/// A `datepattern` or `logtimezone` that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// The pattern holds a directive that is unknown, or a lone percent sign.
    #[error(
        "Failed to set datepattern '{pattern}' (may be an invalid format or unescaped percent char): {reason}"
    )]
    Pattern {
        /// The whole pattern.
        pattern: String,
        /// Why it cannot be read, in Python's words.
        reason: String,
    },
    /// The same pattern is given twice.
    #[error("There is already a template with name {name}")]
    Repeated {
        /// The name that the pattern is shown by.
        name: String,
    },
    /// The text is no zone.
    #[error("Unknown or unsupported time zone: {text}")]
    Zone {
        /// The text in Python's quotes.
        text: String,
    },
    /// The abbreviation is none that is known.
    #[error("{name}")]
    Abbreviation {
        /// The abbreviation in Python's quotes.
        name: String,
    },
}
