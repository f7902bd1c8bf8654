//! Bans that are longer than the kernel can count: they are asked for again meanwhile.

use std::time::Duration;

use f2b_core::{Span, UnixTime};
use f2b_firewall::LONGEST_TIMEOUT;

/// When bans that were cut have to be asked for again.
#[derive(Debug, Default)]
pub(super) struct Refresh {
    due: Option<UnixTime>,
}

impl Refresh {
    /// Notes that a ban was asked for that lasts so long.
    pub(super) fn note(&mut self, timeout: Duration, now: UnixTime) {
        if timeout > LONGEST_TIMEOUT {
            let half = i64::try_from(LONGEST_TIMEOUT.as_secs() / 2).unwrap_or(i64::MAX);
            let due = now.plus(Span::from_seconds(half));
            self.due = Some(self.due.map_or(due, |before| before.min(due)));
        }
    }

    /// Tells, once, that it is time. Whatever lasts longer than what is left to the oldest of them is
    /// to be asked for again, and noted again.
    pub(super) fn take_due(&mut self, now: UnixTime) -> bool {
        self.due.take_if(|due| *due <= now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_cut_is_asked_for_again_and_in_good_time() {
        let begin = UnixTime::from_seconds(1_800_000_000);
        let after = |seconds: i64| begin.plus(Span::from_seconds(seconds));
        let mut refresh = Refresh::default();
        refresh.note(LONGEST_TIMEOUT, begin);
        assert!(!refresh.take_due(after(4_000_000_000)));
        refresh.note(LONGEST_TIMEOUT * 2, begin);
        refresh.note(LONGEST_TIMEOUT * 3, after(10));
        assert!(!refresh.take_due(after(999_999_999)));
        assert!(refresh.take_due(after(1_000_000_000)));
        assert!(!refresh.take_due(after(1_000_000_000)));
    }
}
