//! From what the groups of an expression hold to the pieces of a date.

use f2b_pyregex::{Groups, Regex};

use super::zone::{self, ZoneMistake};

/// How the groups of a template are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// By their names.
    Civil,
    /// One of them is a number of seconds.
    Epoch {
        /// Which.
        group: usize,
        /// Whether a long number is one of milliseconds or microseconds.
        long: bool,
    },
    /// The first is a TAI64N label.
    Tai64n,
}

/// What a date in a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    /// A date and a time of day, or parts of them.
    Civil(Civil),
    /// Microseconds since the epoch.
    Epoch(i64),
    /// Seconds since the epoch.
    Tai64n(i64),
    /// Nothing that is a date.
    Unreadable,
    /// What makes the original fail.
    Failed(Failure),
}

/// What makes the original fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Morning or afternoon is not said, though the pattern has a place for it.
    Unsaid,
    /// A zone's abbreviation that is not known.
    Zone([u8; 5]),
    /// The month without its day, or the other way round.
    Half,
    /// A date beyond all years.
    Overflow,
}

impl Failure {
    /// Returns Python's words.
    pub(super) fn text(self) -> String {
        match self {
            Self::Unsaid => "'NoneType' object has no attribute 'lower'".into(),
            Self::Zone(name) => {
                let name = name.iter().take_while(|byte| **byte != 0);
                let name: String = name.map(|byte| char::from(*byte)).collect();
                super::percent::quoted(&name)
            }
            Self::Half => "'NoneType' object cannot be interpreted as an integer".into(),
            Self::Overflow => "date value out of range".into(),
        }
    }
}

/// The pieces of a date that a line gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Civil {
    pub(super) year: Option<i32>,
    pub(super) month: Option<u8>,
    pub(super) day: Option<u8>,
    pub(super) hour: u8,
    pub(super) minute: u8,
    pub(super) second: u8,
    /// Monday is 0.
    pub(super) weekday: Option<u8>,
    pub(super) yearday: Option<u16>,
    pub(super) week: Option<Week>,
    /// Seconds east of Greenwich.
    pub(super) zone: Option<i32>,
}

/// A week of the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Week {
    pub(super) number: u8,
    pub(super) begins_on_monday: bool,
}

/// The groups of an expression that say something.
#[derive(Debug)]
pub(super) struct Fields {
    kind: Kind,
    /// Groups and their names, in the order of the expression.
    groups: Vec<(usize, Field)>,
    /// The group that says whether it is morning.
    half_day: Option<usize>,
}

/// What a group says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Year,
    ShortYear,
    Month,
    MonthName,
    Day,
    Hour,
    HalfHour,
    Minute,
    Second,
    WeekdayName,
    Weekday,
    Yearday,
    Week { begins_on_monday: bool },
    Zone,
}

impl Field {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "Y" => Self::Year,
            "y" => Self::ShortYear,
            "m" => Self::Month,
            "b" | "B" => Self::MonthName,
            "d" => Self::Day,
            "H" => Self::Hour,
            "I" => Self::HalfHour,
            "M" => Self::Minute,
            "S" => Self::Second,
            "a" | "A" => Self::WeekdayName,
            "w" => Self::Weekday,
            "j" => Self::Yearday,
            "U" => Self::Week {
                begins_on_monday: false,
            },
            "W" => Self::Week {
                begins_on_monday: true,
            },
            "z" | "Z" => Self::Zone,
            _ => return None,
        })
    }
}

/// Why a group says nothing.
enum Mistake {
    Unreadable,
    Failed(Failure),
}

impl Fields {
    /// Returns which groups of `regex` say something.
    pub(super) fn of(regex: &Regex, kind: Kind) -> Self {
        let groups = regex
            .group_names()
            .filter_map(|(name, index)| Some((index, Field::named(name)?)));
        Self {
            kind,
            groups: groups.collect(),
            half_day: regex.group("p"),
        }
    }

    /// Reads what the groups hold.
    pub(super) fn read(&self, line: &str, groups: &Groups) -> Stamp {
        let text = |group: usize| groups.get(group).and_then(|range| line.get(range));
        match self.kind {
            Kind::Civil => match self.civil(text) {
                Ok(civil) => Stamp::Civil(civil),
                Err(Mistake::Unreadable) => Stamp::Unreadable,
                Err(Mistake::Failed(failure)) => Stamp::Failed(failure),
            },
            Kind::Epoch { group, long } => text(group)
                .and_then(|text| epoch_micros(text, long))
                .map_or(Stamp::Unreadable, Stamp::Epoch),
            Kind::Tai64n => text(1)
                .and_then(tai64n_seconds)
                .map_or(Stamp::Unreadable, Stamp::Tai64n),
        }
    }

