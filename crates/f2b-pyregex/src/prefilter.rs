//! Which of many patterns could match a text.

mod cut;

use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, NFA};
use regex_automata::{Input, MatchKind, PatternID, PatternSet};
use regex_syntax::hir::Hir;

use crate::Regex;
use crate::hir::{self, Superset};

/// A pattern and where it is searched.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'a> {
    /// The pattern.
    pub regex: &'a Regex,
    /// A pattern that has to match the text first, and the number of its group that `regex` then sees
    /// in the text's place, be it with a newline behind. If the group holds nothing `regex` sees the whole
    /// text.
    pub within: Option<(&'a Regex, usize)>,
}

/// Tells in one scan of a text which of many patterns could match it.
///
/// It looks for a regular superset of each, so that what it leaves out certainly does not match.
#[derive(Debug)]
pub struct Prefilter {
    /// `None` if the patterns are too large together: then each could match.
    dfa: Option<DFA>,
    count: usize,
}

/// The patterns that could match, and the memory of the scan.
#[derive(Debug)]
pub struct Candidates {
    set: PatternSet,
    cache: Option<Cache>,
}

/// The memory that the states of one scan may take, in bytes.
const CACHE_MOST: usize = 8 << 20;

/// The memory that the patterns may take together, in bytes.
const NFA_MOST: usize = 32 << 20;

impl Prefilter {
    /// Returns a filter for `rules`.
    #[must_use]
    pub fn new(rules: &[Rule<'_>]) -> Self {
        let hirs: Vec<Hir> = rules.iter().map(superset).collect();
        Self {
            dfa: build(&hirs),
            count: rules.len(),
        }
    }

    /// Returns a memory for scans by this filter.
    #[must_use]
    pub fn candidates(&self) -> Candidates {
        Candidates {
            set: PatternSet::new(self.count),
            cache: self.dfa.as_ref().map(DFA::create_cache),
        }
    }

    /// Notes in `candidates` which rules could match `text`; returns whether there is one. It must
    /// have been made by this filter.
    ///
    /// *Cost*: about a nanosecond a byte.
    pub fn scan(&self, text: &[u8], candidates: &mut Candidates) -> bool {
        let Candidates { set, cache } = candidates;
        set.clear();
        let (Some(dfa), Some(cache)) = (&self.dfa, cache) else {
            return all(set, self.count);
        };
        if scan(dfa, cache, text, set).is_none() {
            return all(set, self.count);
        }
        !set.is_empty()
    }
}

/// Notes in `set` which patterns match `text`; `None` if that takes more memory than there is.
///
/// What `DFA::try_which_overlapping_matches` does, in a third of the time: it stops at each byte to
/// write down where it is.
fn scan(dfa: &DFA, cache: &mut Cache, text: &[u8], set: &mut PatternSet) -> Option<()> {
    let mut state = dfa.start_state_forward(cache, &Input::new(text)).ok()?;
    cache.search_start(0);
    for (at, byte) in text.iter().enumerate() {
        let Ok(next) = dfa.next_state(cache, state, *byte) else {
            cache.search_finish(at);
            return None;
        };
        state = next;
        if state.is_tagged() {
            if state.is_match() {
                note(dfa, cache, state, set);
            } else if state.is_dead() || state.is_quit() {
                cache.search_finish(at);
                return state.is_dead().then_some(());
            }
        }
    }
    cache.search_finish(text.len());
    let end = dfa.next_eoi_state(cache, state).ok()?;
    if end.is_match() {
        note(dfa, cache, end, set);
    }
    Some(())
}

fn note(dfa: &DFA, cache: &Cache, state: LazyStateID, set: &mut PatternSet) {
    for index in 0..dfa.match_len(cache, state) {
        set.insert(dfa.match_pattern(cache, state, index));
    }
}

impl Candidates {
    /// Returns whether rule `index`, counted from 0 in the order of [`Prefilter::new`], could match.
    #[must_use]
    pub fn contains(&self, index: usize) -> bool {
        PatternID::new(index).is_ok_and(|id| self.set.contains(id))
    }

    /// Returns the rules that could match, in their order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.set.iter().map(|id| id.as_usize())
    }
}

/// Notes every rule: nothing is known.
fn all(set: &mut PatternSet, count: usize) -> bool {
    for id in (0..count).filter_map(|index| PatternID::new(index).ok()) {
        set.insert(id);
    }
    count > 0
}

fn superset(rule: &Rule<'_>) -> Hir {
    let whole = &rule.regex.ast().root;
    let begin = cut::before_free_text(whole);
    let inner = begin.as_ref().unwrap_or(whole);
    let Some((outer, group)) = rule.within else {
        return Superset::of(inner).hir();
    };
    let Ok(group) = u32::try_from(group) else {
        return Hir::empty();
    };
    let outer = &outer.ast().root;
    let is_begin = begin.is_some() && hir::is_on_the_way(outer, group);
    let held = if is_begin { inner } else { whole };
    let within = Superset::within(outer, group, held, is_begin).hir();
    // An outer match whose group is empty leaves the whole text to the rule.
    if Superset::can_hold_nothing(outer, group) {
        return Hir::alternation(vec![within, Superset::of(inner).hir()]);
    }
    within
}

fn build(hirs: &[Hir]) -> Option<DFA> {
    let nfa = NFA::compiler()
        .configure(
            thompson::Config::new()
                .utf8(false)
                .nfa_size_limit(Some(NFA_MOST))
                .which_captures(thompson::WhichCaptures::None)
                .shrink(false),
        )
        .build_many_from_hir(hirs)
        .ok()?;
    let config = DFA::config()
        .match_kind(MatchKind::All)
        .cache_capacity(CACHE_MOST)
        .skip_cache_capacity_check(true)
        // Rather no answer than one that is slower than asking each rule.
        .minimum_cache_clear_count(Some(8))
        .minimum_bytes_per_state(Some(8));
    DFA::builder().configure(config).build_from_nfa(nfa).ok()
}
