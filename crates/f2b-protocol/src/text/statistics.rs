//! The table of `stats`.

use crate::Value;

/// Returns the table; `None` when the payload is none.
///
/// *Shape*: contract B 1.5. The first two columns are as wide as their longest entry, 8 at least; numbers
/// are 3 wide at least.
pub(super) fn table(payload: &Value) -> Option<String> {
    let Value::Dict(jails) = payload else {
        return None;
    };
    if jails.is_empty() {
        return Some("No jails found.".to_owned());
    }
    let rows: Vec<Row> = jails.iter().map(row).collect::<Option<_>>()?;
    let width = |column: fn(&Row) -> &str| {
        let widths = rows.iter().map(|row| column(row).chars().count());
        widths.max().unwrap_or(0).max(8)
    };
    let (jail, backend) = (width(|row| &row.jail), width(|row| &row.backend));
    let (wide_jail, wide_backend) = ("═".repeat(jail + 2), "═".repeat(backend + 2));
    let mut lines = vec![
        format!(" {:jail$} ║ {:backend$} ║ Filter    ║ Actions  ", "", ""),
        format!(
            " {:jail$} ║ {:backend$} ╟───────────╫───────────",
            "Jail", "Backend"
        ),
        format!(" {:jail$} ║ {:backend$} ║ cur │ tot ║ cur │ tot", "", ""),
        format!("{wide_jail}╬{wide_backend}╬═══════════╬═══════════"),
    ];
    lines.extend(rows.iter().map(|row| {
        let [failed, all_failed, banned, all_banned] = &row.counts;
        format!(
            " {:jail$} ║ {:backend$} ║ {failed:>3} │ {all_failed:>3} ║ {banned:>3} │ {all_banned:>3}",
            row.jail, row.backend
        )
    }));
    lines.push(format!(
        "{wide_jail}╩{wide_backend}╩═══════════╩═══════════"
    ));
    Some(lines.join("\n"))
}

struct Row {
    jail: String,
    backend: String,
    /// Failures and bans, each now and in all.
    counts: [String; 4],
}

fn row((jail, statistics): &(Value, Value)) -> Option<Row> {
    let [backend, failed, banned] = statistics.as_sequence()? else {
        return None;
    };
    let pair = |pair: &Value| match pair.as_sequence()? {
        [now, all] => Some([now.str(), all.str()]),
        _ => None,
    };
    let ([failed, all_failed], [banned, all_banned]) = (pair(failed)?, pair(banned)?);
    Some(Row {
        jail: jail.str(),
        backend: backend.str(),
        counts: [failed, all_failed, banned, all_banned],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_originals() {
        let pair = |now, all| Value::Tuple(vec![Value::Int(now), Value::Int(all)]);
        let statistics = Value::List(vec![Value::text("polling"), pair(1, 7), pair(2, 2000)]);
        let jails = Value::Dict(vec![(Value::text("alpha"), statistics)]);
        let expected = [
            "          ║          ║ Filter    ║ Actions  ",
            " Jail     ║ Backend  ╟───────────╫───────────",
            "          ║          ║ cur │ tot ║ cur │ tot",
            "══════════╬══════════╬═══════════╬═══════════",
            " alpha    ║ polling  ║   1 │   7 ║   2 │ 2000",
            "══════════╩══════════╩═══════════╩═══════════",
        ]
        .join("\n");
        assert_eq!(table(&jails).unwrap(), expected);
        assert_eq!(table(&Value::Dict(Vec::new())).unwrap(), "No jails found.");
        assert_eq!(table(&Value::Int(1)), None);
    }
}
