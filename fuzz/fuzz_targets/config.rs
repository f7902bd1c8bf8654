//! The dialect: files, includes, `%(…)s`, tags and specs together.
//!
//! The input is the files of one tree, separated by the byte 1, in the order of [`PATHS`].
#![no_main]

use f2b_config::dialect::{self, LogFolders, Reading};
use f2b_config::{ConfigTree, TreeError};
use libfuzzer_sys::fuzz_target;

const PATHS: [&str; 8] = [
    "jail.conf",
    "jail.local",
    "filter.d/f.conf",
    "action.d/a.conf",
    "p.conf",
    "p.local",
    "jail.d/x.conf",
    "fail2ban.conf",
];

struct Files<'a>(Vec<&'a str>);

impl Files<'_> {
    fn text(&self, path: &str) -> Option<&str> {
        let index = PATHS.iter().position(|known| *known == path)?;
        // Without the server's settings the reading ends early.
        let missing = (path == "fail2ban.conf").then_some("[Definition]\n");
        self.0.get(index).copied().or(missing)
    }
}

impl ConfigTree for Files<'_> {
    fn read(&self, path: &str) -> Result<Option<String>, TreeError> {
        Ok(self.text(path).map(str::to_owned))
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let inside = PATHS.iter().filter(|path| {
            let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
            parent == folder && self.is_there(path)
        });
        inside.map(|path| (*path).to_owned()).collect()
    }

    fn is_there(&self, path: &str) -> bool {
        self.text(path).is_some()
    }

    fn name_of(&self, path: &str) -> String {
        format!("/etc/fail2ban/{path}")
    }
}

struct Logs;

impl LogFolders for Logs {
    fn names(&self, _folder: &str) -> Vec<String> {
        vec!["a.log".to_owned(), "b.log".to_owned(), ".c.log".to_owned()]
    }

    fn is_there(&self, path: &str) -> bool {
        !path.contains("no")
    }

    fn leads_somewhere(&self, path: &str) -> bool {
        self.is_there(path)
    }
}

fuzz_target!(|text: &str| {
    let files = Files(text.split('\u{1}').collect());
    for is_test in [false, true] {
        let reading = Reading {
            is_test,
            is_dump: !is_test,
            ..Reading::default()
        };
        if let Ok(read) = dialect::read(&files, &Logs, &reading) {
            let stream = read.stream.unwrap_or_default();
            for command in stream {
                command.to_string();
            }
        }
    }
    if let Ok(explained) = dialect::explain(&files, "j", None) {
        assert!(!explained.is_empty());
    }
});
