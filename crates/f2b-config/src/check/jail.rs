//! `jail.conf`: the sections, and the options of each.

mod names;
mod parts;

use std::rc::Rc;

use f2b_core::journal::is_term;

use super::{Checker, address, port, value};
use crate::entry::Names;
use crate::reference::{self, Lookup, Typed, Variables};
use crate::sections::Sections;
use crate::told::Tale;
use crate::{Diagnostic, Place, Severity, convert, jail, logpath, spec};

/// A section, on its way to a jail.
struct Jail<'a> {
    sections: &'a Sections,
    name: &'a str,
    is_on: bool,
    /// What its filter says, for `%(known/…)s`.
    known: &'a Variables,
    /// Its options, as far as they can be resolved.
    options: Names<String>,
}

impl<'a> Jail<'a> {
    fn lookup(&self) -> Lookup<'a> {
        Lookup::new(self.sections, self.name, [Some(self.known), None])
    }

    /// Tells whether an option is set and cannot be resolved, which is told.
    fn is_unresolved(&self, name: &str) -> bool {
        self.lookup().find(name).is_some() && !self.options.contains_key(name)
    }

    fn option(&self, name: &str) -> &str {
        self.options.get(name).map_or("", String::as_str)
    }

    /// The options as filters and actions see them.
    fn variables(&self) -> Rc<Variables> {
        let is_read = |name: &str| jail::OPTIONS.iter().any(|(option, _)| *option == name);
        let options = self.options.iter().filter(|(option, _)| is_read(option));
        let options = options.map(|(option, value)| (option.clone(), Typed::Text(value.clone())));
        Rc::new(options.collect())
    }
}

/// How many wrong words of one value are told.
const MOST_WORDS: usize = 100;

/// What the original reads of every section, be the jail on or off.
const ALWAYS_READ: [&str; 3] = ["enabled", "backend", "filter"];

