//! From what rules see to failures (contract A 4.3, `findFailure`).

use std::borrow::Cow;
use std::sync::Arc;

use super::seen::{Seen, with_newline};
use super::{GivenUp, Judged, Kind, Match, Matcher};
use crate::identity::identity;
use crate::name::Name;
use crate::session::Gathered;
use crate::{Data, Filter, Identity, Moment, Parts, Rule, UseDns, buffer};
use f2b_pyregex::Groups;

/// What is being judged: the newest line, and the buffered ones with it where rules see several.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'line> {
    pub(crate) seen: &'line Seen<'line>,
    pub(crate) several: Option<&'line [Parts]>,
}

/// A `failregex` that matched and is not ignored.
struct Hit {
    rule: usize,
    data: Data,
    lines: Vec<Parts>,
}

/// What the `prefregex` makes of a text.
struct Prefixed<'text> {
    data: Option<Data>,
    content: Cow<'text, str>,
}

impl<'line> Block<'line> {
    /// A line alone.
    pub(crate) const fn one(seen: &'line Seen<'line>) -> Self {
        Self {
            seen,
            several: None,
        }
    }
}

impl Matcher {
    /// Looks for failures in `text`, which is what rules see of `block`. If it is known which rules
    /// could match, `only` are they, in order.
    pub(crate) fn search(
        &mut self,
        filter: &Filter,
        text: &str,
        block: &Block<'_>,
        only: Option<&[usize]>,
        moment: Moment,
        judged: &mut Judged,
    ) {
        if filter.ignores_first() {
            // As the original: of a report each that matches is part.
            let all = self.judging.check_all;
            judged.ignored = filter.ignored_by(text, all, &mut self.scratch);
            if !judged.ignored.is_empty() {
                return;
            }
        }
        let Some(Prefixed {
            mut data,
            mut content,
        }) = self.prefixed(filter, text, block, judged)
        else {
            return;
        };
        let check_all = self.judging.check_all;
        let rules = filter.failregex();
        let count = only.map_or(rules.len(), <[usize]>::len);
        for place in 0..count {
            let index = only.map_or(Some(place), |only| only.get(place).copied());
            let Some((index, rule)) = index.and_then(|index| Some((index, rules.get(index)?)))
            else {
                continue;
            };
            let scratch = &mut self.scratch;
            let search = || rule.search(&content, scratch);
            let groups = match self.costs.count(index, search) {
                Ok(Some(groups)) => groups,
                Ok(None) => continue,
                Err(_) => {
                    judged.given_up.push(GivenUp::Failregex(index));
                    continue;
                }
            };
            match self.lines_of(filter, rule, &groups, &content, block) {
                Ok(lines) => {
                    // Every rule begins with what the prefix gave.
                    let prefix = if check_all && place + 1 < count {
                        data.clone()
                    } else {
                        data.take()
                    };
                    let hit = Hit {
                        rule: index,
                        data: match prefix {
                            None => rule.data(&content, &groups),
                            Some(mut prefix) => {
                                rule.lay_over(&mut prefix, &content, &groups);
                                prefix
                            }
                        },
                        lines,
                    };
                    self.scratch.take_back(groups);
                    self.settle(hit, filter.usedns(), block.seen, moment, judged);
                }
                Err(ignored) => judged.ignored.extend(ignored),
            }
            if !check_all {
                return;
            }
            if block.several.is_some() {
                content = Cow::Owned(self.buffer.text());
            }
        }
    }

    /// Counts a line that no rule could match, if the `prefregex` matches it and that is asked for.
    pub(crate) fn count_prefix(&mut self, filter: &Filter, text: &str) {
        if self.counts_prefregex
            && let Some(prefregex) = filter.prefregex()
            && matches!(
                prefregex.regex().is_match(text, &mut self.scratch),
                Ok(true)
            )
        {
            self.prefregex_hits += 1;
        }
    }

