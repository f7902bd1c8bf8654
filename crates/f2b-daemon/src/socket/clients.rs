//! Who is connected: how many at once, and who has to make room.

use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;

/// How many clients are served at once. One more takes the place of the one that has been silent
/// longest.
const MOST_CLIENTS: usize = 64;

/// The clients that are served, the one that has been silent longest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Clients {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// A client has left, or is no longer waiting for an answer.
    change: Condvar,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    clients: IndexMap<u64, Client>,
}

#[derive(Debug)]
struct Client {
    stream: UnixStream,
    /// Whether it waits for an answer of the engine; who does is never sent away.
    busy: bool,
}

/// The place of one client; it is free when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    number: u64,
    clients: Clients,
}

/// For as long as this lives the client waits for an answer.
#[derive(Debug)]
pub(super) struct Busy<'a> {
    place: &'a Place,
}

impl Clients {
    /// Gives a client a place. When there is none, the one that has been silent longest is hung up
    /// on; while all wait for answers, so does this.
    ///
    /// # Errors
    /// The system gives no second descriptor for the connection.
    pub(super) fn admit(&self, stream: &UnixStream) -> std::io::Result<Place> {
        let stream = stream.try_clone()?;
        let mut state = self.lock();
        while state.clients.len() >= MOST_CLIENTS && !state.hang_up_on_one() {
            state = self
                .shared
                .change
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let number = state.next;
        state.next += 1;
        let client = Client {
            stream,
            busy: false,
        };
        state.clients.insert(number, client);
        drop(state);
        Ok(Place {
            number,
            clients: self.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Ends the connection that has been silent longest; returns whether there was one.
    fn hang_up_on_one(&mut self) -> bool {
        let Some(silent) = self.clients.values().position(|client| !client.busy) else {
            return false;
        };
        if let Some((_, client)) = self.clients.shift_remove_index(silent) {
            // Its thread sees the end of the connection; one that is gone already needs none.
            client.stream.shutdown(Shutdown::Both).ok();
        }
        true
    }

    /// Notes what a client does now; it has been heard of last.
    fn note(&mut self, number: u64, busy: bool) {
        if let Some(mut client) = self.clients.shift_remove(&number) {
            client.busy = busy;
            self.clients.insert(number, client);
        }
    }
}

impl Place {
    /// Notes that the client waits for an answer.
    pub(super) fn busy(&self) -> Busy<'_> {
        self.clients.lock().note(self.number, true);
        Busy { place: self }
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.place.clients.lock().note(self.place.number, false);
        self.place.clients.shared.change.notify_one();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.clients.lock().clients.shift_remove(&self.number);
        self.clients.shared.change.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_one_that_was_silent_longest_makes_room() {
        let clients = Clients::default();
        let mut ends = Vec::new();
        let mut places = Vec::new();
        for _ in 0..MOST_CLIENTS {
            let (ours, theirs) = UnixStream::pair().unwrap();
            places.push(clients.admit(&ours).unwrap());
            ends.push((ours, theirs));
        }
        let waits = places[0].busy();
        drop(places[1].busy());
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let _place = clients.admit(&ours).unwrap();
        let is_open = |(_, theirs): &mut (UnixStream, UnixStream)| {
            theirs.set_nonblocking(true).unwrap();
            theirs.read(&mut [0]).is_err()
        };
        let open: Vec<bool> = ends.iter_mut().map(is_open).collect();
        let closed: Vec<usize> = (0..open.len()).filter(|index| !open[*index]).collect();
        assert_eq!(closed, [2]);
        drop(waits);
    }
}
