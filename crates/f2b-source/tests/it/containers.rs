//! Container logs: every line inside once and whole, wherever the reader is started anew.
//!
//! The model knows what each stream has said, as whole lines. The reader is cut off between any two
//! records; the file is truncated or rotated away, also within a line, which goes on in what comes next. The
//! only lines that may be missing are those that were unread when the file was truncated.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use f2b_source::{Chunk, Files, Form, Inner, LINE_CAP, News, Start};
use proptest::prelude::*;

use crate::kit::{LOG, Reader, directory};

/// The lines inside of a chunk; those of a plain one.
fn inside(chunk: &Chunk) -> Vec<String> {
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let Some(unwrapped) = &chunk.unwrapped else {
        return chunk.lines().map(shown).collect();
    };
    assert_eq!(unwrapped.lines.len(), chunk.ranges.len());
    let lines = unwrapped.lines.iter().zip(chunk.lines());
    let lines = lines.filter_map(|(inner, raw)| match inner {
        Inner::Whole(whole) => Some(shown(&unwrapped.text[whole.text.clone()])),
        Inner::Plain => Some(shown(raw)),
        Inner::Part | Inner::LeftOut => None,
    });
    lines.collect()
}

fn record(form: Form, stderr: bool, ends: bool, text: &str) -> String {
    let stream = if stderr { "stderr" } else { "stdout" };
    let stamp = "2026-11-26T03:20:34.123456789Z";
    match form {
        Form::Docker => {
            let text = if ends {
                format!("{text}\n")
            } else {
                text.to_owned()
            };
            let log = serde_json::Value::from(text);
            format!("{{\"log\":{log},\"stream\":\"{stream}\",\"time\":\"{stamp}\"}}\n")
        }
        Form::Cri => format!("{stamp} {stream} {} {text}\n", if ends { "F" } else { "P" }),
    }
}

#[derive(Debug, Clone, Copy)]
enum Action {
    /// A record; a long one fills most of what is looked back at first.
    Record {
        stderr: bool,
        ends: bool,
        long: bool,
    },
    Read,
    Restart,
    Rotate,
    Truncate,
}

struct World {
    form: Form,
    path: PathBuf,
    file: File,
    reader: Reader,
    /// What each stream has said of its line.
    open: [String; 2],
    /// What the reader has of that.
    known: [String; 2],
    /// How much of that is not in the file at the path.
    elsewhere: [usize; 2],
    /// How much a restart does not find again: only a file that was never seen has it look beside the path.
    gone: [usize; 2],
    /// The first line of `said` since the last read, if something of it is gone, and how much.
    ended: [Option<(usize, usize)>; 2],
    /// What has to arrive of each stream, in order.
    said: [Vec<String>; 2],
    arrived: [Vec<String>; 2],
    /// The places in `said` from which on lines may be missing, until the next read.
    unread: [usize; 2],
    may_be_lost: Vec<String>,
    records: usize,
    rotations: usize,
}

fn stream_of(line: &str) -> usize {
    usize::from(line.starts_with('e'))
}

impl World {
    fn new(form: Form, path: PathBuf) -> Self {
        let file = File::options()
            .append(true)
            .create(true)
            .open(&path)
            .unwrap();
        let mut world = Self {
            form,
            path,
            file,
            reader: Reader::with(Files::without_notices()),
            open: Default::default(),
            known: Default::default(),
            elsewhere: Default::default(),
            gone: Default::default(),
            ended: [None; 2],
            said: Default::default(),
            arrived: Default::default(),
            unread: [0; 2],
            may_be_lost: Vec::new(),
            records: 0,
            rotations: 0,
        };
        world.open_reader(Start::Head);
        world
    }

    fn open_reader(&mut self, start: Start) {
        self.reader.files = Files::without_notices();
        self.reader.files.watch(LOG, &self.path, start).unwrap();
    }

    fn read(&mut self) {
        self.reader.rescan();
        for chunk in std::mem::take(&mut self.reader.chunks) {
            for line in inside(&chunk) {
                self.arrived[stream_of(&line)].push(line);
            }
        }
        self.unread = self.said.each_ref().map(Vec::len);
        self.known = self.open.clone();
        self.gone = self.elsewhere;
        self.ended = [None; 2];
    }

    fn record(&mut self, stderr: bool, ends: bool, long: bool) {
        let stream = usize::from(stderr);
        let filling = "x".repeat(if long { 15_000 } else { self.records % 30 });
        let name = if stderr { 'e' } else { 'o' };
        let text = format!("{name}{} \"{filling}\" ", self.records);
        // A line that grows too long would be left out.
        let ends = ends || self.open[stream].len() > LINE_CAP - 40_000;
        self.records += 1;
        let record = record(self.form, stderr, ends, &text);
        self.file.write_all(record.as_bytes()).unwrap();
        self.open[stream].push_str(&text);
        if ends {
            let line = std::mem::take(&mut self.open[stream]);
            self.said[stream].push(line);
            self.elsewhere[stream] = 0;
            let gone = std::mem::take(&mut self.gone[stream]);
            if gone > 0 {
                self.ended[stream] = Some((self.said[stream].len() - 1, gone));
            }
        }
    }

