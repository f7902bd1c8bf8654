//! One thread hears what other programs take away from nftables, and tells those whom it concerns.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Sender, TrySendError};
use f2b_firewall::{Family, FirewallError, News, Watch, Watcher};

use crate::guard;
use crate::log::{Log, chain};

/// How long the thread waits before it looks whether something was missed.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where threads ask to be told. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Watches {
    state: Arc<Mutex<State>>,
    log: Log,
}

#[derive(Debug, Default)]
struct State {
    watch: Option<Watch>,
    wanted: Vec<Wanted>,
}

#[derive(Debug)]
struct Wanted {
    family: Family,
    table: String,
    to: Sender<News>,
}

impl Watches {
    pub(crate) fn new(log: Log) -> Self {
        Self {
            state: Arc::default(),
            log,
        }
    }

    /// Tells of what is lost in a table from now on.
    ///
    /// When `to` is full nothing is added: whoever finds as much as it holds has to look at everything.
    /// The watch that is returned is to be given to whatever changes the table for us, since its own
    /// changes would be told as well. The first call opens the socket and starts the thread.
    ///
    /// # Errors
    /// Nothing can be heard; then nothing is told.
    pub(crate) fn tell(
        &self,
        family: Family,
        table: &str,
        to: Sender<News>,
    ) -> Result<Watch, FirewallError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let watch = match &state.watch {
            Some(watch) => watch.clone(),
            None => {
                let (watch, watcher) = Watch::open()?;
                let all = self.clone();
                if let Err(error) = guard::start("watch", move || all.run(watcher)) {
                    self.log
                        .error("actions", format!("Watching nftables: {error}"));
                }
                state.watch.insert(watch).clone()
            }
        };
        watch.add(family, table);
        state.wanted.push(Wanted {
            family,
            table: table.to_owned(),
            to,
        });
        Ok(watch)
    }

    fn run(&self, mut watcher: Watcher) {
        let mut is_told = false;
        loop {
            match watcher.next(PATIENCE) {
                Ok(news) => news.into_iter().for_each(|news| self.pass_on(&news)),
                Err(error) => {
                    if !std::mem::replace(&mut is_told, true) {
                        let text = format!("Watching nftables: {}", chain(&error));
                        self.log.error("actions", text);
                    }
                    thread::sleep(PATIENCE);
                }
            }
        }
    }

    fn pass_on(&self, news: &News) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let concerns = |wanted: &Wanted| match news {
            News::Anything => true,
            News::Lost(lost) => (wanted.family, &wanted.table) == (lost.family, &lost.table),
        };
        state.wanted.retain(|wanted| {
            // One that is full need not hear it, and one that is gone nothing any more.
            let told = concerns(wanted).then(|| wanted.to.try_send(news.clone()));
            !matches!(told, Some(Err(TrySendError::Disconnected(_))))
        });
    }
}
