//! `cargo xtask unicode`: writes the Unicode tables of `f2b-pyregex` anew, from CPython's own.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result, bail};

use crate::{say, tool, tree};

/// The Python whose tables they are.
const PYTHON: &str = "/usr/bin/python3";

/// The version that we follow.
const VERSION: &str = "3.11";

/// Prints the tables as Rust.
const SCRIPT: &str = include_str!("unicode/tables.py");

/// Where they go, below the tree's root.
const FOLDER: &str = "crates/f2b-pyregex/src/unicode";

/// Asks Python, writes the files, and sets them as `rustfmt` does.
///
/// # Errors
/// Python is not the version that we follow, or a file cannot be written.
pub(crate) fn run() -> Result<()> {
    let version = tool::read(Command::new(PYTHON).args([
        "-c",
        "import sys; print('%d.%d' % sys.version_info[:2], end='')",
    ]))?;
    if version != VERSION {
        bail!("{PYTHON} is {version}, the tables are those of {VERSION}");
    }
    let printed = tool::read(Command::new(PYTHON).args(["-I", "-c", SCRIPT]))?;
    let folder = tree::root()?.join(FOLDER);
    for (name, content) in files(&printed)? {
        let path = folder.join(format!("{name}.rs"));
        write(&path, content)?;
        say::err(&format!("unicode: {}", path.display()))?;
    }
    Ok(())
}

fn write(path: &Path, content: &str) -> Result<()> {
    fs::write(path, content).with_context(|| format!("write {}", path.display()))?;
    tool::run(
        Command::new("rustfmt")
            .args(["--edition", "2024"])
            .arg(path),
    )
}

/// Cuts what was printed into files: name and content.
fn files(printed: &str) -> Result<Vec<(&str, &str)>> {
    let pieces = printed.split(">>> ").skip(1);
    let files: Option<Vec<_>> = pieces.map(|piece| piece.split_once('\n')).collect();
    match files {
        Some(files) if !files.is_empty() => Ok(files),
        _ => bail!("the script printed no file"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_cut_into_files() {
        let printed = ">>> one\n//! 1\n\nx\n>>> two\ny\n";
        let expected = [("one", "//! 1\n\nx\n"), ("two", "y\n")];
        assert_eq!(files(printed).unwrap(), expected);
        assert!(files("").is_err());
        assert!(files(">>> one").is_err());
    }
}
