//! Exports that systemd's own tools made, and exports that nobody should have made.

use std::fs;
use std::process::{Command, Stdio};

use f2b_source::journal::{
    Cursor, ExportCounts, ExportError, ExportParser, FIELD_CAP, FIELDS, JournalEntry, Terms, Which,
    split,
};
use proptest::prelude::*;

/// Parses `export` in pieces of `size` bytes.
fn parse(export: &[u8], size: usize) -> (Vec<JournalEntry>, ExportCounts, Option<ExportError>) {
    parse_with(Terms::default(), export, size)
}

/// Parses `export` in pieces of `size` bytes for jails that want these terms.
fn parse_with(
    terms: Terms,
    export: &[u8],
    size: usize,
) -> (Vec<JournalEntry>, ExportCounts, Option<ExportError>) {
    let mut parser = ExportParser::with_terms(terms);
    let mut entries = Vec::new();
    for piece in export.chunks(size) {
        if let Err(error) = parser.push(piece, |entry| entries.push(entry)) {
            return (entries, parser.counts(), Some(error));
        }
    }
    (entries, parser.counts(), None)
}

/// Returns an entry with `fields`; what is no plain text is written as a binary field.
fn export(number: u64, fields: &[(&str, &[u8])]) -> Vec<u8> {
    let time = 1_795_287_778_000_000 + number * 1_000_000;
    let id = "0123456789abcdef0123456789abcdef";
    let mut text = format!(
        "__CURSOR=s={id};i={number:x};b={id};m={number:x};t={time:x};x={number:x}\n\
         __REALTIME_TIMESTAMP={time}\n__MONOTONIC_TIMESTAMP=9000000\n_BOOT_ID={id}\n"
    )
    .into_bytes();
    for (name, value) in fields {
        text.extend_from_slice(name.as_bytes());
        if value.iter().any(|byte| *byte < b' ' || *byte > b'~') {
            text.push(b'\n');
            text.extend_from_slice(&(value.len() as u64).to_le_bytes());
        } else {
            text.push(b'=');
        }
        text.extend_from_slice(value);
        text.push(b'\n');
    }
    text.push(b'\n');
    text
}

/// The fields of an entry, and the text that is expected of it.
type Row<'a> = (&'a [(&'a str, &'a [u8])], &'a [u8]);

fn run(command: &mut Command) -> Vec<u8> {
    // Missing tools are a failure: Debian packages `systemd` and `systemd-journal-remote`.
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", output.status);
    output.stdout
}

#[test]
fn what_journalctl_exports_is_read_as_the_original_reads_it() {
    let host: (&str, &[u8]) = ("_HOSTNAME", b"host");
    let sshd: (&str, &[u8]) = ("SYSLOG_IDENTIFIER", b"sshd");
    let pid: (&str, &[u8]) = ("_PID", b"7");
    let kernel: (&str, &[u8]) = ("SYSLOG_IDENTIFIER", b"kernel");
    let long = vec![b'y'; FIELD_CAP + 1];
    let long_text = [b"host sshd[7]: ".as_slice(), &vec![b'y'; FIELD_CAP]].concat();
    // What the original's `fail2ban-regex` printed for a journal with these entries, but the last.
    let rows: [Row<'_>; 9] = [
        (
            &[host, sshd, pid, ("MESSAGE", b"plain")],
            b"host sshd[7]: plain",
        ),
        (
            &[host, ("_COMM", b"comm"), pid, ("MESSAGE", b"comm only")],
            b"host comm[7]: comm only",
        ),
        (
            &[host, sshd, ("SYSLOG_PID", b"5"), pid, ("MESSAGE", b"two")],
            b"host sshd[5]: two",
        ),
        (
            &[host, sshd, pid, ("MESSAGE", b"multi\nline\n")],
            br"host sshd[7]: multi\nline\n",
        ),
        (
            &[
                host,
                sshd,
                pid,
                ("MESSAGE", b"first"),
                ("MESSAGE", b"second"),
            ],
            b"host sshd[7]: first second",
        ),
        (
            &[
                host,
                kernel,
                ("_SOURCE_MONOTONIC_TIMESTAMP", b"12345678"),
                ("MESSAGE", b"m"),
            ],
            b"host kernel: [   12.345678] m",
        ),
        (
            &[host, kernel, ("MESSAGE", b"m")],
            b"host kernel: [    9.000000] m",
        ),
        (
            &[host, sshd, pid, ("MESSAGE", b"bad\xff\xfeutf")],
            b"host sshd[7]: bad\xff\xfeutf",
        ),
        (&[host, sshd, pid, ("MESSAGE", &long)], &long_text),
    ];
    let directory = tempfile::tempdir().unwrap();
    let made = directory.path().join("in.export");
    let journal = directory.path().join("f.journal");
    let mut text = Vec::new();
    for (number, row) in (1..).zip(rows) {
        text.extend(export(number, row.0));
    }
    fs::write(&made, text).unwrap();
    run(Command::new("/lib/systemd/systemd-journal-remote")
        .arg(format!("--output={}", journal.display()))
        .arg(&made));
    let journalctl = |extra: &[String]| {
        run(Command::new("journalctl")
            .args(["-o", "export", "--file"])
            .arg(&journal)
            .args(extra))
    };
    let all = journalctl(&[]);
    let needed = journalctl(&[format!("--output-fields={}", FIELDS.join(","))]);
    for stream in [&all, &needed] {
        let (entries, counts, error) = parse(stream, 4096);
        assert_eq!(error, None);
        let counted = ExportCounts {
            cut_fields: 1,
            ..ExportCounts::default()
        };
        assert_eq!(counts, counted);
        assert_eq!(entries.len(), rows.len());
        for (entry, row) in entries.iter().zip(rows) {
            let [got, expected] = [&entry.text, row.1].map(String::from_utf8_lossy);
            assert!(got == expected, "{got:.200} is not {expected:.200}");
        }
        for (number, entry) in (1..).zip(&entries) {
            assert_eq!(
                entry.realtime_us,
                1_795_287_778_000_000 + number * 1_000_000
            );
        }
        // A cursor leads `journalctl` to the entries behind it.
        let after = journalctl(&[format!("--after-cursor={}", entries[5].cursor)]);
        assert_eq!(parse(&after, 7).0, entries[6..]);
    }
}

