//! Any text as a pattern: refused or compiled, and what compiled is searched in a bounded number of
//! steps; the automaton finds what our own matcher does, and the prefilter leaves out no match.
//!
//! The input is texts separated by the byte 1: letters of flags, the pattern, and texts to search.
#![no_main]

use std::sync::LazyLock;

use f2b_pyregex::{Flags, Groups, Prefilter, Regex, Rule, Scratch};
use libfuzzer_sys::fuzz_target;

/// What a rule is searched in where it is not searched in the whole line.
static OUTER: LazyLock<[(Regex, usize); 2]> = LazyLock::new(|| {
    [r"^\w* ?(?P<content>.+)$", r"(?P<content>a*|b[^c]*)"].map(|pattern| {
        let regex = Regex::new(pattern).expect("it compiles");
        let content = regex.group("content").expect("it is there");
        (regex, content)
    })
});

/// No search of a text as long as these may take more steps.
const STEPS_MOST: u64 = 40_000_000;

/// What was searched in so many steps is searched in no other text.
const TOGETHER_MOST: u64 = 1_000_000;

/// The characters of a text that are searched.
const TEXT_MOST: usize = 400;

/// The texts that every pattern meets.
const TEXTS: [&str; 5] = [
    "",
    "\n",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\n",
    "abcabcaabbcc 1.2.3.4: [x] aAbB\n",
    "é\u{212a}ſßs\u{660}a\nb\n\n",
];

fn flags(letters: &str) -> Flags {
    Flags {
        ignore_case: letters.contains('i'),
        multiline: letters.contains('m'),
        dot_all: letters.contains('s'),
        verbose: letters.contains('x'),
        ascii: letters.contains('a'),
    }
}

struct Search<'a> {
    regex: &'a Regex,
    plain: Scratch,
    own: Scratch,
}

impl Search<'_> {
    /// Searches both ways; `None` if it was given up.
    fn both(&mut self, text: &str, range: std::ops::Range<usize>) -> Option<Option<Groups>> {
        let regex = self.regex;
        let plain = regex.search_in(text, range.clone(), &mut self.plain);
        let own = regex.search_in(text, range, &mut self.own);
        assert!(self.own.steps() <= STEPS_MOST, "{} steps", self.own.steps());
        let (Ok(plain), Ok(own)) = (plain, own) else {
            return None;
        };
        assert_eq!(plain, own, "{:?} on {text:?}", regex.as_str());
        if let Some(groups) = &own {
            for index in 0..=regex.group_count() {
                let held = groups.get(index);
                assert!(held.is_none_or(|held| text.get(held).is_some()));
            }
        }
        Some(own)
    }
}

fuzz_target!(|input: &str| {
    let mut parts = input.split('\u{1}');
    let letters = parts.next().unwrap_or_default();
    let Some(pattern) = parts.next() else {
        return;
    };
    let regex = match Regex::with_flags(pattern, flags(letters)) {
        Ok(regex) => regex,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(error.offset <= pattern.len(), "{error} at {}", error.offset);
            return;
        }
    };
    let _ = regex.nature();
    let plain = Rule {
        regex: &regex,
        within: None,
    };
    let within = OUTER.each_ref().map(|(outer, content)| Rule {
        regex: &regex,
        within: Some((outer, *content)),
    });
    let prefilter = Prefilter::new(&[plain, within[0], within[1]]);
    let mut candidates = prefilter.candidates();
    let mut search = Search {
        regex: &regex,
        plain: Scratch::default(),
        own: Scratch::remembering(),
    };
    let mut steps = 0;
    for text in parts.take(4).chain(TEXTS).chain([pattern]) {
        let cut = text.char_indices().nth(TEXT_MOST);
        let text = &text[..cut.map_or(text.len(), |(at, _)| at)];
        prefilter.scan(text.as_bytes(), &mut candidates);
        if let Some(Some(_)) = search.both(text, 0..text.len()) {
            assert!(candidates.contains(0), "{pattern:?} on {text:?}");
        }
        for (index, (outer, content)) in OUTER.iter().enumerate() {
            let Ok(Some(groups)) = outer.search(text, &mut search.plain) else {
                continue;
            };
            let seen = match groups.get(*content) {
                Some(range) if !range.is_empty() => &text[range],
                _ => text,
            };
            if let Some(Some(_)) = search.both(seen, 0..seen.len()) {
                assert!(candidates.contains(index + 1), "{pattern:?} on {text:?}");
            }
        }
        steps += search.own.steps();
        if steps > TOGETHER_MOST {
            break;
        }
        let from = text.char_indices().nth(2).map_or(0, |(at, _)| at);
        let to = text.char_indices().next_back().map_or(0, |(at, _)| at);
        search.both(text, from..to);
    }
});
