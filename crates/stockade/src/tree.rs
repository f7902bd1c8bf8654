//! Which configuration is read.

use std::path::Path;

use f2b_config::{ConfigTree, Configuration, Directory, Embedded, Surroundings};

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

    /// Reads it whole.
    pub(crate) fn read(&self) -> Configuration {
        let file_exists = |path: &str| Path::new(path).exists();
        f2b_config::read(
            self.tree.as_ref(),
            &Surroundings {
                file_exists: &file_exists,
            },
        )
    }
}
