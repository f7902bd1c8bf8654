//! A private apt: own lists, own cache, own sources. The machine's own
//! configuration (a proxy, say) still counts, its package lists stay as they are.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use super::{
    mirror::{Mirror, Offer},
    pins::{PACKAGE, Pin},
    unpack,
};
use crate::tool;

/// What came of looking for one version.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Fetched {
    /// It is in its folder, checked.
    Unpacked,
    /// The mirror answered, and its index does not list this version.
    NotOffered,
}

/// Fetches one version from the mirror and unpacks it.
///
/// # Errors
/// The mirror does not answer or its signature is wrong; the file is not the
/// pinned one; the package does not unpack or does not run.
pub(super) fn fetch(folder: &Path, pin: &Pin, mirror: &Mirror) -> Result<Fetched> {
    let private = Private::new(folder, pin, mirror, Offer::Packages)?;
    private.update(pin, mirror)?;
    let madison = tool::read(private.apt("apt-cache").args(["madison", PACKAGE]))?;
    if !offers(&madison, pin.debian_version) {
        return Ok(Fetched::NotOffered);
    }
    let wanted = format!("{PACKAGE}={}", pin.debian_version);
    tool::read(
        private
            .apt("apt-get")
            .args(["-q", "download", &wanted])
            .current_dir(&private.folder),
    )
    .with_context(|| format!("download {wanted} from {}", mirror.uri))?;
    let file = private.downloaded("deb")?;
    unpack::unpack(folder, pin, &file)?;
    Ok(Fetched::Unpacked)
}

/// Fetches the source of one version from the mirror and returns the archive.
///
/// # Errors
/// The mirror does not answer, does not offer it, or its signature is wrong.
pub(super) fn fetch_source(folder: &Path, pin: &Pin, mirror: &Mirror) -> Result<PathBuf> {
    let private = Private::new(folder, pin, mirror, Offer::Sources)?;
    private.update(pin, mirror)?;
    let wanted = format!("{PACKAGE}={}", pin.debian_version);
    tool::read(
        private
            .apt("apt-get")
            .args(["-q", "source", "--download-only", "--tar-only", &wanted])
            .current_dir(&private.folder),
    )
    .with_context(|| format!("download the source of {wanted} from {}", mirror.uri))?;
    private.downloaded("gz")
}

/// Fetches packages of the suite of a pin, in the versions that it offers, and returns the files.
///
/// # Errors
/// The mirror does not answer, does not offer one, or its signature is wrong.
pub(super) fn download(
    folder: &Path,
    pin: &Pin,
    packages: &[&str],
    mirror: &Mirror,
) -> Result<Vec<PathBuf>> {
    let private = Private::new(folder, pin, mirror, Offer::Packages)?;
    private.update(pin, mirror)?;
    tool::read(
        private
            .apt("apt-get")
            .args(["-q", "download"])
            .args(packages)
            .current_dir(&private.folder),
    )
    .with_context(|| format!("download {} from {}", packages.join(" "), mirror.uri))?;
    private.files("deb")
}

/// Tells whether `apt-cache madison` lists a version.
///
/// *Shape*: `fail2ban | 1.1.1-1 | http://deb.debian.org/debian forky/main amd64 Packages`.
fn offers(madison: &str, debian_version: &str) -> bool {
    madison.lines().any(|line| {
        let mut columns = line.split('|').map(str::trim);
        columns.next() == Some(PACKAGE) && columns.next() == Some(debian_version)
    })
}

/// The folder of one private apt.
struct Private {
    folder: PathBuf,
}

