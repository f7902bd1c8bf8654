//! The one place that reads the clock.

use std::time::Instant;

use f2b_core::UnixTime;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Returns the time of the machine.
pub(crate) fn now() -> UnixTime {
    UnixTime::from_micros(Timestamp::now().as_microsecond())
}

/// Returns where a row of random numbers begins: what is left to chance is no secret.
pub(crate) fn seed() -> u64 {
    now().as_micros().unsigned_abs() ^ u64::from(std::process::id())
}

/// Returns nanoseconds of the clock that nobody sets, from any beginning.
pub(crate) fn nanos() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds
        .wrapping_mul(1_000_000_000)
        .wrapping_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}

/// Returns a moment of the clock that nobody sets.
pub(crate) fn tick() -> Instant {
    Instant::now()
}

/// Returns a moment as local time.
///
/// *Shape*: `2026-11-21 18:58:09`.
pub(crate) fn local(moment: UnixTime) -> String {
    let format = |timestamp: Timestamp| {
        timestamp
            .to_zoned(TimeZone::system())
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string()
    };
    Timestamp::from_second(moment.whole_seconds())
        .map_or_else(|_outside| "9999-12-31 23:59:59".to_owned(), format)
}

/// Returns a moment as local time in the form of Python's `isoformat`.
///
/// *Shape*: `2026-11-21T18:58:09.123456`, without the fraction if there is none.
pub(crate) fn iso(moment: UnixTime) -> String {
    let timestamp = Timestamp::from_microsecond(moment.as_micros()).unwrap_or(Timestamp::MAX);
    let local = timestamp.to_zoned(TimeZone::system());
    let shape = if moment.as_micros().rem_euclid(1_000_000) == 0 {
        "%Y-%m-%dT%H:%M:%S"
    } else {
        "%Y-%m-%dT%H:%M:%S.%6f"
    };
    local.strftime(shape).to_string()
}

/// Returns the milliseconds within the second of a moment.
pub(crate) fn milliseconds(moment: UnixTime) -> i64 {
    moment.as_micros().rem_euclid(1_000_000) / 1_000
}
