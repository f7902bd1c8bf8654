//! Where in a long log the lines begin that still count.

use std::path::Path;

use f2b_core::{Span, UnixTime};
use f2b_match::{DateDetector, Zone};
use f2b_source::{Encoding, SourceError, Start};

/// How a jail reads the dates of a log, and how old lines may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seek {
    /// Its `datepattern`, if it has one.
    pub(crate) patterns: Option<String>,
    /// Its `logtimezone`, if it has one.
    pub(crate) zone: Option<String>,
    /// Its `logencoding`.
    pub(crate) encoding: Encoding,
    /// Its `findtime`.
    pub(crate) findtime: Span,
}

impl Seek {
    /// Returns where to begin with a log that was never read.
    ///
    /// # Errors
    ///
    /// When the file cannot be read; whoever follows it says so again.
    pub(crate) fn start(&self, path: &Path, now: UnixTime) -> Result<Start, SourceError> {
        let dates = self.patterns.as_deref().map(DateDetector::with_patterns);
        let zone = self.zone.as_deref().map(Zone::parse);
        // Neither is wrong: the jail has them.
        let (Ok(dates), Ok(zone)) = (dates.transpose(), zone.transpose()) else {
            return Ok(Start::Head);
        };
        let mut dates = dates.unwrap_or_default();
        let zone = zone.unwrap_or_else(Zone::system);
        let oldest = now.minus(self.findtime);
        dates.begin(now);
        let is_old = |line: &[u8], written_us: Option<i64>| {
            if let Some(written_us) = written_us {
                // The line inside may differ by this from its record.
                let earliest = oldest.minus(Span::from_seconds(60));
                return Some(UnixTime::from_micros(written_us) < earliest);
            }
            let (text, _) = self.encoding.decode(line);
            let found = dates.find(&text, now)?;
            let stamp = dates.read(&found, &zone, now).ok()?;
            Some(stamp.time < oldest)
        };
        let place = f2b_source::seek(path, self.encoding, is_old)?;
        Ok(place.map_or(Start::Head, Start::At))
    }
}
