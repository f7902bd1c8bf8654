//! Where to wait for a file.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Returns where another file can come to stand at `path`: directories and names in them.
///
/// One pair for the path itself and one for each symbolic link on the way from there; where a
/// directory does not exist, the nearest one above it and the name that is missing in it.
pub(crate) fn places(path: &Path) -> Vec<(PathBuf, OsString)> {
    /// The kernel follows more links, but no log has them.
    const LINKS: usize = 8;
    let mut places = Vec::new();
    let mut path = path.to_path_buf();
    for _ in 0..LINKS {
        places.extend(nearest(&path));
        let Ok(target) = std::fs::read_link(&path) else {
            break;
        };
        path = match path.parent() {
            Some(parent) => parent.join(target),
            None => target,
        };
    }
    places
}

/// Returns the nearest directory above `path` that exists, and the next name in it.
fn nearest(path: &Path) -> Option<(PathBuf, OsString)> {
    let mut below = path;
    loop {
        let directory = below.parent()?;
        if directory.is_dir() {
            return Some((directory.to_path_buf(), below.file_name()?.to_os_string()));
        }
        below = directory;
    }
}
