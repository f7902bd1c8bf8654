//! `Mar  4 05:06:07`, with or without weekday, fraction and year.

use super::Years;
use super::cursor::{Cursor, Stop, month_of, two_digits};
use crate::date::capture::{Civil, Stamp};

/// `(?:%a )?%b %d %k:%M:%S(?:\.%f)?(?: %ExY)?`
#[inline]
pub(super) fn read(cursor: Cursor<'_>, years: Years, stamp: &mut Stamp) -> Result<usize, Stop> {
    if let Some(civil) = cursor.chunk().and_then(|chunk| usual(*chunk)) {
        *stamp = Stamp::Civil(civil);
        return Ok(cursor.at() + USUAL);
    }
    any(cursor, years, stamp)
}

/// The length of `Mar  4 05:06:07`.
const USUAL: usize = 15;

/// `Mar  4 05:06:07` and what follows when it is neither a fraction nor a year.
#[inline]
fn usual(chunk: [u8; USUAL + 2]) -> Option<Civil> {
    let [
        m1,
        m2,
        m3,
        b' ',
        d1,
        d2,
        b' ',
        h1 @ b'0'..=b'2',
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
        b' ' | b':' | b']',
        behind,
    ] = chunk
    else {
        return None;
    };
    if behind.is_ascii_digit() || !behind.is_ascii() {
        return None;
    }
    let month = month_of([m1, m2, m3])?;
    let day = two_digits(if d1 == b' ' { b'0' } else { d1 }, d2)?;
    let hour = two_digits(h1, h2)?;
    let minute = two_digits(n1, n2)?;
    let second = two_digits(s1, s2)?;
    (matches!(day, 1..=31) && minute < 60 && second < 62).then(|| Civil {
        month: Some(month),
        day: Some(day),
        hour,
        minute,
        second,
        ..Civil::default()
    })
}

/// In all its forms.
fn any(mut cursor: Cursor<'_>, years: Years, stamp: &mut Stamp) -> Result<usize, Stop> {
    let (weekday, month) = match cursor.month() {
        Ok(month) => (None, month),
        Err(Stop::Unsure) => return Err(Stop::Unsure),
        Err(Stop::Differs) => {
            let weekday = cursor.weekday()?;
            cursor.take(b' ')?;
            (Some(weekday), cursor.month()?)
        }
    };
    cursor.take(b' ')?;
    let day = cursor.day([b' ', b' '])?;
    cursor.take(b' ')?;
    cursor.take_optional(b' ');
    let hour = cursor.number(29, b':')?;
    let minute = cursor.number(59, b':')?;
    let second = cursor.second()?;
    cursor.fraction(b".")?;
    let year = year(&mut cursor, years)?;
    let civil = Civil {
        year,
        month: Some(month),
        day: Some(day),
        hour,
        minute,
        second,
        weekday,
        ..Civil::default()
    };
    *stamp = Stamp::Civil(civil);
    Ok(cursor.at())
}

/// `(?: %ExY)?` where no word goes on.
#[inline]
fn year(cursor: &mut Cursor<'_>, years: Years) -> Result<Option<i32>, Stop> {
    if cursor.peek(0) != Some(b' ') {
        return Ok(None);
    }
    let mut ahead = cursor.ahead(1);
    let read = ahead.year(years).and_then(|year| {
        ahead.word_end()?;
        Ok(year)
    });
    match read {
        Ok(year) => {
            *cursor = ahead;
            Ok(Some(year))
        }
        Err(Stop::Differs) => Ok(None),
        Err(Stop::Unsure) => Err(Stop::Unsure),
    }
}
