//! `fail2ban.conf`.

use super::{Checker, nearest};
use crate::reference::Lookup;
use crate::sections::Sections;
use crate::server::{LEVELS, OPTIONS, SECTION, THREAD};
use crate::{Diagnostic, convert};

/// The option of `[Thread]`.
const STACK_SIZE: &str = "stacksize";

/// What only the programs read.
const PROGRAMS: [&str; 2] = ["socket", "pidfile"];

impl Checker<'_> {
    pub(super) fn server(&mut self) {
        let Some(sections) = self.read("fail2ban", &[]) else {
            let mistake = Diagnostic::error("missing-file", "there is no `fail2ban.conf`")
                .with_hint("point `-c` to the folder that holds fail2ban.conf and jail.conf");
            self.found(mistake);
            return;
        };
        self.server_names(&sections);
        self.thread(&sections);
        let lookup = Lookup::plain(&sections, SECTION);
        let options = OPTIONS.iter().map(|(option, _)| *option).chain(PROGRAMS);
        for option in options {
            let Some(value) = self.resolved(&lookup, option) else {
                continue;
            };
            let mistake = match option {
                "loglevel" => {
                    let upper = value.to_uppercase();
                    let is_number =
                        !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
                    let is_level = is_number || LEVELS.contains(&upper.as_str());
                    (!is_level).then(|| {
                        let names = "CRITICAL, ERROR, WARNING, NOTICE, INFO, DEBUG";
                        Diagnostic::error("bad-loglevel", format!("`{value}` is no log level"))
                            .with_hint(format!("known are {names}"))
                            .with_some_hint(nearest::hint(&upper, LEVELS))
                    })
                }
                "allowipv6" => {
                    let is_known = value == "auto" || super::value::is_boolean(&value);
                    (!is_known).then(|| {
                        let message = format!("`allowipv6 = {value}` counts as `no`");
                        Diagnostic::warning("bad-value", message)
                            .with_hint("write `auto`, `yes` or `no`")
                    })
                }
                "dbpurgeage" => super::value::time(option, &value),
                "dbmaxmatches" => convert::integer(&value)
                    .is_none()
                    .then(|| super::value::no_number(option, &value)),
                _ => None,
            };
            if let Some(mistake) = mistake {
                let place = self.texts.word_of(&lookup, option, &value);
                self.found(mistake.at(place));
            }
        }
    }

    fn thread(&mut self, sections: &Sections) {
        let lookup = Lookup::plain(sections, THREAD);
        let is_set = sections.named.contains_key(THREAD);
        if is_set
            && let Some(value) = self.resolved(&lookup, STACK_SIZE)
            && convert::integer(&value).is_none()
        {
            let place = self.texts.word_of(&lookup, STACK_SIZE, &value);
            let mistake = super::value::no_number(STACK_SIZE, &value);
            self.found(mistake.at(place));
        }
    }

    fn server_names(&mut self, sections: &Sections) {
        for (section, headers) in &sections.headers {
            if [SECTION, THREAD, "DEFAULT", "INCLUDES"].contains(&section.as_str()) {
                continue;
            }
            let place = headers.first().map(|header| self.texts.key(header));
            let message = format!("nothing reads the section `[{section}]`");
            let hint = nearest::hint(section, [SECTION, THREAD, "DEFAULT", "INCLUDES"]);
            let mistake = Diagnostic::warning("unknown-section", message)
                .with_hint("the server's options stand in `[Definition]`")
                .with_some_hint(hint);
            self.found(mistake.at(place));
        }
        let known = OPTIONS.iter().map(|(option, _)| *option).chain(PROGRAMS);
        let known: Vec<&str> = known.collect();
        let referred = super::value::referred(sections);
        for (section, names) in [(SECTION, known.as_slice()), (THREAD, &[STACK_SIZE])] {
            let own = sections.named.get(section).into_iter().flatten();
            for (option, entry) in own {
                if names.contains(&option.as_str()) || referred.contains(option.as_str()) {
                    continue;
                }
                let origin = entry.now.origin.as_ref();
                let place = origin.map(|origin| self.texts.key(origin));
                let message = format!("the option `{option}` is not one of the server's");
                let hint = nearest::hint(option, names.iter().copied());
                let mistake = Diagnostic::warning("unknown-option", message)
                    .with_hint(format!("known are {}", names.join(", ")))
                    .with_some_hint(hint);
                self.found(mistake.at(place));
            }
        }
    }
}
