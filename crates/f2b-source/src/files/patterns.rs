//! Patterns that are watched beside the paths.

use std::io;

use super::Files;
use crate::error::SourceError;
use crate::event::{PatternId, SourceId};
use crate::how::Watching;
use crate::pattern::{Family, Levels, Pattern};

impl Files {
    /// Begins to tell which files come to fit `pattern`, one of [`f2b_core::glob`].
    ///
    /// Those that are there now are told first ([`SourceEvent::Found`](crate::SourceEvent::Found)). A relative pattern is one of
    /// the working directory.
    ///
    /// Rotation may give a file a name that the pattern fits as well (`access.log*`). While the
    /// source whose path it had reads it, it is not told; nor do other sources whose path fits the
    /// same pattern begin with it. Afterwards it is read where it then stands, from the place that
    /// was reached. So that this holds, a pattern is to be watched before the sources that it found
    /// in an earlier run, and of these first the ones whose file has another name by now.
    ///
    /// A copy, as `copytruncate` makes one, is another file: a pattern should not fit it.
    ///
    /// # Errors
    ///
    /// [`SourceError::PatternNumberTaken`]; [`SourceError::Path`] when the pattern is empty, or
    /// relative while there is no working directory.
    pub fn watch_pattern(
        &mut self,
        id: PatternId,
        pattern: &str,
        watching: Watching,
    ) -> Result<(), SourceError> {
        if self.patterns.contains_key(&id) {
            let pattern = pattern.to_owned();
            return Err(SourceError::PatternNumberTaken { id, pattern });
        }
        let base = if pattern.starts_with('/') {
            Ok(pattern.to_owned())
        } else {
            std::path::absolute(pattern).and_then(|path| {
                let path = path.into_os_string().into_string();
                path.map_err(|_not_text| io::ErrorKind::InvalidFilename.into())
            })
        };
        let levels = Levels::of(&base.map_err(|cause| SourceError::Path {
            path: pattern.into(),
            cause,
        })?);
        self.held.families.insert(id, Family::new(levels.clone()));
        self.patterns.insert(id, Pattern::new(id, levels, watching));
        self.stirred.insert(id);
        Ok(())
    }

    /// Says that whoever follows a pattern reads a source as well whose path does not fit it.
    pub fn pattern_reads(&mut self, id: PatternId, source: SourceId) {
        if let Some(family) = self.held.families.get_mut(&id) {
            family.also.insert(source);
        }
    }

    /// Ends the watch of a pattern; returns whether there was one.
    ///
    /// The sources that were begun because of it stay.
    pub fn forget_pattern(&mut self, id: PatternId) -> bool {
        if let Some(hints) = self.hints.as_mut() {
            hints.release_patterns(id, |_| false);
        }
        self.held.families.remove(&id);
        self.stirred.remove(&id);
        self.patterns.remove(&id).is_some()
    }
}
