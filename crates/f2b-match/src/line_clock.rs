//! From the stamp a line carries to the time its failure counts at (contract A 4.3).

use f2b_core::{Span, UnixTime};

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

/// What a line's time was decided to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineTime {
    /// This moment.
    At(UnixTime),
    /// Before `findtime`, while catching up: nothing in it counts any more.
    TooOld,
    /// There is no telling.
    Unknown,
}

/// How far a line that is being written now may differ from the machine's time.
const TOLERANCE: Span = Span::from_seconds(60);

/// A condition that lasts is told once in this time.
const NOTE_PAUSE: Span = Span::from_seconds(86_400);

/// The memory of one log's times.
#[derive(Clone, Debug, Default)]
pub(crate) struct LineClock {
    last: Option<UnixTime>,
    differs_noted: Option<UnixTime>,
    no_date_noted: Option<UnixTime>,
}

impl LineClock {
    /// Decides the time of a line that carries `stamp`.
    pub(crate) fn time_of(
        &mut self,
        stamp: Option<UnixTime>,
        moment: Moment,
    ) -> (LineTime, Option<Note>) {
        let Some(stamp) = stamp else {
            let recent = self.last.filter(|last| *last > moment.now.minus(TOLERANCE));
            let time = recent.or(moment.in_operation.then_some(moment.now));
            return (time.map_or(LineTime::Unknown, LineTime::At), None);
        };
        let mut time = stamp;
        let mut note = None;
        if moment.in_operation {
            let difference = stamp.since(moment.now);
            if difference.whole_seconds().unsigned_abs() > TOLERANCE.whole_seconds().unsigned_abs()
            {
                note = due(&mut self.differs_noted, moment.now)
                    .then_some(Note::TimeDiffers(difference));
                time = moment.now;
            }
        } else if stamp < moment.now.minus(moment.findtime) {
            self.last = Some(stamp);
            return (LineTime::TooOld, None);
        }
        self.last = Some(time);
        (LineTime::At(time), note)
    }

    /// Tells whether a matching line without a date is worth a word.
    pub(crate) fn note_no_date(&mut self, now: UnixTime) -> Option<Note> {
        due(&mut self.no_date_noted, now).then_some(Note::NoDate)
    }
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

    fn check(in_operation: bool, stamps: &[Option<i64>], expected: LineTime, note: Option<Note>) {
        let mut clock = LineClock::default();
        let mut last = (LineTime::Unknown, None);
        for stamp in stamps {
            let stamp = stamp.map(|offset| UnixTime::from_seconds(100_000 + offset));
            last = clock.time_of(stamp, moment(in_operation));
        }
        assert_eq!(last, (expected, note), "{in_operation} {stamps:?}");
    }

    fn at(offset: i64) -> LineTime {
        LineTime::At(UnixTime::from_seconds(100_000 + offset))
    }

    #[test]
    fn a_line_written_now_counts_now_when_its_stamp_is_far_off() {
        let differs = |seconds| Some(Note::TimeDiffers(Span::from_seconds(seconds)));
        check(true, &[Some(-60)], at(-60), None);
        check(true, &[Some(-61)], at(0), differs(-61));
        check(true, &[Some(3_600)], at(0), differs(3_600));
        check(true, &[Some(3_600), Some(3_600)], at(0), None);
    }

    #[test]
    fn lines_caught_up_with_count_by_their_stamp_within_findtime() {
        check(false, &[Some(-600)], at(-600), None);
        check(false, &[Some(-601)], LineTime::TooOld, None);
        check(false, &[Some(3_600)], at(3_600), None);
    }

    #[test]
    fn a_line_without_a_stamp_takes_the_last_one_of_the_minute() {
        check(true, &[Some(-30), None], at(-30), None);
        check(true, &[None], at(0), None);
        check(false, &[Some(-30), None], at(-30), None);
        check(false, &[Some(-90), None], LineTime::Unknown, None);
    }
}
