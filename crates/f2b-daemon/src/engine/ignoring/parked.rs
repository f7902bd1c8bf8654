//! What waits for an answer, in order for each identity.

use std::collections::VecDeque;
use std::sync::Arc;

use f2b_core::{Ban, Bantime, FailId, Failure, Input, StoredBan, UnixTime, Verdict};
use f2b_protocol::{Reply, Value};
use indexmap::{IndexMap, IndexSet};

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

/// Who waits: an identity in a jail.
type Key = (String, FailId);

/// Queues by jail and identity, each with the question that its first one has.
#[derive(Debug, Default)]
pub(crate) struct Parked {
    queues: IndexMap<Key, (Question, VecDeque<Waiting>)>,
    by_question: IndexMap<Question, IndexSet<Key>>,
    /// How many queues a jail has.
    by_jail: IndexMap<String, usize>,
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
        self.by_jail.contains_key(jail)
    }

    pub(super) fn is_full(&self) -> bool {
        self.count >= MOST_WAITING
    }

    /// Lets the first of an identity wait for an answer.
    pub(super) fn begin(&mut self, jail: &str, waiting: Waiting, question: Question) {
        let key = key(jail, waiting.id());
        let asking = self.by_question.entry(question.clone()).or_default();
        asking.insert(key.clone());
        *self.by_jail.entry(jail.to_owned()).or_default() += 1;
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
        let key = key(jail, id);
        let Some((question, queue)) = self.queues.swap_remove(&key) else {
            return VecDeque::new();
        };
        if let Some(asking) = self.by_question.get_mut(&question) {
            asking.shift_remove(&key);
            if asking.is_empty() {
                self.by_question.swap_remove(&question);
            }
        }
        if let Some(count) = self.by_jail.get_mut(jail) {
            *count -= 1;
            if *count == 0 {
                self.by_jail.swap_remove(jail);
            }
        }
        self.count -= queue.len();
        queue
    }

    /// Returns who waits for an answer, in the order in which they came.
    pub(super) fn waiting_for(&self, question: &Question) -> Vec<Key> {
        let asking = self.by_question.get(question).into_iter();
        asking.flatten().cloned().collect()
    }

    /// Returns the bans that wait to be taken up again in a jail.
    pub(crate) fn to_restore(&self, jail: &str) -> Vec<&StoredBan> {
        if !self.is_waiting(jail) {
            return Vec::new();
        }
        let queues = self.queues.iter();
        queues
            .filter(|((parked, _), _)| parked == jail)
            .flat_map(|(_, (_, queue))| queue)
            .filter_map(|waiting| match waiting {
                Waiting::Restore(stored) => Some(stored),
                _ => None,
            })
            .collect()
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

fn key(jail: &str, id: &FailId) -> Key {
    (jail.to_owned(), id.clone())
}
