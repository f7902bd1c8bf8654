//! The trees that the originals come with, with some jails switched on.

use anyhow::{Context as _, Result, bail};

use super::{Entry, Question, Tree};
use crate::{Oracle, Version};

/// Log files of a small web and mail server, so that some jails find theirs,
/// some by a pattern and more than one.
const LOGS: &[&str] = &[
    "auth.log",
    "syslog",
    "mail.log",
    "daemon.log",
    "fail2ban.log",
    "vsftpd.log",
    "nginx/error.log",
    "nginx/access.log",
    "nginx/site.error.log",
    "apache2/error.log",
    "apache2/access.log",
    "apache2/other_vhosts_access.log",
    "apache2/shop-error.log",
    "apache2/shop-access.log",
    "exim4/mainlog",
    "exim4/rejectlog",
    "mysql/error.log",
    "squid/access.log",
    "proftpd/proftpd.log",
    "roundcube/errors.log",
    "mongodb/mongodb.log",
];

/// One of the two trees.
#[derive(Debug, Clone)]
pub struct Stock {
    /// Whose it is.
    pub version: Version,
    /// Its jails, in the order of `jail.conf`.
    pub jails: Vec<String>,
    tree: Tree,
}

impl Stock {
    /// Reads the tree of an unpacked original.
    ///
    /// # Errors
    /// It cannot be read, or has hardly a jail.
    pub fn read(oracle: &Oracle) -> Result<Self> {
        let folder = oracle.configuration();
        let tree = Tree::read(&folder)?;
        let Some(Entry::File(text)) = tree.entries.get(std::path::Path::new("jail.conf")) else {
            bail!("{} holds no jail.conf", folder.display());
        };
        let text = std::str::from_utf8(text).with_context(|| folder.display().to_string())?;
        let name = |line: &str| Some(line.strip_prefix('[')?.split(']').next()?.to_owned());
        let jails: Vec<_> = text
            .lines()
            .filter_map(name)
            .filter(|name| name != "DEFAULT" && name != "INCLUDES")
            .collect();
        if jails.len() < 50 {
            bail!("{} holds {} jails only", folder.display(), jails.len());
        }
        Ok(Self {
            version: oracle.version(),
            jails,
            tree,
        })
    }

    /// Returns the question about one of its jails, or about all together.
    #[must_use]
    pub fn question(&self, jail: Option<&str>, form: &str, with_logs: bool) -> Question {
        let section = |name: &String| {
            let enabled = jail.is_none_or(|jail| jail == name);
            format!("[{name}]\nenabled = {enabled}\n")
        };
        let local: String = self.jails.iter().map(section).collect();
        let mut tree = self.tree.clone();
        tree.put("jail.local", local.as_bytes());
        if with_logs {
            tree.logs = LOGS.iter().map(|&log| log.to_owned()).collect();
        }
        Question {
            tree,
            folder: String::new(),
            words: vec![form.to_owned()],
        }
    }
}
