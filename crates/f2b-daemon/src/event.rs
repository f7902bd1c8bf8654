//! Everything that can make the server act.

use std::collections::HashSet;

use crate::asking::{Answer as QuestionAnswer, Question};
use crate::journal::JournalStart;
use crossbeam_channel::{Receiver, Sender, TryRecvError};
use f2b_action::Definition;
use f2b_protocol::{Answer, Command, Value};
use f2b_source::journal::JournalEntry;
use f2b_source::{SourceEvent, SourceId};
use ipnet::IpNet;

/// What reaches the engine.
#[derive(Debug)]
pub(crate) enum Event {
    /// Lines of a log file, or news of the file itself.
    File(SourceEvent),
    /// News of a journal.
    Journal(JournalEvent),
    /// Something that was asked has an answer.
    Answer(Question, QuestionAnswer),
    /// A command came over the socket.
    Command(Command, ReplyTo),
    /// An action of this jail that takes over from the kernel has begun; the number says which hand-over it
    /// was.
    TakenOver(String, u64),
    /// Sets of nftables that actions of this jail put bans into have lost them.
    ElementsLost(String),
    /// What explains the elements in such sets is asked for, and where the answer goes.
    Explain(String, Sender<HashSet<IpNet>>),
    /// An action written in Python cannot be made; its jail goes on without it.
    ActionLost {
        /// Which jail.
        jail: String,
        /// Which action.
        action: Box<Definition>,
        /// Why, unless a client had just added it, who is told.
        reason: Option<String>,
    },
    /// An action written in Python cannot be made anew; it goes on as it was.
    ActionKept {
        /// Which jail.
        jail: String,
        /// The action as it was.
        action: Box<Definition>,
        /// Why.
        reason: String,
    },
    /// An action wants to know something: a command that only asks, and where the answer goes. Without one there
    /// is no answer.
    Wanted(Command, Sender<Value>),
    /// A signal asks for the end.
    Terminate(i32),
    /// A signal says that the log file was rotated.
    ReopenLog,
    /// A signal asked for a reload: the configuration, if it could be read.
    Reload(Option<Vec<Command>>),
}

/// News of a journal that jails read.
#[derive(Debug)]
pub(crate) struct JournalEvent {
    /// The number it is read under.
    pub(crate) source: SourceId,
    /// What is new.
    pub(crate) what: JournalNews,
}

/// What can be new of a journal.
#[derive(Debug)]
pub(crate) enum JournalNews {
    /// Entries, in the journal's order.
    Entries(Delivery),
    /// There is nothing more to read for now.
    CaughtUp,
    /// The entry that was read last is no longer there: reading goes on by time.
    Gone {
        /// For whom.
        jails: Vec<String>,
        /// How that was seen.
        how: &'static str,
    },
    /// `journalctl` ended or cannot be started; it will be tried again.
    Trouble(String),
}

/// Entries, and which of them are whose.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// The entries.
    pub(crate) entries: Vec<JournalEntry>,
    /// What each jail gets; those for which all was known are not there.
    pub(crate) shares: Vec<Share>,
    /// Whether more waits already.
    pub(crate) has_more: bool,
}

/// What one jail gets of a delivery.
#[derive(Debug)]
pub(crate) struct Share {
    /// The jail.
    pub(crate) jail: String,
    /// The entries that its `journalmatch` fits, by their numbers.
    pub(crate) entries: Vec<usize>,
    /// The last entry that was new to it, be it one of them or not.
    pub(crate) reached: JournalStart,
}

/// Where the answer to a command goes.
#[derive(Debug)]
pub(crate) struct ReplyTo {
    /// Takes the one answer.
    pub(crate) answer: Sender<Answer>,
    /// Ends when the answer has been written to the client, or the client is gone.
    pub(crate) written: Receiver<()>,
}

impl ReplyTo {
    /// Sends the answer. A client that has gone does not miss it.
    pub(crate) fn send(&self, answer: Answer) {
        self.answer.send(answer).ok();
    }

    /// Tells whether anybody waits for it still.
    pub(crate) fn is_wanted(&self) -> bool {
        self.written.try_recv() != Err(TryRecvError::Disconnected)
    }
}
