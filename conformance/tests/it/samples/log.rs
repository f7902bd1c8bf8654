//! A sample log, taken apart.

use serde_json::{Map, Value as Json};

use super::annotated;

/// One line of a sample log that says something.
#[derive(Debug)]
pub(super) enum Piece<'text> {
    /// Options under all that follow.
    FileOptions(Map<String, Json>),
    /// The options that the lines from here on are tried with, one after the other.
    FilterOptions(Vec<Map<String, Json>>),
    /// Another log for the same filter.
    AddFile(String),
    /// What is expected of the next line.
    Expected(Map<String, Json>),
    /// A line of the log.
    Line(&'text str),
}

/// The pieces of a log, with their line numbers.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = (usize, Piece<'_>)> {
    let lines = (1..).zip(text.split('\n'));
    lines.filter_map(|(number, line)| {
        let line = line.trim_end_matches('\r');
        let piece = if line.starts_with('#') {
            control(line)?
        } else if line.trim().is_empty() {
            return None;
        } else {
            Piece::Line(line)
        };
        Some((number, piece))
    })
}

fn control(line: &str) -> Option<Piece<'static>> {
    let text = line.trim_start_matches('#');
    let text = text.strip_prefix(' ').unwrap_or(text);
    let (keyword, json) = text.split_once(':')?;
    let parsed =
        || -> Json { serde_json::from_str(json).unwrap_or_else(|error| panic!("{line}: {error}")) };
    Some(match keyword {
        "fileOptions" => Piece::FileOptions(annotated(parsed())),
        "filterOptions" => Piece::FilterOptions(match parsed() {
            Json::Array(all) => all.into_iter().map(annotated).collect(),
            one => vec![annotated(one)],
        }),
        "addFILE" => Piece::AddFile(parsed().as_str()?.to_owned()),
        "failJSON" => Piece::Expected(annotated(parsed())),
        _ => return None,
    })
}
