//! The filter and the actions of a jail.

use std::collections::HashSet;

use f2b_protocol::Value;

use super::Jail;
use crate::check::{Checker, nearest, tag, value};
use crate::definition::{ACTION, Combined, Definition, FILTER, Gathered, SECTION, under};
use crate::entry::Names;
use crate::reference::{Lookup, Typed, Variables};
use crate::sections::Sections;
use crate::spec::{self, Spec};
use crate::tag::Unresolvable;
use crate::told::Tale;
use crate::{Abort, Diagnostic};

/// Arguments that many actions and filters are given, whether they have a use for them or not.
const CUSTOMARY: [&str; 7] = [
    "name", "actname", "port", "protocol", "chain", "mode", "logtype",
];

impl Checker<'_> {
    pub(super) fn filter(&mut self, jail: &Jail<'_>) {
        let text = jail.option("filter");
        if text.is_empty() {
            if jail.is_on && !jail.is_unresolved("filter") {
                let place = jail
                    .sections
                    .header(jail.name)
                    .map(|header| self.texts.key(header));
                let message = format!("the jail `{}` has no filter: it finds nothing", jail.name);
                self.found(Diagnostic::warning("no-filter", message).at(place));
            }
            return;
        }
        let Some(mut spec) = self.spec(jail, "filter", text) else {
            return;
        };
        let Some(sections) = self.part(&under("filter.d", &spec.name)) else {
            self.missing(jail, "filter", &spec.name);
            return;
        };
        let definition = Definition::of_filter(sections);
        self.arguments(jail, "filter", &definition, &spec);
        definition.add_logtype(&mut spec.arguments, jail.option("backend"));
        let Some(combined) = self.combined(jail, "filter", &definition, &spec.arguments) else {
            return;
        };
        let rules = ["prefregex", "failregex", "ignoreregex"];
        for option in rules {
            for name in tag::names(jail.option(option)) {
                let is_known = tag::OF_RULES.contains(&name) || name.starts_with("F-");
                let Some(hint) = nearest::hint(name, tag::OF_RULES).filter(|_| !is_known) else {
                    continue;
                };
                let message = format!("`<{name}>` in `{option}` leads nowhere");
                let place = self
                    .texts
                    .word_of(&jail.lookup(), option, &format!("<{name}>"));
                let mistake = Diagnostic::warning("tag-nowhere", message).with_hint(hint);
                self.found(mistake.at(place));
            }
        }
        self.filter_values(jail, &definition, &spec, &combined);
        for option in rules {
            if let Some(Typed::Text(text)) = combined.options.get(option) {
                let known = tag::OF_RULES;
                self.tags(&definition, option, text, &known);
            }
        }
        let has_rule = |rules: Option<&Typed>| match rules {
            Some(Typed::Text(text)) => !text.trim().is_empty(),
            _ => false,
        };
        let own = jail.option("failregex");
        if jail.is_on && own.trim().is_empty() && !has_rule(combined.options.get("failregex")) {
            let message = format!(
                "the jail `{}` finds nothing: it has no `failregex`",
                jail.name
            );
            let place = jail
                .sections
                .header(jail.name)
                .map(|header| self.texts.key(header));
            self.found(Diagnostic::warning("no-failregex", message).at(place));
        }
    }

    /// What a filter says beside its rules.
    fn filter_values(
        &mut self,
        jail: &Jail<'_>,
        definition: &Definition,
        spec: &Spec,
        combined: &Combined,
    ) {
        let place = |name: &'static str| {
            if spec.arguments.contains_key(name) {
                return (jail.lookup(), "filter");
            }
            let is_init = definition.sections.own("Init", name).is_some();
            let section = if is_init { "Init" } else { SECTION };
            (Lookup::plain(&definition.sections, section), name)
        };
        for name in ["maxlines", "usedns", "journalmatch"] {
            let (lookup, option) = place(name);
            let mistake = match combined.options.get(name) {
                Some(Typed::Int(lines)) if *lines < 1 => {
                    Some((lines.to_string(), super::too_few_lines(&lines.to_string())))
                }
                Some(Typed::Text(text)) if name == "usedns" => {
                    super::one_of(name, text, &super::USEDNS).map(|told| (text.clone(), told))
                }
                Some(Typed::Text(text)) if name == "journalmatch" => {
                    self.journalmatch(&lookup, option, text);
                    None
                }
                _ => None,
            };
            if let Some((text, mistake)) = mistake {
                let place = self.texts.word_of(&lookup, option, &text);
                self.found(mistake.at(place));
            }
        }
    }

    pub(super) fn actions(&mut self, jail: &Jail<'_>) {
        let text = jail.option("action");
        if text.len() > spec::LONGEST {
            let place = jail.sections.origin(jail.name, "action");
            let place = place.map(|origin| self.texts.value(&origin));
            let message = "the list of actions is too long";
            self.found(Diagnostic::error("bad-spec", message).at(place));
            return;
        }
        if self.holds_swallowed(text) {
            // That is told, and what comes of it is nonsense.
            return;
        }
        let specs = spec::split(text);
        if specs.is_empty() && jail.is_on && !jail.is_unresolved("action") {
            let place = jail.sections.origin(jail.name, "action");
            let place = place.map(|origin| self.texts.value(&origin));
            let header = jail.sections.header(jail.name);
            let place = place.or_else(|| header.map(|header| self.texts.key(header)));
            let message = format!("the jail `{}` has no action: it bans nobody", jail.name);
            self.found(Diagnostic::warning("no-action", message).at(place));
        }
        let mut names: HashSet<String> = HashSet::new();
        for text in specs {
            // The pieces of what cannot be read say nothing.
            let Some(mut spec) = self.spec(jail, "action", text) else {
                return;
            };
            if spec.name.ends_with(".py") {
                let path = under("action.d", &spec.name);
                if !self.tree.is_there(&path) {
                    self.missing(jail, "action", &spec.name);
                }
                continue;
            }
            let Some(sections) = self.part(&under("action.d", &spec.name)) else {
                self.missing(jail, "action", &spec.name);
                continue;
            };
            let definition = Definition::of_action(sections);
            self.arguments(jail, "action", &definition, &spec);
            spec.add_names(jail.name);
            for kind in ["port", "protocol"] {
                if let Some(list) = spec.arguments.get(kind)
                    && uses(&definition, &spec, kind)
                {
                    self.ports(jail, kind, list);
                }
            }
            if spec.arguments.contains_key("actionunban") {
                self.unbanned.insert(spec.name.clone());
            }
            let name = spec.arguments.get("actname").cloned().unwrap_or_default();
            if !names.insert(name.clone()) {
                let message = format!("the jail `{}` has two actions `{name}`", jail.name);
                let place = self.texts.word_of(&jail.lookup(), "action", text);
                let mistake = Diagnostic::error("duplicate-action", message)
                    .with_hint("give one of them another name: `[actname=NAME]`");
                self.found(mistake.at(place));
                continue;
            }
            let Some(combined) = self.combined(jail, "action", &definition, &spec.arguments) else {
                continue;
            };
            for (option, value) in &combined.options {
                if let Typed::Text(text) = value
                    && option.starts_with("action")
                {
                    let init = combined.init.keys().map(String::as_str);
                    let arguments = spec.arguments.keys().map(String::as_str);
                    let known: Vec<&str> = tag::OF_ACTIONS
                        .into_iter()
                        .chain(init)
                        .chain(arguments)
                        .collect();
                    self.tags(&definition, option, text, &known);
                }
            }
        }
    }

    fn spec(&mut self, jail: &Jail<'_>, option: &str, text: &str) -> Option<Spec> {
        match spec::parse(text) {
            Ok(spec) => Some(spec),
            Err(reason) => {
                let shown = Value::from(text).repr();
                let message = format!("invalid {option} definition {shown}: {reason}");
                let place = self.texts.word_of(&jail.lookup(), option, text);
                let mistake = Diagnostic::error("bad-spec", message)
                    .with_hint("write `name[key=\"value\", key=\"value\"]`");
                self.found(mistake.at(place));
                None
            }
        }
    }

    /// A filter or an action that has no file.
    fn missing(&mut self, jail: &Jail<'_>, kind: &str, name: &str) {
        let folder = format!("{kind}.d");
        let there = self.tree.list(&folder);
        let name_of = |path: &str| {
            let name = path.strip_prefix(&folder)?.strip_prefix('/')?;
            let name = name
                .strip_suffix(".conf")
                .or_else(|| name.strip_suffix(".local"))?;
            Some(name.to_owned())
        };
        let mut names: Vec<String> = there.iter().filter_map(|path| name_of(path)).collect();
        names.dedup();
        let code = if kind == "filter" {
            "missing-filter"
        } else {
            "missing-action"
        };
        let mut hint = self.hint(name, names.iter().map(String::as_str));
        if kind == "filter" && hint.is_none() && name == jail.name {
            let others = jail.sections.named.keys().map(String::as_str);
            hint = nearest::nearest(jail.name, others).map(|other| {
                format!("there is a jail `{other}`: is that the section that is meant?")
            });
        }
        let message = format!("there is no {kind} `{name}`");
        // As many as fit a line.
        let few = Some(&names).filter(|names| !names.is_empty() && names.len() <= 8);
        let few = few.map(|names| format!("{folder} holds {}", names.join(", ")));
        let mistake = Diagnostic::error(code, message).with_some_hint(hint.or(few));
        // The name of the section is what `%(__name__)s` stands for.
        let word = self.texts.word_of(&jail.lookup(), kind, name);
        let is_shown = |place: &crate::Place| place.excerpt.contains(name);
        let header = jail.sections.header(jail.name);
        let place = match (word, header) {
            (Some(place), _) if is_shown(&place) => Some(place),
            (_, Some(header)) if name == jail.name => Some(self.texts.key(header)),
            (place, _) => place,
        };
        self.found(mistake.at(place));
    }

    /// Arguments that the filter or action has no use for, and that are slips of the keys.
    fn arguments(&mut self, jail: &Jail<'_>, option: &str, definition: &Definition, spec: &Spec) {
        let mut known = value::referred(&definition.sections);
        known.extend(set_in(&definition.sections));
        let options = ACTION.iter().chain(&FILTER);
        known.extend(options.map(|(option, _)| (*option).to_owned()));
        for key in spec.arguments.keys() {
            let base = key.split_once('?').map_or(key.as_str(), |(base, _)| base);
            if known.contains(&base.to_lowercase()) || CUSTOMARY.contains(&base) {
                continue;
            }
            let names = known.iter().map(String::as_str);
            let Some(hint) = self.hint(base, names) else {
                continue;
            };
            let message = format!("the {option} `{}` has no use for `{key}`", spec.name);
            let place = self.texts.word_of(&jail.lookup(), option, base);
            let mistake = Diagnostic::warning("unknown-argument", message).with_hint(hint);
            self.found(mistake.at(place));
        }
    }

    /// Puts a filter or an action together, or says why that cannot be done.
    fn combined(
        &mut self,
        jail: &Jail<'_>,
        option: &str,
        definition: &Definition,
        arguments: &Names<String>,
    ) -> Option<Combined> {
        let variables = jail.variables();
        let told = &mut Tale::default();
        // As the original reads a filter: all of it first, then what the jail leaves of it.
        let all = match option {
            "filter" => definition.gather(arguments, None, true, told),
            _ => definition.gather(arguments, Some(&variables), false, told),
        };
        let gathered = all.and_then(|all| {
            if option == "filter" {
                self.finished(jail, option, definition, all);
            }
            definition.gather(arguments, Some(&variables), false, told)
        });
        match gathered {
            Ok(gathered) => self.finished(jail, option, definition, gathered),
            Err(Abort(reason)) => {
                self.unusable(jail, option, definition, arguments, reason);
                None
            }
        }
    }

    /// Resolves the tags, or says which of them cannot be.
    fn finished(
        &mut self,
        jail: &Jail<'_>,
        option: &str,
        definition: &Definition,
        gathered: Gathered,
    ) -> Option<Combined> {
        let told = &mut Tale::default();
        let origin_of = |name: &str| {
            let origin = definition.origin(name);
            origin.or_else(|| jail.sections.origin(jail.name, option))
        };
        let Unresolvable {
            option: name,
            reason,
        } = match definition.finish(gathered, told) {
            Ok(combined) => {
                // Of numbers, that they are none; the original goes on without them.
                for told in &told.said {
                    let origin = origin_of("maxlines");
                    let place = origin.map(|origin| self.texts.value(&origin));
                    let mistake = Diagnostic::warning("bad-number", told.text.clone());
                    self.found(mistake.at(place));
                }
                return Some(combined);
            }
            Err(unresolvable) => unresolvable,
        };
        let origin = origin_of(&name);
        let place = origin.map(|origin| self.texts.value(&origin));
        let is_circle = reason.contains("self referencing");
        let message = format!("the tags of `{name}` cannot be resolved: {reason}");
        let mistake = if is_circle {
            Diagnostic::error("tag-circle", message)
                .with_hint("`<known/NAME>` is what files read before say")
        } else {
            Diagnostic::error("tag-refused", message)
        };
        self.found(mistake.at(place));
        None
    }

    /// Says which reference keeps a filter or an action from being read.
    fn unusable(
        &mut self,
        jail: &Jail<'_>,
        option: &str,
        definition: &Definition,
        arguments: &Names<String>,
        reason: String,
    ) {
        let before = self.calls;
        let arguments = arguments.iter();
        let arguments: Variables = arguments
            .map(|(key, value)| (key.to_lowercase(), Typed::Text(value.clone())))
            .collect();
        let sections = &definition.sections;
        let variables = jail.variables();
        let read = [
            (SECTION, [Some(&arguments), Some(&*variables)]),
            ("Init", [None; 2]),
        ];
        for (section, variables) in read {
            let lookup = Lookup::new(sections, section, variables);
            let own = sections.named.get(section).into_iter().flatten();
            let is_read = |option: &&String| section == SECTION && definition.reads(option);
            let shared = sections.default.keys().filter(is_read);
            for option in own.map(|(option, _)| option).chain(shared) {
                self.resolved(&lookup, option);
            }
        }
        if self.calls == before {
            let origin = jail.sections.origin(jail.name, option);
            let place = origin.map(|origin| self.texts.value(&origin));
            self.found(Diagnostic::error("unusable-part", reason).at(place));
        }
    }

    /// Tags that are left though nothing stands for them.
    fn tags(&mut self, definition: &Definition, option: &str, text: &str, known: &[&str]) {
        let own = set_in(&definition.sections);
        let is_rule = option.ends_with("regex");
        for name in tag::names(text) {
            if known.contains(&name) || name.starts_with("F-") {
                continue;
            }
            if own.contains(&name.to_lowercase()) {
                continue;
            }
            let names = known.iter().copied().chain(own.iter().map(String::as_str));
            let hint = self.hint(name, names);
            // A rule may mean `<word>` as it stands, but not if the word was put together.
            let is_written = definition.says(option, &format!("<{name}>"));
            // So may a mail: an address in angle brackets, HTML.
            let is_meant = if is_rule {
                is_written && hint.is_none()
            } else {
                !definition.is_written(name) || tag::is_html(name)
            };
            if is_meant {
                continue;
            }
            let message = format!("`<{name}>` in `{option}` leads nowhere: nothing sets `{name}`");
            let tag = format!("<{name}>");
            let here = definition.origin(option);
            let place = here
                .as_ref()
                .and_then(|origin| self.texts.word(origin, &tag));
            // It may come by another tag.
            let elsewhere = || definition.writes(&tag);
            let place = place.or_else(|| {
                let origin = elsewhere()?;
                self.texts.word(&origin, &tag)
            });
            let place = place.or_else(|| here.map(|origin| self.texts.value(&origin)));
            let mistake = Diagnostic::warning("tag-nowhere", message).with_some_hint(hint);
            self.found(mistake.at(place));
        }
    }
}

