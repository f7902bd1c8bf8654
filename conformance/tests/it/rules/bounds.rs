//! No line costs a rule more than its length allows.

use f2b_pyregex::{Flags, Nature, Regex, Scratch};

use super::attacks;
use super::hostile;
use super::number;
use super::random::Random;
use super::stock;

/// The most steps that our matcher may make for each byte of a line, whatever the rule and the line.
const STEPS_MOST: u64 = 60;

/// What a rule costs at its worst.
struct Cost {
    label: String,
    nature: Nature,
    /// Steps for each byte, at each length.
    steps: Vec<u64>,
    given_up: usize,
}

fn label(filter: &str, kind: &str, pattern: &str) -> String {
    let shown: String = pattern.chars().take(60).collect();
    format!("{filter} {kind} {shown}")
}

fn cost(
    label: String,
    regex: &Regex,
    lines: impl Fn(usize) -> Vec<String>,
    lengths: &[usize],
) -> Cost {
    let mut scratch = Scratch::own_matcher_only();
    let mut given_up = 0;
    let mut steps = Vec::new();
    for length in lengths {
        let mut worst = 0;
        for line in lines(*length) {
            given_up += usize::from(regex.search(&line, &mut scratch).is_err());
            worst = worst.max(scratch.steps() / u64::try_from(line.len()).unwrap().max(200));
        }
        steps.push(worst);
    }
    Cost {
        label,
        nature: regex.nature(),
        steps,
        given_up,
    }
}

fn print(costs: &mut [Cost], lengths: &[usize]) {
    costs.sort_by_key(|cost| std::cmp::Reverse(cost.steps.iter().max().copied()));
    println!("steps a byte at {lengths:?} characters, the worst first:");
    for cost in costs
        .iter()
        .filter(|cost| cost.nature != Nature::Budgeted)
        .take(25)
    {
        println!("  {:>12?} {:?} {}", cost.steps, cost.nature, cost.label);
    }
    println!("under a budget:");
    for cost in costs.iter().filter(|cost| cost.nature == Nature::Budgeted) {
        println!(
            "  {:>12?} {} lines given up {}",
            cost.steps, cost.given_up, cost.label
        );
    }
    let count = |nature| costs.iter().filter(|cost| cost.nature == nature).count();
    println!(
        "{} rules: {} regular, {} bounded, {} budgeted; {} lines given up",
        costs.len(),
        count(Nature::Regular),
        count(Nature::Bounded),
        count(Nature::Budgeted),
        costs.iter().map(|cost| cost.given_up).sum::<usize>(),
    );
}

/// What runs under a budget is given up; everything else keeps within its length.
fn judge(costs: &[Cost]) {
    for cost in costs.iter().filter(|cost| cost.nature != Nature::Budgeted) {
        let worst = cost.steps.iter().max().copied().unwrap_or(0);
        assert!(
            worst <= STEPS_MOST,
            "{}: {:?} steps a byte",
            cost.label,
            cost.steps
        );
        assert_eq!(cost.given_up, 0, "{}", cost.label);
    }
    let budgeted = costs.iter().filter(|cost| cost.nature == Nature::Budgeted);
    assert!(budgeted.count() <= 25, "many rules run under a budget");
}

#[test]
fn hostile_lines_cost_no_rule_more_than_their_length() {
    let lines = number("STOCKADE_LINES", 200);
    let lengths = match lines {
        0..1_000 => &[200, 1_000][..],
        _ => &[2_000, 20_000][..],
    };
    let mut costs = Vec::new();
    for rule in stock::rules() {
        let flags = Flags {
            multiline: rule.multiline,
            ..Flags::default()
        };
        let regex = Regex::with_flags(&rule.pattern, flags).unwrap();
        let made = |length| {
            let mut random = Random(11);
            // The longest lines are the fewest.
            let count = if length > 2_000 { lines / 20 } else { lines };
            let mut made = attacks::lines(&rule.filter, length);
            made.extend((0..count).map(|_| hostile::line(&regex, length, &mut random)));
            made
        };
        costs.push(cost(
            label(&rule.filter, rule.kind, &rule.pattern),
            &regex,
            made,
            lengths,
        ));
    }
    print(&mut costs, lengths);
    judge(&costs);
}
