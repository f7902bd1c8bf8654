//! Prints what finding and reading a date costs, for the common forms.
//!
//! `cargo run --release -p f2b-match --example date-cost`
#![expect(clippy::unwrap_used, reason = "a measurement fails by panicking")]
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it reads a clock and prints"
)]

use std::hint::black_box;
use std::time::Instant;

use f2b_core::UnixTime;
use f2b_match::{DateDetector, Zone};

/// 2026-03-04 05:06:10 UTC.
const NOW: UnixTime = UnixTime::from_seconds(1_772_600_770);

const ROUNDS: u32 = 200;

fn main() {
    let zone = Zone::named("Europe/Berlin").unwrap();
    let forms: [(&str, &dyn Fn(u32) -> String); 6] = [
        ("syslog", &|n| {
            format!("Mar  4 05:{:02}:{:02} host x", n / 60 % 60, n % 60)
        }),
        ("ISO, local", &|n| {
            format!("2026-03-04 05:{:02}:{:02},123 x", n / 60 % 60, n % 60)
        }),
        ("ISO, zone", &|n| {
            format!(
                "2026-03-04T05:{:02}:{:02}.123456+01:00 x",
                n / 60 % 60,
                n % 60
            )
        }),
        ("seconds", &|n| format!("{}.123 x", 1_772_600_000 + n)),
        ("web server", &|n| {
            format!(
                "192.0.2.{} - - [04/Mar/2026:05:{:02}:{:02} +0100] x",
                n % 200 * 7 % 250,
                n / 60 % 60,
                n % 60
            )
        }),
        ("none", &|n| {
            format!("a line without any date, number {n}, and so on")
        }),
    ];
    for (name, form) in forms {
        let lines: Vec<String> = (0..1_000).map(form).collect();
        let mut detector = DateDetector::new();
        let found = per_line(&lines, |line| {
            let found = detector.find(line, NOW);
            found.is_some()
        });
        let mut detector = DateDetector::new();
        let read = per_line(&lines, |line| {
            let found = detector.find(line, NOW);
            found.is_some_and(|found| detector.read(&found, &zone, NOW).is_ok())
        });
        let quick = per_line(&lines, |line| detector.quick(line.as_bytes(), NOW));
        println!("{name:10}  found {found:7.1} ns  read too {read:7.1} ns  quick {quick:5.1} ns");
    }
}

/// The best of many rounds: others use the machine, too.
fn per_line(lines: &[String], mut run: impl FnMut(&str) -> bool) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        for line in lines {
            black_box(run(black_box(line)));
        }
        best = best.min(begin.elapsed().as_secs_f64());
    }
    best * 1e9 / f64::from(u32::try_from(lines.len()).unwrap_or(1))
}
