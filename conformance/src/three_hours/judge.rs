//! Ours beside two runs of the original, host by host.

use std::{collections::BTreeSet, fmt};

use super::{
    HOURS,
    attack::AFTER,
    events::{Event, Key, Kind, Record, Run},
};
use crate::differences::Comparison;

/// Two moments are the same when they are no further apart, in seconds of the log.
const SAME: f64 = 3.0;

/// A failure this close to the end of a ban falls before it or after it, as it happens.
const EDGE: f64 = 4.0;

/// Events are compared that are in the log this long before its end.
const MARGIN: f64 = 20.0;

/// The jails that look at what happens in other jails.
const LOOKING: [&str; 2] = ["again", "steps"];

/// What is in order among itself. The rest is written by threads of their own.
const STREAMS: [&[Kind]; 4] = [
    &[Kind::Found],
    &[Kind::Ban, Kind::Unban],
    &[Kind::Increase],
    &[Kind::Bad],
];

/// How much was compared.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Hosts in jails.
    pub hosts: usize,
    /// Of them: the original's two runs differ.
    pub unsteady: usize,
    /// Of them: something happened just when a ban ended or in two jails at once, or another jail of the
    /// same host is left out and this one looks at it.
    pub edges: usize,
    /// Events compared, by kind.
    pub events: [usize; 5],
    /// Events whose time was not compared: the original's two runs differ.
    pub unsteady_times: usize,
    /// Events with a tolerance beyond three seconds, as a server was behind with its pulse.
    pub behind: usize,
    /// Rows of the database.
    pub records: usize,
    /// Of them: ours holds the later end of a ban that was extended, the original the first.
    pub extended: usize,
    /// Durations that the original writes with the fractions of a number of Python's.
    pub fractions: usize,
    /// The largest difference of times that were compared.
    pub apart: f64,
}

impl Figures {
    /// Returns how many hosts in jails were compared.
    #[must_use]
    pub const fn compared(&self) -> usize {
        self.hosts - self.unsteady - self.edges
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [found, bad, ban, unban, increase] = self.events;
        write!(
            out,
            "{} hosts in jails: {} compared, {} left out as the original differs from itself, {} as they \
             hang on a moment\n{} Found, {} Found bad, {} Ban, {} Unban, {} Increase Ban, {} rows of the database, \
             {} of them of extended bans; times apart by {:.1} s at most; {} times left out, {} judged more mildly \
             as a server was behind\n",
            self.hosts,
            self.compared(),
            self.unsteady,
            self.edges,
            found,
            bad,
            ban,
            unban,
            increase,
            self.records,
            self.extended,
            self.apart,
            self.unsteady_times,
            self.behind
        )
    }
}

/// Compares the third run with the first two.
#[must_use]
pub fn judge(runs: &[Run; 3]) -> (Vec<Comparison>, Figures) {
    let mut figures = Figures::default();
    let keys: BTreeSet<&Key> = runs.iter().flat_map(|run| run.events.keys()).collect();
    figures.hosts = keys.len();
    let mut compared = Vec::new();
    // A host of which something is left out: what jails do that look at others follows from that.
    let mut loose = BTreeSet::new();
    for key in keys {
        let [first, second, ours] = runs.each_ref().map(|run| streams(run, key));
        let is_edge = || is_edge(&runs[0], key) || is_edge(&runs[1], key);
        if !is_same(&first, &second) {
            figures.unsteady += 1;
            loose.insert(key.1.as_str());
        } else if !is_same(&first, &ours) && is_edge() {
            figures.edges += 1;
            loose.insert(key.1.as_str());
        } else {
            compared.push((key, [first, second, ours]));
        }
    }
    let mut comparisons = Vec::new();
    for (key, [first, second, ours]) in compared {
        if LOOKING.contains(&key.0.as_str()) && loose.contains(key.1.as_str()) {
            figures.edges += 1;
        } else {
            comparisons.push(side_by_side(
                key,
                [&first, &second],
                &ours,
                runs,
                &mut figures,
            ));
        }
    }
    for (case, count, original, ours) in [
        (
            "the database's row of a ban that was extended",
            figures.extended,
            "its first end",
            "its last end",
        ),
        (
            "a duration with a fraction",
            figures.fractions,
            "2.0m 2.322682280657034s",
            "2m 2s",
        ),
    ] {
        if count > 0 {
            comparisons.push(Comparison {
                case: case.to_owned(),
                original: original.to_owned(),
                ours: ours.to_owned(),
            });
        }
    }
    (comparisons, figures)
}

