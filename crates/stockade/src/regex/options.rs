//! The command line of `fail2ban-regex` (contract A 7), read as Python's `optparse` reads one.
//!
//! Options and arguments may be mixed, long options accept any unique prefix, short ones cluster. Our
//! own options have no prefix: what the original refuses must not become something else.

mod table;

use super::numbers::optparse_int;
use table::{Name, SPECS, Spec};
pub(crate) use table::{help, usage_line};

/// What a command line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// `-c`: the folder of the configuration.
    pub(crate) config: Option<String>,
    /// `-d`
    pub(crate) datepattern: Option<String>,
    /// `--timezone`
    pub(crate) timezone: Option<String>,
    /// `-e`
    pub(crate) encoding: Option<String>,
    /// `-r`
    pub(crate) raw: bool,
    /// `--usedns`
    pub(crate) usedns: Option<String>,
    /// `-L`
    pub(crate) maxlines: Option<i64>,
    /// `-m`
    pub(crate) journalmatch: Option<String>,
    /// `-l`
    pub(crate) log_level: String,
    /// `-v`, `--verbosity`
    pub(crate) verbose: i64,
    /// `--verbose-date`
    pub(crate) verbose_date: bool,
    /// `-D`
    pub(crate) debuggex: bool,
    /// Whether every `failregex` is tried: without `--no-check-all` and `-o`.
    pub(crate) check_all: bool,
    /// `-o`, if it is not empty
    pub(crate) out: Option<String>,
    /// `-i`
    pub(crate) invert: bool,
    /// Which lines are listed.
    pub(crate) lists: Lists,
    /// `--json`: ours.
    pub(crate) json: bool,
    /// The words that are no options.
    pub(crate) arguments: Vec<String>,
}

/// Which lines are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lists {
    /// `--print-all-matched`
    pub(crate) all_matched: bool,
    /// `--print-no-missed`
    pub(crate) no_missed: bool,
    /// `--print-all-missed`
    pub(crate) all_missed: bool,
    /// `--print-no-ignored`
    pub(crate) no_ignored: bool,
    /// `--print-all-ignored`
    pub(crate) all_ignored: bool,
}

/// What a command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To try rules.
    Run(Box<Options>),
    /// `-h`
    Help,
    /// `--version`
    Version,
    /// `-V`
    Number,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            config: None,
            datepattern: None,
            timezone: None,
            encoding: None,
            raw: false,
            usedns: None,
            maxlines: None,
            journalmatch: None,
            log_level: "critical".to_owned(),
            verbose: 0,
            verbose_date: false,
            debuggex: false,
            check_all: true,
            out: None,
            invert: false,
            lists: Lists::default(),
            json: false,
            arguments: Vec::new(),
        }
    }
}

/// Reads the words of a command line, the program's name left out.
///
/// # Errors
/// What is wrong, in the words of `optparse`.
pub(crate) fn parse(words: Vec<String>) -> Result<Asked, String> {
    let mut options = Options::default();
    let mut rest = words.into_iter();
    while let Some(word) = rest.next() {
        if word == "--" {
            options.arguments.extend(rest);
            break;
        }
        if let Some(long) = word.strip_prefix("--") {
            let (given, attached) = match long.split_once('=') {
                Some((given, attached)) => (given, Some(attached.to_owned())),
                None => (long, None),
            };
            let (spec, name) = long_option(given)?;
            if spec.value.is_none() {
                if attached.is_some() {
                    return Err(format!("{name} option does not take a value"));
                }
                if let Some(asked) = options.switch(spec) {
                    return Ok(asked);
                }
                continue;
            }
            let given = attached.or_else(|| rest.next());
            options.take(spec, &name, given.ok_or_else(|| missing(&name))?)?;
        } else if word.len() > 1 && word.starts_with('-') {
            let mut cluster = word.chars().skip(1);
            while let Some(short) = cluster.next() {
                let name = format!("-{short}");
                let spec = SPECS.iter().find(|spec| spec.short == Some(short));
                let spec = spec.ok_or_else(|| format!("no such option: {name}"))?;
                if spec.value.is_none() {
                    if let Some(asked) = options.switch(spec) {
                        return Ok(asked);
                    }
                    continue;
                }
                let attached: String = cluster.by_ref().collect();
                let given = Some(attached).filter(|text| !text.is_empty());
                let given = given.or_else(|| rest.next());
                options.take(spec, &name, given.ok_or_else(|| missing(&name))?)?;
            }
        } else {
            options.arguments.push(word);
        }
    }
    Ok(Asked::Run(Box::new(options)))
}

fn missing(name: &str) -> String {
    format!("{name} option requires 1 argument")
}

/// Finds a long option; with it comes its whole name.
fn long_option(given: &str) -> Result<(&'static Spec, String), String> {
    let all = || {
        SPECS
            .iter()
            .flat_map(|spec| spec.long.iter().map(move |long| (spec, *long)))
    };
    let whole = |long: &str| format!("--{long}");
    if let Some((spec, long)) = all().find(|(_, long)| *long == given) {
        return Ok((spec, whole(long)));
    }
    let fits = |spec: &Spec, long: &str| long.starts_with(given) && spec.name != Name::Json;
    let mut fitting: Vec<_> = all().filter(|(spec, long)| fits(spec, long)).collect();
    fitting.sort_unstable_by_key(|(_, long)| *long);
    match fitting.as_slice() {
        [] => Err(format!("no such option: --{given}")),
        [(spec, long)] => Ok((*spec, whole(long))),
        several => {
            let names: Vec<String> = several.iter().map(|(_, long)| whole(long)).collect();
            Err(format!(
                "ambiguous option: --{given} ({}?)",
                names.join(", ")
            ))
        }
    }
}

