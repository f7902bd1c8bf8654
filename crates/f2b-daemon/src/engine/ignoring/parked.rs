//! What waits for an answer, in order for each identity.

use std::collections::VecDeque;
use std::sync::Arc;

use f2b_core::{Ban, Bantime, FailId, Failure, Input, StoredBan, UnixTime, Verdict};
use f2b_protocol::{Reply, Value};
use indexmap::IndexMap;

use crate::asking::Question;
use crate::pending::Pending;

/// How much waits at most.
const MOST_WAITING: usize = 20_000;

/// Something that counts, unless it is of somebody who is ignored.
#[derive(Debug)]
pub(crate) enum Waiting {
    /// A line was a failed attempt.
    Failure(Failure),
    /// A ban stands in the database.
    Restore(StoredBan),
    /// A client tells of an attempt, and waits to hear whether it counts.
    Attempt(FailId, Vec<Box<str>>, Option<Arc<Pending>>),
}

impl Waiting {
    pub(crate) fn id(&self) -> &FailId {
        match self {
            Self::Failure(failure) => &failure.id,
            Self::Restore(stored) => &stored.id,
            Self::Attempt(id, ..) => id,
        }
    }

    /// Returns the ban that it would be.
    pub(super) fn as_ban(&self, bantime: Bantime, now: UnixTime) -> Ban {
        let mut ban = Ban {
            id: self.id().clone(),
            time: now,
            bantime,
            has_own_bantime: false,
            count: 0,
            failures: 0,
            matches: Vec::new(),
            fields: Vec::new(),
            restored: false,
        };
        match self {
            Self::Failure(failure) => {
                ban.time = failure.time;
                ban.matches.clone_from(&failure.lines);
                ban.fields.clone_from(&failure.fields);
            }
            Self::Restore(stored) => {
                ban.time = stored.time;
                ban.count = stored.count;
                ban.failures = stored.failures;
                ban.matches.clone_from(&stored.matches);
                ban.fields.clone_from(&stored.fields);
                ban.restored = true;
            }
            Self::Attempt(_, lines, _) => ban.matches.clone_from(lines),
        }
        ban
    }

    /// Returns what the jail is told, and what the client that waits.
    pub(super) fn decided(self, verdict: Verdict) -> (Input, Option<(Arc<Pending>, Reply)>) {
        let counts = !matches!(verdict, Verdict::Ignored(_));
        let id = self.id().clone();
        let (input, pending) = match self {
            Self::Failure(failure) => (Input::Failure(failure), None),
            Self::Restore(stored) => (Input::Restore(stored), None),
            Self::Attempt(id, lines, pending) => (Input::Attempt(id, lines), pending),
        };
        let input = match verdict {
            Verdict::Ignored(by) => Input::Ignore(id, by),
            Verdict::Counts | Verdict::AskName(_) => input,
        };
        let reply = Ok(Value::Int(counts.into()));
        (input, pending.map(|pending| (pending, reply)))
    }
}

/// Queues by jail and identity, each with the question that its first one has.
#[derive(Debug, Default)]
pub(crate) struct Parked {
    queues: IndexMap<(String, FailId), (Question, VecDeque<Waiting>)>,
    count: usize,
    /// What could not wait, since too much did.
    pub(super) lost: u64,
}

impl Parked {
    pub(super) fn holds(&self, jail: &str, id: &FailId) -> bool {
        self.count > 0 && self.queues.contains_key(&key(jail, id))
    }

    /// Tells whether anything of a jail waits.
    pub(super) fn is_waiting(&self, jail: &str) -> bool {
        self.count > 0 && self.queues.keys().any(|(parked, _)| parked == jail)
    }

    pub(super) fn is_full(&self) -> bool {
        self.count >= MOST_WAITING
    }

    /// Lets the first of an identity wait for an answer.
    pub(super) fn begin(&mut self, jail: &str, waiting: Waiting, question: Question) {
        let key = key(jail, waiting.id());
        self.queues
            .insert(key, (question, VecDeque::from([waiting])));
        self.count += 1;
    }

    /// Lets one more wait behind the others.
    pub(super) fn add(&mut self, jail: &str, waiting: Waiting) {
        if let Some((_, queue)) = self.queues.get_mut(&key(jail, waiting.id())) {
            queue.push_back(waiting);
            self.count += 1;
        }
    }

    /// Takes out what waits of an identity.
    pub(super) fn take(&mut self, jail: &str, id: &FailId) -> VecDeque<Waiting> {
        let taken = self.queues.shift_remove(&key(jail, id));
        let queue = taken.map(|(_, queue)| queue).unwrap_or_default();
        self.count -= queue.len();
        queue
    }

    /// Returns who waits for an answer.
    pub(super) fn waiting_for(&self, question: &Question) -> Vec<(String, FailId)> {
        let queues = self.queues.iter();
        let queues = queues.filter(|(_, (asked, _))| asked == question);
        queues.map(|(key, _)| key.clone()).collect()
    }

    /// Forgets all that waits of a jail.
    pub(crate) fn forget(&mut self, jail: &str) {
        let of_jail: Vec<_> = self
            .queues
            .keys()
            .filter(|(parked, _)| parked == jail)
            .cloned()
            .collect();
        for (jail, id) in of_jail {
            self.take(&jail, &id);
        }
    }
}

fn key(jail: &str, id: &FailId) -> (String, FailId) {
    (jail.to_owned(), id.clone())
}
