//! Types of options, as Python reads them (contract A 1.6).

/// As the original: these words are true, everything else is false.
pub(super) fn boolean(text: &str) -> bool {
    ["1", "on", "true", "yes"].contains(&text.to_lowercase().as_str())
}

/// As Python's `int()`, within 64 bits and with the digits of ASCII.
pub(super) fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let parts: Vec<&str> = digits.split('_').collect();
    let is_number =
        |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !parts.iter().all(is_number) {
        return None;
    }
    format!("{sign}{}", parts.concat()).parse().ok()
}

/// Words between blanks and commas.
pub(super) fn words(text: &str) -> Vec<&str> {
    let is_border = |c: char| c.is_whitespace() || c == ',';
    text.split(is_border)
        .filter(|word| !word.is_empty())
        .collect()
}

/// Splits as a POSIX shell does; an error is in Python's words.
pub(super) fn shell_words(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next().ok_or("No closing quotation")? {
                        '\'' => break,
                        inner => word.push(inner),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next().ok_or("No closing quotation")? {
                        '"' => break,
                        '\\' => {
                            let escaped = characters.next().ok_or("No escaped character")?;
                            if escaped != '"' && escaped != '\\' {
                                word.push('\\');
                            }
                            word.push(escaped);
                        }
                        inner => word.push(inner),
                    }
                }
            }
            '\\' => {
                let escaped = characters.next().ok_or("No escaped character")?;
                word.get_or_insert_default().push(escaped);
            }
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}
