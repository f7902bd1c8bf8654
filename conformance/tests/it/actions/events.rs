//! What is done to the actions of a jail, and what they leave behind.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::cases::{Case, Recording};

/// The files of one jail in the folder of a test.
#[derive(Debug, Clone)]
pub(super) struct Stage<'f> {
    folder: &'f Path,
    jail: &'static str,
    seen: usize,
}

impl<'f> Stage<'f> {
    pub(super) fn new(folder: &'f Path, jail: &'static str) -> Self {
        Self {
            folder,
            jail,
            seen: 0,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.{}", self.jail))
    }

    /// The log that the jail follows.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.jail))
    }

    /// Lets the commands fail that fail from the beginning.
    pub(super) fn begin(&self, case: &Case) {
        for command in case.failing {
            self.switch(&format!("+{command}"));
        }
    }

    /// The file that the commands write to.
    pub(super) fn record(&self) -> PathBuf {
        self.path("record")
    }

    /// The file that the last action writes to when all have been started.
    pub(super) fn mark(&self) -> PathBuf {
        self.path("mark")
    }

    /// Everything that was written down so far.
    pub(super) fn recorded(&self) -> String {
        fs::read_to_string(self.record()).unwrap_or_default()
    }

    /// What was written down since the last time, as lines of a transcript.
    pub(super) fn news(&mut self) -> String {
        let all = self.recorded();
        let mut news = String::new();
        for line in all.get(self.seen..).unwrap().lines() {
            writeln!(news, "| {line}").unwrap();
        }
        self.seen = all.len();
        news
    }

    /// Makes commands fail or succeed: `+a.ban`, `-a.ban`; `false` for any other event.
    pub(super) fn switch(&self, event: &str) -> bool {
        if let Some(command) = event.strip_prefix('+') {
            fs::write(self.path(&format!("fail.{command}")), "").unwrap();
        } else if let Some(command) = event.strip_prefix('-') {
            fs::remove_file(self.path(&format!("fail.{command}"))).unwrap();
        } else {
            return false;
        }
        true
    }

    /// Takes all files away.
    pub(super) fn clear(&self) {
        for entry in fs::read_dir(self.folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() && path.extension().is_some_and(|name| name == self.jail) {
                fs::remove_file(path).unwrap();
            }
        }
    }

    /// The text of an action file.
    ///
    /// Each command writes down what it is, and fails if there is a file that says so.
    pub(super) fn definition(&self, action: &Recording) -> String {
        let mut text = "[Definition]\n".to_owned();
        let fail = |name: &str| self.path(&format!("fail.{}.{name}", action.name));
        for name in action.commands {
            let family = if action.has_families { " <family>" } else { "" };
            let ip = match *name {
                "ban" | "unban" | "prolong" | "reban" => " <ip>",
                _ => "",
            };
            let end = if action.heals == *name {
                format!(
                    "rm -f {}",
                    self.path(&format!("fail.{}.*", action.name)).display()
                )
            } else {
                format!("! test -e {}", fail(name).display())
            };
            let said = format!("{} {name}{family}{ip}", action.name);
            let record = self.record();
            writeln!(
                text,
                "action{name} = echo \"{said}\" >> {}; {end}",
                record.display()
            )
            .unwrap();
        }
        let more = |text: &str| text.replace("RECORD", &self.record().display().to_string());
        text + &more(action.definition) + "\n[Init]\n" + &more(action.init)
    }
}

/// The text of a `jail.local` with all jails of the cases, and their action files.
pub(super) fn configuration(folder: &Path, cases: &[Case]) -> (String, Vec<(String, String)>) {
    let mut jails = String::from(
        "[DEFAULT]\nbackend = polling\nusedns = no\nignoreip =\nignoreself = false\nmaxretry = 1\n\
         findtime = 600\nbantime = 600\nfilter = recording\n",
    );
    let mut files = Vec::new();
    for case in cases {
        let stage = Stage::new(folder, case.jail);
        let mut names: Vec<String> = Vec::new();
        for action in case.actions {
            let file = format!("{}-{}", case.jail, action.name);
            files.push((format!("action.d/{file}.conf"), stage.definition(action)));
            names.push(format!("{file}[actname={}]", action.name));
        }
        let file = format!("{}-mark", case.jail);
        let mark = stage.mark();
        let text = format!(
            "[Definition]\nactionstart = echo started >> {}\n",
            mark.display()
        );
        files.push((format!("action.d/{file}.conf"), text));
        names.push(format!("{file}[actname=mark]"));
        let log = stage.log();
        fs::write(&log, "").unwrap();
        write!(
            jails,
            "[{}]\nenabled = true\nlogpath = {}\naction = {}\n",
            case.jail,
            log.display(),
            names.join("\n         ")
        )
        .unwrap();
    }
    let filter = "[Definition]\nfailregex = ^\\s*bad <HOST>(?: user=<F-USER>.*</F-USER>)?$\n";
    files.push(("filter.d/recording.conf".to_owned(), filter.to_owned()));
    // What the original finds out by itself it does not always find.
    let ipv6 = "[Definition]\nallowipv6 = yes\n".to_owned();
    files.push(("fail2ban.d/ipv6.local".to_owned(), ipv6));
    (jails, files)
}

/// One line of the log as transcripts have it; `None` for what is not the actions' business.
pub(super) fn logged(logger: &str, level: &str, text: &str) -> Option<String> {
    // Told by the jail, not by its actions.
    const OTHERS: [&str; 7] = [
        "Ban ",
        "Unban ",
        "Repeal Ban ",
        "Restore Ban ",
        "Flush ban",
        "Ignore ",
        "  banTime: ",
    ];
    let rest = text.split_once("] ").map_or(text, |(_, rest)| rest);
    let is_others =
        OTHERS.iter().any(|other| rest.starts_with(other)) || rest.ends_with("already banned");
    if !matches!(level, "INFO" | "NOTICE" | "ERROR" | "CRITICAL")
        || (logger == "actions" && is_others)
    {
        return None;
    }
    if !matches!(logger, "utils" | "action" | "actions" | "CommandAction") {
        return None;
    }
    // Its second signal may find nobody left.
    if text.ends_with(" -- failed with [Errno 3] No such process") {
        return None;
    }
    // Of one process's memory, and which of a ban's tags were looked at.
    let text = match text.split_once(" -- ") {
        Some((id, rest)) if id.len() == 12 => format!("ID -- {rest}"),
        _ => text.to_owned(),
    };
    let text = match text.split_once("ActionInfo({'ip': ") {
        Some((before, rest)) => {
            let (_, after) = rest.split_once("})': ").unwrap();
            format!("{before}ActionInfo({{…}})': {after}")
        }
        None => text,
    };
    let text = text.replace('\n', "\n:   ");
    Some(format!(": {logger} {level} {text}\n"))
}
