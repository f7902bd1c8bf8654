//! Lines of one session (`<F-MLFID>`), merged (contract A 4.5).

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use f2b_core::{Span, UnixTime};
use smol_str::SmolStr;

use crate::line::Parts;
use crate::name::Name;
use crate::{Data, Kind, Value};

/// Sessions that are remembered at once.
const MOST: usize = 100;

/// Lines of one kind, and users, that are remembered of one session; of lines the newest.
///
/// The original has no bound: whoever can write into one session for five minutes makes each further line
/// cost more than the one before, and takes memory without end.
const MOST_OF_ONE: usize = 1_000;

/// How long a session is remembered, from its first line.
const LIFETIME: Span = Span::from_seconds(300);

/// What has come together for a failure.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) data: Arc<Data>,
    /// The lines of the failure.
    pub(crate) lines: Vec<Parts>,
    /// Lines that are none themselves, but belong to the session.
    pub(crate) quiet_lines: Vec<Parts>,
}

/// A session taken out of the memory, to be put back by [`Sessions::put`].
#[derive(Debug)]
pub(crate) struct Taken {
    key: SmolStr,
    pub(crate) id: u64,
    since: UnixTime,
}

#[derive(Debug)]
struct Session {
    id: u64,
    since: UnixTime,
    gathered: Gathered,
}

/// The sessions of one jail.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    known: HashMap<SmolStr, Session>,
    /// Oldest first; some may be gone.
    queue: VecDeque<(SmolStr, u64)>,
    next: u64,
}

impl Sessions {
    /// Merges what a line of the session `key` gave with what is known of it.
    ///
    /// The session, unless it is forgotten, has to be put back.
    pub(crate) fn merge(
        &mut self,
        key: &SmolStr,
        fail: Data,
        matched: Vec<Parts>,
        now: UnixTime,
    ) -> (Gathered, Option<Taken>) {
        let mut fail = fail;
        let mut gained = fail.has_set(Name::MLFGAINED);
        let mut nofail = gained;
        if gained && !fail.has_set(Name::NOFAIL) {
            let value = fail.at(Name::MLFGAINED).cloned().unwrap_or(Value::Null);
            fail.set(Name::NOFAIL, value);
        } else if fail.has_set(Name::NOFAIL) {
            nofail = true;
        }
        let forget = is_set(fail.remove(Name::MLFFORGET));
        let user = fail.text_at(Name::USER).filter(|user| !user.is_empty());
        let user = user.cloned();
        let (mut gathered, taken) = match self.take(key, now) {
            Some((taken, mut known)) => {
                let data = Arc::make_mut(&mut known.data);
                add_user(data, user);
                let was_quiet = is_set(data.remove(Name::NOFAIL));
                let was_gained = is_set(data.remove(Name::MLFGAINED));
                if gained {
                    data.remove(Name::MLFPENDING);
                }
                // They were told with a failure before.
                if !was_quiet && !was_gained && !data.has_set(Name::MLFPENDING) {
                    known.lines.clear();
                }
                data.update(fail);
                (known, (!forget).then_some(taken))
            }
            None if forget => (Gathered::of(fail), None),
            None => {
                add_user(&mut fail, user);
                (Gathered::of(fail), Some(self.new_session(key, now)))
            }
        };
        let data = Arc::make_mut(&mut gathered.data);
        let was_pending = is_set(data.remove(Name::MLFPENDING));
        let several = matches!(data.at(Name::USERS), Some(Value::Users(users)) if users.len() > 1);
        if was_pending || several {
            data.remove(Name::NOFAIL);
            data.remove(Name::MLFGAINED);
            (gained, nofail) = (false, false);
        }
        if !nofail {
            if !gathered.quiet_lines.is_empty() {
                let quiet = std::mem::take(&mut gathered.quiet_lines);
                gathered.lines.splice(..0, quiet);
            }
            if !gained {
                add_lines(&mut gathered.lines, matched);
            }
        } else if !forget {
            add_lines(&mut gathered.quiet_lines, matched);
        }
        for lines in [&mut gathered.lines, &mut gathered.quiet_lines] {
            if lines.len() > MOST_OF_ONE {
                lines.drain(..lines.len() - MOST_OF_ONE);
            }
        }
        (gathered, taken)
    }

    /// Puts a session back, as it is now.
    pub(crate) fn put(&mut self, taken: Taken, gathered: Gathered) {
        let Taken { key, id, since } = taken;
        let session = Session {
            id,
            since,
            gathered,
        };
        self.known.insert(key, session);
    }

    fn take(&mut self, key: &SmolStr, now: UnixTime) -> Option<(Taken, Gathered)> {
        let (key, session) = self.known.remove_entry(key)?;
        if is_over(&session, now) {
            return None;
        }
        let Session {
            id,
            since,
            gathered,
        } = session;
        Some((Taken { key, id, since }, gathered))
    }

    fn new_session(&mut self, key: &SmolStr, now: UnixTime) -> Taken {
        // The oldest are the first to be over, so there is no need to look for those that are.
        while self.known.len() >= MOST {
            let Some((key, id)) = self.queue.pop_front() else {
                break;
            };
            // Seldom is it another session of that name.
            if let Some(session) = self.known.remove(&key)
                && session.id != id
            {
                self.known.insert(key, session);
            }
        }
        if self.queue.len() > 2 * MOST {
            let known = &self.known;
            let is_known =
                |key: &str, id: u64| known.get(key).is_some_and(|session| session.id == id);
            self.queue.retain(|(key, id)| is_known(key, *id));
        }
        let id = self.next;
        self.next += 1;
        self.queue.push_back((key.clone(), id));
        Taken {
            key: key.clone(),
            id,
            since: now,
        }
    }
}