    fn apply(&mut self, action: Action) {
        match action {
            Action::Record { stderr, ends, long } => self.record(stderr, ends, long),
            Action::Read => self.read(),
            Action::Restart => {
                let start = self.reader.position.map_or(Start::Head, Start::At);
                self.open_reader(start);
                for stream in 0..2 {
                    let gone = std::mem::take(&mut self.gone[stream]);
                    self.elsewhere[stream] -= gone;
                    self.open[stream].drain(..gone);
                    let ended = self.ended[stream].take();
                    if let Some((line, gone)) = ended {
                        self.said[stream][line].drain(..gone);
                    }
                    let gone = ended.map_or(gone, |(_, gone)| gone);
                    self.known[stream].drain(..gone);
                }
            }
            // A runtime rotates what has grown.
            Action::Rotate if self.file.metadata().unwrap().len() == 0 => {}
            Action::Rotate => {
                // What a reader that never saw a generation misses is the files' own model's business.
                self.read();
                self.rotations += 1;
                let away = format!("{}.{}", self.path.display(), self.rotations);
                fs::rename(&self.path, Path::new(&away)).unwrap();
                let file = File::options().append(true).create(true).open(&self.path);
                self.file = file.unwrap();
                self.elsewhere = self.open.each_ref().map(String::len);
            }
            Action::Truncate => {
                self.file.set_len(0).unwrap();
                for stream in 0..2 {
                    let unread = self.said[stream].iter().skip(self.unread[stream]);
                    self.may_be_lost.extend(unread.cloned());
                    // What comes after it goes on with what was read.
                    self.open[stream].clone_from(&self.known[stream]);
                    self.elsewhere[stream] = self.open[stream].len();
                    self.ended[stream] = None;
                }
                self.read();
            }
        }
    }

    fn check(mut self) -> Result<(), TestCaseError> {
        self.read();
        for stream in 0..2 {
            let mut arrived = self.arrived[stream].iter().peekable();
            for line in &self.said[stream] {
                if arrived.peek() == Some(&line) {
                    arrived.next();
                } else {
                    prop_assert!(self.may_be_lost.contains(line), "lost: {line:?}");
                }
            }
            prop_assert!(
                arrived.next().is_none(),
                "invented: {:?}",
                self.arrived[stream]
            );
        }
        Ok(())
    }
}

