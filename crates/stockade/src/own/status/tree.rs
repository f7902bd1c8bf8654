//! The state of a server as a person reads it.

use f2b_protocol::Value;

/// Returns the text for the tree of `stockade-status`.
pub(crate) fn render(tree: &Value) -> String {
    let mut lines = vec![format!(
        "{} {} (as Fail2Ban {})",
        field(tree, "server"),
        field(tree, "version"),
        field(tree, "compatible")
    )];
    lines.push(format!(
        "enforcement: {}",
        enforcement(tree.entry("enforcement"))
    ));
    let queue = number(Some(tree), "queue");
    if queue > 0 {
        lines.push(format!(
            "queue: {queue} decision(s) on their way to kernel and database"
        ));
    }
    if let Some(database) = tree.entry("database") {
        lines.push(
            match (is_none(database, "path"), is_none(database, "problem")) {
                (_, false) => format!("database: NOT WRITTEN: {}", field(database, "problem")),
                (true, true) => "database: none, bans are forgotten at a restart".to_owned(),
                (false, true) => format!("database: {}", field(database, "path")),
            },
        );
    }
    let mistakes = mistakes(tree);
    if !mistakes.is_empty() {
        lines.push("configuration: HAS MISTAKES".to_owned());
        lines.extend(
            mistakes
                .iter()
                .map(|mistake| format!("  {}", mistake.str())),
        );
    }
    for (name, jail) in jails(tree) {
        lines.push(String::new());
        lines.push(format!("{}: {}", name.str(), field(jail, "state")));
        lines.extend(jail_lines(jail).into_iter().map(|line| format!("  {line}")));
    }
    lines.join("\n")
}

/// Tells whether nothing needs a person's attention.
pub(crate) fn is_well(tree: &Value) -> bool {
    let mode = |place: &Value| {
        place
            .entry("enforcement")
            .map_or_else(String::new, |mode| field(mode, "mode"))
    };
    let jail_is_well = |jail: &Value| {
        let state = field(jail, "state");
        let kernel = jail.entry("enforcement");
        let enforced = match mode(jail).as_str() {
            "native" => kernel.is_some_and(|kernel| is_none(kernel, "problem")),
            mode => mode == "commands" || mode == "adopted",
        };
        (state == "running" || state == "waiting")
            && enforced
            && number(kernel, "not_enforced") == 0
    };
    let database_is_well = tree
        .entry("database")
        .is_none_or(|database| is_none(database, "problem"));
    mode(tree) != "watch-only"
        && database_is_well
        && mistakes(tree).is_empty()
        && jails(tree).iter().all(|(_, jail)| jail_is_well(jail))
}

fn jail_lines(jail: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    if !is_none(jail, "problem") {
        let label = match field(jail, "state").as_str() {
            "broken" => "not started",
            _ => "problem",
        };
        lines.push(format!("{label}: {}", field(jail, "problem")));
    }
    let sources = jail
        .entry("sources")
        .and_then(Value::as_sequence)
        .unwrap_or_default();
    lines.extend(sources.iter().map(source));
    let count = |name: &str| number(Some(jail), name);
    lines.push(format!(
        "lines: {} read, {} matched",
        count("lines"),
        count("matched")
    ));
    if !is_none(jail, "silent") {
        lines.push(format!("  {}", field(jail, "silent")));
    }
    for (name, what) in [
        ("cut_lines", "left out because of their length"),
        ("skipped_lines", "stepped over after a fault"),
        (
            "undecoded_lines",
            "not in the encoding of the jail (hint: set `logencoding`)",
        ),
        (
            "given_up_lines",
            "not matched to the end, which would have taken too long",
        ),
    ] {
        if count(name) > 0 {
            lines.push(format!("  {} {what}", count(name)));
        }
    }
    lines.push(format!(
        "failures: {} counted now, {} in all",
        count("failed"),
        count("total_failed")
    ));
    lines.push(format!(
        "bans: {} now, {} in all",
        count("banned"),
        count("total_banned")
    ));
    let kernel = jail.entry("enforcement");
    lines.push(
        match kernel
            .map_or_else(String::new, |kernel| field(kernel, "mode"))
            .as_str()
        {
            "native" => {
                let count = |name: &str| number(kernel, name);
                let (held, asked, failed) =
                    (count("in_kernel"), count("asked"), count("not_enforced"));
                format!(
                    "enforced: {held} in the kernel, {asked} on their way, {failed} not enforced"
                )
            }
            "adopted" => {
                let count = |name: &str| number(kernel, name);
                let sets = kernel.and_then(|kernel| kernel.entry("sets"));
                let sets = sets.and_then(Value::as_sequence).unwrap_or_default();
                let sets: Vec<String> = sets.iter().map(Value::str).collect();
                format!(
                    "enforced: {} in sets of actions ({}), written without running their commands; {} on \
                     their way, {} not enforced",
                    count("in_kernel"),
                    sets.join(", "),
                    count("asked"),
                    count("not_enforced")
                )
            }
            "commands" => {
                let commands = jail.entry("commands");
                let count = |name: &str| number(commands, name);
                format!(
                    "enforced: by commands, {} carried out, {} waiting, {} given up",
                    count("carried_out"),
                    count("waiting"),
                    count("given_up")
                )
            }
            "watch-only" => "enforced: NO, watching only".to_owned(),
            _ => "enforced: NO, the jail has no action that bans".to_owned(),
        },
    );
    if let Some(kernel) = kernel {
        if !is_none(kernel, "problem") {
            lines.push(format!("  problem: {}", field(kernel, "problem")));
        }
        for (id, reason) in pairs(kernel.entry("not_enforced_bans")) {
            lines.push(format!("  {}: {}", id.str(), reason.str()));
        }
    }
    lines
}

