//! Names of sections and options that nothing knows.

use std::collections::HashSet;

use crate::check::{Checker, nearest, value};
use crate::ini::DEFAULT;
use crate::reference::{self, Lookup};
use crate::sections::Sections;
use crate::{Diagnostic, convert, jail};

/// Words that jails and actions agree on without anybody reading them by name.
const CUSTOMARY: [&str; 10] = [
    "port",
    "protocol",
    "chain",
    "mode",
    "banaction",
    "banaction_allports",
    "mta",
    "sender",
    "destemail",
    "fail2ban_agent",
];

/// The section that names other files.
const INCLUDES: &str = "INCLUDES";

impl Checker<'_> {
    /// Tells of names that nothing knows; returns the sections that are meant to be others.
    pub(super) fn jail_names(&mut self, sections: &Sections) -> HashSet<String> {
        self.default_section(sections);
        self.swallowed(sections);
        let referred = value::referred(sections);
        let set_somewhere = |name: &str| {
            let mut sections_of = sections.named.values();
            sections.default.contains_key(name) || sections_of.any(|own| own.contains_key(name))
        };
        let unset = referred.iter().map(String::as_str);
        let unset: Vec<&str> = unset.filter(|name| !set_somewhere(name)).collect();
        let options = || {
            jail::OPTIONS
                .iter()
                .map(|(option, _)| *option)
                .chain(CUSTOMARY)
        };
        for (section, own) in &sections.named {
            if !jail::is_name(section) {
                continue;
            }
            for (option, entry) in own {
                let base = option
                    .split_once('?')
                    .map_or(option.as_str(), |(base, _)| base);
                if options().any(|known| known == base) || referred.contains(base) {
                    continue;
                }
                // A name that is referred to and not set is told there.
                if self.hint(option, unset.iter().copied()).is_some() {
                    continue;
                }
                let message = format!("nothing reads the option `{option}`");
                let mistake = Diagnostic::warning("unknown-option", message)
                    .with_some_hint(nearest::hint(option, options()));
                let place = entry
                    .now
                    .origin
                    .as_ref()
                    .map(|origin| self.texts.key(origin));
                self.found(mistake.at(place));
            }
        }
        // What is shared may be there for jails to come: only slips of the keys are told.
        for (option, entry) in &sections.default {
            if options().any(|known| known == option) || referred.contains(option) {
                continue;
            }
            let is_variant = |known: &str| {
                let rest = option.strip_prefix(known);
                rest.is_some_and(|rest| rest.starts_with('_'))
            };
            if let Some(hint) =
                nearest::hint(option, options()).filter(|_| !options().any(is_variant))
            {
                let message = format!("nothing reads the option `{option}`");
                let place = entry
                    .now
                    .origin
                    .as_ref()
                    .map(|origin| self.texts.key(origin));
                let mistake = Diagnostic::warning("unknown-option", message).with_hint(hint);
                self.found(mistake.at(place));
            }
        }
        self.orphans(sections)
    }

    /// Lines that are indented by mistake, and so belong to the option above them.
    fn swallowed(&mut self, sections: &Sections) {
        let known = || {
            let options = jail::OPTIONS.iter().map(|(option, _)| *option);
            options.chain(CUSTOMARY)
        };
        let looks_own = |line: &str| {
            let is_header =
                line.starts_with('[') && line.ends_with(']') && !line.contains(['=', ' ']);
            let key = line.split(['=', ':']).next().unwrap_or_default().trim_end();
            is_header || (key != line && known().any(|option| option == key))
        };
        let own = sections.named.values().flatten();
        for (option, entry) in own.chain(&sections.default) {
            let mut open = 0_usize;
            for (index, line) in entry.now.text.split('\n').enumerate() {
                let is_inside = open > 0;
                open += line.matches('[').count();
                open = open.saturating_sub(line.matches(']').count());
                // An argument of an action looks the same.
                if index == 0 || is_inside || !looks_own(line) {
                    continue;
                }
                let place = entry.now.origin.as_ref();
                let place = place.and_then(|origin| self.texts.word(origin, line));
                let message =
                    format!("the line `{line}` is indented: it continues `{option}` above");
                let mistake = Diagnostic::warning("indented", message)
                    .with_hint("begin the line at the left margin");
                self.found(mistake.at(place));
                self.swallowed.insert(line.to_owned());
            }
        }
    }

    fn default_section(&mut self, sections: &Sections) {
        if let Some(entry) = sections.default.get("enabled")
            && convert::boolean(&entry.now.text)
        {
            let place = entry
                .now
                .origin
                .as_ref()
                .map(|origin| self.texts.value(origin));
            let message = "`enabled = true` in `[DEFAULT]` turns on every jail there is";
            let mistake = Diagnostic::warning("enabled-for-all", message)
                .with_hint("set `enabled = true` in the section of each jail that is wanted");
            self.found(mistake.at(place));
        }
    }

    /// Sections that are meant to change another one, which has another name.
    fn orphans(&mut self, sections: &Sections) -> HashSet<String> {
        let mut orphans = HashSet::new();
        let templates = value::sections_referred_to(sections);
        for (name, headers) in &sections.headers {
            let Some(first) = headers.first() else {
                continue;
            };
            if name.trim() != name {
                let message = format!("`[{name}]` is another section than `[{}]`", name.trim());
                let mistake = Diagnostic::warning("unknown-section", message)
                    .with_hint("write the name without blanks around it");
                let place = self.texts.key(first);
                self.found(mistake.at(Some(place)));
            }
            let is_misspelt = |other: &str| name != other && name.eq_ignore_ascii_case(other);
            if is_misspelt(DEFAULT) || is_misspelt(INCLUDES) {
                let message = format!("`[{name}]` is a jail of that name");
                let mistake = Diagnostic::warning("unknown-section", message).with_hint(
                    "write `[DEFAULT]` for what all jails share, `[INCLUDES]` for other files",
                );
                let place = self.texts.key(first);
                self.found(mistake.at(Some(place)));
                continue;
            }
            let Some(own) = sections.named.get(name).filter(|_| jail::is_name(name)) else {
                continue;
            };
            // A section that the first file sets up overrides nothing by design.
            if first.source.path == "jail.conf" || own.contains_key("filter") {
                continue;
            }
            // Nor does one that others take values from, or that only is off.
            let is_off = own.keys().all(|option| option == "enabled");
            if is_off || templates.contains(name) {
                continue;
            }
            let enabled = reference::fetch(&Lookup::plain(sections, name), "enabled");
            let is_on = enabled
                .ok()
                .flatten()
                .is_some_and(|text| convert::boolean(&text));
            let has_filter = self.tree.is_there(&format!("filter.d/{name}.conf"))
                || self.tree.is_there(&format!("filter.d/{name}.local"));
            if is_on || has_filter {
                continue;
            }
            let others = sections.named.keys().map(String::as_str);
            let others = others.filter(|other| jail::is_name(other));
            let others = others.chain([DEFAULT, INCLUDES]);
            let message = format!("`[{name}]` overrides nothing: no other file has such a section");
            let mistake = Diagnostic::warning("overrides-nothing", message)
                .with_hint("a jail of your own needs `enabled = true` and a filter")
                .with_some_hint(self.hint(name, others));
            let place = self.texts.key(first);
            self.found(mistake.at(Some(place)));
            orphans.insert(name.clone());
        }
        orphans
    }
}
