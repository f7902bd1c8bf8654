//! The first of two stages: tags that do not depend on a ban.

use crate::Family;
use crate::tags;

/// As the original: one value may need a tag this often, and once more.
const MOST: u32 = 25;

/// The longest command, in bytes: ours, since nested tags can multiply.
const LONGEST: usize = 4 << 20;

/// Tags that cannot be replaced.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// A tag stands, directly or not, for itself.
    // The original's words.
    #[error(
        "properties contain self referencing definitions and cannot be resolved, fail tag: \
         {command}, found: {tag} in {{{counts}}}, value: {value}"
    )]
    Circle {
        /// The command.
        command: String,
        /// The tag that comes again and again.
        tag: String,
        /// How often each tag was replaced: `'k': 26, 'l': 26`.
        counts: String,
        /// How far it came.
        value: String,
    },
    /// The command grows without end.
    #[error("the tags of {command} make it longer than 4 MiB")]
    TooLong {
        /// The command.
        command: String,
    },
}

/// Returns the value of a property with all tags in it replaced, again and again.
///
/// `stands_for` tells the value of a tag; what it does not know is left as it is.
pub(crate) fn resolve(
    command: &str,
    family: Family,
    stands_for: &dyn Fn(&str, Family) -> Option<String>,
) -> Result<String, TagError> {
    let Some(mut value) = stands_for(command, family) else {
        return Ok(format!("<{command}>"));
    };
    let mut counts: Vec<(String, u32)> = Vec::new();
    let mut from = 0;
    let mut has_changed = false;
    loop {
        let Some(place) = tags::next(&value, from) else {
            // A tag that others made up lies before the place where reading went on.
            if !has_changed {
                return Ok(value);
            }
            has_changed = false;
            from = 0;
            continue;
        };
        let tag = tags::name(&value, &place).to_owned();
        let Some(stands) = stands_for(&tag, family) else {
            from = place.end;
            continue;
        };
        let count = counts.iter().position(|(counted, _)| *counted == tag);
        let times = count.and_then(|at| counts.get(at)).map_or(0, |(_, n)| *n);
        if tag == command || times > MOST {
            return Err(circle(command, &tag, &counts, &value));
        }
        value = value.replace(&format!("<{tag}>"), &stands);
        if value.len() > LONGEST {
            let command = command.to_owned();
            return Err(TagError::TooLong { command });
        }
        match count.and_then(|at| counts.get_mut(at)) {
            Some((_, times)) => *times += 1,
            None => counts.push((tag, 1)),
        }
        has_changed = true;
        from = place.start;
    }
}

fn circle(command: &str, tag: &str, counts: &[(String, u32)], value: &str) -> TagError {
    let counts: Vec<String> = counts
        .iter()
        .map(|(tag, times)| format!("{}: {times}", crate::python::repr(tag)))
        .collect();
    TagError::Circle {
        command: command.to_owned(),
        tag: tag.to_owned(),
        counts: counts.join(", "),
        value: value.to_owned(),
    }
}
