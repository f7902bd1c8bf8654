//! What makes paths be looked at: notices, the end of a wait, polling, and rescans.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{Files, Woken};
use crate::error::SourceError;
use crate::hints::Hints;
use crate::pattern::{Pattern, Thorough};
use crate::source::Source;

impl Files {
    /// Has every path looked at again by the next [`read`](Self::read), as if all had changed.
    ///
    /// It finds what notices cannot: changes on network file systems, a permission that was given,
    /// a directory replaced far above. Call it every few seconds also when `wait` never times out.
    /// A rotated file that brought no line for 30 rescans is closed; one that was deleted, so that it
    /// has no name, after 3. A writer may have it open still: what it appends then is lost.
    pub fn rescan(&mut self) {
        self.sources.values_mut().for_each(Source::rescan);
        self.ready.extend(self.sources.keys());
        self.stir(Thorough::Rescan);
    }

    /// Has all patterns looked at.
    fn stir(&mut self, thorough: Thorough) {
        for pattern in self.patterns.values_mut() {
            pattern.look_again(thorough);
        }
        self.stirred.extend(self.patterns.keys());
    }

    /// Returns whether there is something that only [`poll_again`](Self::poll_again) sees in time: then
    /// it is to be called several times a second, also when `wait` never times out.
    #[must_use]
    pub fn needs_polling(&self) -> bool {
        match self.hints {
            Some(_) => !self.polled.is_empty() || self.patterns.values().any(Pattern::is_polled),
            None => !self.sources.is_empty() || !self.patterns.is_empty(),
        }
    }

    /// Has the paths looked at again of which the kernel does not tell, or not all: those that are
    /// polled by choice ([`Watching::Polling`](crate::Watching::Polling)) or because of their file system
    /// ([`SourceEvent::Polled`](crate::SourceEvent::Polled)), and without notices all of them.
    pub fn poll_again(&mut self) {
        if self.hints.is_none() {
            return self.look_again(Thorough::Poll);
        }
        for (id, pattern) in &mut self.patterns {
            if pattern.is_polled() {
                pattern.look_again(Thorough::Poll);
                self.stirred.insert(*id);
            }
        }
        for id in &self.polled {
            if let Some(source) = self.sources.get_mut(id) {
                source.look = true;
            }
        }
        self.ready.extend(&self.polled);
    }

    /// Has every path looked at again; nothing grows older by it.
    fn look_again(&mut self, thorough: Thorough) {
        for source in self.sources.values_mut() {
            source.look = true;
        }
        self.ready.extend(self.sources.keys());
        self.stir(thorough);
    }

    /// Waits until a file changes, `also` is readable, or `timeout` is over.
    ///
    /// A timeout has every path looked at again, or if something [is polled](Self::needs_polling) what
    /// [`poll_again`](Self::poll_again) names; neither stands for a [`rescan`](Self::rescan). While a file has more to read it does not wait.
    /// A signal may end the wait early.
    ///
    /// # Errors
    ///
    /// [`SourceError::Wait`] when the system refuses to wait.
    pub fn wait(
        &mut self,
        timeout: Duration,
        also: Option<BorrowedFd<'_>>,
    ) -> Result<Woken, SourceError> {
        let ready = self.is_ready();
        let timeout = if ready { Duration::ZERO } else { timeout };
        let (notices, caller) = self.poll(timeout, also)?;
        if notices {
            self.take_notices()?;
        } else if !ready && !caller {
            if self.needs_polling() {
                self.poll_again();
            } else {
                self.look_again(Thorough::Poll);
            }
        }
        Ok(Woken {
            files: self.is_ready(),
            caller,
        })
    }

    fn is_ready(&self) -> bool {
        !self.ready.is_empty() || !self.stirred.is_empty()
    }

    /// Returns whether notices, and whether the caller's descriptor, have ended the wait.
    fn poll(
        &self,
        timeout: Duration,
        also: Option<BorrowedFd<'_>>,
    ) -> Result<(bool, bool), SourceError> {
        let notices = self.hints.as_ref().map(Hints::descriptor);
        let mut descriptors: Vec<_> = [notices, also]
            .into_iter()
            .flatten()
            .map(|descriptor| PollFd::from_borrowed_fd(descriptor, PollFlags::IN))
            .collect();
        // Longer than a year is as good as for ever.
        let timeout = timeout.min(Duration::from_secs(366 * 86_400));
        let timeout = Timespec {
            tv_sec: i64::try_from(timeout.as_secs()).unwrap_or_default(),
            tv_nsec: timeout.subsec_nanos().into(),
        };
        match poll(&mut descriptors, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => {
                return Err(SourceError::Wait {
                    cause: errno.into(),
                });
            }
        }
        let mut happened = descriptors.iter().map(|entry| !entry.revents().is_empty());
        let notices = notices.is_some() && happened.next().unwrap_or_default();
        let caller = happened.next().unwrap_or_default();
        Ok((notices, caller))
    }

    /// Marks the sources that the kernel's notices concern.
    fn take_notices(&mut self) -> Result<(), SourceError> {
        let Some(hints) = self.hints.as_mut() else {
            return Ok(());
        };
        let changed = hints.drain().map_err(|cause| SourceError::Wait { cause })?;
        if changed.overflow {
            self.look_again(Thorough::Whole);
            return Ok(());
        }
        for id in &changed.paths {
            if let Some(source) = self.sources.get_mut(id) {
                source.look = true;
            }
        }
        for named in changed.names {
            let id = named.pattern;
            if let Some(pattern) = self.patterns.get_mut(&id) {
                pattern.note(named);
                self.stirred.insert(id);
            }
        }
        for id in &changed.patterns {
            if let Some(pattern) = self.patterns.get_mut(id) {
                pattern.look_again(Thorough::Poll);
            }
        }
        self.stirred.extend(changed.patterns);
        self.ready.extend(changed.paths);
        self.ready.extend(changed.contents);
        Ok(())
    }
}
