//! Whole numbers of any size, between bytes and digits.

use crate::Value;

/// Longest number we carry, in bytes; far above anything a server means.
const LONGEST: usize = 256;

/// Returns the number whose two's complement, low byte first, this is; `None`
/// when it is longer than we carry.
pub(super) fn from_bytes(bytes: &[u8]) -> Option<Value> {
    let negative = bytes.last().is_some_and(|byte| *byte >= 0x80);
    let fill = if negative { 0xff } else { 0 };
    if let Some((low, high)) = bytes.split_at_checked(8) {
        let same_sign = low.last().is_some_and(|byte| (*byte >= 0x80) == negative);
        if !(same_sign && high.iter().all(|byte| *byte == fill)) {
            return big_from_bytes(bytes, negative);
        }
    }
    let mut eight = [fill; 8];
    for (slot, byte) in eight.iter_mut().zip(bytes) {
        *slot = *byte;
    }
    Some(Value::Int(i64::from_le_bytes(eight)))
}

fn big_from_bytes(bytes: &[u8], negative: bool) -> Option<Value> {
    if bytes.len() > LONGEST {
        return None;
    }
    let mut magnitude = bytes.to_vec();
    if negative {
        negate(&mut magnitude);
    }
    // Decimal digits, low one first: multiply by 256 and add, byte by byte.
    let mut digits: Vec<u8> = Vec::new();
    for byte in magnitude.iter().rev() {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) * 256;
            *digit = low_digit(carry);
            carry /= 10;
        }
        while carry > 0 {
            digits.push(low_digit(carry));
            carry /= 10;
        }
    }
    let sign = if negative { "-" } else { "" };
    let digits: String = digits
        .iter()
        .rev()
        .map(|digit| char::from(b'0' + digit))
        .collect();
    Some(Value::BigInt(format!("{sign}{digits}")))
}

/// Returns the number for decimal digits with an optional `-`, as Python writes
/// them; `None` when it is no number or longer than we carry.
pub(super) fn from_digits(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_canonical = !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        // Python would read other leading zeros as octal or not at all.
        && (text == "0" || !digits.starts_with('0'));
    // A byte is 2.4 digits.
    if !is_canonical || digits.len() > LONGEST * 12 / 5 {
        return None;
    }
    Some(match text.parse() {
        Ok(number) => Value::Int(number),
        Err(_) => Value::BigInt(text.to_owned()),
    })
}

/// Returns the shortest two's complement, low byte first, of decimal digits.
/// What is no digit counts as nothing: a [`Value::BigInt`] holds only digits.
pub(super) fn to_bytes(digits: &str) -> Vec<u8> {
    let negative = digits.starts_with('-');
    let mut bytes: Vec<u8> = Vec::new();
    for digit in digits.chars().filter_map(|digit| digit.to_digit(10)) {
        let mut carry = digit;
        for byte in &mut bytes {
            carry += u32::from(*byte) * 10;
            *byte = low_byte(carry);
            carry >>= 8;
        }
        if carry > 0 {
            bytes.push(low_byte(carry));
        }
    }
    // Room for the sign; `shorten` takes it away again where it says nothing.
    bytes.push(0);
    if negative {
        negate(&mut bytes);
    }
    shorten(&mut bytes);
    bytes
}

/// Drops high bytes that only repeat the sign.
pub(super) fn shorten(bytes: &mut Vec<u8>) {
    while let [.., below, top] = bytes.as_slice() {
        let sign = if *below >= 0x80 { 0xff } else { 0 };
        if *top != sign {
            break;
        }
        bytes.pop();
    }
}

fn negate(bytes: &mut [u8]) {
    let mut carry = true;
    for byte in bytes {
        let (sum, over) = (!*byte).overflowing_add(u8::from(carry));
        *byte = sum;
        carry = over;
    }
}

fn low_digit(number: u32) -> u8 {
    let [low, ..] = (number % 10).to_le_bytes();
    low
}

fn low_byte(number: u32) -> u8 {
    let [low, ..] = number.to_le_bytes();
    low
}

#[cfg(test)]
mod tests {
    use super::{from_bytes, from_digits, to_bytes};

    #[test]
    fn bytes_and_digits_say_the_same_number() {
        let rows: &[(&[u8], &str)] = &[
            (&[0, 0, 0, 0, 0, 0, 0, 0x80, 0], "9223372036854775808"),
            (
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff],
                "-9223372036854775809",
            ),
            (&[0; 0], "0"),
            (&[0xff], "-1"),
            (&[0, 0, 0, 0, 0, 0, 0, 0x80], "-9223372036854775808"),
            (&[0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0], "65535"),
        ];
        for (bytes, digits) in rows {
            let value = from_bytes(bytes).unwrap();
            assert_eq!(value.repr(), *digits);
            assert_eq!(from_digits(digits), Some(value));
        }
    }

    #[test]
    fn big_numbers_are_written_shortest() {
        let rows: &[(&str, &[u8])] = &[
            ("9223372036854775808", &[0, 0, 0, 0, 0, 0, 0, 0x80, 0]),
            (
                "-9223372036854775809",
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff],
            ),
            ("18446744073709551616", &[0, 0, 0, 0, 0, 0, 0, 0, 1]),
        ];
        for (digits, bytes) in rows {
            assert_eq!(to_bytes(digits), *bytes);
        }
    }

    #[test]
    fn numbers_beyond_the_longest_are_none() {
        assert_eq!(from_bytes(&[0x7f; 257]), None);
        assert_eq!(from_digits(&"9".repeat(700)), None);
        assert_eq!(from_digits("12x"), None);
        assert_eq!(from_digits("-"), None);
        assert_eq!(from_digits("007"), None);
        assert_eq!(from_digits("+7"), None);
    }
}
