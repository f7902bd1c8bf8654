//! One line of one jail, from bytes to verdict.

use std::borrow::Cow;

use f2b_core::{FailId, Failure, UnixTime};

use crate::date::{self, Stamp};
use crate::filter::Captured;
use crate::line_clock::{LineClock, LineTime};
use crate::{Filter, Moment, Note, Zone};

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing that a rule knows.
    Benign,
    /// A failed attempt.
    Failure(Failure),
    /// Older than `findtime` while catching up: not looked at.
    TooOld,
}

/// A verdict and what is worth telling beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Judged {
    /// What the line is.
    pub verdict: Verdict,
    /// A word for the log.
    pub note: Option<Note>,
}

/// The memory that judging the lines of one source for one jail needs.
#[derive(Clone, Debug)]
pub struct Matcher {
    zone: Zone,
    clock: LineClock,
}

impl Matcher {
    /// Returns a matcher that has seen no line yet.
    #[must_use]
    pub fn new(zone: Zone) -> Self {
        Self {
            zone,
            clock: LineClock::default(),
        }
    }

    /// Judges one line, given without its line end.
    ///
    /// `given` is the time of a record whose source knows it (the journal); the text then holds no
    /// stamp. Bytes that are no UTF-8 are read as U+FFFD.
    pub fn judge(
        &mut self,
        filter: &Filter,
        line: &[u8],
        given: Option<UnixTime>,
        moment: Moment,
    ) -> Judged {
        let line = String::from_utf8_lossy(line);
        let stamp = match given {
            Some(_) => None,
            None => date::find(&line, &self.zone, moment.now),
        };
        let known = given.or(stamp.as_ref().map(|stamp| stamp.time));
        let (time, note) = self.clock.time_of(known, moment);
        let judged = |verdict| Judged { verdict, note };
        if time == LineTime::TooOld {
            return judged(Verdict::TooOld);
        }
        let Some(captured) = filter.captures(&without(&line, stamp.as_ref())) else {
            return judged(Verdict::Benign);
        };
        let no_date = || self.clock.note_no_date(moment.now);
        let note = note.or_else(|| known.is_none().then(no_date).flatten());
        let verdict = match (time, identity(&captured)) {
            (LineTime::At(time), Some(id)) => Verdict::Failure(Failure {
                id,
                time,
                line: line.into(),
                fields: captured,
            }),
            _ => Verdict::Benign,
        };
        Judged { verdict, note }
    }
}

/// The line as rules see it: its stamp cut out.
fn without<'a>(line: &'a str, stamp: Option<&Stamp>) -> Cow<'a, str> {
    let Some(Stamp { range, .. }) = stamp else {
        return Cow::Borrowed(line);
    };
    let before = line.get(..range.start).unwrap_or_default();
    let after = line.get(range.end..).unwrap_or_default();
    if before.is_empty() {
        Cow::Borrowed(after)
    } else {
        Cow::Owned([before, after].concat())
    }
}

/// Who failed: the captured address, with its prefix length if there is one, else the free id.
///
/// Differs: when both are captured the original takes the free id; that combination comes with the
/// rest of the tags.
fn identity(captured: &Captured) -> Option<FailId> {
    let group = |wanted: &str| {
        let found = captured.iter().find(|(name, _)| name.as_ref() == wanted);
        found
            .map(|(_, value)| value.as_ref())
            .filter(|value| !value.is_empty())
    };
    let address = group("ip4").or(group("ip6"));
    match (address, group("cidr")) {
        (Some(address), Some(length)) => Some(FailId::parse(&format!("{address}/{length}"))),
        (Some(address), None) => Some(FailId::parse(address)),
        (None, _) => group("fid").map(FailId::parse),
    }
}

#[cfg(test)]
mod tests {
    use f2b_core::Span;

    use super::*;

    const NOW: i64 = 1_772_600_770;

    fn judge(line: &[u8], given: Option<i64>, in_operation: bool) -> String {
        let mut filter = Filter::default();
        for rule in [
            "bad net <SUBNET>$",
            "bad host <ADDR>$",
            "bad session <F-ID/>$",
        ] {
            filter.add_failregex(rule).unwrap();
        }
        let moment = Moment {
            now: UnixTime::from_seconds(NOW),
            findtime: Span::from_seconds(600),
            in_operation,
        };
        let mut matcher = Matcher::new(Zone::utc());
        let given = given.map(|offset| UnixTime::from_seconds(NOW + offset));
        match matcher.judge(&filter, line, given, moment).verdict {
            Verdict::Benign => "benign".into(),
            Verdict::TooOld => "too old".into(),
            Verdict::Failure(failure) => {
                format!("{} {}", failure.id, failure.time.whole_seconds() - NOW)
            }
        }
    }

    #[test]
    fn a_failure_is_who_and_when() {
        let check = |line: &[u8], expected: &str| {
            assert_eq!(
                judge(line, None, true),
                expected,
                "{:?}",
                String::from_utf8_lossy(line)
            );
        };
        check(b"Mar  4 05:06:07 h bad session s-1", "s-1 -3");
        check(b"bad session s-1", "s-1 0");
        check(b"bad net 192.0.2.7/24", "192.0.2.0/24 0");
        check(b"bad net [2001:db8::7]", "2001:db8::7 0");
        check(b"bad host ::ffff:192.0.2.7", "192.0.2.7 0");
        check(b"bad host 999.0.2.7", "999.0.2.7 0");
        check(b"Mar  4 05:06:07 \xff\xfe bad session s-1", "s-1 -3");
        check(b"Mar  4 05:06:07 good session s-1", "benign");
        check(b"", "benign");
    }

    #[test]
    fn a_record_that_knows_its_time_is_not_searched_for_a_stamp() {
        assert_eq!(
            judge(b"Mar  4 05:06:07 bad session s", Some(-9), true),
            "s -9"
        );
        assert_eq!(judge(b"bad session s", Some(-9_999), false), "too old");
    }
}
