//! Writes our tree as `script.py` writes CPython's.

use f2b_pyregex::ast::{Assert, Case, Kind, Mode, Node};
use f2b_pyregex::class::{Category, Class, Item};

/// Returns a tree in one line.
pub(super) fn shown(node: &Node) -> String {
    match &node.kind {
        Kind::Empty => "()".to_owned(),
        Kind::Literal(literal) => format!("'{:x}{}", u32::from(literal.char), mark(literal.case)),
        Kind::Class(class) => shown_class(class),
        Kind::Assert(assert) => shown_assert(*assert).to_owned(),
        Kind::Group { index, body } => format!("(group {index} {})", shown(body)),
        Kind::Concat(nodes) => format!("(concat {})", all(nodes)),
        Kind::Alternate(nodes) => format!("(or {})", all(nodes)),
        Kind::Repeat {
            body,
            min,
            max,
            mode,
        } => {
            let max = max.map_or_else(String::new, |max| max.to_string());
            let mode = match mode {
                Mode::Greedy => "",
                Mode::Lazy => "?",
                Mode::Possessive => "+",
            };
            format!("(repeat {min},{max}{mode} {})", shown(body))
        }
        Kind::Look {
            back,
            negated,
            body,
        } => {
            let way = back.map_or_else(|| "ahead".to_owned(), |back| format!("behind {back}"));
            let not = if *negated { " not" } else { "" };
            format!("({way}{not} {})", shown(body))
        }
        Kind::Atomic(body) => format!("(atomic {})", shown(body)),
        Kind::BackReference { group, case } => format!("(again {group}{})", mark(*case)),
        Kind::Conditional { group, yes, no } => {
            format!("(if {group} {} {})", shown(yes), shown(no))
        }
    }
}

fn all(nodes: &[Node]) -> String {
    nodes.iter().map(shown).collect::<Vec<_>>().join(" ")
}

fn shown_class(class: &Class) -> String {
    let items = class.items.iter().map(|item| match item {
        Item::Range(first, last) => format!("{:x}-{:x}", u32::from(*first), u32::from(*last)),
        Item::Category {
            category,
            negated,
            ascii,
        } => {
            let letter = match category {
                Category::Digit => 'd',
                Category::Space => 's',
                Category::Word => 'w',
            };
            let upper = letter.to_ascii_uppercase();
            let ascii = if *ascii { "a" } else { "" };
            format!("{}{ascii}", if *negated { upper } else { letter })
        }
    });
    let items = items.collect::<Vec<_>>().join(" ");
    let not = if class.negated { "^" } else { "" };
    format!("[{not}{items}]{}", mark(class.case))
}

fn shown_assert(assert: Assert) -> &'static str {
    match assert {
        Assert::TextStart => "start",
        Assert::LineStart => "line-start",
        Assert::TextEnd => "end",
        Assert::TextEndOrFinalNewline => "last",
        Assert::LineEnd => "line-end",
        Assert::WordBoundary { ascii: false } => "border",
        Assert::WordBoundary { ascii: true } => "border-ascii",
        Assert::NotWordBoundary { ascii: false } => "inside",
        Assert::NotWordBoundary { ascii: true } => "inside-ascii",
    }
}

fn mark(case: Case) -> &'static str {
    match case {
        Case::Exact => "",
        Case::IgnoreAscii => "a",
        Case::Ignore => "i",
    }
}
