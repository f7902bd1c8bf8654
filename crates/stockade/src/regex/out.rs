//! `-o`: what was found, and nothing else (contract A 7).

use std::net::IpAddr;

use f2b_core::{FailId, UnixTime};
use f2b_protocol::Value;

use super::found::{self, Found};
use super::hosts;

/// How a failure is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `id`, `fid`
    Id,
    /// `ip`
    Ip,
    /// `msg`: the lines.
    Lines,
    /// `row`: who, when and what was captured, as Python writes it.
    Row,
    /// The name of something that was captured.
    Captured(String),
    /// A text with tags.
    Template {
        /// The text.
        text: String,
        /// Whether it is repeated for every line.
        per_line: bool,
    },
}

/// A tag that stands for something that only a running jail has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoJail(pub(crate) String);

/// What a template shows of a failure.
struct Ticket<'a> {
    id: &'a Value,
    address: Option<&'a FailId>,
    time: Value,
    captured: &'a dyn Fn(&str) -> Value,
    lines: Vec<String>,
    /// The lines as the original holds them.
    matches: Value,
}

impl Form {
    /// Reads the value of `-o`.
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "id" | "fid" => Self::Id,
            "ip" => Self::Ip,
            "msg" => Self::Lines,
            "row" => Self::Row,
            _ if text.contains('<') => Self::Template {
                text: text.to_owned(),
                per_line: text.contains("<msg>"),
            },
            _ => Self::Captured(text.to_owned()),
        }
    }

    /// Shows a failure, piece by piece; `now` is the time of one that has none.
    ///
    /// # Errors
    /// [`NoJail`] if a tag cannot be shown.
    pub(crate) fn show(
        &self,
        found: &Found,
        now: UnixTime,
        print: &mut dyn FnMut(&str),
    ) -> Result<(), NoJail> {
        let lines = || found.lines.iter().map(f2b_match::Parts::line);
        match self {
            Self::Id => print(&found.id().str()),
            Self::Ip => match found.data.get("ip").map(found::python) {
                Some(value) if value != Value::None => print(&value.str()),
                _ => print(&found.id().str()),
            },
            Self::Lines => lines().for_each(|line| print(&line)),
            Self::Row => {
                let time = found.time.map_or(Value::None, found::time_value);
                print(&row(&found.id(), &time, &found::dictionary(&found.data)));
            }
            Self::Captured(name) if name == "matches" => print(&found::tuples(&found.lines).str()),
            Self::Captured(name) => {
                let value = found.data.get(name).map_or(Value::None, found::python);
                print(&value.str());
            }
            Self::Template { text, per_line } => {
                let captured = |name: &str| found.data.get(name).map_or(Value::None, found::python);
                let now = Value::Float(found::seconds(now));
                let ticket = Ticket {
                    id: &found.id(),
                    address: found.one(),
                    time: found.time.map_or(now, found::time_value),
                    captured: &captured,
                    lines: lines().collect(),
                    matches: found::tuples(&found.lines),
                };
                ticket.fill_in(text, *per_line, print)?;
            }
        }
        Ok(())
    }

    /// Shows a line in which nothing was found (`-i`).
    ///
    /// # Errors
    /// [`NoJail`] if a tag cannot be shown.
    pub(crate) fn show_line(
        &self,
        line: &str,
        time: Value,
        now: UnixTime,
        print: &mut dyn FnMut(&str),
    ) -> Result<(), NoJail> {
        let nobody = Value::text("");
        let matches = || Value::List(vec![Value::text(line)]);
        match self {
            Self::Id | Self::Ip => print(""),
            Self::Lines => print(line),
            Self::Row => {
                let data = Value::Dict(vec![(Value::text("fid"), nobody.clone())]);
                print(&row(&nobody, &time, &data));
            }
            Self::Captured(name) if name == "matches" => print(&matches().str()),
            Self::Captured(name) if name == "fid" => print(""),
            Self::Captured(_) => print("None"),
            Self::Template { text, per_line } => {
                let captured = |name: &str| match name {
                    "fid" => Value::text(""),
                    _ => Value::None,
                };
                let time = match time {
                    Value::None => Value::Float(found::seconds(now)),
                    time => time,
                };
                let ticket = Ticket {
                    id: &nobody,
                    address: None,
                    time,
                    captured: &captured,
                    lines: vec![line.to_owned()],
                    matches: matches(),
                };
                ticket.fill_in(text, *per_line, print)?;
            }
        }
        Ok(())
    }
}

