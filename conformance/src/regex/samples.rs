//! The sample logs of the originals, with the filters that they are for.

use std::{collections::BTreeSet, fs};

use anyhow::{Context as _, Result};

use super::{Job, Question};
use crate::{Oracle, Version};

/// The moment that the samples were written for.
const MOMENT: &str = "2005-08-14 12:00:00";

/// The zone that the samples were written for: Central Europe.
const ZONE: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

/// All that is asked about the samples of 1.1.1; of those of 1.0.2 only the
/// first of them.
const FORMS: &[&[&str]] = &[
    &[
        "-v",
        "--print-all-matched",
        "--print-all-missed",
        "--print-all-ignored",
    ],
    &["-o", "row"],
    &[],
    &["-o", "id"],
    &["-o", "fid"],
    &["-o", "ip"],
    &["-o", "msg"],
    &["-o", "user"],
    &["-o", "matches"],
    &[
        "-o",
        "<ip>|<fid>|<family>|<ip-rev>|<time>|<failures>|<bancount>|<matches>|<restored>|<raw-ticket>",
    ],
    &["-o", "<msg> <fid>"],
    &["-i", "-o", "msg"],
];

const FIRST: usize = 2;

/// Returns the questions: each log with its filter, once for each set of options
/// that it names.
///
/// # Errors
/// An original is not unpacked, or a log cannot be read.
pub fn samples() -> Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for version in Version::ALL {
        let oracle = Oracle::new(version)?;
        let forms = match version {
            Version::V1_0_2 => FORMS.get(..FIRST).unwrap_or_default(),
            Version::V1_1_1 => FORMS,
        };
        for (filter, log) in logs(&oracle)? {
            let text = fs::read(oracle.sample_logs().join(&log));
            let text = text.with_context(|| format!("read the sample log {log}"))?;
            for options in sets(&String::from_utf8_lossy(&text)) {
                for form in forms {
                    let rules = format!("stock/filter.d/{filter}.conf{options}");
                    let words = ["-c", "stock", "--usedns", "raw"];
                    let mut words: Vec<String> = words.map(str::to_owned).to_vec();
                    words.extend(form.iter().map(|word| (*word).to_owned()));
                    words.extend([format!("logs/{log}"), rules]);
                    jobs.push(Job {
                        case: format!("samples of {version}: {filter}{options} {}", form.join(" ")),
                        question: Question {
                            stock: Some(version),
                            moment: MOMENT.to_owned(),
                            zone: ZONE.to_owned(),
                            words,
                            ..Question::default()
                        },
                        judge: Version::V1_1_1,
                    });
                }
            }
        }
    }
    Ok(jobs)
}

/// Returns filters and their logs: a log has the name of its filter.
fn logs(oracle: &Oracle) -> Result<BTreeSet<(String, String)>> {
    let folder = oracle.sample_logs();
    let filters = oracle.configuration().join("filter.d");
    let mut logs = BTreeSet::new();
    let entries = fs::read_dir(&folder).with_context(|| format!("read {}", folder.display()))?;
    for entry in entries {
        let name = entry.context("read the sample logs")?.file_name();
        let name = name.to_string_lossy().into_owned();
        if filters.join(format!("{name}.conf")).is_file() {
            logs.insert((name.clone(), name));
        }
    }
    Ok(logs)
}

/// Returns the arguments of the filter that a log names, as `[key="value"]`, each
/// set once; without any if it names none.
fn sets(text: &str) -> BTreeSet<String> {
    let mut sets = BTreeSet::new();
    for line in text.lines() {
        let line = line.trim_start_matches('#').trim_start();
        let named = ["filterOptions:", "fileOptions:"];
        let Some(json) = named.iter().find_map(|name| line.strip_prefix(name)) else {
            continue;
        };
        sets.extend(json.split('{').skip(1).map(arguments));
    }
    if sets.is_empty() {
        sets.insert(String::new());
    }
    sets
}

/// What is for the test alone begins with `test.`.
fn arguments(set: &str) -> String {
    let inside = set.split('}').next().unwrap_or_default();
    let mut texts = inside.split('"').skip(1).step_by(2);
    let mut arguments = Vec::new();
    while let (Some(key), Some(value)) = (texts.next(), texts.next()) {
        if !key.starts_with("test.") {
            arguments.push(format!("{key}=\"{value}\""));
        }
    }
    if arguments.is_empty() {
        String::new()
    } else {
        format!("[{}]", arguments.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_that_a_log_names_become_arguments() {
        let check = |text: &str, expected: &[&str]| {
            let sets = sets(text);
            let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
            assert_eq!(sets, expected, "{text}");
        };
        check("x\n# failJSON: {}\n", &[""]);
        check(
            "# filterOptions: [{}, {\"mode\": \"a\", \"logtype\": \"b\"}]\nx\n",
            &["", "[mode=\"a\",logtype=\"b\"]"],
        );
        check(
            "#filterOptions: {\"test.condition\":\"name=='sshd'\", \"mode\": \"a\"}\n",
            &["[mode=\"a\"]"],
        );
    }
}
