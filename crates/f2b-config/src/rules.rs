//! The rules of one jail or one filter alone, for `fail2ban-regex` (contract A 7).

use f2b_protocol::Value;

use super::definition::Definition;
use super::entry::Names;
use super::files::{self, Library};
use super::jail::{self, Single};
use super::spec;
use super::told::{Tale, Told};
use super::tree::Cached;
use super::{Abort, ConfigTree, Sent};

/// The rules of one jail or one filter.
#[derive(Debug)]
pub struct Rules {
    /// What a server would be told of them, option and value, in the order of the stream; or why it
    /// cannot be told, in the original's words.
    pub options: Result<Vec<(String, Value)>, String>,
    /// Options as they are in effect, for a person to look at.
    pub effective: Vec<(String, Value)>,
    /// What the original says while it reads.
    pub told: Vec<Told>,
}

/// Why there are no rules.
#[derive(Debug)]
pub enum RulesError {
    /// The jail or the filter cannot be used. What the original says while it reads tells why.
    Unusable(Vec<Told>),
    /// A file cannot be taken apart, in the original's words.
    Broken(String),
    /// The options do not come to rules, in the original's words.
    Refused(String),
}

/// Where the files of a filter are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterFiles<'a> {
    /// All that belong to a name: `filter.d/NAME.conf`, `filter.d/NAME.local` and so on.
    Named(&'a str),
    /// One file of the tree, with the `.local` file beside it.
    Alone(&'a str),
}

/// Takes `name[key=value,…]` apart.
///
/// # Errors
/// What is wrong, in the original's words.
pub fn parse_spec(text: &str) -> Result<(String, Vec<(String, String)>), String> {
    let spec = spec::parse(text)?;
    Ok((spec.name, spec.arguments.into_iter().collect()))
}

/// Takes a `journalmatch` apart, as a shell would.
///
/// # Errors
/// What is wrong, in Python's words.
pub fn shell_words(text: &str) -> Result<Vec<String>, String> {
    super::convert::shell_words(text).map_err(str::to_owned)
}

/// Tells whether there is a jail of that name, be it on or off.
///
/// # Errors
/// The files of jails cannot be taken apart; in the original's words.
pub fn has_jail(tree: &dyn ConfigTree, name: &str) -> Result<bool, String> {
    let root = tree.name_of("");
    let sections = files::read(tree, "jail", &jail::presets(&root), &mut Tale::default());
    let sections = sections.map_err(|Abort(reason)| reason)?;
    Ok(sections.is_some_and(|sections| jail::is_name(name) && sections.named.contains_key(name)))
}

/// Returns the rules of a jail. `arguments` go before those that the jail gives its filter; it is read
/// as if its backend were `systemd` or `auto`.
///
/// # Errors
/// [`RulesError`]
pub fn rules_of_jail(
    tree: &dyn ConfigTree,
    name: &str,
    arguments: &[(String, String)],
    is_journal: bool,
) -> Result<Rules, RulesError> {
    let tree: &dyn ConfigTree = &Cached::new(tree);
    let mut told = Tale::default();
    let refused = |Abort(reason)| RulesError::Refused(reason);
    let sections = jail::sections(tree, &mut told).map_err(refused)?;
    let arguments: Names<String> = arguments.iter().cloned().collect();
    let library = &mut Library::new(tree);
    let backend = backend(is_journal);
    let single = jail::jail_alone(library, &sections, name, &arguments, backend, &mut told);
    match single.map_err(refused)? {
        Some(single) => Ok(rules(single, told)),
        None => Err(RulesError::Unusable(told.said)),
    }
}

/// Returns the rules of a filter with these arguments.
///
/// # Errors
/// [`RulesError`]
pub fn rules_of_filter(
    tree: &dyn ConfigTree,
    files: FilterFiles<'_>,
    arguments: &[(String, String)],
    is_journal: bool,
) -> Result<Rules, RulesError> {
    let tree: &dyn ConfigTree = &Cached::new(tree);
    let mut told = Tale::default();
    let definition = match files {
        FilterFiles::Named(name) => Definition::filter(&mut Library::new(tree), name, &mut told),
        FilterFiles::Alone(path) => {
            let sections = files::read_alone(tree, path, &mut told);
            sections.map(|sections| sections.map(|read| Definition::of_filter(read.into())))
        }
    };
    let Some(definition) = definition.map_err(|Abort(reason)| RulesError::Broken(reason))? else {
        return Err(RulesError::Unusable(told.said));
    };
    let arguments: Names<String> = arguments.iter().cloned().collect();
    let single = jail::filter_alone(definition, arguments, backend(is_journal), &mut told);
    let single = single.map_err(|Abort(reason)| RulesError::Refused(reason))?;
    Ok(rules(single, told))
}

const fn backend(is_journal: bool) -> &'static str {
    if is_journal { "systemd" } else { "auto" }
}

