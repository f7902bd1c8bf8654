//! The encoding of logs where nobody says it.

use f2b_source::Encoding;

/// Returns the name of the encoding of the system, as Python calls it.
pub(crate) fn of_system() -> String {
    let of = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = of("LC_ALL")
        .or_else(|| of("LC_CTYPE"))
        .or_else(|| of("LANG"));
    let charset = locale.as_deref().and_then(|locale| locale.split_once('.'));
    let charset = charset.map(|(_, charset)| charset.split('@').next().unwrap_or_default());
    let other = |charset: &&str| {
        let encoding = Encoding::named(charset);
        encoding.is_some_and(|encoding| encoding != Encoding::Utf8)
    };
    charset.filter(other).unwrap_or("UTF-8").to_owned()
}
