//! What of an answer is compared.

use super::Answer;

/// Returns an answer as one text to compare.
///
/// *Shape*: standard output, a line `[stderr]`, standard error, a line
/// `[exit 0]`. Of the help there is only the first line, of a traceback nothing.
#[must_use]
pub fn comparable(answer: &Answer) -> String {
    let stdout: Vec<String> = without_help(&answer.stdout).map(line).collect();
    // Exit code 1 is Python's for an exception that nobody caught: what is told
    // then is for whoever writes the program.
    let stderr: Vec<String> = match answer.code {
        1 => Vec::new(),
        _ => answer.stderr.lines().map(line).collect(),
    };
    format!(
        "{}\n[stderr]\n{}\n[exit {}]\n",
        stdout.join("\n"),
        stderr.join("\n"),
        answer.code
    )
}

/// The help is in words of our own; that it is there is compared.
fn without_help(text: &str) -> impl Iterator<Item = &str> {
    let most = if text.starts_with("Usage:") {
        1
    } else {
        usize::MAX
    };
    text.split('\n').take(most)
}

fn line(line: &str) -> String {
    if let Some(rest) = line.strip_prefix("Usage: ") {
        let behind = rest.find(" [OPTIONS]").and_then(|at| rest.get(at..));
        return format!("Usage: fail2ban-regex{}", behind.unwrap_or_default());
    }
    if line.starts_with("[processed in ") {
        return "[processed in SECONDS]".to_owned();
    }
    sets_in_order(&without_process(line))
}

/// A line of the log has the number of the process in brackets behind the logger.
fn without_process(line: &str) -> String {
    let Some(at) = line.find(" fail2ban.").filter(|at| *at == 23) else {
        return line.to_owned();
    };
    let (before, behind) = line.split_at(at);
    match (behind.find('['), behind.find("]: ")) {
        (Some(open), Some(close)) if open < close => {
            let (name, _) = behind.split_at(open);
            let (_, rest) = behind.split_at(close);
            format!("{before}{name}[PROCESS{rest}")
        }
        _ => line.to_owned(),
    }
}

/// Python's sets of users have no order of their own.
fn sets_in_order(line: &str) -> String {
    let mut sorted = String::new();
    let mut rest = line;
    while let Some((before, set, behind)) = first_set(rest) {
        let mut members: Vec<&str> = set.split(", ").collect();
        members.sort_unstable();
        sorted.push_str(before);
        sorted.push_str(&format!("{{{}}}", members.join(", ")));
        rest = behind;
    }
    sorted + rest
}

/// Finds `{'a', 'b'}`, which is no dictionary.
fn first_set(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let open = from + text.get(from..)?.find('{')?;
        let behind = text.get(open + 1..)?;
        let close = behind.find('}')?;
        let inside = behind.get(..close)?;
        let is_set = inside.starts_with(['\'', '"']) && !inside.contains(':');
        if is_set {
            return Some((text.get(..open)?, inside, behind.get(close + 1..)?));
        }
        from = open + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(stdout: &str, stderr: &str, code: i32) -> Answer {
        Answer {
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
            code,
        }
    }

    #[test]
    fn times_processes_and_the_order_of_sets_are_left_out() {
        let check = |text: &str, expected: &str| assert_eq!(line(text), expected);
        check("[processed in 0.04 sec]", "[processed in SECONDS]");
        check(
            "2026-01-05 12:00:00,000 fail2ban.filter         [30615]: WARNINGW: x [1]: y",
            "2026-01-05 12:00:00,000 fail2ban.filter         [PROCESS]: WARNINGW: x [1]: y",
        );
        check(
            "['a',\t1.0,\t{'users': {'b', 'a'}, 'user': 'b'}],",
            "['a',\t1.0,\t{'users': {'a', 'b'}, 'user': 'b'}],",
        );
        check("{'b', 'a'} {x} {'a': 'b'}", "{'a', 'b'} {x} {'a': 'b'}");
        check("{^LN-BEG}x{2}", "{^LN-BEG}x{2}");
    }

    #[test]
    fn help_and_tracebacks_are_not_compared() {
        let help = answer("Usage: /x/y [OPTIONS] <LOG>\n\nmore\n", "ERROR: z\n", 255);
        let expected = "Usage: fail2ban-regex [OPTIONS] <LOG>\n[stderr]\nERROR: z\n[exit 255]\n";
        assert_eq!(comparable(&help), expected);
        let failed = answer("x\n", "Traceback\n", 1);
        assert_eq!(comparable(&failed), "x\n\n[stderr]\n\n[exit 1]\n");
    }
}
