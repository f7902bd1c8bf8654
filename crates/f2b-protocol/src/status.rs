//! The shapes of `status`, in one place for the server that answers and for
//! programs that read.

use crate::Value;
use crate::request::StatusFlavor;

/// What `status` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerStatus {
    /// Names of the jails; the reply sorts them.
    pub jails: Vec<String>,
}

/// What `status J` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JailStatus {
    /// Through what the jail reads, as the original calls it.
    pub backend: String,
    /// Addresses with failures that have not led to a ban yet.
    pub currently_failed: u64,
    /// Failures since the jail was started.
    pub total_failed: u64,
    /// Where the jail reads.
    pub source: StatusSource,
    /// Bans in force.
    pub currently_banned: u64,
    /// Bans since the jail was started.
    pub total_banned: u64,
    /// What is banned, in order of ban.
    pub banned: Vec<String>,
}

/// Where a jail reads, as its status shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusSource {
    /// Log files.
    Files(Vec<String>),
    /// The journal; each match is `A=1 + B=2`.
    Journal(Vec<String>),
}

impl ServerStatus {
    /// Returns the payload of the reply.
    ///
    /// *Shape*: `[('Number of jail', 2), ('Jail list', 'alpha, beta')]`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut jails = self.jails.clone();
        jails.sort_unstable();
        Value::List(vec![
            pair("Number of jail", count(jails.len())),
            pair("Jail list", Value::text(jails.join(", "))),
        ])
    }
}

impl JailStatus {
    /// Returns the payload of the reply.
    #[must_use]
    pub fn to_value(&self, flavor: &StatusFlavor) -> Value {
        if *flavor == StatusFlavor::Statistics {
            return self.statistics();
        }
        let source = match &self.source {
            StatusSource::Files(files) => pair("File list", Value::texts(files)),
            StatusSource::Journal(matches) => pair("Journal matches", Value::texts(matches)),
        };
        let filter = vec![
            pair("Currently failed", count(self.currently_failed)),
            pair("Total failed", count(self.total_failed)),
            source,
        ];
        let mut actions = vec![
            pair("Currently banned", count(self.currently_banned)),
            pair("Total banned", count(self.total_banned)),
        ];
        if *flavor != StatusFlavor::Short {
            actions.push(pair("Banned IP list", Value::texts(&self.banned)));
        }
        if *flavor == StatusFlavor::Cymru {
            // As the original without its optional DNS library: nobody is asked.
            for list in ["Banned ASN list", "Banned Country list", "Banned RIR list"] {
                actions.push(pair(list, Value::texts(["error"])));
            }
        }
        Value::List(vec![
            pair("Filter", Value::List(filter)),
            pair("Actions", Value::List(actions)),
        ])
    }

    /// Returns backend and counts.
    ///
    /// *Shape*: `['polling', (1, 7), (2, 2)]`, current and total, of failures and of bans.
    #[must_use]
    pub fn statistics(&self) -> Value {
        let counts = |current, total| Value::Tuple(vec![count(current), count(total)]);
        Value::List(vec![
            Value::text(self.backend.clone()),
            counts(self.currently_failed, self.total_failed),
            counts(self.currently_banned, self.total_banned),
        ])
    }
}

fn pair(name: &str, value: Value) -> Value {
    Value::Tuple(vec![Value::from(name), value])
}

fn count(number: impl TryInto<i64>) -> Value {
    // No counter of ours comes near the end of 63 bits.
    Value::Int(number.try_into().unwrap_or(i64::MAX))
}
