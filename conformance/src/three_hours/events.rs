//! What a server's log says happened, by jail and host, with times from the begin of the attack.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::PULSE;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A failure; its own time counts.
    Found,
    /// A failure of somebody who was banned before; its own time counts.
    Bad,
    /// A ban; the log's time counts.
    Ban,
    /// Its end; the log's time counts.
    Unban,
    /// A longer ban; the end that is announced counts.
    Increase,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// What.
    pub kind: Kind,
    /// Seconds from the begin of the attack.
    pub at: f64,
    /// What else the line says: counts, durations.
    pub detail: String,
}

/// What a database holds about the newest ban of a host in a jail.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Seconds from the begin of the attack.
    pub at: f64,
    /// How long, in seconds.
    pub bantime: f64,
    /// Count, failures, number of matches.
    pub detail: String,
}

/// Jail and host.
pub(super) type Key = (String, String);

/// All that one server did.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// In order of the log.
    pub events: BTreeMap<Key, Vec<Event>>,
    /// From the database.
    pub records: BTreeMap<Key, Record>,
    /// For each beat of the pulse when it was due and how many seconds late it was logged.
    pub lags: Vec<(f64, f64)>,
}

/// Returns a moment as the servers' logs write it.
pub(super) fn moment(seconds: i64) -> Result<String> {
    let moment = Timestamp::from_second(seconds).context("a moment beyond all calendars")?;
    let moment = moment.to_zoned(TimeZone::UTC);
    Ok(moment.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// Returns the seconds since 1970 of a moment as logs write it, with a fraction or without.
fn seconds(text: &str) -> Option<f64> {
    let moment: DateTime = text.replace(',', ".").parse().ok()?;
    let moment = moment.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(moment.as_duration().as_secs_f64())
}

/// Returns the seconds since 1970 that a line of a log begins with.
pub(super) fn stamp(line: &str) -> Option<f64> {
    seconds(line.get(..23)?)
}

impl Run {
    /// Reads a log and the rows of a database.
    ///
    /// # Errors
    /// A row has another shape.
    pub(super) fn read(log: &str, base: i64, records: &str) -> Result<Self> {
        #[expect(clippy::cast_precision_loss, reason = "a moment of our days")]
        let base = base as f64;
        let mut run = Self::default();
        for line in log.lines() {
            run.take(line, base);
        }
        for row in records.lines() {
            let shape = || format!("a row of bips: {row}");
            let mut words = row.splitn(5, ' ');
            let mut word = || words.next().with_context(shape);
            let key = (word()?.to_owned(), word()?.to_owned());
            let at: f64 = word()?.parse().with_context(shape)?;
            let record = Record {
                at: at - base,
                bantime: word()?.parse().with_context(shape)?,
                detail: word()?.to_owned(),
            };
            if key.0 != "pulse" {
                run.records.insert(key, record);
            }
        }
        Ok(run)
    }

    fn take(&mut self, line: &str, base: f64) -> Option<()> {
        let stamp = stamp(line)? - base;
        let (_, text) = line.split_once("]: ")?;
        let (_, text) = text.split_once('[')?;
        let (jail, text) = text.split_once("] ")?;
        let at = |text: &str| Some(seconds(text)? - base);
        let (host, event) = if let Some(rest) = text.strip_prefix("Found ") {
            let (host, time) = rest.split_once(" - ")?;
            match host.strip_suffix(", bad") {
                Some(host) => {
                    let (time, detail) = time.split_once(", ")?;
                    (host, (Kind::Bad, at(time)?, detail))
                }
                None if host == PULSE => {
                    let due = at(time)?;
                    self.lags.push((due, stamp - due));
                    return None;
                }
                None => (host, (Kind::Found, at(time)?, "")),
            }
        } else if let Some(host) = text.strip_prefix("Ban ") {
            (host, (Kind::Ban, stamp, ""))
        } else if let Some(host) = text.strip_prefix("Unban ") {
            (host, (Kind::Unban, stamp, ""))
        } else {
            let (host, rest) = text.strip_prefix("Increase Ban ")?.split_once(" (")?;
            let (detail, end) = rest.strip_suffix(')')?.split_once(" -> ")?;
            (host, (Kind::Increase, at(end)?, detail))
        };
        let (kind, at, detail) = event;
        let event = Event {
            kind,
            at,
            detail: detail.to_owned(),
        };
        let key = (jail.to_owned(), host.to_owned());
        self.events.entry(key).or_default().push(event);
        Some(())
    }

    /// Returns by how much more than usual a server was behind around a moment.
    #[must_use]
    pub fn behind(&self, at: f64) -> f64 {
        /// A beat is looked for about this long before and after.
        const AROUND: f64 = 5.0;
        /// A line is logged this late at most when nothing is in the way.
        const USUAL: f64 = 2.0;
        let near = self
            .lags
            .iter()
            .filter(|(due, lag)| due - AROUND <= at && at <= due + lag.max(0.0) + AROUND);
        let worst = near.map(|(_, lag)| *lag).fold(0.0, f64::max);
        (worst - USUAL).max(0.0)
    }

    /// Returns the middle and the worst of all delays.
    #[must_use]
    pub fn lag(&self) -> (f64, f64) {
        let mut lags: Vec<f64> = self.lags.iter().map(|(_, lag)| *lag).collect();
        lags.sort_by(f64::total_cmp);
        let middle = lags.get(lags.len() / 2).copied().unwrap_or_default();
        (middle, lags.last().copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_log_become_events() {
        let line = |time: &str, text: &str| {
            format!("2026-01-01 {time} fail2ban.actions        [6]: NOTICE  {text}\n")
        };
        let log = line(
            "00:01:00,500",
            "[pulse] Found 198.18.0.1 - 2026-01-01 00:01:00",
        ) + &line("00:01:01,000", "[a] Found 192.0.2.1 - 2026-01-01 00:01:00")
            + &line("00:01:02,250", "[a] Ban 192.0.2.1")
            + &line(
                "00:01:02,250",
                "[a] Increase Ban 192.0.2.1 (2 # 2m -> 2026-01-01 00:03:00)",
            )
            + &line("00:03:01,000", "[a] Unban 192.0.2.1")
            + &line(
                "00:04:00,000",
                "[a] Found 192.0.2.1, bad - 2026-01-01 00:04:00, 2 # -> 3.0, Ban",
            )
            + &line("00:04:00,000", "[a] 192.0.2.1 already banned");
        let base = 1_767_225_600;
        let run = Run::read(&log, base, "a 192.0.2.1 1767225660 120 2 3 3\n").unwrap();
        let key = ("a".to_owned(), "192.0.2.1".to_owned());
        let events: Vec<_> = run.events[&key]
            .iter()
            .map(|event| (event.kind, event.at, event.detail.as_str()))
            .collect();
        let expected = [
            (Kind::Found, 60.0, ""),
            (Kind::Ban, 62.25, ""),
            (Kind::Increase, 180.0, "2 # 2m"),
            (Kind::Unban, 181.0, ""),
            (Kind::Bad, 240.0, "2 # -> 3.0, Ban"),
        ];
        assert_eq!(events, expected);
        assert_eq!(run.records[&key].at, 60.0);
        assert_eq!(run.records[&key].bantime, 120.0);
        assert_eq!(run.records[&key].detail, "2 3 3");
        assert_eq!(run.lags, [(60.0, 0.5)]);
    }
}
