//! What we find against what CPython finds, on patterns and texts made up; and what the [`model`]
//! finds, so that it can be trusted elsewhere.
//!
//! `STOCKADE_PAIRS` says how many pairs of pattern and text are tried, `STOCKADE_SEED` where to begin.

pub(crate) mod generator;
mod python;

use std::env;
use std::ops::Range;

use f2b_pyregex::{Groups, Nature, Regex, Scratch};

use crate::model;
use generator::{Generator, Random, subject};
use python::{Python, Said};

/// The pairs that are tried where nothing else is said.
const PAIRS: usize = 60_000;

/// Of how many pairs the model looks at one.
const MODEL_SHARE: usize = 3;

/// The texts that are tried with each pattern.
const SUBJECTS: usize = 20;

fn number(name: &str, otherwise: usize) -> usize {
    env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// What we found, in characters as CPython tells it.
fn ours(text: &str, groups: Option<Groups>, count: usize) -> Said {
    let held = groups.map(|groups| (0..=count).map(|index| groups.get(index)).collect());
    told(text, held)
}

fn told(text: &str, found: Option<model::Found>) -> Said {
    let Some(groups) = found else {
        return Said::NoMatch;
    };
    let chars = |at: usize| text[..at].chars().count();
    let span = |held: Option<Range<usize>>| held.map(|held| (chars(held.start), chars(held.end)));
    Said::Match(groups.into_iter().map(span).collect())
}

/// What was compared.
#[derive(Debug, Default)]
struct Tally {
    patterns: usize,
    refused: usize,
    regular: usize,
    bounded: usize,
    budgeted: usize,
    pairs: usize,
    matches: usize,
    /// CPython took too long.
    too_long: usize,
    /// We gave up.
    over_budget: usize,
    /// What the model looked at.
    modelled: usize,
}

fn compare(
    python: &mut Python,
    pattern: &str,
    subjects: &[String],
    tally: &mut Tally,
) -> Result<(), String> {
    let said = python.search(pattern, subjects);
    let regex = match (Regex::new(pattern), &said) {
        (Ok(regex), Ok(_)) => regex,
        (Err(ours), Err(theirs)) => {
            tally.refused += 1;
            let ours = ours.to_string().replace('\n', " ");
            return if ours == *theirs {
                Ok(())
            } else {
                Err(format!("{pattern:?}: CPython says `{theirs}`, we `{ours}`"))
            };
        }
        (Ok(_), Err(theirs)) => return Err(format!("{pattern:?}: only CPython refuses: {theirs}")),
        (Err(ours), Ok(_)) => return Err(format!("{pattern:?}: only we refuse: {ours}")),
    };
    tally.patterns += 1;
    match regex.nature() {
        Nature::Regular => tally.regular += 1,
        Nature::Bounded => tally.bounded += 1,
        Nature::Budgeted => tally.budgeted += 1,
    }
    let mut scratch = Scratch::automaton_first();
    let mut own = Scratch::own_matcher_only();
    let mut remembering = Scratch::remembering();
    for (subject, theirs) in subjects.iter().zip(said?) {
        tally.pairs += 1;
        if theirs == Said::TooLong {
            tally.too_long += 1;
            continue;
        }
        tally.matches += usize::from(theirs != Said::NoMatch);
        if tally.pairs.is_multiple_of(MODEL_SHARE)
            && let Ok(found) = model::search(&regex, subject)
        {
            tally.modelled += 1;
            let found = told(subject, found);
            if found != theirs {
                return Err(format!(
                    "{pattern:?} on {subject:?}:\n  CPython {theirs:?}\n  model   {found:?}"
                ));
            }
        }
        for scratch in [&mut scratch, &mut own, &mut remembering] {
            let Ok(found) = regex.search(subject, scratch) else {
                tally.over_budget += 1;
                continue;
            };
            let found = ours(subject, found, regex.group_count());
            if found != theirs {
                return Err(format!(
                    "{pattern:?} ({:?}) on {subject:?}:\n  CPython {theirs:?}\n  ours    {found:?}",
                    regex.nature()
                ));
            }
        }
    }
    Ok(())
}

#[test]
fn matches_and_groups_are_those_of_cpython() {
    let mut python = Python::start();
    let mut random = Random(u64::try_from(number("STOCKADE_SEED", 1)).unwrap());
    let mut tally = Tally::default();
    let mut differences = Vec::new();
    let pairs = number("STOCKADE_PAIRS", PAIRS);
    while tally.pairs < pairs && differences.len() < 40 {
        let pattern = Generator::new(&mut random).pattern();
        let subjects: Vec<String> = (0..SUBJECTS)
            .map(|_| subject(&mut random, &pattern))
            .collect();
        if let Err(difference) = compare(&mut python, &pattern, &subjects, &mut tally) {
            differences.push(difference);
        }
    }
    println!("{tally:?}");
    assert!(
        tally.modelled * 4 > tally.pairs,
        "the model looked at too few"
    );
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
