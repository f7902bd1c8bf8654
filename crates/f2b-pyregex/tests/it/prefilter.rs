//! What the prefilter leaves out does not match.

use f2b_pyregex::{Prefilter, Regex, Rule, Scratch};

use crate::cpython::generator::{Generator, Random, subject};

/// A pattern that compiles.
fn regex(random: &mut Random) -> Regex {
    loop {
        if let Ok(regex) = Regex::new(&Generator::new(random).pattern()) {
            return regex;
        }
    }
}

/// A pattern with a group for others to search in.
fn outer(random: &mut Random) -> Regex {
    const FRAMES: &[(&str, &str)] = &[
        ("^", "$"),
        ("", ""),
        ("^a?:?", ".*"),
        ("[ab]*", "\\b"),
        ("^(?!b)", "c?$"),
        ("^(?:", " ?)+$"),
        ("^(?:x|", ")[ab: ]*$"),
        ("(?:^|b)", "(?: .*)?$"),
    ];
    const BODIES: &[&str] = &[
        ".+",
        ".*",
        "[^:]+",
        "\\S*",
        "a.*",
        "\\w+ \\S+",
        "(?:a|b).*",
        ".+?",
        "\\w+",
    ];
    let (before, after) = random.one(FRAMES);
    let body = random.one(BODIES);
    Regex::new(&format!("{before}(?P<content>{body}){after}")).unwrap()
}

#[test]
fn every_match_is_among_the_candidates() {
    let mut random = Random(7);
    let mut scratch = Scratch::default();
    let (mut matches, mut spared) = (0, 0);
    for _ in 0..400 {
        let regexes: Vec<Regex> = (0..4).map(|_| regex(&mut random)).collect();
        let outer = outer(&mut random);
        let content = outer.group("content").unwrap();
        let plain = regexes.iter().map(|regex| (regex, None));
        let within = regexes.iter().map(|regex| (regex, Some((&outer, content))));
        let rules: Vec<Rule<'_>> = plain
            .chain(within)
            .map(|(regex, within)| Rule { regex, within })
            .collect();
        let prefilter = Prefilter::new(&rules);
        let mut candidates = prefilter.candidates();
        for _ in 0..20 {
            let pattern = regexes[random.below(4)].as_str().to_owned();
            let text = subject(&mut random, &pattern);
            prefilter.scan(text.as_bytes(), &mut candidates);
            for (index, rule) in rules.iter().enumerate() {
                let mut seen = vec![text.clone()];
                if let Some((outer, group)) = rule.within {
                    let found = outer.search(&text, &mut scratch).unwrap();
                    seen = match found.map(|groups| groups.get(group)) {
                        Some(Some(range)) if !range.is_empty() => {
                            let held = &text[range];
                            vec![held.to_owned(), format!("{held}\n")]
                        }
                        Some(_) => seen,
                        None => Vec::new(),
                    };
                }
                let mut search = |seen: &String| rule.regex.search(seen, &mut scratch).ok()?;
                let found = seen.iter().find_map(&mut search);
                let candidate = candidates.contains(index);
                matches += usize::from(found.is_some());
                spared += usize::from(!candidate);
                assert!(
                    candidate || found.is_none(),
                    "{:?} within {:?} on {text:?}",
                    rule.regex.as_str(),
                    rule.within.map(|(outer, _)| outer.as_str()),
                );
            }
        }
    }
    assert!(matches > 1_000 && spared > 10_000, "{matches} {spared}");
}
