//! What commands of actions may say of a ban (contract B 5.2).

use std::net::IpAddr;
use std::sync::Arc;

use f2b_action::{Family, Info, ip_rev};
use f2b_core::{Ban, FailId};
use f2b_protocol::Value;
use ipnet::IpNet;

use crossbeam_channel::Sender;

use super::{elements, python, seconds};
use crate::clock;
use crate::event::Event;
use crate::storage::Database;

/// Something that a rule captured: its name and its text.
pub(crate) type Field = (Box<str>, Box<str>);

/// Counters of a jail at the moment of an order.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// `<jail.found>`.
    pub(crate) found: usize,
    /// `<jail.found_total>`.
    pub(crate) found_total: u64,
    /// `<jail.banned>`.
    pub(crate) banned: usize,
    /// `<jail.banned_total>`.
    pub(crate) banned_total: u64,
}

/// A ban, and where more can be learnt of it.
#[derive(Clone, Debug)]
pub(crate) struct TicketInfo {
    pub(crate) jail: Arc<str>,
    pub(crate) ban: Ban,
    pub(crate) counts: Counts,
    pub(crate) database: Database,
}

impl Info for TicketInfo {
    fn tag(&mut self, name: &str) -> Option<String> {
        if let Some(group) = name.strip_prefix("F-") {
            return self.group(group);
        }
        let ban = &self.ban;
        Some(match name {
            "ip" => self.ip(),
            "fid" => ban.id.to_string(),
            "family" => Family::of(&ban.id).text().to_owned(),
            "ip-rev" => ip_rev(&FailId::parse(&self.ip())),
            "ip-host" => host_of(&self.ip()),
            "failures" => ban.failures.to_string(),
            "bancount" => ban.count.to_string(),
            "bantime" => ban.bantime.as_seconds().to_string(),
            // As the original: the database has whole seconds.
            "time" if ban.restored => (ban.time.as_micros() / 1_000_000).to_string(),
            "time" => seconds(ban.time),
            "matches" => joined(&ban.matches),
            "ipmatches" => joined(&self.earlier(None).0),
            "ipfailures" => self.earlier(None).1.to_string(),
            "ipjailmatches" => joined(&self.earlier(Some(&self.jail)).0),
            "ipjailfailures" => self.earlier(Some(&self.jail)).1.to_string(),
            "restored" => u8::from(ban.restored).to_string(),
            "raw-ticket" => self.raw(),
            other => return jail_tag(other, &self.jail, self.counts),
        })
    }
}

impl TicketInfo {
    fn ip(&self) -> String {
        ip_of(&self.ban.id, &self.ban.fields)
    }

    fn field(&self, name: &str) -> Option<&str> {
        field(&self.ban.fields, name)
    }

    /// What a rule captured; `<F-ID>` and `<F-PORT>` have names of their own.
    fn group(&self, group: &str) -> Option<String> {
        let name = match group {
            "*" => return Some(self.data().repr()),
            "ID" => "fid".to_owned(),
            "PORT" => "fport".to_owned(),
            other => other.to_lowercase(),
        };
        Some(self.field(&name)?.to_owned())
    }

    /// All that is known of the ticket, as the original keeps it.
    fn data(&self) -> Value {
        let ban = &self.ban;
        let matches = ban.matches.iter().map(ToString::to_string);
        let failures = i64::try_from(ban.failures).unwrap_or(i64::MAX);
        let mut data = vec![
            (Value::text("matches"), Value::texts(matches)),
            (Value::text("failures"), Value::Int(failures)),
        ];
        let fields = ban.fields.iter();
        data.extend(fields.map(|(name, value)| (Value::text(&**name), Value::text(&**value))));
        Value::Dict(data)
    }

    fn raw(&self) -> String {
        let ban = &self.ban;
        let matches = ban.matches.iter().map(ToString::to_string);
        format!(
            "FailTicket: ip={} time={} bantime={} bancount={} #attempts={} matches={}",
            ban.id,
            seconds(ban.time),
            ban.bantime,
            ban.count,
            ban.failures,
            Value::texts(matches).repr()
        )
    }

    /// Lines and failures of all bans of this identity that the database knows; of the ban itself if it
    /// knows none.
    fn earlier(&self, jail: Option<&str>) -> (Vec<Box<str>>, u64) {
        let known = match self.database.lock().as_ref() {
            Some(store) => store.merged(&self.ban.id, jail).ok().flatten(),
            None => None,
        };
        known.unwrap_or_else(|| (self.ban.matches.clone(), self.ban.failures))
    }
}

/// What commands may say without a ban: starting, stopping, flushing.
#[derive(Clone, Debug)]
pub(crate) struct NoBan {
    jail: String,
    /// Where the engine hears of what actions want to know of the jail.
    events: Sender<Event>,
}

impl NoBan {
    pub(crate) fn new(jail: &str, events: &Sender<Event>) -> Self {
        let (jail, events) = (jail.to_owned(), events.clone());
        Self { jail, events }
    }
}

impl Info for NoBan {
    fn tag(&mut self, name: &str) -> Option<String> {
        match name {
            "ip" | "fid" | "ip-rev" | "matches" | "ipmatches" | "ipjailmatches" => {
                Some(String::new())
            }
            "failures" | "bancount" | "ipfailures" | "ipjailfailures" | "restored" => {
                Some("0".to_owned())
            }
            "time" => Some(seconds(clock::now())),
            "ip-host" => Some("None".to_owned()),
            other => jail_tag(other, &self.jail, Counts::default()),
        }
    }

    fn command(&mut self, words: &[String]) -> Option<Vec<u8>> {
        python::ask_engine(&self.events, words)
    }
}

/// Returns what actions put into a set for a ban: not always its id. `None` if that is no address.
pub(crate) fn element_of(id: &FailId, fields: &[Field]) -> Option<IpNet> {
    elements::net(&ip_of(id, fields))
}

/// The address of a ban: the id, unless a rule captured both and they differ.
fn ip_of(id: &FailId, fields: &[Field]) -> String {
    let ip = field(fields, "ip");
    ip.map_or_else(|| id.to_string(), str::to_owned)
}

fn field<'f>(fields: &'f [Field], name: &str) -> Option<&'f str> {
    let (_, value) = fields.iter().find(|(field, _)| **field == *name)?;
    Some(value)
}

fn jail_tag(name: &str, jail: &str, counts: Counts) -> Option<String> {
    Some(match name {
        "jail.name" => jail.to_owned(),
        "jail.found" => counts.found.to_string(),
        "jail.found_total" => counts.found_total.to_string(),
        "jail.banned" => counts.banned.to_string(),
        "jail.banned_total" => counts.banned_total.to_string(),
        _ => return None,
    })
}

fn joined(lines: &[Box<str>]) -> String {
    lines.join("\n")
}

/// The name of an address; as the original `None` if it has none.
fn host_of(ip: &str) -> String {
    let name = ip
        .parse::<IpAddr>()
        .ok()
        .and_then(|address| dns_lookup::lookup_addr(&address).ok())
        // Without a name the resolver gives the address back.
        .filter(|name| name != ip);
    name.unwrap_or_else(|| "None".to_owned())
}
