//! Text and numbers as the old protocols write them.

use super::PickleError;
use crate::{SurrogateText, Value};

/// Returns the text for UTF-8 in which surrogates may stand alone.
pub(super) fn utf8(bytes: &[u8]) -> Result<Value, PickleError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Value::text(text)),
        Err(_) => SurrogateText::from_bytes(bytes)
            .map(Value::Surrogates)
            .ok_or(PickleError::Utf8),
    }
}

/// Returns the text for a byte string of Python 2, which must be ASCII.
pub(super) fn ascii(bytes: &[u8]) -> Result<Value, PickleError> {
    match bytes.iter().position(|byte| !byte.is_ascii()) {
        None => Ok(bytes
            .iter()
            .map(|byte| char::from(*byte))
            .collect::<String>()
            .into()),
        Some(position) => {
            let byte = bytes.get(position).copied().unwrap_or_default();
            Err(PickleError::Ascii { byte, position })
        }
    }
}

/// Returns the text for the quoted and escaped argument of `STRING`.
pub(super) fn quoted(line: &[u8]) -> Result<Value, PickleError> {
    let (Some(first), Some(last)) = (line.first(), line.last()) else {
        return Err(PickleError::Argument("STRING"));
    };
    let inner = line.get(1..line.len().saturating_sub(1));
    match inner {
        Some(inner) if first == last && matches!(first, b'\'' | b'"') && line.len() > 1 => {
            ascii(&unescape(inner)?)
        }
        _ => Err(PickleError::Argument("STRING")),
    }
}

/// Undoes the escapes of a Python byte string.
fn unescape(text: &[u8]) -> Result<Vec<u8>, PickleError> {
    let malformed = || PickleError::Argument("STRING");
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.next().ok_or_else(malformed)? {
            b'\n' => {}
            quoted @ (b'\\' | b'\'' | b'"') => out.push(quoted),
            b'a' => out.push(7),
            b'b' => out.push(8),
            b't' => out.push(b'\t'),
            b'n' => out.push(b'\n'),
            b'v' => out.push(11),
            b'f' => out.push(12),
            b'r' => out.push(b'\r'),
            b'x' => {
                let high = bytes.next().and_then(hex_digit).ok_or_else(malformed)?;
                let low = bytes.next().and_then(hex_digit).ok_or_else(malformed)?;
                out.push(high << 4 | low);
            }
            digit @ b'0'..=b'7' => {
                let mut number = u32::from(digit - b'0');
                for _ in 0..2 {
                    let Some(next) = bytes.next_if(|byte| matches!(byte, b'0'..=b'7')) else {
                        break;
                    };
                    number = number << 3 | u32::from(next - b'0');
                }
                let [low, ..] = number.to_le_bytes();
                out.push(low);
            }
            other => out.extend([b'\\', other]),
        }
    }
    Ok(out)
}

/// Returns the text for the argument of `UNICODE`: Latin-1 with `\uXXXX` and
/// `\UXXXXXXXX`.
pub(super) fn raw_unicode(line: &[u8]) -> Result<Value, PickleError> {
    let malformed = || PickleError::Argument("UNICODE");
    let mut points = Vec::with_capacity(line.len());
    let mut bytes = line.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            points.push(u32::from(byte));
            continue;
        }
        let digits = match bytes.next() {
            Some(b'u') => 4,
            Some(b'U') => 8,
            Some(other) => {
                points.extend([u32::from(b'\\'), u32::from(other)]);
                continue;
            }
            None => return Err(malformed()),
        };
        let mut point: u32 = 0;
        for _ in 0..digits {
            let digit = bytes.next().and_then(hex_digit).ok_or_else(malformed)?;
            // Eight hexadecimal digits fill 32 bits exactly.
            point = point << 4 | u32::from(digit);
        }
        points.push(point);
    }
    from_points(points).ok_or_else(malformed)
}

fn from_points(points: Vec<u32>) -> Option<Value> {
    let text: Option<String> = points.iter().map(|point| char::from_u32(*point)).collect();
    match text {
        Some(text) => Some(Value::Str(text)),
        None => SurrogateText::from_points(points).map(Value::Surrogates),
    }
}

/// Returns the number that digits with a point or an exponent say.
pub(super) fn float(line: &[u8]) -> Result<Value, PickleError> {
    let number = std::str::from_utf8(line).ok().and_then(|text| {
        let number: f64 = text.parse().ok()?;
        // Python refuses digits that are too large instead of taking infinity.
        let overflow = number.is_infinite() && text.bytes().any(|byte| byte.is_ascii_digit());
        (!overflow).then_some(number)
    });
    number
        .map(Value::Float)
        .ok_or(PickleError::Argument("FLOAT"))
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}
