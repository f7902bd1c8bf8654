//! `cargo metadata` as the few words that the checks need.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result};
use cargo_metadata::{DependencyKind, Metadata, Package};

/// One crate of the resolved graph, ours or not.
#[derive(Debug, Clone, Default)]
pub(super) struct Crate {
    /// The package's name.
    pub(super) name: String,
    /// Whether it is a member of this workspace.
    pub(super) ours: bool,
    /// The licence expression of its manifest.
    pub(super) licence: Option<String>,
    /// Where it came from, as Cargo writes it; none for a local folder.
    pub(super) source: Option<String>,
    /// What it depends on, by package name.
    pub(super) needs: Vec<Need>,
}

/// One edge of the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Need {
    /// The package depended on.
    pub(super) name: String,
    /// Only tests need it.
    pub(super) for_tests: bool,
}

/// A text file with its path below the workspace.
#[derive(Debug, Clone)]
pub(super) struct Text {
    /// Slash-separated, without a leading slash.
    pub(super) path: String,
    /// The whole content.
    pub(super) content: String,
}

/// Returns every crate of the graph.
///
/// # Errors
/// The metadata have no resolved graph or name a package they do not hold.
pub(super) fn crates(metadata: &Metadata) -> Result<Vec<Crate>> {
    let packages: BTreeMap<_, &Package> = metadata
        .packages
        .iter()
        .map(|package| (&package.id, package))
        .collect();
    let resolve = metadata
        .resolve
        .as_ref()
        .context("`cargo metadata` resolved no graph")?;
    let named = |id| {
        packages
            .get(id)
            .copied()
            .with_context(|| format!("`cargo metadata` lacks package {id}"))
    };
    let mut crates = Vec::new();
    for node in &resolve.nodes {
        let package = named(&node.id)?;
        let mut needs = Vec::new();
        for edge in &node.deps {
            let for_tests = edge
                .dep_kinds
                .iter()
                .all(|kind| kind.kind == DependencyKind::Development);
            needs.push(Need {
                name: named(&edge.pkg)?.name.to_string(),
                for_tests,
            });
        }
        crates.push(Crate {
            name: package.name.to_string(),
            ours: metadata.workspace_members.contains(&package.id),
            licence: package.license.clone(),
            source: package.source.as_ref().map(|source| source.repr.clone()),
            needs,
        });
    }
    Ok(crates)
}

/// Returns the manifest of each member.
pub(super) fn manifests(metadata: &Metadata, root: &Path) -> Result<Vec<Text>> {
    metadata
        .workspace_packages()
        .iter()
        .map(|package| text(package.manifest_path.as_std_path(), root))
        .collect()
}

/// Returns the file each member begins with: its library, else its first program.
pub(super) fn heads(metadata: &Metadata, root: &Path) -> Result<Vec<Text>> {
    let mut heads = Vec::new();
    for package in metadata.workspace_packages() {
        let library = package.targets.iter().find(|target| target.is_lib());
        let first = library.or_else(|| package.targets.iter().find(|target| target.is_bin()));
        let first = first
            .with_context(|| format!("crate {} has neither library nor program", package.name))?;
        heads.push(text(first.src_path.as_std_path(), root)?);
    }
    Ok(heads)
}

fn text(file: &Path, root: &Path) -> Result<Text> {
    let content = fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    let below = file.strip_prefix(root).unwrap_or(file);
    Ok(Text {
        path: below.display().to_string(),
        content,
    })
}

#[cfg(test)]
pub(super) mod sample {
    //! Crates for the tests of the checks.

    use super::{Crate, Need};

    /// A member of the workspace with ordinary dependencies.
    pub(crate) fn ours(name: &str, needs: &[&str]) -> Crate {
        Crate {
            name: name.to_owned(),
            ours: true,
            licence: Some("MIT OR Apache-2.0".to_owned()),
            source: None,
            needs: needs
                .iter()
                .map(|name| Need {
                    name: (*name).to_owned(),
                    for_tests: false,
                })
                .collect(),
        }
    }

    /// The same with dependencies of its tests.
    pub(crate) fn ours_in_tests(name: &str, needs: &[&str]) -> Crate {
        let mut ours = ours(name, needs);
        for need in &mut ours.needs {
            need.for_tests = true;
        }
        ours
    }

    /// A crate of crates.io.
    pub(crate) fn outside(name: &str, licence: &str, needs: &[&str]) -> Crate {
        Crate {
            ours: false,
            licence: Some(licence.to_owned()),
            source: Some("registry+https://github.com/rust-lang/crates.io-index".to_owned()),
            ..ours(name, needs)
        }
    }
}