impl Checker<'_> {
    pub(super) fn jails(&mut self) {
        let root = self.tree.name_of("");
        let Some(sections) = self.read("jail", &jail::presets(&root)) else {
            let mistake = Diagnostic::error("missing-file", "there is no `jail.conf`")
                .with_hint("point `-c` to the folder that holds fail2ban.conf and jail.conf");
            self.found(mistake);
            return;
        };
        let orphans = self.jail_names(&sections);
        for name in sections.named.keys().filter(|name| jail::is_name(name)) {
            let known = jail::known_of_filter(&mut self.library, &sections, name);
            let mut jail = Jail {
                sections: &sections,
                name,
                is_on: false,
                known: &known,
                options: Names::default(),
            };
            self.resolve(&mut jail);
            self.is_mild = !jail.is_on;
            self.values(&jail);
            self.logs(&jail);
            // An orphan's filter is missing, and that is told.
            if !orphans.contains(name) {
                self.filter(&jail);
            }
            self.actions(&jail);
            self.is_mild = false;
        }
    }

    /// Resolves the options of a jail, and finds out whether it is on.
    fn resolve(&mut self, jail: &mut Jail<'_>) {
        let lookup = jail.lookup();
        for option in ALWAYS_READ {
            if let Some(value) = self.resolved(&lookup, option) {
                jail.options.insert(option.to_owned(), value);
            }
        }
        jail.is_on = convert::boolean(jail.option("enabled"));
        self.is_mild = !jail.is_on;
        for (option, _) in jail::OPTIONS {
            if ALWAYS_READ.contains(&option) || lookup.find(option).is_none() {
                continue;
            }
            if let Some(value) = self.resolved(&lookup, option) {
                jail.options.insert(option.to_owned(), value);
            }
        }
        // Words of the jail's own that nothing may refer to.
        self.is_mild = true;
        let own = jail.sections.named.get(jail.name).into_iter().flatten();
        for (option, _) in own {
            if !jail.options.contains_key(option)
                && let Some(value) = self.resolved(&lookup, option)
            {
                jail.options.insert(option.clone(), value);
            }
        }
        self.is_mild = false;
    }

    fn values(&mut self, jail: &Jail<'_>) {
        let lookup = jail.lookup();
        for (option, text) in &jail.options {
            if self.holds_swallowed(text) {
                continue;
            }
            let mistake = match option.as_str() {
                "enabled"
                | "ignoreself"
                | "skip_if_nologs"
                | "systemd_if_nologs"
                | "bantime.increment"
                | "bantime.overalljails" => value::boolean(option, text),
                "maxlines" if convert::integer(text).is_some_and(|lines| lines < 1) => {
                    Some(too_few_lines(text))
                }
                // `maxmatches` is `%(maxretry)s` mostly: then the mistake is there.
                "maxmatches" if text == jail.option("maxretry") => None,
                "maxretry" | "maxmatches" | "maxlines" => convert::integer(text)
                    .is_none()
                    .then(|| value::no_number(option, text)),
                // As the original: nothing switches these off.
                "bantime.maxtime" | "bantime.rndtime" if text.is_empty() => None,
                "findtime" | "bantime" | "bantime.maxtime" | "bantime.rndtime" => {
                    value::time(option, text)
                }
                "backend" => backend(text),
                "usedns" => one_of(option, text, &USEDNS),
                "bantime.multipliers" => multipliers(text),
                "journalmatch" => {
                    self.journalmatch(&lookup, option, text);
                    None
                }
                "ignoreip" => {
                    let words = convert::words(text).into_iter();
                    let wrong = words.filter_map(|word| Some((word, address::ignored(word)?)));
                    for (word, mistake) in wrong.take(MOST_WORDS) {
                        let place = self.texts.word_of(&lookup, option, word);
                        self.found(mistake.at(place));
                    }
                    None
                }
                _ => None,
            };
            if let Some(mut mistake) = mistake {
                if text.contains(" #") {
                    mistake = mistake.with_hint("a comment behind a value begins with `;`");
                }
                let place = self.texts.word_of(&lookup, option, text);
                self.found(mistake.at(place));
            }
        }
    }

    /// Judges a list of ports or protocols that an action is given.
    fn ports(&mut self, jail: &Jail<'_>, kind: &str, list: &str) {
        let around = self.around;
        let service_exists = Some(around.service_exists).filter(|_| jail.is_on);
        let judged = |word| match kind {
            "port" => port::port(word, service_exists),
            _ => port::protocol(word),
        };
        let wrong = port::words(list).filter_map(|word| Some((word, judged(word)?)));
        for (word, mistake) in wrong.take(MOST_WORDS) {
            let place = self.port_place(jail, kind, list, word);
            self.found(mistake.at(place));
        }
    }

    /// Where a word of a list of ports stands: in the jail's option of that name, if it is the same list,
    /// else in the list of actions.
    fn port_place(&mut self, jail: &Jail<'_>, kind: &str, list: &str, word: &str) -> Option<Place> {
        let own = reference::fetch(&jail.lookup(), kind).ok().flatten();
        let option = if own.as_deref() == Some(list) {
            kind
        } else {
            "action"
        };
        self.texts.word_of(&jail.lookup(), option, word)
    }

    /// Judges what to read of the journal; `option` says it in the lookup.
    fn journalmatch(&mut self, lookup: &Lookup<'_>, option: &str, text: &str) {
        let lines = text.split('\n').filter(|line| !line.is_empty());
        for line in lines.take(MOST_WORDS) {
            let mistake = match convert::shell_words(line) {
                Err(reason) => Diagnostic::error("bad-journalmatch", reason)
                    .with_hint("close the quotation mark, or write `\\'`"),
                Ok(words) => {
                    let is_wrong = |word: &&String| *word != "+" && !is_term(word);
                    let Some(word) = words.iter().find(is_wrong) else {
                        continue;
                    };
                    let message = format!("`journalmatch`: `{word}` matches no field");
                    Diagnostic::error("bad-journalmatch", message).with_hint(
                        "write `_SYSTEMD_UNIT=name.service`, with `+` between alternatives",
                    )
                }
            };
            let place = self.texts.word_of(lookup, option, line);
            self.found(mistake.at(place));
        }
    }

    fn logs(&mut self, jail: &Jail<'_>) {
        let backend = jail.options.get("backend").map_or("auto", String::as_str);
        if backend.starts_with("systemd") {
            return;
        }
        let lookup = jail.lookup();
        let text = jail.option("logpath");
        let mut is_bad = false;
        for (path, mode) in logpath::lines(text).take(MOST_WORDS) {
            let mistake = if mode != "head" && mode != "tail" {
                let message = format!("`logpath`: `{mode}` is neither `head` nor `tail`");
                Diagnostic::error("bad-logpath", message)
                    .with_hint("behind a path with blanks, write ` head` or ` tail`")
            } else if !path.is_empty() && !path.starts_with('/') {
                let message = format!(
                    "`logpath`: `{path}` is looked for in the folder that the server is started in"
                );
                Diagnostic::warning("bad-logpath", message).with_hint("write the whole path")
            } else {
                continue;
            };
            is_bad |= mistake.severity == Severity::Error;
            let place = self.texts.word_of(&lookup, "logpath", path);
            self.found(mistake.at(place));
        }
        if !jail.is_on || is_bad || jail.is_unresolved("logpath") {
            return;
        }
        let (logs, _) = logpath::logs(text, self.around.logs, &mut Tale::default());
        let is_allowed = jail.options.get("systemd_if_nologs");
        let is_allowed = is_allowed.is_none_or(|text| convert::boolean(text));
        let has_match = jail.options.contains_key("journalmatch");
        if !logs.is_empty() || logpath::turns_to_journal(backend, is_allowed, has_match) {
            return;
        }
        let lines = text
            .split('\n')
            .map(str::trim)
            .filter(|line| !line.is_empty());
        let shown: Vec<String> = lines.map(|line| format!("`{line}`")).collect();
        let (message, hint) = if shown.is_empty() {
            (
                format!("the jail `{}` has nothing to read", jail.name),
                "set `logpath`, or `journalmatch` and `backend = systemd`",
            )
        } else {
            (
                format!(
                    "no log of the jail `{}` is there: {}",
                    jail.name,
                    shown.join(", ")
                ),
                if convert::boolean(jail.option("skip_if_nologs")) {
                    "`skip_if_nologs` leaves the jail out"
                } else {
                    "the jail waits for it; if the service logs to the journal, set `backend = systemd`"
                },
            )
        };
        let place = match jail.sections.origin(jail.name, "logpath") {
            Some(origin) => Some(self.texts.value(&origin)),
            None => jail
                .sections
                .header(jail.name)
                .map(|header| self.texts.key(header)),
        };
        let mistake = Diagnostic::warning("missing-log", message).with_hint(hint);
        self.found(mistake.at(place));
    }
}

