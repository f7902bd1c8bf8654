//! What is said before the first line is read: what is used.

use f2b_match::DateDetector;
use f2b_protocol::Value;

/// Returns the title.
pub(crate) const TITLE: &str = "\nRunning tests\n=============\n";

/// Returns a line that says what is used, `name` at most 16 characters long.
pub(crate) fn used(name: &str, value: &str) -> String {
    format!("Use {name:>16} : {value}")
}

/// Returns the line about a rule or a line that was given as a text.
pub(crate) fn used_text(name: &str, text: &str) -> String {
    used(name, &shortened(text))
}

/// Returns the line about the options of a jail or a filter.
pub(crate) fn options(first: &str, name: &str, options: &[(String, Value)]) -> String {
    let pairs = options
        .iter()
        .map(|(key, value)| (Value::text(key), value.clone()));
    format!(
        "{first:<4}{name:>16} : {}",
        Value::Dict(pairs.collect()).repr()
    )
}

/// Returns the line about a `datepattern`.
pub(crate) fn datepattern(pattern: &str, dates: &DateDetector, now: f2b_core::UnixTime) -> String {
    let mut templates = dates.templates(now);
    let name = match (templates.next(), templates.nth(1)) {
        (Some(first), None) => first.name,
        _ => "Default Detectors".to_owned(),
    };
    used("datepattern", &format!("{pattern} : {name}"))
}

/// Returns the lines about a text of several lines.
pub(crate) fn multi_line(lines: &[String]) -> Vec<String> {
    const SHOWN: usize = 5;
    let mut said = vec![format!("Use      multi line : {} line(s)", lines.len())];
    let shown = lines.iter().take(SHOWN).enumerate();
    said.extend(shown.map(|(index, line)| format!("| {:>2}: {}", index + 1, shortened(line))));
    if lines.len() > SHOWN {
        said.push("| ...".to_owned());
    }
    said.push("`-".to_owned());
    said
}

/// A long text is cut: at 50 characters if it has more than 53.
fn shortened(text: &str) -> String {
    const CUT: usize = 50;
    const LONG: usize = 53;
    if text.chars().count() > LONG {
        let cut: String = text.chars().take(CUT).collect();
        cut + "..."
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_at_the_right_and_long_texts_are_cut() {
        assert_eq!(used("maxlines", "3"), "Use         maxlines : 3");
        assert_eq!(
            used_text("failregex line", &"é".repeat(54)),
            format!("Use   failregex line : {}...", "é".repeat(50))
        );
        assert_eq!(shortened(&"x".repeat(53)), "x".repeat(53));
        let options = options("Real", "filter options", &[("a".to_owned(), Value::Int(1))]);
        assert_eq!(options, "Real  filter options : {'a': 1}");
    }

    #[test]
    fn of_many_lines_five_are_shown() {
        let lines: Vec<String> = (1..=6).map(|number| format!("l{number}")).collect();
        let said = multi_line(&lines);
        assert_eq!(said.first().unwrap(), "Use      multi line : 6 line(s)");
        assert_eq!(
            &said[1..7],
            [
                "|  1: l1", "|  2: l2", "|  3: l3", "|  4: l4", "|  5: l5", "| ..."
            ]
        );
        assert_eq!(multi_line(&lines[..1]).len(), 3);
    }
}