fn action() -> impl Strategy<Value = Action> {
    let record = (any::<bool>(), any::<bool>(), prop::bool::weighted(0.2));
    prop_oneof![
        12 => record.prop_map(|(stderr, ends, long)| Action::Record { stderr, ends, long }),
        3 => Just(Action::Read),
        3 => Just(Action::Restart),
        1 => Just(Action::Rotate),
        1 => Just(Action::Truncate),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_line_inside_arrives_once_and_whole(
        docker in any::<bool>(),
        actions in prop::collection::vec(action(), 0..60),
    ) {
        let (_directory, path) = directory();
        let form = if docker { Form::Docker } else { Form::Cri };
        let mut world = World::new(form, path);
        for action in actions {
            world.apply(action);
        }
        world.check()?;
    }
}

/// Reads `text` from `offset` on and returns the lines inside.
fn read_from(text: &str, offset: usize) -> Vec<String> {
    let (_directory, path) = directory();
    fs::write(&path, &text.as_bytes()[..offset]).unwrap();
    let mut reader = Reader::with(Files::without_notices());
    reader.files.watch(LOG, &path, Start::Tail).unwrap();
    reader.rescan();
    fs::write(&path, text).unwrap();
    reader.rescan();
    reader.chunks.iter().flat_map(inside).collect()
}

#[test]
fn a_line_whose_begin_is_too_far_back_is_left_out() {
    for form in [Form::Docker, Form::Cri] {
        let part = record(form, false, false, "begin ");
        let other = record(form, true, true, &"x".repeat(10_000));
        let end = record(form, false, true, "end");
        let near = format!(
            "{}{part}{}",
            record(form, false, true, "first"),
            other.repeat(30)
        );
        assert_eq!(
            read_from(&format!("{near}{end}"), near.len()),
            ["begin end"]
        );
        // The nearest record of its stream says that the line goes on.
        let far = format!("{part}{}{part}{}", other.repeat(90), other.repeat(20));
        assert_eq!(read_from(&format!("{far}{end}{end}"), far.len()), ["end"]);
    }
}

#[test]
fn a_file_is_told_by_its_begin_and_by_what_is_read() {
    let docker = record(Form::Docker, false, true, "inside");
    let cri = record(Form::Cri, false, true, "inside");
    let check = |before: &str, after: &str, expected: &[&str]| {
        let text = format!("{before}{after}");
        assert_eq!(read_from(&text, before.len()), expected, "{text}");
    };
    for (record, other) in [(&docker, &cri), (&cri, &docker)] {
        let bare = record.trim_end();
        check(record, record, &["inside"]);
        check("", record, &["inside"]);
        check("plain\n", record, &[bare]);
        check(&format!("plain\n{}", record.repeat(3000)), record, &[bare]);
        check(
            &format!("{}plain\n{}", record.repeat(3000), record.repeat(20)),
            record,
            &[bare],
        );
        check(other, record, &[bare]);
        check(&format!("{record}{other}"), record, &[bare]);
        check(
            record,
            &format!("{record}{other}{record}"),
            &["inside", other.trim_end(), bare],
        );
    }
}

/// Puts these files at a path one after the other, by truncation and by replacement, and returns what was
/// told of each that is a container log.
fn one_after_the_other(files: &[&str]) -> Vec<(Form, Option<News>)> {
    let (_directory, path) = directory();
    let mut reader = Reader::with(Files::without_notices());
    reader.files.watch(LOG, &path, Start::Head).unwrap();
    for (number, file) in files.iter().enumerate() {
        if number % 2 == 0 {
            let away = format!("{}.{number}", path.display());
            fs::rename(&path, away).ok();
        }
        fs::write(&path, file).unwrap();
        reader.rescan();
    }
    let news = reader.chunks.iter().filter_map(|chunk| {
        let unwrapped = chunk.unwrapped.as_ref()?;
        Some((unwrapped.form, unwrapped.news))
    });
    news.collect()
}

#[test]
fn what_a_log_is_taken_for_is_told_once_until_it_changes() {
    let docker = record(Form::Docker, false, true, "inside");
    let long = docker.repeat(3);
    let cri = record(Form::Cri, false, true, "inside");
    let mixed = format!("{cri}plain\n");
    let recognised = Some(News::Recognised);
    assert_eq!(
        one_after_the_other(&[&long, &cri, &docker, &mixed, &docker]),
        [
            (Form::Docker, recognised),
            (Form::Cri, None),
            (Form::Docker, None),
            (Form::Cri, Some(News::NoLonger)),
            (Form::Docker, recognised)
        ]
    );
}

#[test]
fn a_plain_log_stays_one_whoever_is_the_first_to_write_after_a_rotation() {
    let docker = record(Form::Docker, false, true, "inside");
    let cri = record(Form::Cri, false, true, "inside");
    let plain = "plain\n".repeat(100);
    assert_eq!(
        one_after_the_other(&[&plain, &docker, &cri, &docker, &cri]),
        []
    );
}

#[test]
fn a_record_may_be_as_long_as_docker_makes_it() {
    let (_directory, path) = directory();
    let first = record(Form::Docker, false, true, "first");
    let text = "\u{1}".repeat(16 * 1024 - 4);
    let part = record(Form::Docker, false, false, &text);
    assert!(part.len() > LINE_CAP);
    let end = record(Form::Docker, false, true, "end");
    let read = || {
        let mut reader = Reader::with(Files::without_notices());
        reader.files.watch(LOG, &path, Start::Head).unwrap();
        reader.rescan();
        let oversize: u64 = reader.chunks.iter().map(|chunk| chunk.oversize).sum();
        let lines: Vec<String> = reader.chunks.iter().flat_map(inside).collect();
        (lines, oversize)
    };
    let joined = format!("{text}end");
    let lines = [&joined, "first"].map(str::to_owned).to_vec();
    fs::write(&path, format!("{part}{end}{first}")).unwrap();
    assert_eq!(read(), (lines, 0));
    // In a plain log such a line is too long, also where it looks like a record.
    let other = part.replace("}", ",\"level\":1}");
    fs::write(&path, format!("{other}{first}{other}")).unwrap();
    assert_eq!(read(), (vec![first.trim_end().to_owned()], 2));
    fs::write(&path, format!("{first}plain\n{part}")).unwrap();
    assert_eq!(read(), (vec!["first".to_owned(), "plain".to_owned()], 1));
}

#[test]
fn the_end_of_a_line_is_no_line_in_the_file_that_comes_next() {
    for form in [Form::Docker, Form::Cri] {
        let begin = record(form, false, false, "GET /");
        let end = record(form, false, true, "bad 192.0.2.66");
        let next = record(form, false, true, "next");
        for is_renamed in [true, false] {
            for is_restarted in [true, false] {
                let (_directory, path) = directory();
                let mut reader = Reader::with(Files::without_notices());
                reader.files.watch(LOG, &path, Start::Head).unwrap();
                fs::write(&path, &begin).unwrap();
                reader.rescan();
                if is_renamed {
                    fs::rename(&path, format!("{}.1", path.display())).unwrap();
                } else {
                    File::options()
                        .write(true)
                        .truncate(true)
                        .open(&path)
                        .unwrap();
                    reader.rescan();
                }
                if is_restarted && is_renamed {
                    let start = Start::At(reader.position.unwrap());
                    reader.files = Files::without_notices();
                    reader.files.watch(LOG, &path, start).unwrap();
                }
                fs::write(&path, format!("{end}{next}")).unwrap();
                reader.rescan();
                let lines: Vec<_> = reader.chunks.iter().flat_map(inside).collect();
                assert_eq!(lines, ["GET /bad 192.0.2.66", "next"], "{form}");
            }
        }
    }
}
