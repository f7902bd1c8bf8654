//! What a pattern costs on the lines of a file.
//!
//! `cargo run --release -p f2b-pyregex --example regex-figures -- PATTERN FILE`
#![expect(clippy::print_stdout, reason = "prints a table")]
#![expect(clippy::disallowed_methods, reason = "reads a file and a clock")]

use std::hint::black_box;
use std::time::{Duration, Instant};
use std::{env, error, fs};

use f2b_pyregex::{Prefilter, Regex, Rule, Scratch};

/// The shortest of ten times.
fn best(mut work: impl FnMut()) -> Duration {
    let time = |_| {
        let begin = Instant::now();
        work();
        begin.elapsed()
    };
    (0..10).map(time).min().unwrap_or_default()
}

fn main() -> Result<(), Box<dyn error::Error>> {
    let mut words = env::args().skip(1);
    let (Some(pattern), Some(file)) = (words.next(), words.next()) else {
        return Err("usage: regex-figures PATTERN FILE".into());
    };
    let regex = Regex::new(&pattern)?;
    let text = fs::read_to_string(file)?;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    println!(
        "{:?}, {} lines, {} bytes",
        regex.nature(),
        lines.len(),
        text.len()
    );
    for (name, mut scratch) in [("own matcher", Scratch::own_matcher_only())] {
        let (mut found, mut steps, mut worst) = (0, 0, 0);
        for line in &lines {
            found += usize::from(matches!(regex.search(line, &mut scratch), Ok(Some(_))));
            steps += scratch.steps();
            worst = worst.max(scratch.steps() / u64::try_from(line.len())?.max(1));
        }
        let all = best(|| {
            for line in &lines {
                black_box(regex.search(black_box(line), &mut scratch).is_ok());
            }
        });
        let each = all / u32::try_from(lines.len())?.max(1);
        let length = u64::try_from(text.len())?.max(1);
        println!(
            "{name}: {found} found, {each:?} a line, {} steps a byte, worst line {worst}",
            steps / length
        );
    }
    let prefilter = Prefilter::new(&[Rule {
        regex: &regex,
        within: None,
    }]);
    let mut candidates = prefilter.candidates();
    let scan = |candidates: &mut _| {
        lines
            .iter()
            .filter(|line| prefilter.scan(line.as_bytes(), candidates))
            .count()
    };
    let found = scan(&mut candidates);
    let all = best(|| {
        black_box(scan(&mut candidates));
    });
    let each = all / u32::try_from(lines.len())?.max(1);
    println!("prefilter: {found} candidates, {each:?} a line");
    Ok(())
}
