//! Where things are: the workspace, the build folder, `cargo` itself.

use std::{env, ffi::OsString, path::PathBuf, process::Command};

use anyhow::{Context as _, Result};
use cargo_metadata::{Metadata, MetadataCommand};

/// Returns the workspace's folder.
///
/// # Errors
/// The program was moved out of its workspace.
pub(crate) fn root() -> Result<PathBuf> {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(PathBuf::from)
        .context("find the workspace above xtask")
}

/// Returns `cargo metadata` without dependencies: quick, and no network.
pub(crate) fn members() -> Result<Metadata> {
    MetadataCommand::new()
        .current_dir(root()?)
        .no_deps()
        .exec()
        .context("read the workspace with `cargo metadata`")
}

/// Returns the folder that both originals are unpacked into.
pub(crate) fn oracle_folder() -> Result<PathBuf> {
    Ok(members()?.target_directory.as_std_path().join("oracle"))
}

/// Returns a call of the same `cargo` that runs us, in the workspace.
pub(crate) fn cargo() -> Result<Command> {
    let program = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    command.current_dir(root()?);
    Ok(command)
}
