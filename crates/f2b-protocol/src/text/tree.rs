//! Trees drawn with `|-` and `` `- ``, as in `status`.

use crate::Value;

/// Holds one line of a tree and what hangs below it.
struct Branch {
    label: String,
    below: Vec<Self>,
}

/// Returns a head with one level below it.
pub(super) fn list(head: &str, items: Vec<String>) -> String {
    let leaf = |label| Branch {
        label,
        below: Vec::new(),
    };
    draw(head, &items.into_iter().map(leaf).collect::<Vec<_>>())
}

/// Returns the tree of a status; `None` when the payload is none.
pub(super) fn status(head: &str, payload: &Value) -> Option<String> {
    Some(draw(head, &branches(payload)?))
}

fn branches(payload: &Value) -> Option<Vec<Branch>> {
    let mut out = Vec::new();
    for item in payload.as_sequence()? {
        match item {
            Value::Dict(jails) if jails.is_empty() => {}
            Value::Dict(jails) => {
                let below = jails.iter().map(|(jail, status)| {
                    let below = branches(status)?;
                    Some(Branch {
                        label: format!("Jail: {}", jail.str()),
                        below,
                    })
                });
                let below = below.collect::<Option<_>>()?;
                out.push(Branch {
                    label: "Status for the jails:".to_owned(),
                    below,
                });
            }
            other => out.push(branch(other)?),
        }
    }
    Some(out)
}

/// Returns the branch for `(name, value)`.
fn branch(item: &Value) -> Option<Branch> {
    let [name, value] = item.as_sequence()? else {
        return None;
    };
    let name = name.as_str()?;
    let is_pair = |item: &Value| matches!(item, Value::Tuple(pair) if pair.len() == 2);
    let shown = match value {
        Value::List(items) if !items.is_empty() && items.iter().all(is_pair) => {
            return Some(Branch {
                label: name.to_owned(),
                below: branches(value)?,
            });
        }
        Value::List(items) => items.iter().map(Value::str).collect::<Vec<_>>().join(" "),
        other => other.str(),
    };
    // The tab stands even when nothing follows.
    Some(Branch {
        label: format!("{name}:\t{shown}"),
        below: Vec::new(),
    })
}

fn draw(head: &str, branches: &[Branch]) -> String {
    let mut out = head.to_owned();
    draw_below(branches, "", &mut out);
    out
}

fn draw_below(branches: &[Branch], prefix: &str, out: &mut String) {
    for (index, branch) in branches.iter().enumerate() {
        let is_last = index + 1 == branches.len();
        let (edge, gap) = if is_last {
            ("`- ", "   ")
        } else {
            ("|- ", "|  ")
        };
        out.push('\n');
        out.push_str(prefix);
        out.push_str(edge);
        out.push_str(&branch.label);
        draw_below(&branch.below, &format!("{prefix}{gap}"), out);
    }
}
