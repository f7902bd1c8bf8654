//! What other programs do to tables that matter to us.
//!
//! The kernel tells every subscriber of every transaction, and says whose it
//! was. Our own are passed over by the first bytes of a notification. Large
//! ones of our own are not even told: while they go on nobody listens, and the
//! generation, which every transaction counts up by one, shows afterwards
//! whether another program was there meanwhile.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::FirewallError;
use crate::family::Family;
use crate::netlink::listener::{Heard, Listener};
use crate::netlink::message::Messages;
use crate::nftables::news;

/// How much of a notification is looked at; longer ones hold one rule or set,
/// whose name comes first.
const DATAGRAM: usize = 64 << 10;
/// How many notifications are read before the caller is told.
const MOST: usize = 4_096;
/// How many sets are told apart before the whole table counts as lost.
const SETS: usize = 64;

/// Something that another program took away from a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lost {
    /// The family of the table.
    pub family: Family,
    /// The table.
    pub table: String,
    /// The set, if only elements of it are gone; `None` if more may be: rules,
    /// chains, sets, or the table.
    pub set: Option<String>,
}

/// What there is to know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum News {
    /// More happened than could be told. Anything may be gone.
    Anything,
    /// This is gone.
    Lost(Lost),
}

/// Says which tables matter, and whose changes are our own.
///
/// Clones are the same watch. It may be used from any thread.
#[derive(Debug, Clone)]
pub struct Watch {
    shared: Arc<Shared>,
}

/// Hears what happens; for one thread that waits.
#[derive(Debug)]
pub struct Watcher {
    shared: Arc<Shared>,
    buffer: Vec<u8>,
}

#[derive(Debug)]
struct Shared {
    listener: Listener,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    tables: BTreeSet<(Family, String)>,
    /// The ports of our own sockets.
    own: BTreeSet<u32>,
    /// How many large changes of our own go on.
    deaf: usize,
    /// Whether something happened that nobody heard.
    missed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// Begins to listen in the network namespace we run in.
    ///
    /// *Errors*: `NoRight`, `NoNftables`.
    pub fn open() -> Result<(Self, Watcher), FirewallError> {
        let listener = Listener::open().map_err(FirewallError::of_socket)?;
        let shared = Arc::new(Shared {
            listener,
            state: Mutex::default(),
        });
        let watcher = Watcher {
            shared: Arc::clone(&shared),
            buffer: vec![0; DATAGRAM],
        };
        Ok((Self { shared }, watcher))
    }

    /// Asks for news of a table from now on. It need not be there yet.
    pub fn add(&self, family: Family, table: &str) {
        self.shared.lock().tables.insert((family, table.to_owned()));
    }

    /// Asks for no more news of a table.
    pub fn remove(&self, family: Family, table: &str) {
        let place = (family, table.to_owned());
        self.shared.lock().tables.remove(&place);
    }

    /// Takes changes of the socket with this port for our own.
    pub(crate) fn own(&self, port: u32) {
        self.shared.lock().own.insert(port);
    }

    /// Forgets a socket.
    pub(crate) fn disown(&self, port: u32) {
        self.shared.lock().own.remove(&port);
    }

    /// Stops listening, for a large change of our own.
    pub(crate) fn cover_ears(&self) {
        let mut state = self.shared.lock();
        state.deaf = state.deaf.saturating_add(1);
        if state.deaf == 1 && self.shared.listener.listen(false).is_err() {
            // Then all of it is heard, which only costs time.
            state.missed = true;
        }
    }

    /// Listens again.
    pub(crate) fn uncover_ears(&self) {
        let mut state = self.shared.lock();
        state.deaf = state.deaf.saturating_sub(1);
        if state.deaf == 0 && self.shared.listener.listen(true).is_err() {
            state.missed = true;
        }
    }

    /// Notes that something may have happened that nobody heard.
    pub(crate) fn note_missed(&self) {
        self.shared.lock().missed = true;
    }
}

impl Watcher {
    /// Waits for news, up to `patience`; none if nothing that matters happened.
    ///
    /// What several notifications say of one set is said once.
    ///
    /// *Errors*: what the system says of the socket; it may be tried again.
    pub fn next(&mut self, patience: Duration) -> Result<Vec<News>, FirewallError> {
        let mut told = BTreeSet::new();
        let mut patience = Some(patience);
        for _ in 0..MOST {
            let heard = self
                .shared
                .listener
                .receive(&mut self.buffer, patience.take())
                .map_err(FirewallError::of_socket)?;
            match heard {
                Heard::Nothing => break,
                Heard::TooMuch => {
                    told.insert(News::Anything);
                }
                Heard::Bytes(length) => {
                    let bytes = self.buffer.get(..length).unwrap_or_default();
                    read(bytes, &self.shared.lock(), &mut told);
                }
            }
        }
        if std::mem::take(&mut self.shared.lock().missed) {
            told.insert(News::Anything);
        }
        Ok(joined(told))
    }

    /// Tells whether anybody holds the watch still.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        Arc::strong_count(&self.shared) > 1
    }
}

/// Reads one notification: it holds what one socket did.
fn read(bytes: &[u8], state: &State, told: &mut BTreeSet<News>) {
    for message in Messages::new(bytes) {
        if state.own.contains(&message.port) {
            return;
        }
        let Some(gone) = news::read(&message) else {
            continue;
        };
        let mut tables = state.tables.iter();
        if tables.any(|(family, table)| *family == gone.family && table == gone.table) {
            told.insert(News::Lost(Lost {
                family: gone.family,
                table: gone.table.to_owned(),
                set: gone.set.map(str::to_owned),
            }));
        }
    }
}

/// Leaves out what other news include.
fn joined(told: BTreeSet<News>) -> Vec<News> {
    let sets = told.len();
    let whole: BTreeSet<(Family, String)> = told
        .iter()
        .filter_map(|news| match news {
            News::Lost(lost) if lost.set.is_none() || sets > SETS => {
                Some((lost.family, lost.table.clone()))
            }
            _ => None,
        })
        .collect();
    let part = |news: &News| match news {
        News::Lost(lost) => !whole.contains(&(lost.family, lost.table.clone())),
        News::Anything => true,
    };
    let mut joined: Vec<News> = told.into_iter().filter(part).collect();
    joined.extend(whole.into_iter().map(|(family, table)| {
        News::Lost(Lost {
            family,
            table,
            set: None,
        })
    }));
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(table: &str, set: Option<&str>) -> News {
        News::Lost(Lost {
            family: Family::Inet,
            table: table.to_owned(),
            set: set.map(str::to_owned),
        })
    }

    #[test]
    fn what_a_lost_table_includes_is_not_told_beside_it() {
        let check = |told: &[News], expected: &[News]| {
            assert_eq!(joined(told.iter().cloned().collect()), expected);
        };
        check(&[], &[]);
        check(&[lost("a", Some("s"))], &[lost("a", Some("s"))]);
        check(
            &[lost("a", Some("s")), lost("a", None), lost("b", Some("s"))],
            &[lost("b", Some("s")), lost("a", None)],
        );
        check(&[News::Anything], &[News::Anything]);
        let many: Vec<News> = (0..=SETS)
            .map(|number| lost("a", Some(&number.to_string())))
            .collect();
        check(&many, &[lost("a", None)]);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let mut told = BTreeSet::new();
            let mut state = State::default();
            state.tables.insert((Family::Inet, "stockade".to_owned()));
            read(&bytes, &state, &mut told);
        }
    }
}
