//! Classes, on their own. The comparison with CPython is in `conformance`.

use super::*;
use Case::{Exact, Ignore, IgnoreAscii};

fn range(first: char, last: char) -> Item {
    Item::Range(first, last)
}

fn category(category: Category, negated: bool, ascii: bool) -> Item {
    Item::Category {
        category,
        negated,
        ascii,
    }
}

fn class(items: &[Item], negated: bool, case: Case) -> Class {
    Class {
        items: items.to_vec(),
        negated,
        case,
    }
}

#[test]
fn a_class_takes_what_it_says() {
    let check = |class: &Class, inside: &str, outside: &str| {
        assert!(inside.chars().all(|char| class.contains(char)), "{class:?}");
        let none = outside.chars().all(|char| !class.contains(char));
        assert!(none, "{class:?}");
    };
    let letters = [range('a', 'k')];
    check(&class(&letters, false, Exact), "ak", "AK\u{212a}l");
    check(&class(&letters, true, Exact), "AK\u{212a}l", "ak");
    check(&class(&letters, false, IgnoreAscii), "akAK", "\u{212a}lL");
    check(&class(&letters, false, Ignore), "akAK\u{212a}", "lL");
    let upper = [range('A', 'Z')];
    check(&class(&upper, false, Ignore), "sSſkıİ\u{212a}", "é");
    let word = |ascii| class(&[category(Category::Word, false, ascii)], false, Exact);
    check(&word(false), "a_9é²٣", " -\u{301}");
    check(&word(true), "a_9", "é²٣");
    let space = |ascii| class(&[category(Category::Space, false, ascii)], false, Exact);
    check(&space(false), " \t\x0b\x1c\u{85}\u{a0}", "a\u{200b}");
    check(&space(true), " \t\x0b", "\x1c\u{85}\u{a0}");
    check(&class(&[], true, Exact), "a\n\0", "");
    check(&class(&[], false, Exact), "", "a\n\0");
    let far = [range('\u{10400}', '\u{10427}')];
    check(&class(&far, false, Ignore), "\u{10400}\u{10428}", "a");
}

/// Returns characters where sets differ: all that have cases, and some of the others.
fn sample() -> impl Iterator<Item = char> {
    let others = ('\0'..='\u{200}').chain(('\0'..=char::MAX).step_by(97));
    let borders = "\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}".chars();
    others
        .chain(borders)
        .chain(unicode::cased().iter().copied())
}

#[test]
fn the_whole_set_is_what_is_taken_and_nothing_else() {
    let check = |class: &Class| {
        let ranges = class.whole_set();
        for char in sample() {
            let at = ranges.partition_point(|(first, _)| *first <= char);
            let listed = ranges.iter().take(at).next_back();
            let listed = listed.is_some_and(|(_, last)| char <= *last);
            assert_eq!(listed, class.contains(char), "{class:?} {char:?}");
        }
        let ascii = class.ascii();
        let bytes = (0..=255_u8).filter(|byte| ascii.contains(*byte));
        assert!(bytes.eq((0..128_u8).filter(|byte| class.contains(char::from(*byte)))));
        let touch = ranges
            .iter()
            .zip(ranges.iter().skip(1))
            .any(|((_, end), (start, _))| u32::from(*end) + 1 >= u32::from(*start));
        assert!(!touch, "{class:?}");
    };
    let sets: [&[Item]; 9] = [
        &[],
        &[range('a', 'k'), range('b', 'c'), range('l', 'l')],
        &[range('A', 'Z')],
        &[range('\0', char::MAX)],
        &[range('a', 'b'), range('\u{c0}', '\u{10410}')],
        &[range('\u{ffff}', '\u{1f600}')],
        &[category(Category::Word, false, false), range('-', '-')],
        &[category(Category::Digit, true, true)],
        &[category(Category::Space, true, false), range('\n', '\n')],
    ];
    for items in sets {
        for negated in [false, true] {
            for case in [Exact, IgnoreAscii, Ignore] {
                check(&class(items, negated, case));
            }
        }
    }
}

#[test]
fn sets_of_ascii_are_compared_and_joined() {
    let digits = AsciiSet::of(|char| char.is_ascii_digit());
    let letters = AsciiSet::of(|char| char.is_ascii_alphabetic());
    assert!(digits.is_apart_from(letters));
    let both = digits.or(letters);
    assert!(!both.is_apart_from(letters) && both.contains(b'0') && both.contains(b'z'));
    assert!(!both.contains(b'-') && !both.contains(0x80 | b'0') && !both.is_empty());
    assert!(AsciiSet::default().is_empty());
    assert_eq!(AsciiSet::of(|char| char == '\x01').bits(), 2);
}
