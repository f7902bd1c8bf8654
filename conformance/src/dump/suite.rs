//! All that is asked of both, and the comparison of the answers.

use std::{
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use anyhow::{Result, anyhow};

use super::{Cache, Case, Dump, Question, Stock, WORDINGS, kept_dump};
use crate::{
    Oracle, Version,
    differences::{Comparison, KnownDifferences},
};

/// The name of this suite in the list of known differences.
const SUITE: &str = "dump";

/// One question, asked of ours once and of each judge.
#[derive(Debug, Clone)]
pub struct Job {
    /// What is asked.
    pub question: Question,
    /// The case's name and the original that decides.
    pub judges: Vec<(String, Oracle)>,
}

/// Returns the questions about the trees of both originals: each jail alone and
/// all together, in both forms, with some log files; all together without any.
///
/// The tree of 1.1.1 is judged by 1.1.1. The tree of 1.0.2 is judged by both:
/// what 1.0.2 makes of it is what its users have today, what 1.1.1 makes of it
/// decides.
///
/// # Errors
/// An original is not unpacked.
pub fn stock() -> Result<Vec<Job>> {
    let newer = Oracle::new(Version::V1_1_1)?;
    let mut jobs = Vec::new();
    for version in Version::ALL {
        let own = Oracle::new(version)?;
        let tree = Stock::read(&own)?;
        let mut add = |jail: Option<&str>, form: &str, with_logs: bool| {
            let name = jail.unwrap_or("all");
            let logs = if with_logs { "" } else { ", no logs" };
            let mut judges = vec![(
                format!("tree of {version} by 1.1.1: {name} {form}{logs}"),
                newer.clone(),
            )];
            if version != newer.version() {
                judges.push((
                    format!("tree of {version} by {version}: {name} {form}{logs}"),
                    own.clone(),
                ));
            }
            jobs.push(Job {
                question: tree.question(jail, form, with_logs),
                judges,
            });
        };
        for form in ["-d", "--dp"] {
            add(None, form, true);
            add(None, form, false);
            for jail in &tree.jails {
                add(Some(jail), form, true);
            }
        }
    }
    Ok(jobs)
}

/// Returns the questions of the own trees, judged by 1.1.1.
///
/// # Errors
/// 1.1.1 is not unpacked.
pub fn own(cases: &[Case]) -> Result<Vec<Job>> {
    let judge = Oracle::new(Version::V1_1_1)?;
    let mut jobs = Vec::new();
    for case in cases {
        for question in &case.questions {
            let name = format!("own tree {}: {}", case.name, question.words.join(" "));
            jobs.push(Job {
                question: question.clone(),
                judges: vec![(name, judge.clone())],
            });
        }
    }
    Ok(jobs)
}

/// What came out of all the questions.
#[derive(Debug)]
#[must_use]
pub struct Outcome {
    /// Every pair of answers, in the order of the jobs.
    pub comparisons: Vec<Comparison>,
}

impl Outcome {
    /// Returns the pairs that are not equal.
    pub fn different(&self) -> impl Iterator<Item = &Comparison> {
        let different = |one: &&Comparison| one.original != one.ours;
        self.comparisons.iter().filter(different)
    }

    /// Judges it by a list of known differences.
    ///
    /// # Errors
    /// As [`KnownDifferences::judge`].
    pub fn judge(&self, list: &KnownDifferences) -> Result<()> {
        list.judge(SUITE, &self.comparisons)
    }
}

/// *Shape*: `compared 700, equal 690, different 10`, then the names of those
/// that differ, one to a line.
impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let different: Vec<_> = self.different().collect();
        let all = self.comparisons.len();
        let equal = all.saturating_sub(different.len());
        let count = different.len();
        write!(
            formatter,
            "compared {all}, equal {equal}, different {count}"
        )?;
        for one in different {
            write!(formatter, "\n  {}", one.case)?;
        }
        Ok(())
    }
}

/// Asks everything, on all processors; originals are asked through the cache.
///
/// Ours is a function, so that an original can take its place.
///
/// # Errors
/// The first run that could not be made.
pub fn run(
    jobs: &[Job],
    ours: impl Fn(&Question) -> Result<Dump> + Sync,
    cache: &Cache,
) -> Result<Outcome> {
    let answers = in_parallel(jobs, |job| answer(job, &ours, cache))?;
    let mut comparisons = Vec::new();
    let mut said = [const { None }; WORDINGS.len()];
    for (job, (own, theirs)) in jobs.iter().zip(answers) {
        for ((case, judge), mut original) in job.judges.iter().zip(theirs) {
            if judge.version() == Version::V1_0_2 {
                for (wording, said) in WORDINGS.iter().zip(&mut said) {
                    let (verdict, first) = wording.apply(&original.verdict);
                    original.verdict = verdict;
                    *said = said.take().or(first);
                }
            }
            comparisons.push(Comparison {
                case: case.clone(),
                original: original.text(),
                ours: own.text(),
            });
        }
    }
    for (wording, said) in WORDINGS.iter().zip(said) {
        if jobs.iter().any(|job| job.judges.len() > 1) {
            // Said by nobody: equal, and its entry in the list is in vain.
            let (original, ours) = said.unwrap_or_default();
            let case = wording.case.to_owned();
            comparisons.push(Comparison {
                case,
                original,
                ours,
            });
        }
    }
    Ok(Outcome { comparisons })
}

/// The answer of ours and those of the judges.
fn answer(
    job: &Job,
    ours: &impl Fn(&Question) -> Result<Dump>,
    cache: &Cache,
) -> Result<(Dump, Vec<Dump>)> {
    let own = ours(&job.question)?;
    let judges = job.judges.iter();
    let theirs = judges.map(|(_, judge)| kept_dump(cache, judge, &job.question));
    Ok((own, theirs.collect::<Result<_>>()?))
}

/// Applies a function to all of them and returns the results in their order.
pub(crate) fn in_parallel<One: Sync, Made: Send>(
    all: &[One],
    make: impl Fn(&One) -> Result<Made> + Sync,
) -> Result<Vec<Made>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut made = Vec::new();
        loop {
            let position = next.fetch_add(1, Ordering::Relaxed);
            let Some(one) = all.get(position) else {
                return Ok(made);
            };
            made.push((position, make(one)?));
        }
    };
    let workers = thread::available_parallelism().map_or(2, usize::from);
    let mut made = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let mut made = Vec::with_capacity(all.len());
        for thread in threads {
            let part: Result<Vec<_>> = thread.join().map_err(|_panic| anyhow!("a run panicked"))?;
            made.extend(part?);
        }
        Ok::<_, anyhow::Error>(made)
    })?;
    made.sort_by_key(|(position, _)| *position);
    Ok(made.into_iter().map(|(_, made)| made).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_questions() {
        let all: Vec<usize> = (0..500).collect();
        assert_eq!(in_parallel(&all, |one| Ok(*one)).unwrap(), all);
        let error = in_parallel(&all, |one| {
            anyhow::ensure!(*one != 77, "no {one}");
            Ok(())
        });
        assert_eq!(error.unwrap_err().to_string(), "no 77");
    }
}
