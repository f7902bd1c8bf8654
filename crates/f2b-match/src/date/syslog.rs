//! `Mar  4 05:06:07`, with or without weekday, fraction and year: the classic syslog stamp.

use f2b_core::{Span, UnixTime};
use jiff::civil::DateTime;

use super::Zone;
use super::fields::Cursor;

/// How far ahead of now a stamp without a year may lie before it is taken for last year's.
const AHEAD: Span = Span::from_seconds(86_400);

/// Reads the stamp at the front of `text`; returns its length in bytes and its moment.
pub(super) fn read(text: &str, zone: &Zone, now: UnixTime) -> Option<(usize, UnixTime)> {
    let mut cursor = Cursor::new(text);
    cursor.optional(|ahead| {
        ahead.weekday()?;
        ahead.take(" ")
    });
    let month = cursor.month()?;
    cursor.take(" ")?;
    cursor.optional(|ahead| ahead.take(" "));
    let day = cursor.small(1, 2)?;
    cursor.take(" ")?;
    cursor.optional(|ahead| ahead.take(" "));
    let (hour, minute, second) = cursor.clock()?;
    cursor.skip_fraction(&['.']);
    let year = cursor.optional(|ahead| {
        ahead.take(" ")?;
        let year = ahead
            .number(4, 4)
            .filter(|year| (2000..2100).contains(year))?;
        ahead.at_word_end().then_some(year)
    });
    if !cursor.at_word_end() {
        return None;
    }
    let moment = |year| {
        let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
        zone.moment(civil)
    };
    let time = match year {
        Some(year) => moment(year)?,
        None => {
            let this_year = zone.civil(now)?.year();
            let time = moment(this_year)?;
            if time > now.plus(AHEAD) {
                moment(this_year - 1)?
            } else {
                time
            }
        }
    };
    Some((cursor.read(), time))
}
