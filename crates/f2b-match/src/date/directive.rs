//! The `%` directives of date patterns: how each is shown and what it matches.

/// A directive without its percent sign.
#[derive(Debug)]
pub(super) struct Directive {
    /// How it is written: `Y`, `ExY`.
    pub(super) spelling: &'static str,
    /// What stands for it in the name of a pattern.
    pub(super) name: &'static str,
    /// What it matches; [`YEARS`] stands in it for the years that are believed.
    pub(super) regex: &'static str,
}

/// Stands in a regular expression for the years that are believed; no pattern can hold it.
pub(super) const YEARS: &str = "\0years\0";

/// The directives that make a whole pattern ignore case.
pub(super) const IGNORING_CASE: [&str; 6] = ["a", "A", "b", "B", "p", "c"];

const fn row(spelling: &'static str, name: &'static str, regex: &'static str) -> Directive {
    Directive {
        spelling,
        name,
        regex,
    }
}

/// Finds a directive by how it is written.
pub(super) fn find(spelling: &str) -> Option<&'static Directive> {
    TABLE.iter().find(|row| row.spelling == spelling)
}

/// Every directive. A spelling of three letters is looked for before one of a single letter.
///
/// Those whose name is the directive itself come to the original from Python's `time.strptime`,
/// whose regular expressions they have; the others have their own, where a leading zero counts.
const TABLE: &[Directive] = &[
    row("%", "%", "%"),
    row("Y", "Year", r"(?P<Y>\d{4})"),
    row("ExY", "ExYear", "(?P<Y>\0years\0\\d)"),
    row("y", "Year2", r"(?P<y>\d\d)"),
    row("Exy", "ExYear2", r"(?P<y>\d{2})"),
    row("m", "Month", r"(?P<m>0?[1-9]|1[0-2])"),
    row("Exm", "ExMonth", r"(?P<m>0[1-9]|1[0-2])"),
    row("d", "Day", r"(?P<d>[1-2]\d|[0 ]?[1-9]|3[0-1])"),
    row("Exd", "ExDay", r"(?P<d>[1-2]\d|0[1-9]|3[0-1])"),
    row("H", "24hour", r"(?P<H>[0-1]?\d|2[0-3])"),
    row("ExH", "Ex24hour", r"(?P<H>[0-1]\d|2[0-3])"),
    row("k", "%k", r" ?(?P<H>[0-2]?\d)"),
    row("Exk", "Ex%k", r" ?(?P<H>[0-1]?\d|2[0-3])"),
    row("I", "12hour", r"(?P<I>1[0-2]|0[1-9]|[1-9])"),
    row("l", "%l", r" ?(?P<I>1?\d)"),
    row("Exl", "Ex%l", r" ?(?P<I>1[0-2]|\d)"),
    row("M", "Minute", r"(?P<M>[0-5]?\d)"),
    row("ExM", "ExMinute", r"(?P<M>[0-5]\d)"),
    row("S", "Second", r"(?P<S>[0-5]?\d|6[0-1])"),
    row("ExS", "ExSecond", r"(?P<S>[0-5]\d|6[0-1])"),
    row("f", "Microseconds", "(?P<f>[0-9]{1,6})"),
    row("p", "AMPM", "(?P<p>am|pm)"),
    row("a", "DAY", "(?P<a>mon|tue|wed|thu|fri|sat|sun)"),
    row(
        "A",
        "DAYNAME",
        "(?P<A>wednesday|thursday|saturday|tuesday|monday|friday|sunday)",
    ),
    row(
        "b",
        "MON",
        "(?P<b>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    ),
    row(
        "B",
        "MONTH",
        "(?P<B>september|february|november|december|january|october|august|march|april|june|july|may)",
    ),
    row(
        "j",
        "Yearday",
        r"(?P<j>36[0-6]|3[0-5]\d|[1-2]\d\d|0[1-9]\d|00[1-9]|[1-9]\d|0[1-9]|[1-9])",
    ),
    row("U", "Yearweek", r"(?P<U>5[0-3]|[0-4]\d|\d)"),
    row("W", "Yearweek", r"(?P<W>5[0-3]|[0-4]\d|\d)"),
    row("w", "Weekday", "(?P<w>[0-6])"),
    row("u", "%u", "(?P<u>[1-7])"),
    row("V", "%V", r"(?P<V>5[0-3]|0[1-9]|[1-4]\d|\d)"),
    row("G", "%G", r"(?P<G>\d\d\d\d)"),
    row(
        "z",
        "Zone offset",
        r"(?P<z>Z|UTC|GMT|[+-][01]\d(?::?\d{2})?)",
    ),
    row(
        "Exz",
        "ExZone offset",
        r"(?P<z>(?:[A-Z](?:[A-Z]{2,4})?)?[+-][01]\d(?::?\d{2})?|[A-Z](?:[A-Z]{2,4})?)",
    ),
    row("Z", "Zone name", "(?P<Z>Z|[A-Z]{3,5})"),
    row("ExZ", "ExZone name", "(?P<Z>[A-Z](?:[A-Z]{2,4})?)"),
    row(
        "c",
        "%c",
        r"(?P<a>mon|tue|wed|thu|fri|sat|sun)\s+(?P<b>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\s+(?P<d>3[0-1]|[1-2]\d|0[1-9]|[1-9]| [1-9])\s+(?P<H>2[0-3]|[0-1]\d|\d):(?P<M>[0-5]\d|\d):(?P<S>6[0-1]|[0-5]\d|\d)\s+(?P<Y>\d\d\d\d)",
    ),
    row(
        "x",
        "%x",
        r"(?P<m>1[0-2]|0[1-9]|[1-9])/(?P<d>3[0-1]|[1-2]\d|0[1-9]|[1-9]| [1-9])/(?P<y>\d\d)",
    ),
    row(
        "X",
        "%X",
        r"(?P<H>2[0-3]|[0-1]\d|\d):(?P<M>[0-5]\d|\d):(?P<S>6[0-1]|[0-5]\d|\d)",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_directive_is_listed_twice() {
        for (index, row) in TABLE.iter().enumerate() {
            let first = TABLE
                .iter()
                .position(|other| other.spelling == row.spelling);
            assert_eq!(first, Some(index), "{row:?}");
        }
    }

    #[test]
    fn years_are_marked_in_one_directive() {
        let marked: Vec<_> = TABLE
            .iter()
            .filter(|row| row.regex.contains(YEARS))
            .map(|row| row.spelling)
            .collect();
        assert_eq!(marked, ["ExY"]);
    }
}
