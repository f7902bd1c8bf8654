//! How the bytes of a log become text.

use std::borrow::Cow;

/// An encoding that logs can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// ASCII.
    Ascii,
    /// ISO 8859-1.
    Latin1,
    /// UTF-16; the order of bytes, unless a mark at the begin tells it.
    Utf16(Order),
    /// UTF-32, likewise.
    Utf32(Order),
    /// A code page.
    CodePage(&'static encoding_rs::Encoding),
}

/// Which byte of a unit comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The lowest.
    Little,
    /// The highest.
    Big,
}

impl Encoding {
    /// Returns the encoding that has this name in Python; `None` if it is none that we read.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name: String = name
            .to_ascii_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        Some(match name.trim_matches('_') {
            "utf_8" | "utf8" | "u8" | "utf" | "cp65001" | "utf8_ucs2" | "utf8_ucs4" => Self::Utf8,
            "ascii" | "us_ascii" | "us" | "646" | "iso646_us" | "ansi_x3_4_1968"
            | "ansi_x3_4_1986" | "cp367" | "csascii" | "ibm367" | "iso_646_irv_1991"
            | "iso_ir_6" => Self::Ascii,
            "latin_1" | "latin1" | "latin" | "l1" | "iso_8859_1" | "iso8859_1" | "iso8859"
            | "8859" | "cp819" | "csisolatin1" | "ibm819" | "iso_8859_1_1987" | "iso_ir_100" => {
                Self::Latin1
            }
            "utf_16" | "utf16" | "u16" | "utf_16_le" | "utf_16le" | "unicodelittleunmarked" => {
                Self::Utf16(Order::Little)
            }
            "utf_16_be" | "utf_16be" | "unicodebigunmarked" => Self::Utf16(Order::Big),
            "utf_32" | "utf32" | "u32" | "utf_32_le" | "utf_32le" => Self::Utf32(Order::Little),
            "utf_32_be" | "utf_32be" => Self::Utf32(Order::Big),
            other => Self::CodePage(code_page(other)?),
        })
    }

    /// Returns how many bytes a newline has, and which of them is the one that says so.
    #[must_use]
    pub fn newline(self) -> (usize, usize) {
        match self {
            Self::Utf8 | Self::Ascii | Self::Latin1 | Self::CodePage(_) => (1, 0),
            Self::Utf16(Order::Little) => (2, 0),
            Self::Utf16(Order::Big) => (2, 1),
            Self::Utf32(Order::Little) => (4, 0),
            Self::Utf32(Order::Big) => (4, 3),
        }
    }

    /// Returns the text of a line, and whether all of it could be read; what could not be is U+FFFD.
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> (Cow<'_, str>, bool) {
        match self {
            Self::Utf8 => match std::str::from_utf8(bytes) {
                Ok(text) => (Cow::Borrowed(text), true),
                Err(_) => (String::from_utf8_lossy(bytes), false),
            },
            Self::Ascii => match std::str::from_utf8(bytes)
                .ok()
                .filter(|text| text.is_ascii())
            {
                Some(text) => (Cow::Borrowed(text), true),
                None => {
                    let characters = bytes.iter().map(|byte| match byte {
                        0..=127 => char::from(*byte),
                        _ => char::REPLACEMENT_CHARACTER,
                    });
                    (characters.collect::<String>().into(), false)
                }
            },
            Self::Latin1 => {
                let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
                (text.into(), true)
            }
            Self::CodePage(page) => {
                let (text, had_errors) = page.decode_without_bom_handling(bytes);
                let is_gap = |c: char| matches!(c, '\u{80}'..='\u{9f}') && !has_controls(page);
                if text.contains(is_gap) {
                    return (text.replace(is_gap, "\u{fffd}").into(), false);
                }
                (text, !had_errors)
            }
            Self::Utf16(order) => {
                let units = bytes.chunks(2).map(|unit| match (unit, order) {
                    ([low, high], Order::Little) | ([high, low], Order::Big) => {
                        u16::from_be_bytes([*high, *low])
                    }
                    // A unit that is not whole.
                    _ => 0xd800,
                });
                collected(char::decode_utf16(units).map(Result::ok))
            }
            Self::Utf32(order) => {
                let characters = bytes.chunks(4).map(|unit| {
                    let bytes: [u8; 4] = unit.try_into().ok()?;
                    char::from_u32(match order {
                        Order::Little => u32::from_le_bytes(bytes),
                        Order::Big => u32::from_be_bytes(bytes),
                    })
                });
                collected(characters)
            }
        }
    }
}

