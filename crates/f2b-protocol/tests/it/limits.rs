//! Small messages that would cost much.

use f2b_protocol::pickle::{Limits, PickleError, decode, decode_reply};
use f2b_protocol::{Answer, Value};

const SMALL: Limits = Limits {
    input_bytes: 1 << 16,
    depth: 10,
    memo: 100,
    nodes: 1000,
    text_bytes: 2000,
};

fn check(bytes: &[u8], what: &'static str, limit: usize) {
    assert_eq!(
        decode(bytes, &SMALL),
        Err(PickleError::Limit { what, limit })
    );
}

#[test]
fn a_list_of_lists_of_one_list_ends_at_the_number_of_values() {
    // Each level holds the level below ten times: ten million values.
    let mut bytes = b"]\x94".to_vec();
    for level in 0..7_u8 {
        bytes.extend([b']', 0x94, b'(']);
        bytes.extend([b'h', level].repeat(10));
        bytes.push(b'e');
    }
    bytes.push(b'.');
    check(&bytes, "values", SMALL.nodes);
}

#[test]
fn one_long_text_named_often_ends_at_the_bytes_of_text() {
    let mut bytes = b"]\x8c\xff".to_vec();
    bytes.extend([b'a'; 255]);
    bytes.extend(b"\x94a(");
    bytes.extend(b"h\0".repeat(20));
    bytes.extend(b"e.");
    check(&bytes, "bytes of text", SMALL.text_bytes);
}

#[test]
fn nesting_ends_at_the_number_of_levels() {
    let mut bytes = vec![b']'; 12];
    bytes.extend([b'a'; 11]);
    bytes.push(b'.');
    check(&bytes, "levels", SMALL.depth);
}

#[test]
fn a_list_that_holds_itself_ends_at_the_number_of_levels() {
    check(b"]\x94h\0a.", "levels", SMALL.depth);
}

#[test]
fn marks_memo_and_message_have_ends() {
    check(&[b'('; 2000], "values", SMALL.nodes);
    check(&[b'N'; 2000], "values", SMALL.nodes);
    check(
        &[b"N".to_vec(), vec![b'2'; 2000]].concat(),
        "values",
        SMALL.nodes,
    );
    check(
        &[b"N".to_vec(), vec![0x94; 2000]].concat(),
        "memo entries",
        SMALL.memo,
    );
    check(&[b'('; 1 << 17], "bytes", SMALL.input_bytes);
}

#[test]
fn a_million_deep_value_does_not_overflow_the_stack() {
    let mut bytes = vec![b']'; 500_000];
    bytes.extend(vec![b'a'; 499_999]);
    bytes.push(b'.');
    let limit = PickleError::Limit {
        what: "levels",
        limit: Limits::REQUEST.depth,
    };
    assert_eq!(decode(&bytes, &Limits::REQUEST), Err(limit));
}

#[test]
fn whatever_would_call_code_is_refused_by_name() {
    let rows: &[(&[u8], &str)] = &[
        (b"cos\nsystem\n(S'id'\ntR.", "GLOBAL"),
        (
            b"\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.",
            "STACK_GLOBAL",
        ),
        (b"N)R.", "REDUCE"),
        (b"N}b.", "BUILD"),
        (b"(S'id'\nios\nsystem\n.", "INST"),
        (b"(NNo.", "OBJ"),
        (b"N)\x81.", "NEWOBJ"),
        (b"N)}\x92.", "NEWOBJ_EX"),
        (b"\x82\x01.", "EXT1"),
        (b"\x83\x01\0.", "EXT2"),
        (b"\x84\x01\0\0\0.", "EXT4"),
        (b"Pid\n.", "PERSID"),
        (b"NQ.", "BINPERSID"),
        (b"\x96\x01\0\0\0\0\0\0\0a.", "BYTEARRAY8"),
        (b"\x97.", "NEXT_BUFFER"),
        (b"N\x98.", "READONLY_BUFFER"),
    ];
    for (bytes, name) in rows {
        assert_eq!(
            decode(bytes, &Limits::REQUEST),
            Err(PickleError::Refused(name))
        );
    }
}

#[test]
fn a_reply_may_call_str_and_exceptions_and_nothing_else() {
    let read = |bytes: &[u8]| Answer::decode(bytes, &Limits::REPLY);
    let text = read(b"K\0\x8c\x08builtins\x8c\x03str\x93\x8c\x01a\x85R\x86.").unwrap();
    assert_eq!(text, Answer::Reply(Ok(Value::from("a"))));
    let refused: &[&[u8]] = &[
        // The class itself, another class, an exception in a payload, a text of a number.
        b"K\0\x8c\x08builtins\x8c\x03str\x93\x86.",
        b"K\0\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R\x86.",
        b"K\0\x8c\x08builtins\x8c\x09Exception\x93)R\x85\x86.",
        b"K\0\x8c\x08builtins\x8c\x03str\x93K\x01\x85R\x86.",
        b"K\x01\x8c\x02os\x8c\x06system\x93\x8c\x02os\x8c\x06system\x93)R\x85R\x86.",
    ];
    for bytes in refused {
        let error = decode_reply(bytes, &Limits::REPLY).unwrap_err();
        assert!(matches!(error, PickleError::RefusedCall(_)), "{error}");
    }
    // Attributes beside the arguments are of newer Pythons and say nothing here.
    let Answer::Reply(Err(exception)) =
        read(b"K\x01\x8c\x08builtins\x8c\x09Exception\x93\x8c\x01a\x85R}b\x86.").unwrap()
    else {
        panic!("no exception");
    };
    assert_eq!(exception.repr(), "Exception('a')");
}
