//! A place in a line, and the small pieces that dates are made of.

/// Why reading stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::date) enum Stop {
    /// Something else stands there.
    Differs,
    /// A character outside ASCII stands there.
    Unsure,
}

/// A place in a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    line: &'a [u8],
    at: usize,
}

/// Tells whether a character of ASCII is part of a word.
#[inline]
pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A number of two digits.
#[inline]
pub(super) const fn two_digits(tens: u8, ones: u8) -> Option<u8> {
    if tens.is_ascii_digit() && ones.is_ascii_digit() {
        Some((tens - b'0') * 10 + (ones - b'0'))
    } else {
        None
    }
}

/// The month that three English letters stand for, in any case: 1 to 12.
#[inline]
pub(super) fn month_of(letters: [u8; 3]) -> Option<u8> {
    let place = MONTHS.iter().position(|month| *month == key(letters))?;
    u8::try_from(place + 1).ok()
}

/// Three letters as one number, whatever their case. Only letters become what letters become.
#[inline]
const fn key([first, second, third]: [u8; 3]) -> u32 {
    u32::from_le_bytes([first | 0x20, second | 0x20, third | 0x20, 0])
}

const MONTHS: [u32; 12] = [
    key(*b"jan"),
    key(*b"feb"),
    key(*b"mar"),
    key(*b"apr"),
    key(*b"may"),
    key(*b"jun"),
    key(*b"jul"),
    key(*b"aug"),
    key(*b"sep"),
    key(*b"oct"),
    key(*b"nov"),
    key(*b"dec"),
];

const WEEKDAYS: [u32; 7] = [
    key(*b"mon"),
    key(*b"tue"),
    key(*b"wed"),
    key(*b"thu"),
    key(*b"fri"),
    key(*b"sat"),
    key(*b"sun"),
];

/// Why a byte is not the one that was looked for. The end of the line differs.
#[inline]
fn stop(byte: Option<u8>) -> Stop {
    match byte {
        Some(byte) if !byte.is_ascii() => Stop::Unsure,
        _ => Stop::Differs,
    }
}

impl<'a> Cursor<'a> {
    #[inline]
    pub(super) const fn new(line: &'a [u8], at: usize) -> Self {
        Self { line, at }
    }

    /// Where it is, in bytes.
    #[inline]
    pub(super) const fn at(self) -> usize {
        self.at
    }

