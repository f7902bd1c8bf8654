//! Which configuration is read.

use std::path::Path;

use f2b_config::{ConfigTree, Diagnostic, Directory, Embedded, LogFolders, Surroundings};
use f2b_core::glob::Folders;
use f2b_firewall::ports::services::Services;

use crate::rules;

/// Where fail2ban's configuration has its place.
const SYSTEM: &str = "/etc/fail2ban";

/// A configuration tree and what to call it.
pub(crate) struct Tree {
    tree: Box<dyn ConfigTree>,
    /// Whether it is the copy that is built in.
    pub(crate) is_embedded: bool,
}

/// The folder given with `-c` does not exist.
#[derive(Debug)]
pub(crate) struct NoSuchFolder(pub(crate) String);

impl Tree {
    /// Returns the folder given with `-c`, else the system's, else the copy that is built in.
    pub(crate) fn choose(given: Option<&str>) -> Result<Self, NoSuchFolder> {
        let folder = |path: &str| Self {
            tree: Box::new(Directory::new(path.into())),
            is_embedded: false,
        };
        match given {
            Some(path) if Path::new(path).is_dir() => Ok(folder(path)),
            Some(path) => Err(NoSuchFolder(path.to_owned())),
            None if Path::new(SYSTEM).is_dir() => Ok(folder(SYSTEM)),
            None => Ok(Self {
                tree: Box::new(Embedded),
                is_embedded: true,
            }),
        }
    }

    /// Returns the tree itself.
    pub(crate) fn as_dyn(&self) -> &dyn ConfigTree {
        self.tree.as_ref()
    }
}

/// The folders of the machine.
pub(crate) struct SystemFolders;

impl Folders for SystemFolders {
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect()
    }

    fn is_there(&self, path: &str) -> bool {
        std::fs::symlink_metadata(path).is_ok()
    }
}

impl LogFolders for SystemFolders {
    fn leads_somewhere(&self, path: &str) -> bool {
        Path::new(path).exists()
    }
}

/// Finds every mistake of a configuration on this machine.
pub(crate) fn check(tree: &dyn ConfigTree) -> Vec<Diagnostic> {
    let services = Services::of_system();
    let service_exists = |name: &str| services.is_known(name);
    let around = Surroundings {
        logs: &SystemFolders,
        service_exists: &service_exists,
    };
    let mut found = f2b_config::check(tree, &around);
    found.extend(rules::check(tree));
    found
}
