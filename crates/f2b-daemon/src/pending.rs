//! A reply that waits for all that it tells of.

use std::sync::{Mutex, PoisonError};

use f2b_protocol::{Answer, Reply, Value};

use crate::event::ReplyTo;

/// A reply on its way: it is sent when nobody holds this any more, neither the batch that is not written
/// yet nor an action that has something to do for it.
#[derive(Debug)]
pub(crate) struct Pending {
    to: ReplyTo,
    reply: Mutex<Said>,
}

/// The reply as far as it is known.
#[derive(Debug)]
struct Said {
    reply: Reply,
    /// Whether it is more than what was foreseen.
    is_sure: bool,
}

impl Pending {
    pub(crate) fn new(to: ReplyTo) -> Self {
        Self {
            to,
            reply: Mutex::new(Said {
                reply: Ok(Value::None),
                is_sure: false,
            }),
        }
    }

    /// Sets the reply that holds unless somebody knows better.
    pub(crate) fn foresee(&self, reply: Reply) {
        let mut said = self.reply.lock().unwrap_or_else(PoisonError::into_inner);
        if !said.is_sure {
            said.reply = reply;
        }
    }

    /// Sets the reply: what was foreseen no longer holds.
    pub(crate) fn answer(&self, reply: Reply) {
        let mut said = self.reply.lock().unwrap_or_else(PoisonError::into_inner);
        *said = Said {
            reply,
            is_sure: true,
        };
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let said = self.reply.get_mut().unwrap_or_else(PoisonError::into_inner);
        let reply = std::mem::replace(&mut said.reply, Ok(Value::None));
        self.to.send(Answer::Reply(reply));
    }
}
