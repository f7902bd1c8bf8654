//! A configuration tree and the log files beside it, kept in memory and laid
//! out for one run.

use std::{
    collections::BTreeMap,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    os::unix::fs::symlink,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, bail};

/// Something below a configuration folder.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Entry {
    /// A file with its bytes, shared between the many trees of one package.
    File(Arc<[u8]>),
    /// An empty folder.
    Folder,
    /// A symbolic link to a path that need not exist.
    Link(PathBuf),
}

/// A configuration tree with the log files that exist while it is read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Tree {
    /// By path below the configuration folder.
    pub entries: BTreeMap<PathBuf, Entry>,
    /// Paths below `/var/log`, made in this order: the order in a folder is
    /// that of the making, and the original does not sort. Those that end with
    /// `/` are folders.
    pub logs: Vec<String>,
    /// Links below `/var/log`: name and target.
    pub log_links: Vec<(String, String)>,
}

impl Tree {
    /// Reads a folder; links in it are followed.
    ///
    /// # Errors
    /// Something in it cannot be read.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut tree = Self::default();
        tree.read_below(folder, Path::new(""))?;
        Ok(tree)
    }

    fn read_below(&mut self, folder: &Path, below: &Path) -> Result<()> {
        let what = || format!("read {}", folder.display());
        for entry in fs::read_dir(folder).with_context(what)? {
            let entry = entry.with_context(what)?;
            let (path, name) = (entry.path(), below.join(entry.file_name()));
            if path.is_dir() {
                self.read_below(&path, &name)?;
            } else {
                let bytes = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
                self.entries.insert(name, Entry::File(bytes.into()));
            }
        }
        Ok(())
    }

    /// Puts a file into it, in place of one that may be there.
    pub fn put(&mut self, path: impl Into<PathBuf>, bytes: &[u8]) {
        self.entries.insert(path.into(), Entry::File(bytes.into()));
    }

    /// Returns a number that is another one for any other tree.
    ///
    /// It holds only as long as the toolchain stays.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    /// Writes it below an empty folder: the configuration into `fail2ban`, and
    /// a shell script `logs` that makes the log files in the current folder.
    ///
    /// # Errors
    /// A path leads out of the folder, or something cannot be written.
    pub(super) fn lay_out(&self, folder: &Path) -> Result<()> {
        let configuration = folder.join("fail2ban");
        fs::create_dir_all(&configuration)
            .with_context(|| format!("create {}", configuration.display()))?;
        for (path, entry) in &self.entries {
            let normal = |part| matches!(part, Component::Normal(_));
            if !path.components().all(normal) {
                bail!("{} leads out of the tree", path.display());
            }
            let path = configuration.join(path);
            let what = || format!("create {}", path.display());
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).with_context(what)?;
            }
            match entry {
                Entry::File(bytes) => fs::write(&path, bytes),
                Entry::Folder => fs::create_dir(&path),
                Entry::Link(target) => symlink(target, &path),
            }
            .with_context(what)?;
        }
        let script = folder.join("logs");
        fs::write(&script, self.log_script())
            .with_context(|| format!("create {}", script.display()))
    }

    fn log_script(&self) -> String {
        let mut script = "set -e\n".to_owned();
        for log in &self.logs {
            let (parent, name) = log.rsplit_once('/').unwrap_or(("", log));
            if !parent.is_empty() {
                script.push_str(&format!("mkdir -p {}\n", quoted(parent)));
            }
            if !name.is_empty() {
                script.push_str(&format!(": >{}\n", quoted(log)));
            }
        }
        for (name, target) in &self.log_links {
            script.push_str(&format!("ln -s {} {}\n", quoted(target), quoted(name)));
        }
        script
    }
}

/// Returns a text as one word for the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_laid_out_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut tree = Tree::default();
        tree.put("jail.conf", b"[DEFAULT]\n");
        tree.put("filter.d/x.conf", b"\xff");
        tree.lay_out(folder.path()).unwrap();
        assert_eq!(Tree::read(&folder.path().join("fail2ban")).unwrap(), tree);
    }

    #[test]
    fn a_path_that_leads_out_is_refused() {
        for path in ["../x", "/x", "a/../../x"] {
            let folder = tempfile::tempdir().unwrap();
            let mut tree = Tree::default();
            tree.put(path, b"");
            assert!(tree.lay_out(folder.path()).is_err(), "{path}");
        }
    }

    #[test]
    fn any_change_changes_the_fingerprint() {
        let mut tree = Tree::default();
        tree.put("jail.conf", b"[a]\n");
        let before = tree.fingerprint();
        let changes: [fn(&mut Tree); 4] = [
            |tree| tree.put("jail.conf", b"[b]\n"),
            |tree| tree.put("jail.local", b""),
            |tree| tree.logs.push("a.log".to_owned()),
            |tree| tree.log_links.push(("a".to_owned(), "b".to_owned())),
        ];
        for change in changes {
            let mut other = tree.clone();
            change(&mut other);
            assert_ne!(other.fingerprint(), before, "{other:?}");
        }
        assert_eq!(tree.clone().fingerprint(), before);
    }

    #[test]
    fn log_files_are_made_in_their_order_with_any_name() {
        let tree = Tree {
            logs: vec!["b.log".into(), "nginx/error.log".into(), "it's/".into()],
            log_links: vec![("gone.log".into(), "/nowhere".into())],
            ..Tree::default()
        };
        let expected = "set -e\n: >'b.log'\nmkdir -p 'nginx'\n: >'nginx/error.log'\n\
                        mkdir -p 'it'\\''s'\nln -s '/nowhere' 'gone.log'\n";
        assert_eq!(tree.log_script(), expected);
    }
}
