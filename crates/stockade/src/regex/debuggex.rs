//! Addresses of www.debuggex.com, which shows what a rule does on a line.

/// Returns the address for an expanded rule and a text.
pub(crate) fn address(regex: &str, text: &str, is_multiline: bool) -> String {
    let mut address = String::from("https://www.debuggex.com/?re=");
    quote(regex, &mut address);
    address.push_str("&str=");
    quote(text, &mut address);
    address.push_str("&flavor=python");
    if is_multiline {
        address.push_str("&flags=m");
    }
    address
}

/// As Python's `quote_plus`.
fn quote(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_as_python_quotes_them() {
        assert_eq!(
            address(r"^\d ~é$", "a\n*b", true),
            "https://www.debuggex.com/?re=%5E%5Cd+~%C3%A9%24&str=a%0A%2Ab&flavor=python&flags=m"
        );
        assert!(address("", "", false).ends_with("re=&str=&flavor=python"));
    }
}
