//! Files that come to fit a pattern, and what rotation does to them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use f2b_source::{Files, FollowerId, How, PatternId, SourceError, SourceId, Start, Watching};
use tempfile::TempDir;

use crate::kit::{Reader, append, directory, pass_time};

const FOLLOWER: FollowerId = FollowerId(3);
const PATTERN: PatternId = PatternId(7);

/// One who follows a pattern: each file that is found gets a source of its own.
struct Follower {
    directory: TempDir,
    reader: Reader,
    next: u32,
}

impl Follower {
    fn new(files: Files, pattern: &str) -> Self {
        let (directory, _) = directory();
        let mut follower = Self {
            reader: Reader::with(files),
            next: 1,
            directory,
        };
        follower.watch(pattern);
        follower
    }

    fn watch(&mut self, pattern: &str) {
        let pattern = format!("{}/{pattern}", self.directory.path().display());
        let files = &mut self.reader.files;
        files
            .watch_pattern(PATTERN, &pattern, Watching::Notices, FOLLOWER)
            .unwrap();
        self.read();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Reads what is known to wait, in the files that are found meanwhile as well.
    fn read(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        loop {
            self.reader.read();
            let found = std::mem::take(&mut self.reader.found);
            if found.is_empty() {
                return names;
            }
            for (path, read_to) in found {
                let name = path.strip_prefix(self.directory.path()).unwrap();
                names.push(name.display().to_string());
                let id = SourceId(self.next);
                self.next += 1;
                let start = read_to.map_or(Start::Head, Start::At);
                let how = How {
                    vanishes: true,
                    ..How::default()
                };
                let files = &mut self.reader.files;
                files.follow(FOLLOWER, id);
                files.watch_as(id, &path, start, how).unwrap();
            }
        }
    }

    /// Takes the notices that wait, and nothing more; returns which files were found.
    fn notices(&mut self) -> Vec<String> {
        let woken = self.reader.files.wait(Duration::from_secs(60), None);
        assert!(woken.unwrap().files);
        self.read()
    }

    /// Returns which files were found.
    fn rescan(&mut self) -> Vec<String> {
        pass_time(self.directory.path());
        self.reader.files.rescan();
        self.read()
    }

    fn lines(&mut self) -> Vec<String> {
        self.reader.take_lines()
    }
}

/// With notices and without: what brings the change in, and how the follower is made.
fn both(claim: impl Fn(&dyn Fn(&str) -> Follower, &dyn Fn(&mut Follower) -> Vec<String>)) {
    claim(
        &|pattern| Follower::new(Files::new(), pattern),
        &Follower::notices,
    );
    claim(
        &|pattern| Follower::new(Files::without_notices(), pattern),
        &|follower| {
            pass_time(follower.directory.path());
            follower.reader.files.poll_again();
            follower.read()
        },
    );
}

#[test]
fn files_that_are_there_and_those_that_come_are_told_once() {
    both(|make, see| {
        let mut follower = make("x*.log");
        append(&follower.path("x1.log"), "1\n");
        append(&follower.path("y1.log"), "no\n");
        append(&follower.path("x1.log.gz"), "no\n");
        append(&follower.path(".x.log"), "no\n");
        assert_eq!(see(&mut follower), ["x1.log"]);
        append(&follower.path("other"), "2\n");
        fs::rename(follower.path("other"), follower.path("x2.log")).unwrap();
        fs::create_dir(follower.path("x3.log")).unwrap();
        assert_eq!(see(&mut follower), ["x2.log"]);
        assert_eq!(follower.lines(), ["1", "2"]);
        assert!(follower.rescan().is_empty());
        // Who asks later is told of all.
        let reader = &mut follower.reader;
        reader.files.forget_pattern(PATTERN);
        let pattern = follower.path("x*.log").display().to_string();
        let files = &mut follower.reader.files;
        let polled = Watching::Polling;
        files
            .watch_pattern(PATTERN, &pattern, polled, FOLLOWER)
            .unwrap();
        let again = files.watch_pattern(PATTERN, &pattern, polled, FOLLOWER);
        assert!(matches!(again, Err(SourceError::PatternNumberTaken { .. })));
        follower.reader.read();
        let found: Vec<_> = follower.reader.found.iter().map(|one| &one.0).collect();
        assert_eq!(found, [&follower.path("x1.log"), &follower.path("x2.log")]);
    });
}

#[test]
fn a_pattern_that_says_so_fits_hidden_files() {
    both(|make, see| {
        let mut follower = make(".x*");
        append(&follower.path(".x1"), "1\n");
        append(&follower.path("x1"), "2\n");
        assert_eq!(see(&mut follower), [".x1"]);
    });
}

#[test]
fn directories_that_come_later_are_looked_into_at_every_level() {
    both(|make, see| {
        let mut follower = make("srv/*/log/a?.log");
        fs::create_dir_all(follower.path("srv/one/log")).unwrap();
        append(&follower.path("srv/one/log/a1.log"), "1\n");
        assert_eq!(see(&mut follower), ["srv/one/log/a1.log"]);
        fs::create_dir(follower.path("srv/two")).unwrap();
        assert!(see(&mut follower).is_empty());
        fs::create_dir(follower.path("srv/two/log")).unwrap();
        append(&follower.path("srv/two/log/a1.log"), "2\n");
        append(&follower.path("srv/two/log/a12.log"), "no\n");
        assert_eq!(see(&mut follower), ["srv/two/log/a1.log"]);
        append(&follower.path("srv/two/log/a2.log"), "3\n");
        assert_eq!(see(&mut follower), ["srv/two/log/a2.log"]);
        // A whole tree that is moved in, and one that is put in the place of another.
        fs::create_dir_all(follower.path("aside/log")).unwrap();
        append(&follower.path("aside/log/a4.log"), "4\n");
        fs::rename(follower.path("aside"), follower.path("srv/three")).unwrap();
        assert_eq!(see(&mut follower), ["srv/three/log/a4.log"]);
        fs::rename(follower.path("srv/two"), follower.path("gone")).unwrap();
        fs::create_dir_all(follower.path("srv/two/log")).unwrap();
        append(&follower.path("srv/two/log/a5.log"), "5\n");
        assert_eq!(see(&mut follower), ["srv/two/log/a5.log"]);
        // The way itself goes and comes back.
        fs::rename(follower.path("srv"), follower.path("srv.old")).unwrap();
        see(&mut follower);
        fs::create_dir_all(follower.path("srv/six/log")).unwrap();
        append(&follower.path("srv/six/log/a6.log"), "6\n");
        assert_eq!(see(&mut follower), ["srv/six/log/a6.log"]);
        assert_eq!(follower.lines(), ["1", "2", "3", "4", "5", "6"]);
    });
}

#[test]
fn a_link_counts_once_it_leads_to_a_file() {
    both(|make, see| {
        let mut follower = make("*.log");
        let target = follower.path("sub/target");
        symlink(&target, follower.path("x.log")).unwrap();
        assert!(see(&mut follower).is_empty());
        fs::create_dir(follower.path("sub")).unwrap();
        append(&target, "1\n");
        assert_eq!(follower.rescan(), ["x.log"]);
        assert_eq!(follower.lines(), ["1"]);
    });
}

#[test]
fn a_link_to_what_fits_as_well_counts_once() {
    let swap = |follower: &Follower, target: &str| {
        symlink(target, follower.path("new")).unwrap();
        fs::rename(follower.path("new"), follower.path("latest.log")).unwrap();
    };
    both(|make, see| {
        let mut follower = make("*.log");
        append(&follower.path("a1.log"), "1\n");
        assert_eq!(see(&mut follower), ["a1.log"]);
        symlink("a1.log", follower.path("latest.log")).unwrap();
        assert!(see(&mut follower).is_empty());
        fs::hard_link(follower.path("a1.log"), follower.path("hard.log")).unwrap();
        assert!(see(&mut follower).is_empty());
        append(&follower.path("a1.log"), "2\n");
        append(&follower.path("a2.log"), "3\n");
        swap(&follower, "a2.log");
        // Both are new, so both are told.
        assert_eq!(see(&mut follower), ["a2.log", "latest.log"]);
        assert_eq!(follower.lines(), ["1", "2", "3"]);
        let told = follower.reader.take_told();
        assert_eq!(told.iter().filter(|told| *told == "Elsewhere").count(), 1);
        // What does not fit is read by way of the link, and goes on to be when it leads back.
        append(&follower.path("a3"), "4\n");
        swap(&follower, "a3");
        assert!(see(&mut follower).is_empty());
        assert_eq!(follower.lines(), ["4"]);
        swap(&follower, "a2.log");
        append(&follower.path("a2.log"), "5\n");
        append(&follower.path("a3"), "6\n");
        assert!(see(&mut follower).is_empty());
        // Another one who follows a link alone reads all of it.
        let path = follower.path("latest.log");
        let files = &mut follower.reader.files;
        files.follow(FollowerId(4), SourceId(99));
        files.watch(SourceId(99), &path, Start::Head).unwrap();
        follower.read();
        let mut lines = follower.lines();
        lines.sort();
        assert_eq!(lines, ["3", "5", "5", "6"]);
        follower.reader.files.forget(SourceId(99));
        // One name goes, the file is read on under another.
        fs::remove_file(follower.path("a1.log")).unwrap();
        append(&follower.path("hard.log"), "7\n");
        for _ in 0..31 {
            follower.rescan();
        }
        append(&follower.path("hard.log"), "8\n");
        follower.rescan();
        assert_eq!(follower.lines(), ["7", "8"]);
    });
}

#[test]
fn a_renamed_file_is_read_to_its_end_where_it_was_and_told_after_that() {
    both(|make, see| {
        let mut follower = make("access.log*");
        append(&follower.path("access.log"), "a1\n");
        assert_eq!(see(&mut follower), ["access.log"]);
        append(&follower.path("access.log"), "a2\n");
        fs::rename(follower.path("access.log"), follower.path("access.log.1")).unwrap();
        append(&follower.path("access.log.1"), "a3\n");
        append(&follower.path("access.log"), "b1\n");
        assert!(see(&mut follower).is_empty());
        assert_eq!(follower.lines(), ["a1", "a2", "a3", "b1"]);
        for _ in 0..30 {
            assert!(follower.rescan().is_empty());
        }
        // Let go at last, it is found where it stands, and read on from where it was.
        assert_eq!(follower.rescan(), ["access.log.1"]);
        append(&follower.path("access.log.1"), "late\n");
        append(&follower.path("access.log"), "b2\n");
        follower.rescan();
        assert_eq!(follower.lines(), ["b2", "late"]);
    });
}

#[test]
fn a_chain_of_renames_gives_each_line_once() {
    both(|make, _| {
        let mut follower = make("a.log*");
        let names = ["a.log", "a.log.1", "a.log.2", "a.log.3"];
        let mut expected = Vec::new();
        for round in 0..8 {
            for (old, new) in names.iter().zip(names.iter().skip(1)).rev() {
                let old = follower.path(old);
                if old.exists() {
                    append(&old, &format!("{round} before\n"));
                    expected.push(format!("{round} before"));
                    fs::rename(old, follower.path(new)).unwrap();
                }
            }
            append(&follower.path("a.log"), &format!("{round} new\n"));
            expected.push(format!("{round} new"));
            // Sometimes two renames come before a look, sometimes all is long quiet.
            for _ in 0..[1, 0, 35, 2][round % 4] {
                follower.rescan();
            }
        }
        for _ in 0..40 {
            follower.rescan();
        }
        let mut lines = follower.lines();
        lines.sort();
        expected.sort();
        assert_eq!(lines, expected);
    });
}

#[test]
fn a_file_that_was_rotated_before_anybody_looked_is_found_under_its_new_name() {
    both(|make, see| {
        let mut follower = make("access.log*");
        append(&follower.path("access.log"), "a1\n");
        see(&mut follower);
        for number in 1..4 {
            let old = follower.path(&format!("access.log.{number}"));
            fs::rename(follower.path("access.log"), old).unwrap();
            append(&follower.path("access.log"), &format!("b{number}\n"));
        }
        let mut found = see(&mut follower);
        found.sort();
        assert_eq!(found, ["access.log.2", "access.log.3"]);
        let mut lines = follower.lines();
        lines.sort();
        assert_eq!(lines, ["a1", "b1", "b2", "b3"]);
    });
}

#[test]
fn a_source_beside_the_pattern_whose_reader_is_the_same_keeps_its_file() {
    for is_read in [true, false] {
        let mut follower = Follower::new(Files::new(), "foo-*.log");
        let path = follower.path("foo.log");
        append(&path, "1\n");
        let files = &mut follower.reader.files;
        if is_read {
            files.follow(FOLLOWER, SourceId(99));
        }
        files.watch(SourceId(99), &path, Start::Head).unwrap();
        follower.read();
        fs::rename(&path, follower.path("foo-1.log")).unwrap();
        append(&follower.path("foo-1.log"), "2\n");
        assert_eq!(follower.notices().is_empty(), is_read);
        let expected: &[&str] = if is_read {
            &["1", "2"]
        } else {
            &["1", "2", "1", "2"]
        };
        assert_eq!(follower.lines(), expected);
    }
}

#[test]
fn what_one_follower_has_read_is_news_to_another() {
    let mut follower = Follower::new(Files::new(), "*.log*");
    append(&follower.path("a.log"), "1\n");
    follower.rescan();
    let rotate = |follower: &Follower| {
        fs::rename(follower.path("a.log"), follower.path("a.log.1")).unwrap();
    };
    rotate(&follower);
    append(&follower.path("a.log"), "2\n");
    assert!(follower.rescan().is_empty());
    assert_eq!(follower.lines(), ["1", "2"]);
    let another = FollowerId(4);
    let begin = |follower: &mut Follower| {
        let path = follower.path("a.log.1");
        let files = &mut follower.reader.files;
        files.follow(another, SourceId(99));
        files.watch(SourceId(99), &path, Start::Head).unwrap();
        follower.read();
        let lines = follower.lines();
        follower.reader.files.forget(SourceId(99));
        lines
    };
    // While it is held for the first one, and once that has let it go.
    assert_eq!(begin(&mut follower), ["1"]);
    for _ in 0..31 {
        follower.rescan();
    }
    assert!(follower.lines().is_empty());
    assert_eq!(begin(&mut follower), ["1"]);
}

#[test]
fn who_reads_the_same_path_from_further_back_has_the_rest_of_the_rotated_file_as_well() {
    let mut follower = Follower::new(Files::new(), "*.log");
    let path = follower.path("a.log");
    append(&path, "1\n");
    follower.rescan();
    let behind = follower.reader.position.unwrap();
    append(&path, "2\n");
    fs::rename(&path, follower.path("a.log.1")).unwrap();
    append(&path, "3\n");
    follower.rescan();
    assert_eq!(follower.lines(), ["1", "2", "3"]);
    let files = &mut follower.reader.files;
    files.watch(SourceId(99), &path, Start::At(behind)).unwrap();
    follower.read();
    assert_eq!(follower.lines(), ["2", "3"]);
}

#[test]
fn a_path_without_a_file_vanishes_after_thirty_rescans_and_is_found_anew() {
    both(|make, see| {
        let mut follower = make("*.log");
        append(&follower.path("x.log"), "1\n");
        append(&follower.path("y.log"), "1\n");
        assert_eq!(see(&mut follower).len(), 2);
        follower.reader.take_told();
        fs::remove_file(follower.path("x.log")).unwrap();
        let mut rescans = 0;
        while !follower.reader.take_told().contains(&"Vanished".to_owned()) {
            rescans += 1;
            assert!(rescans < 50);
            follower.rescan();
        }
        assert!(rescans > 30, "{rescans}");
        let id = (1..3).find(|id| follower.reader.files.lag(SourceId(*id)).is_none());
        assert!(follower.reader.files.forget(SourceId(id.unwrap())));
        for _ in 0..50 {
            follower.rescan();
        }
        assert!(follower.reader.take_told().is_empty());
        append(&follower.path("x.log"), "2\n");
        assert_eq!(see(&mut follower), ["x.log"]);
        assert_eq!(follower.lines(), ["1", "1", "2"]);
    });
}

#[test]
fn what_has_vanished_is_found_anew_though_others_wait_for_it_or_a_link_leads_there() {
    let mut follower = Follower::new(Files::new(), "*.log");
    let (file, link) = (follower.path("x.log"), follower.path("y.log"));
    append(&file, "1\n");
    append(&follower.path("target"), "1\n");
    symlink(follower.path("target"), &link).unwrap();
    let files = &mut follower.reader.files;
    files.watch(SourceId(99), &file, Start::Tail).unwrap();
    assert_eq!(follower.rescan().len(), 2);
    fs::remove_file(&file).unwrap();
    fs::remove_file(follower.path("target")).unwrap();
    for _ in 0..50 {
        follower.rescan();
    }
    let told = follower.reader.take_told();
    let vanished = told.iter().filter(|told| *told == "Vanished");
    assert_eq!(vanished.count(), 2);
    (1..3).for_each(|id| assert!(follower.reader.files.forget(SourceId(id))));
    append(&file, "2\n");
    append(&follower.path("target"), "2\n");
    assert_eq!(follower.rescan(), ["x.log", "y.log"]);
}

#[test]
fn what_cannot_be_looked_at_is_a_problem_that_ends() {
    let mut follower = Follower::new(Files::new(), "loop/*.log");
    symlink("loop", follower.path("loop")).unwrap();
    assert!(follower.rescan().is_empty());
    fs::remove_file(follower.path("loop")).unwrap();
    fs::create_dir(follower.path("loop")).unwrap();
    append(&follower.path("loop/x.log"), "1\n");
    assert_eq!(follower.notices(), ["loop/x.log"]);
    let mut files = Files::new();
    let error = files.watch_pattern(PATTERN, "", Watching::Notices, FOLLOWER);
    assert!(matches!(error, Err(SourceError::Path { .. })));
    assert!(!files.forget_pattern(PATTERN));
    let relative = files.watch_pattern(PATTERN, "none-*.log", Watching::Notices, FOLLOWER);
    assert!(relative.is_ok() && files.forget_pattern(PATTERN));
    assert!(Path::new("/").is_dir());
}
