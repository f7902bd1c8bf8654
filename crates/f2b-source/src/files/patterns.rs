//! Patterns that are watched beside the paths, and who reads what.

use std::io;

use super::Files;
use crate::error::SourceError;
use crate::event::{FollowerId, PatternId, SourceId};
use crate::how::Watching;
use crate::pattern::{Levels, Pattern};

impl Files {
    /// Begins to tell which files come to fit `pattern`, one of [`f2b_core::glob`], for a follower.
    ///
    /// Those that are there now are told first ([`SourceEvent::Found`](crate::SourceEvent::Found)). A relative pattern is one of
    /// the working directory.
    ///
    /// Rotation may give a file a name that the pattern fits as well (`access.log*`). While a source
    /// that the follower [reads](Self::follow) has it open, it is not told; nor does another source of
    /// the follower begin with it. Afterwards it is read where it then stands, from the place that
    /// was reached. So that this holds, of the sources of an earlier run those are to be watched first
    /// whose file has another name by now.
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
        follower: FollowerId,
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
        let pattern = Pattern::new(id, follower, levels, watching);
        self.patterns.insert(id, pattern);
        self.stirred.insert(id);
        Ok(())
    }

    /// Says that a follower reads a source. It is to be said before the source is watched, which begins to
    /// read at once. What was left to other names of its file may have to be read here for the new one.
    pub fn follow(&mut self, follower: FollowerId, source: SourceId) {
        self.held.follow(follower, source);
        if let Some(found) = self.sources.get_mut(&source) {
            found.look = true;
            self.ready.insert(source);
        }
    }

    /// Says that a follower no longer reads a source that others read still.
    pub fn leave(&mut self, follower: FollowerId, source: SourceId) {
        self.held.leave(follower, source);
    }

    /// Says that a follower is no more. What it read and its patterns are to be forgotten by themselves.
    pub fn forget_follower(&mut self, follower: FollowerId) {
        self.held.forget_follower(follower);
    }

    /// Ends the watch of a pattern; returns whether there was one.
    ///
    /// The sources that were begun because of it stay.
    pub fn forget_pattern(&mut self, id: PatternId) -> bool {
        if let Some(hints) = self.hints.as_mut() {
            hints.release_patterns(id, |_| false);
        }
        self.stirred.remove(&id);
        self.patterns.remove(&id).is_some()
    }
}
