//! `04/Mar/2026:05:06:07 +0000`: the access logs of web servers.

use super::Years;
use super::cursor::{Cursor, Stop, Zone};
use crate::date::capture::{Civil, Stamp};

/// `%d(?P<_sep>[-/])%b(?P=_sep)%ExY[ :]?%H:%M:%S(?:\.%f)?(?: %z)?`
#[inline]
pub(super) fn read(mut cursor: Cursor<'_>, years: Years, stamp: &mut Stamp) -> Result<usize, Stop> {
    let day = cursor.day([b'-', b'/'])?;
    let separator = cursor.peek(0).ok_or(Stop::Differs)?;
    cursor.take(separator)?;
    let month = cursor.month()?;
    cursor.take(separator)?;
    let year = cursor.year(years)?;
    if matches!(cursor.peek(0), Some(b' ' | b':')) {
        cursor = cursor.ahead(1);
    }
    let hour = cursor.number(23, b':')?;
    let minute = cursor.number(59, b':')?;
    let second = cursor.second()?;
    cursor.fraction(b".")?;
    let zone = zone(&mut cursor)?;
    let civil = Civil {
        year: Some(year),
        month: Some(month),
        day: Some(day),
        hour,
        minute,
        second,
        ..Civil::default()
    };
    *stamp = match zone {
        Some(Zone::Unknown) => Stamp::Unreadable,
        Some(Zone::Offset(seconds)) => Stamp::Civil(Civil {
            zone: Some(seconds),
            ..civil
        }),
        None => Stamp::Civil(civil),
    };
    Ok(cursor.at())
}

/// `(?: %z)?` where no word goes on.
#[inline]
fn zone(cursor: &mut Cursor<'_>) -> Result<Option<Zone>, Stop> {
    if cursor.peek(0) != Some(b' ') {
        return Ok(None);
    }
    let mut ahead = cursor.ahead(1);
    match ahead.zone(true) {
        Ok(zone) => {
            *cursor = ahead;
            Ok(Some(zone))
        }
        Err(Stop::Differs) => Ok(None),
        Err(Stop::Unsure) => Err(Stop::Unsure),
    }
}
