//! The texts that a group can hold, where they are few.

use crate::ast::{Case, Kind, Literal, Node};
use crate::class::{Class, Item};

/// The most texts of one group that are told apart.
const MOST: usize = 15;

/// Returns every text that `node` can match, if these are few and plain.
pub(super) fn domain(node: &Node) -> Option<Vec<Box<[u8]>>> {
    let texts: Vec<Box<[u8]>> = texts(node)?
        .into_iter()
        .map(|text| text.into_bytes().into())
        .collect();
    Some(texts)
}

fn texts(node: &Node) -> Option<Vec<String>> {
    let mut found = match &node.kind {
        Kind::Literal(Literal {
            char,
            case: Case::Exact,
        }) => vec![char.to_string()],
        Kind::Class(class) => chars(class)?.map(String::from).collect(),
        Kind::Concat(parts)
            if parts
                .iter()
                .all(|part| matches!(part.kind, Kind::Literal(_))) =>
        {
            let mut whole = String::new();
            for part in parts {
                whole.push_str(texts(part)?.first()?);
            }
            vec![whole]
        }
        Kind::Alternate(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(texts(part)?);
            }
            all
        }
        _ => return None,
    };
    found.sort();
    found.dedup();
    (found.len() <= MOST).then_some(found)
}

fn chars(class: &Class) -> Option<impl Iterator<Item = char>> {
    if class.negated || class.case != Case::Exact {
        return None;
    }
    let mut all = Vec::new();
    for item in &class.items {
        let Item::Range(from, to) = item else {
            return None;
        };
        if (*from..=*to).nth(MOST).is_some() {
            return None;
        }
        all.extend(*from..=*to);
    }
    Some(all.into_iter())
}