    /// So many bytes that begin here; none if there are fewer.
    #[inline]
    pub(super) fn chunk<const LENGTH: usize>(self) -> Option<&'a [u8; LENGTH]> {
        self.line.get(self.at..)?.first_chunk()
    }

    #[inline]
    pub(super) fn peek(self, ahead: usize) -> Option<u8> {
        self.line.get(self.at + ahead).copied()
    }

    /// The place so many bytes farther on.
    #[inline]
    pub(super) const fn ahead(self, bytes: usize) -> Self {
        Self {
            line: self.line,
            at: self.at + bytes,
        }
    }

    /// Goes over one byte.
    #[inline]
    pub(super) fn take(&mut self, byte: u8) -> Result<(), Stop> {
        let found = self.peek(0);
        if found == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(stop(found))
        }
    }

    /// Goes over one byte if it is there.
    #[inline]
    pub(super) fn take_optional(&mut self, byte: u8) {
        if self.peek(0) == Some(byte) {
            self.at += 1;
        }
    }

    /// One digit, so many bytes ahead.
    #[inline]
    pub(super) fn digit(self, ahead: usize) -> Result<u8, Stop> {
        match self.peek(ahead) {
            Some(byte @ b'0'..=b'9') => Ok(byte - b'0'),
            other => Err(stop(other)),
        }
    }

    /// `[0-N]?\d` before `behind`, N being the greatest tens, the whole at most `most`; goes over
    /// both.
    #[inline]
    pub(super) fn number(&mut self, most: u8, behind: u8) -> Result<u8, Stop> {
        let first = self.digit(0)?;
        if self.peek(1) == Some(behind) {
            self.at += 2;
            return Ok(first);
        }
        let number = first * 10 + self.digit(1)?;
        if number > most {
            return Err(Stop::Differs);
        }
        if self.peek(2) != Some(behind) {
            return Err(stop(self.peek(2)));
        }
        self.at += 3;
        Ok(number)
    }

    /// A day of the month, `[1-2]\d|[0 ]?[1-9]|3[0-1]`, behind which one of two bytes stands.
    #[inline]
    pub(super) fn day(&mut self, behind: [u8; 2]) -> Result<u8, Stop> {
        let ends = |byte: Option<u8>| byte.is_some_and(|byte| behind.contains(&byte));
        let first = self.peek(0);
        let tens = match first {
            Some(b' ') => 0,
            _ => self.digit(0)?,
        };
        if first != Some(b' ') && tens != 0 && ends(self.peek(1)) {
            self.at += 1;
            return Ok(tens);
        }
        let day = tens * 10 + self.digit(1)?;
        if !matches!(day, 1..=31) {
            return Err(Stop::Differs);
        }
        if !ends(self.peek(2)) {
            return Err(stop(self.peek(2)));
        }
        self.at += 2;
        Ok(day)
    }

    /// A second, `[0-5]?\d|6[0-1]`, behind which no word goes on.
    #[inline]
    pub(super) fn second(&mut self) -> Result<u8, Stop> {
        let second = self.second_of_word()?;
        self.word_end()?;
        Ok(second)
    }

    /// A second, `[0-5]?\d|6[0-1]`, behind which no digit goes on.
    #[inline]
    pub(super) fn second_of_word(&mut self) -> Result<u8, Stop> {
        let first = self.digit(0)?;
        let second = match self.peek(1) {
            Some(byte @ b'0'..=b'9') => {
                self.at += 2;
                first * 10 + (byte - b'0')
            }
            _ => {
                self.at += 1;
                first
            }
        };
        if second > 61 {
            return Err(Stop::Differs);
        }
        match self.digit(0) {
            Err(Stop::Differs) => Ok(second),
            Err(Stop::Unsure) => Err(Stop::Unsure),
            Ok(_) => Err(Stop::Differs),
        }
    }

    /// A fraction of a second behind one of `points`, if it is there: one to six digits behind which
    /// no word goes on.
    #[inline]
    pub(super) fn fraction(&mut self, points: &[u8]) -> Result<(), Stop> {
        let Some(behind) = self.fraction_of_word(points) else {
            return Ok(());
        };
        match behind.word_end() {
            Ok(()) => *self = behind,
            Err(Stop::Unsure) => return Err(Stop::Unsure),
            Err(Stop::Differs) => {}
        }
        Ok(())
    }

    /// The place behind a fraction of a second: one to six digits, as many as there are.
    #[inline]
    pub(super) fn fraction_of_word(self, points: &[u8]) -> Option<Self> {
        if !self.peek(0).is_some_and(|byte| points.contains(&byte)) {
            return None;
        }
        let digits = self
            .line
            .get(self.at + 1..)
            .unwrap_or_default()
            .iter()
            .take(6)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        (digits > 0).then(|| self.ahead(1 + digits))
    }

    /// Fails if a word goes on here.
    #[inline]
    pub(super) fn word_end(self) -> Result<(), Stop> {
        match self.peek(0) {
            Some(byte) if !byte.is_ascii() => Err(Stop::Unsure),
            Some(byte) if is_word(byte) => Err(Stop::Differs),
            _ => Ok(()),
        }
    }

    /// A year that is believed.
    #[inline]
    pub(super) fn year(&mut self, years: super::Years) -> Result<i32, Stop> {
        let mut year = 0;
        for ahead in 0..4 {
            year = year * 10 + i32::from(self.digit(ahead)?);
        }
        if !years.has(year.into()) {
            return Err(Stop::Differs);
        }
        self.at += 4;
        Ok(year)
    }

    /// An English month's three letters, in any case: 1 to 12.
    #[inline]
    pub(super) fn month(&mut self) -> Result<u8, Stop> {
        let month = month_of(self.letters()?).ok_or(Stop::Differs)?;
        self.at += 3;
        Ok(month)
    }

    /// An English weekday's three letters, in any case: Monday is 0.
    #[inline]
    pub(super) fn weekday(&mut self) -> Result<u8, Stop> {
        let letters = key(self.letters()?);
        let place = WEEKDAYS.iter().position(|weekday| *weekday == letters);
        self.at += 3;
        place
            .and_then(|place| u8::try_from(place).ok())
            .ok_or(Stop::Differs)
    }

    #[inline]
    fn letters(self) -> Result<[u8; 3], Stop> {
        let Some(letters) = self.line.get(self.at..self.at + 3) else {
            let rest = self.line.get(self.at..).unwrap_or_default();
            return Err(if rest.is_ascii() {
                Stop::Differs
            } else {
                Stop::Unsure
            });
        };
        let &[first, second, third] = letters else {
            return Err(Stop::Differs);
        };
        if !letters.is_ascii() {
            return Err(Stop::Unsure);
        }
        Ok([first, second, third])
    }

    /// `Z`, `UTC`, `GMT`, `±HH`, `±HHMM`, `±HH:MM`, behind which no word goes on: seconds east of
    /// Greenwich.
    #[inline]
    pub(super) fn zone(&mut self, any_case: bool) -> Result<Zone, Stop> {
        let sign = match self.peek(0) {
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(_) => return self.zone_name(any_case),
            None => return Err(Stop::Differs),
        };
        let tens = self.digit(1)?;
        if tens > 1 {
            return Err(Stop::Differs);
        }
        let hours = i32::from(tens * 10 + self.digit(2)?);
        let colon = usize::from(self.peek(3) == Some(b':'));
        let minutes = match (self.digit(3 + colon), self.digit(4 + colon)) {
            (Ok(tens), Ok(ones)) => match self.ahead(5 + colon).word_end() {
                Ok(()) => Some(i32::from(tens * 10 + ones)),
                Err(Stop::Differs) => None,
                Err(Stop::Unsure) => return Err(Stop::Unsure),
            },
            (Err(Stop::Unsure), _) | (_, Err(Stop::Unsure)) => return Err(Stop::Unsure),
            _ => None,
        };
        match minutes {
            Some(_) => self.at += 5 + colon,
            None => {
                self.ahead(3).word_end()?;
                self.at += 3;
            }
        }
        Ok(Zone::Offset(
            sign * (hours * 60 + minutes.unwrap_or(0)) * 60,
        ))
    }

    fn zone_name(&mut self, any_case: bool) -> Result<Zone, Stop> {
        for name in [b"Z".as_slice(), b"UTC", b"GMT"] {
            let Some(found) = self.line.get(self.at..self.at + name.len()) else {
                continue;
            };
            let exact = found == name;
            if exact || any_case && found.eq_ignore_ascii_case(name) {
                self.ahead(name.len()).word_end()?;
                self.at += name.len();
                // As the original: matched in any case, but known in one only.
                return Ok(if exact {
                    Zone::Offset(0)
                } else {
                    Zone::Unknown
                });
            }
        }
        Err(stop(self.peek(0)))
    }
}

/// A zone in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    /// So many seconds east of Greenwich.
    Offset(i32),
    /// A name in a case in which it is not known.
    Unknown,
}
