//! The original's sample logs: what is expected of each line is found by ours (contract A 8).
#![expect(clippy::panic, reason = "a test fails by panicking")]

mod expected;
mod filter;
mod log;
mod wrapped;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use conformance::{Oracle, Version};
use f2b_source::Form;
use serde_json::{Map, Value as Json};

use expected::Expected;
use filter::{Options, Set};
use log::Piece;

/// Fewer annotations than this are a log that was not found or not understood.
const FEWEST: usize = 1_150;

/// What came of all logs of one filter.
#[derive(Debug, Default)]
struct Outcome {
    lines: usize,
    annotations: usize,
    verdicts: usize,
    problems: Vec<String>,
}

/// The filters of one tree and the logs that try them.
struct Samples {
    logs: PathBuf,
    /// The folder that holds `filter.d`.
    tree: PathBuf,
    /// The logs are wrapped by a container's runtime.
    form: Option<Form>,
}

impl Samples {
    fn run(&self, name: &str) -> Outcome {
        let mut outcome = Outcome::default();
        let mut sets = BTreeMap::new();
        let mut files = vec![name.to_owned()];
        let mut at = 0;
        while let Some(file) = files.get(at).cloned() {
            at += 1;
            self.run_log(name, &file, &mut sets, &mut files, &mut outcome);
        }
        let covered: BTreeSet<String> = sets.values().flat_map(Set::covered).collect();
        for (options, set) in &sets {
            for rule in set.uncovered(&covered) {
                let text = format!("{name} {options}: no line matches rule {rule}");
                outcome.problems.push(text);
            }
        }
        outcome
    }

    fn run_log(
        &self,
        name: &str,
        file: &str,
        sets: &mut BTreeMap<String, Set>,
        files: &mut Vec<String>,
        outcome: &mut Outcome,
    ) {
        let path = self.logs.join(file);
        let Ok(text) = std::fs::read(&path) else {
            outcome
                .problems
                .push(format!("{name}: there is no log {}", path.display()));
            return;
        };
        let mut base = Map::new();
        let mut chosen: Vec<Options> = vec![Options::new(name, &base, &Map::new())];
        let mut expected: Option<Expected> = None;
        for (number, piece) in log::pieces(&String::from_utf8_lossy(&text)) {
            let place = format!("{file}:{number}");
            match piece {
                Piece::FileOptions(options) => base = options,
                Piece::FilterOptions(all) => {
                    let all = all.iter().map(|options| Options::new(name, &base, options));
                    chosen = all.filter(Options::condition).collect();
                }
                Piece::AddFile(other) => files.push(other),
                Piece::Expected(annotation) => {
                    outcome.annotations += 1;
                    expected = Some(Expected::new(annotation));
                }
                Piece::Line(line) => {
                    outcome.lines += 1;
                    let expected = expected.take().unwrap_or_default();
                    for options in &chosen {
                        if !expected.constraint(options) {
                            continue;
                        }
                        outcome.verdicts += 1;
                        let set = sets
                            .entry(options.key())
                            .or_insert_with(|| Set::read(&self.tree, name, options, self.form));
                        let problem = set.check(options, line, &expected);
                        outcome.problems.extend(
                            problem.map(|problem| {
                                format!("{name} {place} {}: {problem}", options.key())
                            }),
                        );
                    }
                }
            }
        }
    }

    /// Filters of the tree that have to have a log.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.tree.join("filter.d")).unwrap();
        let mut names: Vec<String> = entries
            .filter_map(|entry| {
                let name = entry.unwrap().file_name().into_string().unwrap();
                let name = name.strip_suffix(".conf")?.to_owned();
                (!name.ends_with("common")).then_some(name)
            })
            .collect();
        names.sort();
        names
    }
}

fn annotated(text: Json) -> Map<String, Json> {
    match text {
        Json::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}

/// The filters that only the sample logs use read others from a folder beside them: they are laid out
/// as their source has them.
fn own_filters(folder: &Path, samples: &Path, oracle: &Oracle) -> PathBuf {
    let copy = |from: PathBuf, to: PathBuf| {
        std::fs::create_dir_all(&to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
            }
        }
    };
    copy(
        oracle.configuration().join("filter.d"),
        folder.join("config/filter.d"),
    );
    let tree = folder.join("fail2ban/tests/config");
    copy(samples.join("config/filter.d"), tree.join("filter.d"));
    tree
}

/// Judges every sample log with the filters of both trees.
fn all(form: Option<Form>) -> Outcome {
    let oracle = Oracle::new(Version::V1_1_1).unwrap();
    let samples = oracle.samples().unwrap();
    let logs = samples.join("files/logs");
    let folder = tempfile::tempdir().unwrap();
    let trees = [
        oracle.configuration(),
        own_filters(folder.path(), &samples, &oracle),
    ];
    let mut all = Outcome::default();
    for tree in trees {
        let samples = Samples {
            logs: logs.clone(),
            tree,
            form,
        };
        for name in samples.names() {
            let outcome = samples.run(&name);
            all.lines += outcome.lines;
            all.annotations += outcome.annotations;
            all.verdicts += outcome.verdicts;
            all.problems.extend(outcome.problems);
        }
    }
    all
}

fn check(form: Option<Form>) -> String {
    let all = all(form);
    let counted = format!(
        "{} annotations, {} lines, {} verdicts, {} differ",
        all.annotations,
        all.lines,
        all.verdicts,
        all.problems.len()
    );
    assert!(
        all.problems.is_empty() && all.annotations >= FEWEST,
        "{counted}\n{}",
        all.problems.join("\n")
    );
    counted
}

#[test]
fn every_annotation_of_the_sample_logs_is_met() {
    eprintln!("sample logs: {}", check(None));
}

#[test]
fn every_annotation_is_met_where_docker_has_written_the_log() {
    eprintln!("sample logs: {}", check(Some(Form::Docker)));
}

#[test]
fn every_annotation_is_met_where_the_cri_has_written_the_log() {
    eprintln!("sample logs: {}", check(Some(Form::Cri)));
}
