//! `1772600767`, `[1772600767.123]`: seconds since the epoch at the begin of a line.

use super::cursor::{Cursor, Stop};
use crate::date::capture::Stamp;

/// Ten or eleven digits and a fraction of three to six, behind which no word goes on.
///
/// The bracket that the expression looks for behind changes nothing: it is looked for only if one
/// stands before, and need not be there even then.
#[inline]
pub(super) fn read(cursor: Cursor<'_>, stamp: &mut Stamp) -> Result<usize, Stop> {
    let mut seconds: i64 = 0;
    for ahead in 0..10 {
        seconds = seconds * 10 + i64::from(cursor.digit(ahead)?);
    }
    let mut cursor = cursor.ahead(10);
    if let Ok(digit) = cursor.digit(0) {
        seconds = seconds * 10 + i64::from(digit);
        cursor = cursor.ahead(1);
    }
    cursor.word_end()?;
    let mut micros = seconds * 1_000_000;
    if cursor.peek(0) == Some(b'.') {
        let mut worth = 100_000;
        let mut digits = 0;
        let mut fraction = 0;
        while let (0..6, Ok(digit)) = (digits, cursor.digit(1 + digits)) {
            fraction += i64::from(digit) * worth;
            worth /= 10;
            digits += 1;
        }
        match cursor.ahead(1 + digits).word_end() {
            Ok(()) if digits >= 3 => {
                cursor = cursor.ahead(1 + digits);
                micros += fraction;
            }
            Err(Stop::Unsure) => return Err(Stop::Unsure),
            _ => {}
        }
    }
    *stamp = Stamp::Epoch(micros);
    Ok(cursor.at())
}