impl Gathered {
    pub(crate) fn of(data: Data) -> Self {
        Self {
            data: Arc::new(data),
            ..Self::default()
        }
    }

    /// The lines, to be told. Those of a failure need not be kept, as the next one will not tell them
    /// again, unless the session is marked as quiet or gained.
    pub(crate) fn told_lines(&mut self, kind: Kind) -> Vec<Parts> {
        let is_marked = self.data.has_set(Name::NOFAIL) || self.data.has_set(Name::MLFGAINED);
        if kind == Kind::Failure && !is_marked {
            std::mem::take(&mut self.lines)
        } else {
            self.lines.clone()
        }
    }

    /// Marks that the session waits for somebody to be known.
    pub(crate) fn mark_pending(&mut self) {
        Arc::make_mut(&mut self.data).set(Name::MLFPENDING, Value::True);
    }
}

fn is_over(session: &Session, now: UnixTime) -> bool {
    now.since(session.since) > LIFETIME
}

fn is_set(value: Option<Value>) -> bool {
    value.is_some_and(|value| value.is_set())
}

fn add_lines(lines: &mut Vec<Parts>, more: Vec<Parts>) {
    if lines.is_empty() {
        *lines = more;
    } else {
        lines.extend(more);
    }
}

/// Adds a user to those of the session.
fn add_user(data: &mut Data, user: Option<SmolStr>) {
    let Some(user) = user else {
        return;
    };
    match data.get_mut(Name::USERS) {
        Some(Value::Users(users)) => {
            if users.len() < MOST_OF_ONE && !users.contains(&user) {
                users.push(user);
            }
        }
        _ => data.set(Name::USERS, Value::Users(vec![user])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(pairs: &[(&str, &str)]) -> Data {
        let mut data = Data::default();
        for (name, text) in pairs {
            data.set(Name::of(name), Value::Text((*text).into()));
        }
        data
    }

    struct Log {
        sessions: Sessions,
        seconds: i64,
    }

    impl Log {
        fn new() -> Self {
            Self {
                sessions: Sessions::default(),
                seconds: 0,
            }
        }

        /// Gives a line to a session; returns the users that the session then knows.
        fn line(&mut self, key: &str, user: &str) -> usize {
            let fail = data(&[("user", user)]);
            let now = UnixTime::from_seconds(self.seconds);
            let (gathered, taken) = self.sessions.merge(&key.into(), fail, Vec::new(), now);
            let users = match gathered.data.get("users") {
                Some(Value::Users(users)) => users.len(),
                _ => 0,
            };
            if let Some(taken) = taken {
                self.sessions.put(taken, gathered);
            }
            users
        }
    }

    #[test]
    fn a_session_is_over_five_minutes_after_its_first_line() {
        let mut log = Log::new();
        assert_eq!(log.line("s", "a"), 1);
        log.seconds = 200;
        assert_eq!(log.line("s", "b"), 2);
        log.seconds = 300;
        assert_eq!(log.line("s", "c"), 3);
        log.seconds = 301;
        assert_eq!(log.line("s", "d"), 1);
    }

    #[test]
    fn the_session_that_began_first_makes_room() {
        let mut log = Log::new();
        for number in 0..MOST {
            log.line(&number.to_string(), "a");
        }
        // That it was used lately does not count.
        assert_eq!(log.line("0", "b"), 2);
        log.line("new", "a");
        assert_eq!(log.line("1", "b"), 2);
        assert_eq!(log.line("0", "b"), 1);
        assert_eq!(log.sessions.known.len(), MOST);
    }

    #[test]
    fn one_session_remembers_no_more_than_its_share() {
        let mut log = Log::new();
        for number in 0..2 * MOST_OF_ONE {
            log.line("s", &number.to_string());
        }
        assert_eq!(log.line("s", "one more"), MOST_OF_ONE);

        let mut sessions = Sessions::default();
        let now = UnixTime::from_seconds(0);
        for number in 0..2 * MOST_OF_ONE {
            let line = Parts::new(number.to_string(), 0..0);
            let quiet = data(&[("nofail", "x")]);
            let (gathered, taken) = sessions.merge(&"s".into(), quiet, vec![line], now);
            assert!(gathered.quiet_lines.len() <= MOST_OF_ONE);
            sessions.put(taken.unwrap(), gathered);
        }
        let (gathered, _) = sessions.merge(&"s".into(), data(&[]), Vec::new(), now);
        let newest = gathered.lines.last().map(Parts::as_str);
        assert_eq!(gathered.lines.len(), MOST_OF_ONE);
        assert_eq!(newest, Some("1999"));
    }

    #[test]
    fn the_queue_does_not_grow_with_sessions_that_are_forgotten() {
        let mut log = Log::new();
        for number in 0..1_000 {
            let key = number.to_string();
            let now = UnixTime::from_seconds(0);
            log.line(&key, "a");
            let fail = data(&[("mlfforget", "x")]);
            let (_, taken) = log
                .sessions
                .merge(&key.as_str().into(), fail, Vec::new(), now);
            assert!(taken.is_none());
        }
        assert!(log.sessions.known.is_empty());
        assert!(log.sessions.queue.len() <= 2 * MOST + 1);
    }
}
