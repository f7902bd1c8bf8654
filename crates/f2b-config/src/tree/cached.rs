//! A tree that is asked once what there is: filters include the same files, and each has siblings that
//! mostly are not there.

use std::cell::RefCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{ConfigTree, TreeError};

/// Remembers what a tree has answered.
pub(crate) struct Cached<'a> {
    tree: &'a dyn ConfigTree,
    folders: RefCell<FxHashMap<String, FxHashSet<String>>>,
    is_there: RefCell<FxHashMap<String, bool>>,
}

impl<'a> Cached<'a> {
    pub(crate) fn new(tree: &'a dyn ConfigTree) -> Self {
        Self {
            tree,
            folders: RefCell::default(),
            is_there: RefCell::default(),
        }
    }

    /// Tells whether the listing of its folder shows that a path leads nowhere.
    fn is_unlisted(&self, path: &str) -> bool {
        let parts = path.rsplit_once('/');
        // No listing shows these.
        let is_plain = |name: &str| !matches!(name, "" | "." | "..");
        let parts = parts.filter(|(_, name)| is_plain(name) && !path.starts_with(['/', '.']));
        let Some((folder, _)) = parts else {
            return false;
        };
        let mut folders = self.folders.borrow_mut();
        if !folders.contains_key(folder) {
            let names = self.tree.list(folder).into_iter().collect();
            folders.insert(folder.to_owned(), names);
        }
        // A folder may be closed to listing and open to those who know a name.
        let names = folders.get(folder);
        names.is_some_and(|names| !names.is_empty() && !names.contains(path))
    }
}

impl ConfigTree for Cached<'_> {
    fn read(&self, path: &str) -> Result<Option<String>, TreeError> {
        self.tree.read(path)
    }

    fn list(&self, folder: &str) -> Vec<String> {
        self.tree.list(folder)
    }

    fn is_there(&self, path: &str) -> bool {
        if let Some(is_there) = self.is_there.borrow().get(path) {
            return *is_there;
        }
        let is_there = !self.is_unlisted(path) && self.tree.is_there(path);
        self.is_there.borrow_mut().insert(path.to_owned(), is_there);
        is_there
    }

    fn name_of(&self, path: &str) -> String {
        self.tree.name_of(path)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Directory;
    use super::*;

    #[test]
    fn what_is_there_is_there_by_every_path() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        std::fs::create_dir_all(at("filter.d/sub")).unwrap();
        std::fs::write(at("filter.d/a.conf"), "").unwrap();
        std::fs::write(at("jail.conf"), "").unwrap();
        std::os::unix::fs::symlink("a.conf", at("filter.d/b.conf")).unwrap();
        std::os::unix::fs::symlink("nowhere", at("filter.d/c.conf")).unwrap();
        let tree = Directory::new(folder.path().to_owned());
        let cached = Cached::new(&tree);
        let absolute = at("filter.d/a.conf").display().to_string();
        let paths = [
            "jail.conf",
            "jail.local",
            "filter.d/a.conf",
            "filter.d/a.local",
            "filter.d/b.conf",
            "filter.d/c.conf",
            "filter.d/sub",
            "filter.d/sub/",
            "filter.d/.",
            "filter.d/..",
            "filter.d/../jail.conf",
            "filter.d/../jail.local",
            "filter.d/sub/../a.conf",
            "filter.d//a.conf",
            "nothing.d/a.conf",
            absolute.as_str(),
        ];
        for path in paths {
            for _ in 0..2 {
                assert_eq!(cached.is_there(path), tree.is_there(path), "{path}");
            }
        }
    }
}
