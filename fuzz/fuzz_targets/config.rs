//! The dialect: files, includes, `%(…)s`, tags and specs together.
//!
//! The input is the files of one tree, separated by the byte 1, in the order of [`PATHS`].
#![no_main]

use f2b_config::{ConfigTree, LogFolders, Reading, Severity, Surroundings, TreeError};
use f2b_core::glob::Folders;
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

impl Folders for Logs {
    fn names(&self, _folder: &str) -> Vec<String> {
        vec!["a.log".to_owned(), "b.log".to_owned(), ".c.log".to_owned()]
    }

    fn is_there(&self, path: &str) -> bool {
        !path.contains("no")
    }
}

impl LogFolders for Logs {
    fn leads_somewhere(&self, path: &str) -> bool {
        self.is_there(path)
    }
}

/// Mistakes that the original reads over, so that they are no reason why it refuses everything.
const COSTS_A_JAIL: [&str; 8] = [
    "bad-backend",
    "bad-logpath",
    "bad-number",
    "bad-port",
    "bad-protocol",
    "bad-time",
    "duplicate-action",
    "missing-filter",
];

fuzz_target!(|text: &str| {
    let files = Files(text.split('\u{1}').collect());
    let mut is_refused = false;
    for is_test in [false, true] {
        let reading = Reading {
            is_test,
            needs_logs: is_test,
            ..Reading::default()
        };
        match f2b_config::read(&files, &Logs, &reading) {
            Err(_) => is_refused = true,
            Ok(read) => {
                is_refused |= !is_test && read.stream.is_none();
                read.stream.iter().flatten().for_each(|sent| {
                    sent.command.to_string();
                });
                let _ = read.supplement(&[]);
            }
        }
    }
    if let Ok(explained) = f2b_config::explain(&files, "j", None) {
        assert!(!explained.is_empty());
    }
    let around = Surroundings {
        logs: &Logs,
        service_exists: &|name| name == "ssh",
    };
    let mistakes = f2b_config::check(&files, &around);
    // What the original refuses does not pass, whatever else is wrong.
    let is_reason = |mistake: &f2b_config::Diagnostic| {
        mistake.severity == Severity::Error && !COSTS_A_JAIL.contains(&mistake.code)
    };
    assert!(!is_refused || mistakes.iter().any(is_reason));
    for mistake in &mistakes {
        assert!(!mistake.one_line().contains('\n'));
        if let Some(place) = &mistake.place {
            let line = files.text(&place.source.path).unwrap_or_default();
            let line = line.replace("\r\n", "\n").replace('\r', "\n");
            assert_eq!(line.split('\n').nth(place.line - 1), Some(&*place.excerpt));
        }
    }
});
