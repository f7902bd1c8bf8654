//! Lines with dates, made up.

/// Patterns whose templates are compared.
pub(super) const PATTERNS: &[&str] = &[
    "",
    "{DEFAULT}",
    "{^LN-BEG}",
    "{DATE}",
    "^[^\\[]*\\[({DATE})",
    "{^LN-BEG}{DATE}",
    "{^LN-BEG} {DATE}",
    "{UNB}{DATE}",
    "^{DATE}",
    "**{DATE}**",
    "%Y\n{^LN-BEG}",
    "{^LN-BEG}\nEPOCH\n{DATE}",
    "EPOCH\n^EPOCH\nLEPOCH\n{^LN-BEG}LEPOCH\nTAI64N\n^TAI64N",
    "{EPOCH}\nx ({EPOCH}) y\n^{LEPOCH}\n(?i){epoch}$\n**{EPOCH}**\n{EPOCH}%q",
    "{NONE}\n()**",
    "%Y %m %d\n%y %b %B\n%a %A %p\n%c\n%x %X\n%U %w\n%W %u\n%V %G %j",
    "%ExY%Exm%Exd\n%Exy%ExH%ExM%ExS\nx%Exk:%f\nx%Exl:%z\nx%k:%Exz\nx%l:%Z\n%I:%ExZ",
    "{UNB}%Y\n**%Y\n%Y**\n^%Y$\n^%Y\\b\n^%Y\\s\n(?:^|x)%Y\n((^%Y))\n%Y$**\n(%Y)",
    "[(]%Y\n%Y\\(x\\)\n\\\\(%Y)\nx(?i)%Y\n^(?i)%Y\n(?i:x)%Y\n%% %Y\n%b%%",
    "{^LN-BEG}%Y**\n{^LN-BEG}**%Y\n{^LN-BEG}(%Y)x\n{^LN-BEG}^%Y\n{UNB}{^LN-BEG}%Y",
    "  %H:%M  \n\n ^%Y \n%(m)s-%(d)s",
];

/// A source of numbers that is always the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % below
    }

    /// A number of two digits: one of a few, or, as often, any below `below`.
    fn number(&mut self, few: &[usize], below: usize) -> String {
        let number = if below > 0 && self.roll(2) == 0 {
            self.roll(below)
        } else {
            self.pick(few)
        };
        format!("{number:02}")
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let place = self.roll(from.len());
        from.iter().copied().nth(place).unwrap()
    }
}

const MONTHS: [&str; 15] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Feb",
    "Mar", "Nov",
];

const ZONES: [&str; 10] = [
    "Z", "UTC", "GMT", "+0100", "-05:30", "+00", "+1234", "-0000", "+01001", "+01:0",
];

