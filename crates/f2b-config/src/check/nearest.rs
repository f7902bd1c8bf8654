//! The name that was meant.

/// The longest name that is searched for, in bytes.
const LONGEST: usize = 64;

/// Returns the name that a mistyped one is nearest to, if it is near enough to be meant.
#[must_use]
pub fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > LONGEST {
        return None;
    }
    let lower = name.to_lowercase();
    // As compilers do: one slip of the keys for every three letters.
    let most = (name.chars().count() / 3).max(1);
    let is_near = |other: &&str| {
        // A slip takes or adds one letter, of at most four bytes.
        *other != name && other.len().abs_diff(name.len()) <= 4 * most
    };
    let others = names.into_iter().filter(is_near);
    let (slips, nearest) = others
        .map(|other| (strsim::osa_distance(&lower, &other.to_lowercase()), other))
        .min()?;
    (slips <= most).then_some(nearest)
}

/// Returns the hint that names it.
pub(super) fn hint<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, names).map(|nearest| format!("did you mean `{nearest}`?"))
}
