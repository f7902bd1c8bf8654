//! The years that `%ExY` believes: from 2000 to the decade in which three years from now lie.

use f2b_core::UnixTime;

use super::civil;

/// The first and the last decade that is believed: 200 to 202 in 2026.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Years {
    first: i64,
    last: i64,
}

impl Years {
    /// Returns the years that are believed at `now`.
    pub(super) fn at(now: UnixTime) -> Self {
        let (year, ..) = civil::date_of(now.whole_seconds().div_euclid(civil::DAY));
        let year = year.clamp(0, 9_000);
        Self {
            first: (year / 10).min(200),
            last: (year + 3) / 10,
        }
    }

    /// Tells whether `year` is believed.
    pub(super) const fn has(self, year: i64) -> bool {
        let decade = year / 10;
        self.first <= decade && decade <= self.last
    }

    /// Returns a regular expression for the decades: `20[012]`.
    pub(super) fn regex(self) -> String {
        let decades: Vec<String> = (self.first..=self.last)
            .map(|one| one.to_string())
            .collect();
        let [first, .., last] = decades.as_slice() else {
            return decades.concat();
        };
        let common = first
            .bytes()
            .zip(last.bytes())
            .take_while(|(one, other)| one == other)
            .count();
        let ends: Vec<&str> = decades.iter().filter_map(|one| one.get(common..)).collect();
        let common = first.get(..common).unwrap_or_default();
        if ends.iter().all(|end| end.len() == 1) {
            format!("{common}[{}]", ends.concat())
        } else {
            format!("{common}(?:{})", ends.join("|"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_reach_three_years_ahead() {
        let check = |year: i64, expected: &str, has: i64, has_not: i64| {
            let now = UnixTime::from_seconds(civil::days_of(year, 3, 4) * civil::DAY);
            let years = Years::at(now);
            assert_eq!(years.regex(), expected, "{year}");
            assert!(years.has(has) && !years.has(has_not), "{year}");
        };
        check(1999, "(?:199|200)", 1990, 2010);
        check(2005, "200", 2009, 2010);
        check(2016, "20[01]", 2019, 2020);
        check(2026, "20[012]", 2029, 1999);
        check(2027, "20[0123]", 2039, 2040);
        check(2098, "2(?:00|01|02|03|04|05|06|07|08|09|10)", 2109, 2110);
    }
}
