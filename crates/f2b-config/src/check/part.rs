//! The files of filters and actions, be they used or not.

use std::collections::HashSet;
use std::rc::Rc;

use super::{Checker, nearest, value};
use crate::definition::{ACTION, FILTER, SECTION};
use crate::files::{self, Problem};
use crate::ini::DEFAULT;
use crate::reference::Lookup;
use crate::sections::Sections;
use crate::{Diagnostic, Origin};

/// The files of a filter or an action, as far as they can be read.
pub(super) struct Part {
    /// `None` if there are none.
    sections: Option<Rc<Sections>>,
    problems: Vec<Problem>,
    /// Whether a jail that is on needs them.
    is_needed: bool,
}

impl Checker<'_> {
    /// The files of a filter or an action, as far as they can be read; none if there are none.
    pub(super) fn part(&mut self, name: &str) -> Option<Rc<Sections>> {
        let mut part = self.parts.remove(name).unwrap_or_else(|| {
            let mut problems = Vec::new();
            let sections = files::read_on(self.tree, name, &[], &mut problems);
            Part {
                sections: sections.map(Rc::new),
                problems,
                is_needed: false,
            }
        });
        self.used.insert(name.to_owned());
        if !self.is_mild && !part.is_needed {
            part.is_needed = true;
            part.problems
                .iter()
                .for_each(|problem| self.problem(problem));
        }
        let sections = part.sections.clone();
        self.parts.insert(name.to_owned(), part);
        sections
    }

    /// Reads every filter and every action, those that no jail uses as well.
    pub(super) fn parts(&mut self) {
        self.is_mild = true;
        let used = std::mem::take(&mut self.used);
        let mut all: Vec<(bool, String, Rc<Sections>)> = Vec::new();
        for folder in ["filter.d", "action.d"] {
            let mut names: Vec<String> = Vec::new();
            let files = self.tree.list(folder);
            for path in &files {
                let name = path
                    .strip_suffix(".conf")
                    .or_else(|| path.strip_suffix(".local"));
                names.extend(name.map(str::to_owned));
            }
            names.sort();
            names.dedup();
            for name in names {
                let Some(sections) = self.part(&name) else {
                    continue;
                };
                if let Some(part) = self.parts.remove(&name) {
                    part.problems
                        .iter()
                        .for_each(|problem| self.problem(problem));
                }
                all.push((folder == "filter.d", name, sections));
            }
        }
        // What others include is no filter or action of its own.
        let headers = |sections: &Sections| sections.headers.values().flatten().cloned().collect();
        let headers = all
            .iter()
            .flat_map(|(.., sections)| -> Vec<Origin> { headers(sections) });
        let included = headers.filter(|header| !header.source.included_by.is_empty());
        let included: HashSet<String> = included.map(|header| header.source.path.clone()).collect();
        for (is_filter, name, sections) in all {
            let is_own = !["conf", "local"]
                .iter()
                .any(|ending| included.contains(&format!("{name}.{ending}")));
            self.part_names(is_filter, &name, is_own, &sections);
            if is_own && !used.contains(&name) {
                self.unused(&sections);
            }
        }
        self.is_mild = false;
    }

    /// A filter or an action that no jail has given arguments, so that its references lead where they
    /// lead by themselves.
    fn unused(&mut self, sections: &Sections) {
        for section in [SECTION, "Init"] {
            let lookup = Lookup::plain(sections, section);
            let own = sections.named.get(section).into_iter().flatten();
            for (option, _) in own {
                self.resolved(&lookup, option);
            }
        }
    }

    fn part_names(&mut self, is_filter: bool, name: &str, is_own: bool, sections: &Sections) {
        let known = [SECTION, "Init", DEFAULT, "INCLUDES"];
        for (section, headers) in &sections.headers {
            let base = section
                .split_once('?')
                .map_or(section.as_str(), |(base, _)| base);
            let is_known = known.contains(&base);
            let Some(hint) = nearest::hint(base, known).filter(|_| !is_known) else {
                continue;
            };
            let place = headers.first().map(|header| self.texts.key(header));
            let message = format!("nothing reads the section `[{section}]`");
            let mistake = Diagnostic::warning("unknown-section", message).with_hint(hint);
            self.found(mistake.at(place));
        }
        let options: Vec<&str> = if is_filter {
            FILTER.iter().map(|(option, _)| *option).collect()
        } else {
            ACTION.iter().map(|(option, _)| *option).collect()
        };
        let referred = value::referred(sections);
        let own = sections.named.get(SECTION).into_iter().flatten();
        for (option, entry) in own {
            if options.contains(&option.as_str()) || referred.contains(option) {
                continue;
            }
            let Some(hint) = nearest::hint(option, options.iter().copied()) else {
                continue;
            };
            let place = entry
                .now
                .origin
                .as_ref()
                .map(|origin| self.texts.key(origin));
            let message = format!("nothing reads the option `{option}`");
            let mistake = Diagnostic::warning("unknown-option", message).with_hint(hint);
            self.found(mistake.at(place));
        }
        if is_own {
            self.overrides(name, sections);
        }
        let short = name.rsplit_once('/').map_or(name, |(_, short)| short);
        if is_own && !is_filter && !self.unbanned.contains(short) {
            self.unban(sections);
        }
    }

    /// A `.local` file that stands beside nothing.
    fn overrides(&mut self, name: &str, sections: &Sections) {
        let local = format!("{name}.local");
        if self.tree.is_there(&format!("{name}.conf"))
            || !self.tree.is_there(&local)
            || sections
                .named
                .get(SECTION)
                .is_some_and(|own| own.contains_key("failregex") || own.contains_key("actionban"))
        {
            return;
        }
        let headers = sections.headers.values().flatten();
        let header = headers
            .into_iter()
            .find(|header| header.source.path == local);
        let place = header.map(|header| self.texts.key(header));
        let (folder, short) = name.split_once('/').unwrap_or(("", name));
        let files = self.tree.list(folder);
        let names = files.iter().filter_map(|path| {
            let name = path.strip_prefix(folder)?.strip_prefix('/')?;
            name.strip_suffix(".conf")
        });
        let message = format!("{short}.local overrides nothing: there is no {short}.conf");
        let mistake = Diagnostic::warning("overrides-nothing", message)
            .with_some_hint(self.hint(short, names));
        self.found(mistake.at(place));
    }

    /// An action that bans and never unbans.
    fn unban(&mut self, sections: &Sections) {
        let Some(ban) = sections.entry(SECTION, "actionban") else {
            return;
        };
        let is_set = |section, option: &str| sections.entry(section, option).is_some();
        let unbans = is_set(SECTION, "actionunban") || is_set("Init", "actionunban");
        if ban.now.text.trim().is_empty() || unbans {
            return;
        }
        let place = ban.now.origin.as_ref().map(|origin| self.texts.key(origin));
        let message = "the action bans and has no `actionunban`: what it does is never undone";
        let mistake = Diagnostic::warning("no-unban", message)
            .with_hint("write `actionunban =` if nothing needs to be undone");
        self.found(mistake.at(place));
    }
}
