//! From the pieces of a date to a moment.

use std::cell::Cell;

use f2b_core::UnixTime;

use super::capture::{Civil, Failure, Stamp};
use super::civil::{self, DAY};
use super::zone::Zone;

/// The moment a date stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StampTime {
    /// The moment.
    pub time: UnixTime,
    /// Whether the original holds it as an integer; else it is a float, which `-o row` shows.
    pub is_integer: bool,
}

/// Why a date that was found is no moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoTime {
    /// The line counts as one without a date.
    Unreadable,
    /// The original fails at this line with an exception; its words.
    Failed(String),
}

/// Works out moments, and keeps what the next one needs again.
#[derive(Clone, Debug, Default)]
pub(super) struct Converter {
    today: Cell<Option<Today>>,
    day: Cell<Option<Day>>,
    last_offset: Cell<Option<i64>>,
}

/// The local day of now, if it has one offset.
#[derive(Clone, Copy, Debug)]
struct Today {
    zone: u64,
    offset: i64,
    /// When it begins, as local seconds.
    begin: i64,
    date: (i64, i64, i64),
}

/// A date and when it began, if it has one offset.
#[derive(Clone, Copy, Debug)]
struct Day {
    zone: u64,
    date: (i64, i64, i64),
    /// As local seconds.
    begin: i64,
    offset: i64,
}

/// Now on the clock on the wall: seconds as if there were no zone, and the date.
#[derive(Clone, Copy, Debug)]
struct Wall {
    seconds: i64,
    date: (i64, i64, i64),
}

impl Converter {
    /// Works out the moment.
    ///
    /// # Errors
    /// [`NoTime`]
    pub(super) fn time(
        &self,
        stamp: &Stamp,
        zone: &Zone,
        now: UnixTime,
    ) -> Result<StampTime, NoTime> {
        let whole = |seconds, is_integer| StampTime {
            time: UnixTime::from_seconds(seconds),
            is_integer,
        };
        match stamp {
            Stamp::Civil(civil) => {
                let (seconds, is_integer) = self.civil(civil, zone, now)?;
                Ok(whole(seconds, is_integer))
            }
            Stamp::Epoch(micros) => Ok(StampTime {
                time: UnixTime::from_micros(*micros),
                is_integer: false,
            }),
            Stamp::Tai64n(seconds) => Ok(whole(*seconds, true)),
            Stamp::Unreadable => Err(NoTime::Unreadable),
            Stamp::Failed(failure) => Err(failed(*failure)),
        }
    }

    fn civil(&self, pieces: &Civil, zone: &Zone, now: UnixTime) -> Result<(i64, bool), NoTime> {
        if let Some(seconds) = self.same_day(pieces, zone, now) {
            return Ok((seconds, false));
        }
        let (date, guessed) = self.date(pieces, zone, now)?;
        let time_of_day = time_of_day(pieces)?;
        let offset = pieces.zone.or(zone.fixed()).map(i64::from);
        let (year, month, day) = date;
        if let (Guessed::Nothing, None) = (guessed, offset) {
            return Ok((self.moment_on(date, time_of_day, zone)?, false));
        }
        if !civil::is_date(year, month, day) {
            return Err(NoTime::Unreadable);
        }
        // As the original: with a zone, what is compared with the clock on the wall is not the time
        // on it.
        let mut seconds =
            civil::days_of(year, month, day) * DAY + time_of_day - offset.unwrap_or(0);
        let inner = matches!(year, 2..=9_998);
        if !inner && !matches!(civil::date_of(seconds.div_euclid(DAY)).0, 1..=9_999) {
            return Err(failed(Failure::Overflow));
        }
        match guessed {
            Guessed::Nothing => {}
            Guessed::Today => {
                if seconds > self.wall(zone, now).seconds {
                    seconds -= DAY;
                }
            }
            Guessed::Year => {
                if seconds > self.wall(zone, now).seconds + DAY {
                    // As the original: the day is the one written, even if the zone moved it.
                    if !civil::is_date(year - 1, month, day) {
                        return Err(NoTime::Unreadable);
                    }
                    seconds = civil::days_of(year - 1, month, day) * DAY + seconds.rem_euclid(DAY);
                }
            }
        }
        if offset.is_some() {
            return Ok((seconds, true));
        }
        let date = civil::date_of(seconds.div_euclid(DAY));
        let moment = self.moment_on(date, seconds.rem_euclid(DAY), zone)?;
        Ok((moment, false))
    }

    /// The moment of a local time on the day of the last one.
    #[inline]
    fn same_day(&self, pieces: &Civil, zone: &Zone, now: UnixTime) -> Option<i64> {
        let day = self.day.get()?;
        let known = day.zone == zone.number()
            && pieces
                .month
                .is_some_and(|month| i64::from(month) == day.date.1)
            && pieces
                .day
                .is_some_and(|number| i64::from(number) == day.date.2)
            && pieces.zone.is_none()
            && zone.fixed().is_none();
        if !known {
            return None;
        }
        let local = day.begin + time_of_day(pieces).ok()?;
        match pieces.year {
            Some(year) if i64::from(year) == day.date.0 => {}
            Some(_) => return None,
            None => {
                let wall = self.wall(zone, now);
                if wall.date.0 != day.date.0 || local > wall.seconds + DAY {
                    return None;
                }
            }
        }
        self.last_offset.set(Some(day.offset));
        Some(local - day.offset)
    }

