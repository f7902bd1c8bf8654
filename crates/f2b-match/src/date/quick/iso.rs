//! `2026-03-04T05:06:07.123+01:00`: what rsyslog writes by default on today's distributions.

use super::Years;
use super::cursor::{Cursor, Stop, Zone, two_digits};
use crate::date::capture::{Civil, Stamp};

/// `%ExY(?P<_sep>[-/.])%m(?P=_sep)%d(?:T|  ?)%H:%M:%S(?:[.,]%f)?(?:\s*%z)?`
#[inline]
pub(super) fn read(cursor: Cursor<'_>, years: Years, stamp: &mut Stamp) -> Result<usize, Stop> {
    let usual = cursor.chunk().and_then(|chunk| usual(*chunk, years));
    let (mut civil, cursor) = match usual {
        Some(civil) => (civil, cursor.ahead(USUAL)),
        None => any(cursor, years)?,
    };
    let with_fraction = cursor
        .fraction_of_word(b".,")
        .map(end)
        .transpose()?
        .flatten();
    let (cursor, zone) = match with_fraction {
        Some(ended) => ended,
        // No fraction, or none behind which a date can end.
        None => end(cursor)?.ok_or(Stop::Differs)?,
    };
    civil.zone = zone;
    *stamp = Stamp::Civil(civil);
    Ok(cursor.at())
}

/// The length of `2026-03-04T05:06:07`.
const USUAL: usize = 19;

/// `2026-03-04T05:06:07` and what follows when it is no digit.
#[inline]
fn usual(chunk: [u8; USUAL + 1], years: Years) -> Option<Civil> {
    let [
        y1,
        y2,
        y3,
        y4,
        separator @ (b'-' | b'/' | b'.'),
        m1,
        m2,
        same,
        d1,
        d2,
        b'T' | b' ',
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
        behind,
    ] = chunk
    else {
        return None;
    };
    if same != separator || behind.is_ascii_digit() || !behind.is_ascii() {
        return None;
    }
    let year = i32::from(two_digits(y1, y2)?) * 100 + i32::from(two_digits(y3, y4)?);
    let month = two_digits(m1, m2)?;
    let day = two_digits(d1, d2)?;
    let hour = two_digits(h1, h2)?;
    let minute = two_digits(n1, n2)?;
    let second = two_digits(s1, s2)?;
    let fits = years.has(year.into())
        && matches!(month, 1..=12)
        && matches!(day, 1..=31)
        && hour < 24
        && minute < 60
        && second < 62;
    fits.then(|| Civil {
        year: Some(year),
        month: Some(month),
        day: Some(day),
        hour,
        minute,
        second,
        ..Civil::default()
    })
}

/// Date and time in all their forms.
fn any(mut cursor: Cursor<'_>, years: Years) -> Result<(Civil, Cursor<'_>), Stop> {
    let year = cursor.year(years)?;
    let separator = match cursor.peek(0) {
        Some(byte @ (b'-' | b'/' | b'.')) => byte,
        Some(byte) if !byte.is_ascii() => return Err(Stop::Unsure),
        _ => return Err(Stop::Differs),
    };
    cursor.take(separator)?;
    let month = cursor.number(12, separator)?;
    if month == 0 {
        return Err(Stop::Differs);
    }
    let day = cursor.day([b'T', b' '])?;
    if cursor.take(b'T').is_err() {
        cursor.take(b' ')?;
        cursor.take_optional(b' ');
    }
    let hour = cursor.number(23, b':')?;
    let minute = cursor.number(59, b':')?;
    let second = cursor.second_of_word()?;
    let civil = Civil {
        year: Some(year),
        month: Some(month),
        day: Some(day),
        hour,
        minute,
        second,
        ..Civil::default()
    };
    Ok((civil, cursor))
}

/// `(?:\s*%z)?`, behind which no word goes on: the end, and the zone in seconds if there is one.
/// `None` if a word goes on.
#[inline]
fn end(cursor: Cursor<'_>) -> Result<Option<(Cursor<'_>, Option<i32>)>, Stop> {
    let mut ahead = cursor;
    while ahead.peek(0).is_some_and(is_blank) {
        ahead = ahead.ahead(1);
    }
    match ahead.zone(false) {
        Ok(Zone::Offset(seconds)) => return Ok(Some((ahead, Some(seconds)))),
        Ok(Zone::Unknown) | Err(Stop::Differs) => {}
        Err(Stop::Unsure) => return Err(Stop::Unsure),
    }
    match cursor.word_end() {
        Ok(()) => Ok(Some((cursor, None))),
        Err(Stop::Differs) => Ok(None),
        Err(Stop::Unsure) => Err(Stop::Unsure),
    }
}

/// Tells whether Python's `\s` takes a character of ASCII.
const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r' | 0x1c..=0x1f)
}
