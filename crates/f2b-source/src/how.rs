//! In which way a path is followed.

/// How a path is followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct How {
    /// What changes are seen by.
    pub watching: Watching,
    /// The path was found by a pattern: that nothing has been there for long is told
    /// ([`SourceEvent::Vanished`](crate::SourceEvent::Vanished)), so that it can be forgotten.
    pub vanishes: bool,
}

/// What changes of a file are seen by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Watching {
    /// By the kernel's notices, and by [`Files::rescan`](crate::Files::rescan).
    ///
    /// On a file system where the kernel tells nothing of what others change (NFS and the like) by
    /// [`Files::poll_again`](crate::Files::poll_again) as well.
    #[default]
    Notices,
    /// By [`Files::poll_again`](crate::Files::poll_again) and rescans only.
    Polling,
}