/// Returns the events of a host in a jail by stream.
fn streams(run: &Run, key: &Key) -> Vec<Vec<Event>> {
    let end = f64::from(HOURS * 3_600 + AFTER) - MARGIN;
    let events = run.events.get(key).map(Vec::as_slice).unwrap_or_default();
    let is_counted = |event: &&Event| event.kind == Kind::Increase || event.at < end;
    let of = |kinds: &[Kind]| {
        let events = events.iter().filter(is_counted);
        let events = events.filter(|event| kinds.contains(&event.kind));
        events.cloned().collect()
    };
    STREAMS.iter().map(|kinds| of(kinds)).collect()
}

/// Tells whether the same happened, at whatever times.
fn is_same(one: &[Vec<Event>], other: &[Vec<Event>]) -> bool {
    let is_same = |one: &Event, other: &Event| {
        one.kind == other.kind && (one.detail == other.detail || is_whole_of(one, other))
    };
    one.iter().zip(other).all(|(one, other)| {
        one.len() == other.len()
            && one
                .iter()
                .zip(other)
                .all(|(one, other)| is_same(one, other))
    })
}

/// Tells whether ours writes a duration in whole seconds that the original writes with a fraction.
fn is_whole_of(original: &Event, ours: &Event) -> bool {
    let whole = |word: &str| {
        let (number, rest) = word.split_once('.')?;
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        Some(format!("{number}{unit}"))
    };
    let words = original.detail.split(' ');
    let words: Vec<String> = words
        .map(|word| whole(word).unwrap_or_else(|| word.to_owned()))
        .collect();
    original.kind == Kind::Increase && words.join(" ") == ours.detail
}

/// Tells whether what happened depends on who is a moment faster.
fn is_edge(run: &Run, key: &Key) -> bool {
    let times = |key: &Key, kinds: &[Kind]| -> Vec<f64> {
        let events = run.events.get(key).map(Vec::as_slice).unwrap_or_default();
        let events = events.iter().filter(|event| kinds.contains(&event.kind));
        events.map(|event| event.at).collect()
    };
    let are_close = |one: &[f64], other: &[f64]| {
        one.iter().any(|one| {
            let edge = EDGE + run.behind(*one);
            other.iter().any(|other| (one - other).abs() < edge)
        })
    };
    let unbans = times(key, &[Kind::Unban]);
    let failures = times(key, &[Kind::Found, Kind::Bad]);
    if are_close(&unbans, &failures) {
        return true;
    }
    // The jail that looks at all jails' bans.
    let bans = times(key, &[Kind::Ban]);
    let others = run
        .events
        .keys()
        .filter(|other| other.1 == key.1 && other.0 != key.0);
    key.0 == "steps"
        && others
            .into_iter()
            .any(|other| are_close(&bans, &times(other, &[Kind::Ban])))
}

