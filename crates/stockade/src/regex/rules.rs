//! What is tried: the rules of a jail or a filter, or a rule itself.

use std::path::Path;

use f2b_config::{
    ConfigTree, Directory, FilterFiles, Rules, RulesError, has_jail, parse_spec, rules_of_filter,
    rules_of_jail,
};
use f2b_protocol::Value;

use super::Failed;
use super::head;
use super::trial::Trial;
use crate::tree::{NoSuchFolder, Tree};

/// Where a filter's files are.
enum Place {
    /// All files of a name in a folder of the configuration.
    Named { root: Root, name: String },
    /// One file.
    Alone(String),
}

/// A folder of configuration.
enum Root {
    /// The one that is used anyway.
    Chosen,
    /// Another one.
    Folder(String),
}

/// Takes up the rules that an argument means.
pub(super) fn take(trial: &mut Trial<'_>, argument: &str) -> Result<(), Failed> {
    if is_name(argument) && take_named(trial, argument)? {
        return Ok(());
    }
    trial.say(&head::used_text("failregex line", argument));
    trial.add_failregex(argument)
}

/// Tells whether an argument may be the name of something: `[\w/.\-]+`, perhaps with options.
fn is_name(argument: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '/' | '.' | '-');
    let name = argument.trim_start_matches(is_part);
    let has_name = name.len() < argument.len();
    has_name && (name.is_empty() || (name.starts_with('[') && name.ends_with(']')))
}

/// Returns false if there is nothing of that name.
fn take_named(trial: &mut Trial<'_>, argument: &str) -> Result<bool, Failed> {
    let wrong = |trial: &Trial<'_>, reason: &str| {
        let text = format!(
            "ERROR: Wrong filter name or options: {reason}\n       while parsing: {argument}"
        );
        // As the original: it then ends with an exception.
        match trial.is_verbose() {
            true => Failed::Exception(Some(text), reason.to_owned()),
            false => Failed::Said(text),
        }
    };
    let (name, arguments) = parse_spec(argument).map_err(|reason| wrong(trial, &reason))?;
    let is_plain = !name.contains('/');
    let is_jail_name = is_plain && !name.ends_with(".conf") && !name.ends_with(".local");
    let tree = Tree::choose(trial.options().config.as_deref());
    if is_jail_name {
        let tree = match &tree {
            Ok(tree) => tree.as_dyn(),
            Err(NoSuchFolder(path)) => {
                let path = path.trim_end_matches('/');
                let reason = format!("Base configuration directory {path} does not exist ");
                return Err(wrong(trial, &reason));
            }
        };
        if has_jail(tree, &name).map_err(|reason| wrong(trial, &reason))? {
            return take_jail(trial, tree, &name, &arguments, argument).map(|()| true);
        }
    }
    let tree = tree.ok();
    let config = trial.options().config.as_deref();
    let Some(place) = place(&name, tree.as_ref(), config) else {
        return Ok(false);
    };
    take_filter(trial, tree.as_ref(), &place, &arguments, argument, &name)
}

fn take_jail(
    trial: &mut Trial<'_>,
    tree: &dyn ConfigTree,
    name: &str,
    arguments: &[(String, String)],
    argument: &str,
) -> Result<(), Failed> {
    trial.say(&head::used("jail", name));
    trial.say_options("Use", "jail/flt options", &texts(arguments));
    match rules_of_jail(tree, name, arguments, trial.is_journal()) {
        // A jail without any rule is a jail.
        Ok(rules) => trial.take_rules(&rules, argument).map(drop),
        Err(RulesError::Unusable(told)) => {
            trial.log_told(&told);
            let name = Value::text(name).repr();
            Err(Failed::Said(format!(
                "ERROR: Failed to get jail for {name}"
            )))
        }
        Err(RulesError::Broken(reason) | RulesError::Refused(reason)) => {
            Err(Failed::Exception(None, reason))
        }
    }
}