    fn civil<'a>(&self, text: impl Fn(usize) -> Option<&'a str>) -> Result<Civil, Mistake> {
        let mut civil = Civil::default();
        for (group, field) in &self.groups {
            let Some(found) = text(*group) else {
                continue;
            };
            match field {
                Field::Year => civil.year = Some(number(found)?),
                Field::ShortYear => {
                    let year: i32 = number(found)?;
                    civil.year = Some(if year <= 2_000 { year + 2_000 } else { year });
                }
                Field::Month => civil.month = Some(number(found)?),
                Field::MonthName => civil.month = Some(1 + place(found, &MONTHS)?),
                Field::Day => civil.day = Some(number(found)?),
                Field::Hour => civil.hour = number(found)?,
                Field::HalfHour => {
                    let half_day = match self.half_day {
                        Some(group) => text(group).ok_or(Mistake::Failed(Failure::Unsaid))?,
                        None => "",
                    };
                    civil.hour = hour(number(found)?, half_day);
                }
                Field::Minute => civil.minute = number(found)?,
                Field::Second => civil.second = number(found)?,
                Field::WeekdayName => civil.weekday = Some(place(found, &WEEKDAYS)?),
                Field::Weekday => civil.weekday = Some((number::<u8>(found)? + 6) % 7),
                Field::Yearday => civil.yearday = Some(number(found)?),
                Field::Week { begins_on_monday } => {
                    civil.week = Some(Week {
                        number: number(found)?,
                        begins_on_monday: *begins_on_monday,
                    });
                }
                Field::Zone => {
                    let offset = zone::offset(found).map_err(|mistake| match mistake {
                        ZoneMistake::Unknown(name) => Mistake::Failed(Failure::Zone(name)),
                        ZoneMistake::Form => Mistake::Unreadable,
                    })?;
                    civil.zone = Some(offset);
                }
            }
        }
        Ok(civil)
    }
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// A number; a blank before it counts for nothing.
fn number<T: std::str::FromStr>(text: &str) -> Result<T, Mistake> {
    text.trim().parse().ok().ok_or(Mistake::Unreadable)
}

/// The place of a name, whole or its first three letters, in a list.
fn place(text: &str, names: &[&str]) -> Result<u8, Mistake> {
    let lower = text.to_lowercase();
    names
        .iter()
        .position(|name| *name == lower || name.get(..3) == Some(&lower))
        .and_then(|place| u8::try_from(place).ok())
        .ok_or(Mistake::Unreadable)
}

fn hour(hour: u8, half_day: &str) -> u8 {
    match (half_day.to_lowercase().as_str(), hour) {
        ("" | "am", 12) => 0,
        ("pm", 0..12) => hour + 12,
        _ => hour,
    }
}

/// Reads seconds, or with `long` also milliseconds and microseconds, told apart by their length.
fn epoch_micros(text: &str, long: bool) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let places = match whole.len() {
        16.. if long => 0,
        13.. if long => 3,
        _ => 6,
    };
    let padded = format!("{fraction:0<places$}");
    let (kept, cut) = padded.split_at_checked(places)?;
    let micros: i64 = format!("{whole}{kept}").parse().ok()?;
    let up = cut.bytes().next().is_some_and(|digit| digit >= b'5');
    micros.checked_add(i64::from(up))
}

/// Reads a TAI64N label: an at-sign, 16 digits of seconds, 8 of nanoseconds. As the original: the
/// first digit counts for nothing, and neither do leap seconds.
fn tai64n_seconds(text: &str) -> Option<i64> {
    i64::from_str_radix(text.get(2..17)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_a_long_number_tells_its_unit() {
        let check = |text: &str, long: bool, expected: Option<i64>| {
            assert_eq!(epoch_micros(text, long), expected, "{text} {long}");
        };
        check("1772600767", false, Some(1_772_600_767_000_000));
        check("1772600767.123", false, Some(1_772_600_767_123_000));
        check("17726007671", true, Some(17_726_007_671_000_000));
        check("1772600767123", true, Some(1_772_600_767_123_000));
        check("1772600767123.4", true, Some(1_772_600_767_123_400));
        check("1772600767123.456789", true, Some(1_772_600_767_123_457));
        check("1772600767123456", true, Some(1_772_600_767_123_456));
        check("17726007671234567", true, Some(17_726_007_671_234_567));
        check("y", false, None);
        check("", false, None);
    }

    #[test]
    fn a_tai64n_label_has_its_seconds_behind_the_first_digit() {
        let check = |text: &str, expected: i64| {
            assert_eq!(tai64n_seconds(text), Some(expected), "{text}");
        };
        check("@4000000069a7bd5f0c0b8a54", 1_772_600_671);
        check("@400000000000000000000000", 0);
        check("@500000000000000a00000000", 10);
        check("@ffffffffffffffff0c0b8a54", 1_152_921_504_606_846_975);
    }

    #[test]
    fn twelve_comes_before_one() {
        let check = |number: u8, half_day: &str, expected: u8| {
            assert_eq!(hour(number, half_day), expected, "{number} {half_day}");
        };
        check(12, "", 0);
        check(12, "AM", 0);
        check(12, "pm", 12);
        check(11, "PM", 23);
        check(11, "am", 11);
    }
}
