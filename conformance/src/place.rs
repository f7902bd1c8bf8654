//! Where things lie: both originals, our programs, our configuration.
//!
//! Everything is found from the running program upwards, so a build folder
//! moved with `CARGO_TARGET_DIR` needs no further word.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

/// Returns the folder of the first of some versions that is unpacked.
///
/// # Errors
/// `cargo xtask setup` did not run for this build folder.
pub(crate) fn oracle(versions: &[&str]) -> Result<PathBuf> {
    let program = running()?;
    oracle_above(&program, versions).with_context(|| {
        format!(
            "find the original {} in an `oracle` folder above {}\nhint: run `cargo xtask setup`",
            versions.join(" or "),
            program.display()
        )
    })
}

fn oracle_above(program: &Path, versions: &[&str]) -> Option<PathBuf> {
    versions.iter().find_map(|version| {
        program
            .ancestors()
            .map(|folder| folder.join("oracle"))
            .find_map(|oracle| {
                // Without its stamp a folder may be half unpacked.
                let whole = oracle.join(format!("{version}.stamp")).is_file();
                whole.then(|| oracle.join(version))
            })
    })
}

/// Returns what `cargo xtask setup` wrote when it had unpacked an original.
///
/// # Errors
/// The file beside the folder cannot be read.
pub(crate) fn stamp(oracle: &Path) -> Result<String> {
    let mut path = oracle.as_os_str().to_owned();
    path.push(".stamp");
    let path = PathBuf::from(path);
    fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))
}

/// Returns a folder for what may be made again: beside the unpacked originals,
/// in the build folder. It is made when it is not there.
///
/// # Errors
/// There are no originals, or the folder cannot be made.
pub(crate) fn kept(name: &str) -> Result<PathBuf> {
    let program = running()?;
    let oracle = program
        .ancestors()
        .map(|folder| folder.join("oracle"))
        .find(|folder| folder.is_dir())
        .with_context(|| {
            format!(
                "find an `oracle` folder above {}\nhint: run `cargo xtask setup`",
                program.display()
            )
        })?;
    let folder = oracle.with_file_name(name);
    fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
    Ok(folder)
}

/// Returns one of our programs, built with the same profile as the caller.
///
/// # Errors
/// It is not built; nothing is built from here.
pub(crate) fn our_program(name: &str) -> Result<PathBuf> {
    let program = running()?;
    let folder = program
        .parent()
        .context("find the folder of this program")?;
    let profile = if folder.ends_with("deps") {
        folder.parent().unwrap_or(folder)
    } else {
        folder
    };
    let path = profile.join(name);
    if !path.is_file() {
        bail!(
            "our program {} is not built\n\
             hint: run `cargo build --workspace --bins`, or `cargo xtask test`, which does",
            path.display()
        );
    }
    Ok(path)
}

/// Returns the configuration tree that we ship.
///
/// # Errors
/// The folder is not there.
pub(crate) fn our_configuration() -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config");
    if !folder.join("jail.conf").is_file() {
        bail!("{} holds no jail.conf", folder.display());
    }
    Ok(folder)
}

fn running() -> Result<PathBuf> {
    env::current_exe().context("ask for the path of this program")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_whole_version_above_the_program_is_taken() {
        let target = tempfile::tempdir().unwrap();
        let program = target.path().join("debug/deps/it");
        let oracle = target.path().join("oracle");
        fs::create_dir_all(oracle.join("1.1.1")).unwrap();
        let check = |versions: &[&str], expected: Option<&str>| {
            let expected = expected.map(|version| oracle.join(version));
            assert_eq!(oracle_above(&program, versions), expected, "{versions:?}");
        };
        check(&["1.1.1", "1.1.0"], None);
        fs::write(oracle.join("1.1.0.stamp"), "").unwrap();
        check(&["1.1.1", "1.1.0"], Some("1.1.0"));
        fs::write(oracle.join("1.1.1.stamp"), "").unwrap();
        check(&["1.1.1", "1.1.0"], Some("1.1.1"));
        check(&["1.0.2"], None);
    }

    #[test]
    fn a_program_that_is_not_built_is_named_with_the_way_to_build_it() {
        let error = our_program("no-such-program").unwrap_err().to_string();
        assert!(error.contains("no-such-program is not built"), "{error}");
        assert!(error.contains("cargo build --workspace --bins"), "{error}");
    }
}