/// The code page that Python calls by this name.
///
/// Only those of one byte a character: in the others an attacker's byte can take the bracket behind it into
/// a character, where Python leaves it alone.
fn code_page(name: &str) -> Option<&'static encoding_rs::Encoding> {
    let page = name
        .strip_prefix("cp")
        .or_else(|| name.strip_prefix("windows_"));
    Some(match page.unwrap_or(name) {
        "1250" => encoding_rs::WINDOWS_1250,
        "1251" => encoding_rs::WINDOWS_1251,
        "1252" => encoding_rs::WINDOWS_1252,
        "1253" => encoding_rs::WINDOWS_1253,
        "1254" => encoding_rs::WINDOWS_1254,
        "1255" => encoding_rs::WINDOWS_1255,
        "1256" => encoding_rs::WINDOWS_1256,
        "1257" => encoding_rs::WINDOWS_1257,
        "1258" => encoding_rs::WINDOWS_1258,
        "866" | "ibm866" => encoding_rs::IBM866,
        "koi8_r" | "cskoi8r" => encoding_rs::KOI8_R,
        "koi8_u" => encoding_rs::KOI8_U,
        "mac_roman" | "macroman" | "macintosh" => encoding_rs::MACINTOSH,
        "latin2" | "l2" => encoding_rs::ISO_8859_2,
        "latin3" | "l3" => encoding_rs::ISO_8859_3,
        "latin4" | "l4" => encoding_rs::ISO_8859_4,
        "cyrillic" => encoding_rs::ISO_8859_5,
        "arabic" => encoding_rs::ISO_8859_6,
        "greek" => encoding_rs::ISO_8859_7,
        "hebrew" => encoding_rs::ISO_8859_8,
        "latin6" | "l6" => encoding_rs::ISO_8859_10,
        "latin7" | "l7" => encoding_rs::ISO_8859_13,
        "latin8" | "l8" => encoding_rs::ISO_8859_14,
        "latin9" | "l9" => encoding_rs::ISO_8859_15,
        "latin10" | "l10" => encoding_rs::ISO_8859_16,
        _ => {
            let part = name
                .strip_prefix("iso8859_")
                .or_else(|| name.strip_prefix("iso_8859_"))?;
            match part {
                "2" => encoding_rs::ISO_8859_2,
                "3" => encoding_rs::ISO_8859_3,
                "4" => encoding_rs::ISO_8859_4,
                "5" => encoding_rs::ISO_8859_5,
                "6" => encoding_rs::ISO_8859_6,
                "7" => encoding_rs::ISO_8859_7,
                "8" => encoding_rs::ISO_8859_8,
                "10" => encoding_rs::ISO_8859_10,
                "13" => encoding_rs::ISO_8859_13,
                "14" => encoding_rs::ISO_8859_14,
                "15" => encoding_rs::ISO_8859_15,
                "16" => encoding_rs::ISO_8859_16,
                _ => return None,
            }
        }
    })
}

/// Whether Python knows what the control characters of the upper half stand for; else it has gaps there.
fn has_controls(page: &'static encoding_rs::Encoding) -> bool {
    page.name().starts_with("ISO-")
}

fn collected(characters: impl Iterator<Item = Option<char>>) -> (Cow<'static, str>, bool) {
    let mut is_whole = true;
    let text: String = characters
        .map(|character| {
            is_whole &= character.is_some();
            character.unwrap_or(char::REPLACEMENT_CHARACTER)
        })
        .collect();
    // A mark of the order of bytes is no text.
    let text = text
        .strip_prefix('\u{feff}')
        .map(str::to_owned)
        .unwrap_or(text);
    (text.into(), is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_known_by_the_names_that_python_has() {
        let check = |names: &[&str], expected: Option<Encoding>| {
            for name in names {
                assert_eq!(Encoding::named(name), expected, "{name}");
            }
        };
        check(&["UTF-8", "utf8", "u8", "utf_8"], Some(Encoding::Utf8));
        check(&["latin1", "ISO-8859-1", "L1"], Some(Encoding::Latin1));
        check(&["ascii", "US-ASCII", "646"], Some(Encoding::Ascii));
        check(
            &["utf-16", "utf-16-le"],
            Some(Encoding::Utf16(Order::Little)),
        );
        let page = |page| Some(Encoding::CodePage(page));
        check(
            &["cp1252", "windows-1252", "1252"],
            page(encoding_rs::WINDOWS_1252),
        );
        check(
            &["iso8859-15", "ISO_8859-15", "latin9", "L9"],
            page(encoding_rs::ISO_8859_15),
        );
        check(&["koi8-r", "KOI8_R"], page(encoding_rs::KOI8_R));
        // On the web these are others, or have two bytes for a character.
        check(
            &[
                "iso8859-9",
                "iso8859-11",
                "gbk",
                "big5",
                "shift_jis",
                "euc-kr",
            ],
            None,
        );
        check(&["nope", "auto", "", "x-user-defined", "cp9"], None);
    }

    #[test]
    fn what_cannot_be_read_is_replaced_and_told() {
        let check = |encoding: Encoding, bytes: &[u8], expected: &str, is_whole: bool| {
            let (text, whole) = encoding.decode(bytes);
            assert_eq!(
                (&*text, whole),
                (expected, is_whole),
                "{encoding:?} {bytes:?}"
            );
        };
        check(Encoding::Utf8, "é".as_bytes(), "é", true);
        check(Encoding::Utf8, b"caf\xe9 x", "caf\u{fffd} x", false);
        check(Encoding::Ascii, b"a\xc3\xa9", "a\u{fffd}\u{fffd}", false);
        check(Encoding::Latin1, b"caf\xe9", "café", true);
        let little = Encoding::Utf16(Order::Little);
        check(little, b"\xff\xfea\0\n\0", "a\n", true);
        check(little, b"a\0\0\xd8", "a\u{fffd}", false);
        check(Encoding::Utf16(Order::Big), b"\0a\0", "a\u{fffd}", false);
        check(Encoding::Utf32(Order::Big), b"\0\0\0a", "a", true);
        let page = Encoding::CodePage(encoding_rs::WINDOWS_1252);
        check(page, b"caf\xe9 \x80", "café €", true);
        check(page, b"a\x81", "a\u{fffd}", false);
        let page = Encoding::CodePage(encoding_rs::ISO_8859_15);
        check(page, b"\xa4\x81", "€\u{81}", true);
    }
}
