//! Who is connected: how many at once, how much of theirs is in memory, and who has to make room.

use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::{Receiver, Sender, bounded};
use indexmap::IndexMap;

/// How many clients are served at once. One more takes the place of the one that has been silent
/// longest; each has a descriptor and a thread.
const MOST_CLIENTS: usize = 256;

/// How many that were hung up on may not have noticed yet; before that nobody new is taken.
const MOST_LEAVING: usize = 64;

/// How many bytes of unfinished requests, of commands that are carried out and of replies that are not
/// taken yet there may be of all clients together. Whoever has most of it makes room.
const MOST_HELD: usize = 64 << 20;

/// The clients that are served, the one that has been silent longest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Clients {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// One that was hung up on has left.
    left: Condvar,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    clients: IndexMap<u64, Client>,
    /// The bytes of all of them.
    held: usize,
    /// How many were hung up on and have not left yet.
    leaving: usize,
}

#[derive(Debug)]
struct Client {
    stream: Arc<UnixStream>,
    /// Whether it waits for an answer of the engine; it is sent away only if all others do so too.
    busy: bool,
    /// Its bytes in memory.
    held: usize,
    /// Tells its thread, when this is gone, that it was hung up on.
    _stays: Sender<()>,
}

/// The place of one client; it is free when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    number: u64,
    clients: Clients,
    /// Ends when the client was hung up on.
    pub(super) gone: Receiver<()>,
}

/// For as long as this lives the client waits for an answer.
#[derive(Debug)]
pub(super) struct Busy<'a> {
    place: &'a Place,
}

/// The others need their memory.
#[derive(Debug)]
pub(super) struct NoRoom;

impl Clients {
    /// Gives a client a place. When there is none, the one that has been silent longest is hung up on.
    pub(super) fn admit(&self, stream: Arc<UnixStream>) -> Place {
        let (stays, gone) = bounded(0);
        let mut state = self.lock();
        while state.leaving >= MOST_LEAVING {
            let woken = self.shared.left.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
        while state.clients.len() >= MOST_CLIENTS {
            let silent = state.clients.values().position(|client| !client.busy);
            // Commands of those that wait are carried out all the same.
            state.hang_up(silent.unwrap_or(0));
        }
        let number = state.next;
        state.next += 1;
        let client = Client {
            stream,
            busy: false,
            held: 0,
            _stays: stays,
        };
        state.clients.insert(number, client);
        drop(state);
        Place {
            number,
            clients: self.clone(),
            gone,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        let state = self.shared.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Ends the connection at a place in the list.
    fn hang_up(&mut self, index: usize) {
        if let Some((_, client)) = self.clients.shift_remove_index(index) {
            self.held -= client.held;
            self.leaving += 1;
            // Its thread sees the end of the connection; one that is gone already needs none.
            client.stream.shutdown(Shutdown::Both).ok();
        }
    }

    /// Notes what a client does now; it has been heard of last.
    fn note(&mut self, number: u64, busy: bool) {
        if let Some(mut client) = self.clients.shift_remove(&number) {
            client.busy = busy;
            self.clients.insert(number, client);
        }
    }

    /// Notes how much of a client is in memory.
    fn hold(&mut self, number: u64, bytes: usize) {
        if let Some(client) = self.clients.get_mut(&number) {
            self.held = self.held - client.held + bytes;
            client.held = bytes;
        }
    }

    /// The client beside this one that has most in memory and waits for nothing.
    fn largest_beside(&self, number: u64) -> Option<usize> {
        let others = self.clients.iter().enumerate();
        let silent = others
            .filter(|(_, (other, client))| **other != number && !client.busy && client.held > 0);
        let largest = silent.max_by_key(|(_, (_, client))| client.held);
        largest.map(|(index, _)| index)
    }
}

impl Place {
    /// Notes that the client waits for an answer.
    pub(super) fn busy(&self) -> Busy<'_> {
        self.clients.lock().note(self.number, true);
        Busy { place: self }
    }

    /// Notes how many bytes of the client are in memory now. If it is too much, the others that have most of
    /// it have to go.
    ///
    /// # Errors
    /// The others wait for answers and need all there is.
    pub(super) fn hold(&self, bytes: usize) -> Result<(), NoRoom> {
        let mut state = self.clients.lock();
        state.hold(self.number, bytes);
        while state.held > MOST_HELD {
            let Some(index) = state.largest_beside(self.number) else {
                state.hold(self.number, 0);
                return Err(NoRoom);
            };
            state.hang_up(index);
        }
        Ok(())
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.place.clients.lock().note(self.place.number, false);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.clients.lock();
        state.hold(self.number, 0);
        if state.clients.shift_remove(&self.number).is_none() {
            state.leaving -= 1;
            self.clients.shared.left.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    type Ends = Vec<UnixStream>;

    fn full(clients: &Clients) -> (Vec<Place>, Ends) {
        let admit = |_| {
            let (ours, theirs) = UnixStream::pair().unwrap();
            (clients.admit(Arc::new(ours)), theirs)
        };
        (0..MOST_CLIENTS).map(admit).unzip()
    }

    fn closed(ends: &mut Ends) -> Vec<usize> {
        let is_open = |theirs: &mut UnixStream| {
            theirs.set_nonblocking(true).unwrap();
            theirs.read(&mut [0]).is_err()
        };
        let open: Vec<bool> = ends.iter_mut().map(is_open).collect();
        (0..open.len()).filter(|index| !open[*index]).collect()
    }

    fn one_more(clients: &Clients) -> (Place, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (clients.admit(Arc::new(ours)), theirs)
    }

    #[test]
    fn the_one_that_was_silent_longest_makes_room() {
        let clients = Clients::default();
        let (places, mut ends) = full(&clients);
        let waits = places[0].busy();
        drop(places[1].busy());
        let _more = one_more(&clients);
        assert_eq!(closed(&mut ends), [2]);
        assert!(
            places[2]
                .gone
                .try_recv()
                .is_err_and(|error| error.is_disconnected())
        );
        drop(waits);
    }

    #[test]
    fn when_all_wait_the_first_of_them_makes_room() {
        let clients = Clients::default();
        let (places, mut ends) = full(&clients);
        let _busy: Vec<Busy<'_>> = places.iter().map(Place::busy).collect();
        let _more = one_more(&clients);
        assert_eq!(closed(&mut ends), [0]);
    }

    #[test]
    fn who_has_most_in_memory_makes_room() {
        let clients = Clients::default();
        let (places, mut ends) = full(&clients);
        let half = MOST_HELD / 2;
        places[3].hold(half).unwrap();
        places[4].hold(half - 1).unwrap();
        places[5].hold(1).unwrap();
        places[6].hold(2).unwrap();
        assert_eq!(closed(&mut ends), [3]);
        // Who waits for an answer keeps what is needed for it.
        places[7].hold(half).unwrap();
        assert_eq!(closed(&mut ends), [3, 4]);
        let _busy = places[7].busy();
        places[8].hold(half + 1).unwrap_err();
        assert_eq!(closed(&mut ends), [3, 4, 5, 6]);
        places[8].hold(half).unwrap();
    }
}