#[test]
fn values_of_any_kind_fit_a_term_or_not() {
    let groups = |words: &[&str]| {
        let words = words.iter().map(|word| (*word).to_owned());
        vec![words.collect::<Vec<String>>()]
    };
    let long = "y".repeat(FIELD_CAP + 1);
    let check = |words: &[&str], expected: bool| {
        let fields: [(&str, &[u8]); 7] = [
            ("UNIT", b"a.service"),
            ("UNIT", b"b.service"),
            ("LINES", b"one\ntwo"),
            ("LONG", long.as_bytes()),
            ("EMPTY", b""),
            ("_COMM", b"sshd"),
            ("MESSAGE", b"m"),
        ];
        let mut terms = Terms::default();
        let matches = terms.add(&groups(words));
        for size in [1, 7, 1 << 20] {
            let (entries, _, error) = parse_with(terms.clone(), &export(1, &fields), size);
            assert_eq!((entries.len(), error), (1, None));
            assert_eq!(matches.fit(&entries[0].hits), expected, "{words:?}");
        }
    };
    check(&["UNIT=a.service"], true);
    check(&["UNIT=b.service", "_COMM=sshd"], true);
    check(&["UNIT=c.service"], false);
    check(&["LINES=one\ntwo"], true);
    check(&["LINES=one"], false);
    check(&["EMPTY="], true);
    check(&["MESSAGE=m", "EMPTY="], true);
    check(&["NONE="], false);
    check(&["_BOOT_ID=0123456789abcdef0123456789abcdef"], true);
    // One that was cut is not known.
    check(&[&format!("LONG={}", "y".repeat(FIELD_CAP))], false);
}

#[test]
fn a_stream_that_is_no_export_is_refused() {
    let size = |bytes: u64| [b"A\n".as_slice(), &bytes.to_le_bytes()].concat();
    for (stream, expected) in [
        (vec![b'x'; 1000], ExportError::Name),
        (size(u64::MAX), ExportError::Size(u64::MAX)),
        ([size(1), b"ab".to_vec()].concat(), ExportError::Unended),
    ] {
        for piece in [1, 3, 1000] {
            assert_eq!(parse(&stream, piece).2, Some(expected));
        }
    }
    let mut parser = ExportParser::new();
    assert!(parser.push(&size(u64::MAX), drop).is_err());
    let mut entries = 0;
    let again = parser.push(&export(1, &[]), |_| entries += 1);
    assert_eq!((again, entries), (Err(ExportError::Size(u64::MAX)), 0));
}

#[test]
fn entries_without_a_place_or_a_time_are_counted() {
    let (entries, counts, error) = parse(b"\n\nMESSAGE=m\n\n\n__CURSOR=s=1\n\n", 5);
    assert_eq!((entries.len(), counts.dropped_entries, error), (0, 2, None));
}

#[test]
fn fields_beyond_the_most_are_counted_and_the_entry_stays() {
    let mut fields: Vec<(&str, &[u8])> = vec![("A", b"x"); 5000];
    fields.push(("MESSAGE", b"too late"));
    let (entries, counts, error) = parse(&export(1, &fields), 4096);
    assert_eq!((entries.len(), error), (1, None));
    assert!(entries[0].text.is_empty());
    assert!(counts.dropped_fields > 2000);
}

/// Streams that look like exports often enough to reach every state.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"MESSAGE=text\n".to_vec()),
        Just(b"__CURSOR=s=1\n".to_vec()),
        Just(b"__REALTIME_TIMESTAMP=17\n".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"=\n".to_vec()),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(|value| [
            b"MESSAGE\n",
            &(value.len() as u64).to_le_bytes()[..],
            &value,
            b"\n"
        ]
        .concat()),
        prop::collection::vec(any::<u8>(), 0..40),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_text_of_a_backend_never_panics(text in "(systemd)?\\[?([a-z]{0,5}[=,\\[\\]'\" ]{0,2}.{0,3}){0,4}\\]?") {
        if let Ok((_, arguments)) = split(&text) {
            // An error is as good.
            Which::of(&arguments, None).map(|which| which.options()).ok();
        }
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written(
        number in proptest::option::of(any::<(u128, u64)>()),
        since_boot in proptest::option::of(any::<(u128, u64)>()),
        realtime_us: u64,
        content: Option<u64>,
    ) {
        let cursor = Cursor { number, since_boot, realtime_us, content };
        prop_assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn any_bytes_in_any_pieces_give_the_same_and_never_panic(
        stream in stream(),
        size in 1..50_usize,
    ) {
        let mut terms = Terms::default();
        terms.add(&[vec!["MESSAGE=text".to_owned(), "A=".to_owned()]]);
        let whole = parse_with(terms.clone(), &stream, stream.len().max(1));
        prop_assert_eq!(parse_with(terms, &stream, size), whole);
    }
}
