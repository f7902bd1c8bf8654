use super::*;
use crate::split::LINE_CAP;

const STAMP: &str = "2026-11-26T03:20:34.5Z";

fn docker(stream: &str, log: &str) -> String {
    let log = serde_json::Value::from(log);
    format!(r#"{{"log":{log},"stream":"{stream}","time":"{STAMP}"}}"#)
}

fn cri(stream: &str, tag: &str, text: &str) -> String {
    format!("{STAMP} {stream} {tag} {text}")
}

/// One letter for each line that comes out, with its text.
fn run(unwrapper: &mut Unwrapper, lines: &[String]) -> Vec<String> {
    let told = lines.iter().map(|line| {
        let mut text = Vec::new();
        match unwrapper.line(line.as_bytes(), &mut text) {
            Inner::Whole(whole) => {
                let show = |range: &Range<usize>| String::from_utf8_lossy(&text[range.clone()]);
                assert_eq!(whole.time_us, 1_795_663_234_500_000);
                assert_eq!(text[whole.text.end], b'\n');
                let earlier: Vec<_> = whole.earlier.iter().map(show).collect();
                format!("{}{}", show(&whole.text), " <".repeat(earlier.len()))
            }
            Inner::Part => "(part)".into(),
            Inner::LeftOut => "(left out)".into(),
            Inner::Plain => "(plain)".into(),
        }
    });
    told.collect()
}

fn check(lines: &[String], expected: &[&str]) {
    assert_eq!(run(&mut Unwrapper::new(), lines), expected, "{lines:?}");
}

#[test]
fn both_forms_give_the_lines_inside() {
    check(
        &[
            docker("stdout", "a\n"),
            docker("stderr", "b\r\n"),
            docker("stdout", "\n"),
        ],
        &["a", "b", ""],
    );
    check(
        &[
            cri("stdout", "F", "a"),
            cri("stderr", "F", " b "),
            cri("stdout", "F", ""),
        ],
        &["a", " b ", ""],
    );
}

#[test]
fn the_parts_of_a_line_are_joined_in_each_stream_for_itself() {
    check(
        &[
            docker("stdout", "a "),
            docker("stderr", "x "),
            docker("stdout", "b "),
            docker("stderr", "y\n"),
            docker("stdout", "c\n"),
            docker("stdout", "d\n"),
        ],
        &["(part)", "(part)", "(part)", "x y <", "a b c < <", "d"],
    );
    check(
        &[
            cri("stdout", "P", "a "),
            cri("stderr", "F", "x"),
            cri("stdout", "P", ""),
            cri("stdout", "F", "b"),
        ],
        &["(part)", "x", "(part)", "a b < <"],
    );
}

#[test]
fn a_newline_inside_a_line_does_not_end_it() {
    check(
        &[
            docker("stdout", "a\nb\n\n"),
            docker("stdout", "a\n"),
            docker("stdout", "b\nc"),
            docker("stdout", "\n"),
        ],
        &["a\\nb\\n", "a", "(part)", "b\\nc <"],
    );
}

#[test]
fn one_line_that_is_no_record_makes_a_file_plain_for_good() {
    let record = || docker("stdout", "a\n");
    check(&["plain".into(), record(), record()], &["(plain)"; 3]);
    check(&[String::new(), record()], &["(plain)"; 2]);
    check(
        &[record(), docker("stdout", "b"), "plain".into(), record()],
        &["a", "(part)", "(plain)", "(plain)"],
    );
    // The forms do not mix.
    check(
        &[record(), cri("stdout", "F", "b"), record()],
        &["a", "(plain)", "(plain)"],
    );
    check(&[cri("stdout", "F", "b"), record()], &["b", "(plain)"]);
    // An object of a program that logs JSON by itself.
    check(
        &[r#"{"log":"a","level":"info"}"#.into(), record()],
        &["(plain)"; 2],
    );
}

#[test]
fn what_a_crash_has_left_is_stepped_over_with_the_rest_of_the_line() {
    let torn = |log: &str| docker("stdout", log).chars().take(12).collect::<String>();
    check(
        &[
            docker("stdout", "a"),
            torn("bcdefg") + &docker("stdout", "b\n"),
            docker("stdout", "c\n"),
            docker("stdout", "d\n"),
            docker("stderr", "e\n"),
        ],
        &["(part)", "(plain)", "(left out)", "d", "(left out)"],
    );
    check(
        &[
            cri("stdout", "F", "a"),
            "\0".repeat(100) + STAMP,
            cri("stdout", "F", "b"),
            cri("stdout", "F", "c"),
        ],
        &["a", "(plain)", "(left out)", "c"],
    );
    check(
        &[
            "\0\0".into(),
            docker("stdout", "a\n"),
            docker("stdout", "b\n"),
        ],
        &["(plain)", "(left out)", "b"],
    );
    // The begin of a record says nothing yet.
    check(&[torn("bcdefg"), docker("stdout", "a\n")], &["(plain)"; 2]);
}

#[test]
fn a_line_that_is_too_long_is_left_out_whole() {
    let part = || docker("stdout", &"x".repeat(16 * 1024));
    let end = |length| docker("stdout", &("y".repeat(length) + "\n"));
    let lines = [part(), part(), part(), part(), end(0)];
    let told = run(&mut Unwrapper::new(), &lines);
    assert_eq!(told[4].len(), LINE_CAP + 4 * 2);
    let lines = [
        part(),
        part(),
        part(),
        part(),
        end(1),
        end(2),
        end(LINE_CAP + 1),
        end(1),
    ];
    let told = run(&mut Unwrapper::new(), &lines);
    assert_eq!(told[4..], ["(left out)", "yy", "(left out)", "y"]);
    let newlines = docker("stdout", &"\n".repeat(LINE_CAP / 2 + 2));
    check(&[newlines, end(1)], &["(left out)", "y"]);
}

#[test]
fn parts_without_end_take_bounded_memory() {
    let mut unwrapper = Unwrapper::new();
    let mut text = Vec::new();
    for length in [1, 1000] {
        let part = cri("stdout", "P", &"x".repeat(length));
        for _ in 0..20_000 {
            assert_eq!(unwrapper.line(part.as_bytes(), &mut text), Inner::Part);
        }
    }
    assert!(text.is_empty());
    let end = cri("stdout", "F", "end");
    assert_eq!(
        run(&mut unwrapper, &[end.clone(), end]),
        ["(left out)", "end"]
    );
}

#[test]
fn a_chunk_tells_what_each_of_its_lines_holds() {
    let mut unwrapper = Unwrapper::new();
    let chunk = |unwrapper: &mut Unwrapper, lines: &[String]| {
        let mut buffer = Vec::new();
        let mut ranges = Vec::new();
        for line in lines {
            let begin = buffer.len();
            buffer.extend_from_slice(line.as_bytes());
            ranges.push(begin..buffer.len());
            buffer.extend_from_slice(b"\r\n");
        }
        unwrapper.chunk(&buffer, &ranges, Some(0))
    };
    assert_eq!(chunk(&mut unwrapper, &[]), None);
    let first = chunk(
        &mut unwrapper,
        &[cri("stdout", "F", "a"), cri("stdout", "P", "b")],
    )
    .unwrap();
    assert_eq!(
        (first.form, first.news),
        (Form::Cri, Some(News::Recognised))
    );
    assert_eq!((first.text.as_slice(), first.lines.len()), (&b"a\n"[..], 2));
    let second = chunk(&mut unwrapper, &[cri("stdout", "F", "c")]).unwrap();
    assert_eq!(
        (second.text.starts_with(b"bc\n"), second.news),
        (true, None)
    );
    let third = chunk(&mut unwrapper, &["x".into(), cri("stdout", "F", "c")]).unwrap();
    assert_eq!(third.lines, [Inner::Plain, Inner::Plain]);
    assert_eq!(third.news, Some(News::NoLonger));
    assert_eq!(chunk(&mut unwrapper, &[cri("stdout", "F", "c")]), None);
}

#[test]
fn the_rest_of_a_line_with_a_gap_in_it_is_left_out() {
    let part = cri("stdout", "P", "a ");
    let end = cri("stdout", "F", "b");
    let buffer = format!("{part}\n{end}\n{end}\n");
    let ranges = |skipped: usize| {
        let mut ranges = vec![0..part.len(), 0..0, 0..0];
        for index in 1..3 {
            let begin = ranges[index - 1].end + 1;
            let length = if index == 0 { part.len() } else { end.len() };
            ranges[index] = begin..begin + length;
        }
        ranges.remove(skipped);
        ranges
    };
    let lines = |skipped: usize, begin: Option<usize>| {
        let unwrapped = Unwrapper::new().chunk(buffer.as_bytes(), &ranges(skipped), begin);
        let texts = unwrapped
            .unwrap()
            .lines
            .into_iter()
            .map(|inner| match inner {
                Inner::Whole(whole) => {
                    format!("{} of {}", whole.text.len(), whole.earlier.len() + 1)
                }
                other => format!("{other:?}"),
            });
        texts.collect::<Vec<_>>()
    };
    assert_eq!(lines(1, Some(0)), ["Part", "LeftOut"]);
    assert_eq!(lines(0, Some(0)), ["LeftOut", "1 of 1"]);
    assert_eq!(lines(2, Some(0)), ["Part", "3 of 2"]);
    assert_eq!(lines(0, None), ["LeftOut", "1 of 1"]);
}