impl Private {
    /// Makes the folders and the source list; what a former run left is replaced.
    fn new(oracle_folder: &Path, pin: &Pin, mirror: &Mirror, what: Offer) -> Result<Self> {
        let name = match what {
            Offer::Packages => "apt",
            Offer::Sources => "apt-source",
        };
        let folder = oracle_folder.join(format!("{name}-{}", pin.suite));
        let make = |path: &str| {
            let path = folder.join(path);
            fs::create_dir_all(&path).with_context(|| format!("create {}", path.display()))
        };
        for path in [
            "state/lists/partial",
            "cache/archives/partial",
            "etc/sources.list.d",
            "etc/preferences.d",
            "etc/trusted.gpg.d",
        ] {
            make(path)?;
        }
        let private = Self { folder };
        private.forget_downloads()?;
        let list = private.folder.join("etc/sources.list");
        for (file, text) in [
            (list, mirror.source_list(what, pin.suite)),
            (private.configuration_file(), private.configuration()),
        ] {
            fs::write(&file, text).with_context(|| format!("write {}", file.display()))?;
        }
        Ok(private)
    }

    /// Reads the index of the suite.
    fn update(&self, pin: &Pin, mirror: &Mirror) -> Result<()> {
        // The default calls a mirror that cannot be reached a warning and exits 0.
        let update = ["-q", "--error-on=any", "update"];
        tool::read(self.apt("apt-get").args(update))
            .with_context(|| format!("read the index of suite {} at {}", pin.suite, mirror.uri))?;
        Ok(())
    }

    /// Returns a call of one of apt's programs that sees only this folder.
    fn apt(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("LC_ALL", "C.UTF-8")
            .arg("-c")
            .arg(self.configuration_file());
        command
    }

    fn configuration_file(&self) -> PathBuf {
        self.folder.join("etc/apt.conf")
    }

    /// Returns what apt reads on top of the machine's own configuration.
    fn configuration(&self) -> String {
        let mut text = String::new();
        let mut option = |name: &str, value: &str| {
            text.push_str(&format!("{name} \"{value}\";\n"));
        };
        for (name, path) in [
            ("Dir::State", "state"),
            ("Dir::Cache", "cache"),
            ("Dir::Etc::sourcelist", "etc/sources.list"),
            ("Dir::Etc::sourceparts", "etc/sources.list.d"),
            ("Dir::Etc::preferences", "etc/preferences"),
            ("Dir::Etc::preferencesparts", "etc/preferences.d"),
            ("Dir::Etc::trustedparts", "etc/trusted.gpg.d"),
        ] {
            option(name, &self.folder.join(path).display().to_string());
        }
        option("Dir::State::status", "/dev/null");
        // The build folder may lie where the user `_apt` cannot look.
        option("APT::Sandbox::User", "root");
        option("Acquire::Languages", "none");
        option("Acquire::Retries", "3");
        for index in ["DEP-11", "DEP-11-icons-small", "DEP-11-icons"] {
            option(
                &format!("Acquire::IndexTargets::deb::{index}::DefaultEnabled"),
                "false",
            );
        }
        text
    }

    fn files(&self, wanted: &str) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        let read = || format!("read {}", self.folder.display());
        for entry in fs::read_dir(&self.folder).with_context(read)? {
            let path = entry.with_context(read)?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == wanted)
            {
                files.push(path);
            }
        }
        Ok(files)
    }

    fn forget_downloads(&self) -> Result<()> {
        for file in [self.files("deb")?, self.files("gz")?].concat() {
            fs::remove_file(&file).with_context(|| format!("remove {}", file.display()))?;
        }
        Ok(())
    }

    fn downloaded(&self, extension: &str) -> Result<PathBuf> {
        match self.files(extension)?.as_slice() {
            [one] => Ok(one.clone()),
            files => bail!(
                "apt left {} `.{extension}` files in {}",
                files.len(),
                self.folder.display()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_version_is_offered() {
        let text = "  fail2ban |    1.1.1-1 | http://d.example/debian forky/main amd64 Packages\n";
        let check = |version: &str, expected: bool| {
            assert_eq!(offers(text, version), expected, "{version}");
        };
        check("1.1.1-1", true);
        check("1.1.1", false);
        check("1.1.1-1+b1", false);
        check("1.1.0-8", false);
        assert!(!offers("", "1.1.1-1"));
    }
}
