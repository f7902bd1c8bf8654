//! Longer bans for who comes back (`bantime.increment`, contract B 4.3).

use crate::{Bantime, Dice, Formula, Given, Span};

/// The options `bantime.…` of a jail.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Increment {
    /// `increment`: whether any of this is done at all.
    pub is_on: bool,
    /// `factor`, as a number; 1 if there is none.
    pub factor: Option<f64>,
    /// `formula`.
    pub formula: Option<Formula>,
    /// `multipliers`; empty for none.
    pub multipliers: Vec<i64>,
    /// `maxtime`.
    pub maxtime: Option<Span>,
    /// `rndtime`.
    pub rndtime: Option<Span>,
    /// `overalljails`: whether bans of other jails count as well.
    pub overalljails: bool,
}

/// The exponent beyond which bans no longer double.
const MOST_DOUBLINGS: u32 = 20;

impl Increment {
    /// Returns how long somebody is banned who was banned `count` times before; `bantime` is what a
    /// first ban lasts.
    ///
    /// A formula that has no value (a division by zero) leaves the length at `bantime`.
    #[must_use]
    pub fn bantime(&self, bantime: Span, count: u32, dice: &mut Dice) -> Span {
        let first = seconds(bantime);
        let factor = self.factor.unwrap_or(1.0);
        let mut length = match (self.multiplier(count), &self.formula) {
            (Some(multiplier), _) => first * factor * multiplier,
            (None, Some(formula)) => {
                let given = Given {
                    time: bantime.whole_seconds(),
                    count,
                    factor,
                };
                formula.value(given, dice).unwrap_or(first).max(first)
            }
            (None, None) => {
                let doublings = f64::from(1_u32 << count.min(MOST_DOUBLINGS));
                (first * doublings * factor).max(first)
            }
        };
        if let Some(most) = self.maxtime {
            length = length.min(seconds(most));
        }
        // As the original: after the maximum, which may be exceeded by it.
        if let Some(range) = self.rndtime {
            length += seconds(range) * dice.roll();
        }
        // As the original: the table of bans holds whole seconds.
        #[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
        let whole = length.max(0.0) as i64;
        Span::from_seconds(whole)
    }

    /// Returns what a stored ban may last at most when it is taken up again.
    #[must_use]
    pub fn longest(&self, bantime: Bantime) -> Bantime {
        match (self.is_on, self.maxtime) {
            (false, _) => bantime,
            (true, Some(most)) => Bantime::Lasting(most),
            (true, None) => Bantime::Permanent,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "multipliers are small numbers")]
    fn multiplier(&self, count: u32) -> Option<f64> {
        let last = self.multipliers.len().checked_sub(1)?;
        let index = usize::try_from(count).unwrap_or(last).min(last);
        self.multipliers.get(index).map(|number| *number as f64)
    }
}

/// Returns for how many failures one counts of somebody who was banned `count` times before.
pub(crate) fn weight(count: u32) -> u32 {
    // As the original: 2, 3, 5, 9, …
    let doublings = 1_u32 << count.min(MOST_DOUBLINGS);
    doublings / 2 + 1
}

#[expect(
    clippy::cast_precision_loss,
    reason = "spans of 285 years keep their microseconds"
)]
fn seconds(span: Span) -> f64 {
    span.as_micros() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(increment: &Increment) -> Vec<i64> {
        let mut dice = Dice::seeded(1);
        let length = |count| increment.bantime(Span::from_seconds(600), count, &mut dice);
        (1..6).map(length).map(Span::whole_seconds).collect()
    }

    #[test]
    fn bans_grow_as_the_originals() {
        let check = |increment: Increment, expected: &[i64]| {
            assert_eq!(lengths(&increment), expected, "{increment:?}");
        };
        check(Increment::default(), &[1_200, 2_400, 4_800, 9_600, 19_200]);
        check(
            Increment {
                maxtime: Some(Span::from_seconds(3_000)),
                ..Increment::default()
            },
            &[1_200, 2_400, 3_000, 3_000, 3_000],
        );
        check(
            Increment {
                multipliers: vec![1, 5, 30],
                factor: Some(2.0),
                ..Increment::default()
            },
            &[6_000, 36_000, 36_000, 36_000, 36_000],
        );
        check(
            Increment {
                formula: Formula::parse("ban.Time * ban.Count - 900").ok(),
                ..Increment::default()
            },
            &[600, 600, 900, 1_500, 2_100],
        );
        check(
            Increment {
                formula: Formula::parse("1 / (ban.Count - 2)").ok(),
                ..Increment::default()
            },
            &[600; 5],
        );
    }

    #[test]
    fn a_random_part_comes_on_top() {
        let increment = Increment {
            maxtime: Some(Span::from_seconds(700)),
            rndtime: Some(Span::from_seconds(60)),
            ..Increment::default()
        };
        let lengths = lengths(&increment);
        assert!(lengths.iter().all(|length| (700..=760).contains(length)));
        assert!(lengths.iter().any(|length| *length != 700));
    }

    #[test]
    fn who_was_banned_often_is_banned_sooner() {
        assert_eq!([1, 2, 3, 4].map(weight), [2, 3, 5, 9]);
    }
}
