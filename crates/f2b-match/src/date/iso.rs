//! `2026-03-04T05:06:07.123+01:00`: what rsyslog writes by default on today's distributions.

use f2b_core::{Span, UnixTime};
use jiff::civil::DateTime;

use super::Zone;
use super::fields::Cursor;

/// Reads the stamp at the front of `text`; returns its length in bytes and its moment.
pub(super) fn read(text: &str, zone: &Zone) -> Option<(usize, UnixTime)> {
    let mut cursor = Cursor::new(text);
    let year = cursor
        .number(4, 4)
        .filter(|year| (2000..2100).contains(year))?;
    let separator = cursor.take_any(&['-', '/', '.'])?;
    let month = cursor.small(1, 2)?;
    cursor.take_any(&[separator])?;
    let day = cursor.small(1, 2)?;
    match cursor.take_any(&['T', ' '])? {
        'T' => {}
        _ => cursor.optional(|ahead| ahead.take(" ")).unwrap_or_default(),
    }
    let (hour, minute, second) = cursor.clock()?;
    cursor.skip_fraction(&['.', ',']);
    let offset = cursor.optional(|ahead| {
        ahead.skip_blanks();
        let offset = zone_offset(ahead)?;
        ahead.at_word_end().then_some(offset)
    });
    if !cursor.at_word_end() {
        return None;
    }
    let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    let time = match offset {
        Some(offset) => Zone::utc().moment(civil)?.minus(offset),
        None => zone.moment(civil)?,
    };
    Some((cursor.read(), time))
}

/// `Z`, `UTC`, `GMT`, `+HH`, `+HHMM` or `+HH:MM`.
fn zone_offset(cursor: &mut Cursor<'_>) -> Option<Span> {
    for name in ["Z", "UTC", "GMT"] {
        if cursor.take(name).is_some() {
            return Some(Span::ZERO);
        }
    }
    let sign = if cursor.take_any(&['+', '-'])? == '-' {
        -1
    } else {
        1
    };
    let hours = cursor.number(2, 2)?;
    let minutes = cursor
        .optional(|ahead| {
            ahead.optional(|colon| colon.take(":"));
            ahead.number(2, 2)
        })
        .unwrap_or(0);
    let seconds = (i64::from(hours) * 60 + i64::from(minutes)) * 60;
    Some(Span::from_seconds(sign * seconds))
}
