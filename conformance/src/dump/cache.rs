//! What an original once said, kept in the build folder.
//!
//! A dump of an original depends on its package, on Python, on the kernel (the
//! order in a folder), on the tree, and on the words; all of it is in the name
//! of the file.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Oracle, place};

/// A kept dump is made again after this time, so that the folder stays small.
const AGE: Duration = Duration::from_secs(30 * 24 * 3600);

/// Raised when a dump is made in another way.
const FORM: u32 = 1;

/// The folder of kept dumps.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    machine: String,
}

impl Cache {
    /// Opens it and drops what is too old.
    ///
    /// # Errors
    /// The folder cannot be made or read.
    pub fn open() -> Result<Self> {
        Self::open_in(&place::kept("dumps")?)
    }

    /// Opens another one, for answers to other questions.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(crate) fn open_named(name: &str) -> Result<Self> {
        Self::open_in(&place::kept(name)?)
    }

    fn open_in(folder: &Path) -> Result<Self> {
        let what = || format!("read {}", folder.display());
        for entry in fs::read_dir(folder).with_context(what)? {
            let path = entry.with_context(what)?.path();
            let age = fs::metadata(&path)
                .and_then(|metadata| metadata.modified())
                .map(|moment| moment.elapsed().unwrap_or_default());
            // Another test may have dropped it meanwhile; what cannot be
            // dropped is only too old.
            if age.is_ok_and(|age| age > AGE) {
                drop(fs::remove_file(path));
            }
        }
        let python = fs::canonicalize("/usr/bin/python3").context("find Debian's Python")?;
        let written = fs::metadata(&python).context("find Debian's Python")?;
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").context("ask the kernel")?;
        Ok(Self {
            folder: folder.to_path_buf(),
            machine: format!(
                "{} {} {kernel}",
                python.display(),
                written.mtime().wrapping_add(written.size().cast_signed())
            ),
        })
    }

    /// Returns the kept dump, or makes and keeps it.
    ///
    /// # Errors
    /// It cannot be made or kept. One that cannot be read is made again.
    pub(crate) fn get<Answer: Serialize + DeserializeOwned>(
        &self,
        oracle: &Oracle,
        subject: impl std::hash::Hash,
        make: impl FnOnce() -> Result<Answer>,
    ) -> Result<Answer> {
        let path = self.folder.join(self.name(&oracle.stamp()?, subject));
        let kept = fs::read_to_string(&path).ok();
        if let Some(answer) = kept.and_then(|text| toml::from_str(&text).ok()) {
            return Ok(answer);
        }
        let answer = make()?;
        let text = toml::to_string(&answer).context("write an answer as TOML")?;
        let what = || format!("keep {}", path.display());
        // Another test may write the same one: each renames a whole file.
        let mut file = tempfile::NamedTempFile::new_in(&self.folder).with_context(what)?;
        std::io::Write::write_all(&mut file, text.as_bytes()).with_context(what)?;
        file.persist(&path).with_context(what)?;
        Ok(answer)
    }

    /// Two numbers of 64 bits: one alone might come twice by chance.
    fn name(&self, stamp: &str, subject: impl std::hash::Hash) -> String {
        let number = |seed: u32| {
            let mut hasher = DefaultHasher::new();
            (seed, FORM, &self.machine, stamp, &subject).hash(&mut hasher);
            hasher.finish()
        };
        format!("{:016x}{:016x}.toml", number(0), number(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Version, dump::Dump};

    fn dump(stdout: &str) -> Dump {
        Dump {
            stdout: stdout.to_owned(),
            verdict: "TIME\u{1b}\r\n\\\"'''".to_owned(),
            code: 255,
        }
    }

    #[test]
    fn a_dump_is_made_once_and_again_when_its_file_is_broken() {
        let folder = tempfile::tempdir().unwrap();
        let oracle = Oracle::new(Version::V1_1_1).unwrap();
        let cache = Cache::open_in(folder.path()).unwrap();
        let get = |subject: u8, stdout: &str| {
            let made = cache.get(&oracle, subject, || Ok(dump(stdout)));
            made.unwrap().stdout
        };
        assert_eq!(get(1, "first"), "first");
        assert_eq!(get(1, "second"), "first");
        assert_eq!(get(2, "other"), "other");
        for entry in fs::read_dir(folder.path()).unwrap() {
            fs::write(entry.unwrap().path(), "stdout = 1").unwrap();
        }
        assert_eq!(get(1, "third"), "third");
        let whole = cache.get(&oracle, 1_u8, || Ok(dump("x"))).unwrap();
        assert_eq!(whole, dump("third"));
    }
}
