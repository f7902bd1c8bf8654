//! What `stockade check` finds in the originals' own trees: nothing that is not so.

use std::fs;

use conformance::{Oracle, Version};
use f2b_config::{Directory, LogFolders, Surroundings, check};
use f2b_core::glob::Folders;

/// A machine that has every log and knows every service.
struct Everything;

/// Names that the patterns of the stock jails fit.
const NAMES: [&str; 5] = ["access.log", "error.log", "admin", "tomcat9", "L1.log"];

impl Folders for Everything {
    fn names(&self, _folder: &str) -> Vec<String> {
        NAMES.map(str::to_owned).into()
    }

    fn is_there(&self, _path: &str) -> bool {
        true
    }
}

impl LogFolders for Everything {
    fn leads_somewhere(&self, _path: &str) -> bool {
        true
    }
}

fn found(folder: &std::path::Path) -> Vec<String> {
    let around = Surroundings {
        logs: &Everything,
        service_exists: &|_name| true,
    };
    let mistakes = check(&Directory::new(folder.to_owned()), &around);
    let told = mistakes
        .iter()
        .map(|mistake| (mistake.code, mistake.one_line()));
    told.map(|(code, text)| format!("{code}: {text}")).collect()
}

#[test]
fn the_originals_trees_are_well_as_they_are_and_with_every_jail_on() {
    for version in [Version::V1_0_2, Version::V1_1_1] {
        let stock = Oracle::new(version).unwrap().configuration();
        assert_eq!(found(&stock), Vec::<String>::new(), "{version:?}");

        let folder = tempfile::tempdir().unwrap();
        let copied = std::process::Command::new("cp")
            .args(["-r", "--"])
            .arg(&stock)
            .arg(folder.path())
            .status()
            .unwrap();
        assert!(copied.success());
        let tree = folder.path().join("fail2ban");
        let local = "[DEFAULT]\nenabled = true\n";
        fs::write(tree.join("jail.local"), local).unwrap();
        let mut found = found(&tree);
        // What is said of rules is true, and has a test of its own (`rules::judgement`).
        found.retain(|one| !one.starts_with("rule-"));
        let [one] = found.as_slice() else {
            panic!("{version:?}: {found:#?}");
        };
        assert!(one.starts_with("enabled-for-all: "), "{version:?}: {one}");
    }
}
