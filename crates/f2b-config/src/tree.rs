//! Where configuration files come from: a folder, or the copy built into the program.

mod cached;

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

pub(crate) use cached::Cached;

/// A file of the tree that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The file is there, but cannot be opened or read.
    #[error("read {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not UTF-8.
    #[error("read {path}: line {line} is not UTF-8")]
    NotUtf8 {
        /// The file.
        path: String,
        /// The line of the first wrong byte, from 1.
        line: usize,
        /// What is wrong, in Python's words.
        reason: String,
    },
    /// The file is larger than any configuration.
    #[error("read {path}: the file is larger than {limit} bytes")]
    TooLarge {
        /// The file.
        path: String,
        /// The limit.
        limit: u64,
    },
}

/// A tree of configuration files, addressed by paths relative to its root (`filter.d/sshd.conf`).
pub trait ConfigTree {
    /// Returns the text of a file; `None` if there is no such file.
    ///
    /// # Errors
    /// [`TreeError`] if the file is there and cannot be read.
    fn read(&self, path: &str) -> Result<Option<String>, TreeError>;

    /// Returns the files directly in a folder, as paths relative to the root, sorted; none if there
    /// is no such folder.
    fn list(&self, folder: &str) -> Vec<String>;

    /// Returns whether something is at a path and leads somewhere.
    fn is_there(&self, path: &str) -> bool;

    /// Returns how messages name a file.
    fn name_of(&self, path: &str) -> String;
}

/// The largest file that is read, in bytes.
const FILE_LIMIT: u64 = 16 << 20;

/// A folder, usually `/etc/fail2ban`.
#[derive(Clone, Debug)]
pub struct Directory {
    root: PathBuf,
}

impl Directory {
    /// Returns the tree below `root`.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// A path that begins with `./` is relative to the current folder, as the original has it.
    fn full(&self, path: &str) -> PathBuf {
        if path.starts_with("./") {
            path.into()
        } else {
            self.root.join(path)
        }
    }
}

impl ConfigTree for Directory {
    #[expect(
        clippy::disallowed_methods,
        reason = "here the files of this crate are opened"
    )]
    fn read(&self, path: &str) -> Result<Option<String>, TreeError> {
        let unreadable = |source| TreeError::Unreadable {
            path: self.name_of(path),
            source,
        };
        let file = match File::open(self.full(path)) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        };
        let size = file.metadata().map_or(0, |metadata| metadata.len());
        let size = usize::try_from(size.min(FILE_LIMIT)).unwrap_or(0);
        // One more, so that the end is found without another try.
        let mut bytes = Vec::with_capacity(size + 1);
        let mut limited = file.take(FILE_LIMIT + 1);
        let length = limited.read_to_end(&mut bytes).map_err(unreadable)?;
        if u64::try_from(length).unwrap_or(u64::MAX) > FILE_LIMIT {
            return Err(TreeError::TooLarge {
                path: self.name_of(path),
                limit: FILE_LIMIT,
            });
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            let before = error.as_bytes().get(..valid).unwrap_or_default();
            TreeError::NotUtf8 {
                path: self.name_of(path),
                line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
                reason: decoding_error(error.as_bytes(), &error.utf8_error()),
            }
        })?;
        Ok(Some(text))
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.full(folder)) else {
            return Vec::new();
        };
        let mut files: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .map(|name| format!("{folder}/{name}"))
            .collect();
        files.sort();
        files
    }

    fn is_there(&self, path: &str) -> bool {
        self.full(path).exists()
    }

    fn name_of(&self, path: &str) -> String {
        let full = self.full(path);
        // A path from the current folder on is shown whole.
        let shown = if path.starts_with("./") {
            std::path::absolute(&full).unwrap_or(full)
        } else {
            full
        };
        shown.display().to_string()
    }
}

/// As Python words it.
fn decoding_error(bytes: &[u8], error: &std::str::Utf8Error) -> String {
    let at = error.valid_up_to();
    let byte = bytes.get(at).copied().unwrap_or_default();
    let can_begin = matches!(byte, 0xc2..=0xf4);
    let what = match error.error_len() {
        None => "unexpected end of data",
        Some(_) if can_begin => "invalid continuation byte",
        Some(_) => "invalid start byte",
    };
    format!("'utf-8' codec can't decode byte 0x{byte:02x} in position {at}: {what}")
}

/// The copy of `config/` that is built into the program.
#[derive(Clone, Copy, Debug)]
pub struct Embedded;

/// Every file of `config/`. A file that is missing here fails the test `nothing_is_left_out`.
const FILES: [(&str, &str); 4] = [
    (
        "fail2ban.conf",
        include_str!("../../../config/fail2ban.conf"),
    ),
    ("jail.conf", include_str!("../../../config/jail.conf")),
    (
        "filter.d/sshd.conf",
        include_str!("../../../config/filter.d/sshd.conf"),
    ),
    (
        "action.d/stockade.conf",
        include_str!("../../../config/action.d/stockade.conf"),
    ),
];

impl ConfigTree for Embedded {
    fn read(&self, path: &str) -> Result<Option<String>, TreeError> {
        let file = FILES.iter().find(|(name, _)| *name == path);
        Ok(file.map(|(_, text)| (*text).to_owned()))
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let inside = |path: &str| {
            let name = path.strip_prefix(folder)?.strip_prefix('/')?;
            (!name.contains('/')).then(|| path.to_owned())
        };
        FILES.iter().filter_map(|(path, _)| inside(path)).collect()
    }

    fn is_there(&self, path: &str) -> bool {
        FILES.iter().any(|(name, _)| *name == path)
    }

    fn name_of(&self, path: &str) -> String {
        format!("(built-in)/{path}")
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn files_below(folder: &Path, found: &mut Vec<String>, root: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files_below(&path, found, root);
            } else {
                found.push(
                    path.strip_prefix(root)
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .to_owned(),
                );
            }
        }
    }

    #[test]
    fn nothing_is_left_out() {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config"));
        let mut shipped = Vec::new();
        files_below(root, &mut shipped, root);
        shipped.sort();
        let mut built_in: Vec<String> = FILES.iter().map(|(path, _)| (*path).to_owned()).collect();
        built_in.sort();
        assert_eq!(built_in, shipped);
    }

    #[test]
    fn a_missing_file_is_no_error_and_a_broken_one_is() {
        let folder = tempfile::tempdir().unwrap();
        let tree = Directory::new(folder.path().to_owned());
        assert!(tree.read("jail.conf").unwrap().is_none());
        std::fs::write(folder.path().join("jail.conf"), b"[a]\nx = \xff\n").unwrap();
        let error = tree.read("jail.conf").unwrap_err().to_string();
        assert!(error.ends_with("jail.conf: line 2 is not UTF-8"), "{error}");
        std::fs::create_dir(folder.path().join("jail.local")).unwrap();
        assert!(tree.read("jail.local").is_err());
    }
}
