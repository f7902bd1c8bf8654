//! Whole numbers as Python reads them.

/// Reads a number as `optparse` does: `0x10`, `0b1`, `010` (octal), `1_000`, blanks around it.
pub(crate) fn optparse_int(text: &str) -> Option<i64> {
    let lower = text.get(..2).unwrap_or_default().to_lowercase();
    let (digits, radix) = if lower == "0x" {
        (text, 16)
    } else if lower == "0b" {
        let digits = text.get(2..).unwrap_or_default();
        (if digits.is_empty() { "0" } else { digits }, 2)
    } else if text.starts_with('0') {
        (text, 8)
    } else {
        (text, 10)
    };
    int(digits, radix)
}

/// Reads a number as `int()` does.
pub(crate) fn int(text: &str, radix: u32) -> Option<i64> {
    let trimmed = text.trim();
    let (sign, digits) = match trimmed.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let prefixes: &[&str] = match radix {
        16 => &["0x", "0X"],
        8 => &["0o", "0O"],
        2 => &["0b", "0B"],
        _ => &[],
    };
    let prefixed = prefixes
        .iter()
        .find_map(|prefix| digits.strip_prefix(prefix));
    let digits = match prefixed {
        // One underscore may stand between prefix and digits.
        Some(rest) => rest.strip_prefix('_').unwrap_or(rest),
        None => digits,
    };
    let parts: Vec<&str> = digits.split('_').collect();
    let is_whole = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_digit(radix));
    if !parts.iter().all(is_whole) {
        return None;
    }
    i64::from_str_radix(&format!("{sign}{}", parts.concat()), radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_optparse_reads_them() {
        let check = |text: &str, expected: Option<i64>| {
            assert_eq!(optparse_int(text), expected, "{text:?}");
        };
        check("12", Some(12));
        check(" 5_0 ", Some(50));
        check("-1", Some(-1));
        check("+3", Some(3));
        check("0x2", Some(2));
        check("0X_f", Some(15));
        check("010", Some(8));
        check("0o17", Some(15));
        check("0b", Some(0));
        check("0b101", Some(5));
        check("0", Some(0));
        check("09", None);
        check("", None);
        check("x", None);
        check("1__0", None);
        check("_1", None);
        check("1.5", None);
        check("99999999999999999999", None);
    }
}