/// What may be done with names of hosts.
const USEDNS: [&str; 4] = ["yes", "warn", "no", "raw"];

fn too_few_lines(text: &str) -> Diagnostic {
    let message = format!("`maxlines = {text}` is less than one");
    Diagnostic::error("bad-number", message)
}

/// Where lines may come from; `gamin` is of older versions.
const BACKENDS: [&str; 5] = ["auto", "pyinotify", "polling", "systemd", "gamin"];

fn backend(text: &str) -> Option<Diagnostic> {
    let known = format!("known are {}", BACKENDS.join(", "));
    let spec = match spec::parse(text) {
        Ok(spec) => spec,
        Err(reason) => {
            let message = format!("`backend = {text}` cannot be read: {reason}");
            return Some(Diagnostic::error("bad-backend", message).with_hint(known));
        }
    };
    let name = spec.name.to_lowercase();
    if BACKENDS.contains(&name.as_str()) {
        return spec
            .arguments
            .into_iter()
            .find_map(|(argument, value)| backend_argument(&name, &argument, &value));
    }
    let message = format!("`backend = {text}` is no backend");
    Some(
        Diagnostic::error("bad-backend", message)
            .with_hint(known)
            .with_some_hint(super::nearest::hint(&name, BACKENDS)),
    )
}

/// What can be said of the journal in the backend `systemd`.
const JOURNAL_ARGUMENTS: [&str; 5] = [
    "journalpath",
    "journalfiles",
    "journalflags",
    "namespace",
    "rotated",
];

fn backend_argument(backend: &str, argument: &str, value: &str) -> Option<Diagnostic> {
    if backend != "systemd" {
        let message = format!("the backend `{backend}` has no argument `{argument}`");
        return Some(
            Diagnostic::error("bad-backend", message).with_hint("only `systemd` has arguments"),
        );
    }
    if !JOURNAL_ARGUMENTS.contains(&argument) {
        let message = format!("the backend `systemd` has no argument `{argument}`");
        let known = format!("known are {}", JOURNAL_ARGUMENTS.join(", "));
        return Some(
            Diagnostic::error("bad-backend", message)
                .with_hint(known)
                .with_some_hint(super::nearest::hint(argument, JOURNAL_ARGUMENTS)),
        );
    }
    let is_number = value.parse::<u32>().is_ok_and(|flags| flags < 128);
    (argument == "journalflags" && !is_number).then(|| {
        let message = format!("`journalflags={value}` says nothing");
        Diagnostic::error("bad-backend", message)
            .with_hint("it is the sum of systemd's SD_JOURNAL_ flags")
    })
}

fn one_of(option: &str, text: &str, values: &[&'static str]) -> Option<Diagnostic> {
    if values.contains(&text.to_lowercase().as_str()) {
        return None;
    }
    let message = format!("`{option} = {text}` is none of {}", values.join(", "));
    let hint = super::nearest::hint(text, values.iter().copied());
    Some(Diagnostic::error("bad-value", message).with_some_hint(hint))
}

fn multipliers(text: &str) -> Option<Diagnostic> {
    let is_number = |word: &&str| word.parse::<f64>().is_ok();
    let wrong = text.split_whitespace().find(|word| !is_number(word))?;
    let message = format!("`bantime.multipliers`: `{wrong}` is no number");
    Some(
        Diagnostic::error("bad-number", message)
            .with_hint("write numbers with blanks between them"),
    )
}
