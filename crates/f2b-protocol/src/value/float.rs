//! How Python writes a floating-point number.

/// Returns Python's `repr()` of the number: the shortest digits that read back
/// as the same number, with an exponent below 1e-4 and from 1e16 on.
pub(super) fn repr(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = shortest(number);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", mantissa),
    };
    if (-4..16).contains(&exponent) {
        return format!("{sign}{}", plain(&digits.replace('.', ""), exponent));
    }
    let direction = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{digits}e{direction}{:02}", exponent.unsigned_abs())
}

/// Returns the fewest digits that read back as the number, `-1.25e-7`.
fn shortest(number: f64) -> String {
    let scientific = format!("{number:e}");
    let digits = scientific
        .bytes()
        .take_while(|byte| *byte != b'e')
        .filter(u8::is_ascii_digit);
    // Where two strings of that length are equally near, Rust takes either and
    // Python the even one, as exact rounding to so many digits does.
    let even = format!("{number:.*e}", digits.count().saturating_sub(1));
    if even.parse() == Ok(number) {
        even
    } else {
        scientific
    }
}

/// Returns digits with the point where the exponent wants it, always one there.
fn plain(digits: &str, exponent: i32) -> String {
    let Ok(whole) = usize::try_from(exponent.saturating_add(1)) else {
        let zeros = usize::try_from(exponent.saturating_add(1).unsigned_abs()).unwrap_or(0);
        return format!("0.{}{digits}", "0".repeat(zeros));
    };
    match digits.split_at_checked(whole) {
        Some((digits, "")) => format!("{digits}.0"),
        Some(("", fraction)) => format!("0.{fraction}"),
        Some((digits, fraction)) => format!("{digits}.{fraction}"),
        None => format!("{digits:0<whole$}.0"),
    }
}

#[cfg(test)]
mod tests {
    use super::repr;

    #[test]
    fn floats_are_written_as_python_writes_them() {
        let rows: &[(f64, &str)] = &[
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (2.5, "2.5"),
            (600.5, "600.5"),
            (2_629_800.0, "2629800.0"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-1.25e-7, "-1.25e-07"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            // Exactly between two strings of sixteen digits.
            (1_445_693_029_473_354.0 + 0.25, "1445693029473354.2"),
            (0.1, "0.1"),
            (123.456, "123.456"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ];
        for (number, expected) in rows {
            assert_eq!(repr(*number), *expected);
        }
    }
}