    /// Fills in what is not written.
    fn date(
        &self,
        pieces: &Civil,
        zone: &Zone,
        now: UnixTime,
    ) -> Result<((i64, i64, i64), Guessed), NoTime> {
        let month = pieces.month.map(i64::from);
        let day = pieces.day.map(i64::from);
        let (mut year, guessed) = match pieces.year {
            Some(year) => (i64::from(year), Guessed::Nothing),
            None => (self.wall(zone, now).date.0, Guessed::Year),
        };
        if let (Some(month), Some(day)) = (month, day) {
            return Ok(((year, month, day), guessed));
        }
        if let Some(yearday) = yearday(pieces, year) {
            if !matches!(year, 1..=9_999) {
                return Err(NoTime::Unreadable);
            }
            let (month, day);
            (year, month, day) = civil::date_of(civil::days_of(year, 1, 1) + yearday - 1);
            return Ok(((year, month, day), guessed));
        }
        if month.is_some() || day.is_some() {
            return Err(failed(Failure::Half));
        }
        let (_, month, day) = self.wall(zone, now).date;
        Ok(((year, month, day), Guessed::Today))
    }

    /// Returns the moment of a local time.
    fn moment_on(
        &self,
        date: (i64, i64, i64),
        time_of_day: i64,
        zone: &Zone,
    ) -> Result<i64, NoTime> {
        if let Some(day) = self.day.get()
            && day.date == date
            && day.zone == zone.number()
        {
            self.last_offset.set(Some(day.offset));
            return Ok(day.begin + time_of_day - day.offset);
        }
        let (year, month, day) = date;
        if !civil::is_date(year, month, day) {
            return Err(NoTime::Unreadable);
        }
        let days = civil::days_of(year, month, day);
        let begin = days * DAY;
        if let Some(offset) = zone.offset_of_day(days) {
            self.day.set(Some(Day {
                zone: zone.number(),
                date,
                begin,
                offset,
            }));
            self.last_offset.set(Some(offset));
            return Ok(begin + time_of_day - offset);
        }
        let local = begin + time_of_day;
        let last = self.last_offset.get().unwrap_or(0);
        let moment = zone
            .moment(local, last)
            .ok_or_else(|| failed(Failure::Overflow))?;
        self.last_offset.set(Some(local - moment));
        Ok(moment)
    }

    fn wall(&self, zone: &Zone, now: UnixTime) -> Wall {
        let seconds = now.whole_seconds();
        if let Some(today) = self.today.get()
            && today.zone == zone.number()
            && let local = seconds + today.offset
            && (0..DAY).contains(&(local - today.begin))
        {
            return Wall {
                seconds: local,
                date: today.date,
            };
        }
        let offset = zone.offset_at(seconds);
        let local = seconds.saturating_add(offset);
        let days = local.div_euclid(DAY);
        let date = civil::date_of(days);
        let quiet = zone.offset_of_day(days) == Some(offset);
        self.today.set(quiet.then_some(Today {
            zone: zone.number(),
            offset,
            begin: days * DAY,
            date,
        }));
        if self.last_offset.get().is_none() {
            self.last_offset.set(Some(offset));
        }
        Wall {
            seconds: local,
            date,
        }
    }

    /// Takes the offset of now for that of the time before the first one, as a program that has
    /// asked for the time once.
    pub(super) fn begin(&self, zone: &Zone, now: UnixTime) {
        if self.last_offset.get().is_none() {
            self.last_offset
                .set(Some(zone.offset_at(now.whole_seconds())));
        }
    }
}

/// What of a date was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guessed {
    Nothing,
    Year,
    /// Month and day, and maybe the year.
    Today,
}

fn failed(failure: Failure) -> NoTime {
    NoTime::Failed(failure.text())
}

fn time_of_day(pieces: &Civil) -> Result<i64, NoTime> {
    let Civil {
        hour,
        minute,
        second,
        ..
    } = *pieces;
    if hour > 23 || minute > 59 || second > 59 {
        return Err(NoTime::Unreadable);
    }
    Ok((i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second))
}

/// Returns the day of the year, maybe out of the week and the weekday; it may be before the first.
fn yearday(pieces: &Civil, year: i64) -> Option<i64> {
    if let Some(yearday) = pieces.yearday {
        return Some(i64::from(yearday));
    }
    let week = pieces.week?;
    let mut weekday = i64::from(pieces.weekday?);
    let mut first = civil::weekday_of(civil::days_of(year, 1, 1));
    if !week.begins_on_monday {
        weekday = (weekday + 1) % 7;
        first = (first + 1) % 7;
    }
    Some(match i64::from(week.number) {
        0 => 1 + weekday - first,
        number => 1 + (7 - first) % 7 + 7 * (number - 1) + weekday,
    })
}

#[cfg(test)]
mod tests;