fn source(source: &Value) -> String {
    let what = match field(source, "kind").as_str() {
        "journal" => "the journal".to_owned(),
        _ => field(source, "path"),
    };
    let bytes = source.entry("lag_bytes").and_then(Value::as_int);
    let behind = match (bytes, source.entry("lag_seconds")) {
        (Some(bytes), Some(Value::Float(seconds))) if bytes > 0 && *seconds >= 1.0 => {
            format!(", {bytes} bytes behind for {seconds:.0} s")
        }
        (Some(bytes), _) if bytes > 0 => format!(", {bytes} bytes behind"),
        // A journal.
        (None, Some(Value::Float(seconds))) if *seconds >= 1.0 => {
            format!(", {seconds:.0} s behind")
        }
        _ => String::new(),
    };
    match field(source, "state").as_str() {
        "waiting" => format!("waits for {what}"),
        "elsewhere" => format!("reads {what} under another name"),
        "problem" => format!("cannot read {what}: {}", field(source, "problem")),
        "interrupted" => format!("reads {what}, interrupted: {}", field(source, "problem")),
        _ if source.entry("caught_up") == Some(&Value::Bool(true)) => {
            format!("reads {what}{behind}")
        }
        _ => format!("reads {what}, catching up{behind}"),
    }
}

fn enforcement(mode: Option<&Value>) -> String {
    let Some(mode) = mode else {
        return "unknown".to_owned();
    };
    match field(mode, "mode").as_str() {
        "native" => format!("nftables, table {}", field(mode, "table")),
        "watch-only" if is_none(mode, "hint") => {
            format!("NONE, watching only: {}", field(mode, "reason"))
        }
        "watch-only" => format!(
            "NONE, watching only: {}\n  hint: {}",
            field(mode, "reason"),
            field(mode, "hint")
        ),
        _ => "none asked for by any jail".to_owned(),
    }
}

/// What is wrong with the configuration as a whole.
fn mistakes(tree: &Value) -> &[Value] {
    let mistakes = tree.entry("mistakes").and_then(Value::as_sequence);
    mistakes.unwrap_or_default()
}

fn jails(tree: &Value) -> &[(Value, Value)] {
    pairs(tree.entry("jails"))
}

fn pairs(value: Option<&Value>) -> &[(Value, Value)] {
    match value {
        Some(Value::Dict(pairs)) => pairs,
        _ => &[],
    }
}

fn field(tree: &Value, name: &str) -> String {
    tree.entry(name).map_or_else(String::new, Value::str)
}

fn is_none(tree: &Value, name: &str) -> bool {
    matches!(tree.entry(name), None | Some(Value::None))
}

fn number(tree: Option<&Value>, name: &str) -> i64 {
    tree.and_then(|tree| tree.entry(name))
        .and_then(Value::as_int)
        .unwrap_or(0)
}
