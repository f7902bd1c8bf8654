//! One look at a line for all templates at once.

use std::sync::{Arc, Mutex, PoisonError};

use f2b_pyregex::{Candidates, Prefilter, Rule};

use super::super::defaults;
use super::super::template::Compiled;
use super::super::years::Years;

/// Fewer templates are tried one by one.
pub(super) const FEWEST: usize = 4;

/// Tells which templates could match a line.
#[derive(Debug, Default)]
pub(super) enum Scan {
    /// It is not known yet how.
    #[default]
    Unprepared,
    /// Nothing can be told.
    Blind,
    /// By a scan.
    Ready {
        prefilter: Arc<Prefilter>,
        candidates: Box<Candidates>,
    },
}

impl Scan {
    /// Tells whether nothing has to be prepared any more.
    pub(super) const fn is_ready(&self) -> bool {
        !matches!(self, Self::Unprepared)
    }

    /// Says that templates are to be tried one by one.
    pub(super) fn give_up(&mut self) {
        *self = Self::Blind;
    }

    /// Prepares for a list of templates.
    pub(super) fn prepare(&mut self, templates: &[Arc<Compiled>], years: Years) {
        let prefilter = shared(templates, years);
        *self = Self::Ready {
            candidates: Box::new(prefilter.candidates()),
            prefilter,
        };
    }

    /// Looks at a line; tells whether any template could match it.
    pub(super) fn look(&mut self, line: &str) -> bool {
        match self {
            Self::Unprepared | Self::Blind => true,
            Self::Ready {
                prefilter,
                candidates,
            } => prefilter.scan(line.as_bytes(), candidates),
        }
    }

    /// Tells whether a template could match the line last looked at.
    pub(super) fn could_match(&self, number: usize) -> bool {
        match self {
            Self::Unprepared | Self::Blind => true,
            Self::Ready { candidates, .. } => candidates.contains(number),
        }
    }
}

/// Returns the filter of a list of templates; that of the default ones is made once.
fn shared(templates: &[Arc<Compiled>], years: Years) -> Arc<Prefilter> {
    static DEFAULTS: Mutex<Vec<(Years, Arc<Prefilter>)>> = Mutex::new(Vec::new());
    let make = || {
        let rules: Vec<Rule<'_>> = templates.iter().map(|one| one.rule()).collect();
        Arc::new(Prefilter::new(&rules))
    };
    let all = defaults::all();
    let is_default = templates.len() == all.len()
        && templates.iter().zip(all).all(|(one, (template, _))| {
            template
                .compiled(years)
                .is_ok_and(|known| Arc::ptr_eq(&known, one))
        });
    if !is_default {
        return make();
    }
    let mut known = DEFAULTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, prefilter)) = known.iter().find(|(of, _)| *of == years) {
        return Arc::clone(prefilter);
    }
    let prefilter = make();
    known.push((years, Arc::clone(&prefilter)));
    prefilter
}