fn rules(single: Single, told: Tale) -> Rules {
    let option = |Sent { command, .. }: &Sent| {
        let words = command.as_value();
        match words.as_sequence()? {
            [set, _, option, rest @ ..] if set.as_str().is_some() => {
                let option = option.as_str()?;
                let option = option.strip_prefix("add").unwrap_or(option).to_owned();
                let value = match rest {
                    _ if option == "journalmatch" => Value::List(rest.to_vec()),
                    [only] => only.clone(),
                    _ => return None,
                };
                Some((option, value))
            }
            _ => None,
        }
    };
    let commands = single.commands.map_err(|Abort(reason)| reason);
    Rules {
        options: commands.map(|commands| commands.iter().filter_map(option).collect()),
        effective: single.effective,
        told: told.said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, crate::Directory) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let tree = crate::Directory::new(folder.path().to_owned());
        (folder, tree)
    }

    fn shown(pairs: &[(String, Value)]) -> String {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (Value::text(name), value.clone()));
        Value::Dict(pairs.collect()).repr()
    }

    const FILTER: &str = "[Definition]\nfailregex = ^<who> <HOST>$\nlogtype = x\n\
                          [Init]\nmaxlines = 5\nwho = a\n";

    #[test]
    fn a_filter_alone_has_its_rules_and_arguments_go_first() {
        let (_folder, tree) = tree(&[("filter.d/t.conf", FILTER)]);
        let check = |arguments: &[(&str, &str)], options: &str, effective: &str| {
            let arguments: Vec<_> = arguments
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect();
            for files in [
                FilterFiles::Named("t"),
                FilterFiles::Alone("filter.d/t.conf"),
            ] {
                let rules = rules_of_filter(&tree, files, &arguments, false).unwrap();
                assert_eq!(shown(&rules.options.unwrap()), options);
                assert_eq!(shown(&rules.effective), effective);
            }
        };
        check(
            &[],
            "{'maxlines': 5, 'failregex': '^a <HOST>$'}",
            "{'logtype': 'x', 'known/maxlines': '5', 'maxlines': 5, 'known/who': 'a', 'who': 'a'}",
        );
        check(
            &[("maxlines", "7"), ("who", "b")],
            "{'maxlines': 7, 'failregex': '^b <HOST>$'}",
            "{'logtype': 'x', 'maxlines': 7, 'who': 'b', 'known/maxlines': '5', 'known/who': 'a'}",
        );
    }

    #[test]
    fn a_jail_alone_need_not_be_on() {
        let jail = "[j]\nfilter = t\ndatepattern = %%Y\n[bad]\nfilter = none\n[k]\nfilter = t\n\
                    action = %(nope)s\n";
        let (_folder, tree) = tree(&[("filter.d/t.conf", FILTER), ("jail.conf", jail)]);
        assert_eq!(has_jail(&tree, "j"), Ok(true));
        assert_eq!(has_jail(&tree, "DEFAULT"), Ok(false));
        let rules = rules_of_jail(&tree, "j", &[("who".into(), "b".into())], false).unwrap();
        assert_eq!(
            shown(&rules.options.unwrap()),
            "{'maxlines': 5, 'failregex': '^b <HOST>$', 'datepattern': '%Y'}"
        );
        assert_eq!(
            shown(&rules.effective),
            "{'logtype': 'x', 'datepattern': '%Y', 'who': 'b', 'backend': 'auto'}"
        );
        let error = |name: &str| rules_of_jail(&tree, name, &[], false).unwrap_err();
        assert!(matches!(error("bad"), RulesError::Unusable(_)));
        assert!(matches!(error("k"), RulesError::Refused(_)));
    }
}