/// Puts a host's events side by side; times of ours that are the original's are written as the original's.
fn side_by_side(
    key: &Key,
    [first, second]: [&Vec<Vec<Event>>; 2],
    ours: &[Vec<Event>],
    runs: &[Run; 3],
    figures: &mut Figures,
) -> Comparison {
    let shown = |event: &Event, at: f64| format!("{:?} {:.1} {}\n", event.kind, at, event.detail);
    let mut original: String = first
        .iter()
        .flatten()
        .map(|event| shown(event, event.at))
        .collect();
    let mut own = String::new();
    if is_same(first, ours) {
        let events = first.iter().flatten().zip(second.iter().flatten());
        for ((first, second), ours) in events.zip(ours.iter().flatten()) {
            if let Some(count) = figures.events.get_mut(ours.kind as usize) {
                *count += 1;
            }
            let at = near([first.at, second.at], ours.at, runs, figures);
            if first.detail != ours.detail {
                figures.fractions += 1;
            }
            own.push_str(&shown(first, at));
        }
    } else {
        own = ours
            .iter()
            .flatten()
            .map(|event| shown(event, event.at))
            .collect();
    }
    let [first, second, ours] = runs.each_ref().map(|run| run.records.get(key));
    if let (Some(first), Some(second)) = (first, second)
        && first.detail == second.detail
    {
        figures.records += 1;
        let row = |record: &Record| {
            format!(
                "row {:.0} {:.0} {}\n",
                record.at, record.bantime, record.detail
            )
        };
        original.push_str(&row(first));
        if let Some(ours) = ours {
            let is_extended = ours.at > first.at + SAME
                && ours.at + ours.bantime > first.at + first.bantime
                && ours.detail == first.detail;
            if is_extended {
                figures.extended += 1;
            }
            let is_same = (ours.at - first.at).abs() <= SAME && ours.bantime == first.bantime;
            own.push_str(
                &match is_extended || is_same && ours.detail == first.detail {
                    true => row(first),
                    false => row(ours),
                },
            );
        }
    }
    Comparison {
        case: format!("{} {}", key.0, key.1),
        original,
        ours: own,
    }
}

/// Returns the original's time when ours is near enough, else ours.
fn near([first, second]: [f64; 2], ours: f64, runs: &[Run; 3], figures: &mut Figures) -> f64 {
    if (first - second).abs() > SAME {
        figures.unsteady_times += 1;
        return first;
    }
    let apart = (first - ours).abs().min((second - ours).abs());
    let behind = runs.iter().map(|run| run.behind(ours)).fold(0.0, f64::max);
    if apart > SAME + behind {
        return ours;
    }
    if apart > SAME {
        figures.behind += 1;
    } else {
        figures.apart = figures.apart.max(apart);
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(events: &[(Kind, f64)]) -> Run {
        let mut run = Run::default();
        let events = events.iter().map(|(kind, at)| Event {
            kind: *kind,
            at: *at,
            detail: String::new(),
        });
        let key = ("plain".to_owned(), "192.0.2.1".to_owned());
        run.events.insert(key, events.collect());
        run
    }

    #[test]
    fn only_what_the_original_does_twice_is_asked_of_ours() {
        use Kind::{Ban, Found, Unban};
        let check = |runs: [&[(Kind, f64)]; 3], compared: usize, is_equal: bool| {
            let runs = runs.map(run);
            let (comparisons, figures) = judge(&runs);
            assert_eq!(figures.compared(), compared, "{figures}");
            let equal = comparisons.iter().all(|one| one.original == one.ours);
            assert_eq!(equal, is_equal, "{comparisons:?}");
        };
        let one: &[_] = &[(Found, 10.0), (Ban, 11.0), (Unban, 71.0)];
        let later: &[_] = &[(Found, 10.0), (Ban, 13.0), (Unban, 72.0)];
        let late: &[_] = &[(Found, 10.0), (Ban, 11.0), (Unban, 78.0)];
        let more: &[_] = &[(Found, 10.0), (Found, 12.0), (Ban, 13.0), (Unban, 71.0)];
        let edge: &[_] = &[(Found, 10.0), (Ban, 11.0), (Found, 70.0), (Unban, 71.0)];
        check([one, one, one], 1, true);
        check([one, later, later], 1, true);
        check([one, later, late], 1, false);
        check([one, late, later], 1, true);
        check([one, one, more], 1, false);
        check([one, more, one], 0, true);
        check([edge, edge, one], 0, true);
    }
}