/// Tells whether the commands of an action come to hold an argument, or the server itself takes it.
fn uses(definition: &Definition, spec: &Spec, argument: &str) -> bool {
    // No command holds it otherwise.
    const MARK: &str = "\u{1}";
    let mut arguments = spec.arguments.clone();
    arguments.insert(argument.to_owned(), MARK.to_owned());
    let told = &mut Tale::default();
    let gathered = definition.gather(&arguments, None, false, told);
    let Some(combined) = gathered
        .ok()
        .and_then(|all| definition.finish(all, told).ok())
    else {
        return false;
    };
    let is_native = combined.init.get("native").is_some_and(|native| {
        let mut yes = ["yes", "on", "true", "1"].into_iter();
        yes.any(|yes| native.eq_ignore_ascii_case(yes))
    });
    let mut commands = combined.options.iter();
    is_native
        || commands.any(|(option, value)| match value {
            Typed::Text(text) => option.starts_with("action") && text.contains(MARK),
            _ => false,
        })
}

/// The names that the files of a filter or an action set.
fn set_in(sections: &Sections) -> HashSet<String> {
    let own = sections.named.values().flat_map(|section| section.keys());
    let all = own.chain(sections.default.keys());
    let base = |name: &String| {
        name.split_once('?')
            .map_or(name.as_str(), |(base, _)| base)
            .to_owned()
    };
    all.map(base).collect()
}
