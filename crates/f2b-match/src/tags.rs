//! Tags of rules, replaced by the groups that they stand for (contract A 4.2).

use std::collections::HashSet;

/// The dotted form. As the original it takes any digits; whether they are an address is decided
/// by reading them as one.
const IP4: &str = r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}";

/// The colon form. The original's look-behind in its last part is implied by what precedes it.
const IP6: &str = r"(?:[0-9a-fA-F]{1,4}::?|:){1,7}(?:[0-9a-fA-F]{1,4}|:)";

/// Groups that tie lines of one session together.
const SESSION_GROUPS: [&str; 4] = ["mlfid", "mlfforget", "mlfgained", "nofail"];

/// A tag that cannot be used here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// A session tag.
    #[error("sessions over several lines (`<F-{0}>`) are not available in this version")]
    Session(String),
    /// A tag of names or several lines.
    #[error("the tag `<{0}>` is not available in this version")]
    Unavailable(String),
}

/// Returns `rule` with its tags expanded. A tag that nobody knows stays as it is.
///
/// `<HOST>` takes addresses only, as with `usedns = no`.
pub(crate) fn expand(rule: &str) -> Result<String, TagError> {
    let mut expanded = String::with_capacity(rule.len() + 128);
    let mut open: HashSet<String> = HashSet::new();
    let mut rest = rule;
    while let Some(start) = rest.find('<') {
        let (before, at) = rest.split_at(start);
        expanded.push_str(before);
        let Some((tag, after)) = tag_at(at) else {
            expanded.push('<');
            rest = at.strip_prefix('<').unwrap_or_default();
            continue;
        };
        match group_of(tag, &mut open)? {
            Some(group) => expanded.push_str(&group),
            None => {
                expanded.push('<');
                expanded.push_str(tag);
                expanded.push('>');
            }
        }
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// The name of the tag that `text` begins with, and what follows it.
fn tag_at(text: &str) -> Option<(&str, &str)> {
    let (tag, after) = text.strip_prefix('<')?.split_once('>')?;
    let name = tag.strip_prefix('/').unwrap_or(tag);
    let name = name.strip_suffix('/').unwrap_or(name);
    let allowed = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    (!name.is_empty() && name.chars().all(allowed)).then_some((tag, after))
}

fn group_of(tag: &str, open: &mut HashSet<String>) -> Result<Option<String>, TagError> {
    let addresses = format!("(?:(?:::f{{4,6}}:)?(?P<ip4>{IP4})|(?P<ip6>{IP6}))");
    Ok(Some(match tag {
        "HOST" | "ADDR" | "F-ADDR/" => format!(r"\[?{addresses}\]?"),
        "IP4" | "F-IP4/" => format!("(?P<ip4>{IP4})"),
        "IP6" | "F-IP6/" => format!("(?P<ip6>{IP6})"),
        "CIDR" | "F-CIDR/" => r"(?P<cidr>\d+)".to_owned(),
        "SUBNET" | "F-SUBNET/" => format!(r"\[?{addresses}(?:/(?P<cidr>\d+))?\]?"),
        "F-ID/" => r"(?P<fid>\S+)".to_owned(),
        "F-PORT/" => r"(?P<fport>\w+)".to_owned(),
        "DNS" | "F-DNS/" | "SKIPLINES" => return Err(TagError::Unavailable(tag.to_owned())),
        _ => return paired_group(tag, open),
    }))
}

/// `<F-NAME>` opens a group, `</F-NAME>` closes it if it was opened.
fn paired_group(tag: &str, open: &mut HashSet<String>) -> Result<Option<String>, TagError> {
    let upper = |name: &str| {
        let part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_' || c == '-';
        name.chars().all(part)
    };
    if let Some(name) = tag.strip_prefix("/F-") {
        return Ok(open.remove(name).then(|| ")".to_owned()));
    }
    let Some(name) = tag.strip_prefix("F-").filter(|name| upper(name)) else {
        return Ok(None);
    };
    let group = match name {
        "ID" => "fid".to_owned(),
        "PORT" => "fport".to_owned(),
        _ => name.to_lowercase(),
    };
    if SESSION_GROUPS.contains(&group.as_str()) {
        return Err(TagError::Session(name.to_owned()));
    }
    if group.starts_with("alt_") || group.starts_with("tuple_") {
        return Err(TagError::Unavailable(tag.to_owned()));
    }
    open.insert(name.to_owned());
    Ok(Some(format!("(?P<{group}>")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_groups_and_the_unknown_stays() {
        let check = |rule: &str, expected: &str| assert_eq!(expand(rule).as_deref(), Ok(expected));
        check("plain", "plain");
        check("<F-USER>.+</F-USER>", "(?P<user>.+)");
        check("<F-ID>x</F-ID>", "(?P<fid>x)");
        check("</F-USER>", "</F-USER>");
        check("<IP4>", "(?P<ip4>(?:[0-9]{1,3}\\.){3}[0-9]{1,3})");
        check("a < b > c <bogus> <F-user>", "a < b > c <bogus> <F-user>");
        check("(?P<x>y)<", "(?P<x>y)<");
    }

    #[test]
    fn sessions_and_names_are_refused_by_name() {
        assert_eq!(
            expand("<F-NOFAIL>x</F-NOFAIL>"),
            Err(TagError::Session("NOFAIL".into()))
        );
        assert_eq!(expand("<DNS>"), Err(TagError::Unavailable("DNS".into())));
    }
}
