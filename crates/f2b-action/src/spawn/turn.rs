//! Who may run beside whom: scripts of different jails run at one time, and action files were written for
//! a server that runs one after the other.
//!
//! Two of the same action would lose each other's changes where they edit one file. One that starts or
//! stops an action may meet another that looks at what both share: whether a table is still in use, say.
//! So the first wait for each other, and the second are alone. Nobody waits for long: a script that hangs
//! loses its turn, and whoever waits goes on.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a script keeps others waiting. It is far more than a firewall's takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(1);

/// The turns of all scripts of this process.
static TURNS: Turns = Turns::new(PATIENCE);

/// What a script is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One ban: it runs beside those of other actions.
    Ban,
    /// The whole action: it runs alone.
    Whole,
}

/// Waits until a script of this action may run; its turn ends when this is dropped.
pub(crate) fn turn(action: &str, kind: Kind) -> Turn<'static> {
    TURNS.begin(action, kind)
}

/// A script's turn.
#[derive(Debug)]
#[must_use = "a turn ends when it is dropped"]
pub(crate) struct Turn<'turns> {
    turns: &'turns Turns,
    number: u64,
}

#[derive(Debug)]
struct Turns {
    patience: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    running: Vec<Running>,
    /// How many wait to be alone: no new script begins before them.
    waiting: usize,
    next: u64,
}

#[derive(Debug)]
struct Running {
    number: u64,
    action: String,
    kind: Kind,
    since: Instant,
}

impl Turns {
    const fn new(patience: Duration) -> Self {
        Self {
            patience,
            state: Mutex::new(State {
                running: Vec::new(),
                waiting: 0,
                next: 0,
            }),
            changed: Condvar::new(),
        }
    }

    fn begin(&self, action: &str, kind: Kind) -> Turn<'_> {
        let begin = Instant::now();
        let mut state = self.lock();
        if kind == Kind::Whole {
            state.waiting = state.waiting.saturating_add(1);
        }
        loop {
            let wait = self.wait(&state, action, kind);
            let left = self.patience.saturating_sub(begin.elapsed());
            let wait = wait.min(left);
            if wait.is_zero() {
                break;
            }
            let woken = self.changed.wait_timeout(state, wait);
            (state, _) = woken.unwrap_or_else(PoisonError::into_inner);
        }
        if kind == Kind::Whole {
            state.waiting = state.waiting.saturating_sub(1);
            self.changed.notify_all();
        }
        let number = state.next;
        state.next = number.wrapping_add(1);
        state.running.push(Running {
            number,
            action: action.to_owned(),
            kind,
            since: Instant::now(),
        });
        Turn {
            turns: self,
            number,
        }
    }

    /// How long a script has to wait, as things are.
    fn wait(&self, state: &State, action: &str, kind: Kind) -> Duration {
        if kind == Kind::Ban && state.waiting > 0 {
            return self.patience;
        }
        let in_the_way = state.running.iter().filter(|other| {
            other.kind == Kind::Whole || kind == Kind::Whole || other.action == action
        });
        let left = in_the_way.map(|other| self.patience.saturating_sub(other.since.elapsed()));
        left.max().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let number = self.number;
        let mut state = self.turns.lock();
        state.running.retain(|running| running.number != number);
        drop(state);
        self.turns.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{TryRecvError, channel};
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// Begins one script while others run; tells whether it has to wait for them, and that it does not for
    /// ever.
    fn check(running: &[(&str, Kind)], next: (&str, Kind), waits: bool) {
        let turns = Turns::new(LONG);
        let held: Vec<_> = running
            .iter()
            .map(|(action, kind)| turns.begin(action, *kind))
            .collect();
        assert_eq!(
            !turns.wait(&turns.lock(), next.0, next.1).is_zero(),
            waits,
            "{next:?}"
        );
        let (begun, has_begun) = channel();
        thread::scope(|scope| {
            let turns = &turns;
            scope.spawn(move || {
                let turn = turns.begin(next.0, next.1);
                begun.send(()).unwrap();
                drop(turn);
            });
            if waits {
                assert_eq!(has_begun.try_recv(), Err(TryRecvError::Empty));
            }
            drop(held);
            has_begun.recv_timeout(LONG).unwrap();
        });
        assert!(turns.lock().running.is_empty());
    }

    #[test]
    fn bans_of_one_action_wait_for_each_other_and_starting_waits_for_all() {
        let (ban, whole) = (Kind::Ban, Kind::Whole);
        check(&[], ("a", ban), false);
        check(&[], ("a", whole), false);
        check(&[("a", ban)], ("b", ban), false);
        check(&[("a", ban)], ("a", ban), true);
        check(&[("a", ban)], ("b", whole), true);
        check(&[("a", whole)], ("b", ban), true);
        check(&[("a", whole)], ("b", whole), true);
    }

    #[test]
    fn no_new_ban_begins_before_one_that_waits_to_be_alone() {
        let turns = Turns::new(LONG);
        let held = turns.begin("a", Kind::Ban);
        thread::scope(|scope| {
            let alone = scope.spawn(|| drop(turns.begin("b", Kind::Whole)));
            while turns.lock().waiting == 0 {
                thread::yield_now();
            }
            assert!(!turns.wait(&turns.lock(), "c", Kind::Ban).is_zero());
            drop(held);
            alone.join().unwrap();
        });
        assert!(turns.wait(&turns.lock(), "c", Kind::Ban).is_zero());
    }

    #[test]
    fn one_that_hangs_loses_its_turn() {
        let turns = Turns::new(Duration::from_millis(1));
        let hangs = turns.begin("a", Kind::Whole);
        let second = turns.begin("a", Kind::Whole);
        let third = turns.begin("a", Kind::Ban);
        drop((hangs, second, third));
        assert!(turns.lock().running.is_empty());
    }
}