/// Returns false if the filter has nothing to say.
fn take_filter(
    trial: &mut Trial<'_>,
    tree: Option<&Tree>,
    place: &Place,
    arguments: &[(String, String)],
    argument: &str,
    file: &str,
) -> Result<bool, Failed> {
    let is_journal = trial.is_journal();
    let rules: Result<Rules, RulesError> = match place {
        Place::Named { root, name } => {
            let folder;
            let tree: &dyn ConfigTree = match (root, tree) {
                (Root::Chosen, Some(tree)) => tree.as_dyn(),
                (Root::Chosen, None) => return Ok(false),
                (Root::Folder(path), _) => {
                    folder = Directory::new(path.into());
                    &folder
                }
            };
            let root = match (root, &trial.options().config) {
                (Root::Folder(path), _) => path.clone(),
                (Root::Chosen, Some(given)) => given.clone(),
                (Root::Chosen, None) => tree.name_of("").trim_end_matches('/').to_owned(),
            };
            trial.say(&head::used(
                "filter file",
                &format!("{name}, basedir: {root}"),
            ));
            trial.say_options("Use", "filter options", &texts(arguments));
            rules_of_filter(tree, FilterFiles::Named(name), arguments, is_journal)
        }
        Place::Alone(path) => {
            trial.say(&head::used("filter file", path));
            trial.say_options("Use", "filter options", &texts(arguments));
            let (folder, file) = path.rsplit_once('/').unwrap_or((".", path));
            let folder = Path::new(if folder.is_empty() { "/" } else { folder });
            let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
            let tree = Directory::new(whole);
            rules_of_filter(&tree, FilterFiles::Alone(file), arguments, is_journal)
        }
    };
    let rules = match rules {
        Ok(rules) => rules,
        Err(RulesError::Unusable(told)) => {
            trial.log_told(&told);
            return Err(Failed::Said(format!("ERROR: failed to load filter {file}")));
        }
        Err(RulesError::Broken(reason)) => {
            let text = format!("Wrong config file: {reason}");
            return Err(if trial.is_verbose() {
                Failed::Exception(Some(text), reason)
            } else {
                Failed::Said(format!("{text}\nERROR: failed to load filter {file}"))
            });
        }
        Err(RulesError::Refused(reason)) => return Err(Failed::Exception(None, reason)),
    };
    trial.take_rules(&rules, argument)
}

fn texts(arguments: &[(String, String)]) -> Vec<(String, Value)> {
    let pairs = arguments.iter();
    pairs
        .map(|(name, value)| (name.clone(), Value::text(value.as_str())))
        .collect()
}

/// Finds the files of a filter; `None` if there are none.
fn place(name: &str, tree: Option<&Tree>, config: Option<&str>) -> Option<Place> {
    let without_ending = |file: &str| match file.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem.to_owned(),
        _ => file.to_owned(),
    };
    if !name.contains('/') {
        let tree = tree?.as_dyn();
        let endings = ["", ".conf", ".local"].into_iter();
        // What may be an ending is taken for one.
        let tail: usize = name.chars().count().saturating_sub(6);
        let has_ending = name.chars().skip(tail).any(|c| c == '.');
        let mut files = endings
            .take(if has_ending { 1 } else { 3 })
            .map(|ending| format!("{name}{ending}"));
        let file = files.find(|file| is_file(tree, &format!("filter.d/{file}")))?;
        let name = if has_ending || file != name {
            without_ending(&file)
        } else {
            file
        };
        let root = Root::Chosen;
        return Some(Place::Named { root, name });
    }
    if let Some(tree) = tree
        && let Some(file) = name.strip_prefix("filter.d/")
        && !file.contains('/')
        && is_file(tree.as_dyn(), name)
    {
        let root = Root::Chosen;
        let name = without_ending(file);
        return Some(Place::Named { root, name });
    }
    if !Path::new(name).is_file() {
        return None;
    }
    let (folder, file) = name.rsplit_once('/')?;
    let (root, last) = folder.rsplit_once('/').unwrap_or((".", folder));
    if last == "filter.d" {
        let root = Root::Folder(if root.is_empty() { "/" } else { root }.to_owned());
        let name = without_ending(file);
        return Some(Place::Named { root, name });
    }
    if config.is_some_and(|config| config.trim_end_matches('/') == folder) {
        // As the original: a file of the configuration is taken for one of its filters.
        let (root, name) = (Root::Chosen, without_ending(file));
        return Some(Place::Named { root, name });
    }
    Some(Place::Alone(name.to_owned()))
}

fn is_file(tree: &dyn ConfigTree, path: &str) -> bool {
    tree.is_there(path) && tree.list("filter.d").iter().any(|listed| listed == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_from_a_rule() {
        for name in [
            "sshd",
            "filter.d/x.conf",
            "sshd[mode=a b]",
            "///x",
            "é-1",
            "x[y]",
            ".",
        ] {
            assert!(is_name(name), "{name}");
        }
        for rule in ["", "<HOST>", "bad <HOST>", "toy[", "^x", "x[y] ", "[x]"] {
            assert!(!is_name(rule), "{rule}");
        }
    }
}