impl Options {
    /// Switches an option on; some end the reading.
    fn switch(&mut self, spec: &Spec) -> Option<Asked> {
        match spec.name {
            Name::Help => return Some(Asked::Help),
            Name::Version => return Some(Asked::Version),
            Name::Number => return Some(Asked::Number),
            Name::Raw => self.raw = true,
            Name::Verbose => self.verbose = self.verbose.saturating_add(1),
            Name::VerboseDate => self.verbose_date = true,
            Name::Debuggex => self.debuggex = true,
            Name::NoCheckAll => self.check_all = false,
            Name::Invert => self.invert = true,
            Name::NoMissed => self.lists.no_missed = true,
            Name::NoIgnored => self.lists.no_ignored = true,
            Name::AllMatched => self.lists.all_matched = true,
            Name::AllMissed => self.lists.all_missed = true,
            Name::AllIgnored => self.lists.all_ignored = true,
            Name::Json => self.json = true,
            _ => {}
        }
        None
    }

    fn take(&mut self, spec: &Spec, name: &str, given: String) -> Result<(), String> {
        let number = || {
            let number = optparse_int(&given);
            number.ok_or_else(|| {
                let text = f2b_protocol::Value::text(given.as_str()).repr();
                format!("option {name}: invalid integer value: {text}")
            })
        };
        match spec.name {
            Name::Maxlines => self.maxlines = Some(number()?),
            Name::Verbosity => self.verbose = number()?,
            Name::Config => self.config = Some(given),
            Name::Datepattern => self.datepattern = Some(given),
            Name::Timezone => self.timezone = Some(given),
            Name::Encoding => self.encoding = Some(given),
            Name::Usedns => self.usedns = Some(given),
            Name::Journalmatch => self.journalmatch = Some(given),
            Name::LogLevel => self.log_level = given,
            Name::Out => {
                // As the original: no text asks for nothing.
                self.out = Some(given).filter(|text| !text.is_empty());
            }
            _ => {}
        }
        Ok(())
    }

    /// Returns what keeps a command line that could be read from being used.
    pub(crate) fn contradictions(&self) -> Vec<String> {
        let both = |no: bool, all: bool, what: &str| {
            let text = format!("--print-no-{what} and --print-all-{what} are mutually exclusive.");
            (no && all).then_some(text)
        };
        let lists = self.lists;
        let mut wrong: Vec<String> = both(lists.no_missed, lists.all_missed, "missed")
            .into_iter()
            .chain(both(lists.no_ignored, lists.all_ignored, "ignored"))
            .collect();
        if !matches!(self.arguments.len(), 2 | 3) {
            wrong.push("provide both <LOG> and <REGEX>.".to_owned());
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &[&str]) -> Result<Asked, String> {
        parse(words.iter().map(|word| (*word).to_owned()).collect())
    }

    fn options(words: &[&str]) -> Options {
        match asked(words) {
            Ok(Asked::Run(options)) => *options,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn options_and_arguments_may_be_mixed_and_shortened() {
        let read = options(&["log", "-vvL", "0x10", "--date=%Y", "rule", "--pri", "--VD"][..5]);
        assert_eq!(read.arguments, ["log", "rule"]);
        assert_eq!((read.verbose, read.maxlines), (2, Some(16)));
        assert_eq!(read.datepattern.as_deref(), Some("%Y"));
        assert_eq!(options(&["a", "--", "-o", "b"]).arguments, ["a", "-o", "b"]);
        assert_eq!(options(&["-", "-oid"]).out.as_deref(), Some("id"));
        assert_eq!(options(&["-o", ""]).out, None);
        assert_eq!(options(&["--verbosity", "3", "-v"]).verbose, 4);
    }

    #[test]
    fn some_options_end_the_reading() {
        assert_eq!(asked(&["-V", "-z"]), Ok(Asked::Number));
        assert_eq!(asked(&["--version", "-z"]), Ok(Asked::Version));
        assert_eq!(asked(&["-h", "-z"]), Ok(Asked::Help));
    }

    #[test]
    fn what_is_wrong_is_said_as_optparse_says_it() {
        let check = |words: &[&str], expected: &str| {
            assert_eq!(asked(words), Err(expected.to_owned()), "{words:?}");
        };
        check(&["-z"], "no such option: -z");
        check(&["--rawx"], "no such option: --rawx");
        check(&["--js"], "no such option: --js");
        check(&["--raw=x"], "--raw option does not take a value");
        check(
            &["--print-no-ign=2"],
            "--print-no-ignored option does not take a value",
        );
        check(&["-c"], "-c option requires 1 argument");
        check(&["-L", "x"], "option -L: invalid integer value: 'x'");
        check(
            &["--maxl=z"],
            "option --maxlines: invalid integer value: 'z'",
        );
        check(
            &["--ver"],
            "ambiguous option: --ver (--verbose, --verbose-date, --verbosity, --version?)",
        );
    }

    #[test]
    fn contradictions_are_all_named() {
        let read = options(&["a", "--print-no-missed", "--print-all-missed"]);
        assert_eq!(
            read.contradictions(),
            [
                "--print-no-missed and --print-all-missed are mutually exclusive.",
                "provide both <LOG> and <REGEX>.",
            ]
        );
        assert!(options(&["a", "b", "c"]).contradictions().is_empty());
    }

    #[test]
    fn the_help_names_every_option() {
        insta::assert_snapshot!(help("fail2ban-regex"));
    }
}
