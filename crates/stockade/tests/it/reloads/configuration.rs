//! The configurations that follow one another.

use std::fs;

use crate::server::Server;

/// What one reload is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Nothing has changed.
    Unchanged,
    /// Something has.
    Changed(fn(&mut Configuration)),
    /// Something is wrong; the client is told this, and nothing changes.
    Broken(fn(&mut Configuration), &'static str),
    /// One jail is wrong in a way that the client finds: it goes on as it was, and so do the others.
    Skipped(fn(&mut Configuration), &'static str),
    /// One jail begins anew.
    Restart(&'static str),
    /// A signal asks for it.
    Hangup(fn(&mut Configuration)),
    /// A signal asks for it, and something is wrong.
    BrokenHangup(fn(&mut Configuration), &'static str),
}

/// What is different between the configurations.
#[derive(Clone, Debug)]
pub(crate) struct Configuration {
    bantime: &'static str,
    maxretry: u32,
    ignored: &'static str,
    port: &'static str,
    filter: &'static str,
    second_rule: &'static str,
    has_extra: bool,
    has_more: bool,
    /// The action that runs commands.
    action: &'static str,
    backend: &'static str,
}

impl Configuration {
    pub(crate) fn new() -> Self {
        Self {
            bantime: "1h",
            maxretry: 5,
            ignored: "",
            port: "ssh",
            filter: "stress",
            second_rule: "",
            has_extra: false,
            has_more: false,
            action: "first",
            backend: "auto",
        }
    }

    /// Writes it to where the client reads it.
    pub(crate) fn write(&self, server: &Server) {
        let folder = server.path("");
        let folder = folder.to_str().unwrap().trim_end_matches('/');
        let Self {
            bantime,
            maxretry,
            ignored,
            port,
            filter,
            action,
            backend,
            has_extra,
            ..
        } = self;
        let more = if self.has_more {
            format!("\n          {folder}/more.log")
        } else {
            String::new()
        };
        let rule = "sshd\\[\\d+\\]: Invalid user u\\d+";
        let local = format!(
            "[DEFAULT]\nbackend = auto\nmaxretry = {maxretry}\nfindtime = 1h\n\
             action = stockade[port=\"%(port)s\", protocol=\"%(protocol)s\"]\n\
             \x20        record[actname={action}, label={action}]\n\
             [sshd]\nenabled = false\n\
             [steady]\nenabled = true\nfilter = {filter}\nbantime = {bantime}\nport = {port}\n\
             ignoreip = {ignored}\nlogpath = {folder}/auth.log{more}\n\
             [moved]\nenabled = true\nfilter = stress\nbackend = {backend}\nbantime = 1h\n\
             logpath = {folder}/auth.log\n\
             [extra]\nenabled = {has_extra}\nfilter = stress\nbantime = 1h\n\
             logpath = {folder}/extra.log\n"
        );
        let stress = format!(
            "[Definition]\nfailregex = {rule} from <ADDR> port \\d+$\n            {}\n",
            self.second_rule
        );
        let record = format!(
            "[Definition]\nactionban = echo '<label> ban <ip>' >> {folder}/<name>.record\n\
             actionunban = echo '<label> unban <ip>' >> {folder}/<name>.record\n\
             [Init]\nlabel = none\n"
        );
        let config = server.path("config");
        fs::write(config.join("jail.local"), local).unwrap();
        fs::write(config.join("filter.d/stress.conf"), stress).unwrap();
        fs::write(config.join("action.d/record.conf"), record).unwrap();
    }
}

/// The rule that comes later.
const SECOND: &str = "sshd\\[\\d+\\]: Invalid user u\\d+ at <ADDR> port \\d+$";

/// Twenty reloads.
pub(crate) const STEPS: [Step; 20] = [
    Step::Unchanged,
    Step::Changed(|next| next.bantime = "2h"),
    Step::Broken(
        |next| next.second_rule = "bad (rule <ADDR>",
        "filter.d/stress.conf:3: ",
    ),
    Step::Changed(|next| next.maxretry = 6),
    Step::Changed(|next| next.has_extra = true),
    Step::Broken(|next| next.bantime = "soon", "jail.local:12: "),
    Step::Changed(|next| next.action = "second"),
    Step::Broken(|next| next.port = "nonsense", "nonsense"),
    Step::Changed(|next| next.backend = "polling"),
    Step::Changed(|next| next.second_rule = SECOND),
    Step::Skipped(
        |next| next.filter = "missing",
        "Errors in jail 'steady'. Skipping...",
    ),
    Step::Changed(|next| next.has_more = true),
    Step::Restart("moved"),
    Step::Changed(|next| next.has_extra = false),
    Step::Hangup(|next| next.ignored = "192.0.2.77"),
    Step::BrokenHangup(
        |next| next.second_rule = "bad (rule <ADDR>",
        "filter.d/stress.conf:2: ",
    ),
    Step::Changed(|next| next.has_extra = true),
    Step::Changed(|next| {
        next.maxretry = 5;
        next.action = "first";
    }),
    Step::Changed(|next| next.backend = "auto"),
    Step::Unchanged,
];
