//! `--json`: what became of every line, as JSON lines.
//!
//! *Shape*: docs/fail2ban-regex.md.

use f2b_core::UnixTime;
use f2b_match::{Filter, GivenUp, Judged, Kind, Matcher};
use serde_json::{Value, json};

use super::found::{self, Found};
use super::tally::{Tally, Verdict};

/// Returns the object of one line.
pub(crate) fn line(
    number: u64,
    text: &str,
    verdict: Verdict,
    judged: &Judged,
    found: &[Found],
) -> Value {
    let date = judged.date.clone().and_then(|date| text.get(date));
    json!({
        "line": number,
        "verdict": match verdict {
            Verdict::Matched => "matched",
            Verdict::Ignored => "ignored",
            Verdict::Missed => "missed",
        },
        "text": text,
        "date": date,
        "time": judged.time.map(|time| found::seconds(time.time)),
        "prefregex": judged.prefregex.as_ref().map(|data| found::dictionary(data).to_json()),
        "found": found.iter().map(one).collect::<Vec<_>>(),
        "ignored_by": judged.ignored.iter().map(|rule| rule + 1).collect::<Vec<_>>(),
        "given_up": judged.given_up.iter().map(given_up).collect::<Vec<_>>(),
    })
}

/// The number of a rule, 0 for the `prefregex`.
fn given_up(rule: &GivenUp) -> usize {
    match rule {
        GivenUp::Prefregex => 0,
        GivenUp::Failregex(index) => index + 1,
    }
}

fn one(found: &Found) -> Value {
    json!({
        "failregex": found.rule + 1,
        "kind": match found.kind {
            Kind::Failure => "failure",
            Kind::NoFail => "nofail",
            Kind::Pending => "pending",
        },
        "id": found.id().to_json(),
        "time": found.time.map(|time| found::seconds(time.time)),
        "data": found::dictionary(&found.data).to_json(),
        "lines": found.lines.iter().map(f2b_match::Parts::line).collect::<Vec<_>>(),
    })
}

/// Returns the object at the end.
pub(crate) fn summary(
    filter: &Filter,
    tally: &Tally,
    matcher: &Matcher,
    now: UnixTime,
    seconds: f64,
) -> Value {
    let rule = |index: usize, text: &str, expanded: &str, hits: u64| json!({ "number": index + 1, "text": text, "expanded": expanded, "hits": hits });
    let failregex = filter.failregex().iter().zip(&tally.failregex).enumerate();
    let failregex =
        failregex.map(|(index, (one, tally))| rule(index, one.text(), one.expanded(), tally.hits));
    let ignoreregex = filter
        .ignoreregex()
        .iter()
        .zip(&tally.ignoreregex)
        .enumerate();
    let ignoreregex =
        ignoreregex.map(|(index, (one, hits))| rule(index, one.text(), one.expanded(), *hits));
    let templates = matcher
        .dates()
        .templates(now)
        .filter(|template| template.hits > 0);
    let templates =
        templates.map(|template| json!({ "name": template.name, "hits": template.hits }));
    json!({
        "summary": {
            "lines": tally.lines,
            "matched": tally.matched.count(),
            "ignored": tally.ignored.count(),
            "missed": tally.missed.count(),
            "prefregex": filter.prefregex().map(|one| json!({
                "text": one.text(),
                "expanded": one.expanded(),
                "hits": tally.prefregex.hits,
            })),
            "failregex": failregex.collect::<Vec<_>>(),
            "ignoreregex": ignoreregex.collect::<Vec<_>>(),
            "dates": templates.collect::<Vec<_>>(),
            "given_up": tally.given_up,
            "seconds": seconds,
        }
    })
}