fn row(id: &Value, time: &Value, data: &Value) -> String {
    format!("[{},\t{},\t{}],", id.repr(), time.repr(), data.repr())
}

impl Ticket<'_> {
    fn fill_in(
        &self,
        text: &str,
        per_line: bool,
        print: &mut dyn FnMut(&str),
    ) -> Result<(), NoJail> {
        if !per_line {
            print(&self.filled(text, "")?);
            return Ok(());
        }
        for line in &self.lines {
            print(&self.filled(text, line)?);
        }
        Ok(())
    }

    /// Replaces the tags of a text; what comes in for one is not looked at again.
    fn filled(&self, text: &str, line: &str) -> Result<String, NoJail> {
        let mut filled = String::with_capacity(text.len() * 2);
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('<') {
            filled.push_str(before);
            let end = behind.find(|c: char| c == '>' || c == '<' || c.is_whitespace());
            let tag =
                end.filter(|end| behind.get(*end..).is_some_and(|rest| rest.starts_with('>')));
            let tag = tag.and_then(|end| behind.get(..end));
            let Some(tag) = tag else {
                filled.push('<');
                rest = behind;
                continue;
            };
            match self.value(tag, line)? {
                Some(value) => filled.push_str(&value),
                None => {
                    filled.push('<');
                    filled.push_str(tag);
                    filled.push('>');
                }
            }
            rest = behind.get(tag.len() + 1..).unwrap_or_default();
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// What a tag stands for; `None` if it is none.
    fn value(&self, tag: &str, line: &str) -> Result<Option<String>, NoJail> {
        let is_upper =
            |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_' || c == '-';
        if let Some(name) = tag.strip_prefix("F-") {
            if name.is_empty() || !name.chars().all(is_upper) {
                return Ok(None);
            }
            let name = match name {
                "ID" => "fid".to_owned(),
                "PORT" => "fport".to_owned(),
                _ => name.to_lowercase(),
            };
            return Ok(Some(match (self.captured)(&name) {
                Value::None => String::new(),
                value => value.str(),
            }));
        }
        Ok(Some(match tag {
            "ip" => match (self.captured)("ip") {
                Value::None => self.id.str(),
                value => value.str(),
            },
            "fid" => self.id.str(),
            "family" => self.family().to_owned(),
            "ip-rev" => self.reversed(),
            "ip-host" => hosts::name_of(&self.id.str()).unwrap_or_else(|| "None".to_owned()),
            "time" => self.time.str(),
            "failures" | "bancount" | "restored" => "0".to_owned(),
            "matches" => self.lines.join("\n"),
            "msg" => line.to_owned(),
            "raw-ticket" => format!(
                "BanTicket: ip={} time={} bantime=None bancount=0 #attempts=0 matches={}",
                self.id.str(),
                self.time.repr(),
                self.matches.repr()
            ),
            "br" => "\n".to_owned(),
            "sp" => " ".to_owned(),
            "fq-hostname" => hosts::full_name(),
            "sh-hostname" => hosts::own_name(),
            "bantime" | "ipmatches" | "ipjailmatches" | "ipfailures" | "ipjailfailures"
            | "jail.banned" | "jail.banned_total" | "jail.found" | "jail.found_total" => {
                return Err(NoJail(tag.to_owned()));
            }
            _ => return Ok(None),
        }))
    }

    fn address(&self) -> Option<IpAddr> {
        match self.address? {
            FailId::Address(address) => Some(*address),
            FailId::Network(net) => Some(net.addr()),
            FailId::Text(_) => None,
        }
    }

    fn family(&self) -> &'static str {
        match self.address() {
            Some(IpAddr::V4(_)) => "inet4",
            Some(IpAddr::V6(_)) => "inet6",
            None => "None",
        }
    }

    /// As for a reverse look-up, with a dot at the end. As the original: the length of a network
    /// stays with the last part of an IPv4 one.
    fn reversed(&self) -> String {
        match self.address() {
            None => String::new(),
            Some(IpAddr::V4(_)) => {
                let text = self.id.str();
                let parts = text.split('.').rev();
                parts.map(|part| format!("{part}.")).collect()
            }
            Some(IpAddr::V6(address)) => {
                let digits = address.octets().map(|octet| [octet >> 4, octet & 15]);
                let digits = digits.as_flattened().iter().rev();
                digits.map(|digit| format!("{digit:x}.")).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_seconds(1_000_000);

    fn shown(form: &str, line: &str) -> Vec<String> {
        let mut shown = Vec::new();
        let time = Value::Float(12.0);
        let form = Form::parse(form);
        form.show_line(line, time, NOW, &mut |piece| shown.push(piece.to_owned()))
            .unwrap();
        shown
    }

    #[test]
    fn a_line_in_which_nothing_was_found_is_shown_in_every_form() {
        assert_eq!(shown("id", "x"), [""]);
        assert_eq!(shown("msg", "x"), ["x"]);
        assert_eq!(shown("row", "x"), ["['',\t12.0,\t{'fid': ''}],"]);
        assert_eq!(shown("matches", "it's"), ["[\"it's\"]"]);
        assert_eq!(shown("user", "x"), ["None"]);
        assert_eq!(
            shown("<msg>|<ip>|<time>|<F-USER>|<nope>|<F-x>", "x"),
            ["x||12.0||<nope>|<F-x>"]
        );
    }

    fn filled(id: &str, text: &str) -> Result<String, NoJail> {
        let captured = |name: &str| match name {
            "user" => Value::text("<ip>"),
            "fid" => Value::text(id),
            _ => Value::None,
        };
        let value = Value::text(id);
        let address = FailId::parse(id);
        let ticket = Ticket {
            id: &value,
            address: Some(&address),
            time: Value::Int(5),
            captured: &captured,
            lines: vec!["a".to_owned(), "b".to_owned()],
            matches: Value::texts(["a"]),
        };
        ticket.filled(text, "line")
    }

    #[test]
    fn tags_are_replaced_once() {
        let check = |id: &str, text: &str, expected: &str| {
            assert_eq!(filled(id, text).as_deref(), Ok(expected), "{text}");
        };
        check(
            "192.0.2.1",
            "<ip> <F-USER> <F-ID>",
            "192.0.2.1 <ip> 192.0.2.1",
        );
        check(
            "192.0.2.1",
            "<<ip>> <F-<ip>> < ip> <ip",
            "<192.0.2.1> <F-192.0.2.1> < ip> <ip",
        );
        check("192.0.2.0/24", "<family> <ip-rev>", "inet4 0/24.2.0.192.");
        check(
            "2001:db8::1",
            "<family> <ip-rev>",
            "inet6 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.",
        );
        check("bob", "<family>|<ip-rev>|<time>", "None||5");
        check("bob", "<matches><br><sp>|", "a\nb\n |");
        check(
            "bob",
            "<raw-ticket>",
            "BanTicket: ip=bob time=5 bantime=None bancount=0 #attempts=0 matches=['a']",
        );
        assert_eq!(filled("x", "<bantime>"), Err(NoJail("bantime".to_owned())));
    }
}