/// A form of dates: `%` directives in the sense of `strftime`, some of ours.
fn render(form: &str, dice: &mut Dice) -> String {
    let mut out = String::new();
    let mut rest = form.chars();
    while let Some(c) = rest.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let number = match rest.next().unwrap() {
            'Y' => dice
                .pick(&[
                    "2026", "2026", "2025", "2024", "2019", "2030", "2006", "1999",
                ])
                .to_owned(),
            'y' => dice.number(&[26, 25, 24, 99, 0, 70], 0),
            'm' => dice.number(&[1, 2, 3, 4, 11, 12, 13], 13),
            'd' => dice.number(&[4, 5, 29, 30, 31, 8], 33),
            'e' => format!("{:>2}", dice.number(&[4, 5, 8], 33).trim_start_matches('0')),
            'b' => dice.pick(&MONTHS).to_owned(),
            'a' => dice
                .pick(&["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
                .to_owned(),
            'A' => dice
                .pick(&["Monday", "Tuesday", "Wednesday", "friday", "SUNDAY"])
                .to_owned(),
            'B' => dice
                .pick(&["March", "may", "February", "September", "DECEMBER"])
                .to_owned(),
            'H' => dice.number(&[1, 2, 5], 25),
            'k' => dice.roll(24).to_string(),
            'I' => dice.number(&[12], 14),
            'M' => dice.number(&[30], 61),
            'S' => dice.number(&[7], 63),
            'f' => dice
                .pick(&["1", "123", "123456", "1234567", "000"])
                .to_owned(),
            'p' => dice.pick(&["AM", "pm", "Am", "PM"]).to_owned(),
            'j' => format!("{:03}", dice.roll(367)),
            'U' => dice.number(&[0, 53], 54),
            'w' => dice.roll(7).to_string(),
            'z' => dice.pick(&ZONES).to_owned(),
            'Z' => dice
                .pick(&["CET", "UTC", "EST", "MSK", "AKST", "Z"])
                .to_owned(),
            's' => (1_700_000_000 + dice.roll(200_000_000)).to_string(),
            other => other.to_string(),
        };
        out.push_str(&number);
    }
    out
}

/// Changes a date a little, or not at all.
fn mutate(date: &str, dice: &mut Dice) -> String {
    let mut out: Vec<char> = date.chars().collect();
    if dice.roll(3) > 0 || out.is_empty() {
        return date.to_owned();
    }
    let at = dice.roll(out.len());
    match dice.roll(4) {
        0 => {
            out.remove(at);
        }
        1 => out.insert(at, ' '),
        2 => {
            let other = dice.pick(&['0', '1', '9', ':', ' ', 'x', '-', '.']);
            out.splice(at..=at, [other]);
        }
        _ => return date.to_uppercase(),
    }
    out.into_iter().collect()
}

const BEFORE: [&str; 12] = [
    "",
    "",
    "",
    "",
    "[",
    "<",
    " ",
    "((",
    "[[[",
    "x ",
    "host app: ",
    "a 12:30:59 b ",
];

const BEHIND: [&str; 8] = [
    " host x ", "] x ", " x ", ": y ", "x ", "5 ", ".7 ", " +01 x ",
];

/// Forms that the default templates know, and others.
const DEFAULT_FORMS: &[&str] = &[
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S,%f",
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%Y.%m.%d  %H:%M:%S %z",
    "%b %e %H:%M:%S",
    "%b %d %H:%M:%S",
    "%a %b %d %H:%M:%S.%f %Y",
    "%a %b %d %Y %H:%M:%S",
    "%b %e %Y %k:%M:%S.%f",
    "%d/%m/%y %H:%M:%S",
    "%d-%m-%Y %H:%M:%S",
    "%d/%b/%Y:%H:%M:%S %z",
    "%d-%b-%Y %H:%M:%S.%f",
    "%d/%b/%Y%H:%M:%S",
    "%m/%d/%Y:%H:%M:%S",
    "%m-%d-%Y %H:%M:%S.%f",
    "%s",
    "%s.%f",
    "audit(%s.123:%w)",
    "%H:%M:%S",
    "<%m/%d/%y@%H:%M:%S>",
    "%y%m%d %k:%M:%S",
    "%b %d, %Y %I:%M:%S %p",
    "%b-%d-%y %H:%M:%S",
    "%Y%m%dT%H%M%S",
    "%Y%m%d %H:%M:%S.%f %z",
    "%Z %b %e %H:%M:%S",
    "%z %b %e %H:%M:%S.%f %Y",
    "@4000000069a7bd5f0c0b8a54",
    "nothing",
];

/// Lines of one form or of several, each with its number behind `#`.
fn lines(forms: &[&str], count: usize, seed: u64) -> Vec<String> {
    let mut dice = Dice(seed);
    (0..count)
        .map(|number| {
            let form = dice.pick(forms);
            let date = render(form, &mut dice);
            let date = mutate(&date, &mut dice);
            let before = dice.pick(&BEFORE);
            let behind = dice.pick(&BEHIND);
            format!("{before}{date}{behind}#{number}")
        })
        .collect()
}

/// Date patterns with lines for each.
pub(super) fn all() -> Vec<(&'static str, Vec<String>)> {
    let clock_changes = [
        "2026-03-08 %H:%M:%S",
        "2026-11-01 %H:%M:%S",
        "2026-03-29 %H:%M:%S",
        "2026-10-25 %H:%M:%S",
        "2026-07-01 %H:%M:%S",
        "2026-01-01 %H:%M:%S",
    ];
    vec![
        ("", lines(DEFAULT_FORMS, 700, 1)),
        ("%Y-%m-%d %H:%M:%S", lines(&clock_changes, 300, 2)),
        (
            "%b %d %H:%M:%S",
            lines(&["%b %d %H:%M:%S", "%b %e %H:%M:%S"], 200, 3),
        ),
        (
            "%m-%d %H:%M:%S(?: %z)?",
            lines(&["%m-%d %H:%M:%S", "%m-%d %H:%M:%S %z"], 200, 4),
        ),
        (
            "%H:%M:%S(?: %z)?",
            lines(&["%H:%M:%S", "%H:%M:%S %z"], 200, 5),
        ),
        (
            "%Y %j %H:%M\n%j@%H:%M",
            lines(&["%Y %j %H:%M", "%j@%H:%M"], 150, 6),
        ),
        (
            "%Y/%U/%w %H:%M\n%U@%w\n%Y:%W:%a",
            lines(&["%Y/%U/%w %H:%M", "%U@%w", "%Y:%U:%a"], 200, 7),
        ),
        (
            "%Y-%m-%d %I:%M %p\n%d.%m.%y %I:%M",
            lines(&["%Y-%m-%d %I:%M %p", "%d.%m.%y %I:%M"], 150, 8),
        ),
        (
            "%A %B %d %Y %H:%M\n%c",
            lines(&["%A %B %d %Y %H:%M", "%a %b %d %H:%M:%S %Y"], 150, 9),
        ),
        (
            "%Y-%m-%dT%H:%M %ExZ\n%Y-%m-%d_%H:%M:%S%Exz",
            lines(&["%Y-%m-%dT%H:%M %Z", "%Y-%m-%d_%H:%M:%S%Z+0100"], 150, 10),
        ),
        (
            "LEPOCH\n({EPOCH}) of\n^TAI64N",
            lines(&["%s", "%s123", "%s123456", "%s.%f of"], 150, 11),
        ),
        ("^[^\\[]*\\[({DATE})", lines(DEFAULT_FORMS, 300, 12)),
        (
            "{^LN-BEG}%ExY-%Exm-%Exd %ExH:%ExM:%ExS\n%y%m%d%H%M%S**",
            lines(&["%Y-%m-%d %H:%M:%S", "%y%m%d%H%M%S77"], 150, 13),
        ),
        ("%Y\n%H:%M\nx", lines(&["%Y", "%H:%M", "x"], 60, 14)),
    ]
}

/// A log whose lines come in runs of the same form.
pub(super) fn mixed_log(seed: u64) -> Vec<String> {
    let mut dice = Dice(seed + 100);
    let mut log = Vec::new();
    let forms: Vec<&str> = (0..3 + dice.roll(5))
        .map(|_| dice.pick(DEFAULT_FORMS))
        .collect();
    for _ in 0..40 {
        let form = dice.pick(&forms);
        let before = dice.pick(&BEFORE);
        let behind = dice.pick(&BEHIND);
        for _ in 0..1 + dice.roll(6) {
            let date = render(form, &mut dice);
            log.push(format!("{before}{date}{behind}#{}", log.len()));
        }
    }
    log
}

/// Lines in which dates stand anywhere, beside what looks like one.
pub(super) fn crowded(seed: u64) -> Vec<String> {
    let before = [
        "[", " ", "a ", "12:30 ", "4", "x ", "[[", "-", "(", "12-11-10", ".", "é", "€ ",
    ];
    let forms = [
        "%y%m%d%H%M%S",
        "%H:%M",
        "%d.%m",
        "%H-%M-%S",
        "%b %d",
        "[%H-%M]",
        "x",
    ];
    let behind = ["] ", " ", "5 ", ": 01:02", " 11-12-13 ", "", ".", "x"];
    let mut dice = Dice(seed + 1_000);
    let line = |number| {
        let count = 1 + dice.roll(4);
        let before: String = (0..count).map(|_| dice.pick(&before)).collect();
        let form = dice.pick(&forms);
        let date = render(form, &mut dice);
        let behind = dice.pick(&behind);
        format!("{before}{date}{behind}#{number}")
    };
    (0..120).map(line).collect()
}

/// Date patterns without year or day, with lines for each.
pub(super) fn incomplete() -> Vec<(&'static str, Vec<String>)> {
    vec![
        (
            "%b %d %H:%M:%S(?: %z)?",
            lines(&["%b %d %H:%M:%S", "%b %e %H:%M:%S %z"], 150, 21),
        ),
        (
            "%H:%M:%S(?: %z)?",
            lines(&["%H:%M:%S", "%H:%M:%S %z"], 100, 22),
        ),
        ("%j %H:%M", lines(&["%j %H:%M"], 60, 23)),
        ("%U/%w %H:%M", lines(&["%U/%w %H:%M"], 60, 24)),
        ("%Y %H:%M", lines(&["%Y %H:%M"], 60, 25)),
    ]
}
