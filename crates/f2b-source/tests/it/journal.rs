//! Exports that systemd's own tools made, and exports that nobody should have made.

use std::fs;
use std::process::{Command, Stdio};

use f2b_source::journal::{
    ExportCounts, ExportError, ExportParser, FIELD_CAP, FIELDS, JournalEntry,
};
use proptest::prelude::*;

/// Parses `export` in pieces of `size` bytes.
fn parse(export: &[u8], size: usize) -> (Vec<JournalEntry>, ExportCounts, Option<ExportError>) {
    let mut parser = ExportParser::new();
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
    fn any_bytes_in_any_pieces_give_the_same_and_never_panic(
        stream in stream(),
        size in 1..50_usize,
    ) {
        let whole = parse(&stream, stream.len().max(1));
        prop_assert_eq!(parse(&stream, size), whole);
    }
}