    /// Applies the `prefregex`; `None` if it does not match.
    fn prefixed<'text>(
        &mut self,
        filter: &Filter,
        text: &'text str,
        block: &Block<'_>,
        judged: &mut Judged,
    ) -> Option<Prefixed<'text>> {
        let Some(prefregex) = filter.prefregex() else {
            return Some(Prefixed {
                data: None,
                content: Cow::Borrowed(text),
            });
        };
        let groups = match prefregex.search(text, &mut self.scratch) {
            Ok(groups) => groups?,
            Err(_) => {
                judged.given_up.push(GivenUp::Prefregex);
                return None;
            }
        };
        self.prefregex_hits += 1;
        if self.judging.tell_prefregex {
            judged.prefregex = Some(prefregex.data(text, &groups));
        }
        let data = prefregex.prefix(text, &groups);
        // As the original: only a prefix that captured something is laid under.
        let data = (!data.is_empty()).then_some(data);
        let content = prefregex.content(&groups);
        self.scratch.take_back(groups);
        let content = match content {
            None => Cow::Borrowed(text),
            Some(range) => {
                if block.several.is_some() {
                    // As the original: the content takes the place of all buffered lines.
                    let content = text.get(range.clone()).unwrap_or_default();
                    self.buffer.replace(vec![Parts::new(content, 0..0)]);
                }
                with_newline(text, range)
            }
        };
        Some(Prefixed { data, content })
    }

    /// The lines that a match is about, or each `ignoreregex` that keeps it from counting.
    fn lines_of(
        &mut self,
        filter: &Filter,
        rule: &Rule,
        groups: &Groups,
        content: &str,
        block: &Block<'_>,
    ) -> Result<Vec<Parts>, Vec<usize>> {
        let all = self.judging.check_all;
        let Some(lines) = block.several else {
            let ignored = filter.ignored_by(content, all, &mut self.scratch);
            return if ignored.is_empty() {
                Ok(vec![block.seen.parts(&self.clock)])
            } else {
                Err(ignored)
            };
        };
        let skipped = rule.skipped(groups);
        let skipped: Vec<&str> = skipped.filter_map(|range| content.get(range)).collect();
        let divided = buffer::divide(lines, content, groups.span(), &skipped);
        let matched = buffer::text(&divided.matched);
        // As the original: lines that are ignored are used up too.
        self.buffer.replace(divided.rest);
        let ignored = filter.ignored_by(&matched, all, &mut self.scratch);
        if ignored.is_empty() {
            Ok(divided.matched)
        } else {
            Err(ignored)
        }
    }

    /// Decides what a match is.
    fn settle(
        &mut self,
        hit: Hit,
        usedns: UseDns,
        seen: &Seen<'_>,
        moment: Moment,
        judged: &mut Judged,
    ) {
        judged.matched = true;
        let time = seen.dated.timed.time;
        if seen.dated.is_missing {
            judged.note = judged.note.or_else(|| self.clock.note_no_date(moment.now));
            if time.is_none() && self.judging.check_findtime {
                return;
            }
        }
        let key = hit.data.text_at(Name::MLFID).cloned();
        let (mut gathered, taken) = match &key {
            Some(key) => self.sessions.merge(key, hit.data, hit.lines, moment.now),
            None => {
                let gathered = Gathered {
                    lines: hit.lines,
                    ..Gathered::of(hit.data)
                };
                (gathered, None)
            }
        };
        let session = taken.as_ref().map(|taken| taken.id);
        let is_quiet = key.is_some() && gathered.data.has_set(Name::NOFAIL);
        if !is_quiet || self.judging.check_all {
            let usedns = if self.judging.raw {
                UseDns::Raw
            } else {
                usedns
            };
            let id = identity(Arc::make_mut(&mut gathered.data), usedns);
            let is_nobody = id == Some(Identity::Nobody);
            if is_nobody {
                gathered.mark_pending();
            }
            if let Some(id) = id.filter(|_| key.is_some() || !is_nobody) {
                let kind = match (is_quiet, is_nobody) {
                    (true, _) => Kind::NoFail,
                    (false, true) => Kind::Pending,
                    (false, false) => Kind::Failure,
                };
                let lines = match &taken {
                    None => std::mem::take(&mut gathered.lines),
                    Some(_) => gathered.told_lines(kind),
                };
                judged.found.push(Match {
                    rule: hit.rule,
                    id,
                    kind,
                    time,
                    data: Arc::clone(&gathered.data),
                    lines,
                    session,
                });
            }
        }
        if let Some(taken) = taken {
            self.sessions.put(taken, gathered);
        }
    }
}
