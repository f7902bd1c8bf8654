//! From the stamp a line carries to the time its failure counts at (contract A 4.3).

use f2b_core::{Span, UnixTime};

use crate::StampTime;

/// The circumstances under which a line is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The time of the machine.
    pub now: UnixTime,
    /// How far back failures of this jail count.
    pub findtime: Span,
    /// Whether the source has been read to its end once: lines are then being written now, and
    /// no longer caught up with.
    pub in_operation: bool,
}

/// Something about the times of a log that an administrator should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// The log's times differ from the machine's by this much; negative when the log is behind.
    TimeDiffers(Span),
    /// A line matched, but has no stamp that could be read.
    NoDate,
}

/// The date of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stamp<'line> {
    /// It is known, and written like this.
    Read(StampTime, &'line str),
    /// The pattern says that lines have none (`{NONE}`).
    None,
    /// There is none, or it is no moment.
    Missing,
}

/// What a line's time was decided to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Timed {
    /// The time, if there is any telling.
    pub(crate) time: Option<StampTime>,
    /// Whether it is that of an earlier line, whose date then stands for the line's own.
    pub(crate) is_of_earlier: bool,
    /// Whether it lies before `findtime`, while catching up: nothing in the line counts any more.
    pub(crate) is_too_old: bool,
    /// A word for the log.
    pub(crate) note: Option<Note>,
}

/// How far a line that is being written now may differ from the machine's time.
const TOLERANCE: Span = Span::from_seconds(60);

/// A condition that lasts is told once in this time.
const NOTE_PAUSE: Span = Span::from_seconds(86_400);

/// The memory of one log's times.
#[derive(Clone, Debug, Default)]
pub(crate) struct LineClock {
    last: Option<StampTime>,
    last_text: String,
    differs_noted: Option<UnixTime>,
    no_date_noted: Option<UnixTime>,
}

impl LineClock {
    /// Decides the time of a line. Times are held against the clock only if `check_findtime`.
    pub(crate) fn time_of(
        &mut self,
        stamp: Stamp<'_>,
        moment: Moment,
        check_findtime: bool,
    ) -> Timed {
        let now = StampTime {
            time: moment.now,
            is_integer: false,
        };
        let mut timed = Timed {
            time: None,
            is_of_earlier: false,
            is_too_old: false,
            note: None,
        };
        let Stamp::Read(stamp, text) = stamp else {
            let oldest = moment.now.minus(TOLERANCE);
            let recent = self.last.filter(|last| last.time > oldest);
            let stands_in = match stamp {
                Stamp::None => true,
                _ => check_findtime && moment.in_operation,
            };
            timed.is_of_earlier = recent.is_some();
            timed.time = recent.or(stands_in.then_some(now));
            return timed;
        };
        self.last_text.clear();
        self.last_text.push_str(text);
        self.last = Some(stamp);
        timed.time = Some(stamp);
        if !check_findtime {
            return timed;
        }
        if moment.in_operation {
            if !agree(stamp.time, moment.now) {
                let difference = stamp.time.since(moment.now);
                timed.note = due(&mut self.differs_noted, moment.now)
                    .then_some(Note::TimeDiffers(difference));
                timed.time = Some(now);
                self.last = timed.time;
            }
        } else {
            timed.is_too_old = stamp.time < moment.now.minus(moment.findtime);
        }
        timed
    }

    /// Returns the date of the last line that had one, as it is written.
    pub(crate) fn last_text(&self) -> &str {
        &self.last_text
    }

    /// Tells whether a matching line without a date is worth a word.
    pub(crate) fn note_no_date(&mut self, now: UnixTime) -> Option<Note> {
        due(&mut self.no_date_noted, now).then_some(Note::NoDate)
    }
}

/// Tells whether two times of one line are the same but for the time that it took to write it.
pub(crate) fn agree(one: UnixTime, other: UnixTime) -> bool {
    let difference = one.since(other);
    difference.whole_seconds().unsigned_abs() <= TOLERANCE.whole_seconds().unsigned_abs()
}

fn due(noted: &mut Option<UnixTime>, now: UnixTime) -> bool {
    let due = noted.is_none_or(|before| now.since(before) >= NOTE_PAUSE);
    if due {
        *noted = Some(now);
    }
    due
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(in_operation: bool) -> Moment {
        Moment {
            now: UnixTime::from_seconds(100_000),
            findtime: Span::from_seconds(600),
            in_operation,
        }
    }

    #[derive(Debug, PartialEq)]
    enum Seen {
        At(i64),
        TooOld,
        Unknown,
    }

    fn check(in_operation: bool, stamps: &[Option<i64>], expected: Seen, note: Option<Note>) {
        let mut clock = LineClock::default();
        let mut last = (Seen::Unknown, None);
        for offset in stamps {
            let stamp = offset.map_or(Stamp::Missing, |offset| {
                let time = UnixTime::from_seconds(100_000 + offset);
                Stamp::Read(
                    StampTime {
                        time,
                        is_integer: true,
                    },
                    "",
                )
            });
            let timed = clock.time_of(stamp, moment(in_operation), true);
            let seen = match timed.time {
                _ if timed.is_too_old => Seen::TooOld,
                Some(time) => Seen::At(time.time.whole_seconds() - 100_000),
                None => Seen::Unknown,
            };
            last = (seen, timed.note);
        }
        assert_eq!(last, (expected, note), "{in_operation} {stamps:?}");
    }

    #[test]
    fn a_line_written_now_counts_now_when_its_stamp_is_far_off() {
        let differs = |seconds| Some(Note::TimeDiffers(Span::from_seconds(seconds)));
        check(true, &[Some(-60)], Seen::At(-60), None);
        check(true, &[Some(-61)], Seen::At(0), differs(-61));
        check(true, &[Some(3_600)], Seen::At(0), differs(3_600));
        check(true, &[Some(3_600), Some(3_600)], Seen::At(0), None);
    }

    #[test]
    fn lines_caught_up_with_count_by_their_stamp_within_findtime() {
        check(false, &[Some(-600)], Seen::At(-600), None);
        check(false, &[Some(-601)], Seen::TooOld, None);
        check(false, &[Some(3_600)], Seen::At(3_600), None);
    }

    #[test]
    fn a_line_without_a_stamp_takes_the_last_one_of_the_minute() {
        check(true, &[Some(-30), None], Seen::At(-30), None);
        check(true, &[None], Seen::At(0), None);
        check(false, &[Some(-30), None], Seen::At(-30), None);
        check(false, &[Some(-90), None], Seen::Unknown, None);
    }
}
