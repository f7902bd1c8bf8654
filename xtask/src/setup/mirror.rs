//! The Debian mirror that this machine already trusts and uses.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

/// Signs every suite of Debian.
const DEBIAN_KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Suites of Debian's main archive; `-security` and the like live elsewhere.
const SUITES: &[&str] = &[
    "bookworm",
    "trixie",
    "forky",
    "sid",
    "stable",
    "oldstable",
    "testing",
    "unstable",
];

/// Where packages come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mirror {
    /// As in a source list: `http://deb.debian.org/debian`.
    pub(super) uri: String,
}

impl Mirror {
    /// Returns a one-line source list for one suite of this mirror.
    pub(super) fn source_list(&self, what: Offer, suite: &str) -> String {
        let kind = match what {
            Offer::Packages => "deb",
            Offer::Sources => "deb-src",
        };
        format!(
            "{kind} [signed-by={DEBIAN_KEYRING}] {} {suite} main\n",
            self.uri
        )
    }
}

/// What a mirror offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    /// Built packages.
    Packages,
    /// What they are built from.
    Sources,
}

/// Finds the mirror in `/etc/apt`.
///
/// # Errors
/// No source list of this machine names Debian's main archive.
pub(super) fn of_this_machine() -> Result<Mirror> {
    in_folder(Path::new("/etc/apt"))
}

fn in_folder(folder: &Path) -> Result<Mirror> {
    let mut files = vec![folder.join("sources.list")];
    files.extend(listed(&folder.join("sources.list.d"))?);
    for file in files {
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| format!("read {}", file.display())),
        };
        let uri = if file
            .extension()
            .is_some_and(|extension| extension == "sources")
        {
            from_stanzas(&text)
        } else {
            from_lines(&text)
        };
        if let Some(uri) = uri {
            return Ok(Mirror { uri });
        }
    }
    bail!(
        "no source list in {} names Debian's main archive\n\
         hint: the originals are packages of Debian; add a mirror of it to the source lists",
        folder.display()
    )
}

/// Returns the `.list` and `.sources` files of a folder, sorted by name.
fn listed(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(files),
        Err(error) => return Err(error).with_context(|| format!("read {}", folder.display())),
    };
    for entry in entries {
        let path = entry
            .with_context(|| format!("read {}", folder.display()))?
            .path();
        if path
            .extension()
            .is_some_and(|extension| extension == "list" || extension == "sources")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads `deb [options] URI SUITE COMPONENT…` lines.
fn from_lines(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let line = line.split('#').next().unwrap_or_default();
        let rest = line.trim().strip_prefix("deb ")?.trim_start();
        let rest = match rest.strip_prefix('[') {
            Some(options) => options.split_once(']')?.1,
            None => rest,
        };
        let mut words = rest.split_whitespace();
        let uri = words.next()?;
        let suite = words.next()?;
        (SUITES.contains(&suite) && words.any(|word| word == "main")).then(|| uri.to_owned())
    })
}

/// Reads the stanzas of a deb822 `.sources` file.
fn from_stanzas(text: &str) -> Option<String> {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .collect();
    lines
        .split(|line| line.trim().is_empty())
        .find_map(|stanza| {
            let debian = field(stanza, "types").contains(&"deb")
                && !matches!(
                    field(stanza, "enabled").as_slice(),
                    ["no" | "false" | "off" | "0"]
                )
                && field(stanza, "components").contains(&"main")
                && field(stanza, "suites")
                    .iter()
                    .any(|suite| SUITES.contains(suite));
            let uris = field(stanza, "uris");
            if debian {
                uris.first().map(|uri| (*uri).to_owned())
            } else {
                None
            }
        })
}

/// Returns the words of one field of a stanza, continuation lines included.
fn field<'text>(stanza: &[&'text str], name: &str) -> Vec<&'text str> {
    let mut words = Vec::new();
    let mut inside = false;
    for line in stanza {
        if line.starts_with([' ', '\t']) {
            if inside {
                words.extend(line.split_whitespace());
            }
        } else if let Some((key, value)) = line.split_once(':') {
            inside = key.eq_ignore_ascii_case(name);
            if inside {
                words.extend(value.split_whitespace());
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_lists() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(from_lines(text).as_deref(), expected, "{text}");
        };
        check(
            "deb http://d.example/debian bookworm main",
            Some("http://d.example/debian"),
        );
        check(
            "# deb http://no.example bookworm main\n\
             deb [ arch=amd64 signed-by=/k.gpg ] https://d.example/debian bookworm non-free main # x",
            Some("https://d.example/debian"),
        );
        check(
            "deb http://d.example/debian-security bookworm-security main",
            None,
        );
        check("deb-src http://d.example/debian bookworm main", None);
        check(
            "deb http://vendor.example/cloud cloud-sdk-bookworm main",
            None,
        );
        check("deb http://d.example/debian bookworm contrib", None);
        check("deb", None);
        check("deb [broken http://d.example/debian bookworm main", None);
    }

    #[test]
    fn stanzas() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(from_stanzas(text).as_deref(), expected, "{text}");
        };
        let good = "Types: deb\n# a note\nURIs: http://d.example/debian\n\
                    Suites: bookworm-updates\n bookworm\nComponents: main\n";
        check(good, Some("http://d.example/debian"));
        check(&format!("{good}Enabled: no\n"), None);
        check(
            &format!("{good}Enabled: yes\n"),
            Some("http://d.example/debian"),
        );
        check(&good.replace("Types: deb", "Types: deb-src"), None);
        check(&good.replace(" bookworm\n", " bookworm-security\n"), None);
        let other = "Types: deb\nURIs: http://v.example\nSuites: nodistro\nComponents: main\n";
        check(&format!("{other}\n{good}"), Some("http://d.example/debian"));
        check("", None);
    }

    #[test]
    fn a_machine_without_a_debian_mirror_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let error = in_folder(folder.path()).unwrap_err().to_string();
        assert!(error.contains("Debian's main archive"), "{error}");
        fs::create_dir(folder.path().join("sources.list.d")).unwrap();
        let file = folder.path().join("sources.list.d/debian.sources");
        fs::write(
            file,
            "Types: deb\nURIs: http://d.example/x\nSuites: stable\nComponents: main\n",
        )
        .unwrap();
        assert_eq!(in_folder(folder.path()).unwrap().uri, "http://d.example/x");
    }

    #[test]
    fn the_source_list_is_signed_by_debian() {
        let mirror = Mirror {
            uri: "http://d.example/debian".to_owned(),
        };
        assert_eq!(
            mirror.source_list(Offer::Packages, "forky"),
            format!("deb [signed-by={DEBIAN_KEYRING}] http://d.example/debian forky main\n")
        );
        assert!(
            mirror
                .source_list(Offer::Sources, "forky")
                .starts_with("deb-src [signed-by=")
        );
    }
}
